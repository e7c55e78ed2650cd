"""A blinded reading in a viewer: letters instead of names, all on one grid and in one window, and back again.

While a case is read, every image of the scan is taken out of the layer list and kept aside; in its place stand images
called A, B, C, D that carry no metadata. All are seen on the finest grid (linear interpolation where a volume is
coarser), so neither the size of a voxel nor the number of slices gives a method away. When the case ends, is paused, or
something else changes the layers, everything comes back as it was.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import display
from napari_mrsr.app.blinded import Case, Reading, fingerprint
from napari_mrsr.app.swiping import Grid, OnGrid
from napari_mrsr.errors import BadParameter, MissingParameter, NothingToRead

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mrsr.app.viewing import View

ROLE = "blinded"

#: Layers that stay: a reader may paint or mark.
KEPT_TYPES = ("Points", "Shapes")

#: What was measured, straight lines between its voxels; and what the result can be held against.
MEASURED, REFERENCE = "interpolated", "reference"


class Blinded:
    """Blinded readings of a view.

    Parameters
    ----------
    view
        The view whose results are read.

    Attributes
    ----------
    reading
        The reading under way, None where there is none.
    case
        The case on the screen, None between two.
    letter
        The picture on the screen.
    folder
        Where scores and key are kept.
    """

    changed = Signal()

    def __init__(self, view: View) -> None:
        self.view = view
        self.reading: Reading | None = None
        self.case: Case | None = None
        self.letter = ""
        self.folder: Path | None = None
        self.methods: tuple[str, ...] = ()
        self.volume: str | None = None
        self._pictures: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._range = (0.0, 1.0)
        self._letters: dict[str, Layer] = {}
        self._aside: list[tuple[int, Layer, bool]] = []
        self._changing = False
        session = view.session
        session.opened.connect(self._scan_left, priority=1)  # before the layers of the new scan are made
        session.began.connect(self._interrupted, priority=1)
        view.viewer.layers.events.inserted.connect(self._inserted)
        view.viewer.layers.events.removed.connect(self._removed)

    # -- what can be read -----------------------------------------------------------------------------
    def candidates(self) -> dict[str, str]:
        """Return the methods at hand, by name, and the layer of each."""
        from napari_mrsr.app.looking import comparable

        view, result = self.view, self.view.session.result
        if self.case is not None or result is None or result.partial:
            return {}
        name = self.volume if self.volume in result.scan.names else result.scan.names[0]
        n = result.scan.names.index(name)
        measured = display.thick(name, result.factor) if result.retrospective else display.acquired(name)
        found = {MEASURED: measured}
        for other in view.session.results.values():
            same = other is result or comparable(other, result)
            if same and not other.partial and n < other.scan.volumes:
                found[other.method] = view.names_of(other)[n]
        reference = display.acquired(name) if result.retrospective else view.look.reference_name(name, n)
        found[REFERENCE] = reference
        return {method: layer for method, layer in found.items() if view.layer(layer) is not None}

    # -- a reading ------------------------------------------------------------------------------------
    def start(
        self,
        reader: str,
        folder: str | PathLike[str],
        methods: tuple[str, ...],
        *,
        volume: str | None = None,
        seed: int | None = None,
    ) -> None:
        """Begin a reading with the scan that is open.

        Parameters
        ----------
        reader
            Who reads.
        folder
            Where scores and key are written, at every score.
        methods
            Two to four of :meth:`candidates`.
        volume
            The volume (echo) that is read; the first where not given.
        seed
            For repeatable letters; drawn where not given.

        Raises
        ------
        BadParameter
            No reader, too few methods, or one that is not at hand.
        OutputNotWritable
            The folder is read-only or full.
        """
        reading = Reading(reader) if seed is None else Reading(reader, seed=seed)
        self.volume = volume
        self._need(methods)
        reading.case_of(self._fingerprint(), methods)
        reading.write(folder)  # a folder that cannot be written to is found now, not after the first score
        self.reading, self.folder, self.methods = reading, Path(folder), tuple(methods)
        self.begin_case()

    def resume(self, path: str | PathLike[str]) -> None:
        """Go on with a reading: its CSV, with the key beside it.

        Raises
        ------
        NothingToRead, UnreadableFile, BadParameter
            The files are missing, are no reading, or do not belong together.
        """
        self.pause()
        self.reading, self.folder = Reading.read(path), Path(path).parent
        last = self.reading.cases[-1] if self.reading.cases else None
        self.methods = () if last is None else tuple(sorted(last.methods.values()))
        self.changed.emit()
        if set(self.methods) <= set(self.candidates()) and self.methods:
            self.begin_case()

    def begin_case(self) -> None:
        """Show the scan that is open behind letters: a case begun before, or the next.

        Raises
        ------
        MissingParameter
            No reading has been started.
        BadParameter
            A method of the reading is not at hand for this scan.
        """
        if self.reading is None or self.folder is None:
            raise MissingParameter("no reading has been started", remedy="press Start reading")
        if self.case is not None:
            return
        self._need(self.methods)
        case = self.reading.case_of(self._fingerprint(), self.methods)
        self.reading.write(self.folder)
        self._hide(case)
        self.case = case
        self.show(case.letters[0])

    def show(self, letter: str) -> None:
        """Show one picture, alone."""
        if self.case is None or letter not in self.case.letters:
            return
        layer = self._letters.get(letter)
        if layer is None or layer not in self.view.viewer.layers:
            layer = self._put(letter)  # it was deleted
        for other in self._letters.values():
            other.visible = other is layer
        self.view.viewer.layers.selection.active = layer
        self.letter = letter
        self.changed.emit()

    def give(self, criterion: str, score: int, letter: str | None = None) -> None:
        """Score the picture on the screen (or another), and keep it on the disk at once.

        Raises
        ------
        MissingParameter
            No case is being read.
        OutputNotWritable
            The folder has become read-only or is full; the score is kept in memory.
        """
        if self.reading is None or self.case is None or self.folder is None:
            raise MissingParameter("no case is being read", remedy="press Start reading")
        self.reading.give(self.case, letter or self.letter, criterion, score)
        self.changed.emit()
        self.reading.write(self.folder)

    def next_case(self) -> None:
        """End the case; the next one is the next scan that is opened and super-resolved.

        Raises
        ------
        BadParameter
            Scores are missing.
        """
        if self.reading is None or self.case is None:
            return
        missing = self.reading.missing(self.case)
        if missing:
            by_letter = {a: [c for b, c in missing if b == a] for a, _ in missing}
            text = "; ".join(f"{a}: {', '.join(found)}" for a, found in by_letter.items())
            raise BadParameter(f"not scored yet: {text}", remedy="score them, or pause the reading")
        self._show_all_again()
        self.changed.emit()

    def pause(self) -> None:
        """Show names again; the case can be gone on with."""
        if self.case is not None:
            self._show_all_again()
            self.changed.emit()

    def finish(self) -> Path | None:
        """End the reading and return its CSV."""
        path = None
        if self.reading is not None and self.folder is not None:
            path = self.reading.write(self.folder)[0]
        self._show_all_again()
        self.reading, self.methods = None, ()
        self.changed.emit()
        return path

    # -- for the session that is saved ------------------------------------------------------------------
    def as_json(self) -> dict[str, Any] | None:
        """Return the reading under way for a saved session, without its key; None where there is none."""
        if self.reading is None or self.folder is None:
            return None
        return {
            "reading": self.reading.number,
            "reader": self.reading.reader,
            "file": str(self.folder / f"{self.reading.stem}.csv"),
            "scores": self.reading.as_csv(),
        }

    def from_json(self, stored: dict[str, Any] | None) -> None:
        """Take up a saved reading, without showing a case; the key is read from beside the reader's file.

        Scores of the saved session are written back where the file is gone but its key is there.

        Raises
        ------
        NothingToRead, UnreadableFile, BadParameter
            The key is missing, or belongs to another reading.
        """
        self.pause()
        if not stored:
            return
        path = Path(stored["file"])
        if not path.is_file():
            if not path.with_name(f"{path.stem}_key.json").is_file():
                raise NothingToRead("is gone, with its key", where=path, remedy="begin a new reading")
            from napari_mrsr.files import atomic_path

            with atomic_path(path) as hidden:
                hidden.write_text(stored["scores"], encoding="utf-8")
        self.reading, self.folder = Reading.read(path), path.parent
        last = self.reading.cases[-1] if self.reading.cases else None
        self.methods = () if last is None else tuple(sorted(last.methods.values()))
        self.changed.emit()

    # -- layers -----------------------------------------------------------------------------------------
    def _need(self, methods: tuple[str, ...]) -> None:
        there = self.candidates()
        absent = [m for m in methods if m not in there]
        if self.view.session.running is not None:
            raise BadParameter(f"{self.view.session.running.name} is still running", remedy="wait for it, or stop it")
        if absent or self.view.session.scan is None:
            raise BadParameter(
                f"not at hand for this scan: {', '.join(absent) or 'anything'}",
                remedy="open the scan and super-resolve it by each method in the Process dock first",
            )

    def _fingerprint(self) -> str:
        scan = self.view.session.scan
        if scan is None:
            raise MissingParameter("no scan is open", remedy="open one in the Study dock first")
        return fingerprint(scan)

    def _hide(self, case: Case) -> None:
        view, there = self.view, self.candidates()
        view.look.blink.stop()
        view.look.swipe.close()
        view.layouts.choose("single")
        chosen = {letter: view.viewer.layers[there[method]] for letter, method in case.methods.items()}
        grids = {letter: Grid.of(layer) for letter, layer in chosen.items()}
        fine = max(grids.values(), key=lambda grid: grid.shape[-3] * grid.shape[-2] * grid.shape[-1])
        like = next(layer for letter, layer in chosen.items() if grids[letter] == fine)
        self._pictures = {
            letter: (
                OnGrid(layer.data, grids[letter], fine, "linear"),
                {
                    "name": letter,
                    "colormap": "gray",
                    "contrast_limits": tuple(like.contrast_limits),
                    "gamma": like.gamma,
                    "blending": "translucent",
                    "scale": fine.scale,
                    "translate": fine.translate,
                    "units": like.units,
                    "axis_labels": like.axis_labels,
                    "metadata": {"mrsr": {"role": ROLE}},
                },
            )
            for letter, layer in chosen.items()
        }
        self._range = tuple(like.contrast_limits_range)
        self._changing = True
        layers = view.viewer.layers
        try:
            for place, layer in enumerate(list(layers)):
                role = layer.metadata.get("mrsr", {}).get("role")
                if role == "roi" or type(layer).__name__ in KEPT_TYPES:
                    continue
                self._aside.append((place, layer, bool(layer.visible)))
                layer.locked = False
                layers.remove(layer)
        finally:
            self._changing = False
        for letter in case.letters:
            self._put(letter)

    def _put(self, letter: str) -> Layer:
        self._changing = True
        try:
            data, settings = self._pictures[letter]
            there = [la for la in self._letters.values() if la in self.view.viewer.layers]
            layer = self.view.put((data, settings, "image"), visible=False)
            layer.contrast_limits_range = self._range
            self.view.look.windows.join(layer, there)
            self._letters[letter] = layer
            return layer
        finally:
            self._changing = False

    def _show_all_again(self) -> None:
        """Take the letters away and put back what was kept aside, where it was and as it was seen."""
        if self.case is None:
            return
        view = self.view
        self.case, self.letter = None, ""
        self._changing = True
        adding, view._adding = view._adding, True  # these are no new scans
        layers = view.viewer.layers
        try:
            for letter in self._letters.values():
                if letter in layers:
                    layers.remove(letter)
            names = {layer.name for layer in layers}
            for place, layer, visible in self._aside:
                if layer.name not in names:
                    layers.insert(min(place, len(layers)), layer)
                    layer.visible = visible
                    layer.locked = layer.metadata.get("mrsr", {}).get("role") in ("acquired", "reference", "reason")
            shown = [layer for _, layer, visible in self._aside if visible and layer in layers]
            if shown:
                layers.selection.active = shown[-1]
        finally:
            view._adding = adding
            self._changing = False
            self._letters, self._pictures, self._aside = {}, {}, []

    # -- what happens meanwhile ---------------------------------------------------------------------------
    def _scan_left(self, _scan: Any) -> None:
        """Another scan is opened: the layers of the one before are not needed again."""
        if self.case is not None:
            self._aside = []
            self._show_all_again()
        self.changed.emit()

    def _interrupted(self, _result: Any = None) -> None:
        if self.case is not None:
            self.pause()
            self.view.session.say("info", "the blinded reading is paused: new results came in. Press Go on to resume")

    def _inserted(self, event: Any) -> None:
        about = event.value.metadata.get("mrsr", {})
        if not self._changing and self.case is not None and about and about.get("role") != "roi":
            self._interrupted()

    def _removed(self, event: Any) -> None:
        if not self._changing and self.case is not None and event.value in self._letters.values():
            self.view.session.say("warn", f"{event.value.name} was deleted; its button brings it back")

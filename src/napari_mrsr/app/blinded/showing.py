"""A blinded reading in a viewer: start, score, next case, finish; interrupted and gone on with.

What is on the screen meanwhile stands in :mod:`.layers`, what is written in :mod:`.reading`.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import display
from napari_mrsr.app.blinded import files as blinded_files
from napari_mrsr.app.blinded.layers import Letters
from napari_mrsr.app.blinded.reading import Case, Reading, fingerprint
from napari_mrsr.errors import BadParameter, MissingParameter

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View

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
        self.letters = Letters(view)
        session = view.session
        session.opened.connect(self._scan_left, priority=1)  # before the layers of the new scan are made
        session.began.connect(self._interrupted, priority=1)
        self.letters.disturbed.connect(self._interrupted)

    # -- what can be read -----------------------------------------------------------------------------
    def candidates(self) -> dict[str, str]:
        """Return the methods at hand, by name, and the layer of each."""
        from napari_mrsr.app.compare.looking import comparable

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
        scan = self.view.session.scan
        self.volume = volume if scan is None or volume in scan.names else scan.names[0]
        self._need(methods)
        reading.volume = self.volume or ""
        reading.case_of(self._fingerprint(), methods)
        blinded_files.write(
            reading, folder
        )  # a folder that cannot be written to is found now, not after the first score
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
        self._take_up(Path(path))
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
        blinded_files.write(self.reading, self.folder)
        there = self.candidates()
        self.letters.hide({letter: there[method] for letter, method in case.methods.items()}, self.volume or "")
        self.case = case
        self.show(case.letters[0])

    @property
    def done(self) -> Case | None:
        """The case of the open scan, if it is scored to the end."""
        if self.reading is None or self.view.session.scan is None or not self.reading.cases:
            return None
        known = self._fingerprint()
        found = next((case for case in self.reading.cases if case.scan == known), None)
        return None if found is None or self.reading.missing(found) else found

    def show(self, letter: str) -> None:
        """Show one picture, alone."""
        if self.case is None or letter not in self.case.letters:
            return
        self.letters.show(letter)
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
        blinded_files.write(self.reading, self.folder)

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
        self._leave_case()
        self.changed.emit()

    def pause(self) -> None:
        """Show names again; the case can be gone on with."""
        if self.case is not None:
            self._leave_case()
            self.changed.emit()

    def finish(self) -> Path | None:
        """End the reading and return its CSV."""
        path = None
        if self.reading is not None and self.folder is not None:
            path = blinded_files.write(self.reading, self.folder)[0]
        self._leave_case()
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
            "file": str(self.folder / f"{blinded_files.stem(self.reading)}.csv"),
            "scores": blinded_files.as_csv(self.reading),
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
        blinded_files.write_back(path, stored["scores"])
        self._take_up(path)

    # -- within -----------------------------------------------------------------------------------------
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

    def _take_up(self, path: Path) -> None:
        reading = blinded_files.read(path)
        self.reading, self.folder, self.volume = reading, path.parent, reading.volume or None
        self.methods = tuple(sorted(reading.cases[-1].methods.values())) if reading.cases else ()
        self.changed.emit()

    def _fingerprint(self) -> str:
        scan = self.view.session.scan
        if scan is None:
            raise MissingParameter("no scan is open", remedy="open one in the Study dock first")
        return fingerprint(scan)

    def _leave_case(self) -> None:
        self.case, self.letter = None, ""
        self.letters.restore()

    # -- what happens meanwhile ---------------------------------------------------------------------------
    def _scan_left(self, _scan: Any) -> None:
        """Another scan is opened: the layers of the one before are not needed again."""
        self.letters.forget()
        self.case, self.letter = None, ""
        self.changed.emit()

    def _interrupted(self, _result: Any = None) -> None:
        if self.case is not None:
            self.pause()
            self.view.session.say(
                "info", "the blinded reading is paused: new results came in. Show case goes on with it"
            )

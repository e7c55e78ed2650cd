"""Giving back what was painted in a viewer that crashed, or that was closed before a review was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mrsr.app.keeping.reopening import put_layer
from napari_mrsr.app.keeping.review_content import is_sample
from napari_mrsr.app.planes import layer_states
from napari_mrsr.errors import ScanMissing
from napari_mrsr.files import autosave_folder, scan_identity
from napari_mrsr.files.autosave_folder import Left
from napari_mrsr.files.origin import plain
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.keeping.autosave import Autosave


class Recovery:
    """Offers and gives back what earlier viewers left behind.

    Parameters
    ----------
    autosave
        Of the view that gets it.
    """

    def __init__(self, autosave: Autosave) -> None:
        self.autosave = autosave
        self._restoring: Left | None = None
        self._listens = False

    def offered(self) -> list[Left]:
        """Return what earlier viewers left behind, latest first."""
        try:
            return autosave_folder.left_behind()
        except OSError:
            return []

    def discard(self, left: Left) -> None:
        """Throw away what was left behind."""
        autosave_folder.discard(left.folder)
        self.autosave.changed.emit()

    def restore(self, left: Left) -> None:
        """Give painted regions back: on the scan if it is open, else the scan is opened first."""
        session = self.autosave.view.session
        record = dict(left.record.get("scan") or {})
        if self._fits(record):
            session.attempt(lambda: self._give_back(left))
            return
        if session.running is not None:
            session.say("warn", f"{session.running.name} is still running; stop it or wait for it")
            return
        self._restoring = left
        if not self._listens:  # only now, so that the view has its layers before regions are put on them
            self._listens = True
            session.opened.connect(self._opened)
        if record.get("kind") == "sample":
            session.open_sample()
            return
        try:
            paths = scan_identity.find(record) if record.get("kind") == "files" else []
        except ScanMissing:
            paths = []
        if paths:
            session.open(paths, series=record.get("series_number"))
        else:
            line = "the scan that was painted on does not lie where it lay; open it here, and its regions come back"
            session.say("warn", line)

    def _fits(self, record: dict[str, Any]) -> bool:
        own = plain(scan_record(self.autosave.scan, self.autosave.truth)) if self.autosave.scan is not None else {}
        return bool(own) and all(own.get(key) == record.get(key) for key in ("kind", "files", "key"))

    def _opened(self, _scan: Scan | None) -> None:
        """Give regions back if the scan that was opened is the one that they wait for."""
        left = self._restoring
        if left is not None and self._fits(dict(left.record.get("scan") or {})):
            self._restoring = None
            self.autosave.view.session.attempt(lambda: self._give_back(left))

    def _give_back(self, left: Left) -> None:
        view, volumes = self.autosave.view, autosave_folder.read_autosave(left)
        for entry in left.record.get("layers", []):
            name, n = entry["name"], 2
            while view.layer(name) is not None:
                name, n = f"{entry['name']} {n}", n + 1
            layer = put_layer(view, volumes[entry["volume"]], name, "labels", {"role": "roi"})
            layer_states.apply_state(layer, entry["state"])
        self.autosave.take_over(left.folder)
        self.autosave.changed.emit()
        again = f"; run {left.record['method']} again for its maps" if left.record.get("method") else ""
        text = f"gave back {', '.join(left.regions) or 'what was painted'} of {left.when:%d %b, %H:%M}{again}"
        view.session.say("info", text)


def scan_record(scan: Scan | None, truth: Any) -> dict[str, Any] | None:
    """Return which scan it is, without a path; ``truth`` is the phantom behind it, if it is a simulation."""
    if scan is None:
        return None
    if truth is not None and is_sample(scan, truth):
        return {"kind": "sample"}
    if scan_identity.is_as_read(scan):
        return scan_identity.identity_of(scan, deidentify=True)
    return {"kind": "memory", "key": scan_identity.key_of(scan)}

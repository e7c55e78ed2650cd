"""What a person should know before a scan is sharpened in plane: found beside any running job, once for each scan."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app.events import Event, Told
from napari_mrsr.app.in_plane.choices import AUTO, PlaneSettings
from napari_mrsr.app.jobs import Stop
from napari_mrsr.app.session import Banner
from napari_mrsr.networks import registry
from napari_mrsr.networks.registry import Method
from napari_mrsr.planes import across
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.session import Session


class Notes:
    """What was found out about the open scan.

    Parameters
    ----------
    session
        Whose scan is looked at.

    Attributes
    ----------
    empty
        That it was zero-filled before, so that there is nothing to recover in its k-space, or ``""``.
    values
        What was done to the grey values before.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        self.session = session
        self.empty = ""
        self.values: tuple[str, ...] = ()
        self._of: tuple[weakref.ref[Scan], int | None] | None = None

    def ask(self, axis: int | None) -> None:
        """Look at the open scan in the background, unless that was done."""
        scan = self.session.scan
        if scan is None or (self._of is not None and self._of[0]() is scan and self._of[1] == axis):
            return
        wanted = self._of = (weakref.ref(scan), axis)
        self.empty, self.values = "", ()
        whole = across(scan, axis)

        def job(_stop: Stop) -> Iterator[Event]:
            yield Told(self._take, (wanted, *look_at(whole)))

        self.session._run_beside(job)

    def _take(self, told: tuple[Any, str, tuple[str, ...]]) -> None:
        wanted, empty, values = told
        if wanted is self._of:
            self.empty, self.values = empty, values
            self.changed.emit()

    def banner(self, settings: PlaneSettings) -> Banner | None:
        """Return what must be said before Run as chosen: amber where the weights do not fit, else blue."""
        warn = [*self._unlike(settings)]
        if self.empty:
            warn.append(self.empty)
        if not warn and not self.values:
            return None
        text = ". ".join(line[0].upper() + line[1:] for line in (*warn, *self.values))
        return Banner("warn" if warn else "info", f"{text}.")

    def _unlike(self, settings: PlaneSettings) -> list[str]:
        from napari_mrsr.in_plane.choice import choose_method
        from napari_mrsr.trust.plane_range import outside_in_plane

        scan = self.session.scan
        if scan is None:
            return []
        if settings.weights is None:
            method = choose_method(scan)[0] if settings.method == AUTO else registry.find(settings.method)
        else:
            path = Path(settings.weights)
            method = Method(path.stem, "network", "", contrasts=registry.contrasts_of(path))
        return outside_in_plane(scan, method)


def look_at(scan: Scan) -> tuple[str, tuple[str, ...]]:
    """Return that a scan was zero-filled before, if it was, and what was done to its grey values."""
    from napari_mrsr.trust.plane_range import notes
    from napari_mrsr.trust.zero_filled import in_words

    return in_words(scan, scan.find_slice_axis()) or "", tuple(notes(scan))

"""Cine: the frames of a series one after the other, by a clock, round and round.

napari's own playing belongs to its window and cannot be reached without private names; here the same is done with the
viewer's model, so that a key, a button and a script can do it, and it stops with the session. A frame is shown when the
one before has been drawn: a clock that ticks faster than the screen is drawn loses ticks, and shows no frame late.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app import keys
from napari_mrsr.app.compare.blinking import Clock, _qt_clock
from napari_mrsr.app.dynamic.series import is_series
from napari_mrsr.app.dynamic.timing import FASTEST, SLOWEST, playing_rate, real_rate

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View

KEY = "Shift-C"


class Cine:
    """Plays the series that is open.

    Parameters
    ----------
    view
        The view whose time slider moves.
    clock
        Makes the clock that calls a function; Qt's timer where not given.
    """

    changed = Signal()  # started, stopped, or at another rate

    def __init__(self, view: View, clock: Callable[[Callable[[], None]], Clock] | None = None) -> None:
        self.view = view
        self._make = clock or _qt_clock
        self._clock: Clock | None = None
        self._rate: float | None = None
        self.playing = False
        keys.bind(view.viewer, {KEY: self.toggle})
        view.session.opened.connect(self._opened)
        view.session.closing.connect(self.stop)

    @property
    def rate(self) -> float:
        """Frames a second; as acquired or the usual until it is set."""
        scan = self.view.session.scan
        wanted = self._rate if self._rate is not None else 0.0 if scan is None else playing_rate(scan)
        return min(max(float(wanted), SLOWEST), FASTEST)

    @rate.setter
    def rate(self, hertz: float) -> None:
        self._rate = float(hertz)
        if self.playing and self._clock is not None:
            self._clock.start(self._pause())
        self.changed.emit()

    @property
    def speed(self) -> float | None:
        """How many times faster than it was is played; None where the header does not say when frames were taken."""
        scan = self.view.session.scan
        real = None if scan is None else real_rate(scan)
        return None if real is None else self.rate / real

    def toggle(self, viewer: Any = None) -> None:
        """Start or stop."""
        if self.playing:
            self.stop()
        else:
            self.start()

    def start(self) -> None:
        """Play from the frame on the screen on; where no series is open a line says so."""
        session = self.view.session
        if not is_series(session.scan):
            session.say("info", "there is no series over time to play; open one in the Study dock first")
            return
        if self._clock is None:
            self._clock = self._make(self.tick)
        self.playing = True
        self._clock.start(self._pause())
        self.changed.emit()

    def stop(self) -> None:
        """Play no more; the frame that is seen stays."""
        if self._clock is not None:
            self._clock.stop()
        if self.playing:
            self.playing = False
            self.changed.emit()

    def tick(self) -> None:
        """Show the next frame, after the last one the first."""
        if not self.view.is_open or not is_series(self.view.session.scan):
            self.stop()
            return
        dynamic = self.view.dynamic
        frame = dynamic.frame
        if frame is None:
            self.stop()
            return
        dynamic.go_to((frame + 1) % dynamic.frames)

    def close(self) -> None:
        """Stop, and let go of the key."""
        self.stop()
        keys.unbind(self.view.viewer, {KEY: self.toggle})

    def _opened(self, _scan: Any) -> None:
        self.stop()
        self._rate = None
        self.changed.emit()

    def _pause(self) -> int:
        return round(1000.0 / self.rate)

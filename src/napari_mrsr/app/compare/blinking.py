"""Blinking: the two pictures of a pair in turn, by a clock, so that small changes move.

It is off until asked for, and slow: at most three changes a second, which is 1.5 flashes, well below the three flashes
a second that accessibility guidelines (WCAG 2.2, 2.3.1) allow for people whom flashing light can harm. Before the first
time a line warns of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from psygnal import Signal

if TYPE_CHECKING:
    from napari_mrsr.app.compare.looking import Look

#: Changes per second that can be chosen.
SLOWEST, FASTEST = 0.5, 3.0

WARNING = "the picture blinks; Shift+K stops it. Flashing light can harm people with photosensitive epilepsy"


class Clock(Protocol):
    """Calls something again and again."""

    def start(self, milliseconds: int) -> Any:
        """Begin, or go on at another pace."""

    def stop(self) -> Any:
        """Call no more."""


class Blink:
    """Shows the two of a pair in turn.

    Parameters
    ----------
    look
        What there is to look at.
    clock
        Makes the clock that calls a function; Qt's timer where not given.
    """

    changed = Signal()  # started, stopped, or at another rate

    def __init__(self, look: Look, clock: Callable[[Callable[[], None]], Clock] | None = None) -> None:
        self.look = look
        self._make = clock or _qt_clock
        self._clock: Clock | None = None
        self._rate: float | None = None
        self._warned = False
        self.running = False

    @property
    def rate(self) -> float:
        """Changes per second; what the preferences say until it is set."""
        wanted = self.look.view.preferences.blink_hz if self._rate is None else self._rate
        return min(max(float(wanted), SLOWEST), FASTEST)

    @rate.setter
    def rate(self, hertz: float) -> None:
        self._rate = float(hertz)
        if self.running and self._clock is not None:
            self._clock.start(self._pause())
        self.changed.emit()

    def _pause(self) -> int:
        return round(1000.0 / self.rate)

    def toggle(self, viewer: Any = None) -> None:
        """Start or stop."""
        if self.running:
            self.stop()
        else:
            self.start()

    def start(self) -> None:
        """Blink; the first time a line warns of flashing light."""
        session = self.look.view.session
        if self.look.pair is None:
            session.say("info", "there is no pair to blink yet; super-resolve a scan in the Process dock first")
            return
        self.look.swipe.close()
        if not self._warned:
            self._warned = True
            session.say("warn", WARNING)
        if self._clock is None:
            self._clock = self._make(self.tick)
        self.running = True
        self._clock.start(self._pause())
        self.changed.emit()

    def stop(self) -> None:
        """Blink no more; the picture that is seen stays."""
        if self._clock is not None:
            self._clock.stop()
        if self.running:
            self.running = False
            session = self.look.view.session
            if session.banner is not None and session.banner.text == WARNING:
                session.quiet()
            self.changed.emit()

    def tick(self) -> None:
        """Show the other of the pair."""
        if self.look.pair is None or self.look.view.session.is_shut:
            self.stop()
            return
        self.look.flip()


def _qt_clock(call: Callable[[], None]) -> Clock:
    from qtpy.QtCore import QTimer

    timer = QTimer()
    timer.timeout.connect(call)
    clock: Clock = timer
    return clock

"""Playing a series by a clock that the test holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from napari_mrsr.app.dynamic.cine import KEY, Cine
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from tests.app.conftest import dess
from tests.app.dynamic.conftest import FRAMES


class HandClock:
    """A clock that ticks when told."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.tick, self.pause, self.running = call, 0, False

    def start(self, milliseconds: int) -> None:
        self.pause, self.running = milliseconds, True

    def stop(self) -> None:
        self.running = False


@pytest.fixture
def cine(view: View, series: Scan) -> Cine:
    """The cine of a view of the moving ball, with a clock that ticks when told."""
    view.session.adopt(series)
    found = view.dynamic.cine
    found._make = HandClock
    return found


def clock_of(cine: Cine) -> HandClock:
    assert isinstance(cine._clock, HandClock)
    return cine._clock


def test_frames_come_one_after_the_other_and_begin_again(view: View, cine: Cine) -> None:
    cine.start()
    seen = [view.dynamic.frame]
    for _ in range(FRAMES + 1):
        clock_of(cine).tick()
        seen.append(view.dynamic.frame)
    assert seen == [0, 1, 2, 3, 4, 0, 1]
    cine.stop()
    assert not clock_of(cine).running


def test_the_rate_can_be_changed_while_it_plays(cine: Cine) -> None:
    cine.start()
    assert clock_of(cine).pause == 250  # 0.4 frames a second were acquired: too slow to watch
    assert cine.speed == pytest.approx(10.0)
    cine.rate = 10.0
    assert clock_of(cine).pause == 100
    cine.rate = 1000.0
    assert cine.rate == 15.0


def test_the_key_starts_and_stops(view: View, cine: Cine) -> None:
    action = next(action for key, action in view.viewer.keymap.items() if str(key) == KEY.replace("-", "+"))
    action(view.viewer)
    assert cine.playing
    action(view.viewer)
    assert not cine.playing


def test_without_a_series_a_line_says_so(view: View) -> None:
    view.session.adopt(dess())
    view.dynamic.cine.toggle()
    assert not view.dynamic.cine.playing
    assert view.session.banner is not None
    assert "no series over time" in view.session.banner.text


def test_another_scan_or_the_end_of_the_session_stops_it(view: View, cine: Cine) -> None:
    cine.start()
    view.session.adopt(dess())
    assert not cine.playing
    cine.start()
    assert not cine.playing


def test_closing_the_view_stops_the_clock_and_lets_go_of_the_key(view: View, cine: Cine) -> None:
    cine.start()
    view.close()
    assert not cine.playing
    assert not clock_of(cine).running
    clock_of(cine).tick()  # a tick that was on its way
    assert view.dynamic.frame == 0


def test_a_slice_is_kept_while_the_frames_play(view: View, cine: Cine) -> None:
    view.viewer.dims.set_current_step(1, 2)
    cine.start()
    clock_of(cine).tick()
    assert view.viewer.dims.current_step[:2] == (1, 2)

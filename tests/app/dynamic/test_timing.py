"""When frames were taken, and how fast they are played."""

from __future__ import annotations

import pytest

from napari_mrsr.app.dynamic.timing import clock, playing_rate, time_axis, times_of
from tests.app.dynamic.conftest import moving_ball


def test_the_slider_counts_seconds_where_the_header_says_when_frames_were_taken() -> None:
    assert tuple(time_axis(moving_ball())) == (2.5, 0.0, "s")
    assert tuple(time_axis(moving_ball(timed=False))) == (1.0, 0.0, "pixel")


@pytest.mark.parametrize("told", ["soon", [0.0, 1.0], [0.0, 2.0, 1.0, 3.0, 4.0], ["a", "b", "c", "d", "e"], None, 3.0])
def test_times_that_cannot_be_those_of_the_frames_are_not_taken(told: object) -> None:
    scan = moving_ball().with_acquisition(others={"VolumeTiming": told})
    assert times_of(scan) is None
    assert clock(scan, 0) == "frame 1 of 5"


def test_frames_of_uneven_distance_stand_at_their_mean_distance_and_are_called_by_their_own_time() -> None:
    scan = moving_ball().with_acquisition(others={"VolumeTiming": [1.0, 2.0, 4.0, 8.0, 9.0]})
    assert time_axis(scan).scale == pytest.approx(2.0)
    assert time_axis(scan).translate == 1.0
    assert clock(scan, 3) == "frame 4 of 5, 8.0 s"


@pytest.mark.parametrize(("step", "rate"), [(0.2, 5.0), (1.0, 1.0), (5.53, 4.0), (0.01, 4.0)])
def test_a_series_is_played_in_real_time_where_a_person_can_watch_that(step: float, rate: float) -> None:
    scan = moving_ball().with_acquisition(others={"VolumeTiming": [step * n for n in range(5)]})
    assert playing_rate(scan) == pytest.approx(rate)

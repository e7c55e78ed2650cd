"""A small series over time with a moving ball, taken every 2.5 s, and a runner that goes on when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from napari_mrsr.app.dynamic.series import SeriesSettings
from napari_mrsr.app.events import Event
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Acquisition, Scan

FRAMES, SHAPE, SPACING = 5, (32, 24, 6), (1.5, 1.5, 4.0)
FOURIER = SeriesSettings("fourier", 0.25)


def moving_ball(frames: int = FRAMES, shape: tuple[int, int, int] = SHAPE, *, timed: bool = True) -> Scan:
    """Return axial frames (LPS voxels): a still body with stripes, and a bright ball that goes up and down in plane."""
    i, j, k = np.indices(shape).astype(float)
    body = ((i / shape[0] - 0.5) ** 2 + (j / shape[1] - 0.5) ** 2) < 0.2
    still = 100.0 * body * (1.0 + 0.3 * np.sin(i) * np.cos(j))
    array = []
    for n in range(frames):
        centre = 0.5 + 0.1 * np.sin(2 * np.pi * n / frames)
        ball = ((i / shape[0] - centre) ** 2 + (j / shape[1] - 0.5) ** 2 + (k / shape[2] - 0.5) ** 2) < 0.02
        array.append(still + 150.0 * ball)
    affine = np.diag([-SPACING[0], -SPACING[1], SPACING[2], 1.0])
    affine[:3, 3] = (20.0, 15.0, -8.0)
    others = {"VolumeTiming": [2.5 * n for n in range(frames)]} if timed else {}
    about = Acquisition(repetition_time=2.34, echo_times=(0.93,) * frames, slice_thickness=4.0, others=others)
    return Scan(np.array(array, np.float32), affine, axis="time", acquisition=about, slice_axis=2)


@pytest.fixture
def series() -> Scan:
    """Five frames of a moving ball."""
    return moving_ball()


@pytest.fixture
def opened(view: View, series: Scan) -> View:
    """A view of the moving ball."""
    view.session.adopt(series)
    return view


class Steps:
    """A runner that goes on when asked, as a worker thread between two events."""

    def __init__(self) -> None:
        self.events: Iterator[Event] = iter(())

    def __call__(
        self, events: Callable[[], Iterator[Event]], receive: Callable[[Event], None], ended: Callable[[], None]
    ) -> None:
        def go() -> Iterator[Event]:
            for event in events():
                receive(event)
                yield event
            ended()

        self.events = go()

    def until(self, true: Callable[[], bool]) -> None:
        for _ in self.events:
            if true():
                return

    def finish(self) -> None:
        self.until(lambda: False)

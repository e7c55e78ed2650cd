"""A small knee-like DESS scan, a viewer without a window, and a view whose jobs run at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.physics.dess import DessSequence, signals
from napari_mrsr.scan import Acquisition, Scan

ACQUISITION = Acquisition(
    repetition_time=23.0,
    echo_times=(7.0, 39.0),
    flip_angle=20.0,
    spoiler_moment=0.0,
    spoiler_duration=0.0,
    series_description="small DESS",
)

#: T2 of the two halves of the ball, ms.
T2S = (30.0, 50.0)


def dess(shape: tuple[int, int, int] = (24, 20, 12), *, thick: float = 1.5, seed: int = 0) -> Scan:
    """Return a ball of two tissues in a little noise, sagittal: i to the back, j downwards, k from left to right."""
    i, j, k = np.indices(shape).astype(float)
    ball = ((i / shape[0] - 0.5) ** 2 + (j / shape[1] - 0.5) ** 2 + (k / shape[2] - 0.5) ** 2) < 0.16
    t2 = np.where(i < shape[0] / 2, *T2S)
    s1, s2 = signals(1200.0, t2, DessSequence(23.0, 7.0, 20.0))
    rng = np.random.default_rng(seed)
    noise = np.abs(rng.normal(0.0, 2.0, (2, *shape)) + 1j * rng.normal(0.0, 2.0, (2, *shape)))
    array = np.stack([s1, s2]) * ball * 4000.0 + noise
    affine = np.array([[0, 0, thick, -60.0], [-0.5, 0, 0, 12.0], [0, -0.5, 0, 30.0], [0, 0, 0, 1]])
    return Scan(
        array.astype(np.float32), affine, axis="echo", names=("S1", "S2"), acquisition=ACQUISITION, slice_axis=2
    )


@pytest.fixture
def scan() -> Scan:
    """Two echoes of a ball, thick slices."""
    return dess()


@pytest.fixture
def viewer() -> ViewerModel:
    """A viewer without a window."""
    return ViewerModel()


@pytest.fixture
def view(viewer: ViewerModel) -> View:
    """The view of that viewer; its jobs run at once, in this thread."""
    return view_of(viewer, run_here)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write an array as NIfTI and return its path."""

    def to(name: str, array: Any, spacing: tuple[float, ...] = (0.5, 0.5, 1.5)) -> Path:
        path = tmp_path / name
        nib.save(nib.Nifti1Image(np.asarray(array), np.diag([*spacing, 1.0])), path)
        return path

    return to

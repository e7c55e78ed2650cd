"""Axes that a scanner zero-filled, and thick slices, must not teach."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.interpolation import interpolate
from napari_mrsr.scan import Scan
from napari_mrsr.training.full_band import full_band_axes


def noisy_blobs(shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    """Edges with a little white noise, as a magnitude image has."""
    rng = np.random.default_rng(seed)
    grid = np.indices(shape) / np.array(shape)[:, None, None, None] - 0.5
    ball = ((grid**2).sum(axis=0) < 0.12).astype(np.float32)
    return (ball + 0.02 * rng.standard_normal(shape)).astype(np.float32)


def test_an_isotropic_scan_teaches_along_every_axis() -> None:
    assert full_band_axes(Scan(noisy_blobs((48, 48, 48)), np.eye(4))) == (0, 1, 2)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_zero_filled_axis_is_left_out(axis: int) -> None:
    shape = [64, 64, 64]
    shape[axis] = 40
    coarse = noisy_blobs((shape[0], shape[1], shape[2]))
    padded = np.moveaxis(interpolate(np.moveaxis(coarse, axis, 2), "fourier", 2, 2)[..., :64], 2, axis)
    assert axis not in full_band_axes(Scan(padded, np.eye(4)))
    assert len(full_band_axes(Scan(padded, np.eye(4)))) == 2


def test_thick_slices_are_left_out() -> None:
    assert full_band_axes(Scan(noisy_blobs((48, 48, 48)), np.diag([0.5, 0.5, 3.0, 1]))) == (0, 1)


def test_real_scans_are_judged_as_their_readme_says(real_data: Path) -> None:
    from napari_mrsr.files import read_scan

    assert full_band_axes(read_scan(real_data / "brain" / "t1w_0p7mm.nii.gz")) == (0, 1, 2)
    knee = read_scan(real_data / "knee" / "qdess_lateral")  # front to back: 320 of 512 acquired; slices: 38, thick
    assert full_band_axes(knee) == (1,)
    assert full_band_axes(read_scan(real_data / "knee" / "mese_t2")) == (0,)

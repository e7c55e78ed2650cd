"""What sharpening in plane added, and where it left what was measured: closed forms, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr import in_plane
from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.trust.plane_decomposition import trust_in_plane
from tests.brains import brain


def waves(n: int, cycles: int, amplitude: float) -> np.ndarray:
    """Return a wave along the first axis, at the positions of n samples."""
    return amplitude * np.cos(2 * np.pi * cycles * np.arange(n) / n)[:, None, None]


@pytest.fixture
def coarse() -> Scan:
    return Scan(
        (100 + waves(16, 3, 10) + np.zeros((1, 16, 12, 5))).astype(np.float32), np.diag([2, 2, 4, 1.0]), slice_axis=2
    )


@pytest.fixture
def zero_filled(coarse: Scan) -> Scan:
    return in_plane.sharpen(coarse, method="fourier", matrix=(32, 24))


def test_zero_filling_adds_nothing_and_agrees(coarse: Scan, zero_filled: Scan) -> None:
    found = trust_in_plane(coarse, zero_filled, noise=1.0)
    np.testing.assert_allclose(found.added.array, 0, atol=1e-4)
    np.testing.assert_allclose(found.z.array, 0, atol=1e-4)


def test_a_frequency_that_was_not_measured_is_what_was_added(coarse: Scan, zero_filled: Scan) -> None:
    fine = (waves(32, 13, 5.0) + np.zeros((1, 32, 24, 5))).astype(np.float32)
    found = trust_in_plane(coarse, replace(zero_filled, array=zero_filled.array + fine), noise=1.0)
    np.testing.assert_allclose(found.added.array, fine, atol=1e-3)
    np.testing.assert_allclose(found.z.array, 0, atol=1e-3)
    assert found.added.same_grid(zero_filled)


def test_a_frequency_that_was_measured_otherwise_is_a_disagreement_in_units_of_the_noise(
    coarse: Scan, zero_filled: Scan
) -> None:
    wrong = (waves(32, 2, 6.0) + np.zeros((1, 32, 24, 5))).astype(np.float32)
    found = trust_in_plane(coarse, replace(zero_filled, array=zero_filled.array + wrong), noise=2.0)
    np.testing.assert_allclose(found.z.array[0], -waves(16, 2, 3.0) + np.zeros((16, 12, 5)), atol=1e-3)
    np.testing.assert_allclose(found.added.array, 0, atol=1e-3)
    assert found.z.same_grid(coarse)


def test_of_a_cut_brain_the_truth_adds_what_was_cut_and_hardly_disagrees() -> None:
    whole = brain((64, 56, 6))
    low = degrade(whole, kspace=0.25)
    found = trust_in_plane(low, whole, noise=6.0)
    (row,) = found.summary["volumes"].values()
    missing = whole.array - in_plane.sharpen(low, method="fourier", like=whole).array
    assert np.corrcoef(found.added.array.ravel(), missing.ravel())[0, 1] > 0.97
    wrong = in_plane.sharpen(low, method="nearest", like=whole)
    (other,) = trust_in_plane(low, wrong, noise=6.0).summary["volumes"].values()
    assert row["z_sd"] < 0.25 * other["z_sd"]
    assert row["added_percent"] > 1


def test_grids_and_results_that_say_nothing_are_refused(coarse: Scan, zero_filled: Scan) -> None:
    with pytest.raises(GeometryMismatch):
        trust_in_plane(zero_filled, coarse)
    twice = replace(zero_filled, array=np.repeat(zero_filled.array, 2, axis=0), names=("a", "b"))
    with pytest.raises(GeometryMismatch, match="2 volumes of"):
        trust_in_plane(coarse, twice)
    held = zero_filled.after("in-plane super-resolution", zero_filled.array, parameters={"consistency": "hard"})
    with pytest.raises(BadParameter, match="put back"):
        trust_in_plane(coarse, held)

"""Labels without their rim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi import erode, erosion_check
from napari_mrsr.scan import Scan

SPACING = (0.4, 0.4, 1.5)


def labels_of(array: np.ndarray, spacing: tuple[float, float, float] = SPACING) -> Scan:
    return Scan(array.astype(np.uint8), np.diag([*spacing, 1]))


def ellipsoid(mm: float, spacing: tuple[float, float, float]) -> np.ndarray:
    """Return the voxels whose centre is within ``mm``."""
    reach = [int(mm / s + 1e-6) for s in spacing]
    where = np.meshgrid(*(s * np.arange(-r, r + 1) for r, s in zip(reach, spacing, strict=True)), indexing="ij")
    return np.asarray(sum(w**2 for w in where) <= (mm * (1 + 1e-4)) ** 2)


@settings(max_examples=20, deadline=None)
@given(mm=st.sampled_from([0.0, 0.3, 0.4, 0.5, 0.9, 1.5, 1.6, 2.3]), seed=st.integers(0, 99))
def test_erosion_is_that_by_an_ellipsoid_of_so_many_millimetres(mm: float, seed: int) -> None:
    lump = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((24, 22, 10)), (3, 3, 1.5)) > 0
    expected = ndimage.binary_erosion(lump, ellipsoid(mm, SPACING), border_value=1)
    assert np.array_equal(erode(labels_of(lump), mm).array[0] == 1, expected)


def test_thick_slices_are_not_eroded_by_an_in_plane_voxel() -> None:
    block = np.zeros((12, 12, 6))
    block[2:10, 2:10, 1:5] = 4
    found = erode(labels_of(block), 0.4).array[0]
    expected = np.zeros_like(block)
    expected[3:9, 3:9, 1:5] = 4
    assert np.array_equal(found, expected)


def test_each_label_is_eroded_on_its_own() -> None:
    two = np.zeros((11, 11, 11))
    two[1:10, 1:10, 1:5] = 1
    two[1:10, 1:10, 5:10] = 2
    found = erode(labels_of(two, (1, 1, 1)), 1.0).array[0]
    assert (found[5, 5] == [0, 0, 1, 1, 0, 0, 2, 2, 2, 0, 0]).all()


def test_the_border_of_the_volume_does_not_erode() -> None:
    assert erode(labels_of(np.ones((5, 5, 5))), 1.6).array.all()


def test_less_than_a_voxel_changes_nothing_and_says_so() -> None:
    block = np.zeros((6, 6, 6))
    block[2:5, 2:5, 2:5] = 1
    found = erode(labels_of(block), 0.3)
    assert np.array_equal(found.array[0], block)
    assert "less than a voxel" in found.warnings[-1]


def test_no_labels_stay_no_labels_and_a_negative_distance_is_refused() -> None:
    assert not erode(labels_of(np.zeros((4, 4, 4))), 1).array.any()
    with pytest.raises(BadParameter):
        erode(labels_of(np.ones((4, 4, 4))), -1)


def test_fluid_in_the_rim_of_cartilage_is_seen_in_the_change_of_the_mean() -> None:
    """Cartilage of 35 ms, its outer voxels half fluid (135 ms here); a second label is clean."""
    painted = np.zeros((30, 30, 8))
    painted[4:16, 4:16, 2:6] = 1
    painted[18:28, 18:28, 2:6] = 2
    t2 = np.full(painted.shape, 35.0)
    rim = (painted == 1) & ~ndimage.binary_erosion(painted == 1, np.ones((3, 3, 1)))
    t2[rim] = 135.0
    table = erosion_check(Scan(t2, np.diag([*SPACING, 1]), quantity="T2", unit="ms"), labels_of(painted), 0.4)
    first, second = table.iloc[0], table.iloc[1]
    assert (first["n"], first["n_eroded"]) == (12 * 12 * 4, 10 * 10 * 4)
    assert first["mean"] == pytest.approx(35 + 100 * 44 / 144)
    assert first["mean_eroded"] == pytest.approx(35)
    assert first["change"] == pytest.approx(-100 * 44 / 144)
    assert first["change_percent"] == pytest.approx(100 * first["change"] / first["mean"])
    assert second["change"] == pytest.approx(0)


def test_a_region_that_erodes_away_keeps_its_row() -> None:
    painted = np.zeros((8, 8, 8))
    painted[3, 3, 3] = 1
    row = erosion_check(Scan(np.ones((8, 8, 8)), np.diag([*SPACING, 1])), labels_of(painted), 0.4).iloc[0]
    assert (row["n"], row["n_eroded"]) == (1, 0)
    assert np.isnan(row["mean_eroded"])

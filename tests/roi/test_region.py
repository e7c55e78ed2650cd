"""Regions cut out one by one have the statistics of the whole volumes, on the map's grid and on any other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from napari_mrsr.roi import erode, statistics
from napari_mrsr.roi.region import around, cut, regions_of, values_in
from napari_mrsr.scan import Scan

OBLIQUE = np.array([[0.1, 0.0, 1.49, -20.0], [-0.4, 0.05, 0.05, 12.0], [0.02, -0.4, 0.1, 30.0], [0, 0, 0, 1.0]])


def made(affine: np.ndarray, shape: tuple[int, int, int], seed: int = 0) -> Scan:
    """Return a map of random T2 with holes."""
    rng = np.random.default_rng(seed)
    t2 = rng.uniform(20.0, 60.0, shape)
    t2[rng.random(shape) < 0.1] = np.nan
    return Scan(t2, affine, quantity="T2", unit="ms")


def painted(affine: np.ndarray, shape: tuple[int, int, int]) -> Scan:
    """Return three labels: a block, a block that touches the edge of the volume, and scattered voxels."""
    labels = np.zeros(shape, np.uint8)
    labels[3:9, 4:8, 2:5] = 1
    labels[0:4, 9:, 3:6] = 4
    labels[np.random.default_rng(1).random(shape) < 0.02] = 7
    return Scan(labels, affine, axis="label", quantity="label", unit="")


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_each_region_has_the_statistics_that_the_whole_volumes_give(factor: int) -> None:
    labels = painted(OBLIQUE, (14, 13, 8))
    fine = OBLIQUE @ np.diag([1.0, 1.0, 1.0 / factor, 1.0])
    found = made(fine, (14, 13, 8 * factor))
    whole = statistics(found, labels)
    rows = [statistics(around(found, region), region) for region in regions_of(labels).values()]
    pd.testing.assert_frame_equal(pd.concat(rows, ignore_index=True), whole)


def test_regions_hold_their_label_alone_and_lie_where_it_was_painted() -> None:
    labels = painted(np.diag([2.0, 3.0, 4.0, 1.0]), (14, 13, 8))
    regions = regions_of(labels)
    assert list(regions) == [1, 4, 7]
    for label, region in regions.items():
        assert set(np.unique(region.array)) == {0, label}
        assert np.count_nonzero(region.array) == np.count_nonzero(labels.array == label)
    where = np.argwhere(regions[4].array[0])[0]
    patient = regions[4].affine @ [*where, 1.0]
    assert labels.array[0][tuple((patient[:3] / [2.0, 3.0, 4.0]).round().astype(int))] == 4


def test_a_later_stroke_does_not_change_a_region_that_was_cut_out() -> None:
    labels = painted(np.eye(4), (14, 13, 8))
    region = regions_of(labels)[1]
    labels.array[:] = 0
    assert np.count_nonzero(region.array) > 0


def test_nothing_painted_and_a_region_beside_the_map() -> None:
    assert regions_of(Scan(np.zeros((4, 4, 4), np.uint8), np.eye(4))) == {}
    region = regions_of(painted(np.eye(4), (14, 13, 8)))[1]
    far = np.eye(4)
    far[0, 3] = 500.0
    assert around(made(far, (5, 5, 5)), region) is None
    assert values_in(made(far, (5, 5, 5)), region).size == 0


def test_values_in_a_region_are_those_under_the_label() -> None:
    labels, found = painted(OBLIQUE, (14, 13, 8)), made(OBLIQUE, (14, 13, 8))
    np.testing.assert_array_equal(
        values_in(found, regions_of(labels)[4]), found.array[0][labels.array[0] == 4].astype(float)
    )


def test_a_cut_lies_where_it_was() -> None:
    scan = made(OBLIQUE, (14, 13, 8))
    part = cut(scan, (slice(2, 9), slice(1, 3), slice(4, 8)))
    np.testing.assert_allclose(part.affine @ [0, 0, 0, 1], scan.affine @ [2, 1, 4, 1])
    assert np.shares_memory(part.array, scan.array)


@pytest.mark.parametrize("mm", [0.4, 0.5, 0.7, 1.3, 5.0])
def test_erosion_by_shifts_is_that_by_distances(mm: float) -> None:
    inside = ndimage.gaussian_filter(np.random.default_rng(3).random((30, 28, 20)), 2.0) > 0.5
    labels = Scan(inside.astype(np.uint8), np.diag([0.385, 0.4, 0.7, 1.0]), axis="label")
    distance = ndimage.distance_transform_edt(inside, sampling=(0.385, 0.4, 0.7))
    np.testing.assert_array_equal(erode(labels, mm).array[0] > 0, distance > mm * (1 + 1e-4))

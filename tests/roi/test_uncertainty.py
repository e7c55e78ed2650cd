"""The standard error of a region's mean, against the scatter of drawn means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import zoom

from napari_mrsr import roi
from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.scan import Scan


def scan(array: np.ndarray, unit: str = "ms", side: float = 1.0) -> Scan:
    return Scan(array[None], np.diag([side, side, side, 1]), axis="map", unit=unit)


LABELS = np.zeros((12, 12, 6), np.uint8)
LABELS[2:8, 2:8], LABELS[9:11] = 1, 3
SIGMA = np.random.default_rng(0).uniform(1, 4, LABELS.shape)


def test_the_mean_scatters_as_much_as_said() -> None:
    random = np.random.default_rng(1)
    means = [
        roi.statistics(scan(35 + random.normal(0, SIGMA)), scan(LABELS, ""))["mean"].to_numpy() for _ in range(400)
    ]
    said = roi.uncertainty(scan(np.full(LABELS.shape, 35.0)), scan(SIGMA), scan(LABELS, ""))
    np.testing.assert_allclose(said["standard_error"], np.std(means, axis=0, ddof=1), rtol=0.1)
    assert list(said["label"]) == [1, 3]


def test_shared_noise_widens_it_by_the_root_of_the_voxels_that_share() -> None:
    """Every voxel twice along two axes, as a scanner doubles a matrix by repetition: four share one noise."""
    random = np.random.default_rng(2)
    inside = np.ones((12, 12, 6), np.uint8)
    means = [zoom(random.normal(35, 2, (6, 6, 6)), (2, 2, 1), order=0).mean() for _ in range(600)]
    said = roi.uncertainty(
        scan(np.full(inside.shape, 35.0)), scan(np.full(inside.shape, 2.0)), scan(inside, ""), correlated=4
    )
    assert said["standard_error"].item() == pytest.approx(np.std(means, ddof=1), rel=0.08)
    assert said.attrs["correlated"] == 4


def test_voxels_without_a_value_do_not_count_and_wide_ones_are_told() -> None:
    values, sigma = np.full(LABELS.shape, 20.0), np.full(LABELS.shape, 2.0)
    values[2:8, 2:5] = sigma[2:8, 2:5] = np.nan
    sigma[2:5, 5:8] = 7.0
    row = roi.uncertainty(scan(values), scan(sigma), scan(LABELS, ""), names={1: "meniscus"}).iloc[0]
    assert (row["name"], row["n"], row["undetermined_percent"]) == ("meniscus", 108, 50.0)
    assert row["mean_sigma"] == pytest.approx(np.sqrt((4 + 49) / 2))


def test_what_does_not_fit_is_refused() -> None:
    values, labels = scan(np.full(LABELS.shape, 20.0)), scan(LABELS, "")
    with pytest.raises(BadParameter, match="share their noise"):
        roi.uncertainty(values, scan(SIGMA), labels, correlated=0.5)
    with pytest.raises(GeometryMismatch, match="grid of the map"):
        roi.uncertainty(values, scan(SIGMA, side=2.0), labels)
    with pytest.raises(BadParameter, match="sigma is in s"):
        roi.uncertainty(values, scan(SIGMA, "s"), labels)

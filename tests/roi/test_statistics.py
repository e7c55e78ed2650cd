"""The table of a painted region."""

from __future__ import annotations

import statistics as standard
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.errors import BadParameter
from napari_mrsr.metrics.agreement import coefficient_of_variation
from napari_mrsr.roi import compare_statistics, statistics
from napari_mrsr.roi.statistics import COLUMNS, COMPARED
from napari_mrsr.scan import Scan

AFFINE = np.array([[0.0, 0.0, 1.5, 10.0], [-0.4, 0.0, 0.0, 20.0], [0.0, 0.4, 0.0, 30.0], [0.0, 0.0, 0.0, 1.0]])


def t2_map(array: np.ndarray, affine: np.ndarray = AFFINE) -> Scan:
    return Scan(array, affine, axis="map", names=("T2",), quantity="T2", unit="ms")


def test_the_table_of_a_known_region() -> None:
    values = np.full((6, 5, 4), np.nan)
    painted = np.zeros(values.shape, np.uint8)
    painted[1, 1:5, 0:3] = 7
    values[1, 1:5, 0:3] = np.arange(1, 13).reshape(4, 3)
    values[1, 4, 2] = np.nan
    values[1, 4, 1] = np.nan  # 1 to 10 are left
    table = statistics(t2_map(values), Scan(painted, AFFINE), names={7: "medial femoral cartilage"})
    assert tuple(table.columns) == COLUMNS
    row = table.iloc[0]
    assert (row["label"], row["name"], row["n"]) == (7, "medial femoral cartilage", 10)
    assert row["volume_mm3"] == pytest.approx(12 * 0.4 * 0.4 * 1.5)
    assert row["invalid_percent"] == pytest.approx(100 * 2 / 12)
    assert (row["mean"], row["median"], row["iqr"]) == (5.5, 5.5, 4.5)
    assert row["sd"] == pytest.approx(standard.stdev(range(1, 11)))
    assert (row["p5"], row["p95"]) == (pytest.approx(1.45), pytest.approx(9.55))
    assert table.attrs == {"warnings": (), "quantity": "T2", "unit": "ms"}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), most=st.integers(1, 6), holes=st.floats(0, 0.9))
def test_every_row_is_that_of_its_voxels_alone(seed: int, most: int, holes: float) -> None:
    rng = np.random.default_rng(seed)
    painted = rng.integers(0, most + 1, (6, 5, 4)) * 11
    values = np.where(rng.random(painted.shape) < holes, np.nan, 30 + 10 * rng.random(painted.shape)).astype(np.float32)
    table = statistics(t2_map(values), Scan(painted, AFFINE))
    assert list(table["label"]) == sorted(set(painted[painted > 0].tolist()))
    for _, row in table.iterrows():
        region = values[painted == row["label"]].astype(float)
        valid = region[np.isfinite(region)]
        assert row["n"] == valid.size
        assert row["invalid_percent"] == pytest.approx(100 * np.isnan(region).mean())
        if valid.size:
            assert row["mean"] == pytest.approx(valid.mean())
            assert row["p95"] == pytest.approx(np.percentile(valid, 95))
        if valid.size > 1:
            assert row["sd"] == pytest.approx(valid.std(ddof=1))


def test_a_region_without_a_single_value_keeps_its_row() -> None:
    painted = np.zeros((4, 4, 4), np.uint8)
    painted[1:3] = 2
    row = statistics(t2_map(np.full((4, 4, 4), np.nan)), Scan(painted, AFFINE)).iloc[0]
    assert (row["n"], row["invalid_percent"], row["name"]) == (0, 100, "label 2")
    assert np.isnan(row["mean"])
    assert np.isnan(row["iqr"])


def test_nothing_painted_is_an_empty_table() -> None:
    table = statistics(t2_map(np.ones((4, 4, 4))), Scan(np.zeros((4, 4, 4), np.uint8), AFFINE))
    assert table.empty
    assert tuple(table.columns) == COLUMNS


def test_labels_on_another_grid_are_taken_to_the_maps_and_the_table_says_so() -> None:
    rng = np.random.default_rng(0)
    fine = rng.integers(0, 3, (6, 5, 8)).astype(np.uint8)
    fine_affine = AFFINE @ np.diag([1, 1, 0.5, 1])
    values = t2_map(rng.random((6, 5, 4)))
    table = statistics(values, Scan(fine, fine_affine))
    assert len(table.attrs["warnings"]) == 1
    assert "nearest" in table.attrs["warnings"][0]
    expected = statistics(values, Scan(fine[:, :, ::2], AFFINE))
    assert table.equals(expected)


def test_maps_of_several_volumes_are_refused() -> None:
    with pytest.raises(BadParameter, match="2 volumes"):
        statistics(Scan(np.zeros((2, 4, 4, 4)), AFFINE), Scan(np.zeros((4, 4, 4), np.uint8), AFFINE))


def test_acquired_against_super_resolved_has_difference_and_cv_of_the_pair() -> None:
    coarse = np.zeros((4, 4, 4), np.uint8)
    coarse[:2], coarse[2:] = 1, 2
    fine_affine = AFFINE @ np.diag([1, 1, 0.5, 1])
    acquired = t2_map(np.where(coarse == 1, 35.2, 42.6))
    fine = np.repeat(coarse, 2, axis=2)
    sr = t2_map(np.where(fine == 1, 35.8, 44.1), fine_affine)
    table = compare_statistics(acquired, sr, Scan(fine, fine_affine), names={1: "medial"})
    assert tuple(table.columns) == COMPARED
    assert list(table["name"]) == ["medial", "label 2"]
    assert list(table["n_acquired"]) == [32, 32]
    assert list(table["n_sr"]) == [64, 64]
    assert list(table["difference"]) == pytest.approx([0.6, 1.5])
    assert list(table["cv_percent"]) == pytest.approx(coefficient_of_variation([35.2, 42.6], [35.8, 44.1]).values)
    assert len(table.attrs["warnings"]) == 1


def test_a_thin_label_between_two_acquired_slices_keeps_its_row() -> None:
    fine = np.zeros((4, 4, 8), np.uint8)
    fine[:, :, 3] = 5
    fine_affine = AFFINE @ np.diag([1, 1, 0.5, 1])
    table = compare_statistics(
        t2_map(np.ones((4, 4, 4))), t2_map(np.ones((4, 4, 8)), fine_affine), Scan(fine, fine_affine)
    )
    row = table.iloc[0]
    assert (row["label"], row["n_acquired"], row["n_sr"]) == (5, 0, 16)
    assert np.isnan(row["difference"])


def test_maps_in_different_units_are_not_compared() -> None:
    seconds = Scan(np.ones((4, 4, 4)), AFFINE, quantity="T2", unit="s")
    with pytest.raises(BadParameter, match="is in s"):
        compare_statistics(t2_map(np.ones((4, 4, 4))), seconds, Scan(np.ones((4, 4, 4), np.uint8), AFFINE))


def test_the_table_follows_the_brush() -> None:
    """A cartilage in 7 million voxels: the time is that of finding it, not of the volume's statistics."""
    painted = np.zeros((208, 208, 160), np.uint8)
    painted[90:130, 60:120, 50:90] = 1
    values = t2_map(np.ones(painted.shape, np.float32))
    labels = Scan(painted, AFFINE)
    statistics(values, labels)
    times = []
    for _ in range(3):
        start = time.process_time()  # not that of whatever else the machine does
        statistics(values, labels)
        times.append(time.process_time() - start)
    start = time.process_time()
    np.percentile(values.array, [5, 25, 50, 75, 95])
    assert min(times) < time.process_time() - start

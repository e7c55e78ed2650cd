"""Two labellings compared: balls in closed form, SimpleITK as a witness, printed values of a published table."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from napari_mrsr.errors import BadParameter
from napari_mrsr.metrics.intraclass import intraclass_correlation
from napari_mrsr.roi.readers import compare_labels, dice, regional_agreement, surface_distances
from napari_mrsr.scan import Scan

# Cartilage T2 of five subjects, ms: thin slices, and by MRSR and ScSR from thick ones (Chaudhari et al., Table 2).
TRUTH = [35.2, 42.6, 27.9, 35.3, 36.6]
MRSR = [35.8, 44.1, 29.1, 38.5, 38.0]
SCSR = [42.4, 50.1, 35.9, 58.3, 46.7]


def ball(radius: float, centre: tuple[float, float, float], *, shape: int = 40, spacing: float = 0.5) -> np.ndarray:
    """Return a ball; radius and centre in mm."""
    grid = np.indices((shape, shape, shape)) * spacing
    return sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True)) <= radius**2


def labels(array: np.ndarray, spacing: tuple[float, ...] = (0.5, 0.5, 0.5)) -> Scan:
    return Scan(array.astype(np.uint8), np.diag([*spacing, 1.0]), axis="label", quantity="label", unit="")


# -- space ---------------------------------------------------------------------------------------------
def test_concentric_balls_are_their_difference_in_radius_apart() -> None:
    inner, outer = ball(5.0, (10, 10, 10)), ball(7.0, (10, 10, 10))
    mean, most, largest = surface_distances(inner, outer, (0.5, 0.5, 0.5))
    assert mean == pytest.approx(2.0, abs=0.15)
    assert most == pytest.approx(2.0, abs=0.5)
    assert largest >= most
    volumes = (5.0 / 7.0) ** 3
    assert dice(inner, outer) == pytest.approx(2 * volumes / (1 + volumes), rel=0.02)


def test_distances_and_overlap_are_those_of_simpleitk() -> None:
    one, other = ball(5.0, (9.0, 10.0, 10.5)), ball(4.0, (11.0, 10.0, 8.5))
    spacing = (1.5, 0.5, 0.4)
    images = []
    for mask in (one, other):
        image = sitk.GetImageFromArray(mask.astype(np.uint8))
        image.SetSpacing(spacing[::-1])
        images.append(image)
    hausdorff = sitk.HausdorffDistanceImageFilter()
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    hausdorff.Execute(*images)
    overlap.Execute(*images)
    table = compare_labels(labels(one, spacing), labels(other, spacing)).iloc[0]
    assert table["dice"] == pytest.approx(overlap.GetDiceCoefficient())
    assert table["hausdorff"] == pytest.approx(hausdorff.GetHausdorffDistance(), abs=0.05)


def test_the_same_labels_agree_wholly() -> None:
    both = ball(5.0, (10, 10, 10)) * 2
    row = compare_labels(labels(both), labels(both), names={2: "lateral"}).iloc[0]
    assert (row["label"], row["name"], row["dice"], row["hausdorff"]) == (2, "lateral", 1.0, 0.0)
    assert row["volume_difference"] == 0.0


def test_a_region_that_one_reader_left_out_has_dice_0_and_no_distance() -> None:
    one = np.zeros((8, 8, 8))
    one[2:4] = 1
    other = np.zeros((8, 8, 8))
    other[5:7] = 3
    table = compare_labels(labels(one), labels(other)).set_index("label")
    assert list(table["dice"]) == [0.0, 0.0]
    assert table["hausdorff"].isna().all()
    assert len(compare_labels(labels(one * 0), labels(one * 0))) == 0


def test_a_second_reading_on_thick_slices_is_taken_to_the_grid_of_the_first_and_it_is_said() -> None:
    fine = ball(5.0, (10, 10, 10))
    coarse = Scan(fine[:, :, ::2].astype(np.uint8), np.diag([0.5, 0.5, 1.0, 1.0]), axis="label", quantity="label")
    table = compare_labels(labels(fine), coarse)
    assert table["dice"].iloc[0] > 0.95
    assert "nearest neighbour" in table.attrs["warnings"][0]


# -- numbers -------------------------------------------------------------------------------------------
def test_a_published_table_gives_its_icc_and_rms_cv() -> None:
    found = regional_agreement(TRUTH, MRSR)
    assert round(found.icc_agreement, 4) == 0.9450
    assert round(found.icc_consistency, 4) == 0.9834
    assert round(found.rms_cv, 3) == 3.491
    assert found.bias == pytest.approx(1.58)
    other = regional_agreement(TRUTH, SCSR)
    assert (round(other.icc_agreement, 4), round(other.icc_consistency, 4)) == (0.2467, 0.5384)
    assert round(other.rms_cv, 3) == 20.587


def test_a_constant_difference_lowers_agreement_and_not_consistency() -> None:
    readings = np.array([TRUTH, np.array(TRUTH) + 4.0]).T
    found = intraclass_correlation(readings)
    assert found.consistency == pytest.approx(1.0)
    assert found.agreement < 0.85


def test_pairs_that_are_not_whole_are_left_out() -> None:
    assert regional_agreement([35.0, np.nan, 40.0], [36.0, 30.0, 41.0]).n == 2
    assert np.isnan(regional_agreement([35.0], [36.0]).icc_agreement)
    with pytest.raises(BadParameter, match="no region"):
        regional_agreement([np.nan], [36.0])


def test_too_few_readings_are_refused() -> None:
    with pytest.raises(BadParameter):
        intraclass_correlation([[1.0, 2.0]])
    with pytest.raises(BadParameter):
        intraclass_correlation([[1.0, np.nan], [2.0, 3.0]])

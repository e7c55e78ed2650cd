"""Left and right, medial and lateral: never a matter of how a file stores its voxels."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.cartilage import divide, find_laterality, gap_between_knees, regional_statistics
from napari_mrsr.roi.cartilage.laterality import side_of_text
from napari_mrsr.scan import Scan
from tests.roi.cartilage.shapes import NAMES, affine_of, condyle, reordered

TWO = condyle((0.8, 0.8, 1.5), width=54.0, notch=18.0)[0]
MAP = Scan(np.random.default_rng(1).uniform(20, 60, TWO.shape), TWO.affine, quantity="T2", unit="ms")


def mirrored(scan: Scan) -> Scan:
    """Return the scan of the other knee: the same voxels, the patient's left for the right."""
    return Scan(
        scan.array, np.diag([-1.0, 1, 1, 1]) @ scan.affine, axis=scan.axis, quantity=scan.quantity, unit=scan.unit
    )


@settings(max_examples=12, deadline=None)
@given(
    axes=st.sampled_from(list(permutations(range(3)))),
    flips=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    side=st.sampled_from(["left", "right"]),
    definition=st.sampled_from(["thickness", "dosma"]),
)
def test_flips_and_permutations_with_their_affine_change_no_region(axes, flips, side, definition) -> None:  # type: ignore[no-untyped-def]
    straight = divide(TWO, NAMES, side=side, definition=definition)
    turned = divide(reordered(TWO, axes, flips), NAMES, side=side, definition=definition)
    np.testing.assert_array_equal(reordered(straight.labels, axes, flips).array, turned.labels.array)
    assert turned.notes == straight.notes
    if straight.thickness is not None and turned.thickness is not None:
        expected = reordered(straight.thickness, axes, flips).array
        np.testing.assert_allclose(expected, turned.thickness.array, atol=2e-3)


@pytest.mark.parametrize("definition", ["thickness", "dosma"])
def test_a_left_knee_is_measured_as_its_mirror_image(definition: str) -> None:
    right = regional_statistics(MAP, divide(TWO, NAMES, side="right", definition=definition))
    left = regional_statistics(mirrored(MAP), divide(mirrored(TWO), NAMES, side="left", definition=definition))
    np.testing.assert_array_equal(right["n"], left["n"])
    np.testing.assert_allclose(right["mean"], left["mean"])


def test_the_wrong_side_exchanges_medial_and_lateral() -> None:
    right = regional_statistics(MAP, divide(TWO, NAMES, side="right")).set_index(["region", "layer"])["mean"]
    left = regional_statistics(MAP, divide(TWO, NAMES, side="left")).set_index(["region", "layer"])["mean"]
    assert right["medial posterior", "total"] == pytest.approx(left["lateral posterior", "total"])


def test_the_border_lies_in_the_notch_not_at_the_centre_of_mass() -> None:
    array = TWO.array[0].copy()
    array[:, :, 30:] = 0  # the lateral condyle is cut short, so the centre of mass moves to the medial one
    cut = Scan(array, TWO.affine, axis="label")
    found = divide(cut, NAMES, side="right")
    assert "split at the notch" in found.notes[-1]
    slices = {c: np.flatnonzero((found.labels.array[0] // 24 % 3 == c).any(axis=(0, 1)) & True) for c in (1, 2)}
    right = (TWO.affine[0, 3] + np.array([slices[1].max(), slices[2].min()]) * 1.5) - 60.0
    centre = (TWO.shape[2] / 2 - 0.37) * 1.5  # of the notch
    assert abs(right.mean() - centre) < 2.0
    assert "centre of mass" in divide(cut, NAMES, side="right", definition="dosma").notes[-1]


def test_labels_that_say_the_compartment_are_not_split_again() -> None:
    array = TWO.array[0].copy()
    array[:, :, 25:] *= 2
    found = divide(
        Scan(array, TWO.affine, axis="label"), {1: "medial femoral cartilage", 2: "lateral femoral cartilage"}
    )
    assert found.notes == ("femoral compartments: as labelled",)
    assert found.side == "right"  # lateral lies to the patient's right
    code = found.labels.array[0]
    assert set(np.unique((code[array == 1] - 1) // 24)) == {1}
    assert set(np.unique((code[array == 2] - 1) // 24)) == {2}


def test_a_trochlea_without_a_side_is_split_between_the_two_condyles_or_stands_by_itself() -> None:
    array = TWO.array[0].copy()
    array[:, :, 25:] *= 2
    array[: array.shape[0] // 3][array[: array.shape[0] // 3] > 0] = 6
    names = {1: "medial femoral cartilage", 2: "lateral femoral cartilage", 6: "trochlear cartilage"}
    found = divide(Scan(array, TWO.affine, axis="label"), names)
    compartment = (found.labels.array[0] - 1) // 24
    assert found.notes == (
        "femoral compartments: as labelled; cartilage without a side is split half way between the two",
    )
    assert set(np.unique(compartment[..., :16][array[..., :16] == 6])) == {1}
    assert set(np.unique(compartment[..., -16:][array[..., -16:] == 6])) == {2}
    array[array == 2] = 0
    alone = divide(Scan(array, TWO.affine, axis="label"), names)
    assert set(np.unique(((alone.labels.array[0] - 1) // 24)[array == 6])) == {0}


def test_one_condyle_without_a_side_is_not_split() -> None:
    one, _ = condyle((0.8, 0.8, 1.5), width=26.0)
    found = divide(one, NAMES, side="right")
    assert "one condyle of 26 mm" in found.notes[-1] or "one condyle of 27 mm" in found.notes[-1]
    assert set(regional_statistics(Scan(np.ones(one.shape), one.affine), found)["region"]) == {
        "anterior", "central", "posterior", "all",
    }  # fmt: skip


def test_where_the_side_is_not_known_the_halves_are_the_patients_left_and_right() -> None:
    found = divide(TWO, NAMES)
    assert any("was not said" in note for note in found.notes)
    table = regional_statistics(MAP, found)
    assert "left half anterior" in set(table["region"])
    assert not table["region"].str.contains("medial").any()


# -- which knee ------------------------------------------------------------------------------------------
def scan_at(right: float, **told: object) -> Scan:
    """Return an empty scan whose middle lies ``right`` mm to the patient's right."""
    affine = affine_of((2.0, 2.0, 2.0), right - 2.0 * 7.5)
    return Scan(np.zeros((16, 16, 16), np.float32), affine).with_acquisition(**told)


def test_the_header_comes_first_and_what_disagrees_is_said() -> None:
    found = find_laterality(scan_at(80.0, laterality="left"))
    assert (found.side, found.reason) == ("left", "the header says left")
    assert found.conflict == "the header says left, but it lies 80 mm to the patient's right of the scanner's centre"
    assert find_laterality(scan_at(-80.0, laterality="left")).conflict is None


def test_words_then_labels_then_the_scanner_tell_the_side() -> None:
    assert find_laterality(scan_at(0.0, series_description="Sag qDESS RT KNEE")).side == "right"
    names = {1: "medial femoral cartilage", 2: "lateral femoral cartilage"}
    array = np.zeros((16, 16, 16), np.uint8)
    array[..., 3:5], array[..., 10:12] = 2, 1  # medial to the patient's right: a left knee
    labels = Scan(array, scan_at(0.0).affine, axis="label")
    assert find_laterality(scan_at(0.0), labels, names).side == "left"
    assert find_laterality(scan_at(70.0)).side == "right"
    nothing = find_laterality(scan_at(3.0))
    assert (nothing.side, nothing.reason) == (None, "nothing says which knee it is")


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("KNEE LEFT", "left"),
        ("lt_knee_dess", "left"),
        ("Knie rechts", "right"),
        ("R-KNEE", "right"),
        ("T2 FLAIR", None),
    ],
)
def test_words_for_the_side(text: str, side: str | None) -> None:
    assert side_of_text(text) == side


def test_labels_in_two_knees_are_refused_with_what_to_do() -> None:
    array = np.zeros((TWO.shape[0], TWO.shape[1], 160), np.uint8)
    array[..., : TWO.shape[2]] = TWO.array[0]
    array[..., -TWO.shape[2] :] = TWO.array[0]
    with pytest.raises(BadParameter, match="two knees") as refused:
        divide(Scan(array, TWO.affine, axis="label"), NAMES, side="right")
    assert "ROI of its own" in str(refused.value)


def test_two_legs_in_a_scan_are_seen_and_the_labels_say_which_one() -> None:
    x = np.linspace(-180, 180, 120)[:, None, None]
    legs = np.where(np.abs(np.abs(x) - 100) < 55, 100.0, 2.0) * np.ones((1, 24, 24))
    affine = np.diag([360 / 119, 4.0, 4.0, 1.0])
    affine[0, 3] = -180.0
    scan = Scan(legs.astype(np.float32), affine)
    gap = gap_between_knees(scan)
    assert gap == pytest.approx(0.0, abs=5.0)
    array = np.zeros(scan.shape, np.uint8)
    array[20:30, 10:14, 10:14] = 1  # on the patient's left
    found = find_laterality(scan, Scan(array, affine, axis="label"), NAMES)
    assert found.side == "left"
    assert "of the two knees" in found.reason
    assert gap_between_knees(Scan(legs[60:].astype(np.float32), affine)) is None

"""A scan keeps its array, its place in the patient and its history; nothing changes it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from napari_mrsr.errors import AmbiguousAxis, BadParameter, WrongDimensions
from napari_mrsr.scan import Acquisition, Scan, stack

DESS = Acquisition(repetition_time=20.0, echo_times=(6.0, 34.0), flip_angle=30.0)
SPACINGS = st.lists(st.floats(0.1, 8.0), min_size=3, max_size=3)
ANGLES = st.lists(st.floats(-180.0, 180.0), min_size=3, max_size=3)


@pytest.fixture
def knee() -> Scan:
    """Two echoes of a small knee with thick slices."""
    array = np.arange(2 * 4 * 5 * 3, dtype=np.float32).reshape(2, 4, 5, 3)
    return Scan(array, np.diag([0.4, 0.5, 1.4, 1.0]), axis="echo", names=("S1", "S2"), acquisition=DESS)


# -- what is refused ------------------------------------------------------------
@pytest.mark.parametrize("dimensions", [0, 1, 2, 5, 6])
def test_only_three_and_four_dimensions_are_a_scan(dimensions: int) -> None:
    with pytest.raises(WrongDimensions, match=f"{dimensions} dimensions"):
        Scan(np.zeros((2,) * dimensions), np.eye(4))


@pytest.mark.parametrize("affine", [np.eye(3), np.diag([1.0, 1.0, 0.0, 1.0]), np.full((4, 4), np.nan)])
def test_an_affine_that_places_nothing_is_refused(affine: np.ndarray) -> None:
    with pytest.raises(BadParameter, match="affine"):
        Scan(np.zeros((2, 2, 2)), affine)


def test_each_volume_has_one_name() -> None:
    with pytest.raises(BadParameter, match="1 names for 2 volumes"):
        Scan(np.zeros((2, 3, 3, 3)), np.eye(4), names=("S1",))


# -- the grid ------------------------------------------------------------
def test_three_dimensions_are_one_volume() -> None:
    scan = Scan(np.zeros((3, 4, 5)), np.eye(4))
    assert (scan.volumes, scan.shape) == (1, (3, 4, 5))


@settings(max_examples=50, deadline=None)
@given(SPACINGS, ANGLES)
def test_spacing_and_volume_do_not_depend_on_how_the_patient_lies(spacing: list[float], angles: list[float]) -> None:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * spacing
    scan = Scan(np.zeros((2, 2, 2)), affine)
    assert scan.spacing == pytest.approx(spacing, abs=1e-5)
    assert scan.voxel_volume == pytest.approx(np.prod(spacing), rel=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_slice_axis_is_the_one_of_largest_spacing(axis: int) -> None:
    spacing = [0.5, 0.5, 0.5]
    spacing[axis] = 1.5
    assert Scan(np.zeros((2, 2, 2)), np.diag([*spacing, 1.0])).find_slice_axis() == axis


def test_the_header_decides_before_the_spacing() -> None:
    assert Scan(np.zeros((2, 2, 2)), np.diag([0.5, 0.5, 1.5, 1.0]), slice_axis=0).find_slice_axis() == 0


def test_a_tie_is_refused_with_the_remedy() -> None:
    with pytest.raises(AmbiguousAxis, match="1 x 1 x 1 mm") as caught:
        Scan(np.zeros((2, 2, 2)), np.eye(4)).find_slice_axis()
    assert "--axis" in str(caught.value)


def test_grids_that_differ_at_the_far_corner_are_not_the_same(knee: Scan) -> None:
    affine = knee.affine.copy()
    affine[0, 0] += 0.001
    other = Scan(knee.array, affine)
    assert knee.same_grid(knee)
    assert not knee.same_grid(other)  # three voxels on, they lie 0.003 mm apart
    assert knee.same_grid(other, tolerance=0.004)


# -- nothing is changed ------------------------------------------------------------
def test_a_scan_and_its_affine_cannot_be_changed(knee: Scan) -> None:
    with pytest.raises(FrozenInstanceError):
        knee.unit = "ms"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        knee.affine[0, 0] = 2.0


def test_a_step_gives_a_new_scan_and_remembers_what_was_done(knee: Scan) -> None:
    result = knee.after("halving", knee.array / 2, parameters={"by": 2}, unit="half")
    assert [(step.name, step.parameters["by"]) for step in result.history] == [("halving", 2)]
    assert (result.unit, knee.unit, knee.history) == ("half", "a.u.", ())
    assert result.names == knee.names


# -- volumes ------------------------------------------------------------
def test_a_volume_takes_its_own_echo_time_along(knee: Scan) -> None:
    second = knee.volume(1)
    assert (second.names, second.acquisition.echo_times) == (("S2",), (34.0,))
    np.testing.assert_array_equal(second.array[0], knee.array[1])


def test_what_is_taken_apart_and_stacked_is_the_same_scan(knee: Scan) -> None:
    again = stack([knee.volume(0), knee.volume(1)], axis="echo")
    np.testing.assert_array_equal(again.array, knee.array)
    assert (again.names, again.acquisition) == (knee.names, knee.acquisition)


def test_volumes_on_different_grids_are_not_stacked(knee: Scan) -> None:
    moved = knee.affine.copy()
    moved[:3, 3] += 1.0
    with pytest.raises(BadParameter, match="grids"):
        stack([knee, Scan(knee.array, moved)], axis="echo")

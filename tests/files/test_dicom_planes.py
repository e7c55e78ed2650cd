"""A volume laid out as planes keeps every voxel at its place; pictures face the way asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from napari_mrsr.files.dicom.planes import Facing, lay_out, usual_facing
from napari_mrsr.scan import Scan

SHAPE = (4, 3, 5)


@st.composite
def affines(draw: st.DrawFn) -> np.ndarray:
    """Return rigid affines with any spacing, voxel order and handedness (RAS+)."""
    turn = Rotation.from_euler("xyz", draw(st.tuples(*[st.floats(-180, 180)] * 3)), degrees=True).as_matrix()
    spacing = np.array(draw(st.tuples(*[st.floats(0.2, 5)] * 3)))
    signs = np.array(draw(st.tuples(*[st.sampled_from([-1, 1])] * 3)))
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag(spacing * signs)
    affine[:3, 3] = draw(st.tuples(*[st.floats(-200, 200)] * 3))
    return affine


@given(affine=affines(), target=affines(), axis=st.sampled_from([0, 1, 2, None]))
@settings(max_examples=60, deadline=None)
def test_every_voxel_stays_where_it_is(affine: np.ndarray, target: np.ndarray, axis: int | None) -> None:
    numbers = np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)
    scan = Scan(numbers, affine, slice_axis=axis)
    lps = np.diag([-1.0, -1.0, 1.0, 1.0])
    asked = usual_facing(scan) if axis is not None else _facing(target)
    planes = lay_out(scan, asked)
    slices, rows, columns = planes.array.shape[1:]
    for s in range(slices):
        for r in range(rows):
            for c in range(columns):
                place = (
                    planes.positions[s]
                    + c * planes.pixel_spacing[1] * planes.row
                    + r * planes.pixel_spacing[0] * planes.column
                )
                voxel = np.argwhere(numbers == planes.array[0, s, r, c])[0]
                np.testing.assert_allclose(place, (lps @ affine @ [*voxel, 1])[:3], atol=1e-6)
    assert np.all(np.diff(planes.positions @ planes.normal) > 0)
    assert np.linalg.norm(planes.orientation) == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize(
    ("axis", "row", "column"),
    [(0, [0, 1, 0], [0, 0, -1]), (1, [1, 0, 0], [0, 0, -1]), (2, [1, 0, 0], [0, 1, 0])],
    ids=["sagittal", "coronal", "axial"],
)
def test_usual_pictures_of_a_ras_file(axis: int, row: list[int], column: list[int]) -> None:
    """Along a row and down a column, in LPS+: what a radiologist expects of each plane."""
    facing = usual_facing(Scan(np.zeros(SHAPE), np.diag([0.5, 0.6, 0.7, 1.0]), slice_axis=axis))
    np.testing.assert_allclose(facing.row, row, atol=1e-12)
    np.testing.assert_allclose(facing.column, column, atol=1e-12)


def _facing(affine: np.ndarray) -> Facing:
    steps = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return Facing(steps[:, 0], steps[:, 1])

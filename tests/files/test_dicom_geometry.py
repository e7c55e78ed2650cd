"""Where voxels lie in the patient, for every orientation a series can have."""

from __future__ import annotations

import itertools
from pathlib import Path

import highdicom
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from napari_mrsr.files import read_scan
from napari_mrsr.scan import Scan
from tests.files.made_dicom import write_enhanced, write_series

SHAPE = (4, 3, 5)
ARRAY = np.arange(1, 61, dtype=np.uint16).reshape(1, *SHAPE)  # every voxel has a value of its own
SIGNED_PERMUTATIONS = [
    np.eye(3)[list(order)] * signs
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]


def placed(directions: np.ndarray, spacing: tuple[float, float, float] = (0.5, 0.7, 3.0)) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = directions * spacing
    affine[:3, 3] = (-31.25, 17.5, 42.0)
    return affine


def places(array: np.ndarray, affine: np.ndarray) -> dict[int, np.ndarray]:
    """Where each value lies, mm."""
    indices = np.indices(array.shape).reshape(3, -1)
    points = (affine[:3, :3] @ indices).T + affine[:3, 3]
    return dict(zip(array.ravel().astype(int).tolist(), points, strict=True))


def assert_placed_alike(scan: Scan, array: np.ndarray, affine: np.ndarray, tolerance: float = 1e-4) -> None:
    truth, read = places(array, affine), places(scan.array[0], scan.affine)
    assert truth.keys() == read.keys()
    assert max(np.abs(truth[value] - read[value]).max() for value in truth) < tolerance


@pytest.mark.parametrize("directions", SIGNED_PERMUTATIONS, ids=str)
def test_each_of_the_48_orientations_puts_every_voxel_where_it_was(tmp_path: Path, directions: np.ndarray) -> None:
    affine = placed(directions)
    write_series(tmp_path, ARRAY, affine)
    scan = read_scan(tmp_path)
    assert scan.slice_axis == 2
    assert_placed_alike(scan, ARRAY[0], affine)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quaternion=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1),
    mirrored=st.booleans(),
    enhanced=st.booleans(),
)
def test_a_random_oblique_puts_every_voxel_where_it_was(
    tmp_path_factory: pytest.TempPathFactory, quaternion: tuple[float, ...], mirrored: bool, enhanced: bool
) -> None:
    directions = Rotation.from_quat(quaternion).as_matrix()
    affine = placed(directions * ((1, 1, -1) if mirrored else (1, 1, 1)))
    folder = tmp_path_factory.mktemp("oblique")
    if enhanced:
        write_enhanced(folder / "all.dcm", ARRAY, affine)
    else:
        write_series(folder, ARRAY, affine)
    assert_placed_alike(read_scan(folder), ARRAY[0], affine)


def test_the_voxel_axes_are_column_row_and_slice(tmp_path: Path) -> None:
    # An axial series as scanners store it: columns run to the patient's left, rows to the back, slices to the head.
    affine = placed(np.diag([-1.0, -1.0, 1.0]))
    write_series(tmp_path, ARRAY, affine)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.array, ARRAY)
    np.testing.assert_allclose(scan.affine, affine, atol=1e-6)
    assert scan.array.dtype == np.float32
    assert scan.array.flags.c_contiguous


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    affine = placed(np.diag([-1.0, -1.0, 1.0]))
    for name, numbering in (("up", lambda n: n), ("down", lambda n: 9 - n), ("mixed", lambda n: (n * 7) % 11)):
        write_series(tmp_path / name, ARRAY, affine, numbering=numbering)
    up, down, mixed = (read_scan(tmp_path / name) for name in ("up", "down", "mixed"))
    for other in (down, mixed):
        np.testing.assert_array_equal(up.array, other.array)
        np.testing.assert_array_equal(up.affine, other.affine)


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_highdicom_places_the_volume_alike(tmp_path: Path, kind: str) -> None:
    affine = placed(Rotation.from_euler("xyz", [20, -35, 50], degrees=True).as_matrix())
    if kind == "enhanced":
        theirs = highdicom.imread(write_enhanced(tmp_path / "all.dcm", ARRAY, affine)).get_volume()
    else:
        files = write_series(tmp_path, ARRAY, affine)
        theirs = highdicom.get_volume_from_series([highdicom.imread(file) for file in files])
    # Their axes are slice, row, column in LPS+; bring them to column, row, slice in RAS+.
    array = theirs.array.transpose(2, 1, 0)
    lps = theirs.affine[:, [2, 1, 0, 3]]
    assert_placed_alike(read_scan(tmp_path), array, np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps)


def test_simpleitk_places_the_series_alike(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    affine = placed(Rotation.from_euler("xyz", [20, -35, 50], degrees=True).as_matrix())
    write_series(tmp_path, ARRAY, affine)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    image = reader.Execute()
    scan = read_scan(tmp_path)
    for index in ((0, 0, 0), (3, 0, 0), (0, 2, 0), (0, 0, 4), (3, 2, 4)):
        theirs = np.array(image.TransformIndexToPhysicalPoint(index)) * (-1, -1, 1)
        ours = (scan.affine @ (*index, 1))[:3]
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
        assert scan.array[0][index] == image.GetPixel(*index)


def test_rounded_cosines_and_positions_do_not_bend_the_spacing(tmp_path: Path) -> None:
    affine = placed(Rotation.from_euler("xyz", [11, 7, 5], degrees=True).as_matrix(), (0.3125, 0.3125, 1.5))

    def as_a_scanner_rounds(dataset, volume: int, k: int) -> None:
        dataset.ImageOrientationPatient = [round(float(v), 5) for v in dataset.ImageOrientationPatient]
        dataset.ImagePositionPatient = [round(float(v), 4) for v in dataset.ImagePositionPatient]
        dataset.SpacingBetweenSlices = 1.5

    write_series(tmp_path, ARRAY, affine, change=as_a_scanner_rounds)
    scan = read_scan(tmp_path)
    assert scan.spacing == (0.3125, 0.3125, 1.5)
    assert_placed_alike(scan, ARRAY[0], affine, tolerance=1e-3)


def test_truly_sheared_slices_stay_sheared(tmp_path: Path) -> None:
    affine = placed(np.diag([-1.0, -1.0, 1.0]))
    affine[0, 2] = 0.6  # each slice is shifted by more than a pixel

    def shift(dataset, volume: int, k: int) -> None:
        dataset.ImagePositionPatient = [float(v) for v in (np.diag([-1, -1, 1, 1]) @ affine @ [0, 0, k, 1])[:3]]

    straight = placed(np.diag([-1.0, -1.0, 1.0]))
    write_series(tmp_path, ARRAY, straight, change=shift)
    assert_placed_alike(read_scan(tmp_path), ARRAY[0], affine)

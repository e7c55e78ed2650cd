"""Every voxel of a DICOM result lies where its scan says, whatever the voxel order; other programs witness it."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread

from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.files import read_scan
from napari_mrsr.scan import Scan
from tests.files.made_results import ECHO_TIMES, Made, classic, make, nifti, turned

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
SHEAR = np.eye(4) + 0.2 * np.outer([1, 0, 0, 0], [0, 1, 0, 0])
#: Voxel orders as NIfTI files have them: right- and left-handed, slices along any axis, oblique.
AFFINES = {
    "LPS": np.diag([-0.3, -0.4, 1.5, 1.0]),
    "RAS": np.diag([0.3, 0.4, 1.5, 1.0]),
    "left-handed": np.diag([-0.3, 0.4, 1.5, 1.0]),
    "sagittal": np.array([[0, 0, 1.5, 4], [0.3, 0, 0, 5], [0, 0.4, 0, 6], [0, 0, 0, 1.0]]),
    "coronal": np.array([[0.3, 0, 0, 4], [0, 0, 1.5, 5], [0, 0.4, 0, 6], [0, 0, 0, 1.0]]),
    "oblique": turned(),
    "oblique left-handed": turned(left_handed=True),
}


@pytest.fixture(scope="module", params=AFFINES)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, dict[str, Path]]:
    """Return what was made of a NIfTI file of some voxel order, and the DICOM objects of it."""
    folder = tmp_path_factory.mktemp("order")
    made = make(nifti(folder / "scan.nii.gz", AFFINES[request.param]))
    return made, made.write(folder / "out")


def points_and_values(image: highdicom.Image) -> tuple[np.ndarray, np.ndarray]:
    """Return where the frames of a multi-frame object say that their pixels lie (mm, RAS+), and the stored values."""
    shared = image.SharedFunctionalGroupsSequence[0]
    spacing = [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing]
    cosines = np.array([float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient]).reshape(2, 3)
    rows, columns = np.mgrid[: image.Rows, : image.Columns]
    points = []
    for group in image.PerFrameFunctionalGroupsSequence:
        first = np.array([float(v) for v in group.PlanePositionSequence[0].ImagePositionPatient])
        in_plane = columns[..., None] * cosines[0] * spacing[1] + rows[..., None] * cosines[1] * spacing[0]
        points.append(first + in_plane)
    return np.array(points) * [-1, -1, 1], image.pixel_array.reshape(len(points), image.Rows, image.Columns)


def voxels_at(scan: Scan, points: np.ndarray) -> np.ndarray:
    """Return the voxel indices of points (mm, RAS+), which must be whole to 1e-3 mm."""
    inverse = np.linalg.inv(scan.affine)
    found = points @ inverse[:3, :3].T + inverse[:3, 3]
    assert np.abs((found - np.rint(found)) * scan.spacing).max() < 1e-3
    return np.rint(found).astype(int)


def test_a_parametric_map_holds_each_value_at_its_place(written: tuple[Made, dict[str, Path]]) -> None:
    made, paths = written
    points, values = points_and_values(highdicom.imread(paths["t2_sr_pm.dcm"]))
    i, j, k = np.moveaxis(voxels_at(made.maps["SR"], points), -1, 0)
    np.testing.assert_array_equal(values, made.maps["SR"].array[0][i, j, k])
    assert values.size == made.maps["SR"].array.size


def test_a_segmentation_marks_each_painted_voxel_and_no_other(written: tuple[Made, dict[str, Path]]) -> None:
    made, paths = written
    image = highdicom.imread(paths["segmentation.dcm"])
    points, values = points_and_values(image)
    i, j, k = np.moveaxis(voxels_at(made.labels, points), -1, 0)
    segments = [
        int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        for group in image.PerFrameFunctionalGroupsSequence
    ]
    seen = np.zeros(made.labels.shape, int)
    for n, segment in enumerate(segments):
        assert values[n].any(), "a frame without a voxel of its segment is left out"
        inside = values[n].astype(bool)
        seen[i[n][inside], j[n][inside], k[n][inside]] = {1: 2, 2: 5}[segment]
    np.testing.assert_array_equal(seen, made.labels.array[0])


def test_simpleitk_places_the_derived_series_alike(written: tuple[Made, dict[str, Path]]) -> None:
    made, paths = written
    folder = paths["echoes_sr"]
    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    size = np.array(image.GetSize())
    assert sorted(size) == sorted(made.refined.shape)
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in size), indexing="ij"), -1).reshape(-1, 3)
    ends = grid[:: max(1, len(grid) // 200)]
    points = np.array([image.TransformIndexToPhysicalPoint([int(v) for v in index]) for index in ends])
    i, j, k = voxels_at(made.refined, points * [-1, -1, 1]).T
    values = np.array([image.GetPixel(*(int(v) for v in index)) for index in ends])
    np.testing.assert_allclose(values, made.refined.array[0][i, j, k], atol=2000 / 32767)


def test_pictures_of_a_nifti_knee_face_the_way_a_radiologist_expects(tmp_path: Path) -> None:
    """Sagittal: along a row to the back, down a column to the feet, although the file counts forwards and upwards."""
    made = make(nifti(tmp_path / "scan.nii.gz", AFFINES["sagittal"]))
    header = dcmread(made.write(tmp_path / "out")["t2_acquired"] / "0001.dcm")
    np.testing.assert_allclose(header.ImageOrientationPatient, [0, 1, 0, 0, 0, -1], atol=1e-12)


def test_the_derived_series_opens_again_on_the_same_grid_with_its_echoes(tmp_path: Path) -> None:
    made = make(classic(tmp_path / "source"))
    again = read_scan(made.write(tmp_path / "out")["echoes_sr"])
    assert again.same_grid(made.refined)
    assert again.acquisition.echo_times == ECHO_TIMES
    assert (again.acquisition.repetition_time, again.acquisition.flip_angle) == (25.0, 30.0)
    step = float(made.refined.array.max()) / 32767
    assert np.abs(again.array - made.refined.array).max() <= 0.51 * step


def test_both_echoes_share_one_scale_because_t2_lives_in_their_ratio(tmp_path: Path) -> None:
    made = make(classic(tmp_path / "source"))
    files = sorted(made.write(tmp_path / "out")["echoes_sr"].iterdir())
    headers = [dcmread(file) for file in files]
    assert {(str(h.RescaleSlope), str(h.RescaleIntercept)) for h in headers} == {(str(headers[0].RescaleSlope), "0.0")}
    assert {(str(h.WindowCenter), str(h.WindowWidth)) for h in headers} == {
        (str(headers[0].WindowCenter), str(headers[0].WindowWidth))
    }
    half = len(files) // 2
    for one, two in zip(headers[:half], headers[half:], strict=True):
        assert one.ImagePositionPatient == two.ImagePositionPatient
        assert (float(one.EchoTime), float(two.EchoTime)) == ECHO_TIMES


def test_slices_are_numbered_along_the_normal(tmp_path: Path) -> None:
    made = make(nifti(tmp_path / "scan.nii.gz", AFFINES["oblique left-handed"]))
    headers = [dcmread(file) for file in sorted(made.write(tmp_path / "out")["t2_sr"].iterdir())]
    assert [int(h.InstanceNumber) for h in headers] == list(range(1, 11))
    locations = [float(h.SliceLocation) for h in headers]
    np.testing.assert_allclose(np.diff(locations), 0.75, atol=1e-6)
    assert all(float(h.SpacingBetweenSlices) == pytest.approx(0.75) for h in headers)


def test_a_grid_sheared_in_the_plane_is_refused_because_dicom_cannot_say_it(tmp_path: Path) -> None:
    made = make(nifti(tmp_path / "scan.nii.gz", AFFINES["RAS"] @ SHEAR))
    with pytest.raises(GeometryMismatch, match="right angles"):
        made.write(tmp_path / "out")


def test_the_highdicom_volume_of_the_map_agrees_with_the_affine(tmp_path: Path) -> None:
    made = make(classic(tmp_path / "source"))
    volume = highdicom.imread(made.write(tmp_path / "out")["t2_acquired_pm.dcm"]).get_volume()
    corner = volume.affine @ [*(np.array(volume.spatial_shape) - 1), 1]
    corners = {tuple(np.round(v[:3] * [-1, -1, 1], 3)) for v in (volume.affine[:, 3], corner)}
    scan = made.scan
    expected = {
        tuple(np.round((scan.affine @ [i * 11, j * 9, k * 4, 1])[:3], 3))
        for i in (0, 1)
        for j in (0, 1)
        for k in (0, 1)
    }
    assert corners <= expected

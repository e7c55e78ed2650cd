"""Every folder of real scans reads right, or says exactly why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import highdicom
import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread

from napari_mrsr.errors import MixedPatients, MrsrError, NothingToRead, SeveralSeries, UnreadableFile
from napari_mrsr.files import check_scan, list_series, read_labels, read_scan, write_nifti
from napari_mrsr.files.checks import oblique_angle

MESE = tuple(round(6.312 * n, 3) for n in range(1, 9))


@dataclass(frozen=True)
class Expected:
    """What is known of a scan from its README and headers: paths, shape, spacing (mm), volumes, TE and TR (ms)."""

    paths: str | tuple[str, ...]
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    axis: str = "contrast"
    volumes: int = 1
    echo_times: tuple[float, ...] = ()
    repetition_time: float | None = None
    slice_axis: int | None = None


B0_GE = "abdomen/b0_ge_01/00720__Magnitude_ims__B0_map_dual_echo_e"
B0_PHILIPS = "abdomen/b0_philips_01/01001__B0_map_expiration_volume_2DMS_product_auto_e"
B0_SIEMENS_2 = "abdomen/b0_siemens_02/0039_bh_b0map_default_bh_b0map_default_e"
B0_SIEMENS_4 = "abdomen/b0_siemens_04/00019__bh_b0map_default_e"
R2STAR = "abdomen/r2star/00016__InPhase_Cor_R2_Mapping_BH_+_phase_e"

SCANS = (
    Expected("knee/qdess_lateral", (512, 512, 38), (0.3125, 0.3125, 1.5), "echo", 2, (7.48, 42.52), 25, 2),
    Expected("knee/qdess_lateral/echo2", (512, 512, 38), (0.3125, 0.3125, 1.5), "echo", 1, (42.52,), 25, 2),
    Expected("knee/mese_t2", (256, 256, 24), (0.625, 0.625, 4.0), "echo", 8, MESE, 2450, 2),
    Expected("abdomen/gre_dicom", (256, 256, 16), (1.5, 1.5, 5.0), "echo", 2, (1.476, 4.476), 6.424, 2),
    Expected("dicom/oblique_classic", (256, 256, 20), (0.859375, 0.859375, 7.0), "echo", 1, (22.0,), 2300, 2),
    Expected("dicom/enhanced/6_1.dcm", (64, 64, 6), (3.375, 3.375, 2.4), "echo", 1, (30.0,), 500, 2),
    Expected(
        tuple(f"dicom/enhanced/6_{n}.dcm" for n in (3, 1, 4, 2)),
        (64, 64, 6),
        (3.375, 3.375, 2.4),
        "time",
        4,
        (30.0,) * 4,
        500,
        2,
    ),
    Expected("dicom/enhanced/IM_0027_fMAP.dcm", (64, 64, 32), (4, 4, 4), "echo", 1, (1.52,), 3.8045, 2),
    Expected(
        (B0_GE + "1.nii.gz", B0_GE + "2.nii.gz"), (256, 256, 18), (1.5625, 1.5625, 5.0), "echo", 2, (2.2, 5.1), None, 2
    ),
    Expected(
        (B0_PHILIPS + "1.nii.gz", B0_PHILIPS + "2.nii.gz"), (128, 128, 9), (3, 3, 5.5), "echo", 2, (4, 6.5), None, 2
    ),
    Expected(
        (B0_SIEMENS_2 + "1.nii.gz", B0_SIEMENS_2 + "2.nii.gz"), (128, 128, 11), (3, 3, 5), "echo", 2, (4, 6.5), None, 2
    ),
    Expected(
        (B0_SIEMENS_4 + "1.nii.gz", B0_SIEMENS_4 + "2.nii.gz"), (128, 128, 11), (3, 3, 5), "echo", 2, (4, 6.5), None, 2
    ),
    Expected(
        tuple(f"{R2STAR}{n}.nii.gz" for n in (1, 3, 5, 7, 9, 11)),
        (256, 256, 5),
        (1.5, 1.5, 5.0),
        "echo",
        6,
        (4.6, 13.824, 23.048, 32.272, 41.496, 50.72),
        125,
        2,
    ),
    Expected(
        ("abdomen/gre_3d_te1.476.nii.gz", "abdomen/gre_3d_te4.476.nii.gz"), (256, 256, 16), (1.5, 1.5, 5), "contrast", 2
    ),
    Expected("abdomen/t2w_sub01.nii.gz", (240, 240, 13), (1.458, 1.458, 5.5)),
    Expected("abdomen/mr_3mm.nii.gz", (117, 91, 20), (3, 3, 3)),
    Expected("brain/t1w_0p7mm.nii.gz", (274, 384, 384), (0.7, 0.6667, 0.6667)),
    Expected("brain/flair_1mm.nii.gz", (176, 232, 159), (1, 1, 1), slice_axis=2),
    Expected("brain/t2w_1mm_stripped.nii.gz", (148, 185, 156), (1, 1, 1)),
    Expected("brain/t2w_2d.nii.gz", (224, 224, 60), (1, 1, 2), "echo", 1, (49,), None, 2),
    Expected("brain/flair_2d_5p5mm.nii.gz", (320, 320, 26), (0.75, 0.75, 5.5)),
    Expected(
        tuple(f"brain/vfa/{name}.nii.gz" for name in ("T1w", "PDw", "MTw")),
        (128, 128, 96),
        (1.5, 1.5, 1.5),
        "contrast",
        3,
        (3.3,) * 3,
        None,
        2,
    ),
)


def identity(expected: Expected) -> str:
    return expected.paths if isinstance(expected.paths, str) else f"{expected.paths[0]} and {len(expected.paths) - 1}"


@pytest.mark.parametrize("expected", SCANS, ids=identity)
def test_a_real_scan_reads_as_its_headers_say(real_data: Path, expected: Expected) -> None:
    given = (expected.paths,) if isinstance(expected.paths, str) else expected.paths
    scan = read_scan([real_data / path for path in given])
    assert scan.shape == expected.shape
    assert scan.spacing == pytest.approx(expected.spacing, abs=1e-3)
    assert (scan.axis, scan.volumes, scan.slice_axis) == (expected.axis, expected.volumes, expected.slice_axis)
    assert scan.acquisition.echo_times == pytest.approx(expected.echo_times, abs=1e-3)
    assert scan.acquisition.repetition_time == (
        None if expected.repetition_time is None else pytest.approx(expected.repetition_time, abs=1e-3)
    )
    assert scan.array.dtype == np.float32
    assert np.isfinite(scan.array).all()
    assert check_scan(scan)


REFUSALS = (
    ("dicom/enhanced", MixedPatients, "holds 2 patient IDs"),
    ("dicom", MixedPatients, "patient IDs"),
    ("knee", SeveralSeries, "holds 2 series"),
    ("brain", NothingToRead, "holds no DICOM but 8 NIfTI files; give the files themselves"),
    ("brain/vfa", NothingToRead, "holds no DICOM but 3 NIfTI files"),
    ("abdomen/r2star", NothingToRead, "holds no DICOM but 6 NIfTI files"),
    ("abdomen/b0_philips_01", NothingToRead, "holds no DICOM but 3 NIfTI files"),
    ("knee/labels", NothingToRead, "holds no DICOM but 3 NIfTI files"),
    ("knee/labels/oai_right_bones_cartilage_meniscus.nrrd", UnreadableFile, "is a .nrrd file, which is not read here"),
    ("README.md", UnreadableFile, "is not DICOM"),
)


@pytest.mark.parametrize(("path", "error", "says"), REFUSALS)
def test_what_cannot_be_one_scan_says_exactly_why(
    real_data: Path, path: str, error: type[MrsrError], says: str
) -> None:
    with pytest.raises(error) as refusal:
        read_scan(real_data / path)
    assert says in refusal.value.line


def test_the_spoiler_of_the_real_qdess_is_found(real_data: Path) -> None:
    scan = read_scan(real_data / "knee" / "qdess_lateral")
    acquisition = scan.acquisition
    assert acquisition.spoiler_moment == pytest.approx(0.03132)
    assert acquisition.spoiler_duration == pytest.approx(1.76)
    assert (acquisition.flip_angle, acquisition.field_strength, acquisition.sequence) == (30, 3, "mfast")
    levels = {check.name: check.level for check in check_scan(scan)}
    assert (levels["DESS"], levels["spoiler"], levels["echo order"]) == ("good", "good", "good")


def test_the_series_of_the_knee_folder_are_listed_and_chosen(real_data: Path) -> None:
    infos = list_series(real_data / "knee")
    assert [(info.number, info.files, info.shape) for info in infos] == [
        (5, 76, (512, 512, 38)),
        (8, 192, (256, 256, 24)),
    ]
    assert read_scan(real_data / "knee", series=8).volumes == 8


def test_the_gap_of_the_real_spin_echo_is_recorded(real_data: Path) -> None:
    acquisition = read_scan(real_data / "knee" / "mese_t2").acquisition
    assert (acquisition.slice_thickness, acquisition.slice_gap) == (3.0, 1.0)


def test_the_dicom_and_the_nifti_of_one_abdomen_are_the_same_scan(real_data: Path) -> None:
    # Another program converted this series; its volumes are compared voxel by voxel through the patient's coordinates.
    dicom = read_scan(real_data / "abdomen" / "gre_dicom")
    for n, time in enumerate(("1.476", "4.476")):
        theirs = nib.load(real_data / "abdomen" / f"gre_3d_te{time}.nii.gz")
        to_theirs = np.linalg.inv(theirs.affine) @ dicom.affine
        indices = np.indices(dicom.shape).reshape(3, -1)
        exact = to_theirs[:3, :3] @ indices + to_theirs[:3, 3:]
        nearest = np.rint(exact).astype(int)
        assert np.abs(exact - nearest).max() < 0.01
        np.testing.assert_array_equal(dicom.array[n].ravel(), np.asarray(theirs.dataobj)[tuple(nearest)])


@pytest.mark.parametrize("name", ["6_1.dcm", "6_4.dcm"])
def test_highdicom_reads_the_enhanced_file_alike(real_data: Path, name: str) -> None:
    path = real_data / "dicom" / "enhanced" / name
    theirs = highdicom.imread(path).get_volume()
    scan = read_scan(path)
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ theirs.affine[:, [2, 1, 0, 3]]
    array = theirs.array.transpose(2, 1, 0)
    if np.sign(np.linalg.det(ras)) != np.sign(np.linalg.det(scan.affine)):
        ras = ras @ np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, array.shape[2] - 1], [0, 0, 0, 1.0]])
        array = array[:, :, ::-1]
    np.testing.assert_allclose(scan.affine, ras, atol=1e-3)
    np.testing.assert_array_equal(scan.array[0], array)


@pytest.mark.parametrize("folder", ["knee/qdess_lateral", "abdomen/gre_dicom"])
def test_simpleitk_reads_the_real_series_alike(real_data: Path, folder: str) -> None:
    sitk = pytest.importorskip("SimpleITK")
    scan = read_scan(real_data / folder)
    if folder.startswith("knee"):
        image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(real_data / folder / "echo1")))
    else:  # a mixed series, which this program cannot split: one slice
        image = sitk.ReadImage(str(sorted((real_data / folder).iterdir())[0]))
    inverse = np.linalg.inv(scan.affine)
    size = image.GetSize()
    for index in ((0, 0, 0), (size[0] - 1, 7, 0), (100, size[1] - 1, size[2] - 1)):
        place = np.array(image.TransformIndexToPhysicalPoint(index)) * (-1, -1, 1)
        exact = (inverse @ (*place, 1))[:3]
        assert np.abs(exact - np.rint(exact)).max() < 0.01
        if size[2] > 1:
            assert scan.array[0][tuple(np.rint(exact).astype(int))] == image.GetPixel(index)


def test_the_real_oblique_series_is_tilted_as_its_cosines_say(real_data: Path) -> None:
    scan = read_scan(real_data / "dicom" / "oblique_classic")
    assert oblique_angle(scan.affine) == pytest.approx(np.degrees(np.arctan2(0.134158, 0.990960)), abs=1e-3)
    first = scan.affine @ (0, 0, 0, 1)
    lowest = min(
        (dcmread(file, stop_before_pixels=True) for file in (real_data / "dicom" / "oblique_classic").iterdir()),
        key=lambda dataset: float(dataset.ImagePositionPatient[2]),
    )
    np.testing.assert_allclose(first[:3] * (-1, -1, 1), [float(v) for v in lowest.ImagePositionPatient], atol=1e-6)


def test_a_real_oblique_series_survives_writing_and_reading(real_data: Path, tmp_path: Path) -> None:
    scan = read_scan(real_data / "dicom" / "oblique_classic")
    again = read_scan(write_nifti(scan, tmp_path / "a.nii.gz"))
    np.testing.assert_array_equal(again.array, scan.array)
    assert again.same_grid(scan, tolerance=1e-4)
    assert again.acquisition == scan.acquisition


@pytest.mark.parametrize("n", [1, 2, 3])
def test_real_label_maps_are_whole_numbers(real_data: Path, n: int) -> None:
    labels = read_labels(real_data / "knee" / "labels" / f"oai_dess_labels_{n}.nii.gz")
    assert (labels.shape, labels.find_slice_axis()) == ((160, 384, 384), 0)
    assert set(np.unique(labels.array)) >= {0, 1, 2, 3, 4, 5, 6}

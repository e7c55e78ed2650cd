"""What is written is placed alike by other programs, and read back as it was."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from napari_mrsr import __version__
from napari_mrsr.errors import BadParameter, OutputNotWritable
from napari_mrsr.files import provenance, read_labels, read_scan, write_labels, write_nifti
from napari_mrsr.scan import Acquisition, Scan, Source

RANDOM = np.random.default_rng(0)
SHAPE = (4, 3, 5)
SIGNED_PERMUTATIONS = [
    np.eye(3)[list(order)] * signs
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]


def placed(directions: np.ndarray) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = directions * (0.5, 0.7, 3.0)
    affine[:3, 3] = (-31.25, 17.5, 42.0)
    return affine


def dess(affine: np.ndarray | None = None) -> Scan:
    acquisition = Acquisition(
        repetition_time=25,
        echo_times=(7.48, 42.52),
        flip_angle=30,
        spoiler_moment=0.03132,
        spoiler_duration=1.76,
        slice_thickness=3.0,
        slice_gap=0.0,
        field_strength=3.0,
        manufacturer="GE",
        laterality="left",
        others={"PixelBandwidth": 122.07},
    )
    return Scan(
        RANDOM.random((2, *SHAPE)).astype(np.float32),
        placed(np.eye(3)) if affine is None else affine,
        axis="echo",
        names=("S1", "S2"),
        acquisition=acquisition,
        slice_axis=1,
        sources=(Source("/in/echo1.nii.gz", "12ab"),),
    )


def assert_placed_by_simpleitk(path: Path, scan: Scan) -> None:
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.ReadImage(str(path))
    for index in itertools.product(*[(0, n - 1) for n in scan.shape]):
        theirs = np.array(image.TransformIndexToPhysicalPoint([int(i) for i in index])) * (-1, -1, 1)  # LPS to RAS
        np.testing.assert_allclose(theirs, (scan.affine @ (*index, 1))[:3], atol=1e-4)
        assert image.GetPixel([int(i) for i in index]) == pytest.approx(float(scan.array[0][index]))


@pytest.mark.parametrize("directions", SIGNED_PERMUTATIONS, ids=str)
def test_each_of_the_48_orientations_is_written_as_it_is(tmp_path: Path, directions: np.ndarray) -> None:
    scan = dess(placed(directions)).volume(0)
    path = write_nifti(scan, tmp_path / "a.nii")
    header = nib.load(path).header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 1)
    np.testing.assert_allclose(header.get_sform(), scan.affine, atol=1e-5)
    np.testing.assert_allclose(header.get_qform(), scan.affine, atol=1e-5)
    np.testing.assert_allclose(read_scan(path).affine, scan.affine, atol=1e-5)
    assert_placed_by_simpleitk(path, scan)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quaternion=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1), mirrored=st.booleans())
def test_random_obliques_are_placed_alike(tmp_path: Path, quaternion: tuple[float, ...], mirrored: bool) -> None:
    directions = Rotation.from_quat(quaternion).as_matrix() * ((-1, 1, 1) if mirrored else (1, 1, 1))
    scan = dess(placed(directions)).volume(0)
    path = write_nifti(scan, tmp_path / "a.nii")
    np.testing.assert_allclose(read_scan(path).affine, scan.affine, atol=1e-5)
    assert_placed_by_simpleitk(path, scan)


def test_a_sheared_affine_is_kept_and_has_no_qform(tmp_path: Path) -> None:
    affine = placed(np.eye(3))
    affine[0, 2] = 0.4
    path = write_nifti(dess(affine), tmp_path / "a.nii")
    header = nib.load(path).header
    assert int(header["qform_code"]) == 0
    np.testing.assert_allclose(read_scan(path).affine, affine, atol=1e-6)


def test_what_is_read_again_is_the_same_scan(tmp_path: Path) -> None:
    scan = dess().after(
        "degrade", RANDOM.random((2, *SHAPE)).astype(np.float32), parameters={"factor": 2, "profile": "fir"}
    )
    path = write_nifti(scan.warn("odd"), tmp_path / "a.nii.gz")
    again = read_scan(path)
    np.testing.assert_array_equal(again.array, scan.array)
    np.testing.assert_allclose(again.affine, scan.affine, atol=1e-6)
    assert again.acquisition == scan.acquisition
    for field in ("axis", "names", "quantity", "unit", "slice_axis", "history"):
        assert getattr(again, field) == getattr(scan, field), field
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert again.sources == (Source(str(path), digest), *scan.sources)


def test_the_sidecar_has_bids_names_in_seconds(tmp_path: Path) -> None:
    write_nifti(dess(), tmp_path / "a.nii.gz")
    record = json.loads((tmp_path / "a.json").read_text())
    wanted = {
        "RepetitionTime": 0.025, "EchoTime": [0.00748, 0.04252], "FlipAngle": 30, "SpoilingGradientMoment": 0.03132,
        "SpoilingGradientDuration": 0.00176, "SliceThickness": 3.0, "SpacingBetweenSlices": 3.0,
        "SliceEncodingDirection": "j", "PixelBandwidth": 122.07,
    }  # fmt: skip
    assert {name: record[name] for name in wanted} == wanted
    assert record["Provenance"]["Version"] == __version__
    assert record["Provenance"]["Sources"] == [{"Path": "/in/echo1.nii.gz", "Sha256": "12ab"}]


def test_the_header_says_units_slice_axis_and_intended_use(tmp_path: Path) -> None:
    header = nib.load(write_nifti(dess(), tmp_path / "a.nii.gz")).header
    assert header.get_xyzt_units() == ("mm", "sec")
    assert header.get_dim_info()[2] == 1
    assert header.get_data_dtype() == np.float32
    assert header.get_data_shape() == (*SHAPE, 2)
    assert b"research use" in header["descrip"].tobytes()


def test_a_map_keeps_unit_and_nan_when_read_again(tmp_path: Path) -> None:
    array = RANDOM.random(SHAPE).astype(np.float32)
    array[0, 0, 0] = np.nan
    t2 = Scan(array, placed(np.eye(3)), axis="map", names=("T2",), quantity="T2", unit="ms")
    again = read_scan(write_nifti(t2, tmp_path / "t2.nii.gz"))
    np.testing.assert_array_equal(again.array, t2.array)
    assert (again.quantity, again.unit, again.axis, again.names) == ("T2", "ms", "map", ("T2",))


@pytest.mark.parametrize(("largest", "kind"), [(8, np.uint8), (300, np.int16), (70000, np.int32)])
def test_labels_are_written_in_the_smallest_integers(tmp_path: Path, largest: int, kind: type) -> None:
    array = np.zeros(SHAPE, np.int64)
    array[1, 1, 1] = largest
    path = write_labels(Scan(array, np.eye(4), axis="label", quantity="label", unit=""), tmp_path / "l.nii.gz")
    assert nib.load(path).get_data_dtype() == kind
    np.testing.assert_array_equal(read_labels(path).array[0], array)


@pytest.mark.parametrize("value", [-1, 0.5, np.nan])
def test_what_is_no_label_map_is_not_written_as_one(tmp_path: Path, value: float) -> None:
    array = np.zeros(SHAPE)
    array[0, 0, 0] = value
    with pytest.raises(BadParameter, match="whole numbers"):
        write_labels(Scan(array, np.eye(4)), tmp_path / "l.nii.gz")


def test_a_name_that_is_not_nifti_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="not the name of a NIfTI file"):
        write_nifti(dess(), tmp_path / "a.mat")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritable, match="folder does not exist"):
        write_nifti(dess(), tmp_path / "none" / "a.nii.gz")
    assert not (tmp_path / "none").exists()


def test_provenance_is_json_whatever_the_parameters_are(tmp_path: Path) -> None:
    odd = {"array": np.arange(3), "path": tmp_path, "nan": float("nan"), "kind": np.float32(2), "set": (1, 2)}
    record = provenance(dess().after("step", np.ones(SHAPE), parameters=odd))
    parameters = json.loads(json.dumps(record, allow_nan=False))["History"][0]["Parameters"]
    assert parameters == {"array": [0, 1, 2], "path": str(tmp_path), "nan": None, "kind": 2.0, "set": [1, 2]}

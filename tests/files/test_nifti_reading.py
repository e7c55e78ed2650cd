"""NIfTI files of every kind, and those that are refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr.errors import (
    BadParameter,
    ConstantImage,
    GeometryMismatch,
    NonFiniteVoxels,
    NothingToRead,
    UnreadableFile,
    WrongDimensions,
)
from napari_mrsr.files import read_labels, read_map, read_scan

RANDOM = np.random.default_rng(0)
AFFINE = np.array([[-0.5, 0, 0, 30], [0, 0, 1.5, -20], [0, -0.5, 0, 40], [0, 0, 0, 1.0]])


def volume(*shape: int) -> np.ndarray:
    return RANDOM.integers(1, 120, shape or (6, 5, 4)).astype(np.float32)


def save(
    path: Path, array: np.ndarray, *, sidecar: dict[str, Any] | None = None, affine: np.ndarray = AFFINE, **header: Any
) -> Path:
    image = nib.Nifti1Image(array, affine)
    image.header.set_xyzt_units("mm", "sec")
    for name, value in header.items():
        image.header[name] = value
    image.to_filename(path)
    if sidecar is not None:
        path.with_name(path.name.split(".")[0] + ".json").write_text(json.dumps(sidecar))
    return path


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.hdr"])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_any_data_type_keeps_values_and_affine(tmp_path: Path, name: str, kind: type) -> None:
    array = volume().astype(kind)
    image = nib.Nifti1Image(array, AFFINE) if name != "a.hdr" else nib.Nifti1Pair(array, AFFINE)
    nib.save(image, tmp_path / name)
    scan = read_scan(tmp_path / name)
    assert scan.array.dtype == np.float32
    assert scan.array.flags.c_contiguous
    np.testing.assert_array_equal(scan.array[0], array)
    np.testing.assert_allclose(scan.affine, AFFINE, atol=1e-6)


@pytest.mark.parametrize("version", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("endianness", ["<", ">"])
def test_both_versions_and_byte_orders_are_read(tmp_path: Path, version: type, endianness: str) -> None:
    array = volume().astype(np.int16)
    header = version.header_class(endianness=endianness)
    header.set_data_dtype(np.dtype(np.int16).newbyteorder(endianness))
    version(array, AFFINE, header).to_filename(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_scan(tmp_path / "a.nii.gz").array[0], array)


def test_the_scale_of_the_header_is_applied(tmp_path: Path) -> None:
    image = nib.Nifti1Image(volume().astype(np.int16), AFFINE)
    image.header.set_slope_inter(0.5, 100)
    stored = np.asarray(image.dataobj)
    nib.save(image, tmp_path / "a.nii")
    raw = bytearray((tmp_path / "a.nii").read_bytes())
    assert np.frombuffer(raw[112:120], "<f4").tolist() == [0.5, 100]
    on_disk = np.frombuffer(raw[352:], "<i2").reshape(stored.shape, order="F")
    np.testing.assert_allclose(read_scan(tmp_path / "a.nii").array[0], on_disk * 0.5 + 100)


def test_4d_without_further_knowledge_counts_time(tmp_path: Path) -> None:
    array = volume(6, 5, 4, 3)
    scan = read_scan(save(tmp_path / "a.nii.gz", array, pixdim=[1, 0.5, 0.5, 1.5, 2.5, 1, 1, 1]))
    assert (scan.axis, scan.volumes, scan.acquisition.repetition_time) == ("time", 3, 2500)
    np.testing.assert_array_equal(scan.array, np.moveaxis(array, -1, 0))


def test_4d_with_an_echo_time_for_each_volume_counts_echoes(tmp_path: Path) -> None:
    sidecar = {"EchoTime": [0.00748, 0.04252], "RepetitionTime": 0.025, "FlipAngle": 30}
    scan = read_scan(save(tmp_path / "a.nii.gz", volume(6, 5, 4, 2), sidecar=sidecar))
    assert (scan.axis, scan.names, scan.acquisition.echo_times) == ("echo", ("S1", "S2"), (7.48, 42.52))
    assert (scan.acquisition.repetition_time, scan.acquisition.flip_angle) == (25, 30)


def test_every_bids_name_is_understood_and_converted(tmp_path: Path) -> None:
    sidecar = {
        "RepetitionTime": 0.025, "EchoTime": 0.0046, "FlipAngle": 25, "SpoilingGradientMoment": 0.03132,
        "SpoilingGradientDuration": 0.00176, "InversionTime": 0.9, "RepetitionTimePreparation": 2.3,
        "RepetitionTimeExcitation": 0.0072, "NumberShots": 176, "EchoTrainLength": 12, "SliceThickness": 3,
        "SpacingBetweenSlices": 4, "MagneticFieldStrength": 3, "Manufacturer": "GE", "ImageLaterality": "R",
        "SliceEncodingDirection": "i-", "PixelBandwidth": 244.1,
    }  # fmt: skip
    scan = read_scan(save(tmp_path / "a.nii.gz", volume(), sidecar=sidecar))
    a = scan.acquisition
    assert (a.repetition_time, a.echo_times, a.flip_angle) == (2300, (4.6,), 25)  # MPRAGE: inversion to inversion
    assert (a.spoiler_moment, a.spoiler_duration, a.inversion_time, a.echo_spacing) == (0.03132, 1.76, 900, 7.2)
    assert (a.shots, a.echo_train_length, a.slice_thickness, a.slice_gap) == (176, 12, 3, 1)
    assert (a.field_strength, a.manufacturer, a.laterality, scan.slice_axis) == (3, "GE", "right", 0)
    assert a.others["PixelBandwidth"] == 244.1


def test_the_slice_axis_comes_from_dim_info_and_the_sidecar_wins(tmp_path: Path) -> None:
    assert read_scan(save(tmp_path / "none.nii", volume())).slice_axis is None
    assert read_scan(save(tmp_path / "a.nii", volume(), dim_info=(2 << 4))).slice_axis == 1
    stated = save(tmp_path / "b.nii", volume(), dim_info=(2 << 4), sidecar={"SliceEncodingDirection": "k"})
    assert read_scan(stated).slice_axis == 2


def test_the_echo_time_that_dcm2niix_leaves_in_the_description_is_taken_with_a_warning(tmp_path: Path) -> None:
    scan = read_scan(save(tmp_path / "a.nii", volume(), descrip=b"TE=2.2;Time=94232.000"))
    assert scan.acquisition.echo_times == (2.2,)
    assert any("rounded" in line for line in scan.warnings)


@pytest.mark.parametrize(
    "text", ["{", "[1, 2]", '{"EchoTime": "long"}', '{"RepetitionTime": [1, 2]}', '{"FlipAngle": NaN}']
)
def test_a_broken_sidecar_is_refused(tmp_path: Path, text: str) -> None:
    path = save(tmp_path / "a.nii.gz", volume())
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UnreadableFile):
        read_scan(path)


# -- placement -------------------------------------------------------------------------------------
def test_the_sform_wins_and_a_difference_is_said(tmp_path: Path) -> None:
    image = nib.Nifti1Image(volume(), AFFINE)
    moved = AFFINE.copy()
    moved[0, 3] += 3
    image.set_qform(moved, code=1)
    nib.save(image, tmp_path / "a.nii")
    scan = read_scan(tmp_path / "a.nii")
    np.testing.assert_allclose(scan.affine, AFFINE, atol=1e-6)
    assert any("differ by up to 3 mm" in line for line in scan.warnings)


def test_a_qform_alone_is_enough(tmp_path: Path) -> None:
    image = nib.Nifti1Image(volume(), None)
    image.set_qform(AFFINE, code=1)
    image.set_sform(None, code=0)
    nib.save(image, tmp_path / "a.nii")
    scan = read_scan(tmp_path / "a.nii")
    np.testing.assert_allclose(scan.affine, AFFINE, atol=1e-5)
    assert scan.warnings == ()


def test_a_singular_sform_gives_way_to_the_qform(tmp_path: Path) -> None:
    image = nib.Nifti1Image(volume(), AFFINE)
    image.set_qform(AFFINE, code=1)
    image.header["srow_z"] = 0
    image.header["srow_y"] = 0
    nib.Nifti1Image(volume(), None, image.header).to_filename(tmp_path / "a.nii")
    raw = bytearray((tmp_path / "a.nii").read_bytes())
    raw[280:328] = bytes(48)  # srow_x, srow_y, srow_z
    raw[254:256] = (1).to_bytes(2, "little")  # sform_code
    (tmp_path / "a.nii").write_bytes(raw)
    scan = read_scan(tmp_path / "a.nii")
    np.testing.assert_allclose(scan.affine, AFFINE, atol=1e-5)
    assert any("the qform is used" in line for line in scan.warnings)


def test_no_orientation_is_said(tmp_path: Path) -> None:
    image = nib.Nifti1Image(volume(), None)
    image.header.set_zooms((0.5, 0.5, 2))
    nib.save(image, tmp_path / "a.nii")
    scan = read_scan(tmp_path / "a.nii")
    assert scan.spacing == (0.5, 0.5, 2)
    assert any("no orientation" in line for line in scan.warnings)


@pytest.mark.parametrize(("unit", "factor"), [("meter", 1000), ("micron", 0.001)])
def test_other_units_become_millimetres(tmp_path: Path, unit: str, factor: float) -> None:
    affine = AFFINE.copy()
    affine[:3] /= factor
    image = nib.Nifti1Image(volume(), affine)
    image.header.set_xyzt_units(unit, "sec")
    nib.save(image, tmp_path / "a.nii")
    np.testing.assert_allclose(read_scan(tmp_path / "a.nii").affine, AFFINE, atol=1e-4)


# -- refusals --------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("left", [0, 3, 100, 300, 400, -50, -9])
def test_a_truncated_file_is_refused_in_one_line(tmp_path: Path, name: str, left: int) -> None:
    path = save(tmp_path / name, RANDOM.random((8, 8, 8)))
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(UnreadableFile) as refusal:
        read_scan(path)
    assert refusal.value.where == path
    assert "\n" not in str(refusal.value)


def test_one_flipped_byte_in_a_compressed_file_is_noticed(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", RANDOM.random((8, 8, 8)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match="damaged"):
        read_scan(path)


def test_what_is_not_nifti_is_refused(tmp_path: Path) -> None:
    for name, content in (("a.nii", b"not NIfTI" * 100), ("a.nii.gz", gzip.compress(b"not NIfTI" * 100))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableFile, match="not NIfTI"):
            read_scan(tmp_path / name)


def test_a_format_that_is_not_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.nrrd").write_bytes(b"NRRD0004")
    with pytest.raises(UnreadableFile, match=r"is a \.nrrd file"):
        read_scan(tmp_path / "a.nrrd")


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead, match="does not exist"):
        read_scan(tmp_path / "a.nii.gz")
    with pytest.raises(NothingToRead):
        read_scan([])


@pytest.mark.parametrize(("shape", "says"), [((6, 5), "2-D"), ((6, 5, 1), "2-D"), ((6, 5, 4, 3, 2), "5 dimensions"),
                                             ((6, 5, 4, 1, 2), "5 dimensions")])  # fmt: skip
def test_2d_and_5d_are_refused(tmp_path: Path, shape: tuple[int, ...], says: str) -> None:
    with pytest.raises(WrongDimensions, match=says):
        read_scan(save(tmp_path / "a.nii", volume(*shape)))


def test_trailing_dimensions_of_one_are_dropped(tmp_path: Path) -> None:
    array = volume(6, 5, 4, 1, 1)
    np.testing.assert_array_equal(read_scan(save(tmp_path / "a.nii", array)).array[0], array[..., 0, 0])


def test_non_finite_voxels_are_counted_and_the_option_lets_go_on(tmp_path: Path) -> None:
    array = volume()
    array[0, 0, :3] = np.nan, np.inf, -np.inf
    path = save(tmp_path / "a.nii", array)
    with pytest.raises(NonFiniteVoxels, match="3 voxels") as refusal:
        read_scan(path)
    assert "--allow-nonfinite" in refusal.value.line
    scan = read_scan(path, allow_nonfinite=True)
    np.testing.assert_array_equal(scan.array[0, 0, 0], [0, 0, 0, array[0, 0, 3]])
    assert any("3 voxels" in line and "0 now" in line for line in scan.warnings)


def test_a_map_keeps_its_nan_but_not_its_infinities(tmp_path: Path) -> None:
    array = volume()
    array[0, 0, 0] = np.nan
    assert np.isnan(read_map(save(tmp_path / "a.nii", array)).array).sum() == 1
    array[0, 0, 1] = np.inf
    with pytest.raises(NonFiniteVoxels, match="1 voxels"):
        read_map(save(tmp_path / "b.nii", array))


@pytest.mark.parametrize("value", [0, 7])
def test_a_constant_image_is_refused(tmp_path: Path, value: int) -> None:
    with pytest.raises(ConstantImage, match=f"all voxels are {value}"):
        read_scan(save(tmp_path / "a.nii", np.full((4, 4, 4), value, np.int16)))


def test_one_constant_volume_among_others_is_named(tmp_path: Path) -> None:
    array = volume(6, 5, 4, 2)
    array[..., 1] = 0
    with pytest.raises(ConstantImage, match="volume 2"):
        read_scan(save(tmp_path / "a.nii", array))


def test_labels_are_whole_numbers_and_may_be_constant(tmp_path: Path) -> None:
    labels = read_labels(save(tmp_path / "a.nii", np.ones((4, 4, 4), np.uint8)))
    assert (labels.array.dtype, labels.quantity, labels.axis) == (np.int32, "label", "label")
    with pytest.raises(BadParameter, match="whole numbers"):
        read_labels(save(tmp_path / "b.nii", RANDOM.random((4, 4, 4))))


# -- several files ---------------------------------------------------------------------------------
def test_files_with_different_echo_times_are_echoes_in_the_order_given(tmp_path: Path) -> None:
    arrays = [volume(), volume()]
    paths = [
        save(tmp_path / f"e{n}.nii", array, sidecar={"EchoTime": time, "RepetitionTime": 0.025})
        for n, (array, time) in enumerate(zip(arrays, (0.00748, 0.04252), strict=True))
    ]
    scan = read_scan(paths)
    assert (scan.axis, scan.names, scan.acquisition.echo_times) == ("echo", ("S1", "S2"), (7.48, 42.52))
    np.testing.assert_array_equal(scan.array, arrays)
    assert [source.path for source in scan.sources] == [str(path) for path in paths]
    swapped = read_scan(paths[::-1])
    assert swapped.names == ("S2", "S1")
    assert any("do not ascend" in line for line in swapped.warnings)


def test_files_without_echo_times_are_contrasts_named_after_them(tmp_path: Path) -> None:
    paths = [save(tmp_path / f"{name}.nii.gz", volume()) for name in ("T1w", "FLAIR")]
    scan = read_scan(paths)
    assert (scan.axis, scan.names) == ("contrast", ("T1w", "FLAIR"))


def test_parameters_that_differ_between_files_are_left_out_with_a_warning(tmp_path: Path) -> None:
    sidecars = (
        {"RepetitionTime": 0.018, "FlipAngle": 20, "MagneticFieldStrength": 3},
        {"RepetitionTime": 0.028, "FlipAngle": 6},
    )
    paths = [save(tmp_path / f"{n}.nii", volume(), sidecar=sidecar) for n, sidecar in enumerate(sidecars)]
    scan = read_scan(paths)
    a = scan.acquisition
    assert (a.repetition_time, a.flip_angle, a.field_strength) == (None, None, 3)
    assert any("repetition time differs" in line and "18, 28" in line for line in scan.warnings)


def changed(row: int, column: int, by: float) -> np.ndarray:
    affine = AFFINE.copy()
    affine[row, column] += by
    return affine


@pytest.mark.parametrize(
    ("shape", "affine", "says"),
    [
        ((6, 5, 3), AFFINE, "6x5x3 voxels, not 6x5x4"),
        ((6, 5, 4), changed(1, 2, 0.5), "2 mm, not"),
        ((6, 5, 4), changed(0, 3, 0.25), "0.25 mm apart"),
        ((6, 5, 4), np.diag([-1, 1, 1, 1]) @ AFFINE, "apart"),
    ],
)
def test_a_file_on_another_grid_is_named(tmp_path: Path, shape: tuple[int, ...], affine: np.ndarray, says: str) -> None:
    first = save(tmp_path / "first.nii", volume())
    second = save(tmp_path / "second.nii", volume())
    odd = save(tmp_path / "odd.nii", volume(*shape), affine=affine)
    with pytest.raises(GeometryMismatch, match=says) as refusal:
        read_scan([first, second, odd])
    assert refusal.value.where == odd


def test_nifti_and_dicom_do_not_mix(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="cannot be read as one scan"):
        read_scan([save(tmp_path / "a.nii", volume()), tmp_path])


# -- complex parts ---------------------------------------------------------------------------------
def test_magnitude_real_and_imaginary_in_one_file_leave_the_magnitude(tmp_path: Path) -> None:
    parts = RANDOM.normal(0, 500, (2, 6, 5, 4))
    array = np.rint([np.hypot(*parts), *parts])
    scan = read_scan(save(tmp_path / "a.nii", np.moveaxis(array, 0, -1).astype(np.int16)))
    np.testing.assert_array_equal(scan.array, array[:1])
    assert any("magnitude is kept" in line for line in scan.warnings)


def test_three_volumes_that_are_no_complex_parts_stay_three(tmp_path: Path) -> None:
    array = np.abs(RANDOM.normal(0, 500, (6, 5, 4, 3))) * (1, -1, -1)
    assert read_scan(save(tmp_path / "a.nii", array.astype(np.int16))).volumes == 3


def test_complex_values_become_their_magnitude(tmp_path: Path) -> None:
    array = (RANDOM.normal(size=(6, 5, 4)) + 1j * RANDOM.normal(size=(6, 5, 4))).astype(np.complex64)
    scan = read_scan(save(tmp_path / "a.nii", array))
    np.testing.assert_allclose(scan.array[0], np.abs(array), rtol=1e-6)

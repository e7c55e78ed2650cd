"""The values of DICOM pixels, and files that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import HTJ2KLossless, RLELossless, SecondaryCaptureImageStorage

from napari_mrsr.errors import ConstantImage, MissingDependency, NothingToRead, SeveralSeries, UnreadableFile
from napari_mrsr.files import read_scan
from tests.files.made_dicom import write_enhanced, write_series

RANDOM = np.random.default_rng(0)
AFFINE = np.diag([-0.5, -0.5, 1.5, 1.0])


def volumes(kind: type = np.uint16, count: int = 1) -> np.ndarray:
    top = min(np.iinfo(kind).max, 60000)
    return RANDOM.integers(np.iinfo(kind).min, top, (count, 5, 3, 4)).astype(kind)


@pytest.mark.parametrize("syntax", ["little", "big", "implicit"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16])
def test_pixels_of_any_kind_and_byte_order_keep_their_values(tmp_path: Path, syntax: str, kind: type) -> None:
    array = volumes(kind)
    write_series(tmp_path, array, AFFINE, syntax=syntax)
    np.testing.assert_array_equal(read_scan(tmp_path).array, array)


def test_rescale_is_applied(tmp_path: Path) -> None:
    array = volumes()
    write_series(tmp_path, array, AFFINE, rescale=(0.25, -10))
    np.testing.assert_allclose(read_scan(tmp_path).array, array * 0.25 - 10, rtol=1e-6)


def test_the_rescale_of_each_enhanced_frame_is_applied(tmp_path: Path) -> None:
    array = volumes(count=2)
    write_enhanced(tmp_path / "a.dcm", array, AFFINE, echo_times=(7.48, 42.52), rescale=((2, 0), (0.5, 3)))
    scan = read_scan(tmp_path)
    np.testing.assert_allclose(scan.array[0], array[0] * 2.0, rtol=1e-6)
    np.testing.assert_allclose(scan.array[1], array[1] * 0.5 + 3, rtol=1e-6)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead, match="is an empty folder"):
        read_scan(tmp_path)


def test_a_folder_without_dicom_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no scan here")
    (tmp_path / "notes").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(NothingToRead, match="holds no DICOM image"):
        read_scan(tmp_path)


@pytest.mark.parametrize("name", ["scan.dcm", "scan", "scan.txt"])
@pytest.mark.parametrize("content", [b"", b"not DICOM at all", bytes(range(256)) * 4])
def test_a_file_that_is_no_dicom_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match="is not DICOM"):
        read_scan(path)


def test_what_else_lies_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    array = volumes()
    write_series(tmp_path / "deep" / "deeper", array, AFFINE)
    (tmp_path / "README.txt").write_text("from the archive")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.dcm").write_bytes(b"no")
    np.testing.assert_array_equal(read_scan(tmp_path).array, array)


@pytest.mark.parametrize("left", [200, 500, 900, -20])
def test_a_truncated_file_is_refused_in_one_line_that_names_it(tmp_path: Path, left: int) -> None:
    broken = write_series(tmp_path, volumes(), AFFINE)[2]
    broken.write_bytes(broken.read_bytes()[:left])
    with pytest.raises(UnreadableFile, match="truncated") as refusal:
        read_scan(tmp_path)
    assert refusal.value.where == broken
    assert "\n" not in str(refusal.value)


def test_a_constant_series_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, np.full((1, 4, 4, 4), 7, np.uint16), AFFINE)
    with pytest.raises(ConstantImage, match="all voxels are 7"):
        read_scan(tmp_path)


def test_files_without_a_preamble_are_read_when_named_as_dicom(tmp_path: Path) -> None:
    array = volumes()
    for path in write_series(tmp_path, array, AFFINE, syntax="implicit"):
        content = path.read_bytes()
        length = int.from_bytes(content[140:144], "little")  # of the file meta group, PS3.10 7.1
        path.write_bytes(content[144 + length :])
    np.testing.assert_array_equal(read_scan(tmp_path).array, array)


def test_run_length_encoded_pixels_are_read(tmp_path: Path) -> None:
    array = volumes()
    for path in write_series(tmp_path, array, AFFINE):
        dataset = dcmread(path)
        dataset.compress(RLELossless)
        dataset.save_as(path)
    np.testing.assert_array_equal(read_scan(tmp_path).array, array)


def test_pixels_that_no_installed_library_undoes_are_refused_with_the_remedy(tmp_path: Path) -> None:
    for path in write_series(tmp_path, volumes(), AFFINE):
        dataset = dcmread(path)
        dataset.PixelData = encapsulate([b"\xff\x4f\xff\x51" + bytes(60)])
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = HTJ2KLossless
        dataset.save_as(path)
    with pytest.raises(MissingDependency, match="compressed as High-Throughput JPEG 2000") as refusal:
        read_scan(tmp_path)
    assert "pip install" in refusal.value.line


def test_zeros_behind_the_pixels_cost_nothing_and_change_nothing(tmp_path: Path) -> None:
    array = volumes()
    for path in write_series(tmp_path, array, AFFINE):
        path.write_bytes(path.read_bytes() + bytes(100_000))
    np.testing.assert_array_equal(read_scan(tmp_path).array, array)


def test_screen_captures_and_unplaced_images_are_left_out_and_said(tmp_path: Path) -> None:
    array = volumes()
    write_series(tmp_path / "scan", array, AFFINE)
    extra = write_series(tmp_path / "captures", volumes(), AFFINE, SeriesNumber=900)
    for path in extra[:2]:
        dataset = dcmread(path)
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
        dataset.save_as(path)
    for path in extra[2:]:
        dataset = dcmread(path)
        del dataset.ImagePositionPatient
        dataset.save_as(path)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.array, array)
    assert scan.warnings == ("4 files are screen captures or say not where they lie: left out",)
    with pytest.raises(NothingToRead, match="screen captures only"):
        read_scan(tmp_path / "captures")


def test_a_localiser_in_three_planes_makes_three_series(tmp_path: Path) -> None:
    planes = (np.eye(3), np.eye(3)[[1, 2, 0]], np.eye(3)[[2, 0, 1]])
    for n, directions in enumerate(planes):
        affine = np.eye(4)
        affine[:3, :3] = directions * (1, 1, 5)
        write_series(tmp_path, volumes(), affine, prefix=f"{n}-", SeriesInstanceUID="1.2.3", SeriesNumber=1)
    with pytest.raises(SeveralSeries) as refusal:
        read_scan(tmp_path)
    assert [line.split(":")[0] for line in refusal.value.choices] == ["1.1", "1.2", "1.3"]
    assert read_scan(tmp_path, series="1.2").shape == (5, 3, 4)
    with pytest.raises(SeveralSeries, match="choose one by its key"):
        read_scan(tmp_path, series=1)


@pytest.mark.parametrize(("scales", "warned"), [((1.0, 1.0), False), ((1.0, 2.5), True)])
def test_philips_volumes_that_were_scaled_apart_are_warned_of(
    tmp_path: Path, scales: tuple[float, float], warned: bool
) -> None:
    def scale(dataset: FileDataset, volume: int, k: int) -> None:
        dataset.add_new((0x2005, 0x0010), "LO", "Philips MR Imaging DD 001")
        dataset.add_new((0x2005, 0x100E), "FL", scales[volume])

    write_series(
        tmp_path, volumes(count=2), AFFINE, echo_times=(5.0, 9.0), rescale=(2, 0), change=scale, Manufacturer="Philips"
    )
    assert any("scaled the volumes apart" in line for line in read_scan(tmp_path).warnings) == warned

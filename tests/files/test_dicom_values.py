"""The values of DICOM pixels, and files that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.errors import ConstantImage, NothingToRead, UnreadableFile
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

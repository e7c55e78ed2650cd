"""Slices that are absent, stand twice, or have gaps between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.errors import GeometryMismatch, MissingSlice, WrongDimensions
from napari_mrsr.files import read_scan
from tests.files.made_dicom import write_enhanced, write_series

RANDOM = np.random.default_rng(0)
AFFINE = np.diag([0.5, 0.5, 4.0, 1.0])


def volumes(count: int = 1, slices: int = 6) -> np.ndarray:
    return RANDOM.integers(1, 1000, (count, 5, 4, slices)).astype(np.uint16)


@pytest.mark.parametrize(
    ("absent", "says"), [({2}, "lacks 1 slice"), ({2, 3}, "lacks 2 slices"), ({1, 3}, "lacks 2 slices")]
)
def test_a_missing_slice_is_refused(tmp_path: Path, absent: set[int], says: str) -> None:
    write_series(tmp_path, volumes(), AFFINE, change=lambda dataset, volume, k: k not in absent)
    with pytest.raises(MissingSlice, match=says):
        read_scan(tmp_path)


@pytest.mark.parametrize("k", [0, 3, 5])
def test_a_slice_that_one_echo_lacks_is_refused_even_at_the_end(tmp_path: Path, k: int) -> None:
    lacking = (1, k)
    write_series(
        tmp_path, volumes(2), AFFINE, echo_times=(7.48, 42.52), change=lambda d, volume, n: (volume, n) != lacking
    )
    with pytest.raises(MissingSlice, match="slice"):
        read_scan(tmp_path)


def test_a_slice_that_stands_twice_is_refused_and_both_files_are_named(tmp_path: Path) -> None:
    array = volumes()
    write_series(tmp_path, array, AFFINE, SeriesInstanceUID="1.2.3", StudyInstanceUID="1.2")
    write_series(
        tmp_path, array, AFFINE, prefix="copy", SeriesInstanceUID="1.2.3", change=lambda dataset, volume, k: k == 4
    )
    with pytest.raises(MissingSlice, match=r"twice \((0004.dcm and copy0004.dcm|copy0004.dcm and 0004.dcm)\)"):
        read_scan(tmp_path)


def test_a_folder_copied_into_itself_is_refused(tmp_path: Path) -> None:
    array = volumes()
    for folder in (tmp_path, tmp_path / "copy"):
        write_series(folder, array, AFFINE, SeriesInstanceUID="1.2.3")
    with pytest.raises(MissingSlice, match="twice"):
        read_scan(tmp_path)


def test_a_constant_gap_is_fine_and_recorded(tmp_path: Path) -> None:
    write_series(tmp_path, volumes(), AFFINE, SliceThickness=3.0)
    scan = read_scan(tmp_path)
    assert scan.spacing == (0.5, 0.5, 4.0)
    assert (scan.acquisition.slice_thickness, scan.acquisition.slice_gap) == (3.0, 1.0)


def test_overlapping_slices_are_a_negative_gap(tmp_path: Path) -> None:
    write_series(tmp_path, volumes(), AFFINE, SliceThickness=8.0)
    assert read_scan(tmp_path).acquisition.slice_gap == -4.0


def test_every_second_slice_missing_is_told_from_the_header(tmp_path: Path) -> None:
    write_series(
        tmp_path,
        volumes(),
        AFFINE,
        SliceThickness=4.0,
        SpacingBetweenSlices=4.0,
        change=lambda d, volume, k: k % 2 == 0,
    )
    assert any("some may be missing" in line for line in read_scan(tmp_path).warnings)


def test_unevenly_spaced_slices_are_refused(tmp_path: Path) -> None:
    def bend(dataset, volume: int, k: int) -> None:
        dataset.ImagePositionPatient = [0, 0, float(4 * k + (1.4 if k > 2 else 0))]

    write_series(tmp_path, volumes(), AFFINE, change=bend)
    with pytest.raises(MissingSlice, match="unevenly spaced"):
        read_scan(tmp_path)


def test_slices_that_do_not_lie_on_a_line_are_refused(tmp_path: Path) -> None:
    def shift(dataset, volume: int, k: int) -> None:
        dataset.ImagePositionPatient = [3.0 * (k % 2), 0, 4.0 * k]

    write_series(tmp_path, volumes(), AFFINE, change=shift)
    with pytest.raises(GeometryMismatch, match="straight line"):
        read_scan(tmp_path)


def test_a_single_slice_is_a_2d_image(tmp_path: Path) -> None:
    (file,) = write_series(tmp_path, volumes(slices=1), AFFINE)
    for path in (tmp_path, file):
        with pytest.raises(WrongDimensions, match="2-D"):
            read_scan(path)


def test_an_enhanced_file_that_lacks_a_slice_is_refused(tmp_path: Path) -> None:
    array = volumes()
    path = write_enhanced(tmp_path / "all.dcm", np.delete(array, 5, axis=3), AFFINE)
    assert read_scan(path).shape == (5, 4, 5)
    import pydicom

    dataset = pydicom.dcmread(path)
    dataset.PerFrameFunctionalGroupsSequence[4].PlanePositionSequence[0].ImagePositionPatient = [0, 0, 20.0]
    dataset.save_as(path)
    with pytest.raises(MissingSlice, match=r"lacks 1 slice between 12\.00 and 20\.00 mm"):
        read_scan(path)

"""Dynamic scans: DICOM series and NIfTI files in which time passes, and when each frame began."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset

from napari_mrsr.errors import GeometryMismatch, MissingSlice, MrsrError, NothingToRead, SeveralSeries, WrongDimensions
from napari_mrsr.files import read_scan
from napari_mrsr.files.time_points import read_time_points
from tests.files.made_dicom import write_series

AFFINE = np.diag([-1.5, -1.5, 4.0, 1.0])
FRAMES = np.random.default_rng(1).integers(1, 900, (3, 6, 5, 4)).astype(np.uint16)


def series(folder: Path, array: np.ndarray = FRAMES, **given: Any) -> Path:
    write_series(folder, array, AFFINE, echo_times=(0.93,), **{"RepetitionTime": 2.34, **given})
    return folder


def stamped(**values: Callable[[int, int], Any]) -> Callable[[FileDataset, int, int], None]:
    def change(dataset: FileDataset, volume: int, k: int) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value(volume, k))

    return change


@pytest.mark.parametrize(
    ("stamps", "timing"),
    [
        ({"TemporalPositionIdentifier": lambda n, k: n + 1}, None),
        (
            {"TemporalPositionIdentifier": lambda n, k: n + 1, "TemporalResolution": lambda n, k: 5530.0},
            [0.0, 5.53, 11.06],
        ),
        ({"TriggerTime": lambda n, k: 8010.0 * n}, [0.0, 8.01, 16.02]),
        ({"AcquisitionTime": lambda n, k: f"2358{45 + 5 * n:02d}.25"}, [0.0, 5.0, 10.0]),
        # Every slice has a time of its own, and nothing else tells the frames apart.
        ({"AcquisitionTime": lambda n, k: f"1200{4 * n + k:02d}"}, [0.0, 4.0, 8.0]),
        (
            {
                "TemporalPositionIdentifier": lambda n, k: n + 1,
                "AcquisitionDateTime": lambda n, k: ("20260101235955", "20260102000001", "20260102000007")[n],
            },
            [0.0, 6.0, 12.0],
        ),
        (
            {
                "TemporalPositionIdentifier": lambda n, k: n + 1,
                "AcquisitionTime": lambda n, k: ("235955", "000001", "000007")[n],
            },
            [0.0, 6.0, 12.0],
        ),
    ],
)
def test_frames_of_one_series_are_told_apart_and_say_when_they_began(
    tmp_path: Path, stamps: dict[str, Any], timing: list[float] | None
) -> None:
    scan = read_time_points([series(tmp_path, change=stamped(**stamps))])
    assert (scan.axis, scan.names) == ("time", ("time 1", "time 2", "time 3"))
    np.testing.assert_array_equal(scan.array, FRAMES)
    assert scan.acquisition.others.get("VolumeTiming") == timing


def test_frames_that_are_a_series_each_are_time_points_where_time_is_asked_for(tmp_path: Path) -> None:
    for n in (2, 0, 1):
        stamp = stamped(AcquisitionTime=lambda _, k, n=n: f"12{n:02d}00")
        series(tmp_path / f"export {n}", FRAMES[n : n + 1], SeriesNumber=4 + n, StudyInstanceUID="1.2.3", change=stamp)
    with pytest.raises(SeveralSeries, match="choose one, as in --series 4, or --series all if they are time points"):
        read_scan(tmp_path)
    np.testing.assert_array_equal(read_scan(tmp_path, series="all").array, FRAMES)
    scan = read_time_points([tmp_path])
    np.testing.assert_array_equal(scan.array, FRAMES)
    assert scan.acquisition.others["VolumeTiming"] == [0.0, 60.0, 120.0]
    assert any("3 series of one grid and sequence are read as the time points" in line for line in scan.warnings)


def test_series_without_a_clock_are_taken_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for n in (2, 0, 1):
        series(tmp_path / str(n), FRAMES[n : n + 1], SeriesNumber=14 - n)
    np.testing.assert_array_equal(read_time_points([tmp_path]).array, FRAMES[::-1])


def test_a_scan_of_another_sequence_among_the_frames_is_not_taken_for_one(tmp_path: Path) -> None:
    for n in range(3):
        series(tmp_path / str(n), FRAMES[n : n + 1], SeriesNumber=n + 1, FlipAngle=(8, 8, 15)[n])
    with pytest.raises(SeveralSeries, match="3 series") as caught:
        read_time_points([tmp_path])
    assert "all" not in str(caught.value.remedy)
    with pytest.raises(SeveralSeries, match="3 series"):
        read_scan(tmp_path, series="all")


def test_a_frame_that_lacks_a_slice_is_named(tmp_path: Path) -> None:
    for name, stamp in (
        ("numbered", {"TemporalPositionIdentifier": lambda n, k: n + 1}),
        ("timed", {"AcquisitionTime": lambda n, k: f"1200{4 * n + k:02d}"}),
    ):
        set_all = stamped(**stamp)

        def drop(dataset: FileDataset, volume: int, k: int, set_all: Any = set_all) -> bool:
            set_all(dataset, volume, k)
            return (volume, k) != (1, 2)

        series(tmp_path / name, change=drop)
    with pytest.raises(MissingSlice, match=r"lacks 1 slice between 4\.00 and 12\.00 mm of time 2"):
        read_time_points([tmp_path / "numbered"])
    with pytest.raises(MissingSlice, match=r"has 2 time points at 8\.00 mm, 3 at most other positions"):
        read_time_points([tmp_path / "timed"])


def test_a_series_of_which_one_frame_lacks_a_slice_is_refused_as_such(tmp_path: Path) -> None:
    for n in range(3):
        stamp = stamped(AcquisitionTime=lambda _, k, n=n: f"12{n:02d}00")

        def drop(dataset: FileDataset, volume: int, k: int, n: int = n, stamp: Any = stamp) -> bool:
            stamp(dataset, volume, k)
            return (n, k) != (1, 0)

        series(tmp_path / str(n), FRAMES[n : n + 1], SeriesNumber=n + 1, change=drop)
    with pytest.raises(MissingSlice, match="lacks 1 slice of acquisition time 120100"):
        read_time_points([tmp_path])


def test_one_slice_that_was_imaged_again_makes_no_time_points(tmp_path: Path) -> None:
    series(tmp_path, FRAMES[:1], change=stamped(AcquisitionTime=lambda n, k: f"12000{k}"))
    extra = series(tmp_path / "again", FRAMES[1:2], change=stamped(AcquisitionTime=lambda n, k: f"12010{k}"))
    uid = pydicom.dcmread(tmp_path / "0001.dcm").SeriesInstanceUID
    for file in sorted(extra.iterdir())[1:]:
        file.unlink()
    again = pydicom.dcmread(extra / "0000.dcm")
    again.SeriesInstanceUID = uid
    again.save_as(extra / "0000.dcm")
    with pytest.raises(MissingSlice, match="twice"):
        read_scan(tmp_path)


def test_a_slice_that_was_copied_twice_is_no_time_point(tmp_path: Path) -> None:
    series(tmp_path, FRAMES[:1], change=stamped(AcquisitionTime=lambda n, k: "120000"))
    (tmp_path / "copy.dcm").write_bytes((tmp_path / "0001.dcm").read_bytes())
    with pytest.raises(MissingSlice, match="twice"):
        read_time_points([tmp_path])


# -- NIfTI -----------------------------------------------------------------------------------------
def nifti(path: Path, frames: np.ndarray, affine: np.ndarray = AFFINE, **sidecar: Any) -> Path:
    nib.save(nib.Nifti1Image(np.moveaxis(frames, 0, -1).squeeze(), affine), path)
    if sidecar:
        path.with_name(path.name.split(".nii")[0] + ".json").write_text(json.dumps(sidecar))
    return path


def test_a_file_with_a_fourth_axis_is_a_dynamic_scan(tmp_path: Path) -> None:
    scan = read_time_points([nifti(tmp_path / "dynamic.nii.gz", FRAMES, VolumeTiming=[0, 5, 10])])
    assert scan.axis == "time"
    assert scan.acquisition.others["VolumeTiming"] == [0, 5, 10]
    np.testing.assert_array_equal(scan.array, FRAMES)


def test_files_of_a_frame_each_are_taken_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    files = [nifti(tmp_path / f"dynamic_{n + 9}.nii.gz", FRAMES[n : n + 1], EchoTime=0.00093) for n in range(3)]
    scan = read_time_points(files[::-1])
    assert (scan.axis, scan.names, scan.acquisition.echo_times) == ("time", ("time 1", "time 2", "time 3"), (0.93,) * 3)
    np.testing.assert_array_equal(scan.array, FRAMES)


def test_one_frame_echoes_and_other_grids_are_refused_in_one_line(tmp_path: Path) -> None:
    one = nifti(tmp_path / "one.nii.gz", FRAMES[:1])
    echoes = nifti(tmp_path / "echoes.nii.gz", FRAMES, EchoTime=[0.001, 0.002, 0.003])
    moved = nifti(tmp_path / "moved.nii.gz", FRAMES[:1], AFFINE @ np.diag([1, 1, 1.2, 1]))
    cases: list[tuple[list[Path], type[MrsrError], str]] = [
        ([one], WrongDimensions, "holds a single time point; a dynamic scan needs 2 or more"),
        ([echoes], WrongDimensions, "holds 3 echoes, not time points"),
        ([one, moved], GeometryMismatch, "has voxels of"),
        ([], NothingToRead, "no path was given"),
    ]
    for paths, kind, text in cases:
        with pytest.raises(kind, match=text) as caught:
            read_time_points(paths)
        assert "\n" not in str(caught.value)

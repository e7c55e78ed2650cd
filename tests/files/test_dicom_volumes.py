"""One folder, several echoes, contrasts, time points, image types, series or patients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, MixedPatients, SeveralSeries
from napari_mrsr.files import list_series, read_scan
from tests.files.made_dicom import add_spoiler, write_enhanced, write_series

RANDOM = np.random.default_rng(0)
AFFINE = np.diag([-0.5, -0.5, 1.5, 1.0])
DESS = (7.48, 42.52)


def volumes(count: int) -> np.ndarray:
    return RANDOM.integers(1, 1000, (count, 5, 4, 6)).astype(np.uint16)


def test_interleaved_echoes_of_one_series_are_told_apart(tmp_path: Path) -> None:
    array = volumes(3)
    write_series(tmp_path, array, AFFINE, echo_times=(6.3, 12.6, 18.9), numbering=lambda n: (n % 6) * 3 + n // 6)
    scan = read_scan(tmp_path)
    assert (scan.axis, scan.acquisition.echo_times) == ("echo", (6.3, 12.6, 18.9))
    np.testing.assert_array_equal(scan.array, array)
    assert scan.names == ("TE 6.3 ms", "TE 12.6 ms", "TE 18.9 ms")


def test_echoes_ascend_whatever_the_order_of_their_numbers(tmp_path: Path) -> None:
    array = volumes(2)
    write_series(tmp_path, array, AFFINE, echo_times=(42.52, 7.48), echo_numbers=(1, 2))
    scan = read_scan(tmp_path)
    assert scan.names == ("S1", "S2")
    np.testing.assert_array_equal(scan.array, array[::-1])


def test_echoes_with_one_echo_time_are_told_apart_by_their_number(tmp_path: Path) -> None:
    array = volumes(2)
    write_series(tmp_path, array, AFFINE, echo_times=(5.0, 5.0), echo_numbers=(1, 2))
    scan = read_scan(tmp_path)
    assert (scan.axis, scan.volumes) == ("echo", 2)
    np.testing.assert_array_equal(scan.array, array)


def test_time_points_are_a_time_axis(tmp_path: Path) -> None:
    array = volumes(4)

    def number(dataset, volume: int, k: int) -> None:
        dataset.TemporalPositionIdentifier = volume + 1
        dataset.AcquisitionTime = f"1200{k:02d}.{volume}"  # differs from slice to slice: tells no volumes apart

    write_series(tmp_path, array, AFFINE, change=number)
    scan = read_scan(tmp_path)
    assert (scan.axis, scan.volumes) == ("time", 4)
    np.testing.assert_array_equal(scan.array, array)


def test_an_acquisition_number_per_slice_splits_nothing(tmp_path: Path) -> None:
    array = volumes(1)
    write_series(tmp_path, array, AFFINE, change=lambda d, volume, k: setattr(d, "AcquisitionNumber", k + 1))
    assert read_scan(tmp_path).volumes == 1


def test_flip_angles_are_contrasts_and_name_their_volumes(tmp_path: Path) -> None:
    array = volumes(2)
    write_series(tmp_path, array, AFFINE, change=lambda d, volume, k: setattr(d, "FlipAngle", (6, 20)[volume]))
    scan = read_scan(tmp_path)
    assert (scan.axis, scan.names) == ("contrast", ("flip 6", "flip 20"))
    np.testing.assert_array_equal(scan.array, array)


def test_echoes_and_time_points_together_are_contrasts(tmp_path: Path) -> None:
    array = volumes(4)
    write_series(
        tmp_path,
        array,
        AFFINE,
        echo_times=(5.0, 5.0, 9.0, 9.0),
        echo_numbers=(1, 1, 2, 2),
        change=lambda d, volume, k: setattr(d, "TemporalPositionIdentifier", volume % 2 + 1),
    )
    scan = read_scan(tmp_path)
    assert scan.names == ("TE 5, time 1", "TE 5, time 2", "TE 9, time 1", "TE 9, time 2")
    np.testing.assert_array_equal(scan.array, array)


@pytest.mark.parametrize("how", ["GE", "image type", "component"])
def test_magnitude_is_kept_and_what_is_left_out_is_said(tmp_path: Path, how: str) -> None:
    array = volumes(3)

    def label(dataset, volume: int, k: int) -> None:
        if how == "GE":
            dataset.add_new((0x0043, 0x0010), "LO", "GEMS_PARM_01")
            dataset.add_new((0x0043, 0x102F), "SS", (0, 2, 3)[volume])
        elif how == "image type":
            dataset.ImageType = ["ORIGINAL", "PRIMARY", "MRI"[volume], "ND"]
        else:
            dataset.ComplexImageComponent = ("MAGNITUDE", "REAL", "IMAGINARY")[volume]

    write_series(tmp_path, array, AFFINE, change=label)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.array, array[:1])
    assert scan.warnings == ("6 imaginary, 6 real images are left out, the magnitude is kept",)


def test_echoes_in_series_and_folders_of_their_own_are_one_scan(tmp_path: Path) -> None:
    array = volumes(2)
    for n in (0, 1):
        folder, frame = tmp_path / f"echo{n + 1}", {"FrameOfReferenceUID": "1.2.9"}
        write_series(folder, array[n : n + 1], AFFINE, echo_times=DESS[n : n + 1], echo_numbers=(n + 1,), **frame)
    scan = read_scan(tmp_path)
    assert (scan.names, scan.acquisition.echo_times) == (("S1", "S2"), DESS)
    np.testing.assert_array_equal(scan.array, array)
    assert scan.sources[0].path == str(tmp_path)
    assert len(list_series(tmp_path)) == 1
    both = read_scan([tmp_path / "echo2", tmp_path / "echo1"])
    np.testing.assert_array_equal(both.array, array)
    assert len(both.sources) == 2


@pytest.mark.parametrize("other", [{"RepetitionTime": 30.0}, {"FlipAngle": 25.0}, {"FrameOfReferenceUID": "1.2.8"}])
def test_series_with_another_protocol_or_place_are_not_joined(tmp_path: Path, other: dict[str, object]) -> None:
    array = volumes(2)
    write_series(tmp_path / "a", array[:1], AFFINE, echo_times=(7.48,), FrameOfReferenceUID="1.2.9", SeriesNumber=3)
    changed = {"FrameOfReferenceUID": "1.2.9", "SeriesNumber": 4, **other}
    write_series(tmp_path / "b", array[1:], AFFINE, echo_times=(42.52,), echo_numbers=(2,), **changed)
    with pytest.raises(SeveralSeries):
        read_scan(tmp_path)


def test_series_on_another_grid_are_not_joined(tmp_path: Path) -> None:
    array, moved = volumes(2), AFFINE.copy()
    moved[0, 3] = 2.0
    common = {"FrameOfReferenceUID": "1.2.9"}
    write_series(tmp_path / "a", array[:1], AFFINE, echo_times=(7.48,), **common)
    write_series(tmp_path / "b", array[1:], moved, echo_times=(42.52,), echo_numbers=(2,), **common)
    assert [info.key for info in list_series(tmp_path)] == ["5.1", "5.2"]


def test_several_series_are_listed_and_one_is_chosen_by_number_uid_or_key(tmp_path: Path) -> None:
    first, second = volumes(2), volumes(1)
    dess = {"SeriesNumber": 3, "SeriesDescription": "DESS", "SeriesInstanceUID": "1.3"}
    proton = {"SeriesNumber": 7, "SeriesDescription": "PD", "SeriesInstanceUID": "1.7", "RepetitionTime": 900.0}
    write_series(tmp_path / "a", first, AFFINE, echo_times=DESS, **dess)
    write_series(tmp_path / "b", second, AFFINE, echo_times=(20.0,), **proton)
    with pytest.raises(SeveralSeries) as refusal:
        read_scan(tmp_path)
    assert refusal.value.choices == (
        "3: DESS, 5x4x6, 2 echoes, TE 7.48, 42.52 ms (12 files)",
        "7: PD, 5x4x6, 1 volume (6 files)",
    )
    assert "--series 3" in refusal.value.line
    for key in (7, "7", "1.7"):
        np.testing.assert_array_equal(read_scan(tmp_path, series=key).array, second)
    with pytest.raises(BadParameter, match="holds no series 4"):
        read_scan(tmp_path, series=4)
    infos = list_series(tmp_path)
    assert [(i.key, i.uid, i.number, i.description, i.files, i.shape) for i in infos] == [
        ("3", "1.3", 3, "DESS", 12, (5, 4, 6)),
        ("7", "1.7", 7, "PD", 6, (5, 4, 6)),
    ]


@pytest.mark.parametrize("keyword", ["PatientID", "PatientName", "PatientBirthDate"])
def test_two_patients_in_one_folder_are_refused(tmp_path: Path, keyword: str) -> None:
    values = {"PatientID": ("a", "b"), "PatientName": ("Doe^J", "Roe^J"), "PatientBirthDate": ("19700101", "19700102")}
    for value in values[keyword]:
        write_series(tmp_path / value, volumes(1), AFFINE, **{keyword: value})
    with pytest.raises(MixedPatients, match="holds 2"):
        read_scan(tmp_path)
    with pytest.raises(MixedPatients):
        read_scan(tmp_path, series=5)


def test_one_patient_whose_name_is_spelt_two_ways_is_one_patient(tmp_path: Path) -> None:
    names = ("Doe^Jane", "DOE JANE")
    write_series(tmp_path, volumes(1), AFFINE, change=lambda d, volume, k: setattr(d, "PatientName", names[k % 2]))
    assert read_scan(tmp_path).volumes == 1


def test_enhanced_frames_in_any_order_become_echoes(tmp_path: Path) -> None:
    array = volumes(2)
    write_enhanced(tmp_path / "all.dcm", array, AFFINE, echo_times=DESS, order=RANDOM.permutation(12).tolist())
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.array, array)
    assert (scan.names, scan.acquisition.repetition_time, scan.acquisition.flip_angle) == (("S1", "S2"), 25.0, 30.0)


def test_enhanced_real_and_imaginary_frames_are_left_out(tmp_path: Path) -> None:
    array = volumes(3)
    write_enhanced(tmp_path / "all.dcm", array, AFFINE, components=("MAGNITUDE", "REAL", "IMAGINARY"))
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.array, array[:1])
    assert len(scan.warnings) == 1


@pytest.mark.parametrize("syntax", ["little", "big", "implicit"])
@pytest.mark.parametrize(
    ("vr", "area", "duration"),
    [
        ("DS", "3132.0", "1760.0"),
        ("IS", "3132", "1760"),
        ("UN", b"3132.000000 ", b"1760"),
        ("UN", b"3132.0\0", b"1760\0\0"),
    ],
)
def test_the_spoiler_of_a_ge_dess_is_found(
    tmp_path: Path, syntax: str, vr: str, area: object, duration: object
) -> None:
    write_series(
        tmp_path,
        volumes(2),
        AFFINE,
        echo_times=DESS,
        syntax=syntax,
        change=lambda d, *_: add_spoiler(d, area, duration, vr=vr),
    )
    acquisition = read_scan(tmp_path).acquisition
    # 3132 G/cm us = 3132 * 10 mT/m * 1e-6 s = 0.03132 mT s/m
    assert acquisition.spoiler_moment == pytest.approx(0.03132, abs=1e-12)
    assert acquisition.spoiler_duration == pytest.approx(1.76, abs=1e-12)


def test_a_spoiler_whose_creator_was_lost_is_found_and_a_foreign_one_is_not(tmp_path: Path) -> None:
    lost, foreign = tmp_path / "lost", tmp_path / "foreign"
    write_series(
        lost, volumes(1), AFFINE, change=lambda d, *_: add_spoiler(d, b"3132.0", b"1760.0", vr="UN", creator=False)
    )
    assert read_scan(lost).acquisition.spoiler_moment == pytest.approx(0.03132)

    def other_creator(dataset, volume: int, k: int) -> None:
        dataset.add_new((0x0019, 0x0010), "LO", "SOMEONE ELSE")
        add_spoiler(dataset, "3132", "1760", creator=False)

    write_series(foreign, volumes(1), AFFINE, change=other_creator)
    assert read_scan(foreign).acquisition.spoiler_moment is None

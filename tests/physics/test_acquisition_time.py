"""How long a volume takes: Tables 1 and 2 of Sarasaen et al. (2021), and what a header says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.phantoms.abdomen import SUBJECTS, abdomen
from napari_mrsr.physics.acquisition_time import Encoding, acquisition_time, effective_resolution, encoding_of
from napari_mrsr.scan import Acquisition, Scan

#: Table 2, s: high resolution, 25, 10 and 6.25 % of k-space.
PRINTED = {
    1: (4.81, 1.22, 0.47, 0.28),
    2: (9.61, 2.43, 0.94, 0.56),
    3: (6.62, 1.65, 0.66, 0.42),
}
#: The same table, mm.
RESOLUTION = {1: (1.09, 2.19, 3.50, 4.38), 2: (1.09, 2.19, 3.50, 4.38), 3: (1.36, 2.73, 4.38, 5.47)}
FRACTIONS = (1.0, 0.25, 0.1, 0.0625)


@pytest.mark.parametrize("subject", PRINTED)
def test_the_high_resolution_row_of_table_2_comes_out_to_the_last_digit(subject: int) -> None:
    assert round(acquisition_time(Encoding.of(SUBJECTS[subject])).seconds, 2) == PRINTED[subject][0]


@pytest.mark.parametrize("subject", PRINTED)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_rows_below_come_out_within_five_hundredths_of_a_second(subject: int, level: int) -> None:
    found = acquisition_time(Encoding.of(SUBJECTS[subject]), FRACTIONS[level]).seconds
    assert abs(found - PRINTED[subject][level]) < 0.05


def test_three_of_the_nine_undersampled_times_agree_to_the_last_digit() -> None:
    agree = [
        (subject, level)
        for subject, printed in PRINTED.items()
        for level in (1, 2, 3)
        if round(acquisition_time(Encoding.of(SUBJECTS[subject]), FRACTIONS[level]).seconds, 2) == printed[level]
    ]
    assert agree == [(1, 2), (2, 2), (3, 1)]


def test_ten_per_cent_of_k_space_are_really_9p77() -> None:
    whole, part = (acquisition_time(Encoding.of(SUBJECTS[2]), fraction) for fraction in (1.0, 0.1))
    assert part.size == (80, 60)
    assert part.share == pytest.approx(80 * 60 / (256 * 192))
    assert part.seconds == pytest.approx(whole.seconds * part.share)


def test_fewer_lines_alone_save_a_half_where_the_table_says_three_quarters() -> None:
    whole, part = (acquisition_time(Encoding.of(SUBJECTS[2]), fraction) for fraction in (1.0, 0.25))
    assert part.seconds_of_lines == pytest.approx(whole.seconds / 2)
    assert part.seconds == pytest.approx(whole.seconds / 4)


@pytest.mark.parametrize("subject", RESOLUTION)
def test_the_effective_resolutions_of_table_2_come_out(subject: int) -> None:
    protocol = SUBJECTS[subject]
    for fraction, printed in zip(FRACTIONS, RESOLUTION[subject], strict=True):
        x, y = effective_resolution(protocol.field_of_view[:2], protocol.matrix[:2], fraction)
        # 350 / 256 is 1.367, printed as 1.36; 262 of 262.5 mm are printed as field of view.
        assert x == pytest.approx(printed, abs=0.0075)
        assert y == pytest.approx(printed, abs=0.015)


def test_partial_fourier_leaves_out_lines_and_slices() -> None:
    plain = Encoding(5.0, (64, 64, 32))
    assert acquisition_time(plain).seconds == pytest.approx(64 * 32 * 5e-3)
    partial = replace(plain, phase_partial=0.75, slice_partial=0.5)
    assert acquisition_time(partial).seconds == pytest.approx(48 * 16 * 5e-3)


def test_a_phantom_tells_what_its_protocol_encodes() -> None:
    protocol = SUBJECTS[2]
    scan = abdomen(3, protocol=protocol, shape=(28, 21, 8), frames=1).scan
    found, assumed = encoding_of(scan)
    assert found == replace(Encoding.of(protocol), matrix=(28, 21, 8))
    assert len(assumed) == 2  # direction of phase encoding, partial Fourier


def scan_of(**others: object) -> Scan:
    array = np.zeros((1, 24, 32, 8), np.float32)
    return Scan(array, np.diag([1.0, 1.0, 4.0, 1.0]), acquisition=Acquisition(repetition_time=4.0, others=others))


@pytest.mark.parametrize(
    ("others", "lines"),
    [
        ({}, 24),
        ({"PhaseEncodingDirection": "j-"}, 32),
        ({"InPlanePhaseEncodingDirectionDICOM": "COL"}, 32),
        ({"InPlanePhaseEncodingDirectionDICOM": "ROW"}, 24),
    ],
)
def test_phase_encoding_runs_where_the_header_says_else_along_the_shorter_axis(
    others: dict[str, object], lines: int
) -> None:
    found, assumed = encoding_of(scan_of(**others))
    assert found.lines == lines
    assert any("phase encoding" in line for line in assumed) == (not others)


def test_dicom_says_the_phase_resolution_as_a_percentage() -> None:
    assert encoding_of(scan_of(PercentSampling=75.0))[0].phase_resolution == 75
    assert encoding_of(scan_of(PercentSampling=75.0, PhaseResolution=0.5))[0].phase_resolution == 50
    assert encoding_of(scan_of(PercentSampling=0.0))[0].phase_resolution == 100


def test_a_scan_without_repetition_time_says_what_to_do() -> None:
    with pytest.raises(MissingParameter, match="RepetitionTime"):
        encoding_of(scan_of().with_acquisition(repetition_time=None))


@pytest.mark.parametrize(
    "wrong",
    [
        {"repetition_time": 0.0},
        {"grappa": 0.5},
        {"phase_resolution": 0.0},
        {"slice_resolution": 120.0},
        {"phase_oversampling": -5.0},
        {"slice_partial": 0.0},
        {"matrix": (256, 0, 40)},
    ],
)
def test_impossible_numbers_are_refused_in_one_line(wrong: dict[str, object]) -> None:
    with pytest.raises(BadParameter, match="is not possible; give"):
        replace(Encoding.of(SUBJECTS[1]), **wrong)  # type: ignore[arg-type]

"""The protocols are those that are printed in Table 1 of Sarasaen et al."""

from __future__ import annotations

import pytest

from napari_mrsr.phantoms.abdomen import CHAOS, SUBJECTS

#: Number: TR, TE, flip, matrix, field of view, resolution, oversampling, resolution in %, GRAPPA, fat suppression, s.
PRINTED = {
    1: (2.34, 0.93, 8, (256, 192, 40), (280, 210, 160), (1.09, 1.09, 4), (10, 0), (75, 65), 2, False, 5.53),
    2: (2.34, 0.93, 8, (256, 192, 40), (280, 210, 160), (1.09, 1.09, 4), (10, 0), (75, 65), 1, True, 11.76),
    3: (2.23, 0.93, 8, (256, 192, 44), (350, 262, 176), (1.36, 1.36, 4), (10, 0), (50, 64), 1, True, 8.01),
}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_subject_is_scanned_as_printed(number: int) -> None:
    p = SUBJECTS[number]
    assert PRINTED[number] == (
        p.repetition_time, p.echo_time, p.flip_angle, p.matrix, p.field_of_view, p.resolution,
        (p.phase_oversampling, p.slice_oversampling), (p.phase_resolution, p.slice_resolution),
        p.grappa, p.fat_suppression, p.time_per_volume,
    )  # fmt: skip
    assert p.bandwidth == 975
    assert p.field_strength == 3.0
    assert p.opposed_echo_time is None


@pytest.mark.parametrize("number", [1, 2, 3])
def test_field_of_view_over_matrix_is_the_printed_resolution(number: int) -> None:
    p = SUBJECTS[number]
    for voxel, printed in zip(p.spacing, p.resolution, strict=True):
        assert voxel == pytest.approx(printed, abs=0.01)


def test_the_training_protocol_lies_within_the_printed_ranges() -> None:
    assert 110.17 <= CHAOS.repetition_time <= 255.54
    assert 4.60 <= CHAOS.echo_time <= 4.64
    assert CHAOS.opposed_echo_time == 2.30
    assert CHAOS.flip_angle == 80
    for voxel, low, high in zip(CHAOS.spacing, (1.44, 1.44, 5), (2.03, 2.03, 8), strict=True):
        assert low <= voxel <= high
    for matrix, low, high in zip(CHAOS.matrix[::2], (256, 26), (400, 50), strict=True):
        assert low <= matrix <= high
    assert CHAOS.sequence("opposed").echo_time == 2.3
    assert CHAOS.sequence("in").echo_time == CHAOS.sequence().echo_time == 4.6

"""Scans unlike the training are told, in plain lines; those that the card covers are left in peace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.files import read_scan
from napari_mrsr.networks import registry
from napari_mrsr.phantoms import sample_knee
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Acquisition, Scan
from napari_mrsr.superres import plan, retrospective, super_resolve
from napari_mrsr.trust.anatomy import anatomy_of
from napari_mrsr.trust.range import describe, outside, ranges, trained_for


@pytest.fixture(scope="module")
def knee() -> Scan:
    return sample_knee().scan


def at(scan: Scan, spacing: tuple[float, float, float]) -> Scan:
    return replace(scan, affine=np.diag([*spacing, 1.0]))


def test_the_sample_knee_raises_no_alarm(knee):
    assert outside(knee, "lean", 2) == []


def test_a_classical_method_has_no_range(knee):
    assert outside(at(knee, (0.6, 0.6, 9.0)), "tricubic", 5) == []


@pytest.mark.parametrize(
    ("spacing", "line"),
    [
        ((0.6, 0.6, 6.0), "slices of 6 mm: lean was trained for 0.62 to 3 mm at x2"),
        ((0.6, 0.6, 0.3), "slices of 0.3 mm"),
        ((4.0, 4.0, 2.0), "4 mm in plane"),
    ],
)
def test_spacing_outside_is_told_in_mm(knee, spacing, line):
    (found,) = outside(at(knee, spacing), "lean", 2)
    assert line in found


@pytest.mark.parametrize(("beyond", "lines"), [(1.08, 0), (1.12, 1)])
def test_a_tenth_beyond_a_range_is_not_told_and_more_is(knee, beyond, lines):
    trained = ranges(registry.find("lean").file.parent / "ranges.json")["lean"]
    thickest, finest = 2 * trained["spacing"][1], trained["in_plane"][0]
    assert len(outside(at(knee, (0.6, 0.6, beyond * thickest)), "lean", 2)) == lines
    assert len(outside(at(knee, (finest / beyond**1.1, 0.6, 1.4)), "lean", 2)) == lines


def test_thicker_slices_are_fine_at_a_higher_factor(knee):
    assert outside(at(knee, (0.6, 0.6, 5.0)), "lean", 4) == []


def test_a_factor_and_an_axis_that_the_card_does_not_name(knee):
    assert "a factor of 6: lean was trained for 2 and 3 and 4" in outside(at(knee, (0.6, 0.6, 1.4)), "lean", 6)[0]
    assert any("axis 0 lies in plane" in line for line in outside(knee, "lean", 2, 0))


@pytest.mark.parametrize(
    ("part", "word"),
    [("KNEE", "knee"), ("Left Knee", "knee"), ("HEAD", "brain"), ("", ""), (None, ""), ("EXTREMITY", ""),
     ("SHOULDER", "shoulder")],
)  # fmt: skip
def test_the_words_of_headers_are_those_of_the_cards(knee, part, word):
    assert anatomy_of(replace(knee, acquisition=Acquisition(body_part=part))) == word


def test_another_body_part_is_told(knee):
    shoulder = replace(knee, acquisition=replace(knee.acquisition, body_part="SHOULDER"))
    assert outside(shoulder, "lean", 2) == ["anatomy shoulder: lean was trained on knee and brain"]


def test_a_wide_gap_is_told(knee):
    gap = replace(knee, acquisition=replace(knee.acquisition, slice_gap=0.7))
    assert "gap of 0.7 mm in 1.4 mm" in outside(gap, "lean", 2)[0]


def test_noise_beyond_the_training_is_told(knee):
    rng = np.random.default_rng(0)
    size = np.percentile(knee.array, 99.9)
    noisy = np.hypot(
        knee.array + rng.normal(0, 0.4 * size, knee.array.shape), rng.normal(0, 0.4 * size, knee.array.shape)
    )
    assert any("signal to noise" in line for line in outside(replace(knee, array=noisy), "lean", 2))


def test_swapped_echoes_and_masks_are_unusual_contrasts(knee):
    assert "ratio of the echoes" in outside(replace(knee, array=knee.array[::-1]), "lean", 2)[0]
    mask = (knee.array > np.percentile(knee.array, 60)).astype(np.float32)
    assert any("histogram" in line for line in outside(replace(knee, array=mask), "lean", 2))


def test_an_empty_image_and_a_method_without_ranges_raise_no_alarm(knee, monkeypatch):
    assert describe(replace(knee, array=np.zeros_like(knee.array)), 2) == {}
    bare = replace(registry.find("lean"), file=None, name="other")
    assert outside(knee, bare, 2) == []
    assert trained_for(bare) == []


def test_the_plan_and_the_result_carry_it(knee):
    small = replace(knee, array=np.ascontiguousarray(knee.array[:, 60:140, 60:140, :12]))
    far = at(small, (0.6, 0.6, 8.0))
    (job,) = plan(far, method="lean")
    assert any("slices of 8 mm" in line for line in job.outside)
    result = super_resolve(far, method="lean", device="cpu")
    assert result.history[-1].parameters["outside"] == list(job.outside)


REAL = ("knee/qdess_lateral", "brain/t1w_0p7mm.nii.gz", "brain/flair_1mm.nii.gz", "brain/t2w_1mm_stripped.nii.gz",
        "brain/vfa/T1w.nii.gz")  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_knees_and_brains_of_the_card_raise_no_alarm(real_data, name):
    scan = read_scan(real_data / name)
    thick = retrospective(scan, 2, 2)
    assert outside(thick, "lean", 2, 2) == []
    assert thick.spacing[2] == pytest.approx(2 * scan.spacing[2], rel=1e-4)


def test_a_brain_of_2_mm_raises_none_and_of_4_mm_does(real_data):
    scan = read_scan(real_data / "brain" / "t2w_2d.nii.gz")
    assert outside(scan, "lean", 2) == []
    assert outside(retrospective(scan, 2, 2), "lean", 2) == ["slices of 4 mm: lean was trained for 0.62 to 3 mm at x2"]


def test_thick_clinical_slices_of_a_real_brain_are_told(real_data):
    flair = read_scan(real_data / "brain" / "flair_2d_5p5mm.nii.gz")
    assert outside(flair, "lean", 2) == ["slices of 5.5 mm: lean was trained for 0.62 to 3 mm at x2"]
    assert degrade(flair, factor=2, axis=2).spacing[2] == pytest.approx(11.0)

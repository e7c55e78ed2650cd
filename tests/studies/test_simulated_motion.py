"""Still scans that are set breathing: where things go, what interpolation costs, and real abdomens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, NothingToRead, WrongDimensions
from napari_mrsr.interpolation import resize
from napari_mrsr.phantoms.abdomen import SUBJECTS, Breathing, abdomen
from napari_mrsr.scan import Scan
from napari_mrsr.studies.layouts.moved import FIRST_SEED, find_moved
from napari_mrsr.studies.simulated_motion import at_full_band, kept_detail, set_breathing

#: A coronal slab as in the real scans: 3 mm in plane, slices of 5 mm; columns to the left, rows downwards.
SHAPE, SPACING = (112, 104, 10), (3.0, 3.0, 5.0)
CORONAL = np.array([[-3.0, 0, 0, 168], [0, 0, -5.0, 0], [0, -3.0, 0, 156], [0, 0, 0, 1]])


#: Another place of the same slab.
SIDEWAYS = np.pad([[40.0]], ((0, 3), (3, 0)))


def body(noise: float = 0.01) -> Scan:
    """An elliptic body with stripes across it, 30 mm apart and smooth, so that ways can be measured."""
    i, j, k = np.indices(SHAPE)
    x, _, z = CORONAL[:3, :3] @ np.stack([i, j, k]).reshape(3, -1) + CORONAL[:3, 3:]
    inside = 1 / (1 + np.exp((np.abs(x) - 140) / 3))
    values = (inside * (1.5 + np.cos(2 * np.pi * z / 60))).reshape(SHAPE)
    noisy = values + noise * np.random.default_rng(0).standard_normal(SHAPE)
    return Scan(np.abs(noisy).astype(np.float32), CORONAL, slice_axis=2)


def lag(one: np.ndarray, other: np.ndarray, axis_step: float) -> float:
    """How far the stripes of one line lie beside those of another, mm, from the phase of their wave."""
    wave = np.exp(-2j * np.pi * np.arange(len(one)) * axis_step / 60)
    a, b = ((line - line.mean()) @ (wave * np.hanning(len(one))) for line in (one, other))
    return float(np.angle(a / b) * 60 / (2 * np.pi))


def test_the_first_frame_is_the_scan_itself_and_later_ones_go_down_as_far_as_the_diaphragm() -> None:
    still = body()
    moved = set_breathing(still, 3, frames=4, breath=Breathing(depth=12.0, variation=0.0))
    np.testing.assert_allclose(moved.dynamic.array[0], still.array[0], atol=1e-5)
    for frame, state in zip(moved.dynamic.array[1:], moved.states[1:], strict=True):
        # 60 mm beside the middle, in the upper third, where the whole way is gone.
        column = (slice(34, 38), slice(4, 36), 5)
        one, other = still.array[0][column].mean(0), frame[column].mean(0)
        assert lag(one, other, 3.0) == pytest.approx(state.diaphragm, abs=1.0)
    assert max(state.diaphragm for state in moved.states) > 8


def test_the_spine_and_the_flanks_stand_still() -> None:
    still = body(noise=0)
    moved = set_breathing(still, 3, frames=4)
    steady = np.abs(moved.dynamic.array - still.array[0]).max(axis=0)
    middle, flank = SHAPE[0] // 2, 9
    # What lies in front of the spine, in the first slices, moves.
    assert steady[middle - 4 : middle + 4, :, 3:].max() < 0.01
    assert steady[flank].max() < 0.02
    assert steady[36, 10:60].max() > 0.2


def test_the_planning_scan_is_the_same_body_in_another_pose() -> None:
    still = body()
    moved = set_breathing(still, 3, frames=2)
    assert moved.planning.volumes == 1
    assert moved.planning.same_grid(still)
    differs = np.abs(moved.planning.array[0] - still.array[0]).mean()
    assert differs > 0.05
    assert moved.planning.array.mean() == pytest.approx(still.array.mean(), rel=0.05)


def test_what_was_done_is_in_the_history_and_time_passes() -> None:
    moved = set_breathing(body(), 3, frames=3)
    assert moved.dynamic.axis == "time"
    assert moved.dynamic.acquisition.others["VolumeTiming"] == [0.0, 1.1, 2.2]
    assert moved.dynamic.history[-1].name == "simulated breathing"
    assert len(moved.dynamic.history[-1].parameters["diaphragm"]) == 3
    assert moved.planning.history[-1].name == "simulated planning pose"


@pytest.fixture(scope="module")
def axial() -> Scan:
    return abdomen(5, protocol=SUBJECTS[1], shape=(120, 120, 10), spacing=(3.0, 3.0, 5.0), frames=1).scan


def test_interpolation_leaves_the_detail_of_frames_within_a_tenth(axial: Scan) -> None:
    moved = set_breathing(axial, 3, frames=4)
    assert np.abs(kept_detail(moved.dynamic) - 1).max() < 0.1


def test_a_zero_filled_scan_is_brought_to_the_matrix_that_was_acquired(axial: Scan) -> None:
    coarse = axial
    assert at_full_band(coarse).shape == coarse.shape
    like = Scan(np.zeros((1, 240, 240, 10), np.float32), coarse.affine @ np.diag([0.5, 0.5, 1, 1]), slice_axis=2)
    filled = resize(coarse, "fourier", like)
    found = at_full_band(filled)
    assert found.shape[2] == 10
    assert found.shape[0] <= 132
    assert found.spacing[0] == pytest.approx(360 / found.shape[0], rel=1e-3)


def test_what_cannot_be_moved_is_refused_in_one_line() -> None:
    with pytest.raises(WrongDimensions, match="112x104x5 voxels of true detail, too few"):
        at_full_band(replace(body(), array=body().array[..., :5]))
    with pytest.raises(BadParameter, match="1 frames are no dynamic scan"):
        set_breathing(body(), 3, frames=1)


def test_scans_of_a_folder_become_subjects_and_second_images_of_one_are_left_out(tmp_path: Path) -> None:
    scan = body(noise=0.3)
    for name, affine in (
        ("a_e1.nii.gz", CORONAL),
        ("a_e2.nii.gz", CORONAL),
        ("b/e1.nii.gz", CORONAL + SIDEWAYS),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        nib.save(nib.Nifti1Image(scan.array[0], affine), tmp_path / name)
    (tmp_path / "empty").mkdir()
    cohort = find_moved(tmp_path, frames=2)
    assert [entry.name for entry in cohort.entries] == ["a_e1", "b"]
    assert cohort.origin["seeds"] == [FIRST_SEED, FIRST_SEED + 1]
    assert cohort.origin["left out"]["a_e2"] == "lies on the grid of a_e1: another image of one examination"
    assert "empty" in cohort.origin["left out"]
    subject = cohort.entries[1].load()
    assert (subject.dynamic.volumes, subject.dynamic.axis) == (2, "time")
    assert subject.planning is not None
    assert subject.notes[0].startswith("motion simulated")
    with pytest.raises(NothingToRead, match="no scan that can be set in motion"):
        find_moved(tmp_path / "empty")


# -- real scans ------------------------------------------------------------------------------------
def test_real_abdomens_breathe_and_keep_their_detail(real_data: Path) -> None:
    cohort = find_moved(real_data / "abdomen", frames=3)
    names = [entry.name for entry in cohort.entries]
    assert {"b0_ge_01", "b0_philips_01", "b0_siemens_02", "b0_siemens_04", "t2w_sub01"} <= set(names)
    assert len(names) == 6
    # Its slices cannot be told, which is as well: it teaches.
    assert "mr_3mm" in cohort.origin["left out"]
    subject = cohort.entries[names.index("gre_3d_te1.476")].load()
    # Stored as 256 x 256 voxels of 1.5 mm, acquired with 3 mm.
    assert subject.dynamic.shape == (128, 128, 16)
    assert np.abs(kept_detail(subject.dynamic) - 1).max() < 0.06

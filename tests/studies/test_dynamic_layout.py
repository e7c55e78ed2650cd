"""Dynamic cohorts as they lie on the disk, from small files."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr.errors import NothingToRead, UnknownMethod, WrongDimensions
from napari_mrsr.studies.layouts.dynamic import find_dynamic, find_dynamic_cohort
from tests.files.made_dicom import write_series

AFFINE = np.diag([-1.1, -1.1, 4.0, 1.0])
FRAMES = np.random.default_rng(2).integers(1, 900, (3, 6, 5, 4)).astype(np.uint16)
STATIC = np.random.default_rng(3).integers(1, 900, (1, 8, 7, 5)).astype(np.uint16)


def nifti(path: Path, frames: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.moveaxis(frames, 0, -1).squeeze(), AFFINE), path)


def dicom(folder: Path, array: np.ndarray) -> None:
    def number(dataset, volume, k):  # type: ignore[no-untyped-def]
        dataset.TemporalPositionIdentifier = volume + 1

    write_series(folder, array, AFFINE, echo_times=(0.93,), RepetitionTime=2.34, FlipAngle=8, change=number)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    nifti(tmp_path / "anna" / "dynamic.nii.gz", FRAMES)
    (tmp_path / "anna" / "dynamic.json").write_text(json.dumps({"RepetitionTime": 0.00234, "FlipAngle": 8}))
    nifti(tmp_path / "anna" / "planning.nii.gz", STATIC)
    dicom(tmp_path / "bert" / "Dynamic" / "run", FRAMES)
    dicom(tmp_path / "bert" / "Planning", STATIC)
    for n in range(3):
        nifti(tmp_path / "carl 10" / f"dynamic_{n + 8}.nii.gz", FRAMES[n : n + 1])
    nifti(tmp_path / "carl 9" / "planning" / "x.nii", STATIC)
    nifti(tmp_path / "dora" / "dynamic.nii.gz", FRAMES[:1])
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "dynamic.txt").write_text("not a scan")
    return tmp_path


def test_subjects_are_found_in_the_order_of_their_numbers_and_read_when_they_are_needed(study: Path) -> None:
    cohort = find_dynamic(study)
    assert [entry.name for entry in cohort.entries] == ["anna", "bert", "carl 9", "carl 10", "dora"]
    assert cohort.origin == {"layout": "dynamic"}


@pytest.mark.parametrize("name", ["anna", "bert"])
def test_files_and_dicom_folders_give_frames_and_a_planning_scan_of_another_matrix(study: Path, name: str) -> None:
    subject = next(entry for entry in find_dynamic(study).entries if entry.name == name).load()
    assert subject.name == name
    assert subject.dynamic.axis == "time"
    np.testing.assert_array_equal(subject.dynamic.array, FRAMES)
    assert subject.planning is not None
    np.testing.assert_array_equal(subject.planning.array, STATIC)
    assert subject.dynamic.acquisition.repetition_time == pytest.approx(2.34)
    assert subject.notes == ()


def test_a_subject_without_planning_scan_says_that_nothing_is_fine_tuned(study: Path) -> None:
    subject = find_dynamic(study).entries[3].load()
    np.testing.assert_array_equal(subject.dynamic.array, FRAMES)
    assert subject.planning is None
    assert subject.notes == ("no planning scan: nothing is fine-tuned",)


def test_the_first_of_several_planning_volumes_is_used_and_it_is_said(study: Path) -> None:
    nifti(study / "anna" / "planning.nii.gz", np.concatenate([STATIC, STATIC + 1]))
    subject = find_dynamic(study).entries[0].load()
    assert subject.planning is not None
    np.testing.assert_array_equal(subject.planning.array, STATIC)
    assert subject.notes == ("the planning scan has 2 volumes: the first, time 1, is used",)


def test_what_a_subject_lacks_is_named_with_what_to_do(study: Path, tmp_path: Path) -> None:
    entries = {entry.name: entry for entry in find_dynamic(study).entries}
    with pytest.raises(NothingToRead, match=r"carl 9 holds no dynamic scan; name its files or folder dynamic"):
        entries["carl 9"].load()
    with pytest.raises(WrongDimensions, match="holds a single time point; a dynamic scan needs 2 or more"):
        entries["dora"].load()
    with pytest.raises(NothingToRead, match="holds no subject with a dynamic scan"):
        find_dynamic(study / "notes")
    with pytest.raises(NothingToRead, match="is no folder"):
        find_dynamic(study / "nobody")


def test_the_folder_of_one_subject_is_a_cohort_of_one(study: Path) -> None:
    cohort = find_dynamic(study / "anna")
    assert [entry.name for entry in cohort.entries] == ["anna"]
    assert cohort.entries[0].load().dynamic.volumes == 3


def test_still_scans_are_set_breathing_only_where_that_is_asked_for(study: Path) -> None:
    nifti(study / "still" / "ella.nii.gz", STATIC)
    with pytest.raises(NothingToRead, match="still scans are set breathing by --layout moved"):
        find_dynamic_cohort(study / "still")
    with pytest.raises(NothingToRead, match="ella: has 8x7x5 voxels of true detail, too few"):
        find_dynamic_cohort(study / "still", "moved")
    with pytest.raises(UnknownMethod, match="no layout 'oai' of dynamic studies; choose one of dynamic, moved"):
        find_dynamic_cohort(study, "oai")

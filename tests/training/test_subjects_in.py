"""What in-plane recipes are given: CHAOS, folders of NIfTI and DICOM, each scan with whom it shows."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr.errors import NothingToRead, UnreadableFile
from napari_mrsr.interpolation import matrix
from napari_mrsr.sampling import along
from napari_mrsr.training import abdomen_sources, chaos
from napari_mrsr.training.subjects_in import subjects_in
from tests.files.made_dicom import write_series

AFFINE = np.diag([-1.6, -1.6, 6.0, 1.0])
RANDOM = np.random.default_rng(4)


def noise(n: int = 40) -> np.ndarray:
    """White noise: detail up to the edge of the band."""
    return RANDOM.integers(200, 900, (1, n, n, 3)).astype(np.uint16)


def phase(folder: Path, array: np.ndarray, echo_time: float) -> None:
    write_series(
        folder, array, AFFINE, echo_times=(echo_time,), RepetitionTime=150.0, FlipAngle=80, PatientID=folder.parts[-4]
    )


def cohort(root: Path, subjects: list[str]) -> Path:
    for name in subjects:
        images = root / "MR" / name / "T1DUAL" / "DICOM_anon"
        phase(images / "InPhase", noise(), 4.6)
        phase(images / "OutPhase", noise(), 2.3)
        other = root / "MR" / name / "T2SPIR" / "DICOM_anon"
        phase(other, noise(), 70.0)
        ground = root / "MR" / name / "T1DUAL" / "Ground"
        ground.mkdir()
        (ground / "IMG-0001.png").write_bytes(b"labels")
    return root


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cohort(tmp_path_factory.mktemp("CHAOS_Train_Sets"), ["1", "2", "10", "21"])


def test_both_phases_of_each_subject_are_found_and_nothing_else(data: Path) -> None:
    assert [one.name for one in chaos.find(data)] == [
        *("chaos-01 in", "chaos-01 opposed", "chaos-02 in", "chaos-02 opposed"),
        *("chaos-10 in", "chaos-10 opposed", "chaos-21 in", "chaos-21 opposed"),
    ]
    assert [one.name for one in chaos.find(data / "MR" / "10")] == ["chaos-10 in", "chaos-10 opposed"]
    assert chaos.find(data / "MR" / "10" / "T2SPIR") == []


def test_seventy_per_cent_of_the_subjects_teach_with_both_their_phases_and_the_others_judge(data: Path) -> None:
    teach, judge = abdomen_sources.gather([data], 0)
    assert [one.name for one in teach] == [f"chaos-{n} {p} 1" for n in ("01", "02", "10") for p in ("in", "opposed")]
    assert [one.name for one in judge] == ["chaos-21 in 1", "chaos-21 opposed 1"]
    assert {one.subject for one in teach}.isdisjoint(one.subject for one in judge)
    for one in (*teach, *judge):
        assert one.array.shape == (40, 40, 3)
        assert one.array.dtype == np.float32
        assert one.array.max() == 1


def test_a_phase_that_was_filled_with_zeros_is_brought_to_what_was_acquired(tmp_path: Path) -> None:
    root = cohort(tmp_path, ["5"])
    # Detail that falls as in pictures of a body, with the inverse of the frequency.
    f = np.hypot(np.fft.fftfreq(48)[:, None], np.fft.fftfreq(48)[None])
    coarse = np.fft.ifft2(np.fft.fft2(RANDOM.standard_normal((1, 3, 48, 48))) / np.maximum(f, 0.02)).real
    fine = 500 + 10 * coarse.transpose(0, 2, 3, 1)
    for axis in (1, 2):
        fine = along.apply(matrix("fourier", 48, 80), fine, axis)
    folder = root / "MR" / "5" / "T1DUAL" / "DICOM_anon" / "InPhase"
    for file in folder.iterdir():
        file.unlink()
    phase(folder, np.clip(fine, 0, None).astype(np.uint16), 4.6)
    found = {one.name: one.scan for one in subjects_in([root], print)}
    size = found["chaos-05 in"].shape[0]
    assert 48 <= size <= 53
    assert found["chaos-05 in"].spacing[0] == pytest.approx(1.6 * 80 / size)
    assert found["chaos-05 opposed"].shape == (40, 40, 3)


def test_one_damaged_phase_stops_none_of_the_others(tmp_path: Path) -> None:
    root = cohort(tmp_path, ["1"])
    (root / "MR" / "1" / "T1DUAL" / "DICOM_anon" / "InPhase" / "0001.dcm").write_bytes(b"nothing")
    said: list[str] = []
    assert [one.name for one in subjects_in([root], said.append)] == ["chaos-01 opposed"]
    assert said == ["chaos-01 in: is not DICOM, left out"]


# -- other folders ---------------------------------------------------------------------------------
def nifti(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(noise()[0], AFFINE), path)
    return path


def test_a_subject_is_what_bids_says_or_the_folder_below_or_the_file(tmp_path: Path) -> None:
    nifti(tmp_path / "anna" / "in.nii.gz")
    nifti(tmp_path / "anna" / "opposed.nii.gz")
    nifti(tmp_path / "anat" / "sub-07_T1w.nii.gz")
    nifti(tmp_path / "loose.nii")
    one = nifti(tmp_path / "elsewhere" / "alone.nii.gz")
    found = [(one.name, one.subject) for one in subjects_in([tmp_path], print)]
    assert found == [
        ("sub-07_T1w.nii.gz", "sub-07"),
        ("in.nii.gz", "anna"),
        ("opposed.nii.gz", "anna"),
        ("alone.nii.gz", "elsewhere"),
        ("loose.nii", "loose.nii"),
    ]
    assert [(f.name, f.subject) for f in subjects_in([one], print)] == [("alone.nii.gz", "alone.nii.gz")]


def test_series_of_a_dicom_folder_are_read_one_by_one_and_patients_kept_apart(tmp_path: Path) -> None:
    for patient in ("anna", "bert"):
        for number, flip in ((3, 8), (4, 15)):
            write_series(
                tmp_path / patient / str(number), noise(), AFFINE, PatientID=patient, SeriesNumber=number,
                SeriesDescription=f"flash {flip}", FlipAngle=flip,
            )  # fmt: skip
    found = [(one.name, one.subject) for one in subjects_in([tmp_path], print)]
    assert found == [
        ("anna flash 8", "anna"),
        ("anna flash 15", "anna"),
        ("bert flash 8", "bert"),
        ("bert flash 15", "bert"),
    ]


def test_what_was_given_by_name_and_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead, match="holds no NIfTI or DICOM scan"):
        list(subjects_in([tmp_path], print))
    (tmp_path / "broken.nii").write_bytes(b"nothing")
    with pytest.raises(UnreadableFile):
        list(subjects_in([tmp_path / "broken.nii"], print))

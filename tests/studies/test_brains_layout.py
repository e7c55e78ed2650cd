"""How heads lie on the disk: files, folders, IXI, lesions beside them."""

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr.errors import NothingToRead
from napari_mrsr.studies.layouts.brains import find_brains, subjects_of


def put(path, values=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    array = rng.uniform(1, 9, (8, 8, 4)).astype(np.float32) if values is None else values
    nib.Nifti1Image(array, np.diag([1, 1, 3, 1.0])).to_filename(path)
    return path


def test_files_are_subjects_and_folders_are_subjects_with_several_scans(tmp_path):
    put(tmp_path / "anna.nii.gz")
    put(tmp_path / "bert" / "T1w.nii.gz")
    put(tmp_path / "bert" / "PDw.nii.gz")
    put(tmp_path / "sub-03_T2w.nii")
    found = find_brains(tmp_path)
    scans = {entry.name: entry.load() for entry in found.entries}
    assert {name: scan.subject for name, scan in scans.items()} == {
        "anna": "anna", "bert T1w": "bert", "bert PDw": "bert", "sub-03_T2w": "sub-03"
    }  # fmt: skip
    assert subjects_of(found) == {"anna", "bert", "sub-03"}


def test_ixi_names_its_subjects_by_number(tmp_path):
    put(tmp_path / "IXI-T2" / "IXI012-HH-1211-T2.nii.gz")
    put(tmp_path / "IXI-PD" / "IXI012-HH-1211-PD.nii.gz")
    found = find_brains(tmp_path)
    assert subjects_of(found) == {"IXI012"}
    assert found.origin["layout"] == "ixi"
    assert [entry.name for entry in found.entries] == ["IXI012-HH-1211-PD", "IXI012-HH-1211-T2"]


def test_a_lesion_beside_a_scan_is_its_lesion_and_no_scan(tmp_path):
    put(tmp_path / "anna.nii.gz")
    spot = np.zeros((8, 8, 4), np.uint8)
    spot[2:4, 2:4] = 3
    put(tmp_path / "anna_lesion.nii.gz", spot)
    (entry,) = find_brains(tmp_path).entries
    assert (entry.load().lesion == (spot > 0)).all()


def test_of_several_volumes_the_first_is_taken_and_said(tmp_path):
    values = np.random.default_rng(0).uniform(1, 9, (8, 8, 4, 3)).astype(np.float32)
    one = find_brains(put(tmp_path / "anna.nii.gz", values)).entries[0].load()
    assert one.scan.volumes == 1
    assert "first" in one.notes[0]


def test_nothing_there_is_said(tmp_path):
    with pytest.raises(NothingToRead, match="no scan"):
        find_brains(tmp_path)
    with pytest.raises(NothingToRead, match="no folder"):
        find_brains(tmp_path / "nowhere")

"""A state folder for each test, and a scan in a folder that tells whose it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_mrsr.files import write_nifti
from napari_mrsr.scan import Scan
from tests.app.keeping.viewers import KEPT


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder for each test."""
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    KEPT.clear()
    return tmp_path / "state"


@pytest.fixture
def knee(scan: Scan, tmp_path: Path) -> Path:
    """A scan on the disk, in a folder that tells whose it is."""
    folder = tmp_path / "DOE^JANE"
    folder.mkdir()
    return write_nifti(scan, folder / "knee.nii.gz")

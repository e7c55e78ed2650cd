"""Whose scan it is stays in its own files: from opening to the report, every byte that is written is searched.

A name is planted in the header and in the path; a person opens the scan, super-resolves it, paints, is autosaved, saves
a review and exports a report. What the program says to its log, and what it shows in titles and layers, is searched.
"""

from __future__ import annotations

import gzip
import io
import logging
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr.app import exporting
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.exporting import ExportSettings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import View
from tests.app.conftest import dess
from tests.files.made_dicom import write_series

#: What must not be found, whatever its case.
PLANTED = ("zanzibar", "quetzal", "19570314", "mrn-77712", "kleiniklinik", "20260102")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A DICOM series of a named patient, in a folder with that name."""
    scan = dess((14, 12, 6))
    array = np.clip(np.round(scan.array), 0, 30_000).astype(np.uint16)
    where = tmp_path / "Zanzibar_Quetzal_19570314"
    write_series(
        where, array, scan.affine, echo_times=(7.0, 39.0), RepetitionTime=23.0, FlipAngle=20.0,
        PatientName="Quetzal^Zanzibar", PatientID="MRN-77712", PatientBirthDate="19570314", StudyDate="20260102",
        SeriesDescription="DESS knee Zanzibar", ProtocolName="Quetzal protocol", InstitutionName="Kleiniklinik",
    )  # fmt: skip
    return where


def unpacked(name: str, raw: bytes) -> bytes:
    """Return bytes with what is compressed in them; PDF streams are searched by the test of the report."""
    if name.endswith(".gz"):
        return raw + gzip.decompress(raw)
    if zipfile.is_zipfile(io.BytesIO(raw)):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return raw + b"".join(archive.read(part) for part in archive.namelist())
    return raw


def met_in(place: Path, *, least: int) -> list[str]:
    """Return where anything planted stands below a folder, in names and in bytes."""
    files = [path for path in place.rglob("*") if path.is_file()]
    assert len(files) >= least, files
    met = []
    for path in files:
        content = unpacked(path.name, path.read_bytes()).lower()
        both = content + content.replace(b"\0", b"")  # in two bytes a letter too
        met += [f"{path.name}: {word}" for word in PLANTED if word.encode() in both]
        met += [f"name {path}" for word in PLANTED if word in str(path.relative_to(place)).lower()]
    return met


def words_of(layer: Any) -> str:
    """Return what a person sees of a layer, and what napari would write of it."""
    return f"{layer.name} {layer.source.path} {getattr(layer, 'features', '')}"


def test_nothing_of_the_patient_is_written_or_shown(
    view: View, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    state = tmp_path / "state"
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(state))
    session = view.session
    with caplog.at_level(logging.INFO), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        session.open([folder])
        assert session.scan is not None
        assert "Zanzibar" in f"{session.scan.sources} {session.scan.acquisition}"  # it could get out
        session.refine(RefineSettings(method="tricubic"))
        layer = regions.new_roi(view)
        data = np.asarray(layer.data)
        data[tuple(slice(n // 3, 2 * n // 3) for n in data.shape)] = 2
        layer.data = data
        view.autosave.tick()
        assert met_in(state / "autosave", least=2) == []
        view.saving.save(tmp_path / "review")
        assert session.banner is not None
        assert session.banner.level != "bad", session.banner
        report = exporting.collect(view, layer, settings=ExportSettings())
        (tmp_path / "out").mkdir()
        exporting.export(view, report, tmp_path / "out", ExportSettings())
        assert session.banner.level == "info", session.banner
    assert met_in(tmp_path / "review", least=5) == []
    assert met_in(tmp_path / "out", least=10) == []
    shown = " ".join([view.viewer.title, *map(words_of, view.viewer.layers), view.viewer.text_overlay.text])
    said = " ".join([caplog.text, *capfd.readouterr(), *(str(w.message) for w in warned)])
    for word in PLANTED:
        assert word not in shown.lower()
        assert word not in said.lower()

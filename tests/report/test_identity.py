"""Whose scan it is does not leave: a name is planted where one can stand, and every byte written is searched."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.files import read_scan
from napari_mrsr.report.contents import Report
from napari_mrsr.report.identity import without_identity
from napari_mrsr.report.writing import Parts, write_report
from napari_mrsr.scan import Scan, Source
from tests.app.conftest import dess
from tests.files.made_dicom import write_series

#: What must not be found, whatever its case.
PLANTED = (
    "zanzibar",
    "quetzal",
    "19570314",
    "1957-03-14",
    "1957-03",
    "kleiniklinik",
    "mrn-77712",
    "20260102",
    "1.2.3.4.77",
)


def patient_series(folder: Path) -> Scan:
    """Write a DICOM series of a named patient into a folder with that name, and read it."""
    scan = dess()
    array = np.clip(np.round(scan.array), 0, 30_000).astype(np.uint16)
    write_series(
        folder, array, scan.affine, echo_times=(7.0, 39.0), RepetitionTime=23.0, FlipAngle=20.0,
        PatientName="Quetzal^Zanzibar", PatientID="MRN-77712", PatientBirthDate="19570314", StudyDate="20260102",
        SeriesDescription="DESS knee Zanzibar", ProtocolName="Quetzal protocol", InstitutionName="Kleiniklinik",
        ReferringPhysicianName="Zanzibar", AccessionNumber="MRN-77712", StudyDescription="Kleiniklinik",
    )  # fmt: skip
    return read_scan([folder])


def content_of(path: Path) -> bytes:
    """Return the bytes of a file and of what is compressed in it."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        return raw + gzip.decompress(raw)
    if path.suffix == ".pdf":  # streams are deflated
        parts = [raw]
        for piece in raw.split(b"stream\n")[1:]:
            try:
                parts.append(zlib.decompressobj().decompress(piece))
            except zlib.error:
                continue
        return b"\n".join(parts)
    return raw


def found_in(folder: Path) -> list[str]:
    """Return where anything planted stands."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    met = []
    for path in files:
        content = content_of(path).lower()
        wide = content.replace(b"\0", b"")
        met += [f"{path.name}: {word}" for word in PLANTED if word.encode() in content or word.encode() in wide]
        met += [f"name {path.name}" for word in PLANTED if word in path.name.lower()]
    return met


def written(report: Report, folder: Path, parts: Parts) -> list[Path]:
    work = write_report(report, folder, parts)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


def test_a_planted_name_is_in_no_byte_that_leaves(tmp_path: Path, make: Callable[..., Report]) -> None:
    scan = patient_series(tmp_path / "Zanzibar_Quetzal_19570314" / "knee")
    assert "Zanzibar" in str(scan.sources) and "Zanzibar" in str(scan.acquisition)  # it could leave  # noqa: PT018
    scan = scan.warn(f"{scan.sources[0].path} has odd slices", "the series DESS knee Zanzibar is read as echoes")
    others = {**scan.acquisition.others, "PatientName": "Quetzal", "AcquisitionDateTime": "2026-01-02T10:00",
              "SeriesInstanceUID": "1.2.3.4.77", "InstitutionName": "Kleiniklinik"}  # fmt: skip
    scan = scan.with_acquisition(others=others, sequence="/usr/g/Zanzibar/qdess")
    report = make(scan, notes=(f"labels of {scan.sources[0].path}",), patient="Zanzibar Quetzal")
    written(report, tmp_path / "out", Parts())
    assert found_in(tmp_path / "out") == []
    assert (tmp_path / "out" / "dicom").is_dir()
    assert "2026-" not in (tmp_path / "out" / "provenance.json").read_text(encoding="utf-8")  # no date at all


def test_an_identified_report_says_who(tmp_path: Path, make: Callable[..., Report]) -> None:
    scan = patient_series(tmp_path / "Zanzibar")
    report = make(scan, patient="Zanzibar Quetzal, 14 Mar 1957", identified=True)
    written(report, tmp_path / "out", Parts(dicom=False))
    assert "Zanzibar" in (tmp_path / "out" / "provenance.json").read_text(encoding="utf-8")
    assert without_identity(report) is report


def test_what_the_figures_rest_on_stays(report: Report) -> None:
    acquisition = replace(report.scan.acquisition, others={"ScanOptions": "FS", "PatientAge": "061Y"}, sequence="qdess")
    scan = replace(report.scan, acquisition=acquisition, sources=(Source("/data/Doe/e1.nii.gz", "12ab"),))
    clean = without_identity(replace(report, scan=scan)).scan
    assert clean.acquisition.others == {"ScanOptions": "FS"}
    assert (clean.acquisition.repetition_time, clean.acquisition.echo_times) == (23.0, (7.0, 39.0))
    assert clean.acquisition.sequence == "qdess"
    assert [source.sha256 for source in clean.sources] == ["12ab"]
    assert clean.names == ("S1", "S2")
    sr = without_identity(report).maps["SR"].history[0]
    assert (sr.name, sr.parameters["method"], sr.time) == ("super-resolution", "tricubic", "")


@pytest.mark.parametrize("line", ["knee_e1 of Doe_J is odd", "C:\\scans\\Doe_J\\knee_e1.dcm is odd", "(Doe_J) is odd"])
def test_lines_that_quote_a_path_lose_it(report: Report, line: str) -> None:
    scan = replace(report.scan, sources=(Source("C:\\scans\\Doe_J\\knee_e1.dcm", None),)).warn(line)
    (cleaned,) = without_identity(Report(scan)).scan.warnings
    assert "doe" not in cleaned.lower()
    assert cleaned.rstrip(")").endswith("is odd")


def test_volumes_named_after_files_are_numbered(report: Report) -> None:
    scan = replace(report.scan, names=("Doe_T1w", "Doe_T2w"), axis="contrast")
    assert without_identity(Report(scan)).scan.names == ("contrast 1", "contrast 2")


def test_weights_of_ones_own_may_be_called_after_a_patient(report: Report) -> None:
    step = {"method": "lean", "weights": "doe_jane.safetensors", "sha256": None}
    refined = report.scan.after("super-resolution", report.scan.array, parameters=step)
    (clean,) = without_identity(Report(report.scan, refined)).refined.history
    assert "doe" not in str(clean.parameters)
    assert clean.parameters["method"] == "lean"

"""A report is there as a whole, or not at all, and nothing that was there is lost."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from napari_mrsr.errors import BadParameter, MissingParameter, OutputNotWritable
from napari_mrsr.report import page
from napari_mrsr.report.contents import Report
from napari_mrsr.report.writing import Parts, free_folder, write_report

TABLES = Parts(page=False, bids=False, dicom=False)


def run(report: Report, folder: Path, parts: Parts) -> tuple[list[Path], list[tuple[float, str]]]:
    """Write a report and return its files and what was told on the way."""
    work, told = write_report(report, folder, parts), []
    while True:
        try:
            told.append(next(work))
        except StopIteration as done:
            return done.value, told


def test_everything_in_one_folder_with_a_record_of_it(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_mrsr.files.dicom import results

    asked: dict[str, Any] = {}

    def stand_in(folder: Path, **given: Any) -> list[Path]:
        asked.update(given)
        series = folder / "echoes_sr"
        series.mkdir(parents=True)
        (series / "0001.dcm").write_bytes(b"dicom")
        return [series]

    monkeypatch.setattr(results, "write_dicom_results", stand_in)
    files, told = run(report, tmp_path / "out", Parts())
    assert [text for _, text in told] == ["tables", "page", "BIDS derivatives", "DICOM results", "provenance"]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert set(files) == {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    record = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert {file["Name"] for file in record["Files"]} >= {
        "stats.csv",
        "roi.nii.gz",
        "report.pdf",
        "dicom/echoes_sr/0001.dcm",
    }
    assert (asked["deidentify"], asked["scan"], asked["method"]) == (True, report.scan, "tricubic x2 across the slices")
    assert set(asked["tables"]) == set(asked["maps"]) == {"acquired", "SR"}


def test_a_signal_is_no_map_for_the_pacs(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_mrsr.files.dicom import results

    asked: dict[str, Any] = {}
    monkeypatch.setattr(results, "write_dicom_results", lambda folder, **given: asked.update(given) or [])
    signal = replace(report, maps={"acquired": report.scan.volume(0)})
    run(signal, tmp_path / "out", Parts(page=False, bids=False))
    assert asked["maps"] == asked["tables"] == {}


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EDQUOT, "quota")]
)
def test_a_full_disk_leaves_nothing_and_loses_nothing(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    (tmp_path / "kept").write_text("kept")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(page, "write_page", full)
    with pytest.raises(OutputNotWritable, match=said) as refused:
        run(report, tmp_path / "out", Parts(bids=False, dicom=False))
    assert refused.value.where == tmp_path / "out"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_stopped_half_way_nothing_is_there(report: Report, tmp_path: Path) -> None:
    work = write_report(report, tmp_path / "out", Parts(dicom=False))
    next(work)
    next(work)
    work.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(report: Report, tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritable, match="does not exist"):
        run(report, tmp_path / "absent" / "out", TABLES)
    with pytest.raises(OutputNotWritable):
        run(report, Path("/proc/out"), TABLES)


def test_what_is_there_is_never_overwritten(report: Report, tmp_path: Path) -> None:
    first = free_folder(tmp_path)
    run(report, first, TABLES)
    before = {path: path.read_bytes() for path in first.iterdir()}
    with pytest.raises(OutputNotWritable, match="holds something already"):
        run(report, first, TABLES)
    second = free_folder(tmp_path)
    assert second.name == "mrsr-report-2"
    run(report, second, TABLES)
    assert {path: path.read_bytes() for path in first.iterdir()} == before
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(report, empty, TABLES)[0]


def test_what_cannot_be_written_is_refused_before_anything_is(report: Report, tmp_path: Path) -> None:
    bare = Report(report.scan)
    with pytest.raises(MissingParameter, match="nothing is painted"):
        run(bare, tmp_path / "out", TABLES)
    with pytest.raises(MissingParameter, match="nothing is derived"):
        run(bare, tmp_path / "out", Parts(tables=False, page=False))
    with pytest.raises(BadParameter, match="nothing is chosen"):
        run(report, tmp_path / "out", Parts(tables=False, page=False, bids=False, dicom=False))
    assert list(tmp_path.iterdir()) == []

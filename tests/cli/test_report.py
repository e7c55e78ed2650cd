"""``napari-mrsr report`` leaves a folder that is whole, and refuses in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def knee(dess: Callable[..., list[Path]], write: Callable[..., Path], shell: Any, tmp_path: Path) -> dict[str, Any]:
    """A DESS scan of T2 35 ms, its T2 map by the exact method, labels and their names."""
    scan = dess()
    t2 = tmp_path / "t2.nii.gz"
    assert shell("t2", *scan, "-o", t2, "--method", "epg").code == 0
    labels = np.zeros((20, 16, 12))
    labels[5:12, 4:10, 3:8] = 2
    regions = write("labels.nii.gz", labels, dtype=np.uint8)
    names = tmp_path / "names.json"
    names.write_text(json.dumps({"2": "femoral cartilage"}), encoding="utf-8")
    return {"scan": scan, "t2": t2, "labels": regions, "names": names}


def test_tables_and_page(shell: Any, knee: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "new" / "report"
    outcome = shell(
        "report", *knee["scan"], "--map", knee["t2"], "--labels", knee["labels"], "--names", knee["names"], "-o", out
    )
    assert outcome.code == 0, outcome.err
    assert {path.name for path in out.iterdir()} == {
        "stats.csv", "report.pdf", "roi.nii.gz", "roi.json", "provenance.json",
    }  # fmt: skip
    row = pd.read_csv(out / "stats.csv").iloc[0]
    assert (row["name"], row["map"], row["unit"]) == ("femoral cartilage", "T2 (acquired)", "ms")
    assert row["mean"] == pytest.approx(35.0, abs=0.1)
    assert str(out / "stats.csv") in outcome.out


def test_super_resolved_beside_acquired_in_bids(shell: Any, knee: dict[str, Any], tmp_path: Path) -> None:
    sharp, t2_sharp, trust = tmp_path / "sharp.nii.gz", tmp_path / "t2_sharp.nii.gz", tmp_path / "trust"
    assert shell("sr", *knee["scan"], "-o", sharp, "--method", "tricubic", "--trust", trust).code == 0
    assert shell("t2", sharp, "-o", t2_sharp, "--method", "epg").code == 0
    out = tmp_path / "report"
    outcome = shell(
        "report", *knee["scan"], "--map", t2_sharp, "--map", knee["t2"], "--sr", sharp, "--labels", knee["labels"],
        "--trust", trust / "summary.json", "--erode", "0.6", "--bids", "--no-pdf", "--subject", "07", "-o", out,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    compared = pd.read_csv(out / "stats_acquired_sr.csv")
    assert compared["difference"].abs().max() < 0.5
    anat = out / "bids" / "sub-07" / "anat"
    for role in ("acquired", "SR"):
        image = nib.load(anat / f"sub-07_desc-{role}_T2map.nii.gz")
        assert np.nanmedian(np.asarray(image.dataobj)) == pytest.approx(0.035, abs=5e-4)
    assert not (out / "report.pdf").exists()


def test_dicom_goes_back_as_dicom(shell: Any, dicom: Callable[..., Path], tmp_path: Path) -> None:
    import pydicom

    series = dicom(slices=8)
    dicom(slices=8, echo=2)
    assert shell("t2", series, "-o", tmp_path / "t2.nii.gz").code == 0
    out = tmp_path / "report"
    outcome = shell("report", series, "--map", tmp_path / "t2.nii.gz", "--dicom", "--no-pdf", "-o", out)
    assert outcome.code == 0, outcome.err
    files = list((out / "dicom").rglob("*.dcm"))
    assert files
    assert {str(pydicom.dcmread(path).PatientName) for path in files}.isdisjoint({"Phantom^Knee"})


def test_refusals_leave_nothing(refused: Callable[..., str], knee: dict[str, Any], tmp_path: Path) -> None:
    scan, out = knee["scan"], tmp_path / "out"
    labels, t2 = ("--labels", knee["labels"]), ("--map", knee["t2"])
    assert "--identified" in refused("report", *scan, *labels, *t2, "-o", out, "--patient", "Jane")
    assert "holds something" in refused("report", *scan, *labels, *t2, "-o", tmp_path)
    assert "like the map before" in refused("report", *scan, *labels, *t2, *t2, "-o", out)
    assert "no summary of trust" in refused("report", *scan, *labels, *t2, "--trust", knee["names"], "-o", out)
    assert "nothing is chosen" in refused("report", *scan, "--no-pdf", "-o", out)
    assert "nothing is derived" in refused("report", *scan, "--no-pdf", "--bids", "-o", out)
    assert "--paper" in refused("report", *scan, "--paper", "A5", "-o", out)
    assert "does not exist" in refused("report", tmp_path / "absent.nii.gz", "-o", out)
    refused("report", *scan, *labels, *t2, "-o", "/proc/out")


def test_empty_labels_are_said(
    refused: Callable[..., str], write: Callable[..., Path], knee: dict[str, Any], tmp_path: Path
) -> None:
    nothing = write("nothing.nii.gz", np.zeros((20, 16, 12)), dtype=np.uint8)
    line = refused("report", *knee["scan"], "--map", knee["t2"], "--labels", nothing, "-o", tmp_path / "out")
    assert "nothing is painted" in line

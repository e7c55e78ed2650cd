"""What the ROI dock exports is what is painted when the button is pressed, gathered from the view."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from napari_mrsr.app import exporting
from napari_mrsr.app.events import RefineSettings, T2Settings
from napari_mrsr.app.exporting import ExportSettings, Parts
from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import View
from napari_mrsr.errors import MissingParameter
from napari_mrsr.networks.made_by import model_facts
from napari_mrsr.report import page
from napari_mrsr.scan import Scan

TABLES = ExportSettings(Parts(page=False, bids=False, dicom=False))


@pytest.fixture
def painted(view: View, scan: Scan) -> tuple[View, Any]:
    """A view with fine slices, T2 maps and a painted ROI of 120 voxels in tissue of 30 ms."""
    view.session.t2 = T2Settings(method="epg")
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    layer = regions.new_roi(view)
    layer.data[8:14, 7:12, 5:9] = 1
    layer.events.paint(value=[])
    return view, layer


def export(view: View, layer: Any, folder: Path, settings: ExportSettings) -> None:
    report = exporting.collect(view, layer, erosion_mm=0.5, settings=settings)
    exporting.export(view, report, folder, settings)


def test_tables_regions_and_origin_of_what_is_painted(painted: tuple[View, Any], tmp_path: Path) -> None:
    view, layer = painted
    found = regions.measure(view, layer, erosion_mm=0.5)
    export(view, layer, tmp_path, TABLES)
    folder = tmp_path / "mrsr-report"
    assert {p.name for p in folder.iterdir()} == {
        "stats.csv", "stats_acquired_sr.csv", "stats_erosion.csv", "roi.nii.gz", "roi.json", "provenance.json",
    }  # fmt: skip
    table = pd.read_csv(folder / "stats.csv")
    assert list(table["map"]) == ["T2 (acquired)", "T2 (SR)"]
    assert table["mean"].tolist() == pytest.approx([t.iloc[0]["mean"] for t in found.statistics.values()])
    record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert record["Unit"] == "ms"
    assert record["Maps"]["SR"]["History"][0]["Name"] == "super-resolution"
    assert record["Settings"]["t2"]["method"] == "epg"
    roi, result = nib.load(folder / "roi.nii.gz"), view.session.result
    assert result is not None
    np.testing.assert_allclose(roi.affine, result.scan.affine, atol=1e-5)
    assert int((np.asarray(roi.dataobj) == 1).sum()) == 120
    banner = view.session.banner
    assert banner is not None
    assert (banner.level, banner.text) == ("info", "wrote 6 files into mrsr-report")
    assert str(folder) in banner.details


def test_a_second_export_stands_beside_the_first(painted: tuple[View, Any], tmp_path: Path) -> None:
    view, layer = painted
    export(view, layer, tmp_path, TABLES)
    export(view, layer, tmp_path, TABLES)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mrsr-report", "mrsr-report-2"]


def test_what_is_painted_while_it_is_written_does_not_enter(painted: tuple[View, Any], tmp_path: Path) -> None:
    view, layer = painted
    report = exporting.collect(view, layer, settings=TABLES)
    layer.data[:] = 2
    exporting.export(view, report, tmp_path, TABLES)
    roi = nib.load(tmp_path / "mrsr-report" / "roi.nii.gz")
    assert int(np.asarray(roi.dataobj).max()) == 1


def test_trust_and_the_card_of_the_method_enter(painted: tuple[View, Any], tmp_path: Path) -> None:
    view, layer = painted
    layer.data[6:16, 5:15, 3:14] = 1
    view.session.find_trust()
    report = exporting.collect(view, layer, settings=TABLES)
    assert report.lights[1].word in ("good", "check", "doubt")
    assert "volumes" in report.trust
    assert model_facts(report.refined) == ()  # tricubic was not trained
    step = {"method": "lean", "factor": 2, "axis": 2}
    trained = view.session.scan.after("super-resolution", view.session.scan.array, parameters=step)
    assert dict(model_facts(trained))["Trained on"] == "knee, brain"
    own = view.session.scan.after("super-resolution", view.session.scan.array, parameters={**step, "sha256": None})
    assert "not known" in dict(model_facts(own))["Trained on"]


def test_regions_of_the_cartilage_come_along_and_old_ones_say_so(painted: tuple[View, Any]) -> None:
    view, layer = painted
    view.cartilage.find(layer, side="right")
    report = exporting.collect(view, layer, settings=TABLES)
    assert set(report.regional) == {"acquired", "SR"}
    assert report.thickness is not None
    assert report.flats[0].unit == "ms"
    assert not any("before it was last painted" in line for line in report.notes)
    layer.data[2:6, 2:10, 12:18] = 1
    again = exporting.collect(view, layer, settings=TABLES)
    assert any("before it was last painted" in line for line in again.notes)


def test_nothing_painted_and_nothing_open_are_said(view: View, scan: Scan, tmp_path: Path) -> None:
    with pytest.raises(MissingParameter, match="no scan is open"):
        exporting.collect(view, None, settings=TABLES)
    view.session.adopt(scan)
    layer = regions.new_roi(view)
    report = exporting.collect(view, layer, settings=TABLES)
    assert report.labels is None
    with pytest.raises(MissingParameter, match="nothing is painted"):
        exporting.check(report, TABLES.parts)
    export(view, layer, tmp_path, TABLES)
    assert view.session.banner is not None
    assert view.session.banner.level == "bad"
    assert list(tmp_path.iterdir()) == []


def test_a_missing_or_full_folder_becomes_a_banner(
    painted: tuple[View, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, layer = painted
    export(view, layer, tmp_path / "absent", TABLES)
    assert view.session.banner is not None
    assert view.session.banner.level == "bad"

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(page, "write_page", full)
    export(view, layer, tmp_path, ExportSettings(Parts(bids=False, dicom=False)))
    assert "the disk is full" in view.session.banner.text
    assert list(tmp_path.iterdir()) == []
    assert view.session.running is None


def test_stop_leaves_nothing(painted: tuple[View, Any], tmp_path: Path) -> None:
    view, layer = painted
    session = view.session
    report = exporting.collect(view, layer, settings=TABLES)
    session.progressed.connect(lambda _running: session.stop())
    exporting.export(view, report, tmp_path, TABLES)
    assert list(tmp_path.iterdir()) == []
    assert session.banner is not None
    assert "nothing was written" in session.banner.text


def test_one_thing_at_a_time(painted: tuple[View, Any], tmp_path: Path) -> None:
    view, layer = painted
    report = exporting.collect(view, layer, settings=TABLES)
    held: list[Iterator[Any]] = []
    view.session._runner = lambda events, receive, ended: held.append(events())
    view.session.find_trust()
    exporting.export(view, report, tmp_path, TABLES)
    assert view.session.banner is not None
    assert "Trust is still running" in view.session.banner.text
    assert list(tmp_path.iterdir()) == []


def test_a_partial_result_is_not_exported(painted: tuple[View, Any]) -> None:
    view, layer = painted
    assert view.session.result is not None
    view.session.result.partial = True
    assert exporting.collect(view, layer, settings=TABLES).refined is None
    settings = replace(TABLES, deidentify=False, patient="J. Doe")
    assert exporting.collect(view, layer, settings=settings).patient == "J. Doe"

"""Means with their error in the live table, what stands behind them, and T1 by region."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mrsr.app import tissue
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.exporting import ExportSettings, collect
from napari_mrsr.app.figure import Figure
from napari_mrsr.app.reading import regions_table, roi_table
from napari_mrsr.app.roi import regions
from napari_mrsr.app.roi.region_names import PRESETS, add_region
from napari_mrsr.app.roi.roi_placement import placed_labels
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.errors import MissingParameter
from napari_mrsr.files import write_nifti
from napari_mrsr.physics.tissues import TISSUES, tissue_of
from napari_mrsr.report.wording import bias_line, t2_line
from napari_mrsr.scan import Scan


@pytest.fixture
def layer(view: View, scan: Scan) -> Any:
    """Two regions on a super-resolved ball, with the layers of trust."""
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    view.session.find_trust()
    made = regions.new_roi(view)
    made.data[8:14, 7:12, 5:9] = 1
    made.data[8:14, 7:12, 14:18] = 3
    return made


def test_a_mean_is_told_with_its_error_and_sorted_as_the_number(view: View, layer: Any) -> None:
    table = regions_table(regions.measure(view, layer))
    assert table is not None
    for column in ("acquired", "SR [tricubic]"):
        cell = table[column].iloc[0]
        assert isinstance(cell, Figure)
        n = 1 if cell.error >= 0.095 else 2
        assert str(cell) == f"{float(cell):.{n}f} ± {cell.error:.{n}f}"
        assert 0.01 < cell.error < 0.3
    words = table.attrs["cell_help"][1, "SR [tricubic]"]
    assert "standard error of the mean by noise alone" in words
    assert "which count as" in words  # SR voxels share the noise of the acquired ones
    assert "If T1 is 100 ms longer, T2 is read" in words
    assert "If B1 is 10 % low, T2 is read" in words
    assert "T1 1200 ms" in words


def test_one_region_in_full_has_error_and_changes(view: View, layer: Any) -> None:
    table = roi_table(regions.measure(view, layer), 1)
    assert table is not None
    for row in ("its SE by noise [ms]", "voxels that count", "if T1 100 ms longer [ms]", "if B1 10 % low [ms]"):
        assert np.isfinite(table.loc[row, "acquired"])


def test_rethickened_t2_has_a_column_and_the_median_of_its_layer(view: View, layer: Any) -> None:
    found = regions.measure(view, layer)
    table = regions_table(found, full=True)
    assert table is not None
    shown = table["thickened"].iloc[0]
    difference = view.session.trust.t2_difference  # type: ignore[union-attr]
    inside = placed_labels(view, layer).array[0][..., ::2] == 1  # coarse sample k lies on fine sample 2 k
    assert float(shown) == pytest.approx(np.nanmedian(difference.array[0][inside]), abs=1e-6)
    assert str(shown) == f"{found.rethickened[1].median:+.2f} ({found.rethickened[1].iqr:.1f})"
    assert "thickened" not in regions_table(found)  # type: ignore[operator]


def test_a_region_lost_in_noise_is_a_word_and_no_number(view: View, scan: Scan) -> None:
    random = np.random.default_rng(0)
    weak = np.array(scan.array)
    weak[1] = np.hypot(random.normal(0, 8, weak[1].shape), random.normal(0, 8, weak[1].shape))
    view.session.adopt(replace(scan, array=weak.astype(np.float32)))
    view.session.refine(RefineSettings(method="tricubic"))
    made = regions.new_roi(view)
    label = add_region(made, "medial meniscus")
    made.data[8:14, 7:12, 5:18] = label
    found = regions.measure(view, made)
    table = regions_table(found)
    assert table is not None
    assert [str(table[c].iloc[0]) for c in ("acquired", "SR [tricubic]")] == ["too short", "too short"]
    assert np.isnan(float(table["acquired"].iloc[0]))
    assert "T2 is too short for this TR and TE" in table.attrs["cell_help"][label, "acquired"]
    assert table["undet. %"].iloc[0] > 50
    assert np.isnan(found.statistics["SR"]["mean"].item())


def test_presets_offer_menisci_tendons_and_ligaments_whose_tissue_is_known() -> None:
    names = [name for group in PRESETS.values() for name in group]
    assert {"medial meniscus", "patellar tendon", "quadriceps tendon", "anterior cruciate ligament"} <= set(names)
    assert {tissue_of(name) for name in names} <= TISSUES.keys()
    assert TISSUES["tendon"].t1 == 725  # Wright 2012, SR-UTE


def test_t1_by_region_maps_t2_again_and_stands_in_history_settings_and_report(view: View, layer: Any) -> None:
    before = regions.measure(view, layer)
    tissue.take(view, layer, {1: 800.0})
    after = regions.measure(view, layer)
    for role in ("acquired", "SR"):
        one, two = (m.statistics[role].set_index("label")["mean"] for m in (before, after))
        assert two[1] > one[1] + 0.5
        assert two[3] == pytest.approx(one[3], rel=1e-5)
        step = after.maps[role].history[-1].parameters
        assert (step["t1_by_tissue"], step["t1_elsewhere"]) == ({"medial femoral cartilage": 800.0}, 1200.0)
    assert after.statistics["SR"].set_index("label")["t1_assumed"].to_dict() == {1: 800.0, 3: 1200.0}
    report = collect(view, layer, settings=ExportSettings())
    assert json.loads(json.dumps(report.settings))["t2"]["t1_by_tissue"] == {"medial femoral cartilage": 800.0}
    assert "T1 by region (medial femoral cartilage 800 ms; elsewhere 1200 ms)" in t2_line(report.maps)
    assert "reads T2 too long" in bias_line(report.maps)
    tissue.take(view, None, {})
    again = regions.measure(view, layer).statistics["SR"]["mean"]
    np.testing.assert_allclose(again, before.statistics["SR"]["mean"], rtol=1e-6)


def test_it_is_let_go_with_the_scan_and_refused_without_regions(view: View, layer: Any, scan: Scan) -> None:
    tissue.take(view, layer, {1: 800.0})
    with pytest.raises(MissingParameter, match="is painted"):
        tissue.take(view, layer, {5: 800.0})
    with pytest.raises(MissingParameter, match="no regions"):
        tissue.take(view, None, {1: 800.0})
    view.session.adopt(scan)
    assert view.session.t2.tissue is None


def test_it_is_kept_with_a_review(view: View, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    view.session.open([write_nifti(scan, tmp_path / "knee.nii.gz")])
    view.session.refine(RefineSettings(method="tricubic"))
    made = regions.new_roi(view)
    made.data[8:14, 7:12, 5:9] = 1
    tissue.take(view, made, {1: 800.0})
    before = view.session.t2
    view.saving.save(tmp_path / "review")
    viewer = ViewerModel()
    again = view_of(viewer, run_here)
    again.saving.open(tmp_path / "review")
    assert again.session.t2 == before
    assert again.session.t2.tissue is not None
    assert again.session.t2.tissue.told == {"medial femoral cartilage": 800.0}

"""ROIs are painted on the fine grid, measured on every map, and written with what they came from."""

from __future__ import annotations

import pytest

from napari_mrsr.app.events import RefineSettings, T2Settings
from napari_mrsr.app.reading import regions_table, roi_table
from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import View
from napari_mrsr.errors import MissingParameter
from napari_mrsr.scan import Scan


@pytest.fixture
def reviewed(view: View, scan: Scan) -> View:
    """A view with fine slices and T2 maps."""
    view.session.t2 = T2Settings(method="epg")  # the exact one
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    return view


def paint_front(layer) -> None:
    """Paint the middle of the front half of the ball, whose T2 is 30 ms."""
    layer.data[8:14, 7:12, 5:9] = 1
    layer.events.paint(value=[])


def test_a_new_roi_lies_on_the_fine_grid_ready_for_the_brush(reviewed: View) -> None:
    layer = regions.new_roi(reviewed)
    assert layer.data.shape == reviewed.layer("S1 SR x2 [tricubic]").data.shape
    assert (layer.mode, layer.selected_label) == ("paint", 1)
    assert regions.names_of(layer)[1] == "medial femoral cartilage"
    assert regions.new_roi(reviewed).name != layer.name


def test_without_a_scan_there_is_nothing_to_paint_on(view: View) -> None:
    with pytest.raises(MissingParameter, match="no scan is open"):
        regions.new_roi(view)


def test_painted_t2_is_that_of_the_tissue_in_both_maps(reviewed: View) -> None:
    layer = regions.new_roi(reviewed)
    paint_front(layer)
    found = regions.measure(reviewed, layer, erosion_mm=0.5)
    assert list(found.statistics) == ["acquired", "SR"]
    for table in found.statistics.values():
        assert table.iloc[0]["name"] == "medial femoral cartilage"
        assert table.iloc[0]["mean"] == pytest.approx(30.0, abs=1.5)
    assert found.statistics["SR"].iloc[0]["n"] == 6 * 5 * 4
    assert found.statistics["SR"].iloc[0]["volume_mm3"] == pytest.approx(120 * 0.5 * 0.5 * 0.75)
    assert found.compared is not None
    assert abs(found.compared.iloc[0]["difference"]) < 1.0
    assert found.erosion is not None
    assert found.erosion.iloc[0]["n_eroded"] < 120
    assert any("nearest neighbour" in line for line in found.notes)


def test_without_maps_the_signal_is_measured(view: View, scan: Scan) -> None:
    view.session.adopt(scan.volume(0))
    layer = regions.new_roi(view)
    layer.data[4:7, 7:12, 5:9] = 2
    found = regions.measure(view, layer)
    inside = layer.data == 2
    assert found.statistics["acquired"].iloc[0]["mean"] == pytest.approx(
        float(view.layer("S1 (acquired)").data[inside].mean(dtype=float)), rel=1e-5
    )


def test_tables_are_laid_out_for_a_narrow_dock(reviewed: View) -> None:
    layer = regions.new_roi(reviewed)
    paint_front(layer)
    layer.data[8:14, 7:12, 14:18] = 3
    found = regions.measure(reviewed, layer)
    one = roi_table(found, 1)
    assert one is not None
    assert list(one.columns) == ["acquired", "SR [tricubic]", "published"]
    assert one.loc["voxels", "SR [tricubic]"] == 120
    assert roi_table(found, 2) is None
    every = regions_table(found)
    assert every is not None
    assert list(every.index) == ["medial femoral", "medial tibial"]
    assert every.loc["medial tibial", "SR [tricubic]"] == pytest.approx(50.0, abs=3.0)
    assert every.loc["medial femoral", "SR-acq"] == pytest.approx(
        every.loc["medial femoral", "SR [tricubic]"] - every.loc["medial femoral", "acquired"]
    )


def test_the_truth_of_a_scan_that_is_no_simulation_is_not_known(reviewed: View) -> None:
    with pytest.raises(MissingParameter, match="truth"):
        regions.truth_roi(reviewed)

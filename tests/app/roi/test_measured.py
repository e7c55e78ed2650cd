"""The live tables: where labels lie, what is kept, which methods stand side by side, and what bad labels say."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.app.events import RefineSettings, T2Settings
from napari_mrsr.app.reading import regions_table
from napari_mrsr.app.roi import measured, regions
from napari_mrsr.app.viewing import View
from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.scan import Scan


@pytest.fixture
def reviewed(view: View, scan: Scan) -> View:
    """A view with fine slices and T2 maps."""
    view.session.t2 = T2Settings(method="epg")
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    return view


def front_and_back(view: View):
    """Return an ROI with the front half of the ball (T2 30 ms) and the back half (50 ms)."""
    layer = regions.new_roi(view)
    layer.data[8:14, 7:12, 5:9] = 1
    layer.data[8:14, 7:12, 14:18] = 3
    return layer


def test_only_the_region_that_was_painted_is_measured_again(reviewed: View, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = front_and_back(reviewed)
    first = regions.measure(reviewed, layer)
    read: list[int] = []
    from napari_mrsr.app.roi import region_cache

    counted = region_cache._statistics
    monkeypatch.setattr(region_cache, "_statistics", lambda m, r: (read.append(int(r.array.max())), counted(m, r))[1])
    again = regions.measure(reviewed, layer)
    assert read == []
    layer.data[8, 7, 9] = 1
    after = regions.measure(reviewed, layer)
    assert set(read) == {1}
    for role in first.statistics:
        one, two, three = (m.statistics[role].set_index("label") for m in (first, again, after))
        assert one.equals(two)
        assert one.loc[3].equals(three.loc[3])
    assert after.statistics["SR"].set_index("label").loc[1, "volume_mm3"] == pytest.approx(121 * 0.5 * 0.5 * 0.75)


def test_a_new_map_is_measured_though_the_labels_stay(reviewed: View) -> None:
    layer = front_and_back(reviewed)
    before = regions.measure(reviewed, layer).statistics["SR"]["mean"].tolist()
    reviewed.session.map_t2(T2Settings(method="analytic"))
    after = regions.measure(reviewed, layer).statistics["SR"]["mean"].tolist()
    assert before != after


def test_methods_that_were_run_stand_side_by_side(reviewed: View) -> None:
    layer = front_and_back(reviewed)
    reviewed.session.refine(RefineSettings(method="trilinear"))
    found = regions.measure(reviewed, layer)
    assert list(found.statistics) == ["acquired", "SR", "tricubic x2"]
    table = regions_table(found)
    assert table is not None
    assert {"acquired", "SR [trilinear]", "SR [tricubic]", "SR-acq", "CV %"} <= set(table.columns)
    full = regions_table(found, full=True)
    assert full is not None
    pair = full.loc["medial femoral", ["acquired", "SR [tricubic]"]].to_numpy(float)
    assert full.loc["medial femoral", "SR [tricubic] CV %"] == pytest.approx(100 * np.std(pair, ddof=1) / np.mean(pair))
    assert full.loc["medial femoral", "SR [tricubic] -acq"] == pytest.approx(pair[1] - pair[0])
    reviewed.session.map_t2(T2Settings(method="analytic"))  # maps of other settings are not compared
    assert list(regions.measure(reviewed, layer).statistics) == ["acquired", "SR"]


def test_the_light_comes_with_the_layers_of_trust(reviewed: View) -> None:
    layer = front_and_back(reviewed)
    assert regions.measure(reviewed, layer).lights == {}
    assert "trust" not in regions_table(regions.measure(reviewed, layer)).columns
    reviewed.session.find_trust()
    trust = reviewed.session.trust
    assert trust is not None
    found = regions.measure(reviewed, layer)
    assert set(found.lights) == {1, 3}
    trust.z.array[:] = 0.0
    trust.t2_difference.array[:] = 2.0
    measured.measuring_of(reviewed)._caches.clear()
    lights = regions.measure(reviewed, layer).lights
    assert {light.word for light in lights.values()} == {"check"}
    assert "+2.0 ms" in lights[1].why
    assert regions_table(found).columns[0] == "trust"
    assert regions_table(found, full=True).columns[0] == "trust"


def test_labels_moved_on_the_screen_are_measured_where_they_are_seen(reviewed: View) -> None:
    layer = front_and_back(reviewed)
    layer.data[layer.data == 3] = 0
    assert regions.measure(reviewed, layer).statistics["SR"].iloc[0]["mean"] == pytest.approx(30.0, abs=1.5)
    layer.translate = np.asarray(layer.translate) + np.array([0.0, 0.0, 9 * 0.5])  # from the front half to the back
    found = regions.measure(reviewed, layer)
    assert found.statistics["SR"].iloc[0]["mean"] == pytest.approx(50.0, abs=3.0)
    assert any("moved on the screen (+4.5 mm A→P)" in line for line in found.notes)


def test_turned_labels_are_refused_and_labels_beside_the_map_are_said(reviewed: View) -> None:
    layer = front_and_back(reviewed)
    layer.translate = np.asarray(layer.translate) + np.array([0.0, 500.0, 0.0])
    found = regions.measure(reviewed, layer)
    assert all(len(table) == 0 for table in found.statistics.values())
    assert any("outside the map" in line for line in found.notes)
    layer.rotate = (0.0, 0.0, 30.0)
    with pytest.raises(GeometryMismatch, match="turned on the screen"):
        regions.measure(reviewed, layer)


def test_a_region_without_a_value_has_a_row_and_a_note(reviewed: View) -> None:
    layer = regions.new_roi(reviewed)
    layer.data[0, :2, :2] = 5  # air
    found = regions.measure(reviewed, layer)
    assert found.statistics["SR"].iloc[0]["n"] == 0
    assert any("patellar cartilage: no voxel has a value" in line for line in found.notes)
    table = regions_table(found)
    assert table is not None
    assert np.isnan(table["SR [tricubic]"].astype(float)).all()


def test_data_of_another_size_are_refused(reviewed: View) -> None:
    layer = front_and_back(reviewed)
    layer.data = np.zeros((3, 4, 5), np.uint8)
    with pytest.raises(GeometryMismatch, match="3x4x5"):
        regions.measure(reviewed, layer)


def test_names_are_added_chosen_and_changed(reviewed: View) -> None:
    from napari_mrsr.app.roi.region_names import PRESETS, add_region, rename_region

    layer = front_and_back(reviewed)
    label = add_region(layer, "  medial   meniscus ")
    assert (label, layer.selected_label) == (7, 7)
    assert regions.names_of(layer)[7] == "medial meniscus"
    assert add_region(layer, "medial meniscus") == 7
    layer.data[0, 0, 0] = 8
    assert add_region(layer, PRESETS["Ligaments"][0]) == 9  # 8 is painted, if nameless
    rename_region(layer, 1, "weight-bearing cartilage")
    assert regions.names_of(layer)[1] == "weight-bearing cartilage"
    with pytest.raises(BadParameter, match="already"):
        rename_region(layer, 2, "medial meniscus")
    with pytest.raises(BadParameter, match="empty"):
        add_region(layer, "   ")


def test_a_region_is_shown_and_the_colours_come_back(reviewed: View) -> None:
    from napari_mrsr.app.roi.highlight import FAINT, Highlight, go_to

    layer = front_and_back(reviewed)
    before = layer.colormap, layer.opacity, layer.selected_label, layer.mode
    shown = Highlight()
    shown.show(layer, 3, [1, 3])
    assert layer.get_color(3)[3] == 1.0
    assert layer.get_color(1)[3] == pytest.approx(FAINT)
    assert (layer.selected_label, layer.mode) == before[2:]
    shown.show(layer, 1, [1, 3])
    shown.end()
    assert (layer.colormap, layer.opacity) == before[:2]
    shown.show(layer, 1, [1, 3])
    reviewed.viewer.layers.remove(layer)
    shown.end()  # nothing to put back, nothing raised
    other = front_and_back(reviewed)
    assert go_to(reviewed.viewer, other, 3)
    z, y, x = (round(float(i)) for i in other.world_to_data(reviewed.viewer.dims.point))
    assert other.data[z, y, x] == 3
    assert not go_to(reviewed.viewer, other, 6)

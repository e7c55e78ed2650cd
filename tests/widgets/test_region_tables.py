"""The tables of the ROI dock: sorted, copied, pointed at; regions named; what goes wrong is a banner."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QGuiApplication

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.viewing import View
from napari_mrsr.roi.trust_light import Light
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.roi import RoiDock
from napari_mrsr.widgets.table import TableView
from tests.widgets.pointing import leave, move_over


@pytest.fixture
def table() -> pd.DataFrame:
    """Three regions; one has no value."""
    made = pd.DataFrame(
        {
            "SR": [38.0, np.nan, 31.5],
            "n": [9, 120, 20],
            "trust": [Light("red", "off"), Light(None, "few"), Light("green", "fine")],
        },
        index=["femoral", "tibial", "patellar"],
    )
    made.attrs.update(keys=[1, 3, 5], help={"SR": "mean"}, cell_help={(5, "SR"): "source"})
    return made


@pytest.fixture
def shown(qtbot: Any, table: pd.DataFrame) -> TableView:
    """A table that can be sorted."""
    view = TableView(sortable=True)
    qtbot.addWidget(view)
    view.show_table(table)
    return view


def order(view: TableView) -> list[int]:
    """Return the keys in the order on the screen."""
    return [view.rows.key(n) for n in range(view.rows.rowCount())]


def test_a_header_sorts_rising_falling_and_back_and_no_value_comes_last(shown: TableView) -> None:
    header = shown.horizontalHeader()
    for expected in ([5, 1, 3], [1, 5, 3], [1, 3, 5]):
        header.sectionClicked.emit(0)
        assert order(shown) == expected
    header.sectionClicked.emit(1)
    assert order(shown) == [1, 5, 3]  # numbers as numbers: 9, 20, 120
    header.sectionClicked.emit(2)
    assert order(shown) == [5, 1, 3]  # green before red


def test_what_is_sorted_stays_so_while_the_numbers_change(shown: TableView, table: pd.DataFrame) -> None:
    shown.sort_next(0)
    shown.selectRow(1)
    newer = table.assign(SR=[30.0, 50.0, 40.0])
    newer.attrs = table.attrs
    shown.show_table(newer)
    assert order(shown) == [1, 5, 3]
    assert shown.rows.headerData(0, Qt.Orientation.Horizontal).startswith("SR")
    newest = newer.assign(SR=[31.0, 51.0, 41.0])
    newest.attrs = table.attrs
    shown.selectRow(1)
    shown.show_table(newest)  # the same rows: the selection stays
    assert shown.selectionModel().hasSelection()


def test_the_selection_is_copied_with_its_headers_or_else_all(shown: TableView) -> None:
    shown.sort_next(0)
    shown.copy()
    whole = pd.read_csv(io.StringIO(QGuiApplication.clipboard().text()), sep="\t", index_col=0)
    assert list(whole.index) == ["patellar", "femoral", "tibial"]
    assert list(whole["trust"]) == ["good", "doubt", "–"]
    shown.selectionModel().select(shown.rows.index(1, 0), shown.selectionModel().SelectionFlag.Select)
    shown.copy()
    assert QGuiApplication.clipboard().text().split() == ["SR", "femoral", "38.0"]
    shown.copy_all()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 4


def test_the_menu_offers_copying_and_what_can_be_done_with_the_row(shown: TableView) -> None:
    done: list[int] = []
    shown.row_actions = {"Go": done.append}
    menu = shown.menu_at(QPoint(2, shown.rowViewportPosition(2) + 2))
    texts = {action.text(): action for action in menu.actions()}
    assert {"Go", "Copy table", "Copy selection"} <= set(texts)
    texts["Go"].trigger()
    assert done == [5]


def test_pointing_tells_the_row_and_leaving_tells_none(qtbot: Any, shown: TableView) -> None:
    told: list[Any] = []
    shown.hovered.connect(told.append)
    shown.show()
    for part in (shown.viewport(), shown.verticalHeader().viewport()):
        told.clear()
        for row in (0, 2):
            move_over(part, QPoint(3, shown.rowViewportPosition(row) + 3))
        leave(part)
        assert [key for key in told if key is not None][-1] == 5
        assert told[-1] is None


def test_texts_behind_headers_cells_and_lights(shown: TableView) -> None:
    model, tip = shown.rows, Qt.ItemDataRole.ToolTipRole
    assert model.headerData(0, Qt.Orientation.Horizontal, tip) == "mean"
    assert model.data(model.index(2, 0), tip) == "source"
    assert model.data(model.index(0, 2), tip) == "off"
    assert model.data(model.index(0, 2)) == "doubt"
    assert model.data(model.index(0, 2), Qt.ItemDataRole.DecorationRole) is not None
    assert model.data(model.index(1, 2), Qt.ItemDataRole.DecorationRole) is None


# -- in the dock ---------------------------------------------------------------------------------------
@pytest.fixture
def dock(qtbot: Any, view: View, scan: Scan) -> RoiDock:
    """An ROI dock over maps, with two regions painted."""
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    made = RoiDock(view.viewer)
    qtbot.addWidget(made)
    made.new_roi()
    made.layer.data[8:14, 7:12, 5:9] = 1
    made.layer.data[8:14, 7:12, 14:18] = 3
    made.measure()
    return made


def test_a_row_chosen_is_what_the_brush_paints_and_what_is_shown_in_full(dock: RoiDock) -> None:
    dock.all.clicked.emit(dock.all.rows.index(1, 0))
    assert dock.layer.selected_label == 3
    assert "medial tibial" in dock.tables.region_heading.text()
    dock.layer.selected_label = 1  # in napari's own controls
    assert "medial femoral" in dock.tables.region_heading.text()
    assert "36.4 ± 5.8" in dock.tables.known.text()
    assert "sequences" in dock.tables.known.toolTip()


def test_pointing_shows_the_region_and_a_double_click_goes_there(dock: RoiDock) -> None:
    layer = dock.layer
    before = layer.colormap
    dock.all.hovered.emit(3)
    assert dock.tables.highlight.label == 3
    assert layer.colormap is not before
    dock.all.hovered.emit(None)
    assert layer.colormap is before
    dock.all.opened.emit(3)
    viewer = dock.view.viewer
    assert layer.data[tuple(round(float(i)) for i in layer.world_to_data(viewer.dims.point))] == 3


def test_new_regions_and_names_are_listed_at_once(dock: RoiDock, monkeypatch: pytest.MonkeyPatch) -> None:
    from qtpy.QtWidgets import QInputDialog

    dock.add_region("anterior cruciate ligament")
    assert dock.region.currentText() == "7  anterior cruciate ligament"
    assert dock.layer.selected_label == 7
    monkeypatch.setattr(QInputDialog, "getText", lambda *a, **k: ("graft", True))
    dock.regions.rename_action.trigger()
    assert dock.region.currentText() == "7  graft"
    dock.all.row_actions["Rename…"](1)
    assert "already" in dock.banner.text.text()  # label 1 cannot be called graft too
    monkeypatch.setattr(QInputDialog, "getText", lambda *a, **k: ("weight-bearing", True))
    dock.all.row_actions["Rename…"](1)
    assert "weight-bearing" in list(dock.all.rows.table.index)


def test_all_columns_are_shown_when_asked_for(dock: RoiDock) -> None:
    few = list(dock.all.rows.table.columns)
    dock.tables.full.setChecked(True)
    many = list(dock.all.rows.table.columns)
    assert set(few) < set(many)
    assert {"voxels", "mm³", "SR [tricubic] SD", "published"} <= set(many)


@pytest.mark.parametrize("gone", ["ROI cartilage", "T2 [ms] (SR)", "S1 SR x2 [tricubic]"])
def test_a_layer_deleted_while_a_measurement_waits_raises_nothing(qtbot: Any, dock: RoiDock, gone: str) -> None:
    dock.all.hovered.emit(3)
    dock.layer.paint((8, 10, 7), 1)
    dock.view.viewer.layers.remove(gone)
    qtbot.wait(350)
    dock.all.hovered.emit(None)
    assert (dock.layer is None) == (gone == "ROI cartilage")
    assert (dock.measurement is None) == (gone == "ROI cartilage")


def test_turned_labels_are_a_banner_with_a_remedy(dock: RoiDock) -> None:
    dock.layer.rotate = (0.0, 0.0, 20.0)
    dock.measure()
    assert "turned" in dock.banner.text.text()
    assert "reset its transform" in dock.banner.text.text()
    assert dock.measurement is None


def test_plots_are_idle_while_folded_and_follow_the_region(
    qtbot: Any, dock: RoiDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plots = dock.plots
    drawn: list[int] = []
    draw: Callable[..., None] = plots._draw_histogram
    monkeypatch.setattr(plots, "_draw_histogram", lambda m, label: (drawn.append(label), draw(m, label)))
    dock.measure()
    qtbot.wait(450)
    assert drawn == []
    plots.expand(animate=False)
    assert drawn == [1]
    assert set(plots.histogram.curves) == {"acquired", "SR [tricubic]"}
    dock.region.setCurrentIndex(dock.region.findData(3))
    qtbot.waitUntil(lambda: drawn[-1] == 3, timeout=30_000)
    dock.region.setCurrentIndex(dock.region.findData(2))
    qtbot.waitUntil(lambda: "nothing is painted" in plots.said.text(), timeout=30_000)


def test_lines_are_listed_chosen_and_removed(qtbot: Any, dock: RoiDock) -> None:
    plots = dock.plots
    plots.expand(animate=False)
    point = np.array(dock.view.viewer.dims.point)
    plots.buttons["line profile"].click()
    assert plots.callipers.tool == "line profile"
    plots.callipers.draw("line profile", point, point + np.array([0, 0, 4]))
    plots.buttons["line profile"].click()
    assert plots.callipers.tool is None
    assert plots.lines.item(0).text() == "Line profile 1: 4.0 mm"
    assert plots.tabs.currentWidget() is plots.line
    qtbot.waitUntil(lambda: bool(plots.line.curves), timeout=30_000)
    plots.remove_button.click()
    assert plots.lines.count() == 0
    assert not plots.remove_button.isEnabled()
    plots.buttons["calliper"].click()
    plots.collapse(animate=False)  # folded away: the tool must not stay on unseen
    assert plots.callipers.tool is None


def test_the_light_of_trust_is_seen_in_a_narrow_dock_without_scrolling(qtbot: Any, dock: RoiDock, view: View) -> None:
    view.session.find_trust()
    dock.measure()
    dock.resize(420, 900)
    dock.show()
    table = dock.tables.all
    qtbot.waitUntil(
        lambda: table.horizontalScrollBar().maximum() > 0, timeout=30_000
    )  # two means leave no room for all
    column = list(table.rows.shown.columns).index("trust")
    right = table.columnViewportPosition(column) + table.columnWidth(column)
    assert table.horizontalScrollBar().value() == 0
    assert 0 < right <= table.viewport().width()

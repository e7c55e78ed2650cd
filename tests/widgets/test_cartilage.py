"""Cartilage regions by mouse: the person confirms the knee, presses a button, reads a table and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_mrsr.app.events import T2Settings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.roi import RoiDock
from tests.app.condyles import two_condyles


@pytest.fixture
def dock(view: View, qtbot: Any) -> RoiDock:
    """A dock with the cartilage of two condyles painted, and T2."""
    scan, inside = two_condyles()
    view.session.adopt(scan)
    view.session.map_t2(T2Settings(method="epg"))
    found = RoiDock(view.viewer)
    qtbot.addWidget(found)
    found.resize(420, 1400)
    found.show()
    found.cartilage.expand(animate=False)
    layer = regions.new_roi(view)
    regions.name_regions(layer, {1: "femoral cartilage"})
    assert view.frame is not None
    layer.data[view.frame.to_screen(inside)] = 1
    layer.refresh()
    return found


def press(qtbot: Any, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_knee_is_preset_with_its_reason_and_the_regions_are_shown(dock: RoiDock, view: View, qtbot: Any) -> None:
    section = dock.cartilage
    press(qtbot, section.find_button)
    assert section.side.currentText() == "Right knee"
    assert "to the patient's right" in section.reason.text()
    assert view.layer("ROI cartilage: regions") is not None
    table = section.table.rows.table
    assert table is not None
    assert list(table.columns)[:3] == ["deep", "superficial", "total"]
    assert "split at the notch" in section.notes.text()
    assert section.table_heading.text() == "Mean T2 [ms], true depth (3-D)"
    # the regions are no ROI of their own
    assert [dock.layers.itemText(n) for n in range(dock.layers.count())] == ["ROI cartilage"]


def test_the_other_knee_asks_to_look_again(dock: RoiDock, view: View, qtbot: Any) -> None:
    section = dock.cartilage
    section.side.setFocus()
    qtbot.keyClick(section.side, Qt.Key.Key_L)  # "Left knee", as a person types it
    section.side.activated.emit(section.side.currentIndex())
    press(qtbot, section.find_button)
    assert section.side.currentText() == "Left knee"  # what a person chose stays
    assert view.session.banner is not None
    assert view.session.banner.text.startswith("left knee was chosen, but ")


def test_thickness_and_unrolled_map_at_a_click(dock: RoiDock, view: View, qtbot: Any, tmp_path: Path) -> None:
    section = dock.cartilage
    press(qtbot, section.thickness_button)  # finds the regions first
    assert view.layer("Thickness [mm]") is not None
    assert not section.save_button.isVisible()
    press(qtbot, section.unroll_button)
    assert section.picture.isVisible()
    picture = section.picture.pixmap().toImage()
    assert picture.width() == section.picture.width() > 300
    section.save(str(tmp_path / "flat.png"))
    assert (tmp_path / "flat.csv").exists()
    assert view.session.banner is not None
    assert view.session.banner.level == "info"


def test_three_layers_and_dosma(dock: RoiDock, qtbot: Any) -> None:
    section = dock.cartilage
    section.layers.setValue(3)
    press(qtbot, section.find_button)
    assert list(section.table.rows.table.columns)[:4] == ["deep", "middle", "superficial", "total"]
    section.definition.setCurrentIndex(1)
    assert (section.layers.value(), section.layers.isEnabled()) == (2, False)
    press(qtbot, section.find_button)
    assert section.table_heading.text().endswith("DOSMA")


def test_an_empty_roi_gives_a_banner(dock: RoiDock, view: View, qtbot: Any) -> None:
    dock.layer.data[:] = 0
    press(qtbot, dock.cartilage.find_button)
    assert view.session.banner is not None
    assert (view.session.banner.level, "nothing is painted" in view.session.banner.text) == ("bad", True)


def test_two_knees_in_the_scan_are_said_when_it_is_opened(view: View, qtbot: Any) -> None:
    found = RoiDock(view.viewer)
    qtbot.addWidget(found)
    x = np.linspace(-180, 180, 90)[:, None, None]
    legs = np.where(np.abs(np.abs(x) - 100) < 55, 100.0, 2.0) * np.ones((1, 16, 16))
    affine = np.diag([4.0, 6.0, 6.0, 1.0])
    affine[0, 3] = -180.0
    view.session.adopt(Scan(legs.astype(np.float32), affine, slice_axis=2))
    assert view.session.banner is not None
    assert "two knees" in view.session.banner.text


def test_the_trochlea_of_a_phantom_raises_no_alarm(view: View, qtbot: Any) -> None:
    """The sample's side is known and its trochlea is not drawn as a knee's is; a wrong side is still said."""
    view.session.open_sample()
    dock = RoiDock(view.viewer)
    qtbot.addWidget(dock)
    regions.truth_roi(view)
    dock.cartilage.find()
    assert view.session.banner is None or "trochlea" not in view.session.banner.text
    dock.cartilage.side.setCurrentText("Right knee")
    dock.cartilage._touch()
    dock.cartilage.find()
    assert view.session.banner is not None
    assert view.session.banner.text.startswith("right knee was chosen, but ")

"""Cartilage regions in a real viewer, by mouse: needs a display (or Xvfb)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_mrsr.app.events import T2Settings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import view_of
from napari_mrsr.widgets.roi import RoiDock
from tests.app.condyles import two_condyles

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]


def test_regions_thickness_and_a_click_on_the_unrolled_map(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    view = view_of(viewer, run_here)
    scan, inside = two_condyles()
    view.session.adopt(scan)
    view.session.map_t2(T2Settings(method="epg"))
    dock = RoiDock(viewer)
    viewer.window.add_dock_widget(dock, name="ROI")
    layer = regions.new_roi(view)
    regions.name_regions(layer, {1: "femoral cartilage"})
    assert view.frame is not None
    layer.data[view.frame.to_screen(inside)] = 1
    section = dock.cartilage
    qtbot.mouseClick(section.toggleButton(), Qt.MouseButton.LeftButton)
    for button in (section.find_button, section.thickness_button, section.unroll_button):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert viewer.layers["ROI cartilage: regions"].visible
    assert viewer.layers["Thickness [mm]"].colorbar.visible
    # what is unfolded becomes as high as what it shows: nothing lies on anything else
    picture = section.picture
    qtbot.waitUntil(
        lambda: section.save_button.y() >= picture.y() + picture.height() > picture.height(), timeout=30_000
    )
    assert picture.y() >= section.table.y() + section.table.height()
    # a click near the left edge of the first panel goes to a medial slice, one on its right to a lateral one
    panel = section.picture._figure.axes[0].bbox
    seen = []
    for share in (0.1, 0.9):
        x = panel.x0 + share * panel.width
        y = section.picture.height() - (panel.y0 + 0.8 * panel.height)
        qtbot.mouseClick(section.picture, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
        seen.append(viewer.dims.point[0])
    right = -np.array(seen)  # the slider runs from the patient's right to the left
    assert right[1] - right[0] > 30  # lateral of a right knee is on its right
    view.close()

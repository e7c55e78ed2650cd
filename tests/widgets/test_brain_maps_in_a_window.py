"""Three scans dropped on a real viewer: a press on Run maps them in a thread, and the picture is that of T1."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtCore import Qt, QThreadPool

from napari_mrsr.app import layers
from napari_mrsr.app.viewing import view_of
from napari_mrsr.widgets.commands import open_docks
from napari_mrsr.widgets.process import ProcessDock
from tests.three_contrasts import small_weights, three

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]


def test_a_press_on_run_maps_three_scans_in_a_thread(make_napari_viewer_proxy: Any, qtbot: Any, tmp_path: Path) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    viewer.window.resize(1400, 900)
    view = view_of(viewer)
    view.tour.end(remember=False)
    dock = next(one for one in open_docks(viewer) if isinstance(one, ProcessDock))
    dock.parentWidget().raise_()
    for scan in three().values():
        for data, settings, _kind in layers.magnitude_layers(scan):
            viewer.add_image(data, **settings)
    section = dock.brain_maps
    section.motion.setChecked(False)
    section.weights.take(str(small_weights(tmp_path)))
    assert section.isExpanded()
    qtbot.wait(50)
    dock.scroll_to(section)
    qtbot.mouseClick(section.run_button, Qt.MouseButton.LeftButton)
    maps = view.brain_maps
    qtbot.waitUntil(
        lambda: view.session.running is None and maps.result is not None and maps.result.maps is not None,
        timeout=60_000,
    )
    assert [layer.name for layer in viewer.layers if layer.visible] == ["T1w (acquired)", "T1 [ms]"]
    t1 = viewer.layers["T1 [ms]"]
    middle = [n // 2 for n in t1.data.shape]
    told = t1.get_status(t1.data_to_world(middle), world=True)
    assert told["layer_base"] == "T1 [ms]"
    assert told["value"] == f"{t1.data[tuple(middle)]:.0f} ms"
    assert "took" in section.status.text()
    view.close()
    QThreadPool.globalInstance().waitForDone(20_000)

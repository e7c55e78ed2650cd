"""A brain in a real viewer: both networks run in a thread, four pictures in a grid, and the keys that look at them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt, QThreadPool

from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.widgets.commands import open_docks
from napari_mrsr.widgets.process import ProcessDock
from tests.brains import brain, shipped

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]

FOUR = ["T2w (acquired)", "cpce 25 %", "cpce-l1 25 %", "cpce - cpce-l1 [a.u.]"]


@pytest.fixture
def weights(tmp_path: Path) -> Iterator[Path]:
    """Small networks in the place of the shipped ones."""
    folder = tmp_path / "weights"
    folder.mkdir()
    with shipped(folder):
        yield folder


def process_of(viewer: Any, qtbot: Any) -> ProcessDock:
    """Return the Process dock, in front of the others."""
    dock = next(one for one in open_docks(viewer) if isinstance(one, ProcessDock))
    dock.parentWidget().raise_()
    qtbot.wait(100)
    return dock


def finish(view: View) -> None:
    """Close, and let workers that began late end before Qt goes."""
    view.close()
    QThreadPool.globalInstance().waitForDone(20_000)


def wait(qtbot: Any, ready: Callable[[], bool], seconds: float = 60) -> None:
    """Let Qt work until something is so."""
    qtbot.waitUntil(ready, timeout=int(seconds * 1000))


def test_a_press_sets_a_network_beside_its_twin_and_the_keys_look_at_both(
    make_napari_viewer_proxy: Any, qtbot: Any, weights: Path
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    viewer.window.resize(1400, 900)
    view = view_of(viewer)
    view.tour.end(remember=False)
    dock = process_of(viewer, qtbot)
    view.session.adopt(brain((48, 40, 5)))
    dock.in_plane.method.setCurrentText("cpce")
    dock.twin.expand(animate=False)
    qtbot.wait(100)
    dock.scroll_to(dock.twin)
    qtbot.mouseClick(dock.twin.button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: view.session.running is None and view.in_plane.twins.added is not None)
    assert view.layouts.now == "four"
    assert [layer.name for layer in viewer.layers if layer.visible] == FOUR
    canvas = viewer.__wrapped__.window._qt_viewer.canvas.native
    canvas.setFocus()
    for _ in range(4):  # single, planes, side, four: each must draw
        qtbot.keyClick(canvas, Qt.Key.Key_G)
        qtbot.wait(50)
    assert view.layouts.now == "four"
    view.layouts.choose("side")
    qtbot.keyClick(canvas, Qt.Key.Key_N)
    assert view.look.pair is not None
    assert view.look.pair.one == FOUR[2]
    assert [layer.name for layer in viewer.layers if layer.visible] == [FOUR[2], FOUR[1]]
    picture = viewer.screenshot(canvas_only=True, flash=False)
    assert np.ptp(picture[..., :3]) > 100
    finish(view)


def test_stop_while_the_first_runs_leaves_no_twin_and_the_viewer_free(
    make_napari_viewer_proxy: Any, qtbot: Any, weights: Path
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    view = view_of(viewer)
    view.tour.end(remember=False)
    dock = process_of(viewer, qtbot)
    view.session.adopt(brain((128, 112, 24)))
    dock.in_plane.method.setCurrentText("circle")
    dock.scroll_to(dock.in_plane.buttons)
    dock.twin.compare()
    wait(qtbot, lambda: view.session.running is not None and view.session.running.done > 0)
    qtbot.mouseClick(dock.in_plane.stop_button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: view.session.running is None)
    assert view.in_plane.twins.added is None
    assert dock.in_plane.run_button.isEnabled()
    finish(view)

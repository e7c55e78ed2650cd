"""Saving, closing and crashing in a real viewer, with threads and a brush: needs a display (or Xvfb)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import view_of
from napari_mrsr.files import write_nifti
from napari_mrsr.widgets.commands import open_docks
from tests.app.conftest import dess

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder for each test."""
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))


@pytest.fixture
def knee(tmp_path: Path) -> Path:
    """A scan on the disk, large enough that a network takes several tiles."""
    return write_nifti(dess((96, 96, 8)), tmp_path / "knee.nii.gz")


def opened(qtbot: Any, viewer: Any, knee: Path) -> Any:
    """Open a scan in the background and wait for it."""
    view = view_of(viewer)
    view.session.open([knee])
    qtbot.waitUntil(lambda: view.session.running is None, timeout=20_000)
    assert view.session.scan is not None
    return view


def click(qtbot: Any, button: Any) -> None:
    """Press a button with the mouse."""
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_save_and_reopen_by_mouse_and_by_napari_itself(
    make_napari_viewer_proxy: Callable[..., Any],
    qtbot: Any,
    knee: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    study, _process, _review, roi_dock = open_docks(viewer)
    view = opened(qtbot, viewer, knee)
    click(qtbot, roi_dock.new_button)
    roi = roi_dock.layer
    roi.brush_size = 5
    roi.paint((4, 48, 48), 1)
    painted = np.array(roi.data)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(tmp_path / "review"), ""))
    click(qtbot, study.saving.save_button)
    qtbot.waitUntil(lambda: (tmp_path / "review" / "review.json").is_file(), timeout=20_000)
    qtbot.waitUntil(lambda: view.session.running is None, timeout=20_000)
    assert "saved" in study.banner.text.text()
    viewer.layers.clear()
    viewer.open(str(tmp_path / "review"), plugin="napari-mrsr")  # as by File > Open or drag and drop
    qtbot.waitUntil(lambda: "reopened" in study.banner.text.text(), timeout=20_000)
    np.testing.assert_array_equal(viewer.layers[regions.NAME].data, painted)
    view.close()


def test_closing_while_a_job_runs_stops_it_leaves_no_thread_and_keeps_what_is_painted(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, knee: Path
) -> None:
    before = set(threading.enumerate())
    viewer = make_napari_viewer_proxy(show=True)
    open_docks(viewer)
    view = opened(qtbot, viewer, knee)
    session, ended = view.session, []
    regions.new_roi(view).paint((4, 48, 48), 3)
    runner = session._runner
    session._runner = lambda events, receive, end: runner(events, receive, lambda: (ended.append(True), end()))
    session.refine(RefineSettings(method="auto"))
    viewer.close()
    qtbot.waitUntil(lambda: session.is_shut and bool(ended), timeout=30_000)
    left = [t for t in set(threading.enumerate()) - before if t.is_alive() and not t.daemon]
    assert left == []
    (kept,) = view.autosave.recovery.offered()
    assert not kept.crashed
    assert kept.regions == ("medial tibial cartilage",)


def test_layers_removed_while_a_job_runs_or_while_saving_raise_nothing(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, knee: Path, tmp_path: Path
) -> None:
    viewer = make_napari_viewer_proxy()
    open_docks(viewer)
    view = opened(qtbot, viewer, knee)
    session = view.session
    regions.new_roi(view).paint((4, 48, 48), 1)
    session.refine(RefineSettings(method="auto"))
    view.saving.save(tmp_path / "early")
    assert "still running" in session.banner.text
    assert not (tmp_path / "early").exists()
    qtbot.waitUntil(lambda: session.result is not None, timeout=60_000)
    for layer in list(viewer.layers):
        layer.locked = False
    viewer.layers.clear()
    qtbot.waitUntil(lambda: session.running is None, timeout=120_000)
    assert session.banner is None or session.banner.level != "bad"
    view.saving.save(tmp_path / "review")
    regions.new_roi(view)
    viewer.layers.clear()
    qtbot.waitUntil(lambda: session.running is None, timeout=60_000)
    view.saving.open(tmp_path / "review")
    qtbot.waitUntil(lambda: session.running is None, timeout=60_000)
    assert any("SR" in layer.name for layer in viewer.layers)
    view.close()


CRASH = """
import sys
import napari
from qtpy.QtCore import QTimer
from napari_mrsr.app.keeping import autosave
from napari_mrsr.app.roi import regions
autosave.PERIOD = 0.5
from napari_mrsr.app.viewing import view_of
from napari_mrsr.widgets.commands import open_docks

viewer = napari.Viewer(show=True)
open_docks(viewer)
view = view_of(viewer)
view.autosave.changed.connect(lambda: print("autosaved", flush=True) if view.autosave.written else None)
view.session.opened.connect(lambda scan: QTimer.singleShot(0, lambda: regions.new_roi(view).paint((4, 48, 48), 1)))
view.session.open([sys.argv[1]])
napari.run()
"""


def test_a_viewer_that_is_killed_while_painting_is_offered_back_by_the_next(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, knee: Path
) -> None:
    running = subprocess.Popen([sys.executable, "-c", CRASH, str(knee)], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "autosaved\n"  # by its own timer
        os.kill(running.pid, signal.SIGKILL)
        running.wait(10)
    finally:
        running.kill()
    viewer = make_napari_viewer_proxy(show=True)
    study = open_docks(viewer)[0]
    assert study.recovery.isVisible()
    click(qtbot, study.recovery.restore_button)
    qtbot.waitUntil(lambda: view_of(viewer).layer(regions.NAME) is not None, timeout=30_000)
    assert np.count_nonzero(viewer.layers[regions.NAME].data) > 0
    assert not study.recovery.isVisible()
    view_of(viewer).close()


def test_the_autosave_holds_up_nobody(make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, tmp_path: Path) -> None:
    scan = dess((208, 208, 40))
    viewer = make_napari_viewer_proxy()
    view = opened(qtbot, viewer, write_nifti(scan, tmp_path / "large.nii.gz"))
    roi = regions.new_roi(view)
    roi.paint((20, 100, 100), 1)
    began = time.thread_time()  # what the window's thread computes itself
    view.autosave.tick()
    blocked = time.thread_time() - began
    qtbot.waitUntil(lambda: view.autosave.written is not None, timeout=20_000)
    assert blocked < 0.5
    view.close()

"""Fine-tuning in a real viewer, by mouse and key, with a real process: needs a display (or Xvfb)."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from qtpy.QtCore import Qt

from napari_mrsr.app.dynamic import fine_tuning
from napari_mrsr.app.dynamic.fine_tuning import FineTuneSettings
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.networks import registry
from napari_mrsr.networks.swift import Swift
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.commands import open_docks
from napari_mrsr.widgets.process import ProcessDock
from tests.app.dynamic.conftest import moving_ball

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]

#: Longest that a process may take to start, ms: it imports torch, on a machine that may be busy.
START = 240_000
#: How long somebody scrolls, s.
SCROLLED = 2.5
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A real process that fine-tunes a tiny network and never ends by itself; ``made`` is it."""
    from napari_mrsr.training import spawned

    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    torch.manual_seed(0)
    start = registry.save(Swift(features=4, blocks=1), tmp_path / "tiny.safetensors")
    how: dict[str, Any] = {}

    def spawn(planning: Scan, settings: FineTuneSettings, hidden: Path) -> Any:
        options = {"kspace": settings.kspace, "minutes": settings.minutes, "steps": 100_000, "threads": 1}
        how["made"] = spawned.spawn(planning, hidden, start=start, **options)
        return how["made"]

    monkeypatch.setattr(fine_tuning, "_spawn", spawn)
    return how


def opened(viewer: Any, qtbot: Any) -> tuple[View, ProcessDock]:
    """Open the docks, a series and its planning scan; wait until the button is where the mouse can find it."""
    docks = open_docks(viewer)
    view = view_of(viewer)
    view.tour.end(remember=False)
    view.session.adopt(moving_ball(3, (32, 32, 24)))
    view.session.plan(replace(moving_ball(1, (32, 32, 24)), axis="contrast"))
    dock = next(d for d in docks if isinstance(d, ProcessDock))
    parent = dock.parentWidget()
    parent.show()
    parent.raise_()
    dock.fine_tune.expand(animate=False)
    qtbot.waitUntil(lambda: dock.fine_tune.button.height() > 10, timeout=20_000)
    return view, dock


def test_a_person_names_it_fine_tunes_in_a_window_that_stays_fluid_and_stops(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, real: dict[str, Any]
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    view, dock = opened(viewer, qtbot)
    part = dock.fine_tune
    qtbot.wait(500)
    before = gaps_of(viewer, qtbot)
    qtbot.keyClicks(part.options.weights_name.native, "liver")
    qtbot.mouseClick(part.button, LEFT)
    assert part.tuning.is_running
    assert view.session.running is None  # other work can begin
    steps, began = 0, time.monotonic()
    while not part.tuning.history and time.monotonic() - began < START / 1000:
        viewer.dims.set_current_step(0, steps % 3)
        qtbot.wait(50)
        steps += 1
    assert steps > 5  # the window did not stand still while torch started elsewhere
    points = len(part.tuning.history)
    meanwhile = gaps_of(viewer, qtbot)
    assert part.tuning.is_running
    assert len(part.tuning.history) > points > 0  # it learned all the time, and the curve was drawn
    # By what this process computes between two answers, judged beside the same window without learning: how long that
    # takes on the wall depends on what else the machine does.
    assert np.percentile(meanwhile.process, 95) < max(0.1, 3 * np.percentile(before.process, 95))
    assert meanwhile.busy.max() < max(0.25, 3 * before.busy.max())
    qtbot.mouseClick(part.stop_button, LEFT)
    qtbot.waitUntil(lambda: not part.tuning.is_running, timeout=60_000)
    assert real["made"].state == "done"
    assert view.session.banner is None or view.session.banner.level != "bad"
    assert part.button.isEnabled()
    assert "stopped" in part.status.text()
    view.close()


@dataclass(frozen=True)
class Gaps:
    """Between calls of a timer of 10 ms: what all threads, and the window's own, computed meanwhile, s."""

    process: np.ndarray
    busy: np.ndarray


def gaps_of(viewer: Any, qtbot: Any, seconds: float = SCROLLED) -> Gaps:
    """Scroll ten frames a second and note when the window answers."""
    from qtpy.QtCore import QTimer

    calls: list[tuple[float, float]] = []
    answering, scrolling = QTimer(), QTimer()
    answering.timeout.connect(lambda: calls.append((time.process_time(), time.thread_time())))
    scrolling.timeout.connect(lambda: viewer.dims.set_current_step(0, len(calls) % 3))
    answering.start(10)
    scrolling.start(100)
    try:
        qtbot.wait(int(1000 * seconds))
    finally:
        answering.stop()
        scrolling.stop()
    assert len(calls) > seconds  # less than once a second is no window
    process, busy = np.diff(np.array(calls), axis=0).T
    return Gaps(process, busy)


def test_a_killed_process_is_said_the_viewer_goes_on_and_closing_it_ends_the_next(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, real: dict[str, Any]
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    view, dock = opened(viewer, qtbot)
    part = dock.fine_tune
    qtbot.mouseClick(part.button, LEFT)
    qtbot.waitUntil(lambda: bool(part.tuning.history), timeout=START)
    os.kill(real["made"].pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not part.tuning.is_running, timeout=30_000)
    assert "was killed (SIGKILL)" in dock.banner.text.text()
    assert part.button.isEnabled()
    view.session.adopt(moving_ball(2))  # and everything else works
    assert view.session.scan.volumes == 2

    killed = real["made"]
    qtbot.mouseClick(part.button, LEFT)
    qtbot.waitUntil(lambda: real["made"] is not killed, timeout=30_000)
    process = real["made"]
    viewer.close()
    qtbot.waitUntil(lambda: not process.is_running, timeout=60_000)
    assert not Path(f"/proc/{process.pid}").exists() or sys.platform != "linux"

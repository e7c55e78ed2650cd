"""The docks in a real viewer, with threads: needs a display (or Xvfb)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.viewing import view_of
from napari_mrsr.files import write_nifti
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.commands import DOCKS, open_docks
from tests.app.conftest import dess

pytestmark = [
    pytest.mark.viewer,
    pytest.mark.skipif(
        sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
        reason="no DISPLAY: a real viewer needs a screen, or Xvfb",
    ),
]


@pytest.fixture
def scan() -> Scan:
    """Large enough that a network takes several tiles."""
    return dess((96, 96, 8))


def test_run_in_the_background_while_scrolling_then_close(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, scan: Scan
) -> None:
    viewer = make_napari_viewer_proxy()
    assert len(open_docks(viewer)) == len(DOCKS)
    view = view_of(viewer)
    session = view.session
    session.adopt(scan)
    session.refine(RefineSettings(method="auto"))
    assert session.running is not None  # it runs elsewhere: this line is reached at once
    began = time.monotonic()
    while session.running is not None and time.monotonic() - began < 120:
        viewer.dims.set_current_step(0, int(time.monotonic() * 20) % 8)
        qtbot.wait(10)
    assert session.running is None
    assert session.banner is None or session.banner.level != "bad"
    result = session.result
    assert result is not None
    assert result.done == 1.0
    name = f"S1 SR x2 [{result.method}]"
    frame = view.frame
    assert frame is not None
    np.testing.assert_array_equal(viewer.layers[name].data, frame.to_screen(result.scan.array[0]))
    assert viewer.layers["T2 [ms] (SR)"].colorbar.visible
    view.close()


def test_files_and_the_sample_come_in_through_napari(
    make_napari_viewer_proxy: Callable[..., Any], tmp_path: Path, scan: Scan
) -> None:
    viewer = make_napari_viewer_proxy()
    study = open_docks(viewer)[0]
    session = view_of(viewer).session
    paths = [str(write_nifti(scan.volume(n), tmp_path / f"echo{n + 1}.nii.gz")) for n in (0, 1)]
    viewer.open(paths, plugin="napari-mrsr")
    assert session.scan is not None
    assert session.scan.names == ("S1", "S2")
    assert study.checks_layout.rowCount() == len(session.checks) > 0
    viewer.open_sample("napari-mrsr", "knee")
    assert session.truth is not None
    assert {layer.name for layer in viewer.layers} == {
        "S1 (acquired)", "S2 (acquired)", "S1 (reference)", "S2 (reference)",
    }  # fmt: skip
    view_of(viewer).close()


def test_closing_the_viewer_stops_the_job(make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, scan: Scan) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    open_docks(viewer)
    view = view_of(viewer)
    session, ended = view.session, []
    session.adopt(scan)
    runner = session._runner

    def watched(events: Any, receive: Any, finish: Any) -> Any:
        return runner(events, receive, lambda: (ended.append(True), finish()))

    session._runner = watched
    session.refine(RefineSettings(method="auto"))
    viewer.close()
    qtbot.waitUntil(lambda: session.is_shut, timeout=10_000)
    qtbot.waitUntil(lambda: bool(ended), timeout=30_000)
    assert session.result is None or session.result.done < 1.0


def test_the_picture_on_the_screen_has_anterior_left_and_true_aspect(
    make_napari_viewer_proxy: Callable[..., Any],
) -> None:
    shape = (32, 64, 4)
    array = np.zeros((1, *shape), np.float32)
    array[0, :16] = 100.0  # the anterior half: columns of 1 mm, rows of 0.5 mm: 32 mm x 32 mm
    affine = np.array([[0, 0, 3.0, 0], [-1.0, 0, 0, 0], [0, -0.5, 0, 0], [0, 0, 0, 1.0]])
    viewer = make_napari_viewer_proxy(show=True)
    view = view_of(viewer)
    view.session.adopt(Scan(array, affine, names=("PD",), slice_axis=2))
    for overlay in list(viewer.canvas.overlays.values()):
        overlay.visible = False
    viewer.canvas.size = (400, 400)
    viewer.reset_view()
    picture = viewer.screenshot(canvas_only=True, flash=False)[..., 0]
    bright = np.argwhere(picture > 200)
    height, width = np.ptp(bright, axis=0) + 1
    assert height / width == pytest.approx(2.0, rel=0.05)  # half of a square
    assert bright[:, 1].max() < picture.shape[1] * 0.55  # on the left
    view.close()


def test_pictures_of_the_docks_are_taken(tmp_path: Path) -> None:
    from PIL import Image

    from napari_mrsr.app.screenshots import take

    taken = take(tmp_path, scan=dess(), method="tricubic")
    assert [path.name for path in taken] == ["dock_study.png", "dock_process.png", "dock_review.png", "dock_roi.png"]
    for path in taken:
        picture = np.asarray(Image.open(path))
        assert picture.shape[0] > 600
        assert picture.std() > 10  # something is drawn

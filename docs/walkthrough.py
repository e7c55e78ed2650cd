"""Read a knee from the dropped folder to the DICOM report in the real viewer, and take a picture at every step.

    python docs/walkthrough.py FOLDER                         the sample knee; its cartilage is painted from the truth
    python docs/walkthrough.py FOLDER --scan DICOM_FOLDER --strokes docs/strokes_half_knee.json

A file of strokes holds what a hand would do with the smart brush: ``{"label": 2, "brush_mm": 3.4, "strokes":
[{"slice_mm": -69.4, "points_mm": [[-4.8, -18.4], ...]}]}``, in millimetres on the sliders of the viewer (slice, row,
column). Without a screen, put ``xvfb-run -a -s "-screen 0 1600x1200x24"`` before the command.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import napari
import numpy as np
from qtpy.QtWidgets import QApplication, QDockWidget

from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.widgets.commands import open_docks

WINDOW = (1560, 1000)

#: How far apart the mouse is seen along a stroke, mm.
STEP_MM = 1.0

#: Painted slices of the sample knee; the rest is filled in.
PAINTED = 6


class Walk:
    """A viewer with its docks, and a folder for the pictures.

    Parameters
    ----------
    folder
        Where the pictures go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.viewer = napari.Viewer(title="napari-mrsr", show=True)
        self.viewer.window.resize(*WINDOW)
        self.view: View = view_of(self.viewer)
        self.study, self.process, self.review, self.roi = open_docks(self.viewer)
        self.view.tour.end(remember=False)

    def rest(self, seconds: float = 0.6) -> None:
        """Let Qt work."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)

    def until(self, ready: Callable[[], bool], patience: float = 900.0) -> None:
        """Let Qt work until something is so."""
        end = time.monotonic() + patience
        while not ready():
            if time.monotonic() > end:
                raise TimeoutError(f"not ready after {patience:g} s; the banner says {self.view.session.banner}")
            self.rest(0.05)

    def idle(self) -> None:
        """Wait for the running job."""
        self.until(lambda: self.view.session.running is None)

    def front(self, dock: Any, *sections: Any) -> None:
        """Bring a dock to the front with these of its sections unfolded and in sight."""
        place = dock
        while not isinstance(place, QDockWidget):
            place = place.parentWidget()
        place.raise_()
        for section in sections:
            section.expand(animate=False)
        self.rest(0.3)
        if sections:
            dock.scroll_to(sections[-1])

    def press(self, key: str) -> None:
        """Press a key over the picture."""
        self.viewer.keymap[napari.utils.key_bindings.coerce_keybinding(key)](self.viewer)

    def picture(self, name: str) -> None:
        """Save the window."""
        from napari.utils.io import imsave

        self.rest(1.0)
        path = self.folder / f"{name}.png"
        imsave(str(path), self.viewer.screenshot(canvas_only=False, flash=False))
        banner = self.view.session.banner
        print(f"{path.name}: {'' if banner is None else banner.text}", flush=True)


def open_scan(walk: Walk, scan: Path | None) -> None:
    """Open the sample, or a folder as if it had been dropped."""
    session = walk.view.session
    if scan is None:
        walk.study.sample_button.click()
    else:
        session.open([scan])
    walk.until(lambda: session.running is None and session.scan is not None)
    walk.picture("01_study")


def refine(walk: Walk) -> None:
    """Press Run; a picture on the way, one at the end."""
    session = walk.view.session
    walk.front(walk.process)
    walk.until(lambda: bool(walk.process.estimate.text()))
    walk.process.run_button.click()
    walk.until(lambda: session.running is None or session.running.done > 0.3)
    walk.picture("02_running")
    walk.idle()
    session.find_trust()
    walk.idle()


def compare(walk: Walk) -> None:
    """Side by side, swipe, three planes with T2."""
    view = walk.view
    titles = [pair.title for pair in view.look.pairs()]
    walk.front(walk.review, walk.review.layouts)
    view.look.choose_pair(0)
    view.layouts.choose("side")
    walk.picture("03_side_by_side")
    view.layouts.choose("single")
    walk.press("j")
    walk.picture("04_swipe")
    walk.press("j")
    if "T2" in titles:
        view.look.choose_pair(titles.index("T2"))
    view.layouts.choose("planes")
    walk.rest(1.5)
    walk.picture("05_three_planes")
    view.layouts.choose("single")


def paint(walk: Walk, strokes: dict[str, Any] | None) -> Any:
    """Paint some slices, then fill in the others."""
    view = walk.view
    view.look.choose_pair(0)
    walk.front(walk.roi, walk.roi.painting)
    walk.roi.new_button.click()
    layer = walk.roi.layer
    if strokes is None:
        _paint_truth(walk, layer)
    else:
        _paint_strokes(walk, layer, strokes)
    walk.picture("06_painted")
    began = time.monotonic()
    walk.press("q")
    walk.until(lambda: not view.painting.busy)
    print(f"filled in after {time.monotonic() - began:.1f} s", flush=True)
    view.painting.use_brush(False)
    layer.mode = "pan_zoom"
    walk.roi.measure()
    walk.picture("07_filled_in")
    return layer


def _paint_truth(walk: Walk, layer: Any) -> None:
    """Copy some slices of the truth of the sample, as a hand would have painted them."""
    truth = regions.truth_roi(walk.view)
    name = truth.name
    full = np.asarray(truth.data) == 1
    walk.viewer.layers.remove(truth)
    print(f"painted from {name}", flush=True)
    held = np.flatnonzero(full.any(axis=(1, 2)))
    layer.selected_label = 1
    walk.roi.layers.setCurrentText(layer.name)
    painted = np.linspace(held[0], held[-1], PAINTED).round().astype(int)
    for index in painted:
        rows, columns = np.nonzero(full[index])
        layer.data_setitem((np.full(rows.size, index), rows, columns), 1)
    walk.viewer.layers.selection.active = layer
    walk.viewer.dims.set_point(0, float(layer.data_to_world((painted[PAINTED // 2], 0, 0))[0]))


def _paint_strokes(walk: Walk, layer: Any, strokes: dict[str, Any]) -> None:
    """Draw strokes with the smart brush, as the mouse would."""
    layer.selected_label = int(strokes["label"])
    layer.brush_size = round(float(strokes["brush_mm"]) / min(layer.scale[1:]))
    for stroke in strokes["strokes"]:
        walk.viewer.dims.set_point(0, float(stroke["slice_mm"]))
        walk.rest(0.2)
        walk.view.painting.use_brush(True)
        points = [(float(stroke["slice_mm"]), *point) for point in along(np.asarray(stroke["points_mm"], dtype=float))]
        for callback in list(layer.mouse_drag_callbacks):
            event = SimpleNamespace(type="mouse_press", button=1, modifiers=(), position=points[0])
            steps = callback(layer, event)
            if steps is None:
                continue
            next(steps, None)
            for point in points[1:]:
                event.type, event.position = "mouse_move", point
                next(steps, None)
            event.type = "mouse_release"
            next(steps, None)
        walk.rest(0.2)


def along(points: np.ndarray) -> np.ndarray:
    """Return points (n, 2) not more than :data:`STEP_MM` apart on the way through the given ones, as a hand moves."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    way = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.linspace(0.0, way[-1], int(np.ceil(way[-1] / STEP_MM)) + 1)
    return np.stack([np.interp(at, way, coordinate) for coordinate in points.T], axis=1)


def measure(walk: Walk) -> None:
    """Regions, thickness, the unrolled map, table and plots."""
    walk.front(walk.roi, walk.roi.cartilage)
    walk.roi.painting.collapse(animate=False)
    walk.roi.cartilage.find_button.click()
    walk.rest(3.0)
    walk.roi.cartilage.thickness_button.click()
    walk.picture("08_regions")
    walk.roi.cartilage.unroll_button.click()
    walk.rest(2.0)
    walk.front(walk.roi, walk.roi.cartilage)
    walk.picture("09_unrolled")
    walk.roi.cartilage.collapse(animate=False)
    walk.front(walk.roi, walk.roi.plots)
    walk.picture("10_plots")
    walk.roi.plots.collapse(animate=False)


def export(walk: Walk, folder: Path) -> None:
    """Write everything and say what came."""
    walk.front(walk.roi, walk.roi.report)
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.rglob("*"))
    walk.roi.report.export(folder)
    walk.idle()
    walk.picture("11_report")
    for path in sorted(set(folder.rglob("*")) - before):
        if path.is_file():
            print(f"  {path.relative_to(folder)}  {path.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    """Read the command line and walk."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scan", type=Path)
    parser.add_argument("--strokes", type=Path)
    parser.add_argument("--export", type=Path, help="where the report goes (default: FOLDER/report)")
    given = parser.parse_args()
    state = tempfile.TemporaryDirectory()  # the pictures show no autosave of whoever takes them
    os.environ["NAPARI_MRSR_STATE"] = state.name
    walk = Walk(given.folder)
    try:
        open_scan(walk, given.scan)
        refine(walk)
        compare(walk)
        paint(walk, None if given.strokes is None else json.loads(given.strokes.read_text()))
        measure(walk)
        export(walk, given.export or given.folder / "report")
    finally:
        walk.view.close()
        walk.viewer.close()
        state.cleanup()


if __name__ == "__main__":
    main()

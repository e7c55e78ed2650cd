"""Time one refresh of the ROI table on a clinical grid: writes docs/results/table.md.

    python benchmarks/table.py [--shape 416 416 160] [--slices 40] [--repeats 9] [--out docs/results/table.md]

Two T2 maps (acquired with thick slices, super-resolved on the fine grid) and, painted on the fine grid, the cartilage
of a half knee: shells of six regions, each a few voxels thick, on neighbouring slices. A dab is painted before
every refresh, as the brush does. "The dock" is all that the ROI dock does after a stroke, from the layer to the tables
on the screen; the aim is 200 ms.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from napari.components import ViewerModel

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # Qt's tables need no screen
from qtpy.QtWidgets import QApplication

from napari_mrsr.app.events import Result
from napari_mrsr.app.roi import regions
from napari_mrsr.app.roi.measured import measuring_of
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.mapping import T2Map
from napari_mrsr.scan import Acquisition, Scan
from napari_mrsr.widgets.roi import RoiDock


def make_map(shape: tuple[int, int, int], thick: float) -> T2Map:
    """Return a T2 map of 30 to 45 ms with 2 % of the voxels invalid, sagittal."""
    rng = np.random.default_rng(0)
    t2 = rng.uniform(30.0, 45.0, shape).astype(np.float32)
    t2[rng.random(shape, np.float32) < 0.02] = np.nan
    affine = np.array([[0, 0, thick, -60.0], [-0.385, 0, 0, 80.0], [0, -0.385, 0, 80.0], [0, 0, 0, 1]])
    scan = Scan(t2[None], affine, names=("T2",), quantity="T2", unit="ms", slice_axis=2)
    return T2Map(scan, scan.after("no reasons", np.zeros(shape, np.uint8), quantity="reason", unit=""))


def open_maps(viewer: ViewerModel, shape: tuple[int, int, int]) -> View:
    """Return a view with a scan, its super-resolved one and the T2 maps of both; the signals are left empty."""
    view = view_of(viewer)
    acquired, fine = make_map((*shape[:2], shape[2] // 2), 1.4), make_map(shape, 0.7)
    echoes = Acquisition(repetition_time=23.0, echo_times=(7.0, 39.0), flip_angle=20.0)
    rng = np.random.default_rng(0)
    session = view.session
    scan, result = (
        Scan(
            np.repeat(rng.random((1, *m.map.shape), np.float32), 2, axis=0),
            m.map.affine, axis="echo", names=("S1", "S2"), acquisition=echoes, slice_axis=2,
        )
        for m in (acquired, fine)
    )  # fmt: skip
    session.adopt(scan)
    session.result = Result(result, scan, "lean", 2, 2, done=1.0)
    session.maps = {"acquired": acquired, "SR": fine}
    return view


def paint(view: View, slices: int) -> object:
    """Return an ROI layer with six shells on neighbouring slices in the middle of the volume."""
    layer = regions.new_roi(view)
    n, rows, columns = layer.data.shape
    first = (n - slices) // 2
    y, x = np.mgrid[:rows, :columns]
    for label in range(1, 7):
        angle = 2 * np.pi * label / 6
        centre = rows * (0.5 + 0.18 * np.sin(angle)), columns * (0.5 + 0.18 * np.cos(angle))
        radius = np.hypot(y - centre[0], x - centre[1])
        shell = (np.abs(radius - 45) < 3) & (y < centre[0])
        layer.data[first : first + slices, shell] = label
    return layer


def median_of(repeats: int, work: Callable[[], object], before: Callable[[], object]) -> tuple[float, float, float]:
    """Return the median and the longest time of several calls, and their median processor time, ms."""
    times, busy = [], []
    for _ in range(repeats):
        before()
        start, processor = time.perf_counter(), time.process_time()
        work()
        times.append(1000 * (time.perf_counter() - start))
        busy.append(1000 * (time.process_time() - processor))
    return float(np.median(times)), max(times), float(np.median(busy))


def main() -> None:
    """Time the refresh and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=3, default=(416, 416, 160))
    parser.add_argument("--slices", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    viewer = ViewerModel()  # the view does not keep it alive
    view = open_maps(viewer, tuple(options.shape))
    layer = paint(view, options.slices)
    voxels = int(np.count_nonzero(layer.data))
    rng = np.random.default_rng(1)
    shells = np.argwhere(layer.data == 1)

    def brush() -> None:
        slice_, row, column = shells[rng.integers(len(shells))]
        layer.data[slice_, row - 4 : row + 4, column - 4 : column + 4] = 1

    application = QApplication.instance() or QApplication([])
    dock = RoiDock(viewer)
    dock.show()

    def refresh() -> None:
        dock.measure()
        application.processEvents()

    def fresh() -> None:
        brush()
        measuring_of(view)._caches.clear()

    steps: dict[str, tuple[float, float, float]] = {}
    dock.erosion.setValue(0.0)
    steps["the dock"] = median_of(options.repeats, refresh, brush)
    dock.erosion.setValue(0.7)
    steps["the dock, with the erosion check of 0.7 mm"] = median_of(options.repeats, refresh, brush)
    steps["of which measuring"] = median_of(
        options.repeats, lambda: regions.measure(view, layer, erosion_mm=0.7), brush
    )
    steps["measuring all regions anew (another map)"] = median_of(
        options.repeats, lambda: regions.measure(view, layer, erosion_mm=0.7), fresh
    )
    page = report(tuple(options.shape), options.slices, voxels, steps)
    print(page)
    if options.out is not None:
        options.out.write_text(page)


def report(shape: tuple[int, int, int], slices: int, voxels: int, steps: dict[str, tuple[float, float, float]]) -> str:
    """Return the page of the results."""
    lines = [
        "# Speed of the ROI table",
        "",
        f"What `python benchmarks/table.py --out docs/results/table.md` measured for {'x'.join(map(str, shape))} voxels,",
        f"{voxels} of them painted in six regions on {slices} slices, T2 acquired and super-resolved, on 2 cores of a shared",
        f"machine ({platform.machine()}, load {os.getloadavg()[0]:.1f}). A stroke changes one region; the table may take 200 ms.",
        "Processor time is what an idle machine would need.",
        "",
        "| after a stroke | median [ms] | longest [ms] | processor time [ms] |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | {' | '.join(f'{ms:.0f}' for ms in times)} |" for name, times in steps.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

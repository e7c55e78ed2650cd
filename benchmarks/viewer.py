"""The viewer at work on a clinical volume: slices a second in one plane and in three, and how long the window stands still.

    xvfb-run -a -s "-screen 0 1600x1200x24" python benchmarks/viewer.py [--shape 416 416 160] [--out docs/results/viewer.md]

A real napari window (1500 x 950, the four docks open as tabs) shows the super-resolved first echo of a knee phantom
and over it the T2 map. Every step moves the slider by one slice and waits until each canvas that must change was
painted, so a slice counts only when it was seen. Then super-resolution of both echoes (method lean) runs in its worker
thread. Once a twentieth of it is computed, a Qt timer of 10 ms notes when it is called, first with the window at rest,
then while a person scrolls ten slices a second; the gaps between its calls are how long the window did not
answer. A run that ends before enough was seen is started anew, and what comes before its first twentieth is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

WINDOW = (1500, 950)
DOCKS = ("Study", "Process", "Review", "ROI")
FACTOR, AXIS = 2, 2
#: Part of super-resolution that must be computed before gaps count.
UNDER_WAY = 0.05
TARGETS = {"one plane": 20.0, "three planes": 8.0, "gap": 150.0}


def make_scan(shape: tuple[int, int, int]) -> Any:
    """Return the thick slices of a knee phantom of that fine matrix, two echoes."""
    from napari_mrsr.phantoms import knee
    from napari_mrsr.sampling import degrade

    return degrade(knee(3, shape=shape, spacing=(0.4, 0.4, 0.7)).scan, factor=FACTOR, axis=AXIS)


def breathe(seconds: float = 0.0) -> None:
    """Let Qt work."""
    from qtpy.QtWidgets import QApplication

    end = time.perf_counter() + seconds
    while True:
        QApplication.processEvents()
        if time.perf_counter() >= end:
            return
        time.sleep(0.001)


def until(ready: Callable[[], bool], patience: float = 1800.0) -> None:
    """Let Qt work until something is so."""
    end = time.perf_counter() + patience
    while not ready():
        if time.perf_counter() > end:
            raise TimeoutError
        breathe(0.01)


def canvases(viewer: Any, view: Any) -> list[Any]:
    """Return the vispy canvases on the screen."""
    widgets = view.layouts.planes._widgets()
    return [viewer.window._qt_viewer.canvas._scene_canvas, *(w.qt_viewer.canvas._scene_canvas for w in widgets)]


def scroll(viewer: Any, view: Any, slices: int) -> dict[str, float]:
    """Move the slider slice by slice, waiting for the paint of every canvas each time."""
    painted = dict.fromkeys(canvases(viewer, view), 0)
    watchers = []
    for canvas in painted:

        def count(_event: Any, canvas: Any = canvas) -> None:
            painted[canvas] += 1

        canvas.events.draw.connect(count, position="last")
        watchers.append((canvas, count))
    total = viewer.dims.nsteps[0]
    start = (total - slices) // 2
    viewer.dims.set_current_step(0, start - 1)
    breathe(0.5)
    times, cpu = [], time.process_time()
    for step in range(start, start + slices):
        before, began = dict(painted), time.perf_counter()
        viewer.dims.set_current_step(0, step)
        while any(painted[c] == before[c] for c in painted) and time.perf_counter() - began < 5.0:
            breathe()
        breathe()
        times.append(time.perf_counter() - began)
    cost = 1e3 * (time.process_time() - cpu) / slices
    for canvas, watcher in watchers:
        canvas.events.draw.disconnect(watcher)
    return {
        "slices a second": slices / sum(times),
        "processor ms a slice": cost,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan"),
        "median ms": 1e3 * float(np.median(times)),
        "p95 ms": 1e3 * float(np.percentile(times, 95)),
        "max ms": 1e3 * max(times),
    }


def under_way(view: Any) -> bool:
    """Tell whether tiles of the network are being computed."""
    result = view.session.result
    return view.session.running is not None and result.method == "lean" and UNDER_WAY <= result.done < 1.0


def gaps(viewer: Any, view: Any, *, scrolling: bool, seconds: float) -> dict[str, float]:
    """Note for some seconds of super-resolution how long the window did not answer."""
    from qtpy.QtCore import QTimer

    from napari_mrsr.app.events import RefineSettings

    calls: list[float] = []
    between: list[float] = []
    timer, person = QTimer(), QTimer()
    timer.setInterval(10)
    timer.timeout.connect(lambda: calls.append(time.perf_counter()))
    person.setInterval(100)
    total = viewer.dims.nsteps[0]
    person.timeout.connect(lambda: viewer.dims.set_current_step(0, int(time.perf_counter() * 10) % total))
    computed, cpu, clock = 0.0, 0.0, 0.0
    while sum(between) < seconds:
        anew = view.session.running is None
        if anew:
            view.session.refine(RefineSettings(method="lean", factor=FACTOR, maps=False))
        until(lambda: under_way(view) or view.session.running is None)
        if not under_way(view):
            if anew:
                raise RuntimeError("super-resolution ended in one tile: give a larger --shape")
            continue
        before = view.session.result.done
        calls.clear()
        spent, began = time.process_time(), time.perf_counter()
        left = max(0.5, seconds - sum(between))  # less than two ticks of the timer would measure nothing
        timer.start()
        if scrolling:
            person.start()
        until(lambda began=began, left=left: not under_way(view) or time.perf_counter() - began >= left)
        timer.stop()
        person.stop()
        cpu, clock = cpu + time.process_time() - spent, clock + time.perf_counter() - began
        computed += view.session.result.done - before
        between += np.diff(calls).tolist()
    gone = 1e3 * np.asarray(between)
    return {
        "p50 ms": float(np.percentile(gone, 50)),
        "p95 ms": float(np.percentile(gone, 95)),
        "p99 ms": float(np.percentile(gone, 99)),
        "max ms": float(gone.max()),
        "part of the time in gaps over 150 ms": float(gone[gone > 150].sum() / gone.sum()),
        "computed meanwhile, volumes": float(computed),
        "seconds": float(sum(between)),
        "processor s a second": cpu / clock,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan"),
    }


def run(shape: tuple[int, int, int], slices: int, seconds: float) -> dict[str, Any]:
    """Measure everything in one window."""
    import napari

    from napari_mrsr.app import display
    from napari_mrsr.app.events import RefineSettings
    from napari_mrsr.app.viewing import view_of

    scan = make_scan(shape)
    viewer = napari.Viewer(title="napari-mrsr", show=True)
    viewer.window.resize(*WINDOW)
    for dock in DOCKS:
        viewer.window.add_plugin_dock_widget("napari-mrsr", dock, tabify=True)
    view = view_of(viewer)
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic", factor=FACTOR))
    until(lambda: view.session.running is None)
    view.look.show_only([view.names_of(view.session.result)[0], display.t2("SR")])
    breathe(1.0)
    found: dict[str, Any] = {"canvas": [int(n) for n in canvases(viewer, view)[0].size]}
    found["layers"] = len(viewer.layers)
    found["one plane"] = scroll(viewer, view, slices)
    view.layouts.choose("planes")
    breathe(2.0)
    found["three planes"] = scroll(viewer, view, slices)
    view.layouts.choose("single")
    breathe(1.0)
    if seconds > 0:
        found["gaps at rest"] = gaps(viewer, view, scrolling=False, seconds=seconds)
        found["gaps while scrolling"] = gaps(viewer, view, scrolling=True, seconds=seconds)
        view.session.stop()
        until(lambda: view.session.running is None)
    view.close()
    viewer.close()
    return found


def _cost(found: dict[str, float]) -> str:
    """Return what a slice costs on all cores together, and how busy the machine was."""
    return f" ({found['processor ms a slice']:.0f} ms of processor time, load {found['load']:.1f})"


def report(found: dict[str, Any], shape: tuple[int, int, int]) -> str:
    """Return the page."""
    one, three = found["one plane"], found["three planes"]
    rows = [
        (
            "scroll, one plane",
            f"{one['slices a second']:.1f} slices/s{_cost(one)}",
            f"at least {TARGETS['one plane']:.0f}",
        ),
        (
            "scroll, three planes",
            f"{three['slices a second']:.1f} slices/s{_cost(three)}",
            f"at least {TARGETS['three planes']:.0f}",
        ),
    ]
    for name in ("gaps at rest", "gaps while scrolling"):
        if name in found:
            gap = found[name]
            text = f"{gap['p95 ms']:.0f} ms (p99 {gap['p99 ms']:.0f}, longest {gap['max ms']:.0f}; {gap['seconds']:.0f} s, {gap['computed meanwhile, volumes']:.0%} of a volume computed meanwhile, load {gap['load']:.1f})"
            rows.append((f"p95 of {name}, SR running", text, f"at most {TARGETS['gap']:.0f} ms"))
    table = "\n".join(f"| {a} | {b} | {c} |" for a, b, c in rows)
    size = " x ".join(map(str, shape))
    return f"""# The viewer at work

A window of {WINDOW[0]} x {WINDOW[1]} with the four docks open as tabs (canvas {" x ".join(map(str, found["canvas"]))},
{found["layers"]} layers, two of them visible) under Xvfb (software OpenGL), {os.cpu_count()} cores, load {found["load"]:.1f} when it began.
Super-resolved echo of {size} voxels with the T2 map over it; the engine computes method lean in its worker thread.

```text
python benchmarks/viewer.py --shape {" ".join(map(str, shape))} --slices {found["slices"]} --seconds {found["seconds"]:g}
```

| what | measured | aim |
|---|---|---|
{table}

Processor time is that of all threads, software OpenGL included; on a machine that others use too it says more than the
clock. A slice counts when every canvas that must change was painted. Gaps are the times between the calls of a 10 ms timer in the
window's thread; they count once {UNDER_WAY:.0%} of the volume went through the network, and only while tiles are being computed. While
scrolling, a person moves ten slices a second. A run that ended meanwhile was started anew. All figures: [viewer.json](viewer.json).
"""


def main() -> None:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=3, default=(416, 416, 160))
    parser.add_argument("--slices", type=int, default=80)
    parser.add_argument("--seconds", type=float, default=40.0, help="how long super-resolution runs, each time; 0: not")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    shape = tuple(options.shape)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    found = {
        "shape": list(shape),
        "slices": options.slices,
        "seconds": options.seconds,
        "load": load,
        "machine": platform.processor() or platform.machine(),
    }
    found |= run(shape, options.slices, options.seconds)
    print(json.dumps(found, indent=2))
    if options.out is not None:
        options.out.write_text(report(found, shape))
        options.out.with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()

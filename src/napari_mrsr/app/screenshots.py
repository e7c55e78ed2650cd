"""Pictures of the four docks at work on a scan, taken from the running viewer: for the documentation and the demo.

Needs a display (``xvfb-run`` will do). The pictures show what the program does, nothing is drawn on them afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from napari_mrsr.app import display
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.errors import MissingDependency
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.viewer import Viewer

#: Size of the window, pixels.
WINDOW = (1500, 950)

#: The docks in the order of the work, as the manifest names them.
DOCKS = ("Study", "Process", "Review", "ROI")

#: A dock and the widget in it.
Dock = tuple[Any, Any]

#: Longest a job may take before the pictures are given up, s of this process, and how many times that by the clock:
#: where others use the machine it waits most of the time.
PATIENCE, SHARED = 900.0, 4.0


def take(
    folder: Path,
    *,
    scan: Scan | None = None,
    truth: Any = None,
    method: str = "auto",
    factor: int = 2,
    close: bool = True,
    only: str | None = None,
) -> list[Path]:
    """Open the sample knee, run everything, and save a picture of each dock.

    Parameters
    ----------
    folder
        Where to write; made if it is not there.
    scan, truth
        What to show instead of the sample knee: a scan, and the phantom that it was simulated from, if it was.
    method, factor
        How to super-resolve.
    close
        Close the viewer afterwards; else it is left open.
    only
        The dock whose picture is written, ``"roi"`` for instance; all where not given. All work is done either way.

    Returns
    -------
    list of Path
        ``dock_study.png``, ``dock_process.png``, ``dock_review.png``, ``dock_roi.png``, or the one asked for.
    """
    with TemporaryDirectory() as elsewhere, opened(folder, WINDOW, close=close) as (viewer, view, docks):

        def into(dock: str) -> Path:
            return folder if only in (None, dock) else Path(elsewhere)

        taken = [_study(viewer, view, docks, into("study"), scan, truth)]
        taken.append(_process(viewer, view, docks, into("process"), method, factor))
        taken.append(_review(viewer, view, docks, into("review")))
        taken.append(_roi(viewer, view, docks, into("roi")))
    return [path for path in taken if path.parent == folder]


@contextmanager
def opened(
    folder: Path, size: tuple[int, int], *, close: bool = True
) -> Iterator[tuple[Viewer, View, dict[str, Dock]]]:
    """Make a folder for pictures, and open a viewer of a size with the docks; it is closed afterwards, if wanted."""
    try:
        import napari
    except ImportError as error:
        raise MissingDependency("napari is not installed", remedy='pip install "napari-mrsr[all]"') from error
    folder.mkdir(parents=True, exist_ok=True)
    viewer = napari.Viewer(title="napari-mrsr", show=True)
    try:
        viewer.window.resize(*size)
        view = view_of(viewer)
        docks = docks_of(viewer)
        view.tour.end(remember=False)
        yield viewer, view, docks
    finally:
        if close:
            view_of(viewer).close()
            viewer.close()


def docks_of(viewer: Viewer) -> dict[str, Dock]:
    """Open the docks as napari's menu does."""
    docks: dict[str, Dock] = {}
    for name in DOCKS:
        docks[name] = viewer.window.add_plugin_dock_widget("napari-mrsr", name, tabify=bool(docks))
        docks[name][0].setWindowTitle(name)  # napari adds the plugin's name, for which a tab has no room
    return docks


def _study(viewer: Viewer, view: View, docks: dict[str, Dock], folder: Path, scan: Scan | None, truth: Any) -> Path:
    if scan is None:
        view.session.open_sample()
        wait(lambda: view.session.running is None)
        if view.session.scan is None:
            raise RuntimeError(f"the sample knee did not open: {view.session.banner}")
    else:
        view.session.adopt(scan, truth)
    return picture(viewer, docks["Study"], folder / "dock_study.png")


def _process(viewer: Viewer, view: View, docks: dict[str, Dock], folder: Path, method: str, factor: int) -> Path:
    dock = docks["Process"]
    form = dock[1]
    form.options.method.value = method
    form.options.factor.value = factor
    view.session.refine(RefineSettings(method=method, factor=factor))
    wait(lambda: view.session.running is None)
    return picture(viewer, dock, folder / "dock_process.png")


def _review(viewer: Viewer, view: View, docks: dict[str, Dock], folder: Path) -> Path:
    view.session.find_trust()
    wait(lambda: view.session.running is None)
    titles = [pair.title for pair in view.look.pairs()]
    if "T2" in titles:
        view.look.choose_pair(titles.index("T2"))
    return picture(viewer, docks["Review"], folder / "dock_review.png")


def _roi(viewer: Viewer, view: View, docks: dict[str, Dock], folder: Path) -> Path:
    layer = regions.truth_roi(view) if view.session.truth is not None else regions.new_roi(view)
    result = view.session.result
    if result is not None:
        view.look.show_only([view.names_of(result)[0], display.t2("SR")])
        under = view.layer(display.t2("SR"))
        if under is not None:
            under.visible = False
    _go_to(viewer, layer)
    return picture(viewer, docks["ROI"], folder / "dock_roi.png")


def _go_to(viewer: Viewer, layer: Any) -> None:
    """Show the slice with the most of the first region painted."""
    counts = (layer.data == 1).sum(axis=(1, 2))
    if counts.any():
        point = layer.translate[0] + layer.scale[0] * int(counts.argmax())
        viewer.dims.set_point(0, float(point))


def picture(viewer: Viewer, dock: Dock, path: Path) -> Path:
    """Bring a dock to the front, let Qt draw, and save the window."""
    from napari.utils.io import imsave

    dock[0].show()
    dock[0].raise_()
    viewer.reset_view()
    breathe(0.8)
    imsave(str(path), viewer.screenshot(canvas_only=False, flash=False))
    return path


def wait(ready: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Let the viewer work until something is so.

    Raises
    ------
    TimeoutError
        It did not come true in time.
    """
    worked, passed = time.process_time() + patience, time.monotonic() + SHARED * patience
    while not ready():
        if time.process_time() > worked or time.monotonic() > passed:
            raise TimeoutError(f"not ready after {patience:g} s")
        breathe(0.02)


def breathe(seconds: float) -> None:
    """Let Qt work for so long."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while True:
        QApplication.processEvents()
        if time.monotonic() >= end:
            return
        time.sleep(0.005)

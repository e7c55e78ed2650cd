"""How long a step of the swipe takes on a clinical volume: the woven slice alone, and with napari's refresh.

Run ``python benchmarks/compare.py`` (``xvfb-run -a -s "-screen 0 1600x1200x24"`` in front of it where there is no
screen). Two volumes of one knee, thick and super-resolved, lie on 416 x 416 x 80 and 416 x 416 x 160 voxels.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable

import numpy as np

from napari_mrsr.app.compare.on_grid import Grid, OnGrid
from napari_mrsr.app.compare.swiping import Woven

SPACING = (0.8, 0.385, 0.385)


def volumes(shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return thick and thin slices as the viewer sees them: slices last in memory, first on the screen."""
    rng = np.random.default_rng(0)
    thin = rng.random(shape, dtype=np.float32)
    return thin[..., ::2].transpose(2, 1, 0), thin.transpose(2, 1, 0)


def milliseconds(step: Callable[[int], object], times: int = 40) -> tuple[float, float]:
    """Return median and 95th percentile of the time of a step, ms."""
    taken = []
    for n in range(times):
        began = time.perf_counter()
        step(n)
        taken.append(1000 * (time.perf_counter() - began))
    return float(np.median(taken)), float(np.percentile(taken, 95))


def array_steps(shape: tuple[int, int, int]) -> dict[str, tuple[float, float]]:
    """Time the array alone: the line moves, the slice changes."""
    thick, thin = volumes(shape)
    fine = Grid(thin.shape, SPACING, (0.0,) * 3)
    coarse = Grid(thick.shape, (2 * SPACING[0], *SPACING[1:]), (0.0,) * 3)
    found = {}
    for order in ("nearest", "linear"):
        woven = Woven(OnGrid(thick, coarse, fine, order), OnGrid(thin, fine, fine), fine)

        def slide(n: int, woven: Woven = woven) -> None:
            woven.at = n / 40
            np.asarray(woven[60, :, :])

        def scroll(n: int, woven: Woven = woven) -> None:
            np.asarray(woven[n, :, :])

        woven[60, :, :]
        found[f"array, line moves, {order}"] = milliseconds(slide)
        found[f"array, slice changes, {order}"] = milliseconds(scroll)
    return found


def viewer_steps(shape: tuple[int, int, int]) -> dict[str, tuple[float, float]]:
    """Time the same in a napari window: refresh, upload and drawing."""
    import napari
    from qtpy.QtWidgets import QApplication

    from napari_mrsr.app.events import Result
    from napari_mrsr.app.session import run_here
    from napari_mrsr.app.viewing import view_of
    from napari_mrsr.scan import Scan

    rng = np.random.default_rng(0)
    thin = rng.random((1, *shape), dtype=np.float32)
    affine = np.diag([0.385, 0.385, 0.8, 1.0])
    fine = Scan(thin, affine, names=("S1",), slice_axis=2)
    acquired = Scan(thin[..., ::2], affine @ np.diag([1, 1, 2, 1.0]), names=("S1",), slice_axis=2)
    viewer = napari.Viewer()
    view = view_of(viewer, run_here)
    session = view.session
    session.adopt(acquired)
    session.result = Result(fine, acquired, "lean", 2, 2)
    session.began.emit(session.result)
    look = view.look
    look.swipe.show("swipe")

    def settle() -> None:
        QApplication.processEvents()

    def slide(n: int) -> None:
        look.swipe.move(n / 40)
        settle()

    def scroll(n: int) -> None:
        viewer.dims.set_current_step(0, n)
        settle()

    def flick(n: int) -> None:
        look.flip()
        settle()

    settle()
    found = {"napari, line moves, refresh": milliseconds(lambda n: look.swipe.move(n / 40))}
    found |= {"window, line moves, drawn": milliseconds(slide), "window, slice changes, drawn": milliseconds(scroll)}
    look.swipe.show("checkerboard")
    settle()
    found["window, slice changes, checkerboard, drawn"] = milliseconds(scroll)
    look.swipe.close()
    found["window, the other of the pair, drawn"] = milliseconds(flick)
    view.close()
    viewer.close()
    return found


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-window", action="store_true", help="only the array, without napari")
    arguments = parser.parse_args()
    shape = (416, 416, 160)
    found = array_steps(shape)
    if not arguments.no_window:
        found |= viewer_steps(shape)
    print(f"{'x'.join(map(str, shape))}, {platform.processor() or platform.machine()}")
    for name, (median, late) in found.items():
        print(f"{name:46s} {median:7.1f} ms   95 %: {late:7.1f} ms")


if __name__ == "__main__":
    main()

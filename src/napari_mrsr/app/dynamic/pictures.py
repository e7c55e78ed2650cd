"""Pictures of a series at work, taken from the running viewer: for the documentation.

Needs a display (``xvfb-run`` will do). The sample abdomen is undersampled and sharpened by the best method that is
there and by straight lines between the samples; nothing is drawn on the pictures afterwards.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_mrsr.app import screenshots
from napari_mrsr.app.dynamic.series import SeriesSettings, methods
from napari_mrsr.app.viewing import View

if TYPE_CHECKING:
    from napari import Viewer
    from qtpy.QtWidgets import QWidget

#: Share of k-space that is kept.
FRACTION = 0.0625

#: Size of the window, pixels.
WINDOW = (1600, 1150)


def take(folder: Path, *, method: str | None = None) -> list[Path]:
    """Open the sample abdomen, sharpen it, and save a picture of the Process and of the Review dock.

    Parameters
    ----------
    folder
        Where to write; made if it is not there.
    method
        The best that is there where not given.

    Returns
    -------
    list of Path
        ``dynamic_process.png``, ``dynamic_over_time.png``.
    """
    with screenshots.opened(folder, WINDOW) as (viewer, view, docks):
        viewer.open_sample("napari-mrsr", "abdomen")
        for chosen in ("trilinear", method or next(iter(methods()))):
            _run(view, chosen)
        view.dynamic.go_to(view.dynamic.frames // 2)
        process, review = docks["Process"][1], docks["Review"][1]
        process.dynamic.method.setCurrentText(chosen)
        process.adapt.collapse(animate=False)
        taken = [of_section(viewer, docks["Process"], process.dynamic, folder / "dynamic_process.png")]
        view.layouts.choose("side")
        taken.append(of_section(viewer, docks["Review"], review.over_time, folder / "dynamic_over_time.png"))
    return taken


def _run(view: View, method: str) -> None:
    view.dynamic.run(SeriesSettings(method, FRACTION))
    screenshots.wait(lambda: view.session.running is None)
    view.session.quiet()


def of_section(viewer: Viewer, dock: screenshots.Dock, section: QWidget, path: Path) -> Path:
    """Save the window with a section at the top of its dock, as far as there is enough below it."""
    dock[0].raise_()
    screenshots.breathe(0.5)
    dock[1].scroll_to(section)
    return screenshots.picture(viewer, dock, path)

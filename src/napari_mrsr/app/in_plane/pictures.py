"""Pictures of a brain sharpened in plane, beside the twin trained with L1, from the running viewer: for documentation.

Needs a display (``xvfb-run`` will do). The sample brain is undersampled, or a scan that is given; nothing is drawn on
the pictures afterwards.
"""

from __future__ import annotations

from pathlib import Path

from napari_mrsr.app import screenshots
from napari_mrsr.app.dynamic.pictures import WINDOW, of_section
from napari_mrsr.app.in_plane.choices import methods_for
from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan


def take(folder: Path, *, scan: Scan | None = None, method: str | None = None) -> list[Path]:
    """Open a brain, sharpen it by a network and by its twin, and save pictures of the Process dock.

    Parameters
    ----------
    folder
        Where to write; made if it is not there.
    scan
        A brain in the place of the sample.
    method
        A network that has a twin; the first that has one where not given.

    Returns
    -------
    list of Path
        ``brain_process.png``, ``brain_twins.png``.

    Raises
    ------
    BadParameter
        No network that is here has a twin.
    """
    with screenshots.opened(folder, WINDOW) as (viewer, view, docks):
        if scan is None:
            viewer.open_sample("napari-mrsr", "brain")
        else:
            view.session.adopt(scan)
        chosen = method or next((one.name for one in methods_for(view.session.scan) if one.twin), None)
        if chosen is None:
            raise BadParameter("no network that is here has a twin", remedy="train one, or wait for it")
        process = docks["Process"][1]
        process.in_plane.method.setCurrentText(chosen)
        process.in_plane.expand(animate=False)
        process.adapt.collapse(animate=False)
        process.in_plane.run()
        screenshots.wait(lambda: view.session.running is None)
        taken = [of_section(viewer, docks["Process"], process.in_plane, folder / "brain_process.png")]
        process.twin.expand(animate=False)
        process.twin.compare()
        screenshots.wait(lambda: view.session.running is None)
        screenshots.breathe(0.5)
        taken.append(of_section(viewer, docks["Process"], process.twin, folder / "brain_twins.png"))
    return taken

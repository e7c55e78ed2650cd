"""A picture of a brain mapped from three scans, from the running viewer: for documentation.

Needs a display (``xvfb-run`` will do). The sample brain is mapped; nothing is drawn on the picture afterwards.
"""

from __future__ import annotations

from pathlib import Path

from napari_mrsr.app import screenshots
from napari_mrsr.app.dynamic.pictures import WINDOW, of_section
from napari_mrsr.errors import MissingParameter
from napari_mrsr.scan import Scan


def take(folder: Path, *, weights: Path | None = None, scans: tuple[Scan, ...] = ()) -> list[Path]:
    """Open the sample brain in three contrasts, map it, and save a picture of the Process dock.

    Parameters
    ----------
    folder
        Where to write; made if it is not there.
    weights
        A file in the place of the shipped ones.
    scans
        T1w, T2w and FLAIR in the place of the sample.

    Returns
    -------
    list of Path
        ``brain_maps.png``.

    Raises
    ------
    MissingParameter
        No weights are shipped, and none were given.
    """
    with screenshots.opened(folder, WINDOW) as (viewer, view, docks):
        if scans:
            view.session.adopt(scans[0])
            for scan in scans[1:]:
                view.brain_maps.put_beside(scan)
        else:
            viewer.open_sample("napari-mrsr", "brain_contrasts")
        process = docks["Process"][1]
        if weights is not None:
            process.brain_maps.weights.take(str(weights))
        if not process.brain_maps.run_button.isEnabled():
            raise MissingParameter("no weights are shipped", remedy="give a file of weights")
        process.adapt.collapse(animate=False)
        process.brain_maps.run()
        screenshots.wait(lambda: view.session.running is None)
        view.layouts.choose("four")
        return [of_section(viewer, docks["Process"], process.brain_maps, folder / "brain_maps.png")]

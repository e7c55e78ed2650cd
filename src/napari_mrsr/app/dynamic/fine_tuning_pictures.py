"""Pictures of planning scan, fine-tuning and acquisition time, taken from the running viewer: for the documentation.

Needs a display (``xvfb-run`` will do) and the weights of swift. The sample abdomen's planning scan teaches for some
minutes; nothing is drawn on the pictures afterwards.
"""

from __future__ import annotations

from pathlib import Path

from napari_mrsr.app import screenshots
from napari_mrsr.app.dynamic.fine_tuning import FineTuneSettings, fine_tuning_of
from napari_mrsr.app.dynamic.pictures import WINDOW, of_section
from napari_mrsr.app.dynamic.planning import NAME

#: Share of k-space that it is fine-tuned for.
FRACTION = 0.0625


def take(folder: Path, *, minutes: float = 2.0) -> list[Path]:
    """Open the sample abdomen, fine-tune on its planning scan, and save a picture of each section.

    Parameters
    ----------
    folder
        Where to write; made if it is not there.
    minutes
        How long it may learn.

    Returns
    -------
    list of Path
        ``planning_scan.png``, ``acquisition_time.png``, ``fine_tuning.png``.

    Raises
    ------
    RuntimeError
        Nothing was fine-tuned, after the first two pictures; the message says why.
    """
    with screenshots.opened(folder, WINDOW) as (viewer, view, docks):
        viewer.open_sample("napari-mrsr", "abdomen")
        layer = view.layer(NAME)
        if layer is not None:  # it waits hidden below the series
            layer.visible = True
        study, process = docks["Study"][1], docks["Process"][1]
        screenshots.wait(lambda: len(study.planning.planning.checks) > 2)
        taken = [of_section(viewer, docks["Study"], study.planning, folder / "planning_scan.png")]
        process.acquisition_time.expand(animate=False)
        taken.append(of_section(viewer, docks["Process"], process.acquisition_time, folder / "acquisition_time.png"))
        process.acquisition_time.collapse(animate=False)
        tuning = fine_tuning_of(view)
        process.fine_tune.expand(animate=False)
        tuning.begin(FineTuneSettings(kspace=(FRACTION,), minutes=minutes, name="abdomen"))
        screenshots.wait(lambda: not tuning.is_running)
        if not tuning.history:
            raise RuntimeError(f"nothing was fine-tuned: {view.session.banner}")
        taken.append(of_section(viewer, docks["Process"], process.fine_tune, folder / "fine_tuning.png"))
    return taken

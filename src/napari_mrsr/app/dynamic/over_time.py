"""How good each frame is, and how much flickers that should stand still.

Flicker is what :mod:`napari_mrsr.studies.dynamic.still` says it is, so that the number beside a series and those in the
tables of a study mean the same: the SD over time of the error in tissue that does not move, in thousandths of the
brightest value of the series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_mrsr.app.dynamic.timing import times_of

if TYPE_CHECKING:
    from napari_mrsr.app.dynamic.series import SeriesResult
    from napari_mrsr.scan import Scan

#: Figures of a frame, and what their axis is called.
FIGURES = {"ssim": "SSIM", "psnr": "PSNR [dB]"}


@dataclass(frozen=True, eq=False)
class Curve:
    """One figure of one result over time.

    Attributes
    ----------
    name
        The result.
    x
        When each frame was taken, s, or the number of the frame, from 1.
    y
        The figure, NaN where it is not known.
    """

    name: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]


def when(scan: Scan) -> tuple[npt.NDArray[np.float64], str]:
    """Return where the frames stand on the axis of time, and what it is called."""
    times = times_of(scan)
    return (np.arange(1.0, scan.volumes + 1), "frame") if times is None else (times, "time [s]")


def curves(results: Sequence[SeriesResult], figure: str) -> list[Curve]:
    """Return a figure of every result that could be judged."""
    return [
        Curve(result.name, when(result.scan)[0], result.figures[figure])
        for result in results
        if figure in result.figures and np.isfinite(result.figures[figure]).any()
    ]


def nearest(x: npt.NDArray[np.float64], at: float) -> int:
    """Return the frame nearest to a place on the axis of time.

    Examples
    --------
    >>> nearest(np.array([0.0, 5.5, 11.1]), 9.0)
    2
    """
    return int(np.abs(x - at).argmin())


def flicker_of(result: SeriesResult) -> float:
    """Return how much still tissue flickers in the frames that are done, thousandths of the brightest value.

    NaN without a reference, with fewer than two frames, or where nothing stands still.
    """
    from napari_mrsr.metrics.flicker import flicker
    from napari_mrsr.studies.dynamic.still import still_voxels
    from napari_mrsr.studies.dynamic_cohort import DynamicSubject

    frames = np.flatnonzero(result.done)
    if result.reference is None or len(frames) < 2:
        return float("nan")
    still = still_voxels(DynamicSubject("open series", result.reference))
    if not still.scale > 0:
        return float("nan")
    errors = [still.of(result.scan.array[n]) - still.of(result.reference.array[n]) for n in frames]
    return 1e3 * flicker(np.stack(errors))


def summary(results: Sequence[SeriesResult]) -> dict[str, dict[str, float]]:
    """Return mean SSIM, mean PSNR and flicker of every result that could be judged."""
    found = {}
    for result in results:
        if result.reference is None or not result.done.any():
            continue
        row = {text: float(np.nanmean(result.figures[key])) for key, text in FIGURES.items()}
        found[result.name] = row | {"flicker x1000": result.flicker}
    return found

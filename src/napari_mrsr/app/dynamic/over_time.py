r"""How good each frame is, and how much flickers that should stand still.

Between two frames tissue moves, and what moves changes. Flicker is what changes *besides*: with the result :math:`y_t`
and the acquired frame :math:`x_t` the error is :math:`e_t = y_t - x_t`; an error that stays is a bias, one that comes
and goes flickers. Over the voxels :math:`S` of tissue that stands still (its temporal SD is in the lower half),

.. math:: F = 100\, \frac{\operatorname{mean}_S \operatorname{SD}_t (e_t)}{\operatorname{mean}_S \bar x} \%.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.app.compare.windows import tissue
from napari_mrsr.app.dynamic.timing import times_of

if TYPE_CHECKING:
    from napari_mrsr.app.dynamic.series import SeriesResult
    from napari_mrsr.scan import Scan

#: Figures of a frame, and what their axis is called.
FIGURES = {"ssim": "SSIM", "psnr": "PSNR [dB]"}

#: Voxels looked at for the flicker: more would not change a number that anyone reads.
SAMPLE = 200_000


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


def flicker(reference: npt.NDArray[Any], test: npt.NDArray[Any]) -> float:
    """Return how much still tissue flickers, per cent of its signal; NaN where that cannot be told.

    Parameters
    ----------
    reference, test
        Frames, shape ``(frame, i, j, k)``, at least two.

    Examples
    --------
    >>> x = np.ones((4, 8, 8, 8))
    ... x[:, :4] = 0.0
    >>> y = x.copy()
    ... y[::2] *= 1.02
    >>> round(flicker(x, x + 0.1), 3), round(flicker(x, y), 2)
    (0.0, 1.0)
    """
    if len(reference) < 2:
        return float("nan")
    places = np.s_[:: max(1, reference[0].size // SAMPLE)]
    x, y = (np.stack([one.ravel()[places] for one in frames]).astype(np.float64) for frames in (reference, test))
    mean = x.mean(axis=0)
    threshold, _ = tissue(mean)
    inside = mean > threshold
    if not inside.any():
        return float("nan")
    moving = x.std(axis=0)
    still = inside & (moving <= np.median(moving[inside]))
    return float(100.0 * (y - x).std(axis=0)[still].mean() / mean[still].mean())


def flicker_of(result: SeriesResult) -> float:
    """Return the flicker of the frames of a result that are done; NaN without a reference or with fewer than two."""
    if result.reference is None or int(result.done.sum()) < 2:
        return float("nan")
    return flicker(result.reference.array[result.done], result.scan.array[result.done])


def summary(results: Sequence[SeriesResult]) -> dict[str, dict[str, float]]:
    """Return mean SSIM, mean PSNR and flicker of every result that could be judged."""
    found = {}
    for result in results:
        if result.reference is None or not result.done.any():
            continue
        row = {text: float(np.nanmean(result.figures[key])) for key, text in FIGURES.items()}
        found[result.name] = row | {"flicker [%]": result.flicker}
    return found

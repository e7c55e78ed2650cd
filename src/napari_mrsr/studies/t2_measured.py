r"""T2 of a region before and after super-resolution, voxel by voxel, for one subject and one method.

Acquired slices :math:`y` are the reference, as in test cohort 2 of Chaudhari et al. (MRSR on dual-echo DESS, 1.6 mm).
A method makes :math:`x` of them, with slices half as thick (0.8 mm). Three comparisons:

``rethickened``
    :math:`(A x)_k` with A the published filter: what the scanner would have measured of x in slice k. A method that is
    consistent with its data is right here by construction.
``pair``
    :math:`(x_{2k} + x_{2k+1}) / 2`, two combined adjacent slices, as published. The middle of the pair lies a quarter
    of an acquired slice (0.4 mm) beside slice k, because :math:`x_{2k}` lies where :math:`y_k` lies.
``resolved``
    :math:`y` is made twice as thick by the filter (3.2 mm) and super-resolved back: detail that was measured is lost
    and has to be found, which the other two comparisons do not ask.

T2 is that of the combined *echoes*, what a thick slice holds; the mean of the two T2 maps is another number (25 and 50
ms in equal parts: 38.9 against 37.8 ms) and can be had for the pair.

Which voxels count is decided once, by the acquired slices: those whose signals are neither fluid nor suppressed fat
(:mod:`napari_mrsr.mapping.masks`), so that the border with fluid, where T2 means nothing, is left out for every method
alike; then those where every method has a T2 within the range.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping import T2Map, estimate_noise, t2_from_dess
from napari_mrsr.roi.certainty import MOST_LEFT_OUT, is_short
from napari_mrsr.sampling import along, thick_slices
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Subject
from napari_mrsr.studies.reconstruct import reconstruct
from napari_mrsr.studies.t2_region import LAYERS, Place

Average = Literal["echoes", "maps"]
Estimator = Literal["analytic", "epg"]
Values = npt.NDArray[np.float32]

#: Fine slices for each acquired one.
FACTOR = 2
#: Accepted T2 of cartilage, ms; the upper end is that of DOSMA.
T2_RANGE = (1.0, 100.0)
#: The comparisons, in the order of the tables.
COMPARISONS = ("rethickened", "pair", "resolved")


@dataclass(frozen=True)
class T2Settings:
    """How T2 is found: formula, assumed T1 and accepted T2 (ms), and what is averaged over the pair."""

    estimator: Estimator = "analytic"
    t1: float = 1200.0
    t2_range: tuple[float, float] = T2_RANGE
    average: Average = "echoes"


def reference_values(subject: Subject, place: Place, settings: T2Settings) -> dict[str, Any]:
    """Return acquired and true T2 of the region for each comparison, and the layer of each voxel.

    Returns
    -------
    dict
        By comparison ``acquired`` (None where the voxel does not count), ``true`` (None where it is not known) and
        ``layer``, one entry per voxel of the region; ``noise`` (SD of S2), ``slice_mm``, ``slices``, ``notes``.

    Raises
    ------
    EchoesNeeded, MissingParameter
        As :func:`napari_mrsr.mapping.t2_from_dess` says.
    """
    whole = subject.scan
    noise = estimate_noise(np.moveaxis(whole.array[-1], place.axis, 0))
    slices = {name: place.pair if name == "resolved" else (place.middle,) for name in COMPARISONS}
    found: dict[str, Any] = {
        "noise": float(noise),
        "notes": [*place.notes, *whole.warnings],
        "slices": slices,
        "slice_mm": float(whole.spacing[place.axis]),
    }
    acquired = place.slab.crop(whole)
    tissue = place.slab.cut(tissue_of(whole, settings))
    left_out = 100 * float(1 - place.voxels(tissue, place.pair).mean())
    if is_short(place.region) and left_out >= MOST_LEFT_OUT:
        found["notes"].append(
            f"{left_out:.0f} % of {place.region} left out, mostly as too dark: T2 is that of the rest"
        )
    truth = None if subject.t2 is None else place.slab.cut(subject.t2)
    for name, where in slices.items():
        values = [place.of_slice(t2_of_slice(acquired, s, place.axis, noise, settings), s) for s in where]
        found[name] = {
            "acquired": listed(np.where(place.voxels(tissue, where), np.concatenate(values), np.nan)),
            "true": None if truth is None else listed(place.voxels(truth, where)),
            "layer": place.voxels(place.layer, where).tolist(),
        }
    return found


def method_values(
    subject: Subject,
    place: Place,
    method: str,
    settings: T2Settings,
    *,
    noise: float,
    device: str = "auto",
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Return T2 of the region after super-resolution by a method, for each comparison; ``seconds`` is what it took.

    Raises
    ------
    MrsrError
        As :func:`napari_mrsr.studies.reconstruct.reconstruct` says.
    """
    from napari_mrsr.superres import retrospective

    def told(first: float) -> Callable[[float], None] | None:
        return None if progress is None else lambda part: progress(first + part / 2)

    began = time.perf_counter()
    where: Any = (FACTOR, place.axis, place.slab)
    thin = reconstruct(subject.scan, method, *where, progress=told(0.0), stop=stop, device=device)
    thicker = retrospective(subject.scan, FACTOR, place.axis)
    back = reconstruct(thicker, method, *where, progress=told(0.5), stop=stop, device=device)
    seconds = time.perf_counter() - began
    k, axis = place.middle, place.axis

    def t2(scan: Scan, index: int) -> Values:
        return t2_of_slice(scan, index, axis, noise, settings)

    return {
        "rethickened": listed(place.of_slice(t2(rethickened(thin, axis), k), k)),
        "pair": listed(place.of_slice(t2_of_pair(thin, k, axis, noise, settings), k)),
        "resolved": listed(np.concatenate([place.of_slice(t2(back, s), s) for s in place.pair])),
        "seconds": seconds,
    }


def rethickened(thin: Scan, axis: int) -> Scan:
    """Return thin slices as the scanner would have measured them: the published filter along the slices."""
    a = thick_slices.matrix(thin.shape[axis], FACTOR)
    affine = np.array(thin.affine)
    affine[:3, axis] *= FACTOR
    return thin.after("thick slices of the result", along.apply(a, thin.array, axis + 1), affine=affine)


def t2_of_pair(thin: Scan, k: int, axis: int, noise: float, settings: T2Settings) -> Values:
    """Return T2 of thin slices 2k and 2k + 1 combined."""
    first = FACTOR * k
    if settings.average == "maps":
        maps = [t2_of_slice(thin, first + n, axis, noise, settings) for n in range(FACTOR)]
        return np.asarray(np.mean(maps, axis=0), np.float32)
    mean = np.take(thin.array, range(first, first + FACTOR), axis=axis + 1).mean(axis=axis + 1, keepdims=True)
    return t2_of_slice(thin.after("mean of two slices", mean), 0, axis, noise / np.sqrt(FACTOR), settings)


def tissue_of(scan: Scan, settings: T2Settings) -> npt.NDArray[np.bool_]:
    """Tell where the acquired slices have a T2: not in air, suppressed fat and fluid; shape ``(i, j, k)``."""
    return np.asarray(np.isfinite(_t2(scan, settings, noise=None).map.array[0]))


def t2_of_slice(scan: Scan, index: int, axis: int, noise: float, settings: T2Settings) -> Values:
    """Return the T2 map of one slice, ms, NaN where no T2 in the range explains the echoes.

    Nothing is masked by thresholds, which would depend on the rest of the picture and so differ between methods.
    """
    one = scan.after("one slice", np.take(scan.array, [index], axis=axis + 1))
    return np.asarray(np.take(_t2(one, settings, noise=float(noise)).map.array[0], 0, axis=axis), np.float32)


def _t2(scan: Scan, settings: T2Settings, *, noise: float | None) -> T2Map:
    """Return T2; without fat and fluid where the noise is to be measured, which the whole picture is needed for."""
    whole = noise is None
    return t2_from_dess(
        scan,
        method=settings.estimator,
        t1=settings.t1,
        t2_range=settings.t2_range,
        fat=whole,
        fluid=whole,
        noise=noise,
        threads=1,
    )


def listed(values: npt.NDArray[Any]) -> list[float | None]:
    """Return values as JSON holds them, to a thousandth; None where they are not finite.

    Examples
    --------
    >>> listed(np.array([35.12345, np.nan]))
    [35.123, None]
    """
    return [round(float(v), 3) if np.isfinite(v) else None for v in np.asarray(values).ravel()]


def unlisted(values: list[float | None]) -> npt.NDArray[np.float64]:
    """Return such values as an array, NaN for None."""
    return np.array([np.nan if v is None else v for v in values], np.float64)


def of_layer(layers: npt.ArrayLike, name: str) -> npt.NDArray[np.bool_]:
    """Tell which voxels belong to ``"whole"``, ``"deep"`` or ``"superficial"``."""
    layer = np.asarray(layers)
    return np.ones(layer.shape, bool) if name == "whole" else layer == LAYERS[name]

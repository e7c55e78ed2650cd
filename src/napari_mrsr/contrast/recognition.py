"""Which contrast a scan of the brain shows: T1w, T2w, FLAIR, PDw, or none that can be told.

Two witnesses are heard. The timing in the header (:mod:`napari_mrsr.contrast.from_timing`: TR, TE, TI, flip angle) says
what the scanner did; descriptions and file names (:mod:`napari_mrsr.contrast.from_names`) say what people called it.

- One alone is believed, both together where they agree.
- An image that a name gives as something else (a map, diffusion, a dual-echo steady state) is none of the four,
  whatever its timing.
- FLAIR is T2-weighted and has T2 in most of its names, so the fuller word of the two is kept.
- Where they disagree otherwise nothing is told. A wrong contrast is worse than none: it would choose weights.

The picture itself is asked one thing, whether it is a magnitude image. The uniform image of MP2RAGE (Marques et al.,
NeuroImage 2010;49:1271-1281) is T1-weighted, but is a ratio between -0.5 and 0.5 of which half the air is negative;
what was made for magnitudes must not be given it unawares. Stored as 0 to 4095 its air is grey.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.contrast import from_names as names
from napari_mrsr.contrast import from_timing as timing
from napari_mrsr.scan import Scan

#: The contrasts that are told apart, by their BIDS suffixes.
CONTRASTS = ("T1w", "T2w", "FLAIR", "PDw")
#: Air of a uniform image: mean and spread in the corners of the volume, as parts of its range. Air of a magnitude is at
#: its low end, and air that was set to one value does not spread.
GREY_AIR, NOISY_AIR = (0.3, 0.7), 0.15
#: Every how many voxels are looked at, so that there are about as many.
SAMPLES = 200_000


@dataclass(frozen=True)
class Contrast:
    """The contrast of a scan.

    Parameters
    ----------
    name
        ``"T1w"``, ``"T2w"``, ``"FLAIR"``, ``"PDw"``, or ``""`` where it cannot be told.
    why
        What says so, or why it cannot be told, in one line.
    uniform
        Whether it is, or looks like, the uniform image of MP2RAGE, which is no magnitude.
    """

    name: str
    why: str
    uniform: bool = False


def contrast_of(scan: Scan) -> str:
    """Return ``"T1w"``, ``"T2w"``, ``"FLAIR"``, ``"PDw"``, or ``""`` where it cannot be told.

    Examples
    --------
    >>> scan = Scan(np.zeros((8, 8, 8)), np.eye(4))
    >>> contrast_of(scan.with_acquisition(series_description="t2_space_dark-fluid_sag"))
    'FLAIR'
    """
    return recognise(scan).name


def recognise(scan: Scan) -> Contrast:
    """Return the contrast of a scan and what says so.

    Examples
    --------
    >>> scan = Scan(np.zeros((8, 8, 8)), np.eye(4))
    >>> recognise(scan.with_acquisition(repetition_time=9000.0, echo_times=(120.0,), inversion_time=2500.0))
    Contrast(name='FLAIR', why='TI 2500 ms nulls fluid, TE 120 ms', uniform=False)
    """
    if scan.quantity != "signal":
        return Contrast("", f"its values are {scan.quantity}, not signal")
    if scan.volumes > 1 and scan.axis != "time":
        return Contrast("", f"it has {scan.volumes} volumes ({scan.axis}): look at one of them")
    found = _of_header_and_names(scan)
    if found.name == "T1w" and not found.uniform and _looks_uniform(scan.array[0]):
        return replace(found, why=f"{found.why}; its air is like that of MP2RAGE", uniform=True)
    return found


def _of_header_and_names(scan: Scan) -> Contrast:
    told, called = timing.look(scan.acquisition), names.look(scan)
    if called.other:
        return Contrast("", called.why)
    if called.mp2rage == "uniform":
        return Contrast("T1w", called.why, uniform=True)
    if called.mp2rage:
        uniform = _looks_uniform(scan.array[0])
        return Contrast("T1w" * uniform, f"{called.why}; its air is {'' if uniform else 'not '}like that", uniform)
    if told.other:
        return Contrast("", told.why)
    if not told.name and not called.name:
        reasons = [why for why in (told.why, called.why) if why]
        return Contrast("", "; ".join(reasons) or "neither timing nor names say it")
    if not told.name or not called.name:
        return Contrast(told.name or called.name, told.why if told.name else called.why)
    if told.name == called.name:
        return Contrast(told.name, f"{told.why}; {called.why}")
    if {told.name, called.name} == {"T2w", "FLAIR"}:
        fuller = told if told.name == "FLAIR" else called
        return Contrast("FLAIR", fuller.why)
    return Contrast("", f"{told.why}, which is {told.name}, but {called.why}")


def _looks_uniform(volume: npt.NDArray[Any]) -> bool:
    """Tell whether air looks like that of a uniform image: grey, and noisy over most of the range."""
    step = max(1, int(np.ceil((volume.size / SAMPLES) ** (1 / 3))))
    few = np.nan_to_num(np.asarray(volume[::step, ::step, ::step], np.float32))
    low, high = np.percentile(few, (0.1, 99.9))
    if high <= low:
        return False
    corners = np.concatenate([corner.ravel() for corner in _corners(few)])
    mean, spread = (corners.mean() - low) / (high - low), corners.std() / (high - low)
    return bool(GREY_AIR[0] < mean < GREY_AIR[1] and spread > NOISY_AIR)


def _corners(volume: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    parts = [(slice(0, max(1, n // 10)), slice(n - max(1, n // 10), n)) for n in volume.shape]
    return [volume[i, j, k] for i in parts[0] for j in parts[1] for k in parts[2]]

r"""Is this scan like those that a method was trained on? Plain lines that say where it is not.

A network says nothing of scans unlike its training; it gives a sharp picture all the same. Looked at, of the scan as it
is given, against what the training sources had (``weights/ranges.json``, written by ``benchmarks/trained_ranges.py``):

- distance of the slices, for this factor; finest spacing in plane; the gap between slices as a part of that distance;
- signal to noise: the 90th percentile of the image over the noise (:func:`napari_mrsr.mapping.estimate_noise`). Only
  too little is told: less noise than in training harms nothing;
- contrast, by two numbers that no scanner's scale changes: the entropy of the histogram of the object (64 bins up to
  the common scale, bits), and, of echoes, the median ratio of the second to the first. They know nothing of anatomy: a
  usual histogram is no proof of a usual contrast;
- the anatomy (:mod:`napari_mrsr.trust.anatomy`) against that of the card; a scan that says none is not doubted.

A range ends where the outermost source lies; :data:`TOLERANCE` beyond it is not told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import AmbiguousAxis, WeightsCorrupt
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.networks import registry
from napari_mrsr.networks.registry import Method
from napari_mrsr.scan import Scan
from napari_mrsr.trust.anatomy import anatomy_of

#: Name of the file beside the weights.
FILE = "ranges.json"
#: So far beyond a range, as a part of its ends, nothing is said: spacings and contrasts vary by more within a person.
TOLERANCE = 0.1
#: Below this part of the common scale is air.
AIR = 0.05
#: ... and below so many standard deviations of the noise.
ABOVE_NOISE = 4.0
#: The signal of signal to noise is this percentile of the image.
BRIGHT = 90.0
#: Bins of the histogram, from air to the common scale.
BINS = 64
#: Every how many voxels of an axis are looked at, at most so many in all.
SAMPLES = 500_000


def outside(scan: Scan, method: Method | str, factor: int | None, axis: int | None = None) -> list[str]:
    """Return where a scan lies outside what a method was trained for, a line each; nothing for a classical method.

    Parameters
    ----------
    scan
        What is to be super-resolved.
    method
        Its name, or itself.
    factor
        Fine slices for each thick one; None where it is not whole.
    axis
        The axis to refine; by default the slice axis.

    Raises
    ------
    AmbiguousAxis
        No axis was given and the scan's slice axis cannot be told.
    UnknownMethod
        No such method.
    """
    one = registry.find(method) if isinstance(method, str) else method
    if one.kind == "classical":
        return []
    axis = scan.find_slice_axis() if axis is None else axis
    trained = ranges(one.file.parent / FILE if one.file is not None else None).get(one.name)
    lines = [*_of_the_card(scan, one, factor, axis)]
    if trained is not None:
        lines += _of_the_grid(scan, one.name, trained, factor or 2, axis)
        lines += _of_the_contrast(scan, one.name, trained, axis)
    return lines


@cache
def ranges(path: Path | None) -> dict[str, dict[str, Any]]:
    """Return the trained ranges of all methods in a file; nothing where there is no file."""
    if path is None or not path.is_file():
        return {}
    try:
        found: dict[str, dict[str, Any]] = json.loads(path.read_text())
        return {name: dict(entry) for name, entry in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise WeightsCorrupt(
            f"is not a file of ranges ({error})", where=path, remedy="reinstall napari-mrsr"
        ) from error


def trained_for(method: Method, factor: int = 2) -> list[tuple[str, str]]:
    """Return the trained ranges of a method in words, as (name, text); nothing where they are not known."""
    trained = ranges(method.file.parent / FILE if method.file is not None else None).get(method.name)
    if trained is None:
        return []
    low, high = (factor * value for value in trained["spacing"])
    across = trained["in_plane"]
    return [
        ("slices", f"{low:.2g} to {high:.2g} mm at x{factor}, {across[0]:.2g} to {across[1]:.2g} mm in plane"),
        ("signal to noise", f"{trained['snr']:.2g} and more"),
    ]


# -- the lines ---------------------------------------------------------------------------------------
def _of_the_card(scan: Scan, method: Method, factor: int | None, axis: int) -> list[str]:
    lines = []
    if method.factors and factor not in method.factors:
        told = " and ".join(map(str, method.factors))
        lines.append(f"a factor of {factor or 'no whole number'}: {method.name} was trained for {told}")
    if method.axes and "in-plane" not in method.axes and not _is_slice_axis(scan, axis):
        lines.append(f"axis {axis} lies in plane: {method.name} was trained for slices")
    part = anatomy_of(scan)
    if part and method.anatomy and part not in method.anatomy:
        lines.append(f"anatomy {part}: {method.name} was trained on {' and '.join(method.anatomy)}")
    return lines


def _is_slice_axis(scan: Scan, axis: int) -> bool:
    try:
        return scan.find_slice_axis() == axis
    except AmbiguousAxis:
        return True


def _of_the_grid(scan: Scan, name: str, trained: Mapping[str, Any], factor: int, axis: int) -> list[str]:
    lines = []
    low, high = (factor * value for value in trained["spacing"])
    distance = scan.spacing[axis]
    if _beyond(distance, low, high):
        lines.append(f"slices of {distance:.3g} mm: {name} was trained for {low:.2g} to {high:.2g} mm at x{factor}")
    low, high = trained["in_plane"]
    finest = min(s for a, s in enumerate(scan.spacing) if a != axis)
    if _beyond(finest, low, high):
        lines.append(f"{finest:.3g} mm in plane: {name} was trained for {low:.2g} to {high:.2g} mm")
    gap = scan.acquisition.slice_gap
    if gap is not None and _is_slice_axis(scan, axis) and gap > (trained["gap"] + TOLERANCE / 2) * distance:
        at_most = f"gaps of at most {trained['gap']:.0%}" if trained["gap"] else "slices without gaps"
        lines.append(f"a gap of {gap:.2g} mm in {distance:.3g} mm: {name} was trained for {at_most}")
    return lines


def _of_the_contrast(scan: Scan, name: str, trained: Mapping[str, Any], axis: int) -> list[str]:
    found = describe(scan, axis)
    if not found:
        return []
    lines = []
    if found["snr"] < trained["snr"] * (1 - TOLERANCE):
        lines.append(
            f"a signal to noise ratio of {found['snr']:.2g}: {name} was trained for {trained['snr']:.2g} and more"
        )
    for key, (what, unit) in {"entropy": ("histogram", " bits"), "ratio": ("ratio of the echoes", "")}.items():
        if key in found and trained.get(key) and _beyond(found[key], *trained[key]):
            low, high = trained[key]
            told = f"an unusual contrast, {what} {found[key]:.2g}{unit}"
            lines.append(f"{told}: {name} was trained for {low:.2g} to {high:.2g}")
    return lines


def _beyond(value: float, low: float, high: float) -> bool:
    return value < low * (1 - TOLERANCE) or value > high * (1 + TOLERANCE)


# -- what is looked at -------------------------------------------------------------------------------
def describe(scan: Scan, axis: int, added_noise: float = 0.0) -> dict[str, float]:
    """Return signal to noise and contrast of a scan: ``snr``, ``entropy`` [bits], and of echoes ``ratio``.

    Signal to noise and entropy are those of the first volume. Nothing for an empty image.

    Parameters
    ----------
    scan
        The scan.
    axis
        Its slice axis: noise is measured in planes across it.
    added_noise
        Noise that training adds, part of the common scale; it lowers ``snr`` alone.
    """
    from napari_mrsr.mapping import estimate_noise

    few = _sample(scan.array)
    scale = common_scale(few)
    sigma = estimate_noise(np.moveaxis(scan.array[0], axis, 0))
    inside = few[0] > max(AIR * scale, ABOVE_NOISE * sigma)
    if not inside.any():
        return {}
    noise = float(np.hypot(sigma, added_noise * scale))
    found = {
        "snr": float(np.percentile(few[0], BRIGHT)) / noise if noise > 0 else float("inf"),
        "entropy": entropy(few[0][inside] / scale),
    }
    if scan.volumes >= 2 and scan.axis == "echo":
        found["ratio"] = float(np.median(few[1][inside] / few[0][inside]))
    return found


def _sample(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    step = max(1, int(np.ceil((array[0].size / SAMPLES) ** (1 / 3))))
    return np.nan_to_num(np.asarray(array[:, ::step, ::step, ::step], np.float32))


def entropy(values: npt.NDArray[Any]) -> float:
    """Return the entropy of the histogram of values of 0 to 1, bits.

    Examples
    --------
    >>> entropy(np.linspace(0, 1, 64 * 100)), entropy(np.full(100, 0.5))
    (6.0, 0.0)
    """
    counts = np.histogram(np.clip(values, 0, 1), BINS, (0, 1))[0]
    p = counts[counts > 0] / counts.sum()
    return abs(round(float(-(p * np.log2(p)).sum()), 6))


def widest(found: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Return the ranges that hold all descriptions; of the signal to noise ratio its lower end."""
    keys = ("entropy", "ratio")
    spans = {key: [float(f(one[key] for one in found if key in one)) for f in (min, max)]
             for key in keys if any(key in one for one in found)}  # fmt: skip
    return {"snr": min(one["snr"] for one in found), **spans}

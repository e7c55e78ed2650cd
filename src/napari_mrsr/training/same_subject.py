r"""Whether weights fine-tuned on a planning scan are used where they belong: the same person, the same contrast.

Nothing is forbidden: an intervention does not wait. What differs is said, with its size.

**Person.** A phantom says its seed. Of DICOM files the patient's number is known, which says nothing about who that is
(:mod:`napari_mrsr.files.subject`). NIfTI files say nothing; then nothing is compared.

**Contrast.** TR, TE, flip angle and fat suppression, where both know them. And what is seen of them: let :math:`q(p)`
be the p-quantile of the intensities of the body over their median, then

.. math:: d = \frac{1}{|P|} \sum_{p \in P} |\ln q_1(p) - \ln q_2(p)|, \qquad P = 0.05, 0.10, \ldots, 0.95,

the mean shift of a grey value as a factor's logarithm; a common scale of the images does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.files.subject import subject_of
from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan
from napari_mrsr.training.planning_scan import fingerprint

#: Quantiles of the intensities of the body.
QUANTILES = tuple(round(0.05 * n, 2) for n in range(1, 20))
#: Share of the maximum above which a voxel counts as body.
BODY = 0.05
#: Mean shift of a grey value from which two contrasts count as different.
LARGEST_SHIFT = 0.2
#: Relative difference of TR, TE and flip angle from which they count as different.
TOLERANCE = 0.05
_PARAMETERS = {"repetition_time": ("TR", "ms"), "echo_time": ("TE", "ms"), "flip_angle": ("flip angle", "degrees")}


def described(scan: Scan) -> dict[str, Any]:
    """Return what tells a planning scan from others, as JSON holds it; no name and no path is in it."""
    return {
        "sha256": fingerprint(scan),
        "subject": subject_of(scan),
        **contrast_of(scan),
        "spacing": list(scan.spacing),
        "shape": list(scan.shape),
        "intensities": [round(float(q), 4) for q in intensities(scan)],
    }


def contrast_of(scan: Scan) -> dict[str, Any]:
    """Return TR, TE (ms), flip angle (degrees) and fat suppression of a scan; None where they are not known."""
    acquisition = scan.acquisition
    return {
        "repetition_time": acquisition.repetition_time,
        "echo_time": acquisition.echo_times[0] if acquisition.echo_times else None,
        "flip_angle": acquisition.flip_angle,
        "fat_suppression": fat_suppression_of(scan),
    }


def fat_suppression_of(scan: Scan) -> bool | None:
    """Return whether fat was suppressed; None where the header does not say."""
    others = scan.acquisition.others
    if "FatSuppression" in others:
        return bool(others["FatSuppression"])
    if "ScanOptions" in others:
        options = others["ScanOptions"]
        words = options.replace("\\", " ").split() if isinstance(options, str) else [str(o) for o in options]
        return any(word.upper() in ("FS", "SFS", "WE") for word in words)
    return None


def intensities(scan: Scan) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the quantiles of the body's intensities over their median (of the first volume)."""
    volume = np.nan_to_num(np.asarray(scan.array[0], np.float64))
    body = volume[volume > BODY * volume.max()]
    if not body.size:
        return np.ones(len(QUANTILES))
    return np.asarray(np.quantile(body, QUANTILES) / np.median(body))


def shift(one: Any, other: Any) -> float:
    """Return the mean shift d of a grey value between two results of :func:`intensities`."""
    a, b = (np.log(np.maximum(np.asarray(q, np.float64), 1e-6)) for q in (one, other))
    return float(np.abs(a - b).mean())


def mismatch(weights: Path | Mapping[str, Any], scan: Scan) -> tuple[str, ...]:
    """Return in which ways a scan is not what weights were fine-tuned for, one line each; nothing where all is well.

    Parameters
    ----------
    weights
        A file of fine-tuned weights, or what :func:`napari_mrsr.networks.registry.fine_tuning_of` gives of it. Weights
        that were never fine-tuned fit every scan.
    scan
        What they are to be used on: the dynamic scan.

    Raises
    ------
    WeightsCorrupt
        The file cannot be read.
    """
    record = registry.fine_tuning_of(weights) if isinstance(weights, Path) else weights
    planning = (record or {}).get("planning")
    if not isinstance(planning, Mapping) or planning.get("sha256") == fingerprint(scan):
        return ()
    return (*_another_person(planning, scan), *_another_contrast(planning, scan))


def _another_person(planning: Mapping[str, Any], scan: Scan) -> list[str]:
    taught, here = planning.get("subject"), subject_of(scan)
    if taught is None or here is None or taught == here:
        return []
    return ["these weights were fine-tuned on the planning scan of another person"]


def _another_contrast(planning: Mapping[str, Any], scan: Scan) -> list[str]:
    found, now = [], contrast_of(scan)
    for name, (label, unit) in _PARAMETERS.items():
        before, here = planning.get(name), now[name]
        if before and here and abs(here - before) > TOLERANCE * before:
            found.append(f"the planning scan had a {label} of {before:g} {unit}, this scan has {here:g} {unit}")
    before, here = planning.get("fat_suppression"), now["fat_suppression"]
    if before is not None and here is not None and before != here:
        found.append(f"fat was {'' if before else 'not '}suppressed in the planning scan, unlike in this scan")
    if planning.get("intensities"):
        d = shift(planning["intensities"], intensities(scan))
        if d > LARGEST_SHIFT:
            found.append(f"grey values lie otherwise than in the planning scan (by a factor of {np.exp(d):.2f})")
    return found

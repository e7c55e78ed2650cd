"""Several files as one scan: echoes or contrasts of one grid, in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.files.atomic import suffix_of
from napari_mrsr.files.naming import volume_names
from napari_mrsr.scan import Acquisition, Scan, VolumeAxis, stack

#: How far two volumes of one grid may lie apart, mm: headers hold positions as float32 or with 4 decimals.
POSITION_TOLERANCE = 0.01


def join(scans: Sequence[Scan], *, axis: VolumeAxis | None = None) -> Scan:
    """Return scans of one grid as one scan: echoes if their echo times are known and differ, else contrasts.

    Raises
    ------
    GeometryMismatch
        Shape, spacing or position differ from those of the first; the message names the file.
    """
    first = scans[0]
    if len(scans) == 1:
        return first
    for other in scans[1:]:
        check_same_grid(first, other)
    acquisition, warnings = _common([scan.acquisition for scan in scans])
    times = [_times(scan) for scan in scans]
    count = sum(scan.volumes for scan in scans)
    echo_times = tuple(time for some in times for time in some) if all(times) else ()
    if axis is None:
        axis = "echo" if len(set(echo_times)) == count else "contrast"
    if axis == "echo" and any(a > b for a, b in pairwise(echo_times)):
        warnings.append(f"the echo times do not ascend in the order given ({_listed(echo_times)} ms)")
    names = volume_names(axis, count, echo_times=echo_times, repetition_time=acquisition.repetition_time)
    if axis == "contrast" and all(scan.volumes == 1 for scan in scans):
        names = _stems(scans) or names
    joined = stack(scans, axis=axis, names=names)
    return replace(joined, acquisition=replace(acquisition, echo_times=echo_times)).warn(*warnings)


def joined_echoes(one: Scan, other: Scan) -> Scan | None:
    """Return two scans of one grid whose echo times are known and differ as one scan; None where they are not such."""
    scans = (one, other)
    times = [t for scan in scans for t in scan.acquisition.echo_times]
    if any(len(scan.acquisition.echo_times) != scan.volumes for scan in scans) or len(set(times)) != len(times):
        return None
    if not one.same_grid(other, tolerance=POSITION_TOLERANCE):
        return None
    return join(sorted(scans, key=lambda scan: scan.acquisition.echo_times))


def check_same_grid(first: Scan, other: Scan) -> None:
    """Raise :class:`GeometryMismatch`, naming the file and what differs, unless two scans share a grid."""
    remedy = f"give volumes on the grid of {first.where or 'the first'}"
    if first.shape != other.shape:
        text = f"has {_size(other.shape)} voxels, not {_size(first.shape)}"
        raise GeometryMismatch(text, where=other.where, remedy=remedy)
    if not np.allclose(first.spacing, other.spacing, rtol=1e-3):
        text = f"has voxels of {_size(other.spacing)} mm, not {_size(first.spacing)} mm"
        raise GeometryMismatch(text, where=other.where, remedy=remedy)
    if not first.same_grid(other, tolerance=POSITION_TOLERANCE):
        corners = np.array([[i, j, k, 1.0] for i in (0, 1) for j in (0, 1) for k in (0, 1)]).T
        corners[:3] *= np.array(first.shape)[:, None] - 1
        distance = np.sqrt((((first.affine - other.affine) @ corners)[:3] ** 2).sum(0)).max()
        text = f"lies elsewhere or is turned: corners are up to {distance:.3g} mm apart"
        raise GeometryMismatch(text, where=other.where, remedy=remedy)


def _times(scan: Scan) -> tuple[float, ...]:
    """Echo time of each volume of a scan, empty if not known."""
    times = scan.acquisition.echo_times
    return times if len(times) == scan.volumes else times * scan.volumes if len(times) == 1 else ()


def _common(acquisitions: Sequence[Acquisition]) -> tuple[Acquisition, list[str]]:
    """Return the parameters that all share; what differs is left out, with a warning if it is a number."""
    first = acquisitions[0]
    changes: dict[str, Any] = {}
    warnings = []
    for field in fields(Acquisition):
        values = [getattr(acquisition, field.name) for acquisition in acquisitions]
        if field.name in ("echo_times", "others") or all(value == values[0] for value in values):
            continue
        known = [value for value in values if value is not None]
        if len(set(known)) == 1:  # some files say it, none contradicts
            changes[field.name] = known[0]
            continue
        changes[field.name] = None
        if isinstance(known[0], (int, float)):
            label = field.name.replace("_", " ")
            warnings.append(f"the {label} differs between the files ({_listed(known)}): it is left out")
    others = {k: v for k, v in first.others.items() if all(a.others.get(k) == v for a in acquisitions[1:])}
    return replace(first, **changes, others=others), warnings


def _stems(scans: Sequence[Scan]) -> tuple[str, ...]:
    """Names of the files without their suffix, if all differ."""
    paths = [Path(scan.where) for scan in scans if scan.where is not None]
    stems = tuple(path.name.removesuffix(suffix_of(path)) for path in paths)
    return stems if len(set(stems)) == len(scans) else ()


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _size(values: Sequence[float]) -> str:
    return "x".join(f"{value:g}" for value in values)

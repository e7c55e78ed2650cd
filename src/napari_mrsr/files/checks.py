"""What a person should know about a scan before using it, in green, amber and red."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import AmbiguousAxis
from napari_mrsr.files.naming import is_dess
from napari_mrsr.scan import SPACING_TOLERANCE, Scan

Level = Literal["good", "warn", "bad"]

#: About as many voxels as are looked at to judge the values of a volume.
_SAMPLE = 2_000_000
#: Below this angle (degrees) a volume counts as not oblique.
_OBLIQUE = 0.5


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, how it stands, and a line about it."""

    name: str
    level: Level
    text: str


def check_scan(scan: Scan) -> list[Check]:
    """Return what can be said about a scan: its grid, its sequence, its values, and what the reader found odd.

    Examples
    --------
    >>> scan = Scan(np.random.default_rng(0).random((1, 4, 4, 4)), np.diag([1, 1, 3.0, 1]))
    >>> [(check.name, check.level) for check in check_scan(scan)][:2]
    [('matrix', 'good'), ('slice axis', 'good')]
    """
    return [*_grid(scan), *_sequence(scan), *_values(scan), *(Check("reader", "warn", line) for line in scan.warnings)]


def oblique_angle(affine: npt.NDArray[np.float64]) -> float:
    """Return the largest angle between a voxel axis and the nearest axis of the patient, degrees."""
    directions = affine[:3, :3] / np.sqrt((affine[:3, :3] ** 2).sum(0))
    return float(np.degrees(np.arccos(np.clip(np.abs(directions).max(0), -1, 1))).max())


def _grid(scan: Scan) -> list[Check]:
    size, spacing = "x".join(map(str, scan.shape)), " x ".join(f"{s:g}" for s in scan.spacing)
    plural = "s" * (scan.volumes != 1)
    found = [Check("matrix", "good", f"{scan.volumes} volume{plural} of {size} voxels of {spacing} mm, on one grid")]
    isotropic = max(scan.spacing) <= min(scan.spacing) * (1 + SPACING_TOLERANCE)
    try:
        axis = scan.find_slice_axis()
    except AmbiguousAxis as error:
        found.append(Check("slice axis", "warn" if isotropic else "bad", f"{error.what}; {error.remedy}"))
    else:
        source = "stated by the header" if scan.slice_axis is not None else "the axis of largest spacing"
        found.append(Check("slice axis", "good", f"{axis} ({scan.spacing[axis]:g} mm, {source})"))
    if isotropic:
        found.append(Check("isotropic", "warn", "the voxels are isotropic: no axis is coarser than the others"))
    gap, thickness = scan.acquisition.slice_gap, scan.acquisition.slice_thickness
    if gap is not None and abs(gap) > 0.01 * max(scan.spacing):
        if gap > 0:
            of = f" between slices of {thickness:g} mm" if thickness else ""
            found.append(Check("slice gap", "warn", f"{gap:g} mm{of} were not measured"))
        else:
            found.append(Check("slice gap", "good", f"slices overlap by {-gap:g} mm"))
    angle = oblique_angle(scan.affine)
    text = f"{angle:.1f} degrees from the patient's axes; shown along the nearest ones" if angle > _OBLIQUE else "none"
    return [*found, Check("oblique", "good", text)]


def _sequence(scan: Scan) -> list[Check]:
    a = scan.acquisition
    found: list[Check] = []
    wanted = (("TR", a.repetition_time, "ms", "--tr"), ("flip angle", a.flip_angle, "degrees", "--flip"))
    for name, value, unit, option in wanted:
        known = Check(name, "good", f"{value:g} {unit}") if value is not None else None
        found.append(known or Check(name, "warn", f"not known; T2 from DESS needs it ({option})"))
    if a.echo_times:
        found.append(Check("TE", "good", ", ".join(f"{time:g}" for time in dict.fromkeys(a.echo_times)) + " ms"))
    else:
        found.append(Check("TE", "warn", "not known; T2 needs it (--te)"))
    if scan.volumes != 2 or scan.axis != "echo":
        return found
    if a.repetition_time is not None and len(a.echo_times) == 2:
        second = 2 * a.repetition_time - min(a.echo_times)
        if is_dess(a.echo_times, a.repetition_time):
            found.append(Check("DESS", "good", "TE2 = 2 TR - TE1 holds"))
            found.append(_spoiler(scan))
        else:
            text = f"TE2 is {max(a.echo_times):g} ms, not 2 TR - TE1 = {second:g} ms: not the two echoes of a DESS"
            found.append(Check("DESS", "warn", text))
    return found


def _spoiler(scan: Scan) -> Check:
    moment, duration = scan.acquisition.spoiler_moment, scan.acquisition.spoiler_duration
    if moment is None or duration is None:
        return Check(
            "spoiler", "warn", "not known; T2 is computed without diffusion (--spoiler-moment, --spoiler-duration)"
        )
    return Check("spoiler", "good", f"{moment:.4g} mT s/m in {duration:g} ms")


def _values(scan: Scan) -> list[Check]:
    volumes = [_sample(volume) for volume in scan.array]
    found: list[Check] = []
    nonfinite = int(sum(np.count_nonzero(~np.isfinite(volume)) for volume in scan.array))
    if scan.quantity == "signal":
        text = f"{nonfinite} voxels are NaN or infinite" if nonfinite else "all voxels are finite"
        found.append(Check("finite", "bad" if nonfinite else "good", text))
        negative = [float((volume < 0).mean()) for volume in volumes]
        if max(negative) > 0:
            text = f"{100 * max(negative):.2g} % of the voxels are negative: not a magnitude image, or filtered"
            found.append(Check("negative", "warn", text))
        if scan.volumes == 2 and scan.axis == "echo":
            found.append(_echo_order(*volumes))
    return found


def _echo_order(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> Check:
    """Compare the two echoes where there is signal: tissue is darker in the later one."""
    both = np.nan_to_num(first + second)
    signal = both > 0.1 * np.percentile(both, 99)
    brighter = float((second[signal] > first[signal]).mean()) if signal.any() else 0.0
    if brighter > 0.9:
        text = f"the second echo is the brighter one in {100 * brighter:.0f} % of the tissue: the echoes may be swapped"
        return Check("echo order", "warn", text)
    return Check("echo order", "good", "the first echo is the brighter one")


def _sample(volume: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a regular sample of a volume."""
    step = max(1, round((volume.size / _SAMPLE) ** (1 / 3)))
    return np.asarray(volume[::step, ::step, ::step], np.float64)

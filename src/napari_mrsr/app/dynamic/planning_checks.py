"""Whether a planning scan can teach for a series: who it is, contrast, resolution, field of view; green, amber, red.

The measures are those of :mod:`napari_mrsr.training.same_subject` and :mod:`napari_mrsr.training.planning_scan`. Here
they become findings that a person reads; red is a warning in plain sight, nothing is refused.
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.errors import AmbiguousAxis
from napari_mrsr.files.checks import Check, Level
from napari_mrsr.scan import Scan

#: Findings about a scan alone that matter for a planning scan too.
ALONE = ("finite", "negative", "reader", "slice axis")
#: Mean shift of a grey value above which the contrast is another one altogether.
OTHER_SEQUENCE = 0.4


def check(planning: Scan, series: Scan | None) -> list[Check]:
    """Return how a planning scan goes with a series; alone, whether it can be read as one.

    Parameters
    ----------
    planning, series
        The planning scan, and the dynamic series if one is open.
    """
    from napari_mrsr.files import check_scan

    size = " x ".join(map(str, planning.shape))
    spacing = " x ".join(f"{s:.3g}" for s in planning.spacing)
    found = [Check("matrix", "good", f"{size} voxels of {spacing} mm")]
    if planning.axis == "time" and planning.volumes > 1:
        found.append(Check("static", "warn", f"it is a series of {planning.volumes} frames; the first one teaches"))
    found += [c for c in check_scan(planning) if c.name in ALONE and c.level != "good"]
    if series is None:
        return [*found, Check("series", "warn", "no dynamic series is open: what goes with it is checked when one is")]
    found += [_session(planning, series), subject(planning, series), *contrast(planning, series)]
    try:
        found += [*resolution(planning, series), field_of_view(planning, series)]
    except AmbiguousAxis as error:
        found.append(Check("resolution", "warn", error.line))
    return [*found, pose(planning, series)]


def _session(planning: Scan, series: Scan) -> Check:
    """Tell the planning scan from the series itself, from which nothing may be learned."""
    from napari_mrsr.training.planning_scan import is_itself

    if is_itself(planning, series):
        return Check("session", "bad", "it is the open series itself: what learns from it has seen the answer")
    return Check("session", "good", "another scan than the series")


def subject(planning: Scan, series: Scan) -> Check:
    """Return whether both show the same person, as far as their files say."""
    from napari_mrsr.files.subject import subject_of

    one, other = subject_of(planning), subject_of(series)
    if one is None or other is None:
        return Check("subject", "warn", "the files do not say whether both are of the same person")
    if one == other:
        return Check("subject", "good", "both are of the same person")
    return Check("subject", "bad", "another person than in the series, for which it cannot teach")


def contrast(planning: Scan, series: Scan) -> list[Check]:
    """Return whether both were made alike, by their headers and by how their grey values are spread."""
    from napari_mrsr.training.same_subject import LARGEST_SHIFT, TOLERANCE, contrast_of, intensities, shift

    names = {"repetition_time": ("TR", " ms"), "echo_time": ("TE", " ms"), "flip_angle": ("flip", "°")}
    one, other = contrast_of(planning), contrast_of(series)
    alike: list[str] = []
    apart: list[str] = []
    for key, (name, unit) in names.items():
        a, b = one[key], other[key]
        if a and b:
            same = abs(a - b) <= TOLERANCE * b
            (alike if same else apart).append(f"{name} {a:.4g}" + ("" if same else f" and {b:.4g}") + unit)
    a, b = one["fat_suppression"], other["fat_suppression"]
    if a is not None and b is not None:
        words = {True: "fat suppressed", False: "fat not suppressed"}
        (alike if a == b else apart).append(words[a] + ("" if a == b else f" and {words[b]}"))
    found = []
    if apart:
        found.append(Check("sequence", "warn", f"planning scan and series differ: {', '.join(apart)}"))
    elif alike:
        found.append(Check("sequence", "good", f"the same: {', '.join(alike)}"))
    else:
        found.append(Check("sequence", "warn", "the headers do not say TR, TE and flip angle of both"))
    d = shift(intensities(planning), intensities(series))
    level: Level = "good" if d <= LARGEST_SHIFT else "warn" if d <= OTHER_SEQUENCE else "bad"
    words_of = {"good": "as in the series", "warn": "unlike the series", "bad": "those of another contrast"}
    text = f"{words_of[level]}: a grey value differs by a factor of {np.exp(d):.2f} in the mean"
    return [*found, Check("grey values", level, text)]


def resolution(planning: Scan, series: Scan) -> list[Check]:
    """Return whether the planning scan is at least as fine as the series, in plane and across.

    Raises
    ------
    AmbiguousAxis
        A slice axis cannot be told.
    """
    from napari_mrsr.training.planning_scan import COARSER, turned

    axes = planning.find_slice_axis(), series.find_slice_axis()
    fine, coarse = (
        sorted(s.spacing[a] for a in range(3) if a != axis) for s, axis in zip((planning, series), axes, strict=True)
    )
    pair = " and ".join(f"{a:.3g} x {b:.3g} mm" for a, b in (fine, coarse))
    found = []
    if any(a > b * (1 + COARSER) for a, b in zip(fine, coarse, strict=True)):
        found.append(Check("resolution", "bad", f"coarser in plane than the series ({pair}): nothing to learn"))
    else:
        found.append(Check("resolution", "good", f"as fine in plane as the series or finer ({pair})"))
    thick, thin = planning.spacing[axes[0]], series.spacing[axes[1]]
    if thick > thin * (1 + COARSER):
        found.append(Check("slices", "warn", f"{thick:.3g} mm apart, in the series {thin:.3g} mm"))
    if turned(planning, series):
        found.append(Check("slices", "warn", "not sliced in the same direction as the series"))
    return found


def field_of_view(planning: Scan, series: Scan) -> Check:
    """Return how much of the series' field of view the planning scan shows, by the coordinates of the scanner."""
    from napari_mrsr.training.planning_scan import MUST_COVER, SHOULD_COVER, coverage

    covered = coverage(planning, series)
    level: Level = "good" if covered >= SHOULD_COVER else "warn" if covered >= MUST_COVER else "bad"
    return Check("field of view", level, f"shows {covered:.0%} of that of the series")


def pose(planning: Scan, series: Scan) -> Check:
    """Return how far the planning scan lies from the series: told, not judged, for it need not lie there.

    Examples
    --------
    >>> here, there = np.diag([1, 1, 4, 1.0]), np.diag([1, 1, 4, 1.0])
    >>> there[0, 3] = 12.0
    >>> pose(Scan(np.zeros((8, 8, 4)), there), Scan(np.zeros((8, 8, 4)), here)).text
    'its centre lies 12 mm away, its axes are turned by 0.0°; not co-registered, and it need not be'
    """
    away = float(np.linalg.norm(_centre(planning) - _centre(series)))
    one, other = (s.affine[:3, :3] / np.asarray(s.spacing) for s in (planning, series))
    nearest = np.abs(one.T @ other).max(axis=0)
    turned = float(np.degrees(np.arccos(np.clip(nearest, -1.0, 1.0))).max())
    text = f"its centre lies {away:.0f} mm away, its axes are turned by {turned:.1f}°"
    return Check("pose", "good", f"{text}; not co-registered, and it need not be")


def _centre(scan: Scan) -> np.ndarray:
    middle = (np.asarray(scan.shape) - 1) / 2
    return np.asarray(scan.affine[:3, :3] @ middle + scan.affine[:3, 3])

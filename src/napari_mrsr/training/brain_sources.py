r"""What networks for slices of the brain learn from: every plane at full band, held out by subject.

A volume whose three axes are all at full band teaches in three planes; slices stay as thick as they are, since the
network sees one at a time. Each volume stands a second time in another contrast, :math:`x (1 - x / m)` with m a little
above its 99.5th percentile, in which bright tissue is dark and fluid bright: the scans at hand are few, and a network
that met one contrast alone would draw its edges into every other.

Scans of IXI teach in the plane they were acquired in, as published (:mod:`~napari_mrsr.training.ixi`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from napari_mrsr.contrast import contrast_of
from napari_mrsr.errors import BadParameter, NothingToRead
from napari_mrsr.scan import Scan
from napari_mrsr.training import ixi
from napari_mrsr.training.full_band import full_band_axes
from napari_mrsr.training.in_plane import Array, PlaneSource
from napari_mrsr.training.subjects_in import Found, subjects_in

#: The brightest tissue of the other contrast's scale, in 99.5th percentiles.
BRIGHTEST = 1.1
#: One fold of many, counted from 1: ``(2, 4)`` is the second of four.
Fold = tuple[int, int]


def gather(
    places: Sequence[Path], fold: Fold | None = None, report: Callable[[str], None] = lambda _: None
) -> tuple[list[PlaneSource], list[PlaneSource]]:
    """Return planes to learn from, and planes of other subjects to be judged by.

    Parameters
    ----------
    places
        Files and folders of scans, among them that of IXI.
    fold
        Which subjects are held out. Without one all teach, but of IXI the share that the paper held out.
    report
        Told what is used and what is not.

    Raises
    ------
    NothingToRead
        There is nothing to learn from.
    BadParameter
        There are fewer subjects than folds.
    """
    taught: list[PlaneSource] = []
    judging: list[PlaneSource] = []
    found = list(subjects_in(places, report))
    apart = held_out(found, fold)
    for one in found:
        planes = of_scan(one.scan, one.name, one.subject)
        if not planes:
            report(f"{one.name}: no plane at full resolution, left out")
            continue
        report(f"{one.name}: {len(planes)} planes, {'held out' if one.subject in apart else 'teaches'}")
        if one.subject in apart:
            judging += planes
        else:
            taught += planes
            taught += [other_contrast(source) for source in planes]
    if not taught:
        raise NothingToRead("nothing to learn from", remedy="give --data DIR with brain scans")
    return taught, judging


def held_out(found: Sequence[Found], fold: Fold | None) -> set[str]:
    """Return the subjects that judge.

    Raises
    ------
    BadParameter
        There is no such fold, or fewer subjects than folds.
    """
    subjects = sorted({one.subject for one in found})
    if fold is None:
        slices: dict[str, int] = {}
        for one in found:
            if one.subject.startswith("IXI"):
                slices[one.subject] = slices.get(one.subject, 0) + one.scan.shape[one.scan.find_slice_axis()]
        return ixi.held_out(slices)
    number, count = fold
    if not 1 <= number <= count or not 2 <= count <= len(subjects):
        raise BadParameter(
            f"fold {number}/{count} of {len(subjects)} subjects is impossible",
            remedy=f"give 1/{max(2, min(4, len(subjects)))}, say, and scans of at least two subjects",
        )
    return set(subjects[number - 1 :: count])


def of_scan(scan: Scan, name: str, subject: str | None = None) -> list[PlaneSource]:
    """Return every plane at full band of a scan's first volume, slices last, divided by its maximum."""
    whom = subject or name
    if whom.startswith("IXI"):
        axis = scan.find_slice_axis()
        pairs = [tuple(a for a in range(3) if a != axis)]
    else:
        pairs = list(combinations(full_band_axes(scan), 2))
    volume = np.abs(scan.array[0]).astype(np.float32)
    largest = float(volume.max())
    if largest == 0:
        return []
    planes, contrast = [], contrast_of(scan.volume(0))
    for pair in pairs:
        slices = next(axis for axis in range(3) if axis not in pair)
        array = np.ascontiguousarray(np.moveaxis(volume, slices, -1) / largest)
        # by the root of its size: no subject drowns the others
        weight = float(np.sqrt(array.size))
        planes.append(PlaneSource(f"{name} across {slices}", whom, array, weight, contrast))
    return planes


def other_contrast(source: PlaneSource) -> PlaneSource:
    """Return a source with its bright tissue dark and its grey tissue bright, on a scale of 0 to 1."""
    brightest = BRIGHTEST * float(np.percentile(source.array[::2, ::2, ::2], 99.5))
    array: Array = source.array * np.clip(1 - source.array / brightest, 0.1, None)
    return replace(source, name=f"{source.name}, other contrast", array=array / array.max(), _inputs={})


def parse_fold(text: str) -> Fold:
    """Return the fold that ``--fold`` names.

    Raises
    ------
    BadParameter
        It is none.

    Examples
    --------
    >>> parse_fold("2/4")
    (2, 4)
    """
    try:
        number, count = (int(part) for part in text.split("/"))
    except ValueError as error:
        raise BadParameter(f"--fold {text} is no fold", remedy="give the second of four as 2/4") from error
    return number, count

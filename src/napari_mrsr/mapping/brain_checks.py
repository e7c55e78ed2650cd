"""Three images of a brain: whether they show one person on one grid, and are magnitudes of what they are offered as.

Where neither header nor name tells T2w from FLAIR, the picture is asked: deep in the head what is dark on T1w is fluid,
which is bright on T2w and dark on FLAIR.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.contrast import recognise
from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch, MixedPatients, WrongDimensions
from napari_mrsr.files.subject import subject_of
from napari_mrsr.mapping.is_map import map_of
from napari_mrsr.mapping.registration import STEP as REGISTERED
from napari_mrsr.scan import Scan

#: The images in the order in which networks take them.
CONTRASTS = ("T1w", "T2w", "FLAIR")
#: Part of the voxels of a magnitude image that may lie below zero: none but what a resampling left.
NEGATIVE = 0.002
#: Deep is what lies within so many standard deviations of the head's middle: the ventricles do, the skull does not.
DEEP = 1.0
#: Signal of T1w, of the median of what is deep, below which a voxel is fluid, and the part of it that must be.
DARK, FLUID_PART = 0.6, 0.005
#: Fluid is bright, or dark, whose median is so many times that of the tissue about it, or a part as small.
BRIGHT = 1.3
#: What to do about images that lie apart.
REMEDY = "register T2w and FLAIR to T1w (--register)"
_BIDS = re.compile(r"sub-[a-zA-Z0-9]+")


def one_volume_each(scans: Mapping[str, Scan]) -> list[str]:
    """Refuse an image of several volumes."""
    for name, scan in scans.items():
        if scan.volumes != 1:
            raise WrongDimensions(
                f"has {scan.volumes} volumes, and {name} has one", where=scan.where, remedy="give one volume of it"
            )
    return []


def one_person(scans: Mapping[str, Scan]) -> list[str]:
    """Refuse images of different people."""
    whose = {name: subject_of(scan) or _bids_subject(scan) for name, scan in scans.items()}
    known = {name: person for name, person in whose.items() if person is not None}
    if len(set(known.values())) > 1:
        first = next(iter(known))
        other = next(name for name, person in known.items() if person != known[first])
        raise MixedPatients(
            f"({other}) shows another person than {first}",
            where=scans[other].where,
            remedy="give three images of one person",
        )
    return []


def _bids_subject(scan: Scan) -> str | None:
    found = _BIDS.match(Path(scan.where).name) if scan.where else None
    return found[0] if found else None


def one_grid(scans: Mapping[str, Scan]) -> list[str]:
    """Refuse images on different grids, or in different frames of reference."""
    reference, first = next(iter(scans.items()))
    for name, scan in scans.items():
        if not first.same_grid(scan):
            raise GeometryMismatch(
                f"({name}) lies on another grid than {reference}: {_grids(scan, first)}",
                where=scan.where,
                remedy=REMEDY,
            )
    frames = {name: frame for name, scan in scans.items() if (frame := _frame(scan))}
    if len(set(frames.values())) > 1:
        raise GeometryMismatch(
            f"{' and '.join(frames)} lie in different frames of reference: the head may have moved between them",
            remedy=REMEDY,
        )
    return []


def _grids(scan: Scan, first: Scan) -> str:
    """Return in which way two grids differ."""
    one, other = _grid(scan), _grid(first)
    if one != other:
        return f"{one}, not {other}"
    middle = np.array([*((np.array(first.shape) - 1) / 2), 1.0])
    away = np.linalg.norm(((scan.affine - first.affine) @ middle)[:3])
    return f"{one} as there, but {away:.1f} mm away or turned"


def _grid(scan: Scan) -> str:
    return f"{'x'.join(map(str, scan.shape))} at {'x'.join(f'{s:g}' for s in scan.spacing)} mm"


def _frame(scan: Scan) -> str | None:
    """Return the frame of reference of a DICOM series; None where the image was brought to another grid."""
    if any(step.name == REGISTERED for step in scan.history):
        return None
    for source in scan.sources:
        path = Path(source.path)
        if path.is_file() and not path.name.lower().endswith((".nii", ".nii.gz", ".hdr", ".img")):
            from napari_mrsr.files.dicom.headline import headline

            found = headline(path)
            return found.frame or None if found else None
    return None


def magnitudes(scans: Mapping[str, Scan]) -> list[str]:
    """Refuse what shows nothing, or is no magnitude image."""
    for name, scan in scans.items():
        values = scan.array[0]
        if not np.nanmax(values) > np.nanmin(values):
            raise ConstantImage(f"({name}) shows nothing", where=scan.where, remedy="give an image with signal")
        part = float(np.mean(values < 0)) if values.dtype.kind in "fi" else 0.0
        if part > NEGATIVE:
            raise BadParameter(
                f"({name}) is negative in {100 * part:.0f} % of its voxels, as the uniform image of MP2RAGE and phase "
                "images are",
                where=scan.where,
                remedy="give the magnitude image",
            )
    return []


def contrasts(scans: Mapping[str, Scan]) -> list[str]:
    """Refuse what is of another contrast than it is offered as; return what cannot be told."""
    lines = []
    for name, scan in scans.items():
        map = map_of(scan)
        if map is not None:
            raise BadParameter(
                f"({name}) is a map of {map[0]} and no weighted image: {map[1]}",
                where=scan.where,
                remedy=f"give the {name} itself",
            )
        found = recognise(scan)
        if found.uniform:
            raise BadParameter(
                f"({name}) is the uniform image of MP2RAGE: {found.why}",
                where=scan.where,
                remedy="give an MPRAGE, or the second inversion of the MP2RAGE",
            )
        if found.name and found.name != name:
            raise BadParameter(
                f"is {found.name} and was offered as {name}: {found.why}",
                where=scan.where,
                remedy=f"offer it as {found.name}" if found.name in CONTRASTS else f"give a {name}",
            )
        if not found.name:
            lines.append(f"that {scan.where or 'the scan'} is {name} is taken on trust: {found.why}")
    if not set(CONTRASTS) <= scans.keys() or all("FLAIR" not in line and "T2w" not in line for line in lines):
        return lines
    bright = {name: _fluid_is_bright(scans, name) for name in ("T2w", "FLAIR")}
    if bright["T2w"] is False:
        raise BadParameter(
            "was offered as T2w, but fluid is dark in it: it looks like a FLAIR",
            where=scans["T2w"].where,
            remedy="give the T2w without fluid suppression",
        )
    if bright["FLAIR"] is True:
        raise BadParameter(
            "was offered as FLAIR, but fluid is bright in it: it looks like a T2w",
            where=scans["FLAIR"].where,
            remedy="give the FLAIR",
        )
    return lines


def _fluid_is_bright(scans: Mapping[str, Scan], name: str) -> bool | None:
    """Tell whether fluid is bright (True) or dark (False) in an image; None where too little of it is seen."""
    step = max(1, round((scans["T1w"].array[0].size / 2e6) ** (1 / 3)))
    t1w, image = (
        np.nan_to_num(np.asarray(scans[one].array[0][::step, ::step, ::step], np.float32)) for one in ("T1w", name)
    )
    head = t1w > 0.5 * _head_median(t1w)
    deep = head & False
    where = np.argwhere(head)
    if len(where):
        middle, spread = where.mean(axis=0), where.std(axis=0) + 1e-6
        grid = np.meshgrid(*(np.arange(n) for n in head.shape), indexing="ij", sparse=True)
        deep = sum(((g - m) / s) ** 2 for g, m, s in zip(grid, middle, spread, strict=True)) < DEEP**2
    tissue = float(np.median(t1w[deep])) if deep.any() else 0.0
    fluid = deep & (t1w < DARK * tissue)
    if np.count_nonzero(fluid) < FLUID_PART * np.count_nonzero(deep):
        return None
    ratio = float(np.median(image[fluid])) / max(float(np.median(image[deep & ~fluid])), 1e-12)
    return True if ratio > BRIGHT else False if ratio < 1 / BRIGHT else None


def _head_median(values: npt.NDArray[Any]) -> float:
    """Return the median of an image over the head: of what is brighter than half the mean of its positive values."""
    positive = values[values > 0]
    inside = positive[positive > 0.5 * positive.mean()] if positive.size else positive
    return float(np.median(inside)) if inside.size else 0.0


#: What is asked of images by their contrast, two of them or three, in this order: each question refuses by an error, or
#: returns what a person should know, one line each.
QUESTIONS: Mapping[str, Callable[[Mapping[str, Scan]], list[str]]] = {
    "volumes": one_volume_each,
    "person": one_person,
    "grid": one_grid,
    "values": magnitudes,
    "contrasts": contrasts,
}

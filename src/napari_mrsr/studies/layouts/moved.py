"""Still scans of abdomens that are set breathing (:mod:`~napari_mrsr.studies.simulated_motion`): a subject each.

::

    abdomens/
        anna.nii.gz             a scan with thick slices; its first volume is used
        bert/
            echo1.nii.gz        of several files the first by its name
            echo2.nii.gz
        carl/...                or a DICOM series

A scan on the grid of one before it is taken for another image of the same examination and left out, as is one that
cannot be set in motion; both are listed in the provenance. Give no scan that taught a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from napari_mrsr.errors import MrsrError, NothingToRead
from napari_mrsr.files.time_points import in_order, is_nifti
from napari_mrsr.scan import Scan
from napari_mrsr.studies.dynamic_cohort import DynamicCohort, DynamicEntry, DynamicSubject
from napari_mrsr.studies.simulated_motion import at_full_band, set_breathing

#: Seed of the first subject's motion.
FIRST_SEED = 400
#: Time points.
FRAMES = 10


def find_moved(folder: Path, frames: int = FRAMES) -> DynamicCohort:
    """Return the scans of a folder as a dynamic cohort; each is read once to see whether it can be set in motion.

    Raises
    ------
    NothingToRead
        There is no such folder, or no scan in it that can be used.
    """
    from napari_mrsr.files import read_scan

    if not folder.is_dir():
        raise NothingToRead("is no folder", where=folder, remedy="give a folder of abdominal scans")
    entries: list[DynamicEntry] = []
    seen: list[tuple[str, Scan]] = []
    left_out: dict[str, str] = {}
    for name, path in _scans(folder):
        try:
            scan = read_scan(path)
            at_full_band(scan)
        except MrsrError as error:
            left_out[name] = error.what
            continue
        twin = next((other for other, grid in seen if grid.same_grid(scan, tolerance=0.1)), None)
        if twin is not None:
            left_out[name] = f"lies on the grid of {twin}: another image of one examination"
            continue
        seen.append((name, scan.volume(0)))
        entries.append(DynamicEntry(name, partial(load, name, path, FIRST_SEED + len(entries), frames)))
    if not entries:
        why = "; ".join(f"{name}: {reason}" for name, reason in left_out.items()) or "it is empty"
        raise NothingToRead(f"holds no scan that can be set in motion ({why})", where=folder, remedy="give other scans")
    origin = {"layout": "moved", "seeds": [FIRST_SEED + n for n in range(len(entries))], "left out": left_out}
    return DynamicCohort(f"{folder.resolve().name}, motion simulated", tuple(entries), origin)


def load(name: str, path: Path, seed: int, frames: int = FRAMES) -> DynamicSubject:
    """Read a scan and set it in motion.

    Raises
    ------
    MrsrError
        It cannot be read, or not be set in motion.
    """
    from napari_mrsr.files import read_scan

    still = at_full_band(read_scan(path))
    moved = set_breathing(still, seed, frames=frames)
    size = " x ".join(str(n) for n in still.shape)
    spacing = " x ".join(f"{s:.3g}" for s in still.spacing)
    notes = (
        "motion simulated; the planning scan is the same image, noise and all, in another pose: the best case for "
        "fine-tuning",
        f"{size} voxels of {spacing} mm, the matrix that holds true detail",
    )
    return DynamicSubject(name, moved.dynamic, moved.planning, notes=notes)


def _scans(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield what may be scans, by name: files before folders, since a folder may hold the DICOM of a file."""
    inside = [one for one in folder.iterdir() if not one.name.startswith(".")]
    for one in sorted(inside, key=lambda one: (one.is_dir(), in_order(one))):
        if one.is_file() and is_nifti(one):
            yield one.name.split(".nii")[0], one
        elif one.is_dir():
            files = sorted((file for file in one.rglob("*.nii*") if is_nifti(file)), key=in_order)
            yield one.name, files[0] if files else one

"""Subjects of dynamic studies on the disk: frames over time, and a planning scan of another session.

::

    study/
        anna/
            dynamic.nii.gz              the frames: a 4-D file and its sidecar
            planning.nii.gz             one volume, of any matrix and position
        bert/
            dynamic/...                 or a DICOM folder: one series with time points, or a series for each
            planning/...
        carl/
            dynamic_01.nii.gz           or a file for each frame, in the order of the numbers in their names
            dynamic_02.nii.gz
            planning.nii.gz

What begins with ``dynamic`` and ``planning`` counts, files and folders alike; the rest is not looked at. A folder that
holds ``dynamic*`` itself is one subject. Without a planning scan nothing is fine-tuned, the rest is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from napari_mrsr.errors import NothingToRead, UnknownMethod
from napari_mrsr.files.time_points import in_order, is_nifti, read_time_points
from napari_mrsr.scan import Scan
from napari_mrsr.studies.dynamic_cohort import DynamicCohort, DynamicEntry, DynamicSubject
from napari_mrsr.studies.layouts import moved

DYNAMIC, PLANNING = "dynamic", "planning"


def find_dynamic_cohort(folder: Path, layout: str | None = None) -> DynamicCohort:
    """Return the dynamic cohort of a folder.

    Parameters
    ----------
    folder
        Where the scans lie.
    layout
        ``"dynamic"`` (the default) as above; ``"moved"``: still scans, which are set breathing
        (:mod:`~napari_mrsr.studies.layouts.moved`). That is never done unasked.

    Raises
    ------
    NothingToRead
        There is no such folder, or no subject in it.
    UnknownMethod
        No layout of that name.
    """
    if layout not in (None, *LAYOUTS):
        raise UnknownMethod(f"no layout {layout!r} of dynamic studies", remedy=f"choose one of {', '.join(LAYOUTS)}")
    return LAYOUTS[layout or DYNAMIC](folder)


def find_dynamic(folder: Path) -> DynamicCohort:
    """Return the dynamic cohort of a folder; subjects are read one at a time, when they are needed.

    Raises
    ------
    NothingToRead
        There is no such folder, or no subject in it.
    """
    if not folder.is_dir():
        raise NothingToRead(
            "is no folder", where=folder, remedy="give a folder of subjects with dynamic* and planning*"
        )
    own = _named(folder, DYNAMIC)
    below = [] if own else [one for one in sorted(folder.iterdir(), key=in_order) if one.is_dir() and _is_subject(one)]
    places = [folder] if own else below
    if not places:
        raise NothingToRead(
            "holds no subject with a dynamic scan",
            where=folder,
            remedy="name them SUBJECT/dynamic* and SUBJECT/planning*; still scans are set breathing by --layout moved",
        )
    entries = tuple(DynamicEntry(one.resolve().name, partial(load, one.resolve())) for one in places)
    return DynamicCohort(folder.resolve().name, entries, {"layout": "dynamic"})


def load(folder: Path) -> DynamicSubject:
    """Read the subject of a folder.

    Raises
    ------
    NothingToRead
        There is no dynamic scan.
    MrsrError
        A scan cannot be read; the dynamic one has a single time point.
    """
    frames, prior = _named(folder, DYNAMIC), _named(folder, PLANNING)
    if not frames:
        raise NothingToRead("holds no dynamic scan", where=folder, remedy="name its files or folder dynamic*")
    dynamic = read_time_points(_inside(frames))
    notes: list[str] = []
    planning = _planning(prior, notes)
    return DynamicSubject(folder.name, dynamic, planning, notes=tuple(notes))


def _planning(found: list[Path], notes: list[str]) -> Scan | None:
    """Read the planning scan, the first volume where there are several."""
    from napari_mrsr.files import read_scan

    if not found:
        notes.append("no planning scan: nothing is fine-tuned")
        return None
    scan = read_scan(_inside(found))
    if scan.volumes > 1:
        notes.append(f"the planning scan has {scan.volumes} volumes: the first, {scan.names[0]}, is used")
        scan = scan.volume(0)
    return scan


def _named(folder: Path, start: str) -> list[Path]:
    """Return files of scans and folders whose name begins so, in the order of the numbers in them."""
    found = [one for one in folder.iterdir() if one.name.lower().startswith(start)]
    return sorted((one for one in found if one.is_dir() or _may_be_scan(one)), key=in_order)


def _inside(found: list[Path]) -> list[Path]:
    """Return the NIfTI files of what was found and of the folders in it; what was found where there are none."""
    nifti = [file for one in found for file in (_files(one) if one.is_dir() else [one]) if is_nifti(file)]
    return sorted(nifti, key=in_order) or found


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")]


def _may_be_scan(path: Path) -> bool:
    return path.is_file() and (is_nifti(path) or path.suffix.lower() in ("", ".dcm", ".ima"))


def _is_subject(folder: Path) -> bool:
    """Tell whether a folder is a subject's; one with a planning scan alone is, so that what it lacks is said."""
    return not folder.name.startswith(".") and bool(_named(folder, DYNAMIC) or _named(folder, PLANNING))


#: By the name that ``--layout`` takes.
LAYOUTS: dict[str, Callable[[Path], DynamicCohort]] = {DYNAMIC: find_dynamic, "moved": moved.find_moved}

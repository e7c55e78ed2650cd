"""How heads with weighted images and measured maps lie on the disk: a user's own MR-Multitasking, MP2RAGE or VFA.

::

    heads/
        sub-01/[ses-a/][anat/]
            sub-01_T1w.nii.gz           the three images, on one grid, with sidecars
            sub-01_T2w.nii.gz
            sub-01_FLAIR.nii.gz
            sub-01_T1map.nii.gz         one map or more, on any grid
            sub-01_T2map.nii.gz
            sub-01_M0map.nii.gz         or PDmap
        derivatives/fits/sub-02/...     maps may lie elsewhere: the names say whose they are
        anna/                           without such names a folder is one person
            T1w.nii.gz                  names end with what a file holds
            T1w/                        or are those of DICOM folders

What ``napari-mrsr t1 ... -o anna/T1map.nii.gz --m0 anna/M0map.nii.gz`` writes fits as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from napari_mrsr.errors import NothingToRead
from napari_mrsr.files.time_points import is_nifti

#: Images and maps, in the order in which networks take and give them.
CONTRASTS, MAPS = ("T1w", "T2w", "FLAIR"), ("T1", "T2", "M0")
#: Endings of names, in small letters, and what they hold.
SUFFIXES = {name.lower(): name for name in CONTRASTS} | {"t1map": "T1", "t2map": "T2", "m0map": "M0", "pdmap": "M0"}
_PERSON, _SESSION = re.compile(r"sub-[a-zA-Z0-9]+"), re.compile(r"ses-[a-zA-Z0-9]+")


@dataclass(frozen=True)
class OwnFiles:
    """Where the images and maps of a head lie.

    Parameters
    ----------
    name, subject
        Of the head, and of the person: several sessions are of one.
    images, maps
        Path by what is there, of :data:`CONTRASTS` and :data:`MAPS`.
    twice
        What is there more than once, so that nobody can tell which is meant.
    """

    name: str
    subject: str
    images: Mapping[str, Path]
    maps: Mapping[str, Path]
    twice: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """Why nothing can be learned from it, in a few words; empty where something can."""
        if self.twice:
            return f"has {' and '.join(self.twice)} twice"
        lacking = [name for name in CONTRASTS if name not in self.images]
        if lacking:
            return f"lacks {' and '.join(lacking)}"
        return "" if set(self.maps) & {"T1", "T2"} else "has no map of T1 or T2"


def find(folder: Path) -> list[OwnFiles]:
    """Return the heads of a folder, complete or not, in the order of their names.

    Raises
    ------
    NothingToRead
        There is no such folder, or nothing in it has one of the names.
    """
    if not folder.is_dir():
        raise NothingToRead("is no folder", where=folder, remedy="give a folder of heads with images and maps")
    held = [(path, kind) for path in sorted(folder.rglob("*")) if (kind := _kind(path)) is not None]
    if not held:
        raise NothingToRead(
            "holds nothing that is called T1w, T2w, FLAIR, T1map, T2map or M0map",
            where=folder,
            remedy="name files as in sub-01/sub-01_T1map.nii.gz",
        )
    flat = any(path.parent == folder and not _PERSON.search(path.name) for path, _ in held)
    heads: dict[str, tuple[str, dict[str, list[Path]]]] = {}
    for path, kind in held:
        name, person = _whose(path, folder, flat)
        heads.setdefault(name, (person, {}))[1].setdefault(kind, []).append(path)
    return [
        OwnFiles(
            name,
            person,
            {kind: paths[0] for kind, paths in there.items() if kind in CONTRASTS},
            {kind: paths[0] for kind, paths in there.items() if kind in MAPS},
            tuple(kind for kind, paths in there.items() if len(paths) > 1),
        )
        for name, (person, there) in sorted(heads.items())
    ]


def _kind(path: Path) -> str | None:
    """Return what a file, or a DICOM folder, holds by its name."""
    if path.name.startswith("."):
        return None
    if path.is_dir():
        stem = path.name
        if SUFFIXES.get(stem.lower()) and not any(is_nifti(one) for one in path.iterdir()):
            return SUFFIXES[stem.lower()]
        return None
    if not is_nifti(path):
        return None
    stem = path.name.lower().removesuffix(".gz").removesuffix(".nii")
    return SUFFIXES.get(re.split(r"[_ ]", stem)[-1])


def _whose(path: Path, folder: Path, flat: bool) -> tuple[str, str]:
    """Return the name of the head that a file belongs to, and the person."""
    below = path.relative_to(folder)
    text = below.as_posix()
    person, session = _PERSON.search(path.name) or _PERSON.search(text), _SESSION.search(text)
    if person:
        return (f"{person[0]} {session[0]}" if session else person[0]), person[0]
    name = folder.resolve().name if flat or len(below.parts) == 1 else below.parts[0]
    return name, name

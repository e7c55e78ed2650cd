"""Heads whose T1 and T2 are known, with the three weighted images that a person would offer of them.

Three kinds of subject: phantoms; the anatomy of a real T1-weighted scan that never teaches, with values of a seed
(:mod:`~napari_mrsr.training.brain_heads`); and a person whose T1 was measured (:mod:`.vfa_subject`). Seeds are below
1000, those that teach are above.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.mapping.brain import BrainScans
from napari_mrsr.phantoms.brain import BrainPhantom, brain
from napari_mrsr.phantoms.brain.brain import CENTRE
from napari_mrsr.phantoms.brain.lesions import Lesions
from napari_mrsr.studies.brain_maps.conditions import CONDITIONS, NOMINAL, Condition, named
from napari_mrsr.studies.brain_maps.imaging import Scanner
from napari_mrsr.studies.cohort import CohortOf, EntryOf
from napari_mrsr.training.brain_tissues import Anatomy

__all__ = ["NOMINAL", "PHANTOMS", "TISSUES", "Head", "Phantom", "Real", "Subject", "cohort", "heads", "subjects_of"]

#: Tissues by their number in :attr:`Head.tissues`.
TISSUES = {1: "white matter", 2: "grey matter", 3: "CSF", 4: "deep grey matter", 5: "lesion"}
#: Seeds of the phantoms, and of the values that a real anatomy gets.
PHANTOMS, VALUES = (41, 42, 43), (51, 52)
#: First seed that teaches.
TEACHING = 1000
#: Where a folder of data holds the scans that never teach.
VFA = Path("brain") / "vfa"


@dataclass(frozen=True, eq=False)
class Head:
    """One head under one condition.

    Parameters
    ----------
    name
        Of head and condition.
    subject
        Whose head: the same under every condition.
    condition
        ``"nominal"``, or what is not as in the training.
    scans
        T1w, T2w and FLAIR on one grid, as a person would offer them.
    t1, t2
        What is true, ms, ``(i, j, k)``; NaN where nothing is judged: outside the brain, and T2 of fluid.
    tissues
        Numbers of :data:`TISSUES`, the largest share in a voxel of the brain, ``(i, j, k)``; 0 is none of them.
    """

    name: str
    subject: str
    condition: str
    scans: BrainScans
    t1: npt.NDArray[np.float32]
    t2: npt.NDArray[np.float32]
    tissues: npt.NDArray[np.int8]

    @property
    def judged(self) -> npt.NDArray[np.bool_]:
        """Voxels with a T1 and a T2 that are true."""
        return np.asarray(np.isfinite(self.t1) & np.isfinite(self.t2))


class Subject(Protocol):
    """Whose head is scanned."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def conditions(self) -> Sequence[Condition] | None:
        """Under which conditions it can be had; None for all."""

    def under(self, condition: Condition) -> Head:
        """Return the head under a condition; conditions one after the other share what is the same."""


@dataclass(eq=False)
class _Scanned(ABC):
    """A head that is made once for each kind of lesion."""

    seed: int
    name: str = ""
    conditions: Sequence[Condition] | None = None
    off: float | None = None
    _last: tuple[Lesions, Scanner] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.seed < TEACHING:
            raise BadParameter(f"seed {self.seed} may have taught", remedy=f"give one below {TEACHING}")

    @abstractmethod
    def made(self, lesions: Lesions) -> BrainPhantom:
        """Return the head."""

    def under(self, condition: Condition) -> Head:
        """Return the head under a condition."""
        if self._last is None or self._last[0] != condition.lesions:
            self._last = None  # two heads at once would double the memory
            head = self.made(condition.lesions)
            self._last = condition.lesions, Scanner(head) if self.off is None else Scanner(head, self.off)
        scanner = self._last[1]
        t1, t2 = scanner.truth
        name = f"{self.name}, {condition.name}"
        return Head(name, self.name, condition.name, scanner.scans(condition), t1, t2, scanner.tissues)


@dataclass(eq=False)
class Phantom(_Scanned):
    """The procedural head of a seed.

    Parameters
    ----------
    seed
        Below 1000.
    spacing, shape, centre
        Of the grid, mm; the whole head at 1 mm where not given.
    """

    spacing: float = 1.0
    shape: tuple[int, int, int] | None = None
    centre: tuple[float, float, float] = CENTRE

    def __post_init__(self) -> None:
        super().__post_init__()
        self.name = self.name or f"phantom {self.seed}"

    def made(self, lesions: Lesions) -> BrainPhantom:
        """Return the head."""
        return brain(self.seed, spacing=self.spacing, shape=self.shape, centre=self.centre, lesions=lesions)


@dataclass(eq=False)
class Real(_Scanned):
    """The anatomy of a T1-weighted scan with the values of a seed.

    Parameters
    ----------
    seed
        Of the values, below 1000.
    scan
        A file.
    anatomies
        Where tissues that were found are kept, so that several seeds share them.
    """

    scan: Path = Path()
    anatomies: dict[Path, Anatomy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.name = self.name or f"real anatomy, values {self.seed}"

    def made(self, lesions: Lesions) -> BrainPhantom:
        """Return the head."""
        from napari_mrsr.training.brain_heads import head_of

        return head_of(anatomy_of(self.scan, self.anatomies), self.seed, lesions=lesions)


def anatomy_of(scan: Path, known: dict[Path, Anatomy]) -> Anatomy:
    """Return the tissues of a T1-weighted scan at 1 mm, found once."""
    if scan not in known:
        from napari_mrsr.files import read_scan
        from napari_mrsr.training.brain_tissues import brain_tissues

        known[scan] = brain_tissues(read_scan([scan]))
    return known[scan]


def subjects_of(
    data: Path | None = None, *, phantoms: Sequence[int] = PHANTOMS, values: Sequence[int] = VALUES
) -> tuple[Subject, ...]:
    """Return the subjects of the study.

    Parameters
    ----------
    data
        Folder with ``brain/vfa`` (``PDw.nii.gz`` of 6 and ``T1w.nii.gz`` of 20 degrees): the real anatomy, and the
        person with a measured T1; phantoms alone where not given.
    phantoms, values
        Seeds of phantoms, and of the values that the real anatomy gets.
    """
    from napari_mrsr.studies.brain_maps.vfa_subject import Measured

    found: list[Subject] = [Phantom(seed) for seed in phantoms]
    if data is not None and (data / VFA).is_dir():
        known: dict[Path, Anatomy] = {}
        found += [Real(seed, scan=data / VFA / "T1w.nii.gz", anatomies=known) for seed in values]
        found.append(Measured(data / VFA, anatomies=known))
    return tuple(found)


def heads(conditions: Iterable[Condition] = CONDITIONS, subjects: Iterable[Subject] | None = None) -> Iterator[Head]:
    """Make the heads, subject by subject; those of one subject share what is the same."""
    wanted = tuple(conditions)
    for subject in subjects_of() if subjects is None else subjects:
        for condition in _allowed(subject, wanted):
            yield subject.under(condition)


def cohort(names: Iterable[str], data: Path | None = None, subjects: Sequence[Subject] | None = None) -> CohortOf[Head]:
    """Return the heads as a cohort, which makes them one at a time.

    Parameters
    ----------
    names
        Of the conditions.
    data
        As for :func:`subjects_of`.
    subjects
        Instead of these.

    Raises
    ------
    BadParameter
        A condition is not known.
    """
    chosen, whose = named(names), subjects_of(data) if subjects is None else tuple(subjects)
    entries = tuple(
        EntryOf(f"{subject.name}, {condition.name}", partial(subject.under, condition))
        for subject in whose
        for condition in _allowed(subject, chosen)
    )
    told = {"subjects": [subject.name for subject in whose], "conditions": [one.name for one in chosen]}
    return CohortOf("made heads", entries, told)


def _allowed(subject: Subject, wanted: Sequence[Condition]) -> Sequence[Condition]:
    return wanted if subject.conditions is None else subject.conditions

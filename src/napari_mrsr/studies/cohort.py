"""A cohort: subjects that are read one at a time, so that one broken subject stops none of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from napari_mrsr.scan import Scan

S = TypeVar("S")


@dataclass(frozen=True, eq=False)
class Subject:
    """One scan at full resolution with what is known about it.

    Parameters
    ----------
    name
        What tables call it; nothing that identifies a patient.
    scan
        The reference: both echoes (or one contrast) as acquired, thin slices.
    labels
        Integers on the grid of ``scan``, shape ``(i, j, k)``; None where nothing was segmented.
    regions
        Names of the labels.
    layers
        1 deep, 2 superficial cartilage, else 0, on the grid of ``scan``; None where it is to be found.
    t2
        True T2 on the grid of ``scan``, ms, shape ``(i, j, k)``, NaN where there is none; None but for phantoms.
    noiseless
        The echoes without noise; None but for phantoms.
    """

    name: str
    scan: Scan
    labels: npt.NDArray[Any] | None = None
    regions: Mapping[int, str] = field(default_factory=dict)
    layers: npt.NDArray[np.uint8] | None = None
    t2: npt.NDArray[np.float32] | None = None
    noiseless: Scan | None = None


@dataclass(frozen=True, eq=False)
class EntryOf(Generic[S]):
    """A subject that can be read."""

    name: str
    load: Callable[[], S]


@dataclass(frozen=True, eq=False)
class CohortOf(Generic[S]):
    """Subjects of one study.

    Parameters
    ----------
    name
        What tables call it.
    entries
        The subjects, in order.
    origin
        Where they come from, for the provenance: layout and folder name, or phantom seeds and settings.
    """

    name: str
    entries: tuple[EntryOf[S], ...]
    origin: Mapping[str, Any] = field(default_factory=dict)


#: Of scans of one moment.
Entry = EntryOf[Subject]
Cohort = CohortOf[Subject]

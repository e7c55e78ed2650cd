"""Subjects of the study of brains: scans of one moment, several of a person perhaps, and where a lesion lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import CohortOf, EntryOf


@dataclass(frozen=True, eq=False)
class BrainScan:
    """One scan of a head with what is known about it.

    Parameters
    ----------
    name
        What tables call the scan; nothing that identifies a patient.
    subject
        Whom it shows: scans of one person are no independent evidence, and one fold holds out all of them.
    scan
        The reference, one volume.
    lesion
        True inside a lesion, on the grid of the scan; None where none was marked.
    notes
        What a reader of the tables must know.
    """

    name: str
    subject: str
    scan: Scan
    lesion: npt.NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()


#: Of heads.
BrainEntry = EntryOf[BrainScan]
BrainCohort = CohortOf[BrainScan]

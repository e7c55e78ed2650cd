"""Subjects of a dynamic study: frames over time, and a planning scan of the same person from another session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import CohortOf, EntryOf

if TYPE_CHECKING:
    from napari_mrsr.phantoms.abdomen.protocols import Protocol


@dataclass(frozen=True, eq=False)
class DynamicSubject:
    """One person's frames at full resolution with what is known about them.

    Parameters
    ----------
    name
        What tables call it; nothing that identifies a patient.
    dynamic
        The reference: frames as acquired, axis ``"time"``.
    planning
        One volume of the same person, of any matrix and position, not registered; None where there is none, and then
        nothing is fine-tuned.
    protocol
        How it was acquired, as far as acquisition times need it; None where that is not known.
    labels
        Numbers of ``ABDOMEN_LABELS`` for every frame, shape ``(frame, i, j, k)``; None but for phantoms.
    noiseless
        The frames without noise; None but for phantoms.
    notes
        What a reader of the tables must know: ``"motion simulated"``.
    """

    name: str
    dynamic: Scan
    planning: Scan | None = None
    protocol: Protocol | None = None
    labels: npt.NDArray[np.uint8] | None = None
    noiseless: Scan | None = None
    notes: tuple[str, ...] = ()


#: Of frames over time.
DynamicEntry = EntryOf[DynamicSubject]
DynamicCohort = CohortOf[DynamicSubject]

"""Heads whose T1 and T2 are known, with the three weighted images that a person would offer of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.brain import BrainScans

#: Tissues by their number in :attr:`Head.tissues`.
TISSUES = {1: "white matter", 2: "grey matter", 3: "CSF", 4: "deep grey matter", 5: "lesion"}
#: The condition of a head that is imaged as the networks were taught.
NOMINAL = "nominal"


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
        What is true, ms, ``(i, j, k)``; NaN where nothing is judged.
    tissues
        Numbers of :data:`TISSUES`, ``(i, j, k)``; 0 is none of them.
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

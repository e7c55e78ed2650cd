"""How far T2w and FLAIR lie from T1w although their grids are the same (signatures; the rest follows)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.mapping.brain import BrainScans


@dataclass(frozen=True, eq=False)
class Misregistration:
    """How far one image lies from T1w.

    Parameters
    ----------
    name
        ``"T2w"`` or ``"FLAIR"``.
    translation, rotation, displacement
        Shift of the head's middle (mm), angle (degrees), root mean square of the shift over the head (mm).
    transform
        Takes a point of the image (RAS mm) to where it lies in T1w.
    apart
        Whether that is more than what is told from none.
    line
        One line for a person: a warning where ``apart``, else that they lie together.
    """

    name: str
    translation: float
    rotation: float
    displacement: float
    transform: npt.NDArray[np.float64]
    apart: bool
    line: str


def misregistration(
    scans: BrainScans,
    *,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Misregistration]:
    """Return how far T2w and FLAIR lie from T1w, in this order."""
    raise NotImplementedError


def edges(scan: Scan) -> Scan:
    """Return the edges of an image as labels (1 on an edge), to be laid over another image."""
    raise NotImplementedError


def checkerboard(one: Scan, other: Scan, *, side: float = 25.0) -> Scan:
    """Return fields of one image and another by turns, of a side in mm, on one scale."""
    raise NotImplementedError

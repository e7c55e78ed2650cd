"""An image of a head brought onto the grid of another one by a rigid motion (signatures; the rest follows)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.scan import Scan

#: Name of the step in the history of an image that was brought onto another's grid.
STEP = "registered"


@dataclass(frozen=True, eq=False)
class Registered:
    """An image on the grid of another one, and how it came there.

    Parameters
    ----------
    scan
        The image on the other's grid; NaN where it was not acquired.
    transform
        Takes a point of the image as its header places it (RAS mm) to where it lies in the other, ``(4, 4)``.
    rotation, translation, displacement
        Angle (degrees), shift of the head's middle (mm), and root mean square of the shift over the head (mm).
    overlap
        Part of the other's head that the image covers, 0 to 1.
    metric
        Mattes mutual information of the two images.
    agreement
        How alike the directions of their edges are: 1 the same, 1/3 by chance.
    resampled_only
        Whether the header's geometry was kept, as the motion found was no larger than what is told apart.
    """

    scan: Scan
    transform: npt.NDArray[np.float64]
    rotation: float
    translation: float
    displacement: float
    overlap: float
    metric: float
    agreement: float
    resampled_only: bool = False


def register(
    moving: Scan,
    fixed: Scan,
    *,
    name: str = "",
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Registered:
    """Return an image on the grid of another one."""
    raise NotImplementedError


def require() -> None:
    """Raise MissingDependency unless SimpleITK is installed."""
    raise NotImplementedError

r"""Rigid motions in the patient's millimetres: how far apart they put a head, in numbers that a person can judge.

A motion is a matrix ``(4, 4)`` that takes a point (RAS mm) to where it lies after it, :math:`p' = R p + t`. Where a
head turns about a point that is not its middle, :math:`t` alone says little; so the shift of the head's middle
:math:`m`, :math:`\lvert R m + t - m \rvert`, and the angle of :math:`R` are told. One number for both is the root mean
square of the shift over a ball of radius :math:`r` about the middle, with :math:`A = R - 1`:

.. math:: d = \sqrt{\tfrac{r^2}{5} \operatorname{tr}(A^\mathsf{T} A) + \lvert A m + t \rvert^2}

(Jenkinson, Measuring transformations by error, FMRIB technical report TR99MJ1, 1999; :math:`r` = 80 mm).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
#: Radius of the ball that stands for a head, mm.
RADIUS = 80.0


def rigid(
    angles: npt.ArrayLike = (0, 0, 0), shift: npt.ArrayLike = (0, 0, 0), about: npt.ArrayLike = (0, 0, 0)
) -> Matrix:
    """Return the motion that turns about x, then y, then z (degrees) through a point and then shifts (mm).

    Examples
    --------
    >>> turned = rigid((0, 0, 90), (0, 0, 5), about=(10, 0, 0))
    >>> (turned @ (10, 0, 0, 1)).round(6).tolist(), (turned @ (11, 0, 0, 1)).round(6).tolist()
    ([10.0, 0.0, 5.0, 1.0], [10.0, 1.0, 5.0, 1.0])
    """
    from scipy.spatial.transform import Rotation

    middle = np.asarray(about, float)
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_euler("xyz", np.asarray(angles, float), degrees=True).as_matrix()
    motion[:3, 3] = middle - motion[:3, :3] @ middle + np.asarray(shift, float)
    return motion


def angle(motion: npt.NDArray[Any]) -> float:
    """Return the angle by which a motion turns, degrees.

    Examples
    --------
    >>> round(angle(rigid((0, 3, 0))), 6)
    3.0
    """
    from scipy.spatial.transform import Rotation

    return float(np.rad2deg(Rotation.from_matrix(motion[:3, :3]).magnitude()))


def shift_of(motion: npt.NDArray[Any], middle: npt.ArrayLike) -> float:
    """Return how far a motion shifts a point, mm."""
    point = np.asarray(middle, float)
    return float(np.linalg.norm(motion[:3, :3] @ point + motion[:3, 3] - point))


def displacement(motion: npt.NDArray[Any], middle: npt.ArrayLike, radius: float = RADIUS) -> float:
    """Return the root mean square by which a motion shifts the points of a ball, mm.

    Examples
    --------
    >>> round(displacement(rigid(shift=(0, 3, 4)), (0, 0, 0)), 6), round(displacement(rigid((0, 0, 1)), (0, 0, 0)), 2)
    (5.0, 0.88)
    """
    turn = motion[:3, :3] - np.eye(3)
    return float(np.hypot(radius * np.sqrt((turn**2).sum() / 5), shift_of(motion, middle)))

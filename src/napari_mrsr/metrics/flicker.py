r"""What flickers: errors that change from frame to frame of still tissue, or from slice to slice.

With the error :math:`e_t = \hat x_t - x_t` of frame t, the flicker is

.. math:: f = \sqrt{\overline{\mathrm{var}_t\, e_t}} ,

the mean running over voxels, the variance over the frames with ddof 1. An error that is the same in every frame, such
as blur, does not flicker.

**Between slices** every two neighbours are two frames, whose variance is :math:`(e_{k+1} - e_k)^2 / 2`. Tissue changes
from slice to slice, and the error of a smooth method with it; so the same number across the lines of the plane stands
beside it, and what a network of single slices adds is their ratio,

.. math:: r = f_{\text{slices}} / f_{\text{plane}} .

A network that sees a plane makes errors that hang together in it and nowhere else: r rises. And the volume itself,

.. math:: q = \mathrm{rms}(\hat x_{k+1} - \hat x_k) \,/\, \mathrm{rms}(x_{k+1} - x_k) ,

changes more from slice to slice than the truth where q > 1: seen as stripes in the planes across the slices. Without
the truth the zero-filled volume takes its place: e is then what was added to what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch

Mask = npt.NDArray[np.bool_]


def flicker(errors: npt.ArrayLike) -> float:
    """Return the flicker of errors of shape ``(frame, voxel)``; NaN for fewer than two frames or no voxel.

    Examples
    --------
    >>> flicker([[0.1, 0.3], [0.1, 0.3]]), round(flicker([[0.0, 0.0], [0.2, 0.2]]), 6)
    (0.0, 0.141421)
    """
    values = np.asarray(errors, np.float64)
    if values.ndim != 2 or len(values) < 2 or not values.shape[1]:
        return float("nan")
    return float(np.sqrt(values.var(axis=0, ddof=1).mean()))


@dataclass(frozen=True)
class SliceFlicker:
    """How much a volume flickers from slice to slice.

    Parameters
    ----------
    slices, plane
        Flicker of the error between neighbouring slices, and between neighbouring lines within them, in the unit of the
        image. Where voxels are not cubes the two differ by themselves: compare methods.
    change
        Differences of neighbouring slices, those of the reference being 1.
    """

    slices: float
    plane: float
    change: float

    @property
    def ratio(self) -> float:
        """Flicker between slices, that within them being 1; NaN without an error."""
        return self.slices / self.plane if self.plane > 0 else float("nan")


def between_slices(
    reference: npt.ArrayLike, test: npt.ArrayLike, axis: int = -1, mask: Mask | None = None
) -> SliceFlicker:
    """Return how much a volume flickers from slice to slice.

    Parameters
    ----------
    reference
        The truth, or where there is none what was measured, zero-filled; shape ``(i, j, k)``.
    test
        The volume, the same shape.
    axis
        The slice axis.
    mask
        Voxels to look at; of neighbours both must be there. All by default.

    Raises
    ------
    BadParameter
        It is not a volume of at least two slices, or the mask holds no two neighbours.
    GeometryMismatch
        The shapes differ.

    Examples
    --------
    >>> flat, bright = np.zeros((4, 4, 6)), np.tile([0.0, 0.2], 3)
    >>> found = between_slices(flat, flat + bright)  # every other slice brighter, nothing within them
    >>> round(found.slices, 6), found.plane
    (0.141421, 0.0)
    """
    x, y = np.asarray(reference, np.float32), np.asarray(test, np.float32)
    if x.shape != y.shape or (mask is not None and mask.shape != x.shape):
        raise GeometryMismatch(f"shapes {x.shape} and {y.shape} differ", remedy="bring them to one grid")
    if x.ndim != 3 or not -3 <= axis < 3 or x.shape[axis] < 2:
        raise BadParameter(f"an array of shape {x.shape} has no neighbouring slices", remedy="give (i, j, k)")
    inside = np.ones(x.shape, bool) if mask is None else mask
    error = y - x
    own = axis % 3
    squares, counts = zip(*(_squares(error, inside, a) for a in range(3) if a != own), strict=True)
    across, many = _squares(error, inside, own)
    if not many:
        raise BadParameter("the mask holds no two neighbouring slices", remedy="give a larger one")
    truth, _ = _squares(x, inside, own)
    seen, _ = _squares(y, inside, own)
    return SliceFlicker(
        float(np.sqrt(across / many / 2)),
        float(np.sqrt(sum(squares) / max(1, sum(counts)) / 2)),
        float(np.sqrt(seen / truth)) if truth > 0 else float("nan"),
    )


def _squares(array: npt.NDArray[np.float32], inside: Mask, axis: int) -> tuple[float, int]:
    """Return the sum of squared differences of neighbours along an axis, and how many there are."""
    both = np.take(inside, range(1, array.shape[axis]), axis) & np.take(inside, range(array.shape[axis] - 1), axis)
    difference = np.diff(array, axis=axis)[both]
    return float(np.dot(difference, difference.astype(np.float64))), int(difference.size)

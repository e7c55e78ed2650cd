r"""Sparse-coding super-resolution, ScSR: the learned comparison of paper 1, as published but along one axis.

A pair of dictionaries is learned together, so that a patch of the fine image and the derivatives of its interpolated
version have the same sparse code (Yang, Wright, Huang, Ma, IEEE Trans Image Process 2010;19:2861,
doi:10.1109/TIP.2010.2050625). For every patch of the interpolated image, its features f (below):

1. :math:`y = f / |f|`; its code :math:`a = \arg\min \tfrac12 \|y - D_l^T a\|^2 + \lambda \|a\|_1` (:mod:`.lasso`);
2. the fine patch is :math:`|f| \, D_h^T a` on top of the interpolated one; patches that overlap are averaged: X;
3. back-projection: :math:`X \leftarrow X + \nu A^T (y - A X)`, twenty times, so that the thick slices that X would give
   are those that were measured; A is :mod:`napari_mrsr.sampling.thick_slices`.

To one axis
-----------
The published images are coarse along both axes; a slab of MRI is coarse along one. So the method is applied to
reformats, planes of the slice axis and one in-plane axis, as paper 1 did; interpolation, A and back-projection act
along the slice axis alone, filters and patches along both. A volume has two such families; their mean is taken
(:mod:`.reformats`), and it still agrees with what was measured, because each family does.

Kept from the publication and its demonstration code
----------------------------------------------------
Patches of 5 x 5 fine samples, moved by one (overlap 4); features :math:`[-1, 0, 1]` and :math:`[1, 0, -2, 0, 1]`
along both axes on the interpolated plane; 1024 atoms; :math:`\lambda` = 0.2 here and 0.15 in training; joint learning
with the weights 1/N and 1/M; pruning of patches without variance; twenty back-projections.

Not kept
--------
- The fine patch is what the interpolation lacks (Zeyde, Elad, Protter, LNCS 6920:711, 2012), not the patch less its
  mean; so a code that is shrunk by :math:`\lambda` shrinks what is added, not the picture.
- :math:`|f|` is carried from features to patch. The demonstration code sets the length of every patch to 1.2 times that
  of the interpolated one, which would scale two echoes apart.
- Patches whose features are shorter than :data:`FLAT` of the scan's scale are left as interpolated: the lasso would
  cost as much there, in air and within the noise, as anywhere. (The code has a bound of one grey level.)
- Back-projection takes the transpose of A and no Gaussian filter after it.
- Learned from scans and phantoms (:mod:`napari_mrsr.training.sources`), not photographs.

Consistency
-----------
Back-projection belongs to the method, and holds the result to the thick slices nearly exactly, noise included. The
Wiener correction that every trained method gets afterwards (``--consistency wiener``) finds next to nothing left to
correct, and ``--consistency none`` is still back-projected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, Stopped
from napari_mrsr.interpolation.dictionaries import lasso
from napari_mrsr.interpolation.dictionaries.anchored import FACTOR
from napari_mrsr.interpolation.dictionaries.features import Floats
from napari_mrsr.interpolation.one_axis import matrix
from napari_mrsr.sampling import thick_slices

#: Side of a patch, fine samples.
PATCH = 5
#: Offsets and weights of the first and second derivative.
FILTERS = (((-1, -1.0), (1, 1.0)), ((-2, 1.0), (0, -2.0), (2, 1.0)))
#: Samples that the filters reach.
REACH = 2
#: Of the lasso.
PENALTY = 0.2
#: Features shorter than this part of the scan's scale are flat.
FLAT = 0.1
#: Back-projections, and their step: the largest eigenvalue of A'A is about 1/2.
BACK_PROJECTIONS, STEP = 20, 1.5
#: Patches coded together; Stop is asked for between, every second or two.
TOGETHER = 16384


@dataclass(frozen=True, eq=False)
class SparseCoding:
    """Trained dictionaries of ScSR.

    Parameters
    ----------
    low
        Atoms of features, unit length, shape ``(k, 100)``.
    high
        The fine patches that belong to them, shape ``(k, 25)``.
    flat
        Features shorter than this are left as interpolated, in units of the image.
    """

    low: Floats
    high: Floats
    flat: float = 0.0
    gram: Floats = field(init=False, repr=False)

    #: Rows that are finished together: few, since they take long, but many beside the rows of patches at their margins.
    block: ClassVar[int] = 16
    #: Rows of a plane that are timed for an estimate: a whole plane takes a quarter of a minute.
    probe: ClassVar[int] = 16

    def __post_init__(self) -> None:
        wanted = {"low": (len(self.low), 4 * PATCH**2), "high": (len(self.low), PATCH**2)}
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape or not len(self.low):
                raise BadParameter(f"{name} of shape {getattr(self, name).shape} should be {shape}")
        object.__setattr__(self, "gram", self.low @ self.low.T)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> SparseCoding:
        """Return the dictionaries from the arrays of a file; raises KeyError and BadParameter where they do not fit.

        Atoms may be kept in half precision; the features' are brought to unit length again.
        """
        low, high = (np.ascontiguousarray(arrays[name], np.float32) for name in ("low", "high"))
        length = np.linalg.norm(low, axis=-1, keepdims=True)
        return cls(np.asarray(low / np.where(length > 0, length, 1), np.float32), high)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what is written to a file, C-contiguous: safetensors writes the memory as it lies."""
        return {"low": np.ascontiguousarray(self.low), "high": np.ascontiguousarray(self.high)}

    def at_scale(self, scale: float) -> SparseCoding:
        """Return the dictionaries for a scan of a scale, which decides what is flat."""
        return replace(self, flat=FLAT * scale)

    @property
    def margin(self) -> int:
        """In-plane samples to either side that a value depends on."""
        return 2 * (PATCH // 2) + REACH

    def residual(
        self, planes: npt.NDArray[Any], rows: slice = slice(None), stop: Callable[[], bool] | None = None
    ) -> Floats:
        """Return what is missing from the cubic interpolation of some planes.

        Parameters
        ----------
        planes
            Shape ``(plane, row, slice)``, thick.
        rows
            Rows that are wanted; no patches are coded but those that reach them.
        stop
            Asked every 16384 patches, that is after a second or two.

        Returns
        -------
        ndarray
            Shape ``(plane, rows, 2 * slice)``.

        Raises
        ------
        Stopped
            ``stop`` answered True.
        """
        thick = np.asarray(planes, np.float32)
        count, _, slices = thick.shape
        cubic = thick @ matrix("tricubic", slices, FACTOR * slices).T.astype(np.float32)
        if not count:
            return cubic[:, rows]
        few = max(1, TOGETHER // cubic[0].size)  # small planes share a batch
        added = np.concatenate([self._added(cubic[n : n + few], rows, stop) for n in range(0, count, few)])
        return added + back_projected(cubic[:, rows] + added, thick[:, rows])

    def _added(self, cubic: Floats, rows: slice, stop: Callable[[], bool] | None) -> Floats:
        """Return what the fine patches add to some rows of interpolated planes, averaged where they overlap."""
        half = PATCH // 2
        low, high, _ = rows.indices(cubic.shape[1])
        first, last = max(0, low - half), min(cubic.shape[1], high + half)
        seen = np.stack([features(plane)[first:last] for plane in cubic])
        f = seen.reshape(-1, 4 * PATCH**2)
        total = np.zeros((len(f), PATCH**2), np.float32)
        for start in range(0, len(f), TOGETHER):
            if stop is not None and stop():
                raise Stopped("was stopped before the end")
            some = f[start : start + TOGETHER]
            length = np.linalg.norm(some, axis=1)
            (strong,) = np.nonzero(length > self.flat)
            if len(strong):
                total[start + strong] = self.fine(some[strong], length[strong])
        patches = total.reshape(*seen.shape[:3], PATCH, PATCH)
        return np.stack([overlap(plane)[low - first : high - first] for plane in patches])

    def fine(self, f: Floats, length: Floats) -> Floats:
        """Return the fine patch of each row of features, given their lengths: shape ``(n, 25)``."""
        a = lasso.codes(f / length[:, None], self.low, PENALTY, gram=self.gram)
        return np.asarray((a @ self.high) * length[:, None], np.float32)


def maps(plane: npt.NDArray[Any]) -> Floats:
    """Return the derivatives of an interpolated plane, as far beyond its borders as patches reach.

    Parameters
    ----------
    plane
        Shape ``(row, fine slice)``.

    Returns
    -------
    ndarray
        Shape ``(4, row + 4, fine slice + 4)``: first and second derivative along rows, then along slices.
    """
    half = PATCH // 2
    padded = np.pad(np.asarray(plane, np.float32), half + REACH, mode="symmetric")
    found = []
    for axis in (0, 1):
        for taps in FILTERS:
            response = np.zeros([n + 2 * half for n in plane.shape], np.float32)
            for offset, weight in taps:
                at = [slice(REACH, REACH + n) for n in response.shape]
                at[axis] = slice(REACH + offset, REACH + offset + response.shape[axis])
                response += np.float32(weight) * padded[tuple(at)]
            found.append(response)
    return np.stack(found)


def features(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the features of the patch around every sample of an interpolated plane.

    Parameters
    ----------
    plane
        Shape ``(row, fine slice)``.

    Returns
    -------
    ndarray
        Shape ``(row, fine slice, 4, 5, 5)``.
    """
    seen = np.lib.stride_tricks.sliding_window_view(maps(plane), (PATCH, PATCH), axis=(1, 2))
    return seen.transpose(1, 2, 0, 3, 4)


def overlap(patches: npt.NDArray[Any]) -> Floats:
    """Lay the patch of every sample down around it and average where they overlap.

    Parameters
    ----------
    patches
        Shape ``(row, fine slice, 5, 5)``.

    Returns
    -------
    ndarray
        Shape ``(row, fine slice)``.
    """
    rows, columns = patches.shape[:2]
    total = np.zeros((rows + PATCH - 1, columns + PATCH - 1), np.float32)
    count = np.zeros_like(total)
    for a in range(PATCH):
        for b in range(PATCH):
            total[a : a + rows, b : b + columns] += patches[:, :, a, b]
            count[a : a + rows, b : b + columns] += 1
    half = PATCH // 2
    inner = (slice(half, half + rows), slice(half, half + columns))
    return np.asarray(total[inner] / count[inner], np.float32)


def back_projected(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> Floats:
    """Return what back-projection adds to a fine image, so that it would give the thick slices that were measured.

    Parameters
    ----------
    x
        Shape ``(..., 2 * slice)``, fine.
    y
        Shape ``(..., slice)``, thick.
    """
    operator = thick_slices.matrix(x.shape[-1], FACTOR).astype(np.float32)
    difference = y - x @ operator.T
    return np.asarray(difference @ _gain(x.shape[-1]).T, np.float32)


@lru_cache(maxsize=16)
def _gain(n: int) -> Floats:
    r"""Return :math:`\sum_{i<20} (I - \nu A^T A)^i \nu A^T`: all back-projections are one matrix."""
    a = thick_slices.matrix(n, FACTOR)
    gain = np.zeros((n, len(a)))
    for _ in range(BACK_PROJECTIONS):
        gain += STEP * a.T @ (np.eye(len(a)) - a @ gain)
    return gain.astype(np.float32)

r"""Anchored neighbourhood regression, A+: the quick learned method without a network.

For the features x of the thick samples around a place (:mod:`~napari_mrsr.interpolation.dictionaries.features`) and the
fine residual y there, what is missing from the cubic interpolation, each anchor :math:`a_k`, an atom of a dictionary of
features, has a ridge regression of its neighbourhood, found once in training:

.. math:: P_k = Y_k X_k^T (X_k X_k^T + \lambda I)^{-1}

To apply it, the anchor of the largest :math:`|a_k^T x|` is looked up and :math:`y = P_k x` is laid down; estimates that
overlap are averaged. The lookup does not depend on the scale of x, so the whole is homogeneous: an echo of half the
brightness gives half the result, and echoes are never scaled apart (Timofte, De Smet, Van Gool, A+, ACCV 2014, LNCS
9006:111, doi:10.1007/978-3-319-16817-3_8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.interpolation.dictionaries.features import Floats, windows

#: In-plane samples and fine slices that one regression lays down, for a factor of 2: from the fine slice before the
#: thick one to the second after it.
PATCH = (3, 4)
FACTOR = 2
#: Correlations looked at together: they should stay in the cache.
TOGETHER = 4096


@dataclass(frozen=True, eq=False)
class AnchoredRegression:
    """Trained parameters of A+.

    Parameters
    ----------
    window
        In-plane samples and thick slices that are looked at, both odd.
    features
        Shape ``(f, rows * slices)``.
    anchors
        Unit length, shape ``(k, f)``.
    projections
        The transposed :math:`P_k`, shape ``(k, f, 12)``, for patches of :data:`PATCH`.
    """

    window: tuple[int, int]
    features: Floats
    anchors: Floats
    projections: Floats

    #: Rows that are finished together.
    block: ClassVar[int] = 32
    #: Rows of a plane that are timed for an estimate: all of it.
    probe: ClassVar[int] = 1024

    def __post_init__(self) -> None:
        f = len(self.features)
        wanted = {
            "features": (f, self.window[0] * self.window[1]),
            "anchors": (len(self.anchors), f),
            "projections": (len(self.anchors), f, PATCH[0] * PATCH[1]),
        }
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise BadParameter(f"{name} of shape {getattr(self, name).shape} should be {shape}")
        if not (self.window[0] % 2 and self.window[1] % 2):
            raise BadParameter(f"a window of {self.window} has no middle", remedy="give odd numbers")

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> AnchoredRegression:
        """Return the parameters from the arrays of a file; raises KeyError and BadParameter where they do not fit."""
        rows, slices = (int(n) for n in arrays["window"])
        f, a, p = (np.ascontiguousarray(arrays[n], np.float32) for n in ("features", "anchors", "projections"))
        return cls((rows, slices), f, a, p)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what is written to a file, C-contiguous: safetensors writes the memory as it lies."""
        names = ("features", "anchors", "projections")
        return {
            "window": np.array(self.window, np.int32),
            **{name: np.ascontiguousarray(getattr(self, name)) for name in names},
        }

    @property
    def margin(self) -> int:
        """In-plane samples to either side that a value depends on."""
        return self.window[0] // 2 + PATCH[0] // 2

    def at_scale(self, scale: float) -> AnchoredRegression:
        """Return itself: what is done does not depend on the scale."""
        return self

    def residual(
        self, planes: npt.NDArray[Any], rows: slice = slice(None), stop: Callable[[], bool] | None = None
    ) -> Floats:
        """Return what is missing from the cubic interpolation of some planes.

        Parameters
        ----------
        planes
            Shape ``(plane, row, slice)``, thick.
        rows
            Rows that are wanted.
        stop
            Not asked: a few planes take a fraction of a second.

        Returns
        -------
        ndarray
            Shape ``(plane, rows, 2 * slice)``.
        """
        seen = windows(planes, self.window)
        return np.stack([self._plane(one)[rows] for one in seen]) if len(seen) else np.empty((0, 0, 0), np.float32)

    def _plane(self, seen: npt.NDArray[Any]) -> Floats:
        rows, slices = seen.shape[:2]
        w = np.ascontiguousarray(seen, np.float32).reshape(rows * slices, -1)
        x = w @ self.features.T
        return overlap(self.regress(x).reshape(rows, slices, *PATCH))

    def nearest(self, x: Floats) -> npt.NDArray[np.int64]:
        """Return the anchor of each row of features, the one of the largest correlation of either sign."""
        found = np.empty(len(x), np.int64)
        for start in range(0, len(x), TOGETHER):
            correlation = x[start : start + TOGETHER] @ self.anchors.T
            np.abs(correlation, out=correlation)
            correlation.argmax(axis=1, out=found[start : start + TOGETHER])
        return found

    def regress(self, x: Floats) -> Floats:
        """Return the fine residual of each row of features, shape ``(n, 12)``; anchor by anchor, not patch by patch."""
        anchor = self.nearest(x)
        order = np.argsort(anchor, kind="stable")
        ends = np.searchsorted(anchor[order], np.arange(len(self.anchors) + 1))
        ordered = x[order]
        y = np.empty((len(x), self.projections.shape[2]), np.float32)
        for k in np.flatnonzero(np.diff(ends)):
            part = slice(ends[k], ends[k + 1])
            y[order[part]] = ordered[part] @ self.projections[k]
        return y


def overlap(patches: npt.NDArray[Any]) -> Floats:
    """Lay the patches of a plane down where they belong and average where they overlap.

    Parameters
    ----------
    patches
        Shape ``(row, slice, *PATCH)``: around sample (i, k), rows i-1 to i+1 and fine slices 2k-1 to 2k+2.

    Returns
    -------
    ndarray
        Shape ``(row, 2 * slice)``.
    """
    rows, slices = patches.shape[:2]
    total = np.zeros((rows + PATCH[0] - 1, FACTOR * slices + PATCH[1] - 1), np.float32)
    count = np.zeros_like(total)
    for a in range(PATCH[0]):
        for b in range(PATCH[1]):
            where = (slice(a, a + rows), slice(b, b + FACTOR * slices, FACTOR))
            total[where] += patches[:, :, a, b]
            count[where] += 1
    inner = (slice(1, 1 + rows), slice(1, 1 + FACTOR * slices))
    return np.asarray(total[inner] / count[inner], np.float32)

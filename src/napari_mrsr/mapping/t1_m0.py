"""A T1 map with its M0 and, beside them, why voxels have no value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.scan import Scan


@dataclass(frozen=True, eq=False)
class T1Map:
    """T1 and M0 with the reasons why voxels have none.

    Parameters
    ----------
    map
        One volume, T1 in ms, float32, NaN where there is no value; its ``warnings`` say what a reader must know.
    m0
        One volume, M0 times receive gain times T2* decay in units of the image, NaN where T1 is.
    reason
        One volume of :class:`~napari_mrsr.mapping.reasons.Reason` codes, uint8.
    sigma
        One volume, the standard deviation of T1 from noise in ms, NaN where T1 is; ``None`` where it cannot be told.
    """

    map: Scan
    m0: Scan
    reason: Scan
    sigma: Scan | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the map must know, one line each."""
        return self.map.warnings

    def mapped(self, change: Callable[[Scan], Scan]) -> T1Map:
        """Return the map with each of its volumes changed, as into another memory order."""
        return T1Map(
            change(self.map), change(self.m0), change(self.reason), None if self.sigma is None else change(self.sigma)
        )

    def counts(self) -> dict[Reason, int]:
        """Return the number of voxels for each reason, ``OK`` among them."""
        numbers = np.bincount(self.reason.array.ravel(), minlength=len(Reason))
        return {reason: int(numbers[reason]) for reason in Reason}

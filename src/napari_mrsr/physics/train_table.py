r"""What trains of refocusing pulses do, from a table: for as many voxels as a head has.

Extended phase graphs (:mod:`napari_mrsr.physics.refocusing`) take too long for every voxel. What they give depends on
T1, T2 and B1 alone, and smoothly: it is computed at the nodes of a lattice, logarithmic in T1 and T2, and interpolated
by cubic splines. The echo falls steeply with short T2, its equivalent echo time does not, so that this is what the
table holds: :math:`TE' = -T_2 \ln E`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.physics.refocusing import Train, simulated_train

Array = npt.NDArray[np.floating[Any]]

#: Between which T1, T2 (ms) and B1 the table lies; beyond, the nearest counts.
T1, T2, B1 = (200.0, 6000.0), (20.0, 3000.0), (0.5, 1.4)
#: Nodes along T1, T2 and B1.
NODES = (8, 16, 8)


@dataclass(frozen=True, eq=False)
class TrainTable:
    """A train of any refocusing angles: equivalent echo time, constant and factor at the nodes, as spline coefficients.

    Examples
    --------
    >>> table = TrainTable.of([150.0] * 13, spacing=9.3, echo=10)
    >>> have, want = table(850.0, 70.0, 0.9), simulated_train(850.0, 70.0, [150.0] * 13, spacing=9.3, echo=10, b1=0.9)
    >>> bool(abs(have.echo / want.echo - 1) < 0.01)
    True
    """

    coefficients: Array

    @classmethod
    def of(cls, angles: Sequence[float], *, spacing: float, echo: int) -> TrainTable:
        """Return the table of a train.

        Parameters
        ----------
        angles
            Nominal angle of each pulse, degrees.
        spacing
            ESP, ms.
        echo
            Which echo is read, from 1.
        """
        from scipy.ndimage import spline_filter

        t1, t2 = (np.geomspace(*ends, n) for ends, n in zip((T1, T2), NODES, strict=False))
        grid = np.meshgrid(t1, t2, np.linspace(*B1, NODES[2]), indexing="ij")
        train = simulated_train(grid[0], grid[1], angles, spacing=spacing, echo=echo, b1=grid[2])
        parts = (-grid[1] * np.log(np.maximum(train.echo, 1e-300)), train.constant, train.factor)
        return cls(np.stack([spline_filter(part, mode="nearest") for part in parts]).astype(np.float32))

    def __call__(self, t1: npt.ArrayLike, t2: npt.ArrayLike, b1: npt.ArrayLike = 1.0) -> Train:
        """Return what the train does to magnetisation of T1 and T2 (ms) and relative flip angle B1."""
        from scipy.ndimage import map_coordinates

        one, two, three = np.broadcast_arrays(t1, t2, b1)
        at = np.stack([
            _place(np.log(one), np.log(T1[0]), np.log(T1[1]), NODES[0]),
            _place(np.log(two), np.log(T2[0]), np.log(T2[1]), NODES[1]),
            _place(three, *B1, NODES[2]),
        ]).reshape(3, -1)  # fmt: skip
        found = [
            map_coordinates(part, at, order=3, mode="nearest", prefilter=False).reshape(one.shape)
            for part in self.coefficients
        ]
        return Train(np.exp(-found[0] / two), found[1], found[2])


def _place(values: Array, low: float, high: float, nodes: int) -> Array:
    """Return where values lie among the nodes."""
    return np.asarray((np.clip(values, low, high) - low) * ((nodes - 1) / (high - low)), np.float32)

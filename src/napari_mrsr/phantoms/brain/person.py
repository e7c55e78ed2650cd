"""One person's head: its size, pose and shape, the width of ventricles and sulci, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.subject import generator, rotation_matrix

#: Mean size of heads, over that of the atlas, which is larger than most.
MEAN_SIZE = 0.93


@dataclass(frozen=True, eq=False)
class Person:
    """Everything that differs from head to head.

    Parameters
    ----------
    size
        Factors along x, y, z.
    rotation, shift
        Pose in the scanner: 3 x 3 and mm.
    ventricles
        Factor on the radius of the ventricles.
    sulcus
        Half the width of a sulcus at its opening, mm; grows with age.
    cortex
        Thickness of the cortex, mm.
    csf
        Mean depth of the fluid over the gyri, mm.
    skull, scalp
        Thickness, mm.
    """

    seed: int
    size: npt.NDArray[np.float64]
    rotation: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]
    ventricles: float
    sulcus: float
    cortex: float
    csf: float
    skull: float
    scalp: float


def draw(seed: int) -> Person:
    """Return the head of a seed."""
    rng = generator(seed, "brain", "person")
    scale = MEAN_SIZE * (1 + 0.03 * np.clip(rng.standard_normal(), -2, 2))
    size = scale * (1 + 0.025 * np.clip(rng.standard_normal(3), -2, 2))
    rotation = rotation_matrix(np.clip(rng.standard_normal(3), -2, 2) * (3.0, 2.0, 2.0))
    shift = np.clip(rng.standard_normal(3), -2, 2) * (1.5, 2.0, 2.0)
    age = float(rng.random())
    return Person(
        seed=seed,
        size=np.asarray(size),
        rotation=rotation,
        shift=np.asarray(shift),
        ventricles=float(0.8 + 0.55 * age + 0.1 * rng.standard_normal()),
        sulcus=float(0.35 + 0.5 * age + 0.05 * rng.standard_normal()),
        cortex=float(2.75 - 0.3 * age + 0.1 * rng.standard_normal()),
        csf=float(1.2 + 1.4 * age),
        skull=float(rng.uniform(5.0, 8.0)),
        scalp=float(rng.uniform(4.0, 8.0)),
    )

"""One person: size, fat, where the organs lie, lesions, and how the planning scan was positioned; drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.subject import generator, rotation_matrix


@dataclass(frozen=True, eq=False)
class Person:
    """Everything that differs from person to person.

    Parameters
    ----------
    size
        Factors along x, y, z.
    fat
        Factor on the thickness of subcutaneous fat.
    liver, spleen, kidney
        Factors on the size of the organs.
    liver_fat
        Share of fat in the liver, 0.02 to 0.2.
    spine
        Height of the middle of a vertebra, mm.
    shifts
        Where organs lie beside their usual place, mm, by name.
    """

    seed: int
    size: npt.NDArray[np.float64]
    fat: float
    liver: float
    spleen: float
    kidney: float
    liver_fat: float
    spine: float
    gas: float
    shifts: dict[str, npt.NDArray[np.float64]]

    def pose(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return rotation and shift (mm) of the planning session relative to the dynamic one."""
        rng = generator(self.seed, "abdomen", "pose")
        turn = np.sign(rng.standard_normal(3)) * rng.uniform((1.0, 0.5, 1.0), (3.0, 2.5, 4.0))
        shift = np.sign(rng.standard_normal(3)) * rng.uniform((2.0, 1.0, 4.0), (8.0, 5.0, 12.0))
        return rotation_matrix(turn), np.asarray(shift)


def draw(seed: int) -> Person:
    """Return the person of a seed."""
    rng = generator(seed, "abdomen")

    def about(mean: float, sd: float) -> float:
        return float(mean + sd * np.clip(rng.standard_normal(), -2, 2))

    scale = about(1.0, 0.03)
    size = scale * (1 + 0.025 * np.clip(rng.standard_normal(3), -2, 2))
    names = ("kidney right", "kidney left", "spleen", "stomach", "gallbladder", "colon", "pancreas", "left lobe")
    spread = {"gallbladder": 4.0, "colon": 6.0, "left lobe": 5.0}
    return Person(
        seed=seed,
        size=np.asarray(size),
        fat=float(rng.uniform(0.5, 1.4)),
        liver=about(1.0, 0.04),
        spleen=about(1.0, 0.07),
        kidney=about(1.0, 0.04),
        liver_fat=float(rng.uniform(0.08, 0.2) if rng.random() < 0.25 else rng.uniform(0.02, 0.05)),
        spine=float(rng.uniform(-17, 17)),
        gas=float(rng.uniform(26, 46)),
        shifts={n: spread.get(n, 3.0) * np.clip(rng.standard_normal(3), -2, 2) for n in names},
    )

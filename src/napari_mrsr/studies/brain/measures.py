"""All that is measured on a slice, by the name of its column, with how tables write it.

Besides fidelity (:mod:`.scores`) what adversarial training is for, and what it may do: how far the picture looks from
the truth, and which edges were added or lost (:mod:`napari_mrsr.metrics.invented`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.studies.brain.scores import score

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
#: Called with reference, test and head of a slice, each ``(i, j)``.
Measure = Callable[[Floats, Floats, Mask], dict[str, float]]


@dataclass(frozen=True)
class Column:
    """How tables write a measure.

    Parameters
    ----------
    name
        Of the column of scores.
    title, digits, factor
        What tables call it, its digits, and what it is multiplied by.
    better
        ``"higher"`` or ``"lower"``.
    fidelity
        Whether the paper judges by it.
    """

    name: str
    title: str
    digits: int
    better: str = "higher"
    factor: float = 1.0
    fidelity: bool = True


FIDELITY = (
    Column("ssim", "SSIM", 4),
    Column("psnr", "PSNR [dB]", 2),
    Column("head_ssim", "SSIM in the head", 4),
    Column("head_psnr", "PSNR in the head [dB]", 2),
)


def fidelity(reference: Floats, test: Floats, head: Mask) -> dict[str, float]:
    """Return SSIM and PSNR of the slice and in the head."""
    return asdict(score(reference, test, head))


#: What is measured of every slice.
MEASURES: tuple[Measure, ...] = (fidelity,)
#: Their columns, in the order of the tables.
COLUMNS: tuple[Column, ...] = FIDELITY


def measure(reference: Floats, test: Floats, head: Mask) -> dict[str, float]:
    """Return every measure of a slice.

    Raises
    ------
    ConstantImage
        The reference shows nothing, or no head.
    GeometryMismatch
        The shapes differ.
    """
    found: dict[str, float] = {}
    for one in MEASURES:
        found |= one(reference, test, head)
    return found

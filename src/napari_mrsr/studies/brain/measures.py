"""All that is measured on a slice, by the name of its column, with how tables write it.

Besides fidelity (:mod:`.scores`) what adversarial training is for, and what it may do: how different the slice looks,
which edges were added or lost, and how much of what it shows beyond the measured band leads towards the truth
(:mod:`napari_mrsr.metrics.invented`). How different it looks is a distance in the features of the shipped network
(:mod:`napari_mrsr.inference.perceptual_distance`), slice by slice; networks trained on these features are favoured.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import ConstantImage
from napari_mrsr.inference.perceptual_distance import perceptual_distance
from napari_mrsr.metrics.invented import invented
from napari_mrsr.studies.brain.scores import score
from napari_mrsr.studies.measured import Column

if TYPE_CHECKING:
    from napari_mrsr.networks.features import Features

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


FIDELITY = (
    Column("ssim", "SSIM", 4),
    Column("psnr", "PSNR [dB]", 2),
    Column("head_ssim", "SSIM in the head", 4),
    Column("head_psnr", "PSNR in the head [dB]", 2),
)
#: Name of the column that says how different a slice looks.
PERCEPTUAL = "perceptual"
LOOKS = Column(PERCEPTUAL, "perceptual distance x1000", 1, "lower", 1e3, fidelity=False)
INVENTED = (
    Column("sharpness", "sharpness beyond the band", 3, "nearer 1", fidelity=False),
    Column("towards", "of it towards the truth", 3, "higher", fidelity=False),
    Column("away", "of it away from it", 3, "lower", fidelity=False),
    Column("explained", "true detail explained", 3, "higher", fidelity=False),
    Column("edges_added_share", "edges added [%]", 1, "lower", 100, fidelity=False),
    Column("edges_lost_share", "edges lost [%]", 1, "lower", 100, fidelity=False),
    Column("edges_beyond_added_share", "fine edges added [%]", 1, "lower", 100, fidelity=False),
    Column("edges_beyond_lost_share", "fine edges lost [%]", 1, "lower", 100, fidelity=False),
)
#: All columns, in the order of the tables.
COLUMNS: tuple[Column, ...] = (*FIDELITY, LOOKS, *INVENTED)


def measure(
    reference: Floats,
    test: Floats,
    head: Mask,
    *,
    acquired: tuple[int, int],
    spacing: tuple[float, float],
    scale: float,
) -> dict[str, float]:
    """Return every measure of a slice; NaN where the truth shows no edge that could be added or lost.

    Parameters
    ----------
    reference, test, head
        The slice as acquired, as found, and where the head is, ``(i, j)``.
    acquired
        Matrix of the centre of k-space.
    spacing
        Of the pixels, mm.
    scale
        Largest value of all slices, which the perceptual distance divides by.

    Raises
    ------
    ConstantImage
        The reference shows nothing, or no head.
    GeometryMismatch
        The shapes differ.
    """
    found: dict[str, float] = asdict(score(reference, test, head))
    found[PERCEPTUAL] = perceptual_distance(reference, test, scale=scale, network=_features())
    try:
        told = invented(reference, test, acquired, spacing=spacing, within=head).numbers()
    except ConstantImage:
        told = {}
    return found | {column.name: told.get(column.name, float("nan")) for column in INVENTED}


@cache
def _features() -> Features:
    """Return the network that looks; loaded once."""
    from napari_mrsr.networks import features

    return features.load()

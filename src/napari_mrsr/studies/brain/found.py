"""What is remembered of a stack of slices that a method found again, and how it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.studies.brain.lesion import Seen
from napari_mrsr.studies.packed import pack, unpack

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Found:
    """One stack found again.

    Parameters
    ----------
    scores
        By measure, a value for each slice.
    seconds
        How long the stack took.
    lesion
        For each slice what it shows of the lesion; None where it shows too little.
    flicker
        Errors between neighbouring slices over those within them, and differences of neighbours over the true ones
        (:mod:`napari_mrsr.metrics.flicker`), in the head; NaN where the slices are no neighbours.
    picture
        The slice that figures show, shape ``(rows, columns)``.
    """

    scores: Mapping[str, list[float]]
    seconds: float
    lesion: list[Seen | None]
    flicker: tuple[float, float]
    picture: Floats


def as_json(found: Found) -> dict[str, Any]:
    """Return what is remembered as JSON can hold it."""
    return {
        "scores": {name: list(values) for name, values in found.scores.items()},
        "seconds": found.seconds,
        "lesion": [None if one is None else list(one.numbers) for one in found.lesion],
        "flicker": list(found.flicker),
        "picture": pack(found.picture),
    }


def from_json(content: Mapping[str, Any]) -> Found:
    """Return what :func:`as_json` wrote."""
    return Found(
        content["scores"],
        content["seconds"],
        [None if one is None else Seen(*one) for one in content["lesion"]],
        (content["flicker"][0], content["flicker"][1]),
        unpack(content["picture"]),
    )

r"""A needle in the picture: a signal void with a bloom around it.

Metal shifts the field around it by an amount that falls with the square of the distance, and the gradient echo loses
signal where the field changes across a voxel. What is left is modelled as :math:`1 / (1 + (r_b / d)^4)` at distance d
from the axis, with the bloom radius :math:`r_b` of a 17 gauge needle at 3 T and a short echo; a faint bright rim lies
where the shifted signal piles up. Simplified: neither the angle to the field nor the readout direction changes it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.abdomen.motion import Axes
from napari_mrsr.phantoms.shapes import Array

#: Radius of the needle and of its bloom, mm.
RADIUS = 0.75
BLOOM = 2.6
#: Height and distance of the bright rim, and its width, mm.
RIM = (0.10, 4.6, 1.2)


def away(axes: Axes, tip: npt.NDArray[np.float64], entry: npt.NDArray[np.float64]) -> Array:
    """Return the distance of a grid from a needle between two points of the scanner, mm; it goes on beyond the skin."""
    x, y, z = np.meshgrid(*(a.astype(np.float32) for a in axes), indexing="ij", sparse=True)
    way = entry - tip
    length = float(np.linalg.norm(way))
    way = way / length
    q = [c - np.float32(t) for c, t in zip((x, y, z), tip, strict=True)]
    along = np.clip(sum(c * np.float32(w) for c, w in zip(q, way, strict=True)), 0, length + 40)
    return np.asarray(np.sqrt(sum((c - along * np.float32(w)) ** 2 for c, w in zip(q, way, strict=True))), np.float32)


def shadow(distance: Array) -> Array:
    """Return what is left of the signal at a distance from the needle."""
    d = np.maximum(distance - np.float32(RADIUS), np.float32(1e-3))
    height, place, width = RIM
    rim = 1 + np.float32(height) * np.exp(-np.square((distance - np.float32(place)) / np.float32(width)))
    return np.asarray(rim / (1 + (np.float32(BLOOM) / d) ** 4), np.float32)

"""What a sharpened slice shows that the truth does not, and what it lacks.

An adversarial network is taught to make slices that look acquired. Fidelity does not say whether what it adds is there;
these numbers do, slice by slice, where the truth is known:

- edges of the slice that were added and lost (:func:`~napari_mrsr.metrics.edge_changes.edges`), and the same at scales
  that were never measured, as length and as energy;
- how sharp the slice is beyond the measured band, and how much of that leads towards the truth
  (:mod:`napari_mrsr.metrics.beyond`).

How different it looks is in :mod:`napari_mrsr.inference.perceptual_distance`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import ConstantImage
from napari_mrsr.metrics.beyond import Beyond, Mask, Matrix, beyond, high_frequencies
from napari_mrsr.metrics.edge_changes import EdgeEnergy, Edges, edge_energy, edge_maps, edges

__all__ = [
    "Beyond",
    "EdgeEnergy",
    "Edges",
    "Invented",
    "beyond",
    "edge_energy",
    "edge_maps",
    "edges",
    "high_frequencies",
    "invented",
    "of_slices",
]


@dataclass(frozen=True)
class Invented:
    """All of one slice: edges of the slice, edges beyond the measured band, their energy, and what is sharp there."""

    edges: Edges
    edges_beyond: Edges
    energy: EdgeEnergy
    beyond: Beyond

    def numbers(self) -> dict[str, float]:
        """Return all numbers by name, lengths in mm."""
        return {
            **_lengths("edges", self.edges),
            **_lengths("edges_beyond", self.edges_beyond),
            "edge_energy_added": self.energy.added,
            "edge_energy_lost": self.energy.lost,
            **asdict(self.beyond),
            "away": self.beyond.away,
            "correlation": self.beyond.correlation,
            "explained": self.beyond.explained,
        }


def invented(
    truth: npt.ArrayLike,
    test: npt.ArrayLike,
    acquired: Matrix,
    *,
    spacing: tuple[float, float] = (1.0, 1.0),
    within: Mask | None = None,
) -> Invented:
    """Return all that is measured of one slice.

    Parameters
    ----------
    truth, test
        The slice as acquired and as found, ``(i, j)``, one unit.
    acquired
        Matrix that was measured, samples along i and j.
    spacing
        Of the pixels, mm.
    within
        Pixels that count, as the head; all of them where not given.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    BadParameter
        More samples were acquired than there are, a pixel is not finite, or the arrays are no slices.
    ConstantImage
        No pixel counts, or the truth has no edge or nothing beyond the measured band.

    Examples
    --------
    >>> x = np.zeros((32, 32))
    >>> x[8:24, 10:22] = 100.0
    >>> found = invented(x, x, (16, 16))
    >>> found.beyond.sharpness, found.beyond.away, found.edges.added, found.edges_beyond.lost
    (1.0, 0.0, 0.0, 0.0)
    """
    return Invented(
        edges(truth, test, spacing=spacing, within=within),
        edges(truth, test, acquired, spacing=spacing, within=within),
        edge_energy(truth, test, acquired, spacing=spacing, within=within),
        beyond(truth, test, acquired, within=within),
    )


def of_slices(
    truth: npt.ArrayLike,
    test: npt.ArrayLike,
    acquired: Matrix,
    *,
    axis: int,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    within: Mask | None = None,
) -> Iterator[tuple[int, Invented]]:
    """Yield number and numbers of every slice of a volume that shows something.

    Parameters and errors as for :func:`invented`, with volumes ``(i, j, k)``, and

    Parameters
    ----------
    axis
        The slice axis; ``acquired`` belongs to the two others, in their order.
    """
    x, y = np.asarray(truth), np.asarray(test)
    one, other = (a for a in range(3) if a != axis)
    for k in range(x.shape[axis]):
        inside = None if within is None else np.take(within, k, axis=axis)
        try:
            found = invented(
                np.take(x, k, axis=axis),
                np.take(y, k, axis=axis),
                acquired,
                spacing=(spacing[one], spacing[other]),
                within=inside,
            )
        except ConstantImage:
            continue
        yield k, found


def _lengths(name: str, found: Edges) -> dict[str, float]:
    shares = {"added_share": found.added_share, "lost_share": found.lost_share}
    return {f"{name}_{key}": value for key, value in (asdict(found) | shares).items()}

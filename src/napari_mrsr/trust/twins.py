r"""What adversarial training added: a network trained against a critic, minus its twin trained with L1 alone.

Both have the same layers and were taught by the same scans, so that what differs was put there for the critic's
sake. With the results :math:`g` (adversarial) and :math:`l` (L1), and the truth :math:`t` where it is known,

.. math:: d = g - l, \qquad r = \operatorname{corr}(d, t - l)

over the object (more than :data:`~napari_mrsr.trust.range.AIR` of the common scale in :math:`l`). :math:`t - l` is what
L1 left out. With :math:`r = 1` all that was added is there in truth, up to its strength; with 0 none of it is; noise in
:math:`t` lowers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.scan import Scan
from napari_mrsr.trust.range import AIR


@dataclass(frozen=True, eq=False)
class Added:
    """What adversarial training added.

    Attributes
    ----------
    difference
        Adversarial minus L1, signed, in the unit of the signal.
    size
        Root mean square of it over the object, as a part of the common scale, by volume.
    real
        Its correlation with what L1 left out, -1 to 1, by volume; empty where the truth is not known.
    """

    difference: Scan
    size: Mapping[str, float]
    real: Mapping[str, float] = field(default_factory=dict)


def added_by_adversary(adversarial: Scan, twin: Scan, truth: Scan | None = None) -> Added:
    """Return what adversarial training added to what L1 alone makes of the same scan.

    Parameters
    ----------
    adversarial, twin
        Results of both, on one grid.
    truth
        The acquired scan on that grid, where the input was simulated from it.

    Raises
    ------
    GeometryMismatch
        The grids differ.

    Examples
    --------
    >>> truth = Scan(np.random.default_rng(0).random((16, 16, 4)) + 1, np.eye(4))
    >>> blurred = truth.after("L1", np.full_like(truth.array, 1.5))
    >>> added = added_by_adversary(truth, blurred, truth)
    >>> round(added.real["contrast 1"], 3), added.difference.quantity
    (1.0, 'signal difference')
    """
    for other in (twin, truth):
        if other is not None and not adversarial.same_grid(other):
            raise GeometryMismatch(
                "the results of a network and of its twin do not lie on one grid", remedy="run both on the same scan"
            )
    array = np.subtract(adversarial.array, twin.array, dtype=np.float32)
    scale = common_scale(twin.array)
    size, real = {}, {}
    for n, name in enumerate(adversarial.names):
        inside = twin.array[n] > AIR * scale
        added = array[n][inside]
        size[name] = float(np.sqrt(np.mean(np.square(added, dtype=np.float64)))) / scale if added.size else 0.0
        if truth is not None:
            left_out = np.subtract(truth.array[n][inside], twin.array[n][inside], dtype=np.float32)
            real[name] = _correlation(added, left_out)
    difference = adversarial.after("minus its L1 twin", array, quantity="signal difference")
    return Added(difference, size, real)


def _correlation(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Return Pearson's correlation; 0 where one of them is constant."""
    if one.size < 2 or one.min() == one.max() or other.min() == other.max():
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])

"""Thresholds that tell air, suppressed fat and fluid from tissue in DESS, and echoes in the wrong order.

- **Air**: S1 no brighter than noise alone (:attr:`~napari_mrsr.mapping.noise.Noise.air`).
- **Fat** (water excitation leaves it dark, and bone and tendon with it): ``S1 <= 0.15 P(S1)``.
- **Fluid** (its echoes are nearly alike): ``S1 - 1.2 S2 <= 0.10 P(S1 - 1.2 S2)``.

The fractions and the 1.2 are those of DOSMA (Desai and others, ISMRM 2019), where P is the maximum. A single bright
vessel doubles a maximum (in a real knee at hand it lies at 2.2 times the 99th percentile, and cartilage far from the
coil would count as fat), so that here P is the 99th percentile over the voxels brighter than air.

- **Too noisy**: S2 where noise lifts it by more than 5 % on average; at T2 = 35 ms, TR 23 and TE 7 ms this lengthens
  T2 by 1.9 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.noise import Noise

#: Fraction of the bright level of S1 up to which a voxel counts as suppressed fat.
FAT_FRACTION = 0.15
#: Weight of S2 in the difference that fluid is told by.
FLUID_WEIGHT = 1.2
#: Fraction of the bright level of that difference up to which a voxel counts as fluid.
FLUID_FRACTION = 0.10
#: Percentile over the foreground that stands for "bright".
BRIGHT = 99.0
#: Fraction by which noise may lift a signal before it is not to be trusted.
LARGEST_BIAS = 0.05
#: Fraction of the foreground in which the later echo must be the brighter one for the echoes to be swapped.
SWAPPED_FRACTION = 0.8
#: Voxels that percentiles are taken from.
SAMPLES = 400_000


@dataclass(frozen=True)
class Thresholds:
    """Signal levels below which a voxel is not mapped, or not trusted, in units of the image.

    Parameters
    ----------
    air
        Of S1.
    fat
        Of S1; minus infinity where fat is not masked.
    fluid
        Of ``S1 - 1.2 S2``; minus infinity where fluid is not masked.
    low_snr
        Of S2.
    """

    air: float
    fat: float
    fluid: float
    low_snr: float


def thresholds(
    first: npt.NDArray[Any], second: npt.NDArray[Any], noise: Noise, *, fat: bool = True, fluid: bool = True
) -> Thresholds:
    """Return the thresholds of a pair of echoes.

    Parameters
    ----------
    first, second
        The two echoes, ``(i, j, k)``, on one common scale.
    noise
        Noise of the second echo.
    fat, fluid
        Whether to mask them.
    """
    s1, s2 = sample(first, second)
    inside = s1 > noise.air
    s1, s2 = s1[inside], s2[inside]
    nothing = -np.inf
    if s1.size == 0:
        return Thresholds(noise.air, nothing, nothing, nothing)
    return Thresholds(
        air=noise.air,
        fat=FAT_FRACTION * float(np.percentile(s1, BRIGHT)) if fat else nothing,
        fluid=FLUID_FRACTION * float(np.percentile(s1 - FLUID_WEIGHT * s2, BRIGHT)) if fluid else nothing,
        low_snr=noise.signal_of_bias(LARGEST_BIAS),
    )


def brighter_second(first: npt.NDArray[Any], second: npt.NDArray[Any], air: float) -> float:
    """Return the fraction of the foreground in which the second echo is the brighter one.

    In DESS it never is but for noise, pulsation and wrong scaling: the ratio S2/S1 stays below 1 for any T1 and T2.
    """
    s1, s2 = sample(first, second)
    inside = np.maximum(s1, s2) > air
    return float((s2 > s1)[inside].mean()) if inside.any() else 0.0


def sample(*volumes: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float32], ...]:
    """Return the same evenly strewn finite voxels of several volumes."""
    step = max(1, volumes[0].size // SAMPLES)
    step += 1 - step % 2  # odd: an even step would walk along a single column of an even matrix
    taken = [np.asarray(volume).reshape(-1)[::step].astype(np.float32) for volume in volumes]
    finite = np.logical_and.reduce([np.isfinite(one) for one in taken])
    return tuple(one[finite] for one in taken)

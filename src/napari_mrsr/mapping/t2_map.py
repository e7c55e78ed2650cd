"""A T2 map and, beside it, why voxels have no value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.noise import Noise
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.scan import Scan

#: Steps after which the background no longer tells the noise of the tissue.
MADE_UP = ("super-resolution", "interpolation")


@dataclass(frozen=True, eq=False)
class T2Map:
    """T2 in milliseconds with its reasons.

    Parameters
    ----------
    map
        One volume, T2 in ms, float32, NaN where there is no value; its ``warnings`` say what a reader of the map must
        know.
    reason
        One volume of :class:`~napari_mrsr.mapping.reasons.Reason` codes, uint8, on the same grid.
    sigma
        One volume, the standard deviation of T2 from noise in ms, NaN where T2 is; ``None`` where it was not asked for
        or cannot be told (:mod:`~napari_mrsr.mapping.uncertainty`).
    """

    map: Scan
    reason: Scan
    sigma: Scan | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the map must know, one line each."""
        return self.map.warnings

    def mapped(self, change: Callable[[Scan], Scan]) -> T2Map:
        """Return the map with each of its volumes changed, as into another memory order."""
        return T2Map(change(self.map), change(self.reason), None if self.sigma is None else change(self.sigma))

    def counts(self) -> dict[Reason, int]:
        """Return the number of voxels for each reason, ``OK`` among them."""
        numbers = np.bincount(self.reason.array.ravel(), minlength=len(Reason))
        return {reason: int(numbers[reason]) for reason in Reason}

    @property
    def trusted(self) -> npt.NDArray[np.bool_]:
        """Where T2 has a value that noise has not biased, shape ``(i, j, k)``."""
        trusted: npt.NDArray[np.bool_] = self.reason.array[0] == Reason.OK
        return trusted


def make_map(
    scan: Scan,
    step: str,
    t2: npt.NDArray[np.float32],
    reason: npt.NDArray[np.uint8],
    *,
    parameters: dict[str, Any],
    warnings: tuple[str, ...],
) -> T2Map:
    """Return the map of a scan after a named step, with the scan's own warnings and the further ones given."""
    values = scan.after(step, t2, parameters=parameters, axis="map", names=("T2",), quantity="T2", unit="ms")
    codes = scan.after(step, reason, parameters=parameters, axis="label", names=("reason",), quantity="reason", unit="")
    return T2Map(values.warn(*warnings), codes.warn(*warnings))


def noise_is_measured(scan: Scan) -> bool:
    """Return whether the background tells the noise of the tissue: not once voxels were made that were not acquired."""
    return not any(step.name in MADE_UP for step in scan.history)


def with_sigma(found: T2Map, sigma: npt.NDArray[np.float32], noise: Noise, *, correlated: float = 1.0) -> T2Map:
    """Return a map with the standard deviation of T2 from noise, ``(i, j, k)`` in ms, beside it.

    ``correlated`` is the number of voxels that share their noise (:mod:`~napari_mrsr.mapping.shared_noise`).
    """
    parameters = {"noise": noise.sigma, "coils": noise.coils, "source": noise.source, "correlated": correlated}
    scan = found.map.after(
        "sigma of t2 from noise", sigma, parameters=parameters, names=("sigma T2",), quantity="sigma T2", unit="ms"
    )
    return replace(found, sigma=scan)

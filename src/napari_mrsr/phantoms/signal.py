"""The two DESS echoes of a tissue as tables over T2, from extended phase graphs with the diffusion of that tissue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.settings import Settings, Tissue, load
from napari_mrsr.physics.dess import DessSequence
from napari_mrsr.physics.epg import dess_signals

Array = npt.NDArray[np.floating[Any]]

#: Points of a table; between them the signals are linear to 1e-5.
POINTS = 256
#: Signal of unit proton density and perfect refocusing: makes numbers of the size that scanners write.
GAIN = 1.0e4


@dataclass(frozen=True, eq=False)
class Table:
    """S1 and S2 of one tissue at rising T2."""

    t2: npt.NDArray[np.float64]
    s1: npt.NDArray[np.float64]
    s2: npt.NDArray[np.float64]

    def __call__(self, t2: Array) -> tuple[Array, Array]:
        """Return both echoes at T2 (ms), per unit proton density."""
        return (
            np.interp(t2, self.t2, self.s1).astype(np.float32),
            np.interp(t2, self.t2, self.s2).astype(np.float32),
        )


def sequence(settings: Settings, diffusivity: float = 0.0) -> DessSequence:
    """Return the acquisition of the phantom for a tissue of that diffusivity, m2/s."""
    names = ("repetition_time", "echo_time", "flip_angle", "spoiler_moment", "spoiler_duration")
    return DessSequence(**{n: settings.sequence[n] for n in names}, diffusivity=diffusivity)


@cache
def table(name: str) -> Table:
    """Return the table of a tissue of the frozen settings."""
    settings = load()
    tissue: Tissue = settings.tissues[name]
    low, high = tissue.limits
    t2 = np.geomspace(low, high, POINTS)
    s1, s2 = dess_signals(tissue.t1, t2, sequence(settings, tissue.diffusivity))
    return Table(t2, GAIN * np.asarray(s1), GAIN * np.asarray(s2))


def noise_sigma(settings: Settings) -> float:
    """Return the SD of the noise: mean S1 of cartilage over the frozen signal to noise ratio."""
    cartilage = settings.tissues["cartilage"]
    layers = np.array([settings.layers["deep"], settings.layers["superficial"]]) * cartilage.t2
    s1, _ = table("cartilage")(layers.astype(np.float32))
    return float(cartilage.m0 * s1.mean() / settings.snr_cartilage)

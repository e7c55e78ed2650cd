"""The sample knee: what a radiologist gets to open first."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from napari_mrsr.phantoms.knee import knee
from napari_mrsr.phantoms.noise import rician
from napari_mrsr.phantoms.phantom import KneePhantom
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan

SEED = 11
SHAPE = (208, 208, 80)
SPACING = (0.6, 0.6, 0.7)
#: Lateral, anterior, superior, mm: the medial compartment, the notch and a part of the lateral one.
CENTRE = (-10.0, 4.0, 4.0)
FACTOR = 2


class SampleKnee(NamedTuple):
    """A scan with thick slices, and the thin-slice knee that it was made from."""

    scan: Scan
    truth: KneePhantom


@cache
def sample_knee() -> SampleKnee:
    """Return the sample: 1.4 mm slices, simulated from a knee at 0.7 mm; computed once per session."""
    truth = knee(SEED, shape=SHAPE, spacing=SPACING, centre=CENTRE, diseased=True)
    return SampleKnee(thick_scan(truth, seed=SEED + 1), truth)


def thick_scan(truth: KneePhantom, *, factor: int = FACTOR, seed: int = 0) -> Scan:
    r"""Return a phantom as a faster scan with thick slices would have shown it: a magnitude image with its own noise.

    The thick slices have Rician noise of their own: ``factor`` times the volume in so many fewer encoding steps leaves
    :math:`\sqrt{factor}` less of it.

    Parameters
    ----------
    truth
        A phantom with thin slices.
    factor
        How many times thicker the slices become.
    seed
        Of the noise.
    """
    thick = degrade(truth.noiseless, factor=factor)
    sigma = float(truth.settings["sigma"] / np.sqrt(factor))
    noisy = rician(np.asarray(thick.array, np.float32), sigma, seed)
    return thick.after("rician noise", noisy, parameters={"sigma": sigma})

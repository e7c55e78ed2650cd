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
    r"""Return the sample: 1.4 mm slices, simulated from a knee at 0.7 mm; computed once per session.

    The thick slices have their own Rician noise: twice the volume in half the encoding steps leaves
    :math:`\sqrt 2` less of it.
    """
    truth = knee(SEED, shape=SHAPE, spacing=SPACING, centre=CENTRE, diseased=True)
    thick = degrade(truth.noiseless, factor=FACTOR)
    sigma = float(truth.settings["sigma"] / np.sqrt(FACTOR))
    noisy = rician(np.asarray(thick.array, np.float32), sigma, SEED + 1)
    scan = thick.after("rician noise", noisy, parameters={"sigma": sigma})
    return SampleKnee(scan, truth)

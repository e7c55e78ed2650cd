"""The sample for maps: a made head as T1w MPRAGE, T2w TSE and FLAIR, with plaques, and what is true about it."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from napari_mrsr.phantoms.brain.brain import brain
from napari_mrsr.phantoms.brain.contrasts import weighted
from napari_mrsr.phantoms.brain.phantom import BrainPhantom
from napari_mrsr.scan import Scan

SEED = 22
#: Voxels, mm, matrix, and its middle in the head, RAS mm: from the cerebellum to the vertex.
SPACING, SHAPE, CENTRE = 1.0, (180, 216, 160), (0.0, -12.0, 8.0)
#: Ratio of white matter to the SD of the noise.
SNR = 35.0


class SampleContrasts(NamedTuple):
    """Three images as three files would hold them, and the head that they show."""

    scans: tuple[Scan, Scan, Scan]
    truth: BrainPhantom


@cache
def sample_contrasts() -> SampleContrasts:
    """Return the sample; computed once per session, some ten seconds on one core."""
    head = brain(SEED, spacing=SPACING, shape=SHAPE, centre=CENTRE, lesions="plaques")
    t1w, t2w, flair = weighted(head, snr=SNR).values()
    return SampleContrasts((t1w, t2w, flair), head)

"""The sample series: an abdomen that breathes freely, and a planning scan of the same person with the breath held."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from napari_mrsr.phantoms.abdomen.protocols import SUBJECTS
from napari_mrsr.phantoms.abdomen.series import abdomen
from napari_mrsr.scan import Scan

SEED = 11
FRAMES = 6
#: Slices through the liver: matrix and voxels are those of the protocol, only fewer slices are computed.
SERIES = (slice(0, 256), slice(0, 192), slice(15, 23))
PLANNING_SHAPE, PLANNING_SPACING = (256, 192, 8), (1.09375, 1.09375, 4.0)


class SampleAbdomen(NamedTuple):
    """A dynamic series and the planning scan that was taken before it, in another pose."""

    scan: Scan
    planning: Scan


@cache
def sample_abdomen() -> SampleAbdomen:
    """Return the sample with the parameters of subject 1; computed once per session, some six seconds on one core."""
    series = abdomen(SEED, protocol=SUBJECTS[1], frames=FRAMES, window=SERIES)
    planning = abdomen(SEED, protocol=SUBJECTS[1], pose="planning", shape=PLANNING_SHAPE, spacing=PLANNING_SPACING)
    return SampleAbdomen(series.scan, planning.scan)

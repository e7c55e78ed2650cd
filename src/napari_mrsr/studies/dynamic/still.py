r"""How steady a result is where nothing moves: the flicker of static tissue.

The flicker of :mod:`napari_mrsr.metrics.flicker` over voxels of tissue that stands still, on the scale on which the
maximum of the reference series is 1. Noise of the frames flickers too: what the reference itself varies by in the same
voxels stands beside it.

*Which voxels*: on a phantom those whose label is bone, disc, spinal cord, its fluid or muscle in every frame and whose
noise-free signal varies by less than 1 % of the maximum. Elsewhere the steadiest fourth of the body by its own SD over
time, the body being what is brighter than a tenth of the maximum. Of these :data:`PROBES` at most, drawn evenly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.abdomen.tissues import NUMBER
from napari_mrsr.scan import Scan
from napari_mrsr.studies.dynamic_cohort import DynamicSubject

#: Tissue that breathing does not move.
STANDING = ("vertebra", "disc", "spinal cord", "cerebrospinal fluid", "cortical bone", "muscle")
#: SD over time of a still voxel of a phantom at most, part of the maximum.
STEADY = 0.01
#: Part of the maximum above which a voxel shows the body, and the part of the body that counts as still.
BODY, STEADIEST = 0.1, 0.25
#: Voxels that are looked at, at most.
PROBES = 4000


@dataclass(frozen=True, eq=False)
class Still:
    """Voxels that do not move.

    Parameters
    ----------
    index
        Into the flattened volume, rising.
    scale
        Maximum of the series.
    said
        How they were chosen.
    """

    index: npt.NDArray[np.int64]
    scale: float
    said: str

    def of(self, volume: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Return the values of a volume ``(i, j, k)`` in these voxels, the maximum of the series being 1."""
        return np.asarray(volume.reshape(-1)[self.index] / self.scale, np.float32)


def still_voxels(subject: DynamicSubject) -> Still:
    """Return the still voxels of a subject; none where it has fewer than two frames."""
    scale = float(subject.dynamic.array.max())
    frames = subject.dynamic.volumes
    if frames < 2:
        return Still(np.zeros(0, np.int64), scale, "there is only one frame")
    if subject.labels is not None:
        numbers = [NUMBER[name] for name in STANDING]
        first = subject.labels[0]
        chosen = np.isin(first, numbers)
        for frame in subject.labels[1:]:
            chosen &= frame == first
        clean = subject.noiseless or subject.dynamic
        chosen &= spread(clean) < STEADY * scale
        said = "bone, disc, spinal cord and muscle that stand still"
    else:
        sd = spread(subject.dynamic)
        body = subject.dynamic.array.mean(axis=0) > BODY * scale
        chosen = body & (sd <= np.quantile(sd[body], STEADIEST)) if body.any() else body
        said = f"the steadiest {100 * STEADIEST:.0f} % of the body"
    index = np.flatnonzero(chosen)
    if len(index) > PROBES:
        index = index[np.linspace(0, len(index) - 1, PROBES).round().astype(np.int64)]
    return Still(index, scale, said)


def spread(scan: Scan) -> npt.NDArray[np.float32]:
    """Return the SD over the volumes of every voxel (ddof 1), shape ``(i, j, k)``; memory is that of three volumes."""
    mean = np.zeros(scan.shape, np.float32)
    squares = np.zeros(scan.shape, np.float32)
    for n, volume in enumerate(scan.array, start=1):
        step = volume - mean
        mean += step / n
        squares += step * (volume - mean)
    return np.sqrt(squares / max(1, scan.volumes - 1))

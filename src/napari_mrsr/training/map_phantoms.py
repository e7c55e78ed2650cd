"""Phantoms of the head that teach to map: weighted images at 1 mm, labels that are coarse along one axis.

Labels are made as a mapping sequence with thick slices would: what is averaged over a slice is signal
(:mod:`~napari_mrsr.physics.mixtures`), and the maps read from it are interpolated to the grid of the images, as in
paper 4. Where less than half of the weight of a voxel comes from voxels with a label, it has none.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from napari_mrsr.interpolation import matrix
from napari_mrsr.networks.head_scale import head_scale
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import CONTRASTS
from napari_mrsr.phantoms.brain import CLASSES, BrainPhantom, brain
from napari_mrsr.phantoms.brain.brain import CENTRE
from napari_mrsr.physics import mixtures
from napari_mrsr.sampling import along
from napari_mrsr.training.map_material import MapSource
from napari_mrsr.training.map_signals import Weighting, weightings

Array = npt.NDArray[np.float32]
#: Thickness of the slices of labels, mm (paper 4), and the voxel axis they lie along: from foot to head.
LABEL_THICKNESS, COARSE_AXIS = 3.5, 2
#: Slices are cut across this axis, sagittal: each holds the coarse axis.
NORMALS = (0,)
#: Matrix of a slab of sagittal slices at 1 mm, and how far its middle may lie from the middle of the head, mm. Many
#: slabs of different heads teach more than a few whole ones.
SLAB, ASIDE = (40, 224, 192), 45.0
#: Tissues in which maps are judged: parenchyma, as in Qiu et al. 2021.
JUDGED = ("white matter", "grey matter", "lesion")


def coarse_labels(maps: mixtures.Maps, axis: int, size: int) -> Array:
    """Return T1, T2 and M0 as ``size`` slices along an axis tell them, on the grid of the maps: ``(3, i, j, k)``.

    Examples
    --------
    >>> flat = mixtures.Maps(*(np.full((2, 2, 14), value, np.float32) for value in (800, 80, 0.7)))
    >>> coarse_labels(flat, 2, 4)[:, 0, 0, 5].round(2).tolist()
    [800.0, 80.0, 0.7]
    """
    n = maps.t1.shape[axis]
    up = matrix("trilinear", size, n)
    average = matrix("area", size, n).T
    average = average / average.sum(axis=1, keepdims=True)
    thick = np.stack([along.apply(average, part, axis) for part in mixtures.moments(*maps)])
    read = np.stack(mixtures.read(thick))
    known = np.isfinite(read).all(axis=0)
    weight = along.apply(up, known.astype(np.float32), axis)
    filled = along.apply(up, np.where(known, read, 0).astype(np.float32), axis + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight > 0.5, filled / weight, np.nan).astype(np.float32)


def source_of(
    phantom: BrainPhantom, signals: Mapping[str, Weighting], *, snr: float = 40.0, stripped: bool = False
) -> MapSource:
    """Return a phantom as something to learn from, or to be judged by.

    Parameters
    ----------
    phantom
        On a grid of about 1 mm.
    signals
        Signal of each contrast from T1 and T2 in ms, M0, and the relative transmit field.
    snr
        Of white matter.
    stripped
        Without the skull and what is outside of it: other voxels then set the scale of the images.
    """
    scans = [phantom.weighted(signals[name], name, snr=snr, seed=n) for n, name in enumerate(CONTRASTS)]
    labels = coarse_labels(phantom.maps, COARSE_AXIS, _slices(phantom))
    inside = sum(phantom.share_of(name) for name in CLASSES) > 0.5 if stripped else np.ones(phantom.labels.shape, bool)
    volumes = [scan.array[0] * inside for scan in scans]
    labels[:, ~inside] = np.nan
    truth = np.stack(phantom.maps)
    truth[:, ~(sum(phantom.share_of(name) for name in JUDGED) > 0.5)] = np.nan
    name = f"phantom {phantom.seed}"
    images = np.stack([volume / head_scale(volume) for volume in volumes])
    # half precision: 0.05 %, and a run holds many heads
    return MapSource(
        name, name, images.astype(np.float16), labels.astype(np.float16), NORMALS, truth.astype(np.float16)
    )


def _slices(phantom: BrainPhantom) -> int:
    n, spacing = phantom.labels.shape[COARSE_AXIS], phantom.labels.spacing[COARSE_AXIS]
    return min(n, max(2, round(n * spacing / LABEL_THICKNESS)))


def slab(
    seed: int, conditions: MapConditions, *, shape: tuple[int, int, int] = SLAB, rng: np.random.Generator
) -> MapSource:
    """Make a slab of the head of a seed as something to learn from: somewhere in the head, with some noise.

    Every fourth has lost its skull, by chance.
    """
    x, y, z = CENTRE
    phantom = brain(seed, shape=shape, centre=(x + float(rng.uniform(-ASIDE, ASIDE)), y, z))
    snr = float(np.exp(rng.uniform(np.log(20), np.log(80))))
    return source_of(phantom, weightings(conditions, rng), snr=snr, stripped=bool(rng.random() < 0.25))

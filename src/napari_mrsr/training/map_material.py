r"""Slices that teach to map: weighted images at full resolution, and labels that are coarse along one axis (paper 4).

A slice is cut so that it holds the coarse axis of the labels, sagittal in the paper: there the edges of the images have
something to add. Patches are mirrored and transposed, and each image is multiplied by a number of its own near 1,
since the percentile that divides it (:mod:`~napari_mrsr.networks.head_scale`) depends on what is in the picture: fat of
the scalp, suppressed or not, moves that of a T1w image by far more than T1 does, so T1 and T2 must be told from tissues
side by side.

A network is judged on subjects that never teach, against maps at full resolution where these are known: mean
percentage error of T1 and T2, printed as in paper 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from napari_mrsr.metrics.percentage_error import mean_percentage_error
from napari_mrsr.networks.mapper import Mapper
from napari_mrsr.networks.network import Network
from napari_mrsr.training import in_plane
from napari_mrsr.training.label_slabs import Slabs, as_labelled, where_known
from napari_mrsr.training.map_targets import packed
from napari_mrsr.training.pairs import Batch

Array = npt.NDArray[np.floating]

#: Share of a patch that must have a label, and how many patches are looked at before one with less is taken.
LABELLED, TRIES = 0.3, 8
#: Slices of a subject that judge.
SCORED_SLICES = 12


@dataclass(frozen=True, eq=False)
class MapSource:
    """A subject to learn from, or to be judged by.

    Parameters
    ----------
    name, subject
        Of the scan, and of whom it shows: what is held out is held out by subject.
    images
        T1w, T2w and FLAIR, each divided by its :func:`~napari_mrsr.networks.head_scale.head_scale`: ``(3, i, j, k)``.
    labels
        T1 and T2 in ms, and M0, brought to the grid of the images: ``(3, i, j, k)``, NaN where there is none, each map
        by itself.
    normals
        Axes along which slices are cut one by one, so that each holds the coarse axis of the labels.
    truth
        Maps at full resolution where they are known; ``labels`` if not given.
    protocol
        Whose timings its images have (:class:`~napari_mrsr.training.edge_loss.HybridLoss`); 0: those of the run.
    slabs
        How labels became coarse along the first axis of a slice, where it is known.
    """

    name: str
    subject: str
    images: Array
    labels: Array
    normals: tuple[int, ...] = (0,)
    truth: Array | None = None
    protocol: int = 0
    slabs: Slabs | None = None


@dataclass(frozen=True)
class MapSampling:
    """How patches are drawn.

    Parameters
    ----------
    patch
        Voxels along both sides.
    batch
        Patches of a step.
    neighbours
        Slices to either side that the network sees besides.
    vary
        Mirrored and transposed patches, and other gains.
    gain_spread
        Standard deviation of the logarithm of the number by which each image of a patch is multiplied.
    slabs
        Labels go with how they became coarse: every source must say it. Patches are not transposed then.
    """

    patch: int = 96
    batch: int = 8
    neighbours: int = 0
    vary: bool = True
    gain_spread: float = 0.12
    slabs: bool = False


@dataclass(frozen=True)
class MapScore:
    """Mean percentage errors of T1 and T2, %; NaN where nothing is known to judge a map by."""

    name: str
    t1: float
    t2: float

    def __str__(self) -> str:
        told = [
            f"of {name} {value:.2f} %" for name, value in (("T1", self.t1), ("T2", self.t2)) if math.isfinite(value)
        ]
        return f"{self.name}: error {', '.join(told) or 'unknown'}"


@dataclass(frozen=True)
class MapMaterial:
    """What the loop asks of it (:class:`napari_mrsr.training.material.Material`)."""

    sources: Sequence[MapSource]
    sampling: MapSampling
    held_out: Sequence[MapSource] = ()

    @property
    def names(self) -> list[str]:
        """What teaches."""
        return [source.name for source in self.sources]

    @property
    def judges(self) -> bool:
        """Whether there is anything to be judged by."""
        return bool(self.held_out)

    def draw(self, seed: int, step: int) -> Batch:
        """Return the batch of a step."""
        return draw(self.sources, self.sampling, seed, step)

    def scores(self, network: Network) -> tuple[MapScore, ...]:
        """Judge a network on subjects that never teach."""
        assert isinstance(network, Mapper)
        return tuple(map_score(network, source) for source in self.held_out)


def draw(sources: Sequence[MapSource], sampling: MapSampling, seed: int, step: int) -> Batch:
    """Return the batch of a step, the same for the same seed and step.

    Images ``(batch, 3, i, j, 1 + 2 * neighbours)``, and what the maps of the middle slice are held to
    (:func:`~napari_mrsr.training.map_targets.packed`).
    """
    rng = np.random.default_rng([seed, step])
    chosen = [sources[int(n)] for n in rng.integers(len(sources), size=sampling.batch)]
    patches = [_patch(source, sampling, rng) for source in chosen]
    images, labels, slabs = (torch.from_numpy(np.stack(part)) for part in zip(*patches, strict=True))
    valid = torch.isfinite(labels).float()
    middle = images[..., sampling.neighbours : sampling.neighbours + 1]
    protocols = torch.tensor([one.protocol for one in chosen])
    return Batch(images, packed(labels, valid, middle, protocols, slabs if sampling.slabs else None), 1)


def _patch(source: MapSource, sampling: MapSampling, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return images ``(3, i, j, slices)``, labels ``(3, i, j, 1)`` and matrices ``(2, i, i, 1)`` of a patch."""
    normal = int(rng.choice(source.normals))
    images, labels = (np.moveaxis(array, normal + 1, -1) for array in (source.images, source.labels))
    size, n = sampling.patch, sampling.neighbours
    for _ in range(TRIES):
        where = tuple(int(rng.integers(max(1, length - size + 1))) for length in images.shape[1:3])
        k = int(rng.integers(images.shape[-1]))
        label = _cut(labels, (*where, k), (size, size, 1))
        if np.isfinite(label).any(axis=0).mean() >= LABELLED:
            break
    around = np.clip(np.arange(k - n, k + n + 1), 0, images.shape[-1] - 1)
    image = np.concatenate([_cut(images, (*where, int(one)), (size, size, 1)) for one in around], axis=-1)
    slabs = source.slabs
    if sampling.vary:
        turn = rng.random(3) < 0.5
        if sampling.slabs:
            turn[2] = False
        if slabs is not None and turn[0]:
            slabs, where = slabs.mirrored, (len(slabs.back) - where[0] - size, where[1])
        image, label = _turned(image, turn), _turned(label, turn)
        gains = np.exp(sampling.gain_spread * rng.standard_normal(3)).astype(np.float32)
        image = image * gains[:, None, None, None]
    matrices = np.zeros((2, 0, 0)) if slabs is None or not sampling.slabs else slabs.cut(where[0], size)
    return np.ascontiguousarray(image), np.ascontiguousarray(label), matrices[..., None]


def _cut(volumes: Array, where: tuple[int, ...], size: tuple[int, int, int]) -> Array:
    i, j, k = where
    return np.stack([in_plane.cut(volume, (i, j, k), size) for volume in volumes])


def _turned(patch: Array, how: npt.NDArray[np.bool_]) -> Array:
    """Return a patch mirrored along i, along j, and transposed, or not; slices stay in their order."""
    patch = patch[:, ::-1] if how[0] else patch
    patch = patch[:, :, ::-1] if how[1] else patch
    return patch.swapaxes(1, 2) if how[2] else patch


def map_score(network: Mapper, source: MapSource) -> MapScore:
    """Judge a network on evenly strewn slices of a subject, in the plane it was trained in.

    Where labels alone are known, maps are made as coarse as these first, if it is known how.
    """
    truth = source.labels if source.truth is None else source.truth
    normal = source.normals[0]
    images, wanted = (np.moveaxis(array, normal + 1, -1) for array in (source.images, truth))
    labelled = np.flatnonzero(np.isfinite(wanted[:2]).any(axis=(0, 1, 2)))
    if not len(labelled):
        return MapScore(source.name, math.nan, math.nan)
    chosen = labelled[np.linspace(0, len(labelled) - 1, min(SCORED_SLICES, len(labelled))).round().astype(int)]
    found = np.concatenate([maps_of_slices(network, images, [int(k)]) for k in chosen], axis=-1)
    if source.truth is None and source.slabs is not None:
        mean, back = (torch.from_numpy(part)[None] for part in source.slabs.cut(0, found.shape[1]))
        maps = torch.from_numpy(found).movedim(-1, 0)
        known = where_known(torch.ones_like(maps), mean, back) > 0
        found = torch.where(known, as_labelled(maps, mean, back), torch.nan).movedim(0, -1).numpy()
    t1, t2 = (mean_percentage_error(wanted[n][..., chosen], found[n]) for n in (0, 1))
    return MapScore(source.name, t1, t2)


def maps_of_slices(network: Mapper, images: Array, slices: Sequence[int]) -> Array:
    """Return the maps ``(3, i, j, slices)`` of some slices of scaled images ``(3, i, j, k)``."""
    n, last = network.neighbours, images.shape[-1] - 1
    device = next(network.parameters()).device
    parts = []
    with torch.inference_mode():
        for k in slices:
            around = np.clip(np.arange(k - n, k + n + 1), 0, last)
            x = torch.from_numpy(np.ascontiguousarray(images[..., around], dtype=np.float32))[None].to(device)
            parts.append(network(x)[0].float().cpu().numpy())
    return np.concatenate(parts, axis=-1)

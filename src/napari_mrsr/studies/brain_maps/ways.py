"""The ways to maps that the study compares: networks, and what a person could take from the literature instead.

*Literature* segments the T1-weighted image (:mod:`napari_mrsr.training.brain_tissues`) and gives white matter, grey
matter and fluid the T1 and T2 that were published for them, mixed as voxels mix them. It knows nothing of the person: a
network that is no closer has measured nothing.

*Supervised* and *hybrid as published* are the two of paper 4; *hybrid* is the one that ``maps`` uses, whose maps were
compared with labels as thick as these were (:mod:`napari_mrsr.training.label_slabs`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, WeightsMissing
from napari_mrsr.mapping.brain import BrainScans
from napari_mrsr.networks import mapper, registry
from napari_mrsr.physics import mixtures
from napari_mrsr.physics.flair import FLUID
from napari_mrsr.physics.tissues import TISSUES
from napari_mrsr.scan import Scan

Floats = npt.NDArray[np.float32]
Told = Callable[[float], None]
Stop = Callable[[], bool] | None

#: The ways of the study, in the order of the tables, and the shipped weights of the networks.
LITERATURE, SUPERVISED, AS_PUBLISHED, HYBRID = "literature", "supervised", "hybrid as published", "hybrid"
SHIPPED = {SUPERVISED: mapper.SUPERVISED, AS_PUBLISHED: mapper.PUBLISHED, HYBRID: mapper.HYBRID}
USUAL = (LITERATURE, SUPERVISED, AS_PUBLISHED, HYBRID)
#: T1 and T2 (ms) and M0 that the literature gives to what the segmentation finds.
VALUES = {
    "white matter": (TISSUES["white matter"].t1, TISSUES["white matter"].t2, TISSUES["white matter"].proton_density),
    "grey matter": (TISSUES["grey matter"].t1, TISSUES["grey matter"].t2, TISSUES["grey matter"].proton_density),
    "CSF": (*FLUID, 1.0),
}
#: Share of a voxel that must be brain or fluid for it to be given a value, and range of T2, ms, as of the networks.
LEAST_SHARE, T2_RANGE = 0.3, (15.0, 600.0)


@dataclass(frozen=True, eq=False)
class Mapped:
    """T1 and T2, ms, NaN where there is no value; how long it took; and what was warned of."""

    t1: Floats
    t2: Floats
    seconds: float
    warnings: tuple[str, ...] = ()


class Way(Protocol):
    """A way from three weighted images to maps."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def trained(self) -> bool:
        """Whether it learned from heads."""

    def map(self, scans: BrainScans, told: Told, stop: Stop) -> Mapped:
        """Return the maps of a head; raises MrsrError where it has none, Stopped."""

    def depends_on(self) -> dict[str, Any]:
        """Return all that the maps depend on besides the images, as JSON can hold it."""


@dataclass(frozen=True)
class Network:
    """A mapping network, used as :func:`napari_mrsr.brain_maps.map_brain` uses it.

    Parameters
    ----------
    name
        What tables call it.
    weights
        Name of shipped weights, or a file.
    device
        Where it runs.
    """

    name: str
    weights: str | Path
    device: str = "auto"
    trained: bool = True

    def map(self, scans: BrainScans, told: Told, stop: Stop) -> Mapped:
        """Return the maps; where headers lack a timing that of the training is taken, on which maps do not depend."""
        from napari_mrsr.brain_maps import map_brain

        began = time.perf_counter()
        found = map_brain(
            scans.t1w, scans.t2w, scans.flair, weights=self.weights, assume=True, device=self.device,
            progress=told, stop=stop,
        )  # fmt: skip
        took = time.perf_counter() - began
        t1, t2 = (np.asarray(scan.array[0], np.float32) for scan in (found.t1, found.t2))
        return Mapped(t1, t2, took, found.warnings)

    def depends_on(self) -> dict[str, Any]:
        """Return weights and device."""
        if isinstance(self.weights, Path):
            return {"weights": "file", "sha256": _sha256(self.weights), "device": self.device}
        return {"weights": self.weights, "sha256": registry.shipped(self.weights)[1], "device": self.device}


@dataclass(frozen=True)
class Literature:
    """Published values by tissue."""

    name: str = LITERATURE
    trained: bool = False

    def map(self, scans: BrainScans, told: Told, stop: Stop) -> Mapped:
        """Return the maps."""
        began = time.perf_counter()
        shares, odd = shares_on(scans.t1w)
        parts = np.zeros((3, *scans.t1w.shape), np.float32)
        for name, values in VALUES.items():
            for n, part in enumerate(mixtures.moments(*np.array(values, np.float32).reshape(3, 1))):
                parts[n] += shares[name] * part[0]
        maps = mixtures.read(parts)
        known = sum(shares.values()) >= LEAST_SHARE
        t1 = np.where(known, maps.t1, np.nan)
        t2 = np.where(known & (maps.t2 >= T2_RANGE[0]) & (maps.t2 <= T2_RANGE[1]), maps.t2, np.nan)
        told(1.0)
        took = time.perf_counter() - began
        return Mapped(t1.astype(np.float32), t2.astype(np.float32), took, odd)

    def depends_on(self) -> dict[str, Any]:
        """Return the values."""
        return {"values": {name: list(values) for name, values in VALUES.items()}, "source": "Wansapura 1999"}


def shares_on(t1w: Scan) -> tuple[dict[str, Floats], tuple[str, ...]]:
    """Return the shares of white matter, grey matter and fluid in the voxels of a T1w, and what is odd about them.

    Raises
    ------
    ConstantImage
        It shows nothing.
    """
    from napari_mrsr.training.brain_tissues import COARSEST, brain_tissues

    anatomy = brain_tissues(t1w, spacing=min(max(float(min(t1w.spacing)), 1.0), COARSEST))
    return {name: _on_grid(anatomy.fractions[name], anatomy.affine, t1w) for name in VALUES}, anatomy.odd


def chosen(
    names: Sequence[str] | None = None, *, files: Mapping[str, str] | None = None, device: str = "auto"
) -> tuple[list[Way], dict[str, str]]:
    """Return the ways of some names, or all of the study that there are, and why others are left out.

    Parameters
    ----------
    names
        ``"literature"``, ``"supervised"``, ``"hybrid as published"``, ``"hybrid"``, a name of shipped weights, or
        ``NAME=FILE`` for weights of a reader's own. None for the first four; of these what is not installed is left out
        and named.
    files
        Weights in place of the shipped ones, by name: a file, or a name of shipped weights. What stands here is
        scored though ``names`` leaves it out.
    device
        Where networks run.

    Raises
    ------
    BadParameter
        A way stands twice, or there is none.
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        Weights that were asked for cannot be used.
    """
    given = dict(files or {})
    asked = [*(USUAL if names is None else names)]
    asked += [name for name in given if name not in {one.partition("=")[0] for one in asked}]
    ways: list[Way] = []
    left_out: dict[str, str] = {}
    for text in asked:
        name, _, file = text.partition("=")
        if name == LITERATURE and not file:
            ways.append(Literature())
            continue
        which = file or given.get(name) or SHIPPED.get(name, name)
        try:
            weights = _weights(which, explicit=bool(file or given.get(name)))
        except WeightsMissing:
            if names is not None or name in given:
                raise
            left_out[name] = "no weights of it are installed, none were given"
            continue
        ways.append(Network(name, weights, device))
    if not ways or len({way.name for way in ways}) < len(ways):
        raise BadParameter("a way stands twice" if ways else "no way is to be scored", remedy="name each once")
    return ways, left_out


def _weights(which: str, *, explicit: bool) -> str | Path:
    """Return shipped weights or a file, which was looked into."""
    listed = _listed(which)
    if not listed and explicit:
        path = Path(which)
        mapper.load(path)
        return path
    mapper.load(which)
    return which


def _listed(name: str) -> bool:
    try:
        registry.shipped(name)
    except WeightsMissing:
        return False
    return True


def _on_grid(share: npt.NDArray[Any], affine: npt.NDArray[np.float64], like: Scan) -> Floats:
    """Return a share on the grid of a scan."""
    if share.shape == like.shape and np.allclose(affine, like.affine, atol=1e-3):
        return np.asarray(share, np.float32)
    from scipy.ndimage import affine_transform

    matrix = np.linalg.inv(affine) @ like.affine
    found = affine_transform(share, matrix[:3, :3], matrix[:3, 3], output_shape=like.shape, order=1, mode="nearest")
    return np.asarray(found, np.float32)


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

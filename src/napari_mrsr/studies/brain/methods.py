"""The ways that the study compares: interpolations, iterative back-projection, both networks and their L1 twins.

Paper 2 calls the interpolations by their names in a plane; in this package they are those of a volume, applied to the
two axes of the plane.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_mrsr import in_plane
from napari_mrsr.errors import BadParameter, UnknownMethod
from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain.folds import Fold

Floats = npt.NDArray[np.float32]
Told = Callable[[float], None]
Stop = Callable[[], bool] | None

#: What the tables call methods of this package that paper 2 calls otherwise.
TITLES = {
    "fourier": "zero-filled",
    "nearest": "nearest",
    "trilinear": "bilinear",
    "tricubic": "bicubic",
    "ibp": "back-projection",
}
#: The baseline of the paper: what the scanner would show.
BASE = TITLES["fourier"]
#: The networks of the paper, in its order, and what their twins are called.
NETWORKS = ("cpce", "circle")
TWIN = "{}-l1"
#: All that is compared where nothing else is said, in the order of the tables.
USUAL = (*TITLES, *(TWIN.format(name) for name in NETWORKS), *NETWORKS)


class Way(Protocol):
    """A way from slices of low resolution to slices of full resolution."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def trained(self) -> bool:
        """Whether it learned from scans."""

    def sharpen(self, coarse: Scan, like: Scan, subject: str, told: Told, stop: Stop) -> Floats:
        """Return the slices of a subject on the grid ``like``, shape ``(i, j, k)``; raises MrsrError, Stopped."""

    def depends_on(self, subject: str) -> dict[str, Any]:
        """Return all that the result depends on besides the slices, as JSON can hold it."""


@dataclass(frozen=True, eq=False)
class InPlane:
    """A method of :func:`napari_mrsr.in_plane.sharpen`.

    Parameters
    ----------
    name
        What tables call it.
    method
        Its name in the registry, or ``"auto"`` where a file of weights says which network it is for.
    weights
        A file in place of shipped weights.
    folds
        Files in place of both, by subject: networks that never saw it.
    consistency
        ``"hard"`` where a network's result keeps the measured centre of k-space.
    device
        Where networks run.
    """

    name: str
    method: str
    weights: Path | None = None
    folds: Mapping[str, Path] = field(default_factory=dict)
    consistency: str = "none"
    device: str = "auto"

    @property
    def trained(self) -> bool:
        """Whether it learned from scans."""
        return self.weights is not None or bool(self.folds) or registry.find(self.method).kind == "network"

    def file(self, subject: str) -> Path | None:
        """Return the file of weights that a subject is given; None for the shipped ones and for none."""
        return self.folds.get(subject, self.weights)

    def sharpen(self, coarse: Scan, like: Scan, subject: str, told: Told, stop: Stop) -> Floats:
        """Return the slices of a subject on the grid ``like``, shape ``(i, j, k)``."""
        weights = self.file(subject)
        method = "auto" if weights is not None else self.method
        found = in_plane.sharpen(
            coarse, method=method, like=like, weights=weights, consistency=self.consistency, device=self.device,
            progress=told, stop=stop,
        )  # fmt: skip
        return np.asarray(found.array[0], np.float32)

    def depends_on(self, subject: str) -> dict[str, Any]:
        """Return method, weights, consistency and device."""
        weights = self.file(subject)
        if weights is None and not self.trained:
            return {"method": self.method}
        sha256 = registry.find(self.method).sha256 if weights is None else _sha256(weights)
        return {"method": self.method, "sha256": sha256, "consistency": self.consistency, "device": self.device}


def chosen(
    names: Sequence[str] | None = None,
    folds: Sequence[Fold] = (),
    *,
    device: str = "auto",
    centre_kept: bool = False,
    leave_out: bool = False,
) -> tuple[list[InPlane], dict[str, str]]:
    """Return the ways of some names, or all of the study that there are, and why others are left out.

    Parameters
    ----------
    names
        Of methods, as in this package or as in the tables, or ``NAME=FILE`` for weights of a reader's own. None for
        those of the study; of these what is not installed is left out and named.
    folds
        Weights that were trained without a subject, to be taken for that subject.
    device
        Where networks run.
    centre_kept
        Score every network a second time with the measured centre of k-space put back.
    leave_out
        Leave out named methods that are not there, as those of the study are.

    Raises
    ------
    UnknownMethod
        A method that was asked for is not there, or a fold is for none that is scored.
    BadParameter
        A method stands twice, was made for slices, or there is none.
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        A file of weights cannot be used.
    """
    left_out: dict[str, str] = {}
    ways: list[InPlane] = []
    for name in USUAL if names is None else names:
        mine = {one.subject: one.weights for one in folds if one.method == name.split("=")[0]}
        try:
            ways.append(_way(name, mine, device))
        except UnknownMethod:
            if names is not None and not leave_out:
                raise
            left_out[name] = "is not installed" if name in TITLES else "no weights of it are installed, none were given"
    known = {way.name for way in ways}
    if not ways or len(known) < len(ways):
        raise BadParameter("a method stands twice" if ways else "no method is to be scored", remedy="name each once")
    for one in folds:
        if one.method not in {way.method for way in ways} | known:
            raise UnknownMethod(
                f"weights for {one.method} on {one.subject}, which is not scored", remedy="name it with --methods"
            )
    if centre_kept:
        ways += [_kept(way) for way in ways if way.trained]
    return ways, left_out


def _way(name: str, folds: Mapping[str, Path], device: str) -> InPlane:
    """Return one way; its files are looked at now, before anything is computed."""
    title, _, given = name.partition("=")
    for path in (*((Path(given),) if given else ()), *folds.values()):
        _check(path)
    if given:
        return InPlane(title, "auto", Path(given), folds, device=device)
    asked = {shown: own for own, shown in TITLES.items()}.get(title, title)
    try:
        method = registry.find(asked)
    except UnknownMethod:
        if not folds:
            raise
        return InPlane(title, asked, None, folds, device=device)  # weights come from the folds alone
    if "in-plane" not in method.axes:
        raise BadParameter(f"{asked} does not sharpen in plane", remedy=f"choose of {', '.join(USUAL)}")
    return InPlane(TITLES.get(asked, asked), asked, None, folds, device=device)


def _kept(way: InPlane) -> InPlane:
    return InPlane(f"{way.name} (centre kept)", way.method, way.weights, way.folds, "hard", way.device)


def _check(path: Path) -> None:
    """Refuse a file that holds no weights of a network for the plane."""
    registry.read_weights(path)
    architecture = registry.read_header(path).get("architecture", "")
    if architecture not in registry.IN_PLANE:
        raise BadParameter(
            f"holds weights of {architecture or 'an unnamed network'}, not of one that sharpens in plane", where=path,
            remedy=f"give weights of {', '.join(registry.IN_PLANE)}",
        )  # fmt: skip


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def seen_before(way: Way, subject: str, folds: Sequence[Fold]) -> str:
    """Return why a network may not be scored on a subject; empty where it may.

    Where a fold holds a subject out, the other weights of this cohort may have learned from it.
    """
    if not isinstance(way, InPlane) or not way.trained or subject in way.folds:
        return ""
    if any(one.subject == subject for one in folds):
        return "other networks have a fold that holds this subject out, this one has none and may have learned from it"
    if way.weights is None and way.method not in {one.name for one in registry.methods()}:
        return "has weights for other folds alone"
    return ""

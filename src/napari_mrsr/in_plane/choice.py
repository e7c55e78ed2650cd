"""Sharpening in plane: which method and which matrix, decided and refused before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from napari_mrsr.choice import axes_like, check_values, value_warnings
from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.frames import dropped_in_words
from napari_mrsr.mapping.is_map import check_is_signal
from napari_mrsr.networks import registry
from napari_mrsr.networks.registry import Method
from napari_mrsr.planes import across, assumed, check_orientations, depth_for, lengthy
from napari_mrsr.sampling.degrade import K_SPACE_STEP
from napari_mrsr.scan import Scan
from napari_mrsr.trust.anatomy import anatomy_of
from napari_mrsr.trust.plane_range import notes, outside_in_plane
from napari_mrsr.trust.zero_filled import in_words

#: Networks that are chosen by themselves, the best first, and what is taken without them.
PREFERRED = ("swift", "unet")
#: ... and before them for one part of the body. Of the brain: what invents least first, and of two that are level the
#: faster (docs/results/brain_sr.md); what was trained against a critic last.
PREFERRED_FOR: Mapping[str, tuple[str, ...]] = {"brain": ("cpce-l1", "circle-l1", "cpce", "circle")}
ELSE = "fourier"
#: Matrix where nothing says how fine the scan was meant to be: so many times the acquired one.
DEFAULT_FACTOR = 2
Plane = tuple[int, int]


@dataclass(frozen=True)
class PlaneJob:
    """Sharpening of a scan in plane.

    Parameters
    ----------
    method, reason
        How, and why so.
    axis
        The slice axis, 0, 1 or 2.
    matrix
        Fine samples along the two other axes, in their order.
    weights
        File in place of the shipped weights.
    consistency
        ``"hard"`` where the measured centre of k-space is kept, else ``"none"``.
    orientations
        1, or 3: the mean over the planes across every axis.
    depth
        Fine samples along the slice axis where that is refined too, for three orientations; None: as many as there are.
    warnings, outside
        What a person should know, and where the scan is unlike what the method was trained on.
    """

    method: Method
    reason: str
    axis: int
    matrix: Plane
    weights: Path | None = None
    consistency: str = "none"
    warnings: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    orientations: int = 1
    depth: int | None = None

    @property
    def refined(self) -> dict[int, int]:
        """Fine samples along every axis that is refined."""
        sizes = dict(zip(self.plane, self.matrix, strict=True))
        return sizes if self.depth is None else {**sizes, self.axis: self.depth}

    @property
    def plane(self) -> Plane:
        """The two in-plane axes."""
        one, other = (a for a in range(3) if a != self.axis)
        return one, other

    @property
    def trained(self) -> Path | str | None:
        """What :func:`~napari_mrsr.networks.registry.load` takes; None for a classical method."""
        return None if self.method.kind == "classical" else (self.weights or self.method.name)

    def shape_from(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the shape of a volume after the job."""
        sizes = list(shape)
        for axis, size in self.refined.items():
            sizes[axis] = size
        return sizes[0], sizes[1], sizes[2]


def plan(
    scan: Scan,
    *,
    method: str = "auto",
    matrix: Plane | None = None,
    like: Scan | None = None,
    weights: str | Path | None = None,
    consistency: str = "none",
    plane: str | int | None = None,
    orientations: int = 1,
) -> PlaneJob:
    """Decide what will be done, and refuse what cannot be.

    Parameters and errors as for :func:`napari_mrsr.in_plane.sharpen`.
    """
    if consistency not in ("none", "hard"):
        raise BadParameter(
            f"consistency {consistency!r} in plane is not one of none, hard", remedy="choose one of these"
        )
    check_values(scan)
    check_is_signal(scan)
    given, scan = scan, across(scan, plane)
    axis = scan.find_slice_axis()
    chosen, reason = _of_file(method, Path(weights)) if weights is not None else choose_method(scan, method)
    deeper = like.shape[axis] if like is not None and orientations == 3 else None
    fine = find_matrix(scan, axis, matrix, like, depth=deeper)
    dropped = dropped_in_words(scan)
    if orientations != 1:
        check_orientations(orientations, classical=chosen.kind == "classical", dropped=bool(dropped), where=scan.where)
        deeper = depth_for(scan, axis, fine) if deeper is None else deeper
    lines = (
        assumed(given, plane),
        lengthy(scan, axis, fine) if orientations == 1 else "",
        *told_before(scan, axis, chosen),
    )
    job = PlaneJob(
        chosen,
        reason,
        axis,
        fine,
        None if weights is None else Path(weights),
        consistency if chosen.kind != "classical" else "none",
        warnings=(*value_warnings(scan), *dropped, *(line for line in lines if line)),
        outside=tuple(outside_in_plane(scan, chosen)),
        orientations=orientations,
        depth=None if deeper == scan.shape[axis] else deeper,
    )
    if job.shape_from(scan.shape) == scan.shape and (chosen.kind == "classical" or job.consistency == "hard"):
        raise BadParameter(
            f"has a matrix of {'x'.join(map(str, job.matrix))} already, so there is nothing to interpolate",
            where=scan.where,
            remedy="give a finer matrix, or a network without hard consistency",
        )
    return job


def told_before(scan: Scan, axis: int, chosen: Method) -> tuple[str, ...]:
    """Return what was done to a scan before that a person should know: zero-filled k-space, 8 bits, a cut-out skull."""
    empty = in_words(scan, axis)
    return (*([empty] if empty else []), *(notes(scan) if chosen.kind == "network" else []))


def choose_method(scan: Scan, method: str = "auto") -> tuple[Method, str]:
    """Return the method of a name, or the best whose card covers the scan, and why in one line.

    Raises
    ------
    UnknownMethod
        No method of that name.
    BadParameter
        The method was made for slices.
    """
    if method != "auto":
        one = registry.find(method)
        if "in-plane" not in one.axes:
            raise _for_slices(method)
        return one, f"{method}: as asked"
    part = anatomy_of(scan)
    known = {one.name: one for one in registry.methods() if one.kind == "network" and "in-plane" in one.axes}
    order = dict.fromkeys((*PREFERRED_FOR.get(part, ()), *PREFERRED, *known))
    there = [known[name] for name in order if name in known and known[name].is_there]
    if not there:
        why = "no network was trained for in-plane axes, and zero-filling adds nothing unmeasured"
        return registry.find(ELSE), f"{ELSE}: {why}"
    found = next((one for one in there if part in one.anatomy), there[0])
    return found, f"{found.name}: {_why(found, part)}"


def _why(chosen: Method, part: str) -> str:
    """Return in a few words why a network was chosen."""
    trained = f"trained on {', '.join(chosen.anatomy)}" if chosen.anatomy else ""
    if chosen.twin is not None and part in chosen.anatomy:
        return f"the only kind {trained} that is here; trained against a critic, it may invent fine detail"
    if part in chosen.anatomy and any(one.twin == chosen.name for one in registry.methods()):
        return f"{trained} with L1 alone, which invents least"
    return "the best method in plane" + (f", {trained}" if trained else "")


def with_twin(name: str) -> tuple[Method, Method]:
    """Return the method that was trained against a critic and its twin trained with L1 alone, from either name.

    Raises
    ------
    UnknownMethod
        No method of that name.
    BadParameter
        It has no twin, or the twin is not here.
    """
    one = registry.find(name)
    rival = one if one.twin is not None else next((m for m in registry.methods() if m.twin == name), None)
    if rival is None or rival.twin is None:
        pairs = ", ".join(m.name for m in registry.methods() if m.twin is not None)
        raise BadParameter(
            f"{name} has no twin that was trained with L1 alone", remedy=f"choose {pairs}" if pairs else None
        )
    return rival, registry.find(rival.twin)


def find_matrix(
    scan: Scan, axis: int, matrix: Plane | None = None, like: Scan | None = None, *, depth: int | None = None
) -> Plane:
    """Return the in-plane matrix to reach: what is asked for, that of a scan, that before k-space was cut, or twice it.

    Raises
    ------
    BadParameter
        The matrix is coarser than the scan's, or a matrix and a scan are given.
    GeometryMismatch
        ``like`` is no finer grid over the same field of view, or has other slices.
    """
    one, other = (a for a in range(3) if a != axis)
    own = (scan.shape[one], scan.shape[other])
    if like is not None:
        if matrix is not None:
            raise BadParameter("a matrix and a scan to be like exclude each other", remedy="give one of them")
        if depth is None and like.shape[axis] != scan.shape[axis]:
            raise GeometryMismatch(
                f"has {like.shape[axis]} slices, not {scan.shape[axis]}",
                where=like.where,
                remedy="give a scan of the same slices, or a matrix",
            )
        axes_like(scan, like)  # raises where it is no finer grid over the same field of view
        return like.shape[one], like.shape[other]
    if matrix is None:
        return _before_the_cut(scan, (one, other)) or (own[0] * DEFAULT_FACTOR, own[1] * DEFAULT_FACTOR)
    asked: Sequence[float] = matrix  # callers without types ask for anything
    if len(asked) != 2 or any(isinstance(n, bool) or n != int(n) for n in asked):
        raise BadParameter(f"a matrix of {matrix} is not two whole numbers", remedy="give (256, 192), say")
    if any(size < n for size, n in zip(matrix, own, strict=True)):
        raise BadParameter(
            f"has {own[0]}x{own[1]} voxels in plane, more than the {matrix[0]}x{matrix[1]} asked for",
            where=scan.where,
            remedy="give a finer matrix",
        )
    return int(matrix[0]), int(matrix[1])


def _before_the_cut(scan: Scan, plane: Plane) -> Plane | None:
    """Return the matrix that the scan had before the centre of its k-space was cut out here, if it was."""
    for step in reversed(scan.history):
        if step.name == K_SPACE_STEP:
            before = step.parameters.get("matrix")
            if before is None or list(step.parameters.get("plane", ())) != list(plane):
                return None
            found = (int(before[0]), int(before[1]))
            finer = all(size >= scan.shape[a] for size, a in zip(found, plane, strict=True))
            return found if finer and found != tuple(scan.shape[a] for a in plane) else None
    return None


def _of_file(method: str, path: Path) -> tuple[Method, str]:
    """Return the method of a file of weights: its header says which network it is for."""
    architecture = registry.architecture_of(path, method)
    if architecture not in registry.IN_PLANE:
        raise _for_slices(architecture, path)
    known = {one.name: one for one in registry.methods()}
    own = known.get(architecture) or Method(architecture, "network", "weights of a user's own", axes=("in-plane",))
    own = replace(own, anatomy=(), contrasts=registry.contrasts_of(path))  # the card is of the shipped weights
    return own, f"{architecture}: weights {path.name}{_tuned(path)}"


def _tuned(path: Path) -> str:
    return ", fine-tuned on a planning scan" if registry.fine_tuning_of(path) is not None else ""


def _for_slices(name: str, where: Path | None = None) -> BadParameter:
    return BadParameter(
        f"{name} was made for slices, not for the plane",
        where=where,
        remedy=f"choose one of {', '.join(registry.IN_PLANE)}, or an interpolation",
    )


def fraction_of(job: PlaneJob, shape: tuple[int, int, int]) -> float:
    """Return the share of the fine samples that the scan has, along the axes that are refined."""
    return float(np.prod([shape[a] for a in job.refined]) / np.prod(list(job.refined.values())))

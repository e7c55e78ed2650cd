"""Which method, along which axis and how far: decided before anything is computed, and refused here if it cannot be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch
from napari_mrsr.inference import consistency as consistent
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.interpolation.dictionaries import FACTOR
from napari_mrsr.mapping.is_map import check_is_signal
from napari_mrsr.networks import dictionary_files, registry
from napari_mrsr.networks.registry import Method
from napari_mrsr.scan import SPACING_TOLERANCE, Scan
from napari_mrsr.trust.range import outside

#: Networks that are chosen by themselves, the best first.
PREFERRED = ("lean", "mrsr")
#: Least Wiener penalty: as good as none on a noise-free scan, but the correction can still be undone.
LEAST_PENALTY = 1e-3


def choose_method(scan: Scan, factor: int | None = 2, axis: int | None = None) -> tuple[Method, str]:
    """Choose the best method whose card covers the scan.

    Parameters
    ----------
    scan
        What is to be super-resolved.
    factor
        Fine slices for each thick one; None: not a whole factor.
    axis
        The axis; by default the slice axis.

    Returns
    -------
    Method
        A network, else tricubic.
    str
        Why, in one line.
    """
    axis = scan.find_slice_axis() if axis is None else axis
    known = {method.name: method for method in registry.methods()}
    classical = known["tricubic"]
    reasons = []
    for name in PREFERRED:
        method = known.get(name)
        if method is None:
            continue
        if factor not in method.factors:
            reasons.append(f"{name} was made for factors {', '.join(map(str, method.factors))}")
        elif method.echoes is not None and method.echoes != scan.volumes:
            reasons.append(f"{name} was made for {method.echoes} volumes")
        elif method.file is None or not method.file.is_file():
            reasons.append(f"{name} has no weights here")
        else:
            anatomy = f" trained on {', '.join(method.anatomy)}" if method.anatomy else ""
            return method, f"{name}: the best method for factor {factor} along axis {axis},{anatomy or ' any anatomy'}"
    why = "; ".join(reasons) or "no network's weights are installed"
    return classical, f"tricubic: {why}"


def adaptation_in_words(weights: Path) -> str | None:
    """Return what a file of weights says of how it was adapted to one scan; None where it was not."""
    adapted = registry.adaptation_of(weights)
    if adapted is None:
        return None
    gain, steps = adapted.get("gain_on_held_out_slices_db", 0.0), adapted.get("steps", 0)
    return f"{adapted.get('from')} adapted to this scan in {steps} steps, {gain:+.2f} dB on held-out slices in plane"


@dataclass(frozen=True)
class Job:
    """Super-resolution of one axis.

    Parameters
    ----------
    method
        How.
    reason
        Why this method.
    axis
        0, 1 or 2.
    size
        Number of fine samples.
    factor
        Whole factor; None where the size is no multiple.
    weights
        File in place of the shipped weights.
    consistency, penalties
        How a network's result is held to what was measured, and the penalty of each volume (empty: it is not).
    warnings
        What a person should know.
    outside
        Where the scan is unlike what the method was trained on (:mod:`napari_mrsr.trust.range`).
    """

    method: Method
    reason: str
    axis: int
    size: int
    factor: int | None
    weights: Path | None = None
    consistency: str = "none"
    penalties: tuple[float, ...] = ()
    warnings: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    def shape_from(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the shape after the job."""
        sizes = list(shape)
        sizes[self.axis] = self.size
        return (sizes[0], sizes[1], sizes[2])


def plan(
    scan: Scan,
    *,
    method: str = "auto",
    factor: int = 2,
    axis: int | None = None,
    like: Scan | None = None,
    consistency: str = "wiener",
    weights: str | Path | None = None,
) -> tuple[Job, ...]:
    """Decide what will be done, axis by axis; refuse what cannot be.

    Parameters and errors as for :func:`napari_mrsr.superres.super_resolve`.
    """
    if consistency not in ("wiener", "hard", "none"):
        raise BadParameter(f"consistency {consistency!r} is not one of wiener, hard, none")
    chosen = None if method == "auto" else registry.find(method)
    check_for_slices(method, weights)
    check_values(scan)
    check_is_signal(scan)
    if like is not None:
        axes = axes_like(scan, like)
        sizes = [like.shape[a] for a in axes]
    else:
        if isinstance(factor, bool) or factor != int(factor) or factor < 2:
            raise BadParameter(f"factor {factor} is not a whole number of at least 2", remedy="give 2, 3 or 4")
        axes = [scan.find_slice_axis() if axis is None else axis]
        if axes[0] not in (0, 1, 2):
            raise BadParameter(f"axis {axis} is not 0, 1 or 2")
        sizes = [scan.shape[axes[0]] * int(factor)]
    jobs = []
    for a, size in zip(axes, sizes, strict=True):
        whole = size // scan.shape[a] if size % scan.shape[a] == 0 else None
        if weights is not None:
            own = chosen or Method(Path(weights).stem, "network", "weights of a user's own")
            of_weights = replace(own, kind=dictionary_files.kind_of(Path(weights)))
            job = Job(of_weights, f"{own.name}: weights {Path(weights).name}", a, size, whole, Path(weights))
        else:
            picked, reason = choose_method(scan, whole, a) if chosen is None else (chosen, f"{chosen.name}: as asked")
            job = Job(picked, reason, a, size, whole)
        _check_factor(scan, job)
        held = "none" if job.method.kind == "classical" else consistency
        penalties = _penalties(scan, job.method, a, held)
        unlike = () if weights is not None else tuple(outside(scan, job.method, whole, a))
        warnings = _warnings(scan, a)
        jobs.append(replace(job, consistency=held, penalties=penalties, warnings=warnings, outside=unlike))
    return tuple(jobs)


def _check_factor(scan: Scan, job: Job) -> None:
    """Refuse a factor that a trained method cannot reach; a network says so itself for whole ones."""
    if job.method.kind == "classical":
        return
    if job.factor is None:
        raise BadParameter(
            f"{job.method.name} needs a whole factor, not {job.size / scan.shape[job.axis]:.4g}",
            where=scan.where,
            remedy="choose tricubic or another interpolation",
        )
    if job.method.kind == "dictionary" and job.factor != FACTOR:
        raise BadParameter(
            f"{job.method.name} was trained for a factor of {FACTOR}, not {job.factor}",
            where=scan.where,
            remedy=f"give a factor of {FACTOR}, or choose lean or tricubic",
        )
    if job.method.kind == "dictionary" and scan.shape[job.axis] < 2:
        raise BadParameter("has one slice, and a dictionary looks between slices", where=scan.where)


def _penalties(scan: Scan, method: Method, axis: int, consistency: str) -> tuple[float, ...]:
    """Penalty of each volume: its noise over the network's error, squared; none where nothing is corrected."""
    if consistency == "none":
        return ()
    if consistency == "hard":
        return (0.0,) * scan.volumes
    from napari_mrsr.mapping import estimate_noise

    array = finite(scan.array)
    error = float(dict(method.figures).get("error", consistent.MODEL_ERROR)) * common_scale(array)
    noises = [estimate_noise(np.moveaxis(volume, axis, 0)) for volume in array]
    return tuple(max((noise / error) ** 2, LEAST_PENALTY) for noise in noises)


def finite(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Voxels that are not finite count as 0."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return np.asarray(np.nan_to_num(array, nan=0.0, posinf=0.0, neginf=0.0))
    return array


def check_for_slices(method: str, weights: str | Path | None) -> None:
    """Refuse a network that sharpens in plane, by its name or by the header of its weights.

    Raises
    ------
    BadParameter
        It does, and :mod:`napari_mrsr.in_plane` takes it; further errors as
        :func:`napari_mrsr.networks.registry.architecture_of` raises them.
    """
    name = method if weights is None else registry.architecture_of(Path(weights), method)
    if name in registry.IN_PLANE or (weights is None and name != "auto" and registry.find(name).axes == ("in-plane",)):
        raise BadParameter(f"{name} sharpens in plane, and refines no slices", remedy="give --axis in-plane")


def check_values(scan: Scan) -> None:
    """Refuse a scan without voxels, of values that are no real numbers, or that shows nothing."""
    array = scan.array
    if array.size == 0 or min(scan.shape) < 1:
        raise BadParameter("holds no voxels", where=scan.where)
    if array.dtype.kind not in "iufb":
        raise BadParameter(f"holds {array.dtype} values, not real numbers", where=scan.where)
    if not any(np.nanmax(v) > np.nanmin(v) for v in array):
        raise ConstantImage(
            "has the same value everywhere", where=scan.where, remedy="give a scan that shows something"
        )


def _warnings(scan: Scan, axis: int) -> tuple[str, ...]:
    lines = []
    if max(scan.spacing) <= min(scan.spacing) * (1 + SPACING_TOLERANCE):
        lines.append(
            f"voxels are already isotropic ({scan.spacing[axis]:g} mm): axis {axis} becomes finer than the others"
        )
    return (*lines, *value_warnings(scan))


def value_warnings(scan: Scan) -> tuple[str, ...]:
    """Return what a person should know of the values, one line each."""
    lines = []
    negative = int(np.count_nonzero(scan.array < 0)) if scan.array.dtype.kind in "if" else 0
    if negative:
        lines.append(f"{negative} voxels are negative: not a magnitude image?")
    if scan.array.dtype.kind == "f":
        bad = int(scan.array.size - np.count_nonzero(np.isfinite(scan.array)))
        if bad:
            lines.append(f"{bad} voxels were not finite and count as 0")
    return tuple(lines)


def axes_like(scan: Scan, like: Scan) -> list[int]:
    """Axes along which the other grid is finer, and that the two grids cover the same field of view."""
    axes = [a for a in range(3) if like.shape[a] != scan.shape[a]]
    finer = [a for a in axes if like.shape[a] > scan.shape[a]]
    if not axes or len(finer) < len(axes):
        coarse = "x".join(map(str, scan.shape))
        raise GeometryMismatch(
            f"has a matrix of {'x'.join(map(str, like.shape))}, not finer than {coarse}",
            where=like.where,
            remedy="give a finer scan of the same field of view",
        )
    affine = np.array(scan.affine)
    affine[:3, :3] *= np.array(scan.shape) / np.array(like.shape)
    expected = replace(scan, array=np.broadcast_to(np.float32(0), (1, *like.shape)), affine=affine, names=("grid",))
    if not expected.same_grid(like, tolerance=0.5 * max(expected.spacing)):
        raise GeometryMismatch(
            "does not share its first voxel and orientation with the scan",
            where=like.where,
            remedy="give --factor and --axis",
        )
    return finer

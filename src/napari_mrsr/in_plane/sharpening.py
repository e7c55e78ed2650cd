"""The front door in plane: frames of which only the centre of k-space was acquired go in, and sharp ones come out.

One frame or a whole dynamic series, the visible frame first (:mod:`napari_mrsr.in_plane.frame_by_frame`). The first
voxel stays where it was; voxels become smaller over the same field of view.

What was not acquired is estimated: research use, derived.

Source
------
Sarasaen C, Chatterjee S, Breitkopf M, et al. Fine-tuning deep learning model parameters for improved super-resolution
of dynamic MRI with prior-knowledge. Artif Intell Med 2021;121:102196.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.choice import finite
from napari_mrsr.errors import Stopped
from napari_mrsr.in_plane.choice import Plane, PlaneJob, fraction_of, plan
from napari_mrsr.in_plane.frame_by_frame import run, series_scale, to_grid
from napari_mrsr.networks import registry
from napari_mrsr.networks.made_by import STEP
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.inference.engine import Tile
    from napari_mrsr.networks.network import Network

#: What every result says of itself.
RESEARCH = "research use, derived: what lies beyond the acquired k-space is estimated, not measured"


def sharpen(
    scan: Scan,
    *,
    method: str = "auto",
    matrix: Plane | None = None,
    like: Scan | None = None,
    weights: str | Path | None = None,
    consistency: str = "none",
    plane: str | int | None = None,
    orientations: int = 1,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Scan:
    """Sharpen every frame of a scan in plane.

    Parameters
    ----------
    scan
        One frame, or frames of a series.
    method
        ``"nearest"``, ``"trilinear"``, ``"tricubic"``, ``"area"``, ``"fourier"``, ``"ibp"``, ``"swift"``, ``"unet"``,
        or ``"auto"``: the best network whose weights are there, else ``"fourier"``.
    matrix
        Fine samples along the two in-plane axes, in the order of the axes. By default the matrix that the scan had
        before the centre of its k-space was cut out by :func:`napari_mrsr.sampling.degrade`, else twice its own.
    like
        A scan on the grid to reach, in place of ``matrix``: same slices, first voxel and orientation.
    weights
        A file of weights to take in place of the shipped ones, as fine-tuned on the planning scan.
    consistency
        ``"none"``, or ``"hard"``: a network's result keeps the measured centre of k-space, approximately, since
        magnitude images have lost their phase (:mod:`napari_mrsr.inference.measured_centre`).
    plane
        The plane to sharpen, ``"axial"``, ``"coronal"``, ``"sagittal"`` or the voxel axis across it. By default that of
        the slices; where voxels are cubes axial planes, with a warning.
    orientations
        3: a network's results over the planes across every axis are put together, against stripes from slice to slice;
        three times as long (:mod:`napari_mrsr.inference.orientations`). Of thicker slices thinner ones are made, so
        that voxels become cubes.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    precision
        ``"auto"``, ``"fp32"`` or ``"bf16"``.
    threads
        CPU threads.
    progress
        Told the part that is done, 0 to 1.
    stop
        Asked whether to stop.

    Returns
    -------
    Scan
        float32, as many frames; first voxel where the scan has its first voxel.

    Raises
    ------
    BadParameter
        A parameter is impossible, the method was made for slices, or voxels are too far from cubes for three
        orientations.
    UnknownMethod, WeightsMissing, WeightsCorrupt, UnsafeWeights
        As the registry says.
    GeometryMismatch
        ``like`` is not a finer grid of the same slices and field of view, as a planning scan in another pose is not.
    ConstantImage
        The scan shows nothing.
    Stopped
        ``stop`` answered True.

    Examples
    --------
    >>> low = Scan(
    ...     np.random.default_rng(0).random((3, 8, 6, 4), np.float32), np.diag([4, 4, 4, 1]), "time", slice_axis=2
    ... )
    >>> sharpen(low, method="fourier", matrix=(32, 24))
    <Scan signal [a.u.] 3 time 32x24x4 at 1x1x4 mm>
    """
    job = plan(
        scan,
        method=method,
        matrix=matrix,
        like=like,
        weights=weights,
        consistency=consistency,
        plane=plane,
        orientations=orientations,
    )
    options: dict[str, Any] = {"device": device, "precision": precision, "threads": threads, "stop": stop}
    array = np.empty((scan.volumes, *job.shape_from(scan.shape)), np.float32)
    done = 0.0
    for n, tile in run(scan, job, **options):
        tile.write(array[n : n + 1])
        done = tile.done
        if progress is not None:
            progress(done)
    if done < 1:
        raise Stopped("was stopped before the end", where=scan.where)
    result = finish(scan, array, job, device=device, precision=precision)
    return result if like is None else replace(result, affine=like.affine)


def stream(
    scan: Scan,
    *,
    method: str = "auto",
    matrix: Plane | None = None,
    like: Scan | None = None,
    weights: str | Path | None = None,
    consistency: str = "none",
    plane: str | int | None = None,
    orientations: int = 1,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    stop: Callable[[], bool] | None = None,
    first: tuple[int, int] | None = None,
) -> Iterator[tuple[int, Tile]]:
    """Sharpen frame by frame and tile by tile, what is on screen first.

    Parameters and errors as for :func:`sharpen`, and

    Parameters
    ----------
    first
        Frame and slice on screen: that frame comes first, then the others in order from it. Of a network's first frame
        that slice comes first, as a preview that exact tiles replace.

    Yields
    ------
    int, Tile
        The frame, and a part of it: ``tile.write(array[n : n + 1])`` puts it into the result. ``tile.done`` is the part
        of the whole series; a frame is complete before the next one begins. Ends early once ``stop`` answers True. The
        scan of the finished array is ``finish(scan, array, plan(...))``.
    """
    job = plan(
        scan,
        method=method,
        matrix=matrix,
        like=like,
        weights=weights,
        consistency=consistency,
        plane=plane,
        orientations=orientations,
    )
    yield from run(scan, job, device=device, precision=precision, threads=threads, stop=stop, first=first)


def finish(
    scan: Scan, array: npt.NDArray[Any], job: PlaneJob, *, device: str = "auto", precision: str = "auto"
) -> Scan:
    """Return the finished array as a scan, with what was done to it."""
    affine = np.array(scan.affine)
    for axis, size in job.refined.items():
        affine[:3, axis] *= scan.shape[axis] / size
    parameters: dict[str, Any] = {
        "method": job.method.name,
        "plane": list(job.plane),
        "matrix": list(job.matrix),
        "fraction": round(fraction_of(job, scan.shape), 6),
        "frames": scan.volumes,
        "use": RESEARCH,
    }
    if job.trained is not None:
        file = job.weights or job.method.file
        parameters |= {
            "weights": None if file is None else file.name,
            "sha256": job.method.sha256 if job.weights is None else None,
            "consistency": job.consistency,
            "orientations": job.orientations,
            "scale": series_scale(scan),
            "device": device,
            "precision": precision,
        }
    tuned = registry.fine_tuning_of(job.weights) if job.weights is not None else None
    if tuned is not None:
        parameters["fine_tuned"] = tuned
    if job.outside:
        parameters["outside"] = list(job.outside)
    warnings = tuple(dict.fromkeys((*scan.warnings, *job.warnings)))
    return scan.after(STEP, array, parameters=parameters, affine=affine, warnings=warnings)


def estimate_seconds(scan: Scan, job: PlaneJob, *, device: str = "auto", precision: str = "auto") -> float:
    """Return how long a job will take, s, from a probe on the middle frame; 0 for a classical method."""
    if job.trained is None:
        return 0.0
    from napari_mrsr.inference.engine import estimate_seconds as of

    network: Network = registry.load(job.trained)
    middle = scan.volumes // 2
    x = to_grid(finite(scan.array[middle : middle + 1]), job, network.interpolation or "trilinear")
    options: dict[str, Any] = {"device": device, "precision": precision, "scale": series_scale(scan), "air": False}
    return scan.volumes * job.orientations * of(network, x, factor=1, axis=job.axis, **options)

"""``napari-mrsr sr``: super-resolve a scan."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.adapting import Adapt, AdaptMinutes, SaveAdapted, adapt_to, check_adapt
from napari_mrsr.cli.duration import announce
from napari_mrsr.cli.options import (
    AllowNonfinite,
    Device,
    OutVolume,
    Scans,
    Series,
    axes_of,
    check_axis,
    check_choice,
    check_factor,
)
from napari_mrsr.cli.output import check_folder, check_volumes
from napari_mrsr.cli.read import read
from napari_mrsr.cli.sharpening import check_planes, is_in_plane, knows_the_plane, plane_axes, sharpen, write_trust
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan

Method = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="A name from `napari-mrsr methods`, or auto: the best whose card covers the scan."
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Weights (safetensors) of your own for the method.", show_default=False),
]
Factor = Annotated[
    int | None,
    typer.Option(
        help="So many fine slices from one, or samples in plane. [default: 2; in plane as before degrade --kspace]",
        show_default=False,
    ),
]
Like = Annotated[
    Path | None,
    typer.Option(metavar="SCAN", help="Reach the grid of this scan instead of --factor.", show_default=False),
]
Axis = Annotated[
    str | None,
    typer.Option(metavar="slice|in-plane|0|1|2", help="Axis to refine. [default: slice]", show_default=False),
]
Consistency = Annotated[
    str | None,
    typer.Option(
        metavar="wiener|hard|none",
        help="How the result is held to what was measured. [default: wiener; in plane none]",
        show_default=False,
    ),
]
PlaneName = Annotated[
    str | None,
    typer.Option(
        "--plane",
        metavar="axial|coronal|sagittal",
        help="With --axis in-plane: which plane. [default: that of the slices; of cubes axial]",
        show_default=False,
    ),
]
Orientations = Annotated[
    int | None,
    typer.Option(
        metavar="1|3",
        help="With --axis in-plane: 3 averages a network over the planes of all three orientations. [default: 1]",
        show_default=False,
    ),
]
TrustFolder = Annotated[
    Path | None,
    typer.Option("--trust", metavar="DIR", help="Write what was added and where it disagrees.", show_default=False),
]


def sr(
    scans: Scans,
    output: OutVolume,
    method: Method = "auto",
    weights: Weights = None,
    factor: Factor = None,
    like: Like = None,
    axis: Axis = None,
    device: Device = "auto",
    consistency: Consistency = None,
    plane: PlaneName = None,
    orientations: Orientations = None,
    adapt: Adapt = False,
    adapt_minutes: AdaptMinutes = None,
    save_adapted: SaveAdapted = None,
    trust: TrustFolder = None,
    series: Series = None,
    allow_nonfinite: AllowNonfinite = False,
) -> None:
    """Super-resolve a scan along its slice axis, along the axis given, or every frame of it in plane."""
    if like is not None and (factor is not None or axis is not None):
        raise BadParameter("--like gives factor and axis by itself", remedy="leave --factor and --axis out")
    if factor is not None:
        check_factor(factor)
    check_axis(axis, in_plane=True)
    check_choice("--device", device, ("auto", "cpu", "cuda"))
    if consistency is not None:
        check_choice("--consistency", consistency, ("wiener", "hard", "none"))
    check_planes(plane, orientations, in_plane=axis == "in-plane")
    _check_method(method, weights)
    check_adapt(adapt, adapt_minutes, save_adapted, method=method, weights=weights, axis=axis, like=like)
    if trust is not None:
        _check_trust(like, consistency)
    check_volumes([output], reads=[*scans, like])
    if trust is not None:
        check_folder(trust)

    scan = read(scans, series=series, allow_nonfinite=allow_nonfinite, doubts=False)  # the plan has doubts of its own
    target = None if like is None else read([like], allow_nonfinite=True, doubts=False)
    options: dict[str, Any] = {"method": method, "weights": weights, "device": device}
    axes: tuple[int, ...]
    if target is not None:
        axes = tuple(a for a in range(3) if scan.shape[a] != target.shape[a])
    else:
        axes = plane_axes(scan, plane) if axis == "in-plane" else axes_of(axis, scan)
    if is_in_plane(scan, axes, target) and knows_the_plane(method, weights):
        planes: dict[str, Any] = {"plane": plane, "orientations": orientations or 1}
        result = sharpen(scan, factor=factor, like=target, consistency=consistency, **planes, **options)
        _write(result, output)
        if trust is not None:
            write_trust(scan, result, trust)
        return
    if axis == "in-plane" and trust is not None:
        raise BadParameter("--trust looks along one axis", remedy="choose a method for the plane, or one axis")
    if adapt:
        from napari_mrsr.choice import check_for_slices

        check_for_slices(method, weights)
    factor = factor or 2
    options["consistency"] = consistency or "wiener"
    with tempfile.TemporaryDirectory() as folder:
        if adapt:
            adapted = adapt_to(
                scan,
                Path(folder),
                method=method,
                weights=weights,
                factor=factor,
                axis=axes[0],
                device=device,
                minutes=adapt_minutes,
                save=save_adapted,
            )
            options |= {} if adapted is None else {"method": "auto", "weights": adapted}
        if target is not None:
            result = _refine(scan, like=target, **options)
        else:
            result = scan
            for along in axes:
                result = _refine(result, factor=factor, axis=along, **options)

    _write(result, output)
    if trust is not None:
        _write_trust(scan, result, factor, axes[0], trust)


def _write(result: Scan, output: Path) -> None:
    """Write what came of it."""
    from napari_mrsr.files import write_nifti

    write_nifti(result, output)


def _check_method(method: str, weights: Path | None) -> None:
    """Refuse an unknown method and unfit weights before anything is read."""
    from napari_mrsr.networks import registry

    if weights is not None:
        registry.architecture_of(weights, method)
    elif method != "auto":
        registry.find(method)


def _check_trust(like: Path | None, consistency: str | None) -> None:
    """Refuse what the trust maps cannot look at."""
    if like is not None:
        raise BadParameter(
            "--trust looks along one axis, by --factor, or in plane", remedy="leave out --trust or --like"
        )
    if consistency == "hard":
        raise BadParameter(
            "--consistency hard hides the disagreement that --trust shows",
            remedy="use wiener (along one axis) or none with --trust",
        )


def _refine(scan: Scan, *, consistency: str, device: str, **options: Any) -> Scan:
    """Super-resolve with a bar, and say which method was chosen and why."""
    from napari_mrsr.superres import STEP, plan, super_resolve

    for job in plan(scan, consistency="none", **options):
        if options["method"] == "auto":
            console.note(f"method {job.reason}")
        if all(step.name != STEP for step in scan.history):  # said for the scan, not for what was made of it
            console.warn(job.warnings)
            console.warn(f"outside the training: {line}" for line in job.outside)
        announce(scan, job)
    with console.progress("super-resolving") as progress:
        return super_resolve(scan, consistency=consistency, device=device, progress=progress, **options)


def _write_trust(scan: Scan, result: Scan, factor: int, axis: int, folder: Path) -> None:
    """Write what the model added, where it disagrees with the measurement, and what that does to T2."""
    from napari_mrsr.files import write_nifti
    from napari_mrsr.files.json_file import write_json
    from napari_mrsr.superres import trust

    found = trust(scan, result, factor=factor, axis=axis)
    write_nifti(found.added, folder / "added.nii.gz")
    write_nifti(found.z, folder / "z.nii.gz")
    if found.interval is None:
        console.note(found.summary["interval_missing"])
    else:
        write_nifti(found.interval, folder / "interval.nii.gz")
    if found.t2_difference is not None:
        write_nifti(found.t2_difference, folder / "t2_difference.nii.gz")
    write_json(found.summary, folder / "summary.json")

"""``napari-mrsr sr``: super-resolve a scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_mrsr.cli import console
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
from napari_mrsr.cli.output import check_folder, check_volume
from napari_mrsr.cli.read import read
from napari_mrsr.errors import BadParameter, GeometryMismatch

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
Factor = Annotated[int | None, typer.Option(help="So many fine slices from one. [default: 2]", show_default=False)]
Like = Annotated[
    Path | None,
    typer.Option(metavar="SCAN", help="Reach the grid of this scan instead of --factor.", show_default=False),
]
Axis = Annotated[
    str | None,
    typer.Option(metavar="slice|in-plane|0|1|2", help="Axis to refine. [default: slice]", show_default=False),
]
Consistency = Annotated[
    str, typer.Option(metavar="wiener|hard|none", help="How the result is held to what was measured.")
]
Adapt = Annotated[bool, typer.Option("--adapt", help="Adapt the network to this scan first (not in this version).")]
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
    consistency: Consistency = "wiener",
    adapt: Adapt = False,
    trust: TrustFolder = None,
    series: Series = None,
    allow_nonfinite: AllowNonfinite = False,
) -> None:
    """Super-resolve a scan along its slice axis, or along the axis given."""
    if adapt:
        raise BadParameter("--adapt is not available in this version", remedy="leave it out")
    if like is not None and (factor is not None or axis is not None):
        raise BadParameter("--like gives factor and axis by itself", remedy="leave --factor and --axis out")
    factor = check_factor(2 if factor is None else factor)
    check_axis(axis, in_plane=True)
    check_choice("--device", device, ("auto", "cpu", "cuda"))
    check_choice("--consistency", consistency, ("wiener", "hard", "none"))
    _check_method(method, weights)
    check_volume(output)
    if trust is not None:
        check_folder(trust)

    scan = read(scans, series=series, allow_nonfinite=allow_nonfinite)
    target = None if like is None else read([like], allow_nonfinite=True)
    axes = axes_of(axis, scan) if target is None else changed_axes(scan, target)
    if trust is not None and (len(axes) != 1 or target is not None):
        raise BadParameter("--trust needs one axis and --factor", remedy="refine one axis, without --like")
    if trust is not None and consistency == "hard":
        raise BadParameter(
            "--consistency hard hides the disagreement that --trust shows", remedy="use wiener or none with --trust"
        )

    from napari_mrsr.files import write_nifti

    if target is not None:
        result = _refine(scan, like=target, method=method, consistency=consistency, device=device, weights=weights)
    else:
        result = scan
        for along in axes:
            result = _refine(
                result,
                factor=factor,
                axis=along,
                method=method,
                consistency=consistency,
                device=device,
                weights=weights,
            )
    write_nifti(result, output)
    if trust is not None:
        _write_trust(scan, result, factor, axes[0], trust)


def _check_method(method: str, weights: Path | None) -> None:
    """Refuse an unknown method and unfit weights before anything is read."""
    from napari_mrsr.networks import registry

    if weights is not None:
        registry.read_weights(weights)
    elif method != "auto":
        registry.find(method)


def changed_axes(scan: Scan, target: Scan) -> tuple[int, ...]:
    """Return the axes whose matrix differs.

    Raises
    ------
    GeometryMismatch
        No axis gets finer.
    """
    axes = tuple(axis for axis in range(3) if scan.shape[axis] != target.shape[axis])
    if not any(target.shape[axis] > scan.shape[axis] for axis in axes):
        raise GeometryMismatch(
            f"has a matrix of {target.shape}, not finer than {scan.shape}",
            where=target.where,
            remedy="give a finer scan",
        )
    return axes


def _refine(scan: Scan, *, consistency: str, device: str, **options: Any) -> Scan:
    """Super-resolve with a bar, and say which method was chosen and why."""
    from napari_mrsr.superres import plan, super_resolve

    for job in plan(scan, **options):
        if options["method"] == "auto":
            console.note(f"method {job.reason}")
        console.warn(job.warnings)
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
    if found.t2_difference is not None:
        write_nifti(found.t2_difference, folder / "t2_difference.nii.gz")
    write_json(found.summary, folder / "summary.json")

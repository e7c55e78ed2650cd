"""``napari-mrsr sr``: super-resolve a scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from napari_mrsr.cli.output import check_folder, check_volume, write_json
from napari_mrsr.cli.read import read
from napari_mrsr.errors import BadParameter, NothingToRead

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
    if weights is not None and not weights.is_file():
        raise NothingToRead("is no file of weights", where=weights, remedy="check the spelling")
    if method != "auto":
        from napari_mrsr.networks import registry

        registry.find(method)
    check_volume(output)
    if trust is not None:
        check_folder(trust)

    scan = read(scans, series=series, allow_nonfinite=allow_nonfinite)
    target = None if like is None else read([like], allow_nonfinite=True)
    axes = changed_axes(scan, target) if target is not None else axes_of(axis, scan)
    if trust is not None and len(axes) != 1:
        raise BadParameter("--trust needs one axis to look along", remedy="leave --trust out or refine one axis")

    from napari_mrsr.files import write_nifti
    from napari_mrsr.superres import super_resolve

    result = scan
    for number, along in enumerate(axes):
        with console.progress(f"refining axis {along}") as progress:
            result = super_resolve(
                result,
                method=method,
                factor=factor,
                axis=along,
                like=None,
                consistency=consistency,
                device=device,
                weights=weights,
                progress=progress,
            )
    write_nifti(result, output)
    if trust is not None:
        _write_trust(scan, result, factor, axes[0], trust)

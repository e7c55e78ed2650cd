"""``napari-mrsr degrade``: take away what a faster scan would not have measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.options import (
    AllowNonfinite,
    OutVolume,
    Scans,
    Series,
    axes_of,
    check_axis,
    check_choice,
    check_factor,
)
from napari_mrsr.cli.output import check_volumes
from napari_mrsr.cli.read import read
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari_mrsr.sampling.thick_slices import Profile


def degrade(
    scans: Scans,
    output: OutVolume,
    factor: Annotated[
        int | None, typer.Option(help="Thick slices: so many fine ones make one. [default: 2]", show_default=False)
    ] = None,
    axis: Annotated[
        str | None,
        typer.Option(metavar="slice|0|1|2", help="Axis of the thick slices. [default: slice]", show_default=False),
    ] = None,
    kspace: Annotated[
        float | None, typer.Option(metavar="FRACTION", help="Keep this part of k-space, in plane.", show_default=False)
    ] = None,
    matrix: Annotated[
        str | None,
        typer.Option(
            metavar="NxM",
            help="Keep the central N x M of k-space, in plane: what was measured of a zero-filled scan.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        str, typer.Option(metavar="fir|box|gap|gaussian", help="Slice profile of the thick slices.")
    ] = "fir",
    series: Series = None,
    allow_nonfinite: AllowNonfinite = False,
) -> None:
    """Simulate a faster scan: thick slices (--factor) or only the centre of k-space (--kspace, --matrix)."""
    if sum(one is not None for one in (kspace, factor, matrix)) > 1:
        raise BadParameter("--factor, --kspace and --matrix exclude each other", remedy="give one of them")
    size = None if matrix is None else matrix_of(matrix)
    if kspace is not None and not 0 < kspace <= 1:
        raise BadParameter(f"--kspace {kspace:g} is no part of k-space", remedy="give a fraction above 0 and up to 1")
    factor = check_factor(2 if factor is None else factor)
    check_axis(axis)
    check_choice("--profile", profile, ("fir", "box", "gap", "gaussian"))
    check_volumes([output], reads=scans)
    scan = read(scans, series=series, allow_nonfinite=allow_nonfinite)

    from napari_mrsr.files import write_nifti
    from napari_mrsr.sampling import degrade as degrade_scan

    along = axes_of(axis, scan)[0]
    with console.busy("degrading"):
        if kspace is not None or size is not None:
            coarse = degrade_scan(scan, kspace=kspace, matrix=size, axis=along)
        else:
            coarse = degrade_scan(scan, factor=factor, axis=along, profile=cast("Profile", profile))
        write_nifti(coarse, output)


def matrix_of(text: str) -> tuple[int, int]:
    """Return the two numbers of a matrix.

    Raises
    ------
    BadParameter
        It is no matrix.

    Examples
    --------
    >>> matrix_of("320x512")
    (320, 512)
    """
    try:
        one, other = (int(part) for part in text.lower().split("x"))
    except ValueError as error:
        raise BadParameter(f"--matrix {text} is no matrix", remedy="give two numbers, as 320x512") from error
    return one, other

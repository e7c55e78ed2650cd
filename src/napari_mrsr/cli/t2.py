"""``napari-mrsr t2``: a T2 map in milliseconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.options import AllowNonfinite, OutVolume, Scans, Series, check_choice
from napari_mrsr.cli.output import check_volume
from napari_mrsr.cli.read import read, read_map
from napari_mrsr.errors import BadParameter, EchoesNeeded, GeometryMismatch

if TYPE_CHECKING:
    from napari_mrsr.mapping import T2Map
    from napari_mrsr.scan import Scan


def t2(
    scans: Scans,
    output: OutVolume,
    method: Annotated[
        str, typer.Option(metavar="analytic|epg", help="How T2 is found from two DESS echoes.")
    ] = "analytic",
    tr: Annotated[
        float | None,
        typer.Option(metavar="MS", help="Repetition time, where the file does not say.", show_default=False),
    ] = None,
    te: Annotated[
        float | None, typer.Option(metavar="MS", help="Echo time of the first echo.", show_default=False)
    ] = None,
    flip: Annotated[float | None, typer.Option(metavar="DEG", help="Flip angle.", show_default=False)] = None,
    t1: Annotated[float, typer.Option(metavar="MS", help="T1 taken for the tissue.")] = 1200.0,
    diffusivity: Annotated[float, typer.Option(metavar="M2_S", help="Diffusivity taken for the tissue.")] = 1.25e-9,
    spoiler_moment: Annotated[
        float | None, typer.Option(metavar="MT_S_M", help="Gradient area of the spoiler.", show_default=False)
    ] = None,
    spoiler_duration: Annotated[
        float | None, typer.Option(metavar="MS", help="Duration of the spoiler.", show_default=False)
    ] = None,
    b1: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Map of the flip angle reached over the one asked.", show_default=False),
    ] = None,
    reason: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write why voxels are invalid.", show_default=False)
    ] = None,
    series: Series = None,
    allow_nonfinite: AllowNonfinite = False,
) -> None:
    """Write T2 in ms: from the two echoes of a DESS scan, or from three or more spin echoes.

    Invalid voxels (air, fat, fluid, no solution) are NaN.
    """
    check_choice("--method", method, ("analytic", "epg"))
    given = {
        "--tr": tr,
        "--te": te,
        "--flip": flip,
        "--t1": t1,
        "--diffusivity": diffusivity,
        "--spoiler-moment": spoiler_moment,
        "--spoiler-duration": spoiler_duration,
    }
    for option, value in given.items():
        _check_number(option, value, zero=option in ("--diffusivity", "--spoiler-moment", "--spoiler-duration"))
    check_volume(output)
    if reason is not None:
        check_volume(reason)
    scan = read(scans, series=series, allow_nonfinite=allow_nonfinite)
    if scan.volumes < 2:
        raise EchoesNeeded("has one echo, but T2 needs two or more", where=scan.where, remedy="give the other echo too")
    overrides = {
        "repetition_time": tr,
        "echo_time": te,
        "flip_angle": flip,
        "spoiler_moment": spoiler_moment,
        "spoiler_duration": spoiler_duration,
    }
    b1_map = None if b1 is None else _read_b1(b1, scan)
    with console.busy("mapping T2"):
        result = _map(
            scan,
            method,
            t1,
            diffusivity,
            b1_map,
            {name: value for name, value in overrides.items() if value is not None},
        )
        _write(result, output, reason)


def _map(scan: Scan, method: str, t1: float, diffusivity: float, b1: Scan | None, overrides: dict[str, Any]) -> T2Map:
    """Return the T2 map by the method that fits the number of echoes."""
    from napari_mrsr.mapping import t2_from_dess, t2_from_multi_echo

    if scan.volumes == 2:
        return t2_from_dess(
            scan, method=cast("Literal['analytic', 'epg']", method), t1=t1, diffusivity=diffusivity, b1=b1, **overrides
        )
    if overrides or b1 is not None:
        raise BadParameter(
            f"has {scan.volumes} echoes, which are fitted as spin echoes without DESS parameters",
            where=scan.where,
            remedy="leave --tr, --te, --flip, --b1 and the spoiler out, or give the two DESS echoes only",
        )
    console.note(f"{scan.volumes} echoes: T2 by a mono-exponential fit, the first echo left out")
    return t2_from_multi_echo(scan)


def _write(result: T2Map, output: Path, reason: Path | None) -> None:
    from napari_mrsr.files import write_labels, write_nifti

    console.warn(result.map.warnings)
    write_nifti(result.map, output)
    if reason is not None:
        write_labels(result.reason, reason)


def _read_b1(path: Path, scan: Scan) -> Scan:
    b1 = read_map(path)
    if b1.shape != scan.shape or not b1.same_grid(scan):
        raise GeometryMismatch(
            "is not on the grid of the scan", where=path, remedy="bring the B1 map to that grid first"
        )
    return b1


def _check_number(option: str, value: float | None, *, zero: bool) -> None:
    if value is None or (0 < value < float("inf")) or (zero and value == 0):
        return
    raise BadParameter(f"{option} {value:g} is impossible", remedy="give a positive number")

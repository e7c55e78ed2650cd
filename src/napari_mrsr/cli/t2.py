"""``napari-mrsr t2``: a T2 map in milliseconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.options import (
    AllowNonfinite,
    B1Map,
    Noise,
    OutVolume,
    Reason,
    Scans,
    Series,
    Uncertainty,
    check_choice,
)
from napari_mrsr.cli.output import check_volumes, write_fit
from napari_mrsr.cli.read import read, read_labels, read_map
from napari_mrsr.errors import BadParameter, EchoesNeeded, GeometryMismatch

if TYPE_CHECKING:
    from napari_mrsr.mapping import T2Map
    from napari_mrsr.scan import Scan

#: Options that may be 0.
MAY_BE_ZERO = ("--diffusivity", "--spoiler-moment", "--spoiler-duration")


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
    tissue: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Labels of tissue, for --t1-of.", show_default=False)
    ] = None,
    t1_of: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL=MS", help="T1 of a label, once for each; --t1 elsewhere.", show_default=False),
    ] = None,
    diffusivity: Annotated[float, typer.Option(metavar="M2_S", help="Diffusivity taken for the tissue.")] = 1.25e-9,
    spoiler_moment: Annotated[
        float | None, typer.Option(metavar="MT_S_M", help="Gradient area of the spoiler.", show_default=False)
    ] = None,
    spoiler_duration: Annotated[
        float | None, typer.Option(metavar="MS", help="Duration of the spoiler.", show_default=False)
    ] = None,
    b1: B1Map = None,
    reason: Reason = None,
    uncertainty: Uncertainty = None,
    noise: Noise = None,
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
        "--noise": noise,
    }
    for option, value in given.items():
        _check_number(option, value, zero=option in MAY_BE_ZERO)
    check_volumes([output, reason, uncertainty], reads=[*scans, tissue, b1])
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
    _check_noise(scan, noise, uncertainty)
    b1_map = None if b1 is None else _read_b1(b1, scan)
    t1_taken = _t1(t1, tissue, t1_of or [])
    with console.busy("mapping T2"):
        result = _map(
            scan,
            method,
            t1_taken,
            diffusivity,
            b1_map,
            noise,
            {name: value for name, value in overrides.items() if value is not None},
        )
        if uncertainty is not None:
            result = _with_uncertainty(scan, result, noise)
        console.warn(result.map.warnings)
        write_fit(result, output, reason, uncertainty)


def _map(
    scan: Scan,
    method: str,
    t1: float | Scan,
    diffusivity: float,
    b1: Scan | None,
    noise: float | None,
    overrides: dict[str, Any],
) -> T2Map:
    """Return the T2 map by the method that fits the number of echoes."""
    from napari_mrsr.mapping import t2_from_dess, t2_from_multi_echo

    if scan.volumes == 2:
        how = cast("Literal['analytic', 'epg']", method)
        return t2_from_dess(scan, method=how, t1=t1, diffusivity=diffusivity, b1=b1, noise=noise, **overrides)
    if overrides or b1 is not None or noise is not None or not isinstance(t1, float):
        raise BadParameter(
            f"has {scan.volumes} echoes, which are fitted as spin echoes without DESS parameters",
            where=scan.where,
            remedy="leave the options of DESS out (--tr ... --b1, --noise), or give the two DESS echoes only",
        )
    console.note(f"{scan.volumes} echoes: T2 by a mono-exponential fit, the first echo left out")
    return t2_from_multi_echo(scan)


def _t1(elsewhere: float, tissue: Path | None, of: list[str]) -> float | Scan:
    """Return the T1 to take: a number, or a map by tissue."""
    from napari_mrsr.mapping import t1_by_label

    if (tissue is None) != (not of):
        raise BadParameter(
            "--tissue and --t1-of go together", remedy="give both, as in --tissue seg.nii.gz --t1-of 5=1000"
        )
    if tissue is None:
        return elsewhere
    known = {}
    for one in of:
        label, _, value = one.partition("=")
        try:
            known[int(label)] = float(value)
        except ValueError:
            raise BadParameter(f"--t1-of {one} is no label and T1", remedy="write it as 5=1000") from None
    return t1_by_label(read_labels(tissue), known, elsewhere=elsewhere)


def _check_noise(scan: Scan, noise: float | None, uncertainty: Path | None) -> None:
    """Refuse a sigma that cannot be known, before the map is made."""
    from napari_mrsr.mapping.t2_map import noise_is_measured

    if uncertainty is not None and noise is None and not noise_is_measured(scan):
        raise BadParameter(
            "was super-resolved or interpolated: its background does not tell the noise of its tissue",
            where=scan.where,
            remedy="take --uncertainty from the acquired scan, or give --noise",
        )


def _with_uncertainty(scan: Scan, result: T2Map, noise: float | None) -> T2Map:
    from napari_mrsr.mapping import Noise, with_uncertainty

    return with_uncertainty(scan, result, noise=None if noise is None else Noise(noise))


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

"""``napari-mrsr t1``: T1 in milliseconds, and M0."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.options import AllowNonfinite, B1Map, Noise, OutVolume, Reason, Uncertainty
from napari_mrsr.cli.output import check_volumes, write_fit
from napari_mrsr.cli.read import read, read_map
from napari_mrsr.errors import BadParameter, MissingParameter

if TYPE_CHECKING:
    from napari_mrsr.mapping import T1Map


def t1(
    scans: Annotated[
        list[Path],
        typer.Argument(
            metavar="SCAN...",
            help="Two or more spoiled gradient echoes of different flip angles: NIfTI files or DICOM folders. "
            "With --mp2rage the uniform image.",
            show_default=False,
        ),
    ],
    output: OutVolume,
    flip: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A,B",
            help="Flip angle of each scan in their order, degrees, where the files do not say.",
            show_default=False,
        ),
    ] = None,
    tr: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B", help="Repetition time of each scan, ms.", show_default=False),
    ] = None,
    b1: B1Map = None,
    m0: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write M0.", show_default=False)] = None,
    reason: Reason = None,
    uncertainty: Uncertainty = None,
    noise: Noise = None,
    mp2rage: Annotated[
        bool, typer.Option("--mp2rage", help="SCAN is the uniform image of an MP2RAGE (UNIT1), and the only one.")
    ] = False,
    inv1: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="--mp2rage: first inversion; its sidecar has timings.", show_default=False),
    ] = None,
    inv2: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="--mp2rage: second inversion; air is left out by it.", show_default=False),
    ] = None,
    ti: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B", help="--mp2rage: inversion times, ms; --flip and --tr too.", show_default=False),
    ] = None,
    spacing: Annotated[
        float | None, typer.Option(metavar="MS", help="--mp2rage: between pulses of a train.", show_default=False)
    ] = None,
    pulses: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="--mp2rage: pulses of a train.", show_default=False)
    ] = None,
    allow_nonfinite: AllowNonfinite = False,
) -> None:
    """Write T1 in ms from spoiled gradient echoes (FLASH, SPGR) of different flip angles, and TR if need be.

    Invalid voxels (air, no solution, out of range) are NaN. M0 holds receive gain and T2*: it is no proton density.
    With --mp2rage T1 comes from the uniform image of an MP2RAGE, by a table of its closed form.
    """
    check_volumes([output, m0, reason, uncertainty], reads=[*scans, b1, inv1, inv2])
    if mp2rage:
        if any(one is not None for one in (b1, m0, reason, uncertainty, noise)):
            raise BadParameter(
                "MP2RAGE gives T1 alone", remedy="leave --b1, --m0, --reason, --uncertainty, --noise out"
            )
        _of_mp2rage(scans, output, inv1, inv2, (tr, ti, flip, spacing, pulses))
        return
    if any(one is not None for one in (inv1, inv2, ti, spacing, pulses)):
        raise BadParameter("--inv1, --inv2, --ti, --spacing and --pulses are of MP2RAGE", remedy="give --mp2rage too")
    for path in scans:
        _check_scan(path)
    flips, times = _numbers("--flip", flip, len(scans)), _numbers("--tr", tr, len(scans))
    from napari_mrsr.mapping import t1_from_flash

    read_in = [read([path], allow_nonfinite=allow_nonfinite, doubts=False) for path in scans]
    b1_map = None if b1 is None else read_map(b1)
    with console.busy("mapping T1"):
        result = t1_from_flash(read_in, flip_angles=flips, repetition_times=times, b1=b1_map, noise=noise)
        if uncertainty is not None and result.sigma is None:
            raise BadParameter(
                "the noise of these scans cannot be told",
                where=scans[0],
                remedy="give --noise, or leave --uncertainty out",
            )
        _write(result, output, m0, reason, uncertainty)


def _of_mp2rage(
    scans: list[Path],
    output: Path,
    inv1: Path | None,
    inv2: Path | None,
    told: tuple[list[str] | None, list[str] | None, list[str] | None, float | None, int | None],
) -> None:
    """Write T1 of a uniform image."""
    if len(scans) != 1:
        raise BadParameter(f"{len(scans)} scans for --mp2rage", remedy="give the uniform image alone")
    from napari_mrsr.files import write_nifti
    from napari_mrsr.mapping.mp2rage import of_protocol, t1_from_mp2rage, timings_of

    image = read(scans, doubts=False)
    first, second = (None if path is None else read([path], doubts=False) for path in (inv1, inv2))
    tr, ti, flip, spacing, pulses = told
    if any(one is not None for one in told):
        if tr is None or ti is None or flip is None or spacing is None or pulses is None:
            raise MissingParameter(
                "timings of MP2RAGE are needed all or none", remedy="give --tr, --ti, --flip, --spacing and --pulses"
            )
        (one,), (ti1, ti2), (flip1, flip2) = (
            _numbers(name, given, count) or []
            for name, given, count in (("--tr", tr, 1), ("--ti", ti, 2), ("--flip", flip, 2))
        )
        timings = of_protocol(one, (ti1, ti2), (flip1, flip2), spacing, pulses)
    elif first is not None and second is not None:
        timings = timings_of(first, second)
    else:
        raise MissingParameter(
            "the timings of MP2RAGE are not known",
            remedy="give --inv1 and --inv2 with sidecars, or --tr, --ti, --flip, --spacing and --pulses",
        )
    with console.busy("mapping T1"):
        found = t1_from_mp2rage(image, timings, inv2=second)
        console.warn(found.warnings)
        write_nifti(found, output)


def _write(result: T1Map, output: Path, m0: Path | None, reason: Path | None, uncertainty: Path | None) -> None:
    console.warn(result.warnings)
    write_fit(result, output, reason, uncertainty)
    if m0 is not None:
        from napari_mrsr.files import write_nifti

        write_nifti(result.m0, m0)


def _check_scan(path: Path) -> None:
    """Refuse a number where a scan should be, which ``--flip 6 20`` leaves there."""
    try:
        float(path.name)
    except ValueError:
        return
    if not path.exists():
        raise BadParameter(
            f"{path} is a number where a scan should be",
            remedy="write values with commas, as in --flip 6,20 --tr 28,18",
        )


def _numbers(option: str, given: list[str] | None, scans: int) -> list[float] | None:
    """Return the numbers of an option that may stand once, with commas, or once for each scan."""
    if given is None:
        return None
    parts = [part for text in given for part in text.replace(",", " ").split()]
    example = f"write one for each scan, as in {option} {'6,20' if option == '--flip' else '28,18'}"
    try:
        values = [float(part) for part in parts]
    except ValueError:
        raise BadParameter(f"{option} {' '.join(given)} is no list of numbers", remedy=example) from None
    if len(values) != scans:
        raise BadParameter(f"{len(values)} values of {option} for {scans} scans", remedy=example)
    return values

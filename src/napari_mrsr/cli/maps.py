"""``napari-mrsr maps``: T1, T2 and M0 of a brain from T1w, T2w and FLAIR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.brain_images import TIMINGS, read_images, to_one_grid, write_registration
from napari_mrsr.cli.map_checks import write_checks
from napari_mrsr.cli.options import AllowNonfinite, Device, OutFolder, check_choice
from napari_mrsr.cli.output import check_folder

if TYPE_CHECKING:
    from napari_mrsr.brain_maps import Plane
    from napari_mrsr.mapping.brain import BrainMaps

_IMAGE = "{} of the brain: NIfTI with its JSON sidecar, or a DICOM folder."


def _timing(of: str, unit: str) -> Any:
    """Return an option for a timing of one image."""
    return typer.Option(
        min=0.0, metavar=unit.upper(), help=f"{of}, {unit}.", show_default="header", rich_help_panel=_TIMINGS
    )


_TIMINGS = "Timings that a header lacks, or has wrong"
Time = float | None


def maps(
    output: OutFolder,
    t1w: Annotated[
        Path | None, typer.Option(metavar="SCAN", help=_IMAGE.format("T1w (MPRAGE)"), show_default=False)
    ] = None,
    t2w: Annotated[
        Path | None, typer.Option(metavar="SCAN", help=_IMAGE.format("T2w (TSE)"), show_default=False)
    ] = None,
    flair: Annotated[Path | None, typer.Option(metavar="SCAN", help=_IMAGE.format("FLAIR"), show_default=False)] = None,
    method: Annotated[
        str,
        typer.Option(
            metavar="brain-maps|brain-maps-published|brain-maps-supervised",
            help="Taught by edges and labels, so as published, or by labels alone.",
        ),
    ] = "brain-maps",
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights (safetensors) of your own for the method.", show_default=False),
    ] = None,
    plane: Annotated[
        str,
        typer.Option(
            metavar="auto|sagittal|coronal|axial",
            help="In which slices the network looks; auto: sagittal, but that of thick slices.",
        ),
    ] = "auto",
    assume: Annotated[
        bool, typer.Option("--assume", help="Take the timings of the training where a header has none.")
    ] = False,
    register: Annotated[
        bool, typer.Option("--register", help="Bring T2w and FLAIR onto the grid of T1w by a rigid registration first.")
    ] = False,
    t1w_tr: Annotated[Time, _timing("TR of T1w, inversion to inversion", "ms")] = None,
    t1w_ti: Annotated[Time, _timing("TI of T1w", "ms")] = None,
    t1w_flip: Annotated[Time, _timing("Flip angle of T1w", "degrees")] = None,
    t2w_tr: Annotated[Time, _timing("TR of T2w", "ms")] = None,
    t2w_te: Annotated[Time, _timing("Effective TE of T2w", "ms")] = None,
    flair_tr: Annotated[Time, _timing("TR of FLAIR", "ms")] = None,
    flair_ti: Annotated[Time, _timing("TI of FLAIR", "ms")] = None,
    uncertainty: Annotated[
        bool, typer.Option("--uncertainty", help="Look twice, and write within what T1 and T2 are right, ms.")
    ] = False,
    device: Device = "auto",
    precision: Annotated[str, typer.Option(metavar="auto|fp32|bf16", help="Of the convolutions.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.", show_default="all")] = None,
    allow_nonfinite: AllowNonfinite = False,
) -> None:
    """Write T1map, T2map (ms) and M0map, why voxels have no value, and the images that the maps explain.

    All three images are needed, of one person and on one grid (or --register). Synthesised images and what they are
    above the acquired ones stand beside the maps: look at them first. M0 is relative and no proton density.
    """
    from napari_mrsr.brain_maps import map_brain
    from napari_mrsr.mapping.brain import check_given

    check_choice("--method", method, ("brain-maps", "brain-maps-published", "brain-maps-supervised"))
    check_choice("--plane", plane, ("auto", "sagittal", "coronal", "axial"))
    check_choice("--precision", precision, ("auto", "fp32", "bf16"))

    check_given({"T1w": t1w, "T2w": t2w, "FLAIR": flair})
    check_folder(output)
    given = (t1w_tr, t1w_ti, t1w_flip, t2w_tr, t2w_te, flair_tr, flair_ti)
    images = read_images(
        {"T1w": t1w, "T2w": t2w, "FLAIR": flair},
        dict(zip(TIMINGS, given, strict=True)),
        allow_nonfinite=allow_nonfinite,
    )
    scans, apart = to_one_grid(images, register=register)
    with console.progress("mapping the brain") as progress:
        found = map_brain(
            scans.t1w,
            scans.t2w,
            scans.flair,
            weights=weights or method,
            plane=cast("Plane", plane),
            assume=assume,
            uncertainty=uncertainty,
            device=device,
            precision=precision,
            threads=threads,
            progress=progress,
        )
    write_registration(scans, apart, output)
    write(found, output)
    write_checks(found, output)
    console.warn(found.warnings)
    for name, percent in found.misfit.items():
        console.note(f"{name} synthesised from the maps is off by {percent:g} % (median over the head)")
    print(output)


def write(found: BrainMaps, folder: Path) -> None:
    """Write maps, reasons, synthesised images and differences into a folder that exists."""
    from napari_mrsr.files import write_labels, write_nifti

    for name, scan in {"T1map": found.t1, "T2map": found.t2, "M0map": found.m0}.items():
        write_nifti(scan, folder / f"{name}.nii.gz")
    for name, scan in {"T1map_reason": found.t1_reason, "T2map_reason": found.t2_reason}.items():
        write_labels(scan, folder / f"{name}.nii.gz")
    for name, scan in found.synthesised.items():
        write_nifti(scan, folder / f"{name}_synthesised.nii.gz")
    for name, scan in found.difference.items():
        write_nifti(scan, folder / f"{name}_difference.nii.gz")

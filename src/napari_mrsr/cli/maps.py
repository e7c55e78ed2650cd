"""``napari-mrsr maps``: T1, T2 and M0 of a brain from T1w, T2w and FLAIR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.options import AllowNonfinite, Device, OutFolder, check_choice
from napari_mrsr.cli.output import check_folder
from napari_mrsr.cli.read import read

if TYPE_CHECKING:
    from napari_mrsr.brain_maps import Plane
    from napari_mrsr.mapping.brain import BrainMaps
    from napari_mrsr.scan import Scan

_IMAGE = "{} of the brain: NIfTI with its JSON sidecar, or a DICOM folder."


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
            metavar="brain-maps|brain-maps-supervised", help="Trained with edges and labels, or on labels alone."
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
    device: Device = "auto",
    precision: Annotated[str, typer.Option(metavar="auto|fp32|bf16", help="Of the convolutions.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.", show_default="all")] = None,
    allow_nonfinite: AllowNonfinite = False,
) -> None:
    """Write T1map, T2map (ms) and M0map, why voxels have no value, and the images that the maps explain.

    All three images are needed, of one person and on one grid. Synthesised images and what they are above the
    acquired ones stand beside the maps: look at them first. M0 is relative and no proton density.
    """
    check_choice("--method", method, ("brain-maps", "brain-maps-supervised"))
    check_choice("--plane", plane, ("auto", "sagittal", "coronal", "axial"))
    check_choice("--precision", precision, ("auto", "fp32", "bf16"))

    def image(path: Path | None) -> Scan | None:
        return None if path is None else read([path], allow_nonfinite=allow_nonfinite, doubts=False)

    from napari_mrsr.brain_maps import map_brain
    from napari_mrsr.mapping.brain import check_given

    check_given({"T1w": t1w, "T2w": t2w, "FLAIR": flair})
    check_folder(output)
    images = [image(path) for path in (t1w, t2w, flair)]
    with console.progress("mapping the brain") as progress:
        found = map_brain(
            *images,
            weights=weights or method,
            plane=cast("Plane", plane),
            assume=assume,
            device=device,
            precision=precision,
            threads=threads,
            progress=progress,
        )
    write(found, output)
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

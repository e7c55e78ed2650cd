"""``napari-mrsr compare``: how far a test volume is from its reference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.output import check_file, check_folder
from napari_mrsr.cli.read import read_labels, read_map
from napari_mrsr.errors import BadParameter


def compare(
    reference: Annotated[
        Path, typer.Argument(metavar="REFERENCE", help="The truth: a NIfTI file or DICOM folder.", show_default=False)
    ],
    test: Annotated[Path, typer.Argument(metavar="TEST", help="What is judged, on the same grid.", show_default=False)],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="metrics.json to write.", show_default=False)
    ],
    maps: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write difference and SSIM maps here.", show_default=False)
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Compare only where this volume is not zero.", show_default=False),
    ] = None,
) -> None:
    """Write PSNR, SSIM, RMSE, MSE, MAE and the SD of the difference of each volume."""
    check_file(output)
    if output.suffix.lower() != ".json":
        raise BadParameter("is no name for figures", where=output, remedy="end it in .json")
    if maps is not None:
        check_folder(maps)
    truth, judged = read_map(reference), read_map(test)
    inside = None if mask is None else read_labels(mask)

    from napari_mrsr import metrics
    from napari_mrsr.files import write_nifti
    from napari_mrsr.files.json_file import write_json

    with console.busy("comparing"):
        found = metrics.compare(truth, judged, inside)
        if maps is not None:
            write_nifti(metrics.difference_map(truth, judged, inside), maps / "difference.nii.gz")
            write_nifti(metrics.ssim_map(truth, judged, inside), maps / "ssim.nii.gz")
        write_json(found, output)

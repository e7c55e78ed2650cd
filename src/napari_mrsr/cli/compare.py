"""``napari-mrsr compare``: how far a test volume is from its reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.output import check_file, check_folder, write_json
from napari_mrsr.cli.read import read_map
from napari_mrsr.errors import ConstantImage, GeometryMismatch

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from napari_mrsr.scan import Scan


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
        typer.Option(metavar="FILE", help="Compare only where this volume is above zero.", show_default=False),
    ] = None,
) -> None:
    """Write PSNR, SSIM, RMSE, MSE, MAE and the SD of the difference of each volume."""
    check_file(output)
    if maps is not None:
        check_folder(maps)
    truth, judged = read_map(reference), read_map(test)
    if truth.volumes != judged.volumes:
        raise GeometryMismatch(
            f"has {judged.volumes} volumes, the reference {truth.volumes}", where=test, remedy="compare like with like"
        )
    if not truth.same_grid(judged):
        raise GeometryMismatch(
            f"is not on the grid of {reference.name}: {_grid(judged)} against {_grid(truth)} or another place",
            where=test,
            remedy="bring it to that grid first",
        )
    inside = None if mask is None else _mask(mask, truth)

    from napari_mrsr.metrics import compare as compare_scans

    with console.progress("comparing"):
        metrics = compare_scans(truth, judged, inside)
        if maps is not None:
            _write_maps(truth, judged, maps)
        write_json(metrics, output)


def _mask(path: Path, truth: Scan) -> npt.NDArray[np.bool_]:
    """Return where a mask volume lies above zero."""
    mask = read_map(path)
    if not truth.same_grid(mask):
        raise GeometryMismatch("is not on the grid of the reference", where=path, remedy="give a mask of that grid")
    inside: npt.NDArray[np.bool_] = mask.array[0] > 0
    if not inside.any():
        raise ConstantImage("is empty, so there is nothing to compare", where=path, remedy="mark what to compare by 1")
    return inside


def _write_maps(truth: Scan, judged: Scan, folder: Path) -> None:
    """Write test - reference and the local SSIM of each volume."""
    import numpy as np

    from napari_mrsr.files import write_nifti
    from napari_mrsr.metrics import ssim_map

    difference = np.asarray(judged.array, np.float32) - np.asarray(truth.array, np.float32)
    similarity = np.stack([ssim_map(one, two) for one, two in zip(truth.array, judged.array, strict=True)])
    write_nifti(
        truth.after("difference", difference, quantity="difference", names=truth.names), folder / "difference.nii.gz"
    )
    write_nifti(
        truth.after("ssim map", similarity.astype(np.float32), quantity="SSIM", unit="", names=truth.names),
        folder / "ssim.nii.gz",
    )


def _grid(scan: Scan) -> str:
    size = " x ".join(str(n) for n in scan.shape)
    return f"{size} at {' x '.join(f'{s:g}' for s in scan.spacing)} mm"

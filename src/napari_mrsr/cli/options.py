"""Options that several commands share, and how their text is understood."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan

Scans = Annotated[
    list[Path],
    typer.Argument(
        metavar="SCAN...", help="A NIfTI file, several (echoes or contrasts), or a DICOM folder.", show_default=False
    ),
]
OutVolume = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="OUT", help="NIfTI file to write; its folder must exist.", show_default=False
    ),
]
OutFolder = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write to; made if missing.", show_default=False)
]
Series = Annotated[
    str | None,
    typer.Option(
        metavar="N", help="Which series of a DICOM folder: its number or UID (info lists them).", show_default=False
    ),
]
AllowNonfinite = Annotated[
    bool, typer.Option("--allow-nonfinite", help="Go on although some voxels are NaN or infinite.")
]
B1Map = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Map of the flip angle reached over the one asked.", show_default=False),
]
Reason = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also write why voxels are invalid.", show_default=False)
]
Uncertainty = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Also write the standard deviation of the map from noise, in ms.", show_default=False
    ),
]
Noise = Annotated[
    float | None,
    typer.Option(
        metavar="SIGMA", help="Noise in units of the image, where the files cannot show it.", show_default=False
    ),
]
Device = Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="Where networks run.")]


def check_factor(factor: int) -> int:
    """Return the factor if it is a whole number above one.

    Raises
    ------
    BadParameter
        It is not.
    """
    if factor < 2:
        raise BadParameter(f"factor {factor} changes nothing or is impossible", remedy="give --factor 2, 3 or 4")
    return factor


def check_choice(option: str, value: str, choices: tuple[str, ...]) -> str:
    """Return the value if it is one of the choices.

    Raises
    ------
    BadParameter
        It is not; the line names them.
    """
    if value not in choices:
        raise BadParameter(f"{option} {value} is unknown", remedy=f"give one of {', '.join(choices)}")
    return value


def check_axis(axis: str | None, *, in_plane: bool = False) -> str | None:
    """Return the text of ``--axis`` if it names an axis (before anything is read).

    Raises
    ------
    BadParameter
        It does not.
    """
    if axis is None:
        return None
    return check_choice("--axis", axis, ("slice", "in-plane", "0", "1", "2") if in_plane else ("slice", "0", "1", "2"))


def axes_of(axis: str | None, scan: Scan) -> tuple[int, ...]:
    """Return the voxel axes that ``--axis`` means for a scan: one, or the two in plane.

    Raises
    ------
    AmbiguousAxis
        The slice axis is meant and cannot be told.
    """
    if axis in ("0", "1", "2"):
        return (int(axis),)
    slices = scan.find_slice_axis()
    if axis == "in-plane":
        return tuple(one for one in range(3) if one != slices)
    return (slices,)

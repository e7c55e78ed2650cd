"""The part of ``napari-mrsr sr`` that sharpens in plane: what is meant by the plane, and how it is run and told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.cli import console
from napari_mrsr.cli.duration import LONG
from napari_mrsr.cli.options import check_choice
from napari_mrsr.errors import AmbiguousAxis, BadParameter

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan


def check_planes(plane: str | None, orientations: int | None, *, in_plane: bool) -> None:
    """Refuse a plane or a number of orientations that is none, or that was given without ``--axis in-plane``."""
    from napari_mrsr.planes import PLANES

    given = [option for option, value in (("--plane", plane), ("--orientations", orientations)) if value is not None]
    if given and not in_plane:
        raise BadParameter(f"{' and '.join(given)} needs --axis in-plane", remedy="give it, or leave this out")
    if plane is not None:
        check_choice("--plane", plane, tuple(reversed(PLANES)))
    if orientations not in (None, 1, 3):
        raise BadParameter(f"--orientations {orientations} is not 1 or 3", remedy="give 1 or 3")


def plane_axes(scan: Scan, plane: str | None) -> tuple[int, int]:
    """Return the two axes of a plane; where nothing tells which, of the axial one."""
    from napari_mrsr.planes import across

    one, other = (a for a in range(3) if a != across(scan, plane).slice_axis)
    return one, other


def is_in_plane(scan: Scan, axes: tuple[int, ...], target: Scan | None) -> bool:
    """Tell whether the plane is meant, where what is missing is the rim of k-space and not the shape of slices."""
    if target is None:
        return len(axes) > 1
    try:
        return scan.find_slice_axis() not in axes
    except AmbiguousAxis:
        return False


def knows_the_plane(method: str, weights: Path | None) -> bool:
    """Tell whether a method or a file of weights can be used in plane; what was made for slices goes axis by axis."""
    from napari_mrsr.networks import registry

    if weights is not None:
        return registry.read_header(weights).get("architecture") in registry.IN_PLANE
    return method == "auto" or "in-plane" in registry.find(method).axes


def sharpen(
    scan: Scan,
    *,
    factor: int | None,
    like: Scan | None,
    method: str,
    weights: Path | None,
    consistency: str | None,
    plane: str | None,
    orientations: int,
    device: str,
) -> Scan:
    """Sharpen every frame of a scan in plane with a bar, and say which method was chosen and how long it will take."""
    from napari_mrsr import in_plane

    if consistency == "wiener":
        if method == "auto" or weights is not None or in_plane.choose_method(scan, method)[0].kind != "classical":
            raise BadParameter("--consistency wiener is for slices", remedy="give hard or none in plane")
        consistency = None
    matrix = None
    if like is None and factor is not None:
        one, other = (factor * scan.shape[a] for a in plane_axes(scan, plane))
        matrix = (one, other)
    options: dict[str, Any] = {
        "method": method,
        "weights": weights,
        "consistency": consistency or "none",
        "plane": plane,
        "orientations": orientations,
    }
    job = in_plane.plan(scan, matrix=matrix, like=like, **options)
    if method == "auto":
        console.note(f"method {job.reason}")
    console.warn(job.warnings)
    console.warn(f"outside the training: {line}" for line in job.outside)
    if job.trained is not None:
        seconds = in_plane.estimate_seconds(scan, job, device=device)
        if seconds > LONG:
            from napari_mrsr.app.estimates import in_words

            console.stage(f"{job.method.name}: {in_words(seconds)} for {scan.volumes} frames; Ctrl-C stops it")
    with console.progress("sharpening in plane") as progress:
        return in_plane.sharpen(scan, matrix=matrix, like=like, device=device, progress=progress, **options)


def write_trust(scan: Scan, result: Scan, folder: Path) -> None:
    """Write what sharpening added, and where it left the centre of k-space that was measured."""
    from napari_mrsr.files import write_nifti
    from napari_mrsr.files.json_file import write_json
    from napari_mrsr.trust.plane_decomposition import trust_in_plane

    found = trust_in_plane(scan, result)
    write_nifti(found.added, folder / "added.nii.gz")
    write_nifti(found.z, folder / "z.nii.gz")
    write_json(found.summary, folder / "summary.json")

"""Three images of a brain as a command line gives them: read, timed, on one grid, and looked at for motion."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.cli import console
from napari_mrsr.cli.read import read

if TYPE_CHECKING:
    from napari_mrsr.mapping.brain import BrainScans
    from napari_mrsr.mapping.misregistration import Misregistration
    from napari_mrsr.scan import Scan

#: Option of each timing, and its place in an acquisition.
TIMINGS: Mapping[str, tuple[str, str]] = {
    "--t1w-tr": ("T1w", "repetition_time"),
    "--t1w-ti": ("T1w", "inversion_time"),
    "--t1w-flip": ("T1w", "flip_angle"),
    "--t2w-tr": ("T2w", "repetition_time"),
    "--t2w-te": ("T2w", "echo_times"),
    "--flair-tr": ("FLAIR", "repetition_time"),
    "--flair-ti": ("FLAIR", "inversion_time"),
}


def read_images(paths: Mapping[str, Path | None], timings: Mapping[str, float | None], **how: Any) -> dict[str, Scan]:
    """Read the images by their contrast, with the timings given instead of those of the header.

    Errors are those of :func:`napari_mrsr.cli.read.read`.
    """
    images = {name: read([path], doubts=False, **how) for name, path in paths.items() if path is not None}
    for option, value in timings.items():
        if value is not None:
            name, entry = TIMINGS[option]
            given = (value,) if entry == "echo_times" else value
            known = getattr(images[name].acquisition, entry)
            if known not in (None, (), given):
                told = known[0] if isinstance(known, tuple) else known
                console.note(f"{option} {value:g} is taken instead of {told:g} in the header of {name}")
            images[name] = images[name].with_acquisition(**{entry: given})
    return images


def to_one_grid(images: Mapping[str, Scan], *, register: bool) -> tuple[BrainScans, list[Misregistration]]:
    """Return the images on one grid, and how far they lie apart where they were not registered and that can be told.

    What lies apart has a warning, which goes along with the maps.
    """
    from napari_mrsr.mapping.brain import prepare
    from napari_mrsr.mapping.misregistration import misregistration

    three = images["T1w"], images["T2w"], images["FLAIR"]
    if register:
        with console.progress("registering") as progress:
            return prepare(*three, register=True, progress=progress), []
    scans = prepare(*three)
    if importlib.util.find_spec("SimpleITK") is None:
        console.note('whether the head moved between the scans was not looked at: pip install "napari-mrsr[register]"')
        return scans, []
    with console.progress("looking whether the head moved") as progress:
        found = misregistration(scans, progress=progress)
    lines = {one.name: one.line for one in found if one.apart}
    t2w, flair = (scans.by_name[n].warn(lines[n]) if n in lines else scans.by_name[n] for n in ("T2w", "FLAIR"))
    return replace(scans, t2w=t2w, flair=flair), found


def write_registration(scans: BrainScans, apart: list[Misregistration], folder: Path) -> None:
    """Write what was registered and how, or what lies apart and its edges, into a folder that exists."""
    from napari_mrsr.files import write_labels, write_nifti
    from napari_mrsr.files.json_file import write_json
    from napari_mrsr.mapping.misregistration import edges

    if scans.registered:
        for name, registered in scans.registered.items():
            write_nifti(registered.scan, folder / f"{name}_registered.nii.gz")
        about = "each transform takes a point of the image (RAS mm, by its own header) to where it lies in T1w"
        records = {name: done.record for name, done in scans.registered.items()}
        write_json({"to": "T1w", "convention": about, **records}, folder / "registration.json")
    for one in apart:
        if one.apart:
            write_labels(edges(scans.by_name[one.name]), folder / f"{one.name}_edges.nii.gz")

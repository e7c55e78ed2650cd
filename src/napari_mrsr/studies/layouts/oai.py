"""Osteoarthritis Initiative: sagittal DESS as unpacked from the archive, segmentations beside it.

::

    cohort/
        results/00m/0.C.2/9001104/20050826/10593811/001 ... 160     DICOM files without a suffix
        OAI-ZIB/segmentation_masks/9001104.segmentation_masks.mhd   (and .raw), or 9001104*.nii.gz
        OAI-ZIB/doc/oai_mri_paths.txt                               optional: which series was segmented

A subject is a folder named by the seven digits of an OAI identifier, wherever it lies. Of its series those are taken
whose description holds ``DESS``; it says the side (``SAG_3D_DESS_RIGHT``). The scanner combined both echoes into one
contrast, so there is no T2: image quality only.

The masks of OAI-ZIB (Ambellan et al., Med Image Anal 2019;52:109) do not say where they lie in the patient. Their axes
run to the left, to the back and upwards, and are laid on the scan axis by axis; the numbers of voxels must agree.
Segmentations of other origin (iMorphics) are read as NIfTI, and named by ``labels.tsv`` or ``labels.json`` beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Entry, Subject
from napari_mrsr.studies.layouts import labels

NAME = "oai"
#: What the numbers of OAI-ZIB, and of the segmentations made after it, stand for.
REGIONS: Mapping[int, str] = {
    1: "femur",
    2: "femoral cartilage",
    3: "tibia",
    4: "tibial cartilage",
    5: "patella",
    6: "patellar cartilage",
}
#: Why there is no T2.
COMBINED = "is OAI DESS, whose two echoes were combined into one contrast"
_ID = re.compile(r"9\d{6}")
Side = Literal["left", "right"]


def find(folder: Path) -> list[Entry]:
    """Return an entry per DESS series of each subject."""
    from napari_mrsr.files.dicom.headline import headline

    series: dict[str, list[tuple[Path, Side | None]]] = {}
    for person in sorted(path for path in folder.rglob("9*") if path.is_dir() and _ID.fullmatch(path.name)):
        for leaf in sorted({file.parent for file in person.rglob("*") if file.is_file()}):
            first = min(file for file in leaf.iterdir() if file.is_file())
            said = headline(first)
            if said is not None and "DESS" in said.description.upper():
                series.setdefault(person.name, []).append((leaf, _side(said.description)))
    masks, listed = _masks(folder), _listed(folder)
    entries = []
    for person_id, found in sorted(series.items()):
        for leaf, side in found:
            segmented = listed.get(person_id) in (None, leaf.name) and (len(found) == 1 or person_id in listed)
            mask = masks.get(person_id) if segmented else None
            name = f"{person_id} {side or leaf.name}"
            entries.append(Entry(name, partial(load, name, leaf, side, mask)))
    return entries


def load(name: str, series: Path, side: Side | None, mask: Path | None) -> Subject:
    """Read a series with its labels.

    Raises
    ------
    GeometryMismatch
        The labels have other numbers of voxels than the scan.
    """
    from napari_mrsr.files import read_scan

    scan = read_scan(series)
    if side is not None:
        scan = scan.with_acquisition(laterality=side)
    if mask is None:
        return Subject(name, scan)
    if mask.suffix in (".mhd", ".mha"):
        return Subject(name, scan, _without_pose(mask, scan), REGIONS)
    array, said = labels.read(mask, scan)
    names = (mask.with_name(f"labels{suffix}") for suffix in (".tsv", ".json"))
    regions = next((labels.names_in(path) for path in names if path.is_file()), REGIONS)
    return Subject(name, scan.warn(*said), array, regions)


def _without_pose(path: Path, scan: Scan) -> labels.Labels:
    """Return a mask on the grid of a scan: through its affine where it says one, else axis by axis."""
    import nibabel as nib

    from napari_mrsr.files.metaimage import read_metaimage
    from napari_mrsr.roi.grid import resample_labels

    mask = read_metaimage(path)
    whole = mask.array.astype(np.int32)
    if mask.placed:
        placed: labels.Labels = resample_labels(Scan(whole, mask.affine, axis="label"), scan).array[0]
        return placed
    orientations = nib.orientations
    turn = orientations.ornt_transform(nib.io_orientation(mask.affine), nib.io_orientation(scan.affine))
    turned = np.ascontiguousarray(orientations.apply_orientation(whole, turn))
    if turned.shape != scan.shape:
        size = "x".join(map(str, turned.shape))
        raise GeometryMismatch(
            f"has {size} voxels along the axes of the scan, which has {'x'.join(map(str, scan.shape))}",
            where=path,
            remedy="give the segmentation of this series",
        )
    return turned


def _masks(folder: Path) -> dict[str, Path]:
    """Return the segmentation of each subject by its identifier."""
    found: dict[str, Path] = {}
    for pattern in ("*.nii.gz", "*.mha", "*.mhd"):
        for path in sorted(folder.rglob(pattern)):
            identifier = _ID.match(path.name)
            if identifier:
                found[identifier[0]] = path
    return found


def _listed(folder: Path) -> dict[str, str]:
    """Return the folder of the segmented series by identifier, from ``oai_mri_paths.txt``."""
    found = {}
    for path in sorted(folder.rglob("oai_mri_paths.txt")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            parts = [part for part in re.split(r"[/\\]", line.strip()) if part]
            person = next((part for part in parts if _ID.fullmatch(part)), None)
            if person is not None:
                found[person] = parts[-1]
    return found


def _side(description: str) -> Side | None:
    text = description.upper()
    return "right" if "RIGHT" in text else "left" if "LEFT" in text else None

"""Stanford Knee MRI with Multi-Task Evaluation (SKM-TEA): quantitative DESS with labels.

::

    v1-release/
        dicoms/MTR_005/...                                  both echoes, with the spoiler in GE's private tags
        image_files/MTR_005.h5                              or the same pixels: echo1, echo2, seg
        segmentation_masks/dicom-track/MTR_005.nii.gz       labels of the scanner's images
        segmentation_masks/raw-data-track/MTR_005.nii.gz    taken where the other is missing
        annotations/v1.0.0/test.json                        voxel size and orientation of the .h5 files

(DATASET.md of StanfordMIMI/skm-tea; Desai et al., arXiv 2203.06823.) A scan that is there as DICOM is read from it: the
``.h5`` files hold no echo times, flip angle or spoiler, so that image quality can be scored on them but not T2. They
need h5py, which is not a dependency of this package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import MissingDependency, MissingParameter, UnreadableFile
from napari_mrsr.scan import Acquisition, Scan, Source
from napari_mrsr.studies.cohort import Entry, Subject
from napari_mrsr.studies.layouts import labels

NAME = "skm-tea"
REGIONS: Mapping[int, str] = {
    1: "patellar cartilage",
    2: "femoral cartilage",
    3: "medial tibial cartilage",
    4: "lateral tibial cartilage",
    5: "medial meniscus",
    6: "lateral meniscus",
}
_TRACKS = ("dicom-track", "raw-data-track")
#: Directions of the annotations, from the first voxel to the last, RAS+.
_DIRECTIONS = {
    "SI": (0, 0, -1), "IS": (0, 0, 1), "AP": (0, -1, 0), "PA": (0, 1, 0), "LR": (1, 0, 0), "RL": (-1, 0, 0),
}  # fmt: skip


def find(folder: Path) -> list[Entry]:
    """Return an entry per scan."""
    if not any((folder / name).is_dir() for name in ("segmentation_masks", "image_files")):
        return []
    dicoms = {path.name: path for path in sorted((folder / "dicoms").glob("*")) if path.is_dir()}
    stored = {path.stem: path for path in sorted((folder / "image_files").glob("*.h5"))}
    return [
        Entry(name, partial(load, name, folder, dicoms.get(name) or stored[name]))
        for name in sorted({*dicoms, *stored})
    ]


def load(name: str, folder: Path, source: Path) -> Subject:
    """Read a scan with its labels."""
    if source.suffix == ".h5":
        scan, stored = _from_h5(source, folder)
    else:
        from napari_mrsr.files import read_scan

        scan, stored = read_scan(source), None
    for track in _TRACKS:
        path = folder / "segmentation_masks" / track / f"{name}.nii.gz"
        if path.is_file() and stored is None:
            array, said = labels.read(path, scan)
            if track != _TRACKS[0]:
                said += (f"labels of the {track}, drawn on another reconstruction of this scan",)
            return Subject(name, scan.warn(*said), array, REGIONS)
    return Subject(name, scan, stored, {} if stored is None else REGIONS)


def _from_h5(path: Path, folder: Path) -> tuple[Scan, npt.NDArray[np.uint8] | None]:
    """Return both echoes of an image file, and its labels."""
    try:
        import h5py
    except ImportError as error:
        raise MissingDependency(
            "is HDF5, which needs h5py", where=path, remedy="pip install h5py, or unpack dicoms/ beside it"
        ) from error
    affine = _placed(path, folder)
    try:
        with h5py.File(path, "r") as file:
            echoes = np.stack([np.asarray(file[echo], np.float32) for echo in ("echo1", "echo2")])
            masks = np.asarray(file["seg"]) if "seg" in file else None
    except (OSError, KeyError, ValueError) as error:
        raise UnreadableFile(f"holds no two echoes ({error})", where=path, remedy="get it again") from error
    stored = None
    if masks is not None and masks.shape[:3] == echoes.shape[1:]:
        stored = ((masks != 0) * np.arange(1, masks.shape[3] + 1, dtype=np.uint8)).max(axis=3)
    acquisition = Acquisition(sequence="DESS", body_part="KNEE")
    scan = Scan(
        echoes, affine, axis="contrast", names=("S1", "S2"), acquisition=acquisition, slice_axis=2,
        sources=(Source(str(path)),),
    )  # fmt: skip
    return scan, stored


def _placed(path: Path, folder: Path) -> npt.NDArray[np.float64]:
    """Return directions and voxel size of an image file as an affine, from the annotations."""
    for file in sorted(folder.glob("annotations/*/*.json"), reverse=True):
        try:
            images = json.loads(file.read_text(encoding="utf-8"))["images"]
            entry = next((image for image in images if image.get("file_name") == path.name), None)
            if entry is not None:
                columns = [
                    float(size) * np.array(_DIRECTIONS[way])
                    for size, way in zip(entry["voxel_spacing"], entry["orientation"], strict=True)
                ]
                affine = np.eye(4)
                affine[:3, :3] = np.stack(columns, axis=1)
                return affine
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableFile(f"is no list of annotations ({error})", where=file, remedy="get it again") from error
    raise MissingParameter(
        "stands in no annotations, so its voxel size is not known", where=path, remedy="unpack annotations/ beside it"
    )

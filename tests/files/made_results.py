"""A scan with everything that can be made of it, small and with known truth, for the tests of DICOM results.

Values are random, so that a voxel at a wrong place cannot pass; the super-resolved grid has twice the slices and shares
the first one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
from pydicom import Dataset, dcmread

from napari_mrsr.files import read_scan
from napari_mrsr.files.dicom.results import write_dicom_results
from napari_mrsr.roi import statistics
from napari_mrsr.scan import Scan
from tests.files.made_dicom import write_enhanced, write_series

NAMES = {2: "medial femoral cartilage", 5: "Baker's cyst, dorsal"}
WEIGHTS = "ab" * 32
ECHO_TIMES = (7.48, 42.52)

#: Entries of the source that tell who was scanned, where and when.
IDENTITY = {
    "PatientID": "H-123456",
    "PatientName": "Doe^Jane",
    "PatientBirthDate": "19700102",
    "PatientSex": "F",
    "PatientAge": "056Y",
    "StudyDate": "20260304",
    "StudyTime": "101112",
    "StudyID": "EX-4711",
    "StudyDescription": "Knie links MRT",
    "AccessionNumber": "A987654",
    "ReferringPhysicianName": "House^Gregory",
    "InstitutionName": "Sankt Nirgendwo",
    "InstitutionAddress": "Nowhere Lane 7",
    "StationName": "MR3SUITE",
    "OperatorsName": "Operator^Otto",
    "DeviceSerialNumber": "SN-0815-77",
    "SeriesDescription": "qDESS Doe Jane",
    "ProtocolName": "Doe protocol",
    "AcquisitionDate": "20260304",
    "SeriesDate": "20260304",
    "ContentDate": "20260304",
    "Laterality": "L",
    "SpecificCharacterSet": "ISO_IR 100",
}


def turned(*, left_handed: bool = False) -> np.ndarray:
    """Return an oblique affine (RAS+, mm), turned about two axes."""
    c, s = np.cos(0.3), np.sin(0.3)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([-0.3125, -0.4, -1.5 if left_handed else 1.5])
    affine[:3, 3] = 10.5, -20.25, 30.125
    return affine


@dataclass(frozen=True, eq=False)
class Made:
    """Everything that the front door takes."""

    scan: Scan
    refined: Scan
    maps: dict[str, Scan]
    labels: Scan
    tables: dict[str, pd.DataFrame]

    def write(self, folder: Path, **changes: Any) -> dict[str, Path]:
        """Write the results; return the files of single objects and the folders of series by name."""
        given: dict[str, Any] = {
            "scan": self.scan,
            "maps": self.maps,
            "labels": self.labels,
            "names": NAMES,
            "tables": self.tables,
            "refined": self.refined,
            "method": "lean",
        }
        files = write_dicom_results(folder, **(given | changes))
        assert all(file.is_file() for file in files)
        tops = dict.fromkeys(file.relative_to(folder).parts[0] for file in files)
        return {top: folder / top for top in tops}


def make(scan: Scan) -> Made:
    """Return a scan with super-resolved echoes, maps with holes, regions and their tables."""
    rng = np.random.default_rng(1)
    axis = scan.find_slice_axis()
    finer = np.eye(4)
    finer[axis, axis] = 0.5
    array = np.repeat(scan.array, 2, axis + 1) + rng.uniform(0, 0.5, 1).astype(np.float32)
    refined = scan.after(
        "super-resolution", array, parameters={"method": "lean", "sha256": WEIGHTS}, affine=scan.affine @ finer
    )
    maps = {role: _map(one, rng) for role, one in (("acquired", scan), ("SR", refined))}
    painted = np.zeros((1, *refined.shape), np.uint8)
    painted[0, 2:6, 3:8, 2:4] = 2
    painted[0, 7:10, 2:9, 3:7] = 5
    labels = refined.after("painted", painted, axis="label", names=("ROI",), quantity="label", unit="")
    tables = {role: statistics(one, labels, names=NAMES) for role, one in maps.items()}
    return Made(scan, refined, maps, labels, tables)


def classic(folder: Path, affine: np.ndarray | None = None, **header: Any) -> Scan:
    """Return a scan of two echoes read from classic DICOM."""
    write_series(folder, _stored(), turned() if affine is None else affine, echo_times=ECHO_TIMES, **header)
    return read_scan(folder)


def enhanced(path: Path, **header: Any) -> Scan:
    """Return a scan of two echoes read from one enhanced DICOM file."""
    write_enhanced(path, _stored(), turned(), echo_times=ECHO_TIMES, **header)
    return read_scan(path)


def nifti(path: Path, affine: np.ndarray) -> Scan:
    """Return a scan of one volume read from NIfTI."""
    nib.save(nib.Nifti1Image(_stored()[0].astype(np.float32), affine), path)
    return replace(read_scan(path), slice_axis=2)


def _stored() -> np.ndarray:
    return np.random.default_rng(0).integers(1, 2000, (2, 12, 10, 5)).astype(np.uint16)


def _map(scan: Scan, rng: np.random.Generator) -> Scan:
    values = rng.uniform(5, 90, scan.shape).astype(np.float32)
    values[rng.random(scan.shape) < 0.1] = np.nan
    return scan.after("t2 from dess", values[None], axis="map", names=("T2",), quantity="T2", unit="ms")


def files_of(paths: dict[str, Path]) -> list[Path]:
    """Return every file of some results."""
    return [file for path in paths.values() for file in ([path] if path.is_file() else sorted(path.iterdir()))]


def source_of(made: Made) -> list[Dataset]:
    """Return the files that a scan was read from."""
    return [dcmread(file) for file in sorted(Path(made.scan.sources[0].path).iterdir())]


def references(image: Dataset) -> list[set[str]]:
    """Return the instances that each frame of a multi-frame object refers to."""
    return [
        {item.ReferencedSOPInstanceUID for item in group.DerivationImageSequence[0].SourceImageSequence}
        for group in image.PerFrameFunctionalGroupsSequence
    ]

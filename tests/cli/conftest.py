"""Small scans made here, by nibabel and pydicom themselves, and a shell to run commands in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

SHAPE = (20, 16, 12)
SPACING = (0.5, 0.5, 1.5)


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, results, messages."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run ``napari-mrsr`` with some arguments in this process."""
    from napari_mrsr.cli.run import run

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return Outcome(code, streams.out, streams.err)

    return call


@pytest.fixture
def refused(shell: Callable[..., Outcome], tmp_path: Path) -> Callable[..., str]:
    """Run a command that must be refused, check how, and return the line it left."""

    def call(*arguments: object, code: int = 2) -> str:
        before = everything_in(tmp_path)
        outcome = shell(*arguments)
        assert outcome.code == code, outcome
        assert len(outcome.lines) == 1, outcome.err
        assert "Traceback" not in outcome.err
        assert outcome.out == ""
        assert everything_in(tmp_path) == before, "something was left or changed"
        return outcome.err.strip()

    return call


def everything_in(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, hidden ones too, with its content."""
    return {
        str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()
    }


@pytest.fixture(name="everything_in")
def _everything_in() -> Callable[[Path], dict[str, bytes]]:
    return everything_in


def smooth(shape: tuple[int, ...] = SHAPE, seed: int = 0) -> np.ndarray:
    """Return a positive image with structure on every axis."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).normal(size=shape)
    image = gaussian_filter(noise, 1.5)
    return (100 + 400 * (image - image.min()) / np.ptp(image)).astype(np.float32)


@pytest.fixture(name="smooth")
def _smooth() -> Callable[..., np.ndarray]:
    return smooth


def oblique(spacing: tuple[float, float, float] = SPACING) -> np.ndarray:
    """Return the affine of a sagittal stack tilted by 12 degrees."""
    angle = np.deg2rad(12)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    sagittal = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], float)
    affine = np.eye(4)
    affine[:3, :3] = turn @ sagittal @ np.diag(spacing)
    affine[:3, 3] = (-12.0, 34.0, -56.0)
    return affine


@pytest.fixture(name="oblique")
def _oblique() -> Callable[..., np.ndarray]:
    return oblique


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write an array as NIfTI by nibabel, with a sidecar where one is given."""

    def call(
        name: str,
        array: np.ndarray,
        affine: np.ndarray | None = None,
        sidecar: dict[str, Any] | None = None,
        dtype: Any = np.float32,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = nib.Nifti1Image(np.asarray(array, dtype), oblique() if affine is None else affine)
        nib.save(image, path)
        if sidecar is not None:
            path.with_name(name.split("/")[-1].split(".")[0] + ".json").write_text(json.dumps(sidecar))
        return path

    return call


#: Echo times of a DESS scan in the GE convention, TE2 = 2 TR - TE1; sidecars are in seconds.
TR, TE, FLIP = 20.0, 5.0, 20.0


def dess_sidecar(echo: int) -> dict[str, float]:
    """Return the BIDS sidecar of a DESS echo (1 or 2)."""
    time = TE if echo == 1 else 2 * TR - TE
    return {"EchoTime": time / 1000, "RepetitionTime": TR / 1000, "FlipAngle": FLIP}


@pytest.fixture(name="dess_sidecar")
def _dess_sidecar() -> Callable[[int], dict[str, float]]:
    return dess_sidecar


@pytest.fixture
def dess(write: Callable[..., Path]) -> Callable[..., list[Path]]:
    """Write the two echoes of a DESS scan whose T2 is known everywhere, and return their files."""

    def call(t2: float = 35.0, *, sidecars: bool = True, shape: tuple[int, int, int] = SHAPE) -> list[Path]:
        from napari_mrsr.physics.dess import DessSequence, signals

        first, second = signals(1200.0, t2, DessSequence(TR, TE, FLIP))
        density = smooth(shape)
        echoes = (density * float(first), density * float(second))
        return [
            write(f"knee_echo-{n}.nii.gz", echo, sidecar=dess_sidecar(n) if sidecars else None)
            for n, echo in enumerate(echoes, start=1)
        ]

    return call


@pytest.fixture
def dicom(tmp_path: Path) -> Callable[..., Path]:
    """Write a classic MR series by pydicom, a file a slice, and return its folder."""

    def call(folder: str = "dicom", *, slices: int = 8, echo: int = 1, series: int = 1, **tags: Any) -> Path:
        where = tmp_path / folder
        where.mkdir(parents=True, exist_ok=True)
        volume = smooth((16, 12, slices), seed=echo)
        for index in range(slices):
            dataset = dicom_slice(volume[:, :, index], index, echo=echo, series=series)
            for name, value in tags.items():
                setattr(dataset, name, value)
            dataset.save_as(where / f"s{series:02d}_e{echo}_{index:03d}.dcm", enforce_file_format=True)
        return where

    return call


def dicom_slice(plane: np.ndarray, index: int, *, echo: int, series: int) -> Any:
    """Return one slice of a sagittal series, 1.5 mm apart, as a dataset."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.8.498.{series}.{echo}.{index + 1}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.PatientID, dataset.PatientName, dataset.Modality = "knee-1", "Phantom^Knee", "MR"
    dataset.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    dataset.SeriesInstanceUID = f"1.2.826.0.1.3680043.8.498.1.{series}"
    dataset.FrameOfReferenceUID = "1.2.826.0.1.3680043.8.498.9"
    dataset.SeriesNumber, dataset.SeriesDescription = series, f"series {series}"
    dataset.InstanceNumber = index + 1 + 1000 * echo
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    dataset.EchoNumbers, dataset.EchoTime = echo, TE if echo == 1 else 2 * TR - TE
    dataset.RepetitionTime, dataset.FlipAngle = TR, FLIP
    dataset.SliceThickness, dataset.SpacingBetweenSlices = 1.5, 1.5
    dataset.PixelSpacing = [0.5, 0.5]
    dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    dataset.ImagePositionPatient = [1.5 * index, 0.0, 0.0]
    pixels = plane.T.astype(np.uint16)
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    dataset.PixelData = pixels.tobytes()
    return dataset


@pytest.fixture
def load() -> Callable[[Path], tuple[np.ndarray, np.ndarray]]:
    """Read array and affine of a NIfTI file by nibabel."""

    def call(path: Path) -> tuple[np.ndarray, np.ndarray]:
        image = nib.load(path)
        return np.asarray(image.dataobj), np.asarray(image.affine)

    return call

"""The values of frames, with the rescale of each applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from napari_mrsr.errors import MissingDependency, UnreadableFile
from napari_mrsr.files.dicom.frames import Frame

_PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)  # FloatPixelData, DoubleFloatPixelData, PixelData
_SYNTAX: dict[tuple[bool | None, bool | None], UID] = {
    (True, True): ImplicitVRLittleEndian,
    (False, True): ExplicitVRLittleEndian,
    (False, False): ExplicitVRBigEndian,
}


def load(volumes: Sequence[Sequence[Frame]]) -> npt.NDArray[np.float32]:
    """Return the values of volumes of equally many frames, shape ``(volume, column, row, slice)``, float32.

    Raises
    ------
    UnreadableFile
        A file ends within its pixels.
    MissingDependency
        The pixels are compressed in a way that no installed library undoes.
    """
    columns, rows = volumes[0][0].size
    array = np.empty((len(volumes), columns, rows, len(volumes[0])), np.float32)
    cache: tuple[Path, npt.NDArray[Any]] | None = None
    for n, frames in enumerate(volumes):
        for k, frame in enumerate(frames):
            if cache is None or cache[0] != frame.path:
                cache = frame.path, _pixels(frame.path)
            plane = cache[1][frame.number] if cache[1].ndim == 3 else cache[1]
            slope = frame.number_of("RescaleSlope")
            intercept = frame.number_of("RescaleIntercept")
            array[n, :, :, k] = plane.T * np.float64(1 if slope is None else slope) + np.float64(intercept or 0)
    return array


def _behind_pixels() -> Callable[[BaseTag, str | None, int], bool]:
    """Return what tells where to stop: some archives pad files with zeros, which read as thousands of elements."""
    seen = False

    def stop(tag: BaseTag, vr: str | None, length: int) -> bool:
        nonlocal seen
        if seen:
            return True
        seen = int(tag) in _PIXELS
        return False

    return stop


def _pixels(path: Path) -> npt.NDArray[Any]:
    """Return the stored values, shape ``(row, column)`` or ``(frame, row, column)``."""
    try:
        with path.open("rb") as file:
            dataset = read_partial(file, stop_when=_behind_pixels(), force=True)
        if "PixelData" not in dataset and "FloatPixelData" not in dataset and "DoubleFloatPixelData" not in dataset:
            raise ValueError("it ends before its pixels")
        meta = dataset.file_meta
        if "TransferSyntaxUID" not in meta:  # a file without a preamble: the bytes say how they are to be read
            meta.TransferSyntaxUID = _SYNTAX[dataset.original_encoding]
        return np.asarray(dataset.pixel_array)
    except (RuntimeError, NotImplementedError, ImportError) as error:
        syntax = dataset.file_meta.TransferSyntaxUID.name if "TransferSyntaxUID" in dataset.file_meta else "unknown"
        raise MissingDependency(
            f"holds pixels compressed as {syntax}, which cannot be undone here",
            where=path,
            remedy="pip install pylibjpeg[all], or export the series uncompressed",
        ) from error
    except Exception as error:  # pydicom raises many kinds on truncated files
        reason = " ".join(str(error).split())[:120]
        raise UnreadableFile(
            f"is truncated or damaged ({reason})", where=path, remedy="copy or export the series again"
        ) from error

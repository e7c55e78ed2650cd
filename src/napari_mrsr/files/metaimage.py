"""MetaImage files (``.mhd`` with ``.raw``, or ``.mha``), in which some segmentations are distributed.

``DimSize`` counts the fastest axis first; ``TransformMatrix`` holds the directions of the axes as rows and ``Offset``
the first voxel, both LPS (https://itk.org/Wiki/ITK/MetaIO/Documentation).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import UnreadableFile

_TYPES = {
    "MET_UCHAR": "u1", "MET_CHAR": "i1", "MET_USHORT": "u2", "MET_SHORT": "i2", "MET_UINT": "u4", "MET_INT": "i4",
    "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])
_COPY_AGAIN = "copy both files again"


@dataclass(frozen=True, eq=False)
class MetaImage:
    """Voxels ``(i, j, k)``, the fastest axis first, their affine (RAS+, mm), and whether the file places them."""

    array: npt.NDArray[Any]
    affine: npt.NDArray[np.float64]
    placed: bool


def read_metaimage(path: Path) -> MetaImage:
    """Read a volume.

    Raises
    ------
    UnreadableFile
        The file is no MetaImage of three dimensions, or is cut short.
    """
    try:
        content = path.read_bytes()
        header, start = _header(content)
        size = [int(n) for n in header["DimSize"].split()]
        big = header.get("BinaryDataByteOrderMSB", header.get("ElementByteOrderMSB", "False")).lower() == "true"
        dtype = np.dtype(_TYPES[header["ElementType"]]).newbyteorder(">" if big else "<")
        file = header["ElementDataFile"]
        data = content[start:] if file == "LOCAL" else (path.parent / file).read_bytes()
        if header.get("CompressedData", "False").lower() == "true":
            data = zlib.decompress(data)
        if len(size) != 3 or len(data) < np.prod(size) * dtype.itemsize:
            raise ValueError(f"{len(data)} bytes for {size} voxels")
        array = np.frombuffer(data, dtype, count=int(np.prod(size))).reshape(size, order="F")
        spacing = np.array(_numbers(header, "ElementSpacing", "1 1 1"))
        turned = np.array(_numbers(header, "TransformMatrix", "1 0 0 0 1 0 0 0 1")).reshape(3, 3)
        offset = np.array(_numbers(header, "Offset", header.get("Position", "0 0 0")))
    except (OSError, KeyError, ValueError, zlib.error) as error:
        raise UnreadableFile(f"is no MetaImage that can be read ({error})", where=path, remedy=_COPY_AGAIN) from error
    affine = np.eye(4)
    affine[:3, :3] = _LPS_TO_RAS @ turned.T * spacing
    affine[:3, 3] = _LPS_TO_RAS @ offset
    return MetaImage(array, affine, bool(offset.any()) or not np.allclose(turned, np.eye(3)))


def _header(content: bytes) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    start = 0
    while "ElementDataFile" not in found:
        end = content.index(b"\n", start) if b"\n" in content[start:] else len(content)
        name, equals, value = content[start:end].decode("ascii").partition("=")
        if not equals:
            raise ValueError("a line of its header has no value")
        found[name.strip()] = value.strip()
        start = end + 1
    return found, start


def _numbers(header: dict[str, str], name: str, default: str) -> list[float]:
    return [float(value) for value in header.get(name, default).split()]

"""A set of DICOM files, written whole or not at all, into a folder of its own.

A folder that holds something is refused: two exports in one folder would be two patients to whoever opens it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mrsr.errors import OutputNotWritable
from napari_mrsr.files.atomic_folder import atomic_folder

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def check_free(folder: Path) -> None:
    """Refuse a folder that cannot become the set.

    Raises
    ------
    OutputNotWritable
        It is a file, holds something, is read-only, or the folder above it does not exist.
    """
    if not folder.parent.is_dir():
        raise OutputNotWritable("cannot be made: the folder above does not exist", where=folder, remedy="make it first")
    if folder.exists() and not folder.is_dir():
        raise OutputNotWritable("is a file", where=folder, remedy="give the name of a folder")
    if folder.exists() and any(folder.iterdir()):
        raise OutputNotWritable("is not empty", where=folder, remedy="give the name of a new folder")
    if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
        raise OutputNotWritable("is read-only for you", where=folder, remedy="choose another folder")


def write_set(folder: Path, objects: Mapping[str, Dataset | Sequence[Dataset]]) -> list[Path]:
    """Write objects by name; a sequence of objects becomes a folder of numbered files.

    Parameters
    ----------
    folder
        Missing or empty; the folder above it must exist.

    Returns
    -------
    list of pathlib.Path
        Every file.

    Raises
    ------
    OutputNotWritable
        As :func:`check_free`, or the disk is full; nothing is left behind then.
    """
    check_free(folder)
    with atomic_folder(folder) as hidden:
        hidden.chmod(folder.parent.stat().st_mode & 0o777)  # readable for whom the folder above is
        names = [name for key, content in objects.items() for name in _write(hidden, key, content)]
    return [folder / name for name in names]


def _write(root: Path, name: str, content: Dataset | Sequence[Dataset]) -> list[Path]:
    """Write one object or one series; return its files relative to the root."""
    if not isinstance(content, Sequence):
        content.save_as(root / name, enforce_file_format=True)
        return [Path(name)]
    (root / name).mkdir()
    files = [Path(name, f"{n:04d}.dcm") for n in range(1, len(content) + 1)]
    for file, one in zip(files, content, strict=True):
        one.save_as(root / file, enforce_file_format=True)
    return files

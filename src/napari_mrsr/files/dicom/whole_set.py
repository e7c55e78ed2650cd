"""A set of DICOM files, written whole or not at all.

All files go to a hidden folder beside their place and are flushed to the disk; then each takes its name. An earlier set
steps aside first and is removed last, so whoever looks sees the old or the new, and an error puts the old back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from napari_mrsr.errors import OutputNotWritable
from napari_mrsr.files.atomic import not_writable

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def write_set(folder: Path, objects: Mapping[str, Dataset | Sequence[Dataset]]) -> list[Path]:
    """Write objects by name into a folder; a sequence of objects becomes a folder of numbered files.

    Parameters
    ----------
    folder
        Made if it does not exist; its parent must.

    Returns
    -------
    list of pathlib.Path
        A path per name, in the order given.

    Raises
    ------
    OutputNotWritable
        The folder cannot be made or written, or the disk is full; the folder is then as it was before.
    """
    if not folder.parent.is_dir():
        raise OutputNotWritable("cannot be made: the folder above does not exist", where=folder, remedy="make it first")
    if folder.exists() and not folder.is_dir():
        raise OutputNotWritable("is a file", where=folder, remedy="give the name of a folder")
    made_here = not folder.exists()
    hidden: Path | None = None
    try:
        folder.mkdir(exist_ok=True)
        hidden = Path(mkdtemp(prefix=".dicom.part-", dir=folder))
        for name, content in objects.items():
            _write(hidden / "new" / name, content)
        return _take_place(folder, hidden, list(objects))
    except OSError as error:
        raise not_writable(folder, error) from error
    finally:
        if hidden is not None:
            shutil.rmtree(hidden, ignore_errors=True)
        if made_here:
            with suppress(OSError):
                folder.rmdir()  # only if it stayed empty


def _write(path: Path, content: Dataset | Sequence[Dataset]) -> None:
    path.parent.mkdir(exist_ok=True)
    if not isinstance(content, Sequence):
        content.save_as(path, enforce_file_format=True)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        return
    path.mkdir()
    for n, one in enumerate(content, 1):
        one.save_as(path / f"{n:04d}.dcm", enforce_file_format=True)


def _take_place(folder: Path, hidden: Path, names: Sequence[str]) -> list[Path]:
    """Rename what was written to its place; on an error put back what stood there."""
    aside = hidden / "old"
    aside.mkdir()
    done: list[str] = []
    try:
        for name in names:
            if (folder / name).exists():
                os.replace(folder / name, aside / name)
            os.replace(hidden / "new" / name, folder / name)
            done.append(name)
    except OSError:
        for name in names:
            if name in done:
                os.replace(folder / name, hidden / "new" / name)
            if (aside / name).exists():
                os.replace(aside / name, folder / name)
        raise
    return [folder / name for name in names]

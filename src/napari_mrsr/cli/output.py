"""Where results go: looked at before the long work, so that nobody waits a minute to hear that a folder is missing.

The folder of an output file must exist; output folders are made.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mrsr.errors import BadParameter, OutputNotWritable

if TYPE_CHECKING:
    from napari_mrsr.mapping import T1Map, T2Map

VOLUME_SUFFIXES = (".nii", ".nii.gz")

#: Folders that this command made, outer ones first.
_made: list[Path] = []


def check_file(path: Path) -> Path:
    """Return the path if a file can be written there.

    Raises
    ------
    OutputNotWritable
        Its folder does not exist or cannot be written to, or something that is not a file stands there.
    """
    folder = path.parent
    if not folder.is_dir():
        raise OutputNotWritable("is no folder, so nothing can be written there", where=folder, remedy="make it first")
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "not an ordinary file"
        raise OutputNotWritable(f"is {kind}", where=path, remedy="give the name of a file to write")
    _try_writing(folder)
    return path


def check_volumes(paths: Iterable[Path | None], *, reads: Iterable[Path | None] = ()) -> None:
    """Refuse names under which a command cannot write its volumes, each with its sidecar.

    Parameters
    ----------
    paths
        What is to be written; None stands for an output that was not asked for.
    reads
        What the command reads.

    Raises
    ------
    BadParameter
        A name does not end in .nii or .nii.gz.
    OutputNotWritable
        See :func:`check_file`; or two outputs have one name, or one that of a scan that is read.
    """
    taken = {_stem(path): "is read by this command" for path in reads if path is not None}
    for path in paths:
        if path is None:
            continue
        if not path.name.lower().endswith(VOLUME_SUFFIXES) or path.name.lower() in VOLUME_SUFFIXES:
            raise BadParameter("is no name for a volume", where=path, remedy="end it in .nii.gz or .nii")
        if (why := taken.get(_stem(path))) is not None:
            raise OutputNotWritable(why, where=path, remedy="give another name to write")
        taken[_stem(path)] = "is the name of two outputs"
        check_file(path)


def _stem(path: Path) -> str:
    """Return what a volume and its sidecar have in common."""
    name = str(path.resolve())
    return next((name[: -len(end)] for end in (".nii.gz", ".nii") if name.lower().endswith(end)), name)


def check_folder(path: Path) -> Path:
    """Make the folder if it is not there, and return it if it can be written to.

    Raises
    ------
    OutputNotWritable
        It cannot be made or written to.
    """
    missing = [one for one in (path, *path.parents) if not one.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        _made.extend(reversed(missing))
    except OSError as error:
        raise OutputNotWritable(
            f"cannot be made: {_reason(error)}", where=path, remedy="choose another folder"
        ) from error
    _try_writing(path)
    return path


def remove_empty() -> None:
    """Remove folders that were made for results and hold none, as after a refusal."""
    while _made:
        with suppress(OSError):  # it holds something
            _made.pop().rmdir()


def _try_writing(folder: Path) -> None:
    try:  # asking the permission bits is not enough: the file system may be read-only, and root passes every check
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputNotWritable(
            f"cannot be written to: {_reason(error)}", where=folder, remedy="choose another folder"
        ) from error


def _reason(error: OSError) -> str:
    return (error.strerror or os.strerror(error.errno or 0)).lower()


def write_fit(found: T1Map | T2Map, output: Path, reason: Path | None, uncertainty: Path | None) -> None:
    """Write a map that was fitted, and what else of it was asked for."""
    from napari_mrsr.files import write_labels, write_nifti

    write_nifti(found.map, output)
    if reason is not None:
        write_labels(found.reason, reason)
    if uncertainty is not None and found.sigma is not None:
        write_nifti(found.sigma, uncertainty)

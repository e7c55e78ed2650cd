"""A file is written whole or not at all.

The content goes to a hidden file in the same folder, is flushed to the disk, and takes the name of the output in one
step (``os.replace`` is atomic within a file system). Whoever looks at the output sees the old file or the new one,
never half of it, even when the program is killed. What a killed program left is removed by the next that writes there.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_mrsr.errors import OutputNotWritable

_REASONS = {
    errno.ENOSPC: ("could not be written: the disk is full", "free some space, or choose another folder"),
    errno.EDQUOT: ("could not be written: the disk quota is used up", "free some space, or choose another folder"),
    errno.EFBIG: ("could not be written: the file system allows no file that large", "choose another folder"),
    errno.EROFS: ("could not be written: the file system is read-only", "choose another folder"),
    errno.EACCES: ("could not be written: the folder is read-only for you", "choose another folder"),
    errno.EPERM: ("could not be written: the folder is read-only for you", "choose another folder"),
    errno.EISDIR: ("is a folder", "give the name of a file"),
}


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Return the suffix of a file name, ``.nii.gz`` as one.

    Examples
    --------
    >>> suffix_of("knee.e1.nii.gz"), suffix_of("stats.csv")
    ('.nii.gz', '.csv')
    """
    name = Path(path).name
    lower = name.lower()
    return name[-7:] if lower.endswith(".nii.gz") else Path(name).suffix


def not_writable(path: str | os.PathLike[str], error: OSError) -> OutputNotWritable:
    """Return what the system said about a path as an error with a remedy."""
    reason = f"could not be written: {error.strerror or error}"
    what, remedy = _REASONS.get(error.errno or 0, (reason, "choose another folder"))
    return OutputNotWritable(what, where=path, remedy=remedy)


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a hidden path to write to; on leaving without an error it becomes ``path``, else it is removed.

    Parameters
    ----------
    path
        The file to write. Its folder must exist. The hidden name keeps its suffix, which many writers look at.

    Raises
    ------
    OutputNotWritable
        The folder is missing or read-only, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> with atomic_path(Path(tempfile.mkdtemp()) / "stats.csv") as hidden:
    ...     _ = hidden.write_text("n,mean")
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise OutputNotWritable(
            "cannot be written: its folder does not exist", where=target, remedy="make the folder first"
        )
    if target.is_dir():
        raise OutputNotWritable("is a folder", where=target, remedy="give the name of a file")
    suffix = suffix_of(target)
    stem = f".{target.name.removesuffix(suffix)}.part-"
    _sweep(target.parent, stem)
    hidden = target.parent / f"{stem}{os.getpid()}-{os.urandom(3).hex()}{suffix}"
    try:
        yield hidden
        with hidden.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(hidden, target)
    except OSError as error:
        raise not_writable(target, error) from error
    finally:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)


def _sweep(folder: Path, stem: str) -> None:
    """Remove the hidden files that dead processes left for this output."""
    with suppress(OSError):
        for left in folder.iterdir():
            if left.name.startswith(stem):
                owner = left.name[len(stem) :].split("-")[0]
                if owner.isdigit() and not process_lives(int(owner)):
                    left.unlink(missing_ok=True)


def process_lives(process: int) -> bool:
    """Tell whether a process of this number runs on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

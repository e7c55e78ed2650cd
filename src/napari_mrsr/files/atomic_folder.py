"""A folder is written whole or not at all.

Everything goes to a hidden sibling, which takes the name of the folder in one step. A folder that stood there before
steps aside first and is removed only after the new one has its name; if the step fails it steps back. Whoever is
killed between the two steps leaves the earlier folder under a hidden name, and :func:`recover` brings it back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_mrsr.errors import OutputNotWritable
from napari_mrsr.files.atomic import not_writable, process_lives


@contextmanager
def atomic_folder(path: str | os.PathLike[str], *, keep_others: tuple[str, ...] | None = None) -> Iterator[Path]:
    """Give a hidden folder to write into; on leaving without an error it becomes ``path``, else it is removed.

    Parameters
    ----------
    path
        The folder to write; one that stands there is replaced. The folder above it must exist.
    keep_others
        Names (first part of a path inside the folder) that are replaced; whatever else the earlier folder holds is
        taken along. Without it nothing is taken along.

    Raises
    ------
    OutputNotWritable
        The folder above is missing or read-only, the disk is full, or ``path`` is a file.

    Examples
    --------
    >>> import tempfile
    >>> with atomic_folder(Path(tempfile.mkdtemp()) / "review") as hidden:
    ...     _ = (hidden / "review.json").write_text("{}")
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise OutputNotWritable(
            "cannot be written: the folder above it does not exist", where=target, remedy="make that folder first"
        )
    if target.exists() and not target.is_dir():
        raise OutputNotWritable("is a file", where=target, remedy="give the name of a folder")
    recover(target)
    _sweep(target)
    mark = f"{os.getpid()}-{os.urandom(3).hex()}"
    hidden, aside = target.with_name(f".{target.name}.part-{mark}"), target.with_name(f".{target.name}.old-{mark}")
    try:
        hidden.mkdir(mode=0o700)
        yield hidden
        if keep_others is not None and target.is_dir():
            _take_along(target, hidden, keep_others)
        _flush(hidden)
        if target.is_dir():
            os.replace(target, aside)
            try:
                os.replace(hidden, target)
            except OSError:
                os.replace(aside, target)
                raise
        else:
            os.replace(hidden, target)
    except OSError as error:
        raise not_writable(target, error) from error
    finally:
        for left in (hidden, aside):
            shutil.rmtree(left, ignore_errors=True)


def recover(path: str | os.PathLike[str]) -> bool:
    """Bring back the earlier folder if somebody was killed while replacing it; tell whether there was one."""
    target = Path(path)
    if target.exists() or not target.parent.is_dir():
        return False
    with suppress(OSError):
        left = sorted(target.parent.glob(f".{_escaped(target.name)}.old-*"), key=lambda p: p.stat().st_mtime)
        if left and not _owner_lives(left[-1]):
            os.replace(left[-1], target)
            return True
    return False


def _take_along(old: Path, new: Path, replaced: tuple[str, ...]) -> None:
    """Copy what a person has put into the earlier folder."""
    for entry in old.iterdir():
        if entry.name in replaced or (new / entry.name).exists():
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, new / entry.name, symlinks=True)
        else:
            shutil.copy2(entry, new / entry.name, follow_symlinks=False)


def _flush(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())


def _sweep(target: Path) -> None:
    """Remove the hidden folders that dead processes left for this one."""
    with suppress(OSError):
        for left in target.parent.glob(f".{_escaped(target.name)}.part-*"):
            if not _owner_lives(left):
                shutil.rmtree(left, ignore_errors=True)


def _owner_lives(left: Path) -> bool:
    owner = left.name.rsplit("-", 2)[-2]
    return owner.isdigit() and process_lives(int(owner))


def _escaped(name: str) -> str:
    import glob

    return glob.escape(name)

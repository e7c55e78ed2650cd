"""What the autosave keeps on disk, and how a later start tells a crash from a clean end.

.. code-block:: text

    STATE/autosave/
      ID/                 painted regions as NIfTI and autosave.json; replaced as a whole at every save
      ID.lock             JSON: process number, when that process began, machine, whether it ended cleanly

No patient data: regions have no grey values; ``autosave.json`` holds the names that were given to regions, the grid,
and the sha256 of the scan. Where that scan lies is remembered by :mod:`.user_state` alone, for this user only.

A lock whose process is gone (number *and* start time, because numbers are used again) was left by a crash, unless it
says ``finished``. On another machine that shares the folder, where processes cannot be looked up, a lock is taken for
left when it has not been renewed for :data:`SILENCE`.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from napari_mrsr.errors import MrsrError
from napari_mrsr.files.atomic import atomic_path
from napari_mrsr.files.atomic_folder import atomic_folder, recover
from napari_mrsr.files.json_file import write_json
from napari_mrsr.files.scan_record import read_volume, write_volume
from napari_mrsr.files.user_state import state_folder
from napari_mrsr.files.without_names import without_names
from napari_mrsr.scan import Scan

NAME = "autosave.json"

#: A lock of another machine is dead after this long without a sign of life, s (an autosave renews it every minute).
SILENCE = 600.0

#: Autosaves of running viewers of this process.
_LIVE: set[str] = set()


@dataclass(frozen=True)
class Left:
    """An autosave that a viewer left behind."""

    folder: Path
    record: Mapping[str, Any]
    crashed: bool

    @property
    def when(self) -> datetime:
        """When it was saved, in local time."""
        try:
            return datetime.fromisoformat(str(self.record.get("created"))).astimezone()
        except ValueError:
            return datetime.fromtimestamp(self.folder.stat().st_mtime).astimezone()

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the painted regions."""
        return tuple(name for layer in self.record.get("layers", []) for name in layer.get("painted", []))


def autosaves() -> Path:
    """Return the folder of all autosaves."""
    folder = state_folder() / "autosave"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def new_place() -> Path:
    """Return the folder of a new autosave (not made yet), owned by this process."""
    folder = autosaves() / uuid.uuid4().hex[:12]
    _LIVE.add(folder.name)
    return folder


def write_autosave(folder: Path, record: Mapping[str, Any], volumes: Mapping[str, Scan]) -> None:
    """Write what is painted, whole or not at all, and renew the lock.

    Raises
    ------
    OutputNotWritable
        The disk is full or the folder read-only; the earlier autosave stays.
    """
    write_lock(folder, finished=False)
    with atomic_folder(folder) as hidden:
        records = {key: write_volume(without_names(scan), hidden, key) for key, scan in volumes.items()}
        created = datetime.now(UTC).isoformat(timespec="seconds")
        write_json({**record, "created": created, "volumes": records}, hidden / NAME)


def read_autosave(left: Left) -> dict[str, Scan]:
    """Return the painted volumes of an autosave by key.

    Raises
    ------
    UnreadableFile, NothingToRead
        It is damaged.
    """
    return {key: read_volume(entry, left.folder)[0] for key, entry in left.record.get("volumes", {}).items()}


def write_lock(folder: Path, *, finished: bool) -> None:
    """Say whose the autosave is, and whether its viewer ended cleanly."""
    import psutil

    content = {
        "process": os.getpid(),
        "began": psutil.Process().create_time(),
        "machine": platform.node(),
        "finished": finished,
    }
    with atomic_path(_lock(folder)) as hidden:
        hidden.touch(mode=0o600)
        hidden.write_text(json.dumps(content), encoding="utf-8")


def take_over(folder: Path) -> None:
    """Make this process the owner of an autosave that another left behind."""
    _LIVE.add(folder.name)
    with suppress(MrsrError, OSError):
        write_lock(folder, finished=False)


def finish(folder: Path) -> None:
    """Say that the viewer ended cleanly and left something unsaved."""
    _LIVE.discard(folder.name)
    with suppress(MrsrError, OSError):
        write_lock(folder, finished=True)


def discard(folder: Path) -> None:
    """Remove an autosave."""
    _LIVE.discard(folder.name)
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        _lock(folder).unlink(missing_ok=True)


def left_behind() -> list[Left]:
    """Return the autosaves of viewers that are gone, latest first."""
    found = []
    for lock in autosaves().glob("*.lock"):
        folder = lock.with_suffix("")
        recover(folder)
        owner = _read(lock)
        if _lives(owner, folder, lock):
            continue
        record = _read(folder / NAME)
        if not record:
            discard(folder)  # it was killed before the first autosave was whole
            continue
        found.append(Left(folder, record, crashed=not owner.get("finished")))
    return sorted(found, key=lambda left: left.when, reverse=True)


def _lives(owner: Mapping[str, Any], folder: Path, lock: Path) -> bool:
    if owner.get("finished"):
        return False
    if owner.get("machine") != platform.node():
        return time.time() - lock.stat().st_mtime < SILENCE
    if owner.get("process") == os.getpid():
        return folder.name in _LIVE
    import psutil

    try:
        process = psutil.Process(int(owner.get("process", -1)))
        same = abs(process.create_time() - float(owner["began"])) < 1.0
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, ValueError, KeyError, TypeError):
        return False


def _lock(folder: Path) -> Path:
    return folder.with_suffix(".lock")


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

"""A saved review: a folder of open formats that any program can read.

.. code-block:: text

    knee/
      review.json            what was open and how it was looked at (UTF-8 JSON, this file's "version" is 1)
      volumes/NAME.nii.gz    what was computed, with BIDS-like sidecars: nothing is computed again on reopening
      labels/NAME.nii.gz     painted regions, whole numbers
      scans/NAME.nii.gz      copies of the scans, if asked for, and of scans that no file holds
      statistics.csv         the table of every painted layer: label, name, n, mean ..., roi, map, unit

``review.json`` holds ``format`` (``"napari-mrsr review"``), ``version``, ``plugin``, ``created`` (UTC),
``deidentified``, ``scans`` (:mod:`.scan_identity`), ``volumes`` (below), and the parts that the app writes:
``session``, ``layers``, ``view``, ``parts``, ``subject``. A volume is a key and a record (:mod:`.scan_record`).

Versions: a reader refuses a ``version`` above its own and ignores entries that it does not know; a writer raises the
version only when an older reader would get something wrong.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from napari_mrsr import __version__
from napari_mrsr.errors import NothingToRead, OutputNotWritable, UnreadableFile
from napari_mrsr.files.atomic_folder import atomic_folder, recover
from napari_mrsr.files.json_file import write_json
from napari_mrsr.files.origin import INTENDED_USE
from napari_mrsr.files.scan_record import read_volume, write_volume
from napari_mrsr.files.without_names import without_names
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd

FORMAT, VERSION = "napari-mrsr review", 1
NAME = "review.json"
STATISTICS = "statistics.csv"

#: What a save replaces; anything else in the folder is a person's own and stays.
OURS = (NAME, STATISTICS, "volumes", "labels", "scans")

T = TypeVar("T")

#: A long step that says how far it is (0 to 1), in words, and returns what it made; closing it early undoes it.
Steps = Generator[tuple[float, str], None, T]


@dataclass
class Content:
    """What is to be saved.

    Attributes
    ----------
    record
        The entries of ``review.json``.
    volumes
        Scans to write, by ``folder/name`` (``"volumes/sr_lean_x2"``).
    tables
        Tables to write as CSV, by file name.
    """

    record: dict[str, Any] = field(default_factory=dict)
    volumes: dict[str, Scan] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Review:
    """A review that was read: its record, and the volumes by key; ``notes`` says what was odd."""

    folder: Path
    record: Mapping[str, Any]
    volumes: Mapping[str, Scan]
    notes: tuple[str, ...] = ()


def is_review(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a saved review (or its ``review.json``)."""
    folder = folder_of(path)
    return (folder / NAME).is_file()


def folder_of(path: str | os.PathLike[str]) -> Path:
    """Return the folder of a review, given it or its ``review.json``."""
    given = Path(path)
    return given.parent if given.name == NAME else given


def done(steps: Steps[T]) -> T:
    """Take all steps and return what they made."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: T = end.value
            return made


def write_review(content: Content, folder: str | os.PathLike[str], *, deidentify: bool = True) -> Steps[Path]:
    """Write a review, whole or not at all; an earlier review of that name is replaced.

    Parameters
    ----------
    content
        What is to be saved.
    folder
        Where to. It may exist if it is empty or an earlier review; a person's own files in it are kept.
    deidentify
        Leave out paths and telling sidecar entries.

    Yields
    ------
    How far it is. If no further step is taken the earlier review stays as it was.

    Raises
    ------
    OutputNotWritable
        The folder above is missing or read-only, the disk is full, or the folder holds something else.
    """
    target = Path(folder)
    recover(target)
    if target.is_dir() and any(target.iterdir()) and not is_review(target):
        raise OutputNotWritable(
            "holds other files and is no saved review", where=target, remedy="choose a new name for the review"
        )
    with atomic_folder(target, keep_others=OURS) as hidden:
        records: dict[str, Any] = {}
        for n, (key, scan) in enumerate(content.volumes.items()):
            yield n / (len(content.volumes) + 1), f"saving {key.rpartition('/')[2]}"
            records[key] = write_volume(without_names(scan) if deidentify else scan, hidden, key)
        for name, table in content.tables.items():
            table.to_csv(hidden / name, index=False)
        about = {
            "format": FORMAT,
            "version": VERSION,
            "plugin": f"napari-mrsr {__version__}",
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "use": INTENDED_USE,
            "deidentified": deidentify,
        }
        write_json({**about, **content.record, "volumes": records}, hidden / NAME)
    return target


def read_record(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what ``review.json`` holds.

    Raises
    ------
    NothingToRead
        There is no saved review.
    UnreadableFile
        It is damaged, of another program, or of a later version.
    """
    folder = folder_of(path)
    recover(folder)
    file = folder / NAME
    if not file.is_file():
        raise NothingToRead("is no saved review", where=folder, remedy=f"choose a folder that holds {NAME}")
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"is damaged ({error})", where=file, remedy="take it from a backup") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT or not isinstance(record.get("version"), int):
        raise UnreadableFile("is not of a saved review", where=file, remedy=f"choose a folder saved as {FORMAT!r}")
    if record["version"] > VERSION:
        raise UnreadableFile(
            f"has version {record['version']}, this program reads up to {VERSION}",
            where=file,
            remedy="update napari-mrsr",
        )
    return record


def read_review(path: str | os.PathLike[str]) -> Steps[Review]:
    """Read a review with all its volumes; a volume that another program has changed is read, and said.

    Raises
    ------
    NothingToRead, UnreadableFile
        As for :func:`read_record`; also where a volume is missing or damaged.
    """
    folder, record = folder_of(path), read_record(path)
    entries = record.get("volumes", {})
    volumes: dict[str, Scan] = {}
    notes: list[str] = []
    for n, (key, entry) in enumerate(entries.items()):
        yield n / (len(entries) + 1), f"reading {key.rpartition('/')[2]}"
        volumes[key], changed = read_volume(entry, folder)
        if changed:
            notes.append(f"{entry['file']} was changed by another program since the review was saved")
    return Review(folder, record, volumes, tuple(notes))

"""A study goes into one folder, whole or not at all: a page, a CSV file per table, its figures and where it comes from.

===================  ======================================================================================
``<name>.md``        title, what was done, every table rounded for reading, every figure with its caption
``<table>.csv``      the same table with all digits
``<figure>.png``     as drawn
``provenance.json``  versions, settings and data, and the sha256 of every other file
===================  ======================================================================================

A folder that holds anything but an earlier study is refused: nothing of a person's is ever replaced.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from napari_mrsr import __version__
from napari_mrsr.errors import BadParameter, OutputNotWritable
from napari_mrsr.files.atomic_folder import atomic_folder
from napari_mrsr.studies.pages import Figure, StudyTable, markdown, page

__all__ = [
    "PROVENANCE",
    "Figure",
    "Study",
    "StudyTable",
    "check_free",
    "markdown",
    "page",
    "said_of_skipped",
    "write_study",
]

PROVENANCE = "provenance.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, eq=False)
class Study:
    """What a study found, ready to be written.

    Parameters
    ----------
    name
        Of its page.
    title, lead, tables, figures, provenance
        As for :func:`write_study`.
    skipped
        Subjects that could not be used, and why, in one line each.
    """

    name: str
    title: str
    lead: str
    tables: tuple[StudyTable, ...]
    figures: tuple[Figure, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: str) -> StudyTable:
        """Return the table of a name; KeyError where there is none."""
        return {table.name: table for table in self.tables}[name]

    def write(self, folder: Path) -> list[Path]:
        """Write the study into a folder and return its files; raises as :func:`write_study`."""
        return write_study(
            folder,
            name=self.name,
            title=self.title,
            lead="\n\n".join([self.lead, *said_of_skipped(self.skipped)]),
            tables=self.tables,
            figures=self.figures,
            provenance={**self.provenance, "Skipped": dict(self.skipped)},
        )


def said_of_skipped(skipped: Mapping[str, str]) -> list[str]:
    """Return a paragraph that names who was left out and why; none where nobody was.

    Examples
    --------
    >>> said_of_skipped({"sub-02": "has no second echo"})
    ['Left out: sub-02 (has no second echo).']
    """
    if not skipped:
        return []
    return ["Left out: " + "; ".join(f"{name} ({why})" for name, why in skipped.items()) + "."]


def write_study(
    folder: Path,
    *,
    title: str,
    lead: str,
    tables: Sequence[StudyTable],
    figures: Sequence[Figure] = (),
    provenance: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> list[Path]:
    """Write a study and return its files.

    Parameters
    ----------
    folder
        Becomes the study. It must not exist, be empty, or hold an earlier study; the folder above it must exist.
    title, lead
        Headline of the page, and the paragraph under it.
    tables, figures
        In the order of the page.
    provenance
        Settings and data of the study, as JSON can hold them; versions and check sums are added.
    name
        Of the page; that of the folder where not given.

    Raises
    ------
    OutputNotWritable
        The folder holds something else, or cannot be written.
    BadParameter
        Two tables or figures share a name, or a name cannot be that of a file.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> table = StudyTable("t2", pd.DataFrame({"method": ["lean"], "T2 [ms]": [35.24]}), "T2 of one knee.", 1)
    >>> out = Path(tempfile.mkdtemp()) / "dess-t2"
    >>> sorted(path.name for path in write_study(out, title="T2", lead="One knee.", tables=[table]))
    ['dess-t2.md', 'provenance.json', 't2.csv']
    """
    name = name or folder.name
    _check_names(name, [table.name for table in tables], [figure.name for figure in figures])
    check_free(folder)
    with atomic_folder(folder) as hidden:
        (hidden / f"{name}.md").write_text(page(title, lead, tables, figures), encoding="utf-8")
        for table in tables:
            table.frame.to_csv(hidden / f"{table.name}.csv", index=False, encoding="utf-8")
        for figure in figures:
            figure.draw(hidden / f"{figure.name}.png")
        files = sorted(path.name for path in hidden.iterdir())
        about = _provenance(hidden, title, files, provenance or {})
        (hidden / PROVENANCE).write_text(json.dumps(about, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return [folder / file for file in (*files, PROVENANCE)]


def _check_names(page: str, tables: Sequence[str], figures: Sequence[str]) -> None:
    """Refuse names that are no file's, or that two files would share."""
    for name in (page, *tables, *figures):
        if not _NAME.fullmatch(name):
            raise BadParameter(f"{name!r} cannot be the name of a file", remedy="use letters, digits, - and _")
    for names in (tables, figures):
        twice = next((name for name in names if list(names).count(name) > 1), None)
        if twice is not None:
            raise BadParameter(f"two parts of the study are called {twice!r}", remedy="name them apart")


def check_free(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier study; raises OutputNotWritable."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    try:
        earlier = "Study" in json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        earlier = False
    if not earlier:
        raise OutputNotWritable(
            "holds something that is not a study, and is left as it is", where=folder, remedy="name a new folder"
        )


def _provenance(folder: Path, title: str, files: Sequence[str], about: Mapping[str, Any]) -> dict[str, Any]:
    from napari_mrsr.files.origin import INTENDED_USE, plain, sha256_of
    from napari_mrsr.report.tables import versions

    return {
        "Study": title,
        "Software": "napari-mrsr",
        "Version": __version__,
        "IntendedUse": INTENDED_USE,
        "Created": datetime.now(UTC).isoformat(timespec="seconds"),
        "Environment": {"Python": platform.python_version(), "Platform": platform.system(), **versions()},
        **plain(dict(about)),
        "Files": [
            {"Name": file, "Sha256": sha256_of(folder / file), "Bytes": (folder / file).stat().st_size}
            for file in files
        ],
    }

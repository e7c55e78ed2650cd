"""The two files of a blinded reading: the reader's scores as CSV, and the key beside it as JSON.

The scores (reading, reader, case, letter, criterion, score, time) say nothing about methods or patients. The key holds
the seed, the volume, and per case the scan's fingerprint and the method behind each letter; it is opened for the
summary only. Both carry the number of the reading, so that they cannot be mixed up.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

from napari_mrsr.app.blinded.reading import CRITERIA, Case, Reading, Score
from napari_mrsr.errors import BadParameter, NothingToRead, UnreadableFile
from napari_mrsr.metrics.reading import SCALE

COLUMNS = ("reading", "reader", "case", "letter", "criterion", "score", "time")


def stem(reading: Reading) -> str:
    """Return what the files of a reading are called, without suffix."""
    return f"reading_{re.sub(r'[^A-Za-z0-9-]+', '-', reading.reader).strip('-') or 'reader'}_{reading.number}"


def as_csv(reading: Reading) -> str:
    """Return the reader's file, which says nothing about methods."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for _, s in sorted(reading.scores.items()):
        writer.writerow((reading.number, reading.reader, s.case, s.letter, s.criterion, s.score, s.time))
    return text.getvalue()


def key(reading: Reading) -> dict[str, Any]:
    """Return the key: what stands behind the letters."""
    return {
        "reading": reading.number,
        "reader": reading.reader,
        "seed": reading.seed,
        "volume": reading.volume,
        "note": "open after the last case: this names the methods behind the letters",
        "cases": [asdict(case) for case in reading.cases],
    }


def write(reading: Reading, folder: str | PathLike[str]) -> tuple[Path, Path]:
    """Write both files into a folder and return their paths: scores, key.

    Raises
    ------
    OutputNotWritable
        The folder is missing, read-only or full.
    """
    from napari_mrsr.files import atomic_path

    scores_path, key_path = Path(folder) / f"{stem(reading)}.csv", Path(folder) / f"{stem(reading)}_key.json"
    for path, text in ((key_path, json.dumps(key(reading), indent=2)), (scores_path, as_csv(reading))):
        with atomic_path(path) as hidden:
            hidden.write_text(text, encoding="utf-8")
    return scores_path, key_path


def read(path: str | PathLike[str]) -> Reading:
    """Return a reading from its CSV and the key that lies beside it.

    Raises
    ------
    NothingToRead
        The file or its key is missing.
    UnreadableFile
        It is no reading.
    BadParameter
        Scores and key belong to different readings.
    """
    path = Path(path)
    key_path = path.with_name(f"{path.stem}_key.json")
    rows, found = _rows(path), _key(key_path)
    numbers = {row["reading"] for row in rows}
    if numbers - {found["reading"]}:
        raise BadParameter(
            f"belongs to reading {', '.join(sorted(numbers))}, its key to {found['reading']}",
            where=path,
            remedy="put the key of this reading beside it",
        )
    cases = [Case(int(c["number"]), str(c["scan"]), dict(c["methods"])) for c in found["cases"]]
    reading = Reading(str(found["reader"]), str(found["reading"]), int(found["seed"]), str(found["volume"]), cases)
    known = {(case.number, letter) for case in cases for letter in case.letters}
    for row in rows:
        where = (int(row["case"]), row["letter"])
        if where not in known or row["criterion"] not in CRITERIA or int(row["score"]) not in SCALE:
            raise UnreadableFile(
                f"scores {row['criterion']} of {where[1]} in case {where[0]}, which its key does not know",
                where=path,
                remedy="bring back the key that was written with these scores",
            )
        score = Score(*where, row["criterion"], int(row["score"]), row["time"])
        reading.scores[(*where, row["criterion"])] = score
    return reading


def write_back(path: Path, scores: str) -> None:
    """Write the scores of a saved session where their file is gone and its key is not.

    Raises
    ------
    NothingToRead
        The key is gone, too.
    OutputNotWritable
        The folder is read-only or full.
    """
    from napari_mrsr.files import atomic_path

    if path.is_file():
        return
    if not path.with_name(f"{path.stem}_key.json").is_file():
        raise NothingToRead("is gone, with its key", where=path, remedy="begin a new reading")
    with atomic_path(path) as hidden:
        hidden.write_text(scores, encoding="utf-8")


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise NothingToRead("does not exist", where=path, remedy="choose the CSV beside its key")
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        header = path.read_text(encoding="utf-8").splitlines()[:1]
        valid = header == [",".join(COLUMNS)] and all(
            None not in row and row["case"].isdigit() and row["score"].isdigit() for row in rows
        )
    except (UnicodeDecodeError, csv.Error, AttributeError, TypeError) as error:
        raise UnreadableFile(
            "is no reading", where=path, remedy="choose the scores that a blinded reading wrote"
        ) from error
    if not valid:
        raise UnreadableFile(
            "is not the scores of a blinded reading", where=path, remedy=f"its first line must be {','.join(COLUMNS)}"
        )
    return rows


def _key(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise NothingToRead("is missing: without the key letters stay letters", where=path, remedy="put it there")
    try:
        key: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        key["reading"], key["reader"], key["volume"], int(key["seed"])
        for case in key["cases"]:
            int(case["number"]), case["scan"], dict(case["methods"])
    except (UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise UnreadableFile(
            "is no key of a reading", where=path, remedy="bring back the key beside the scores"
        ) from error
    return key

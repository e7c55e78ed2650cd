"""A blinded reading: cases, methods behind letters in random order, scores, and the two files they are kept in.

The reader's file (CSV: reading, reader, case, letter, criterion, score, time) says nothing about methods or patients.
The key (JSON beside it: the seed, and per case the scan's fingerprint and the method behind each letter) is opened for
the summary only. Letters are drawn anew for every case, by a generator whose seed stands in the key alone. The two
files carry the number of the reading, so that they cannot be mixed up.

Scores go from 1 to 5, and 5 is always the best: a high score for noise means that there is little.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.errors import BadParameter, NothingToRead, UnreadableFile
from napari_mrsr.metrics.reading import SCALE

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.scan import Scan

#: What is scored, and what its ends mean.
CRITERIA = {
    "sharpness": "1 blurred, 5 sharp",
    "noise": "1 disturbing, 5 none",
    "artefacts": "1 severe, 5 none",
    "confidence": "1 none, 5 certain",
}

LETTERS = "ABCD"
COLUMNS = ("reading", "reader", "case", "letter", "criterion", "score", "time")


@dataclass(frozen=True)
class Case:
    """One scan of a reading: its number, its fingerprint, and the method behind each letter."""

    number: int
    scan: str
    methods: Mapping[str, str]

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of this case."""
        return tuple(self.methods)


@dataclass(frozen=True)
class Score:
    """One score that a reader gave; ``time`` is UTC."""

    case: int
    letter: str
    criterion: str
    score: int
    time: str


@dataclass
class Reading:
    """What one reader scores, case by case.

    Attributes
    ----------
    reader
        Who reads; initials are enough.
    number
        Ties the reader's file to its key.
    seed
        What the order of the letters is drawn from; kept in the key alone.
    """

    reader: str
    number: str = field(default_factory=lambda: secrets.token_hex(4))
    seed: int = field(default_factory=lambda: secrets.randbits(48), repr=False)
    cases: list[Case] = field(default_factory=list, repr=False)
    scores: dict[tuple[int, str, str], Score] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.reader = self.reader.strip()
        if not self.reader:
            raise BadParameter("the reader has no name", remedy="type initials: they tell two readings apart")

    def case_of(self, scan: str, methods: Sequence[str]) -> Case:
        """Return the case of a scan: as it was if it was begun before, else a new one with letters in random order.

        Parameters
        ----------
        scan
            The scan's :func:`fingerprint`.
        methods
            Two to four methods.

        Raises
        ------
        BadParameter
            Fewer than two methods or more than four, or the case was begun with others.
        """
        names = list(dict.fromkeys(methods))
        if not 2 <= len(names) <= len(LETTERS):
            raise BadParameter(
                f"{len(names)} method{'' if len(names) == 1 else 's'} cannot be read blinded",
                remedy=f"choose two to {len(LETTERS)}; each run of the Process dock adds one",
            )
        for case in self.cases:
            if case.scan == scan:
                if set(case.methods.values()) != set(names):
                    raise BadParameter(
                        f"case {case.number} was begun with other methods",
                        remedy="super-resolve the scan by the same methods again, or begin a new reading",
                    )
                return case
        number = len(self.cases) + 1
        drawn = np.random.default_rng([self.seed, number]).permutation(sorted(names))
        case = Case(number, scan, dict(zip(LETTERS, map(str, drawn), strict=False)))
        self.cases.append(case)
        return case

    def give(self, case: Case, letter: str, criterion: str, score: int) -> None:
        """Score a picture; a later score of the same replaces it.

        Raises
        ------
        BadParameter
            There is no such letter or criterion, or the score is not on the scale.
        """
        if letter not in case.letters or criterion not in CRITERIA or score not in SCALE:
            raise BadParameter(f"{criterion} of {letter} cannot be scored {score}", remedy="scores are 1 to 5")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.scores[case.number, letter, criterion] = Score(case.number, letter, criterion, int(score), now)

    def score(self, case: Case, letter: str, criterion: str) -> int | None:
        """Return a score, None where there is none yet."""
        found = self.scores.get((case.number, letter, criterion))
        return None if found is None else found.score

    def missing(self, case: Case) -> list[tuple[str, str]]:
        """Return what is not scored yet: letters and criteria."""
        return [(a, c) for a in case.letters for c in CRITERIA if (case.number, a, c) not in self.scores]

    # -- files --------------------------------------------------------------------------------------
    @property
    def stem(self) -> str:
        """What the files of this reading are called, without suffix."""
        return f"reading_{re.sub(r'[^A-Za-z0-9-]+', '-', self.reader).strip('-') or 'reader'}_{self.number}"

    def as_csv(self) -> str:
        """Return the reader's file, which says nothing about methods."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for _, s in sorted(self.scores.items()):
            writer.writerow((self.number, self.reader, s.case, s.letter, s.criterion, s.score, s.time))
        return text.getvalue()

    def key(self) -> dict[str, Any]:
        """Return the key: what stands behind the letters."""
        return {
            "reading": self.number,
            "reader": self.reader,
            "seed": self.seed,
            "note": "open after the last case: this names the methods behind the letters",
            "cases": [asdict(case) for case in self.cases],
        }

    def write(self, folder: str | PathLike[str]) -> tuple[Path, Path]:
        """Write both files into a folder and return their paths: scores, key.

        Raises
        ------
        OutputNotWritable
            The folder is missing, read-only or full.
        """
        from napari_mrsr.files import atomic_path

        scores, key = Path(folder) / f"{self.stem}.csv", Path(folder) / f"{self.stem}_key.json"
        for path, text in ((key, json.dumps(self.key(), indent=2)), (scores, self.as_csv())):
            with atomic_path(path) as hidden:
                hidden.write_text(text, encoding="utf-8")
        return scores, key

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Reading:
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
        rows, key = _rows(path), _key(key_path)
        numbers = {row["reading"] for row in rows}
        if numbers - {key["reading"]}:
            raise BadParameter(
                f"belongs to reading {', '.join(sorted(numbers))}, its key to {key['reading']}",
                where=path,
                remedy="put the key of this reading beside it",
            )
        cases = [Case(int(c["number"]), str(c["scan"]), dict(c["methods"])) for c in key["cases"]]
        reading = cls(str(key["reader"]), str(key["reading"]), int(key["seed"]), cases)
        known = {(case.number, letter) for case in cases for letter in case.letters}
        for row in rows:
            where = (int(row["case"]), row["letter"])
            if where not in known or row["criterion"] not in CRITERIA or int(row["score"]) not in SCALE:
                raise UnreadableFile(
                    f"scores {row['criterion']} of {where[1]} in case {where[0]}, which its key does not know",
                    where=path,
                )
            found = Score(*where, row["criterion"], int(row["score"]), row["time"])
            reading.scores[(*where, row["criterion"])] = found
        return reading

    def unblinded(self) -> pd.DataFrame:
        """Return the scores with methods: columns reader, case (the scan's fingerprint), method, criterion, score."""
        import pandas as pd

        cases = {case.number: case for case in self.cases}
        rows = [
            (self.reader, cases[s.case].scan, cases[s.case].methods[s.letter], s.criterion, s.score)
            for _, s in sorted(self.scores.items(), key=lambda item: list(CRITERIA).index(item[0][2]))
        ]
        return pd.DataFrame(rows, columns=["reader", "case", "method", "criterion", "score"])


def fingerprint(scan: Scan) -> str:
    """Return what tells a scan from others in a key, without saying whose it is: a hash of its grid and voxels.

    Voxels are sampled evenly, at most a million, so that a clinical volume takes a few milliseconds.
    """
    flat = scan.array.reshape(-1) if scan.array.flags.c_contiguous else scan.array.ravel()
    sample = np.ascontiguousarray(flat[:: max(1, flat.size // 1_000_000)], dtype=np.float32)
    about = f"{scan.array.shape} {np.round(scan.affine, 3).tolist()}".encode()
    return hashlib.sha256(about + sample.tobytes()).hexdigest()[:16]


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise NothingToRead("does not exist", where=path)
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        header = path.read_text(encoding="utf-8").splitlines()[:1]
        valid = header == [",".join(COLUMNS)] and all(
            None not in row and row["case"].isdigit() and row["score"].isdigit() for row in rows
        )
    except (UnicodeDecodeError, csv.Error, AttributeError, TypeError) as error:
        raise UnreadableFile("is no reading", where=path) from error
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
        key["reading"], key["reader"], int(key["seed"])
        for case in key["cases"]:
            int(case["number"]), case["scan"], dict(case["methods"])
    except (UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise UnreadableFile("is no key of a reading", where=path) from error
    return key

"""A blinded reading: cases, methods behind letters in random order, and scores.

Letters are drawn anew for every case, by a generator whose seed stands in the key alone (:mod:`.files`).
Scores go from 1 to 5, and 5 is always the best: a high score for noise means that there is little.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from napari_mrsr.errors import BadParameter
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
    volume
        The volume (echo) that is read.
    """

    reader: str
    number: str = field(default_factory=lambda: secrets.token_hex(4))
    seed: int = field(default_factory=lambda: secrets.randbits(48), repr=False)
    volume: str = ""
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

    def unblinded(self) -> pd.DataFrame:
        """Return the scores with methods: columns reader, case (fingerprint and volume), method, criterion, score."""
        import pandas as pd

        cases = {case.number: case for case in self.cases}
        rows = [
            (
                self.reader,
                f"{cases[s.case].scan} {self.volume}".strip(),
                cases[s.case].methods[s.letter],
                s.criterion,
                s.score,
            )
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

r"""Whether one method's SSIM is higher than another's: over subject x time as published, and over subjects.

The paper pools three subjects and ten time points: 30 pairs at each level, 90 over all levels, paired t and Wilcoxon's
signed-rank test. The frames of one person are not independent, so these p values say that the two methods differ in
*these* scans, not that they would in another person. That is asked over the subjects: the mean gain of each, its sign,
and the paired t test of the means. With n subjects Wilcoxon's p, or that of any flipping of signs, cannot fall below

.. math:: 2 / 2^n ,

0.25 for three subjects, whatever the gain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.metrics.agreement import paired_t, wilcoxon

#: Fewest pairs that are tested.
LEAST = 2


@dataclass(frozen=True)
class Compared:
    """One method against another.

    Attributes
    ----------
    pairs
        Subject x time points.
    gain
        Mean difference over them.
    t, wilcoxon
        Two-sided p over subject x time, as published; NaN for too few pairs.
    subjects
        How many there are.
    gains
        Mean gain of each, in order.
    favoured
        Subjects with a gain above 0.
    t_subjects
        p of the paired t test over the subjects' means; NaN for fewer than two.
    smallest
        The least p that signs of so many subjects can give.
    """

    pairs: int
    gain: float
    t: float
    wilcoxon: float
    subjects: int
    gains: tuple[float, ...]
    favoured: int
    t_subjects: float
    smallest: float


def compare(subjects: Sequence[str], reference: npt.ArrayLike, test: npt.ArrayLike) -> Compared:
    """Compare the scores of two methods.

    Parameters
    ----------
    subjects
        Whose score it is, one name for each pair.
    reference, test
        Scores in the same order, shape ``(pair,)``.

    Raises
    ------
    BadParameter
        The lengths differ, or there is no pair.

    Examples
    --------
    >>> found = compare(["a", "a", "b", "b"], [0.90, 0.91, 0.92, 0.90], [0.93, 0.95, 0.94, 0.93])
    >>> round(found.gain, 3), found.favoured, found.smallest
    (0.03, 2, 0.5)
    """
    x, y = np.asarray(reference, np.float64), np.asarray(test, np.float64)
    if not len(subjects) == x.size == y.size or not x.size:
        raise BadParameter(f"{x.size} and {y.size} scores of {len(subjects)} frames are not pairs")
    people = tuple(dict.fromkeys(subjects))
    mine = np.asarray(subjects)
    pairs = [(float(x[mine == one].mean()), float(y[mine == one].mean())) for one in people]
    gains = tuple(b - a for a, b in pairs)
    enough, several = x.size >= LEAST, len(people) >= LEAST
    nan = math.nan
    return Compared(
        pairs=x.size,
        gain=float((y - x).mean()),
        t=paired_t(x, y).p if enough else nan,
        wilcoxon=wilcoxon(x, y).p if enough else nan,
        subjects=len(people),
        gains=gains,
        favoured=sum(gain > 0 for gain in gains),
        t_subjects=paired_t([a for a, _ in pairs], [b for _, b in pairs]).p if several else nan,
        smallest=min(1.0, 2 / 2 ** len(people)),
    )

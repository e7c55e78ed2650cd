r"""Whether one method scores higher than another where scores are clustered: many volumes or slices of each subject.

Papers pool them: paired t and Wilcoxon's signed-rank test over subject x time point, or over all slices. The frames or
slices of one person are not independent, so these p values say that the two methods differ in *these* scans, not that
they would in another person. That is asked over the subjects: the mean gain of each, its sign, the paired t test of the
means and its 95 % interval, and Wilcoxon's test of them. With n subjects Wilcoxon's p, or that of any flipping of
signs, cannot fall below

.. math:: 2 / 2^n ,

0.25 for three subjects, whatever the gain.

How far from independent the pooled pairs are is said by the intraclass correlation r of their gains within subjects,
from the mean squares between and within k subjects of m pairs on average (:math:`m_0` where they have unequal numbers):

.. math:: r = \frac{B - W}{B + (m_0 - 1) W}, \qquad N_\text{eff} = \frac{N}{1 + (m_0 - 1) r}

(Kish, Survey Sampling, 1965: the design effect).
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
    wilcoxon_subjects
        p of Wilcoxon's test over the subjects' means; NaN for fewer than two.
    interval
        95 % interval of the mean of the subjects' gains, by Student's t; NaN for fewer than two.
    effective
        As many independent pairs the pooled ones are worth; NaN for fewer than two subjects.
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
    wilcoxon_subjects: float = math.nan
    interval: tuple[float, float] = (math.nan, math.nan)
    effective: float = math.nan


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
        wilcoxon_subjects=wilcoxon([a for a, _ in pairs], [b for _, b in pairs]).p if several else nan,
        interval=_interval(np.array(gains)) if several else (nan, nan),
        effective=effective_pairs([(y - x)[mine == one] for one in people]) if several else nan,
    )


def effective_pairs(groups: Sequence[npt.NDArray[np.float64]]) -> float:
    """Return how many independent values some groups of correlated ones are worth: Kish's effective sample size.

    Parameters
    ----------
    groups
        Values of each subject, shape ``(pair,)``; two subjects or more.

    Examples
    --------
    >>> effective_pairs([np.array([1.0, 1.0, 1.0]), np.array([2.0, 2.0, 2.0])])  # nothing but the subject counts
    2.0
    >>> effective_pairs([np.array([1.0, 2.0]), np.array([2.0, 1.0])])  # the subject does not count
    4.0
    """
    sizes = np.array([one.size for one in groups], float)
    count, total = len(groups), float(sizes.sum())
    if total <= count:
        return total
    mean = float(np.concatenate(groups).mean())
    means = np.array([one.mean() for one in groups])
    between = float((sizes * (means - mean) ** 2).sum()) / (count - 1)
    within = float(sum(((one - one.mean()) ** 2).sum() for one in groups)) / (total - count)
    usual = (total - float((sizes**2).sum()) / total) / (count - 1)
    if between + (usual - 1) * within <= 0:
        return total
    correlation = max(0.0, (between - within) / (between + (usual - 1) * within))
    return max(float(count), total / (1 + (usual - 1) * correlation))


def _interval(gains: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of a mean by Student's t."""
    from scipy import stats

    half = float(stats.t.ppf(0.975, gains.size - 1) * gains.std(ddof=1) / np.sqrt(gains.size))
    mean = float(gains.mean())
    return mean - half, mean + half

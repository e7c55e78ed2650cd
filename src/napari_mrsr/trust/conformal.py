r"""Which multiple of a predicted error holds the true one: split conformal prediction, subject by subject.

A scan has millions of voxels, but they are not millions of independent witnesses: those of one subject share its
anatomy, its noise and its luck. What can be exchanged for one another are the subjects. With scores
:math:`s_{vi} = |t - x| / u` of voxel i of calibration subject v (truth t, result x, predicted error u), n subjects of
:math:`m_v` voxels each, and the wanted coverage :math:`1 - \alpha`, the multiple is

.. math:: q = \min \Big\{ s : \frac{1}{n + 1} \sum_{v=1}^{n} \frac{\#\{i : s_{vi} \le s\}}{m_v} \ge 1 - \alpha \Big\} ,

the mean of the subjects' distributions, one vote each, with the new subject counted as if it were off everywhere. This
is the pooling of distribution functions of Dunn, Wasserman and Ramdas with the correction for finite n of Lee, Barber
and Willett.

**What is guaranteed.** A new subject that could have been any of the calibration subjects, and a voxel drawn from it at
random: the truth lies within :math:`x \pm q u` with a probability of at least :math:`1 - \alpha`, for whatever u, if u
was settled on other subjects. The probability runs over subjects, calibrations and voxels together.

**What is not.** That each subject, each tissue or each edge reaches :math:`1 - \alpha`: one subject may have less and
another more. Nor anything for a scan that differs from all calibration subjects.

Sources
-------
- Dunn R, Wasserman L, Ramdas A. Distribution-free prediction sets for two-layer hierarchical models. J Am Stat Assoc
  2023;118:2491 (arXiv 1809.07441).
- Lee Y, Barber RF, Willett R. Distribution-free inference with hierarchical data. arXiv 2306.06342.
- Angelopoulos AN, Bates S. A gentle introduction to conformal prediction. arXiv 2107.07511 (split conformal; scores
  divided by a predicted error, section 2.3).
- Romano Y, Patterson E, Candes E. Conformalized quantile regression. NeurIPS 2019 (arXiv 1905.03222).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter


def fewest_subjects(coverage: float) -> int:
    """Return how many calibration subjects a coverage needs: with fewer no finite multiple is enough.

    Examples
    --------
    >>> fewest_subjects(0.9), fewest_subjects(0.95)
    (9, 19)
    """
    return math.ceil(round(coverage / (1 - coverage), 9))


def multiple(scores: Sequence[npt.NDArray[Any]], coverage: float = 0.9) -> float:
    r"""Return q, by which a predicted error must be multiplied.

    Parameters
    ----------
    scores
        For each calibration subject its scores :math:`|t - x| / u`, one-dimensional, at least one each.
    coverage
        :math:`1 - \alpha`, above 0 and below 1.

    Raises
    ------
    BadParameter
        The coverage is impossible, a subject has no score, or there are fewer subjects than it needs.

    Examples
    --------
    Nine subjects of one voxel: the largest of the scores.

    >>> multiple([np.array([float(n)]) for n in range(1, 10)])
    9.0
    """
    if not 0 < coverage < 1:
        raise BadParameter(f"a coverage of {coverage:g} is not between 0 and 1")
    if any(one.size == 0 for one in scores):
        raise BadParameter("a calibration subject has no voxel")
    n = len(scores)
    if n < fewest_subjects(coverage):
        raise BadParameter(
            f"{n} subjects are too few for intervals of {coverage:.0%}",
            remedy=f"give at least {fewest_subjects(coverage)}",
        )
    values = np.concatenate([np.asarray(one, np.float64).ravel() for one in scores])
    votes = np.concatenate([np.full(one.size, 1.0 / ((n + 1) * one.size)) for one in scores])
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(votes[order])
    return float(values[order][min(int(np.searchsorted(reached, coverage - 1e-12)), values.size - 1)])


def coverage_of(scores: Sequence[npt.NDArray[Any]], q: float) -> npt.NDArray[np.float64]:
    """Return the part of each subject's scores that lies within the multiple."""
    return np.array([float(np.mean(one <= q)) for one in scores])

r"""How well readers agree, and which method they score higher: ordinal scores, such as Likert 1 to 5.

Weighted kappa of two readings of the same :math:`n` pictures (Cohen, Psychol Bull 1968;70:213). With :math:`p_{ij}`
the fraction scored :math:`i` by the one and :math:`j` by the other, :math:`e_{ij} = p_{i\cdot}\, p_{\cdot j}` what
chance gives, and the weight of a disagreement :math:`w_{ij} = |i-j|` (linear) or :math:`(i-j)^2` (quadratic),

.. math:: \kappa_w = 1 - \frac{\sum_{ij} w_{ij}\, p_{ij}}{\sum_{ij} w_{ij}\, e_{ij}}.

Methods are held against each other by the signed rank test of Wilcoxon (Biometrics Bull 1945;1:80) over the cases.
Scores tie all the time, so the tabulated distribution does not hold: up to :data:`EXACT_UP_TO` cases that differ, all
:math:`2^n` signs are counted through with the tied ranks, beyond that the normal approximation corrected for ties is
used. Cases that do not differ are left out (and counted). With fewer than :data:`LEAST` cases that differ no outcome
could reach p < 0.05, which is said instead of a verdict. Over the pairs of methods of one criterion p is corrected as
Holm did (Scand J Stat 1979;6:65).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    import pandas as pd

Weights = Literal["quadratic", "linear", "none"]

#: The scores there are.
SCALE = (1, 2, 3, 4, 5)

#: Up to so many differing cases the test counts all signs through.
EXACT_UP_TO = 15

#: With fewer differing cases no two-sided p below 0.05 is possible: 2 / 2^5 = 0.0625.
LEAST = 6


@dataclass(frozen=True)
class SignedRank:
    """A signed rank test of paired scores.

    Attributes
    ----------
    n, differing
        Pairs, and those among them that differ.
    difference
        Mean of ``test - reference``, points.
    p
        Two-sided; 1 where nothing differs.
    exact
        Whether p was counted, not approximated.
    """

    n: int
    differing: int
    difference: float
    p: float
    exact: bool

    @property
    def too_few(self) -> bool:
        """Whether so few cases differ that no outcome could be significant at 5 %."""
        return self.differing < LEAST


def weighted_kappa(
    one: npt.ArrayLike, other: npt.ArrayLike, *, weights: Weights = "quadratic", scale: Sequence[int] = SCALE
) -> float:
    """Return the weighted kappa of two readings; NaN where chance alone would agree fully.

    Parameters
    ----------
    one, other
        One score per picture, shape ``(picture,)``, each on ``scale``.
    weights
        How a disagreement counts: by its square, its size, or at all.
    scale
        The scores there are, in order.

    Raises
    ------
    BadParameter
        The lengths differ, there is no score, or one is not on the scale.

    Examples
    --------
    >>> round(weighted_kappa([1, 2, 3, 4, 5], [1, 2, 3, 5, 5]), 3)
    0.957
    """
    x, y = _scores(one, scale), _scores(other, scale)
    if x.size != y.size:
        raise BadParameter(
            f"{x.size} and {y.size} scores are not those of the same pictures",
            remedy="give both scores of every picture",
        )
    counts = np.zeros((len(scale), len(scale)))
    np.add.at(counts, (x, y), 1.0)
    return kappa_of_table(counts, weights=weights)


def kappa_of_table(counts: npt.ArrayLike, *, weights: Weights = "quadratic") -> float:
    """Return the weighted kappa of a square table of counts, rows by one reader and columns by the other."""
    p = np.asarray(counts, dtype=np.float64)
    if p.ndim != 2 or p.shape[0] != p.shape[1] or p.sum() <= 0:
        raise BadParameter(
            f"a square table of counts is needed, not one of shape {p.shape}",
            remedy="give counts of every score of one against every score of the other",
        )
    p = p / p.sum()
    i = np.arange(len(p))
    apart = np.abs(i[:, None] - i[None, :]).astype(float)
    w = {"quadratic": apart**2, "linear": apart, "none": (apart > 0).astype(float)}[weights]
    by_chance = float((w * np.outer(p.sum(axis=1), p.sum(axis=0))).sum())
    return 1.0 - float((w * p).sum()) / by_chance if by_chance > 0 else float("nan")


def signed_rank(reference: npt.ArrayLike, test: npt.ArrayLike) -> SignedRank:
    """Return the signed rank test of two methods' scores, case by case.

    Parameters
    ----------
    reference, test
        One score per case, shape ``(case,)``.

    Raises
    ------
    BadParameter
        The lengths differ or there is no case.

    Examples
    --------
    >>> found = signed_rank([2, 3, 3, 2, 3, 2], [4, 4, 4, 3, 5, 3])
    >>> found.differing, round(found.p, 5), found.exact
    (6, 0.03125, True)
    """
    from scipy import stats

    x, y = np.asarray(reference, dtype=float), np.asarray(test, dtype=float)
    if x.shape != y.shape or x.ndim != 1 or not x.size:
        raise BadParameter(
            f"{x.size} and {y.size} scores are not those of the same cases", remedy="give both scores of every case"
        )
    d = y - x
    differing = int(np.count_nonzero(d))
    if differing == 0:
        return SignedRank(x.size, 0, 0.0, 1.0, True)
    exact = differing <= EXACT_UP_TO
    d = d[d != 0]
    method = stats.PermutationMethod(n_resamples=np.inf) if exact else "asymptotic"
    p = 1.0 if differing == 1 else float(stats.wilcoxon(d, method=method).pvalue)  # one sign: both are as likely
    return SignedRank(x.size, differing, float((y - x).mean()), p, exact)


def holm(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return p values corrected for being several, as Holm did.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=float)
    order = np.argsort(values)
    raised = np.maximum.accumulate(values[order] * (values.size - np.arange(values.size)))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(raised, 1.0)
    return corrected


def mean_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Return cases, mean, SD and median per criterion and method.

    Parameters
    ----------
    scores
        Columns ``case``, ``method``, ``criterion`` and ``score``, one row per score.
    """
    grouped = scores.groupby(["criterion", "method"], sort=False)["score"]
    return grouped.agg(n="count", mean="mean", sd="std", median="median").reset_index()


def method_tests(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the signed rank test of every pair of methods per criterion, over the cases that have both.

    Parameters
    ----------
    scores
        Columns ``case``, ``method``, ``criterion`` and ``score``; several readings of a case are averaged first, so
        that a case counts once.

    Returns
    -------
    DataFrame
        ``criterion, reference, test, n, differing, difference, p, p_holm, note``.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    for criterion, part in scores.groupby("criterion", sort=False):
        table = part.pivot_table(index="case", columns="method", values="score", aggfunc="mean", sort=False)
        found = []
        for one, other in combinations(dict.fromkeys(part["method"]), 2):
            both = table[[one, other]].dropna()
            if both.empty:
                continue
            outcome = signed_rank(both[one], both[other])
            found.append(_row(str(criterion), one, other, outcome))
        for row, corrected in zip(found, holm([float(r["p"]) for r in found]), strict=True):  # type: ignore[arg-type]
            row["p_holm"] = float(corrected)
        rows += found
    columns = ["criterion", "reference", "test", "n", "differing", "difference", "p", "p_holm", "note"]
    return pd.DataFrame(rows, columns=columns)


def _row(criterion: str, one: Hashable, other: Hashable, outcome: SignedRank) -> dict[str, object]:
    note = f"too few cases: {outcome.differing} differ, {LEAST} are needed" if outcome.too_few else ""
    note = note or ("exact" if outcome.exact else "normal approximation")
    return {
        "criterion": criterion, "reference": one, "test": other, "n": outcome.n, "differing": outcome.differing,
        "difference": outcome.difference, "p": outcome.p, "note": note,
    }  # fmt: skip


def reader_agreement(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the weighted kappa of two readings per criterion, and over all of them.

    Parameters
    ----------
    one, other
        Columns ``case``, ``method``, ``criterion`` and ``score``; pictures are matched by case and method.

    Returns
    -------
    DataFrame
        ``criterion, n, kappa_quadratic, kappa_linear, equal_percent``.

    Raises
    ------
    BadParameter
        No picture was scored in both.
    """
    import pandas as pd

    names = ["case", "method", "criterion"]
    both = one.merge(other, on=names, suffixes=("_one", "_other"))
    if both.empty:
        raise BadParameter("the two readings share no picture", remedy="choose two readings of the same cases")
    parts: Mapping[Hashable, pd.DataFrame] = {**dict(iter(both.groupby("criterion", sort=False))), "all": both}
    rows = []
    for criterion, part in parts.items():
        x, y = part["score_one"].to_numpy(), part["score_other"].to_numpy()
        rows.append(
            {
                "criterion": criterion,
                "n": len(part),
                "kappa_quadratic": weighted_kappa(x, y),
                "kappa_linear": weighted_kappa(x, y, weights="linear"),
                "equal_percent": 100.0 * float((x == y).mean()),
            }
        )
    return pd.DataFrame(rows)


def _scores(values: npt.ArrayLike, scale: Sequence[int]) -> npt.NDArray[np.intp]:
    given = np.asarray(values, dtype=float)
    if given.ndim != 1 or not given.size:
        raise BadParameter(
            f"one score per picture is needed, not an array of shape {given.shape}", remedy="give a flat list of scores"
        )
    if not np.isin(given, scale).all():
        raise BadParameter(
            f"scores must be on the scale {min(scale)} to {max(scale)}",
            remedy="correct the score, or give the scale that was used",
        )
    return np.searchsorted(np.asarray(scale), given)

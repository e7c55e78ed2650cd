r"""One value per subject and method against a reference, as tables: the paper's Table 2, and all that it leaves out.

Definitions are those of :mod:`napari_mrsr.metrics.agreement`, which give every printed digit of Table 2 in Chaudhari et
al. (MRSR on dual-echo DESS). Beside it stand the limits of agreement and paired tests, because the samples are paired,
which Mann-Whitney's test ignores; and the smallest p that a test can reach with so few subjects:

- Mann-Whitney of n against n: :math:`2 / \binom{2n}{n}`, 0.0079 for five subjects, but only if every value of one
  method lies above every reference value;
- Wilcoxon's signed ranks: :math:`2 / 2^n`, 0.0625 for five: it cannot fall below 0.05 with fewer than six.

Above eight subjects the p of Mann-Whitney is that of the normal approximation, as in scipy, far above its floor.
What so few subjects cannot tell is not printed: it has no value, and :func:`missing` says why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.metrics import agreement as agree
from napari_mrsr.metrics.agreement import Summary

if TYPE_CHECKING:
    import pandas as pd

#: Subjects below which correlation, limits of agreement and tests are not printed.
LEAST = 3


@dataclass(frozen=True)
class Agreement:
    """How a method agrees with the reference over the subjects; None where there are too few subjects.

    Parameters
    ----------
    n
        Number of subjects.
    reference, test, difference
        Mean and SD (ddof 1) over the subjects, and of test minus reference: the signed bias.
    cv
        Coefficient of variation of the subjects' values, %.
    pixel_cv
        Mean over a subject's pixels, then over the subjects, %; None where no pixels were given.
    ccc
        Lin's concordance correlation coefficient.
    limits
        Lower and upper 95 % limit of agreement.
    mann_whitney, wilcoxon, paired_t
        p, two-sided.
    """

    n: int
    reference: Summary
    test: Summary
    difference: Summary
    cv: Summary
    pixel_cv: Summary | None
    ccc: float | None
    limits: tuple[float, float] | None
    mann_whitney: float | None
    wilcoxon: float | None
    paired_t: float | None


def agreement(
    reference: npt.ArrayLike, test: npt.ArrayLike, *, pixel_cv: npt.ArrayLike | None = None, ddof: int = 0
) -> Agreement:
    """Return how one value per subject agrees with the reference.

    Parameters
    ----------
    reference, test
        One value per subject, shape ``(subject,)``, one unit.
    pixel_cv
        Of each subject, see :func:`pixel_wise_cv`.
    ddof
        Of the concordance correlation coefficient; 0 is Lin's definition, and the paper's.

    Raises
    ------
    BadParameter
        The lengths differ, or a value is not finite.

    Examples
    --------
    >>> found = agreement([35.2, 42.6, 27.9, 35.3, 36.6], [35.8, 44.1, 29.1, 38.5, 38.0])
    >>> f"{found.difference:.1f}", f"{found.cv:.1f}", round(found.ccc, 2)
    ('1.6 ± 1.0', '3.1 ± 1.8', 0.93)
    """
    x, y = np.asarray(reference, np.float64), np.asarray(test, np.float64)
    difference, cv = agree.difference(x, y), agree.coefficient_of_variation(x, y)
    enough = x.size >= LEAST
    ccc = agree.concordance(x, y, ddof=ddof) if enough else math.nan
    plot = agree.bland_altman(x, y) if enough else None
    return Agreement(
        n=int(x.size),
        reference=Summary.of(x),
        test=Summary.of(y),
        difference=difference,
        cv=cv,
        pixel_cv=None if pixel_cv is None else Summary.of(pixel_cv),
        ccc=ccc if math.isfinite(ccc) else None,
        limits=None if plot is None else (plot.lower, plot.upper),
        mann_whitney=agree.mann_whitney(x, y).p if enough else None,
        wilcoxon=agree.wilcoxon(x, y).p if enough else None,
        paired_t=agree.paired_t(x, y).p if enough else None,
    )


def pixel_wise_cv(reference: npt.ArrayLike, test: npt.ArrayLike) -> float:
    """Return the mean over the pixels of one subject of each pixel's coefficient of variation, %; NaN without pixels.

    Parameters
    ----------
    reference, test
        T2 of the same pixels; those that are not finite and above 0 in both are left out.

    Examples
    --------
    >>> round(pixel_wise_cv([35.0, 40.0, np.nan], [36.0, 40.0, 39.0]), 3)
    0.996
    """
    x, y = np.asarray(reference, np.float64), np.asarray(test, np.float64)
    known = np.isfinite(x) & np.isfinite(y) & (x > 0) & (y > 0)
    if not known.any():
        return math.nan
    return agree.coefficient_of_variation(x[known], y[known]).mean


def smallest_p(n: int) -> dict[str, float]:
    """Return the smallest two-sided p that exact tests of ``n`` subjects can reach.

    Examples
    --------
    >>> smallest_p(5)
    {'Mann-Whitney': 0.007936507936507936, 'Wilcoxon': 0.0625}
    """
    return {"Mann-Whitney": 2 / math.comb(2 * n, n), "Wilcoxon": 2 / 2**n} if n else {}


def missing(n: int) -> str:
    """Return why figures of ``n`` subjects are missing, or what their tests can reach at best; one sentence."""
    if n < LEAST:
        people = f"{n} subject{'s' if n != 1 else ''}"
        also = " SD," if n < 2 else ""
        at_best = " or ".join(f"{min(1.0, p):.2f} ({name})" for name, p in smallest_p(n).items())
        floor = f"; the smallest p that they could give is {at_best}" if at_best else ""
        return (
            f"With {people} there are no{also} concordance, limits of agreement or tests: "
            f"they need at least {LEAST}{floor}."
        )
    lowest = smallest_p(n)
    said = f"the smallest p that {n} subjects can give is {_p(lowest['Mann-Whitney'])} (Mann-Whitney) "
    said += f"and {_p(lowest['Wilcoxon'])} (Wilcoxon)"
    hopeless = lowest["Wilcoxon"] > 0.05
    return said[0].upper() + said[1:] + (", so that Wilcoxon's test cannot reach 0.05." if hopeless else ".")


def published_table(
    subjects: Sequence[str],
    reference: npt.ArrayLike,
    methods: Mapping[str, npt.ArrayLike],
    *,
    ddof: int = 0,
    unit: str = "ms",
) -> pd.DataFrame:
    """Return the table as the paper prints it: a row per subject, then average, CV, difference and CCC.

    Parameters
    ----------
    subjects
        Their names.
    reference
        One value per subject.
    methods
        One value per subject of each method.
    ddof
        Of the concordance correlation coefficient.
    unit
        Of the values.

    Raises
    ------
    BadParameter
        Lengths differ or a value is not finite.
    """
    import pandas as pd

    x = np.asarray(reference, np.float64)
    if len(subjects) != x.size:
        raise BadParameter(f"{len(subjects)} names for {x.size} subjects")
    found = {name: agreement(x, values, ddof=ddof) for name, values in methods.items()}
    none = "N/A"
    columns: dict[str, list[str]] = {"Subject": [*subjects, "Average", "CV [%]", f"Difference [{unit}]", "CCC"]}
    columns["Ground truth"] = [*(f"{v:.1f}" for v in x), mean_sd(Summary.of(x), 1), none, none, none]
    for name, a in found.items():
        columns[name] = [
            *(f"{v:.1f}" for v in a.test.values),
            mean_sd(a.test, 1),
            mean_sd(a.cv, 1),
            mean_sd(a.difference, 1),
            "-" if a.ccc is None else f"{a.ccc:.2f}",
        ]
    return pd.DataFrame(columns)


def statistics_row(a: Agreement, *, unit: str = "ms") -> dict[str, Any]:
    """Return all figures of an agreement as a row of a table, in words where the paper gives a mean and an SD."""
    return {
        "n": a.n,
        f"reference [{unit}]": mean_sd(a.reference, 1),
        f"method [{unit}]": mean_sd(a.test, 1),
        f"difference [{unit}]": mean_sd(a.difference, 2, signed=True),
        "ROI CV [%]": mean_sd(a.cv, 2),
        "pixel CV [%]": "-" if a.pixel_cv is None else mean_sd(a.pixel_cv, 2),
        "CCC": "-" if a.ccc is None else f"{a.ccc:.3f}",
        f"limits [{unit}]": "-" if a.limits is None else f"{a.limits[0]:+.2f} to {a.limits[1]:+.2f}",
        "p Mann-Whitney": _p(a.mann_whitney),
        "p Wilcoxon": _p(a.wilcoxon),
        "p paired t": _p(a.paired_t),
    }


def mean_sd(summary: Summary, digits: int, *, signed: bool = False) -> str:
    """Return mean and SD; the mean alone where there is one subject.

    Examples
    --------
    >>> mean_sd(Summary.of([1.0, 3.0]), 1, signed=True), mean_sd(Summary.of([1.0]), 1)
    ('+2.0 ± 1.4', '1.0')
    """
    mean = f"{summary.mean:{'+' if signed else ''}.{digits}f}"
    return mean if math.isnan(summary.sd) else f"{mean} ± {summary.sd:.{digits}f}"


def _p(p: float | None) -> str:
    if p is None or math.isnan(p):
        return "-"
    return "<0.001" if p < 0.001 else f"{p:.2g}" if p < 0.01 else f"{p:.3f}"

r"""How well two ways of measuring agree, subject by subject.

For the pairs :math:`(x_i, y_i)` of reference and test over :math:`n` subjects, with :math:`d_i = y_i - x_i`:

- difference: mean and SD of :math:`d_i` (all SDs here have ddof 1 unless said otherwise);
- coefficient of variation: of each pair :math:`\mathrm{CV}_i = 100\,\mathrm{SD}(x_i, y_i) / \mathrm{mean}(x_i, y_i)
  = 100\,\frac{|d_i|}{\sqrt 2} / \frac{x_i + y_i}{2}` %, then its mean and SD over the subjects;
- root-mean-square CV: :math:`\sqrt{\overline{\mathrm{CV}_i^2}}` (Gluer et al., Osteoporos Int 1995;5:262);
- concordance correlation coefficient, with moments over :math:`n` (Lin, Biometrics 1989;45:255):
  :math:`\rho_c = 2 s_{xy} / (s_x^2 + s_y^2 + (\bar x - \bar y)^2)`;
- limits of agreement :math:`\bar d \pm 1.96\,\mathrm{SD}(d)` (Bland and Altman, Lancet 1986;1:307), each with a
  standard error of about :math:`\sqrt{3/n}\,\mathrm{SD}(d)`, and the repeatability coefficient
  :math:`1.96 \sqrt 2\, s_w`, :math:`s_w^2 = \overline{d_i^2} / 2`.

These definitions give every printed digit of Table 2 in Chaudhari et al. (MRSR on dual-echo DESS) from its printed
values. The rank tests are exact where scipy has an exact distribution (few subjects, no ties).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Summary:
    """A quantity over subjects: ``mean`` and ``sd`` (ddof 1; NaN for one subject) of its ``values``."""

    mean: float
    sd: float
    values: Values

    @classmethod
    def of(cls, values: npt.ArrayLike) -> Summary:
        """Return the summary of one value per subject."""
        v = np.asarray(values, dtype=np.float64)
        return cls(float(v.mean()), float(v.std(ddof=1)) if v.size > 1 else float("nan"), v)

    def __format__(self, spec: str) -> str:
        """Write mean and SD: ``f"{summary:.1f}"`` is ``"1.6 ± 1.0"``."""
        return f"{self.mean:{spec}} ± {self.sd:{spec}}"


@dataclass(frozen=True)
class BlandAltman:
    """Bias and 95 % limits of agreement, in the unit of the values.

    ``limit_error`` is the standard error of either limit, ``repeatability`` the repeatability coefficient;
    ``means`` and ``differences`` are the points of the plot.
    """

    bias: float
    lower: float
    upper: float
    limit_error: float
    repeatability: float
    means: Values
    differences: Values


@dataclass(frozen=True)
class Test:
    """Outcome of a two-sided test."""

    __test__ = False  # not a test of pytest

    statistic: float
    p: float


def coefficient_of_variation(reference: npt.ArrayLike, test: npt.ArrayLike) -> Summary:
    """Return the coefficient of variation of the pairs, %.

    Parameters
    ----------
    reference, test
        One value per subject, shape ``(subject,)``.

    Raises
    ------
    BadParameter
        The lengths differ, a value is not finite, or a pair has mean 0.

    Examples
    --------
    >>> f"{coefficient_of_variation([35.2, 42.6], [35.8, 44.1]):.1f}"
    '1.8 ± 0.9'
    """
    x, y = _pairs(reference, test)
    mean = (x + y) / 2
    if (mean == 0).any():
        raise BadParameter(
            "a pair with mean 0 has no coefficient of variation",
            remedy="leave the pair out, or tell the difference instead",
        )
    return Summary.of(100 * np.abs(y - x) / np.sqrt(2) / np.abs(mean))


def rms_coefficient_of_variation(reference: npt.ArrayLike, test: npt.ArrayLike) -> float:
    """Return the root mean square of the pairs' coefficients of variation, %."""
    return float(np.sqrt(np.mean(coefficient_of_variation(reference, test).values ** 2)))


def difference(reference: npt.ArrayLike, test: npt.ArrayLike) -> Summary:
    """Return the differences ``test - reference``, in their unit.

    Examples
    --------
    >>> difference([35.0, 42.0], [36.0, 45.0]).mean
    2.0
    """
    x, y = _pairs(reference, test)
    return Summary.of(y - x)


def concordance(reference: npt.ArrayLike, test: npt.ArrayLike, *, ddof: int = 0) -> float:
    """Return Lin's concordance correlation coefficient; ``ddof=0`` is Lin's definition.

    NaN where neither varies and both agree (0 / 0).

    Examples
    --------
    >>> round(concordance([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]), 4)
    0.5714
    """
    x, y = _pairs(reference, test, least=2)
    n = len(x) - ddof
    if n <= 0:
        raise BadParameter(f"{len(x)} subjects are too few for ddof {ddof}", remedy="give more subjects")
    dx, dy = x - x.mean(), y - y.mean()
    denominator = (dx @ dx + dy @ dy) / n + (x.mean() - y.mean()) ** 2
    return float(2 * (dx @ dy) / n / denominator) if denominator > 0 else float("nan")


def bland_altman(reference: npt.ArrayLike, test: npt.ArrayLike) -> BlandAltman:
    """Return bias and limits of agreement of ``test - reference``; at least two subjects.

    Examples
    --------
    >>> agreement = bland_altman([1.0, 2.0, 3.0], [2.0, 2.0, 5.0])
    >>> round(agreement.lower, 2), agreement.bias, round(agreement.upper, 2)
    (-0.96, 1.0, 2.96)
    """
    x, y = _pairs(reference, test, least=2)
    d = y - x
    bias, sd = float(d.mean()), float(d.std(ddof=1))
    repeatability = 1.96 * np.sqrt(2) * np.sqrt(np.mean(d**2) / 2)
    error = float(np.sqrt(3 / d.size) * sd)
    return BlandAltman(bias, bias - 1.96 * sd, bias + 1.96 * sd, error, float(repeatability), (x + y) / 2, d)


def mann_whitney(reference: npt.ArrayLike, test: npt.ArrayLike) -> Test:
    """Return the Mann-Whitney U test of two samples, which need not be paired; U is that of ``test``."""
    from scipy import stats

    x, y = _sample(reference), _sample(test)
    outcome = stats.mannwhitneyu(y, x, alternative="two-sided")
    return Test(float(outcome.statistic), float(outcome.pvalue))


def wilcoxon(reference: npt.ArrayLike, test: npt.ArrayLike) -> Test:
    """Return the Wilcoxon signed-rank test of the pairs; p = 1 where all are equal."""
    from scipy import stats

    x, y = _pairs(reference, test)
    if (x == y).all():
        return Test(0.0, 1.0)
    outcome = stats.wilcoxon(y, x)
    return Test(float(outcome.statistic), float(outcome.pvalue))


def paired_t(reference: npt.ArrayLike, test: npt.ArrayLike) -> Test:
    """Return the paired t test of ``test - reference``; at least two subjects."""
    from scipy import stats

    x, y = _pairs(reference, test, least=2)
    if (x == y).all():
        return Test(0.0, 1.0)
    outcome = stats.ttest_rel(y, x)
    return Test(float(outcome.statistic), float(outcome.pvalue))


def _sample(values: npt.ArrayLike) -> Values:
    v = np.asarray(values, dtype=np.float64)
    if v.ndim != 1 or not v.size:
        raise BadParameter(
            f"one value per subject is needed, not an array of shape {v.shape}", remedy="give a flat list of values"
        )
    if not np.isfinite(v).all():
        raise BadParameter(f"{int((~np.isfinite(v)).sum())} of {v.size} values are not finite", remedy="leave them out")
    return v


def _pairs(reference: npt.ArrayLike, test: npt.ArrayLike, *, least: int = 1) -> tuple[Values, Values]:
    x, y = _sample(reference), _sample(test)
    if x.size != y.size:
        raise BadParameter(
            f"{x.size} and {y.size} values are not pairs", remedy="give one value of each method for every subject"
        )
    if x.size < least:
        raise BadParameter(f"{x.size} subject is too few, {least} are needed", remedy="give more subjects")
    return x, y

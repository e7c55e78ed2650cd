r"""Intraclass correlation of two or more readings of the same subjects.

For the readings :math:`x_{ij}` of subject :math:`i = 1 \dots n` by reader :math:`j = 1 \dots k`, a two-way analysis of
variance gives the mean squares between subjects (MSR), between readers (MSC) and of what is left (MSE):

.. math::
    \mathrm{MSR} = \frac{k}{n-1} \sum_i (\bar x_{i\cdot} - \bar x)^2, \quad
    \mathrm{MSC} = \frac{n}{k-1} \sum_j (\bar x_{\cdot j} - \bar x)^2, \quad
    \mathrm{MSE} = \frac{\sum_{ij} (x_{ij} - \bar x_{i\cdot} - \bar x_{\cdot j} + \bar x)^2}{(n-1)(k-1)}

- ICC(2,1), readers drawn from many, absolute agreement: a reader who always reads higher lowers it.
  :math:`(\mathrm{MSR} - \mathrm{MSE}) / (\mathrm{MSR} + (k-1)\,\mathrm{MSE} + k (\mathrm{MSC} - \mathrm{MSE}) / n)`
- ICC(3,1), these readers and no others, consistency: a constant difference does not count.
  :math:`(\mathrm{MSR} - \mathrm{MSE}) / (\mathrm{MSR} + (k-1)\,\mathrm{MSE})`

Shrout and Fleiss, Psychol Bull 1979;86:420, doi:10.1037/0033-2909.86.2.420.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter


@dataclass(frozen=True)
class Intraclass:
    """Single-reading intraclass correlations: ``agreement`` is ICC(2,1), ``consistency`` ICC(3,1)."""

    agreement: float
    consistency: float


def intraclass_correlation(readings: npt.ArrayLike) -> Intraclass:
    """Return ICC(2,1) and ICC(3,1).

    Parameters
    ----------
    readings
        Shape ``(subject, reader)``, at least two of each, in any unit.

    Returns
    -------
    Intraclass
        NaN where nothing varies (0 / 0).

    Raises
    ------
    BadParameter
        There are fewer than two subjects or readers, or a value is not finite.

    Examples
    --------
    The six targets and four judges of Shrout and Fleiss's Table 2:

    >>> judges = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> found = intraclass_correlation(judges)
    >>> round(found.agreement, 2), round(found.consistency, 2)
    (0.29, 0.71)
    """
    x = np.asarray(readings, dtype=np.float64)
    if x.ndim != 2 or min(x.shape) < 2:
        size = "x".join(map(str, x.shape))
        raise BadParameter(
            f"readings of shape {size} are too few: two subjects and two readers are needed",
            remedy="give a row for each subject and a column for each reader",
        )
    if not np.isfinite(x).all():
        raise BadParameter("some readings are not finite", remedy="leave these subjects out")
    n, k = x.shape
    mean, of_subject, of_reader = x.mean(), x.mean(axis=1), x.mean(axis=0)
    msr = k * float(((of_subject - mean) ** 2).sum()) / (n - 1)
    msc = n * float(((of_reader - mean) ** 2).sum()) / (k - 1)
    residual = x - of_subject[:, None] - of_reader[None] + mean
    mse = float((residual**2).sum()) / ((n - 1) * (k - 1))
    return Intraclass(
        _ratio(msr - mse, msr + (k - 1) * mse + k * (msc - mse) / n),
        _ratio(msr - mse, msr + (k - 1) * mse),
    )


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")

r"""Whether a region has changed since an earlier scan, or whether the difference is what repeating a scan gives.

Measured again without any change in the tissue, a regional mean :math:`x` differs from itself by a within-subject
standard deviation :math:`s_w`. The difference of two single measurements then has an SD of :math:`\sqrt 2\, s_w`, and

.. math:: \mathrm{RC} = 1.96 \sqrt 2\, s_w

is exceeded by chance in 5 % of unchanged regions: the repeatability coefficient (Bland and Altman, Stat Methods Med
Res 1999;8:135). A change beyond it is called so; a smaller one is *not shown*, which does not prove that there is none.
When many regions are looked at, one in twenty will lie beyond it by chance.

:math:`s_w` comes from repeated measurements, :math:`s_w^2 = \overline{s_i^2}` over the subjects (for pairs
:math:`\overline{d_i^2} / 2`), or from a stated within-subject coefficient of variation, :math:`s_w = \mathrm{wCV}
\cdot x`. Acquisition, sequence and painting must be those of the source, or RC is too small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    import pandas as pd

#: Factor from the within-subject SD to the repeatability coefficient.
FACTOR = float(1.96 * np.sqrt(2.0))

#: Columns of :func:`changes`, in order; values in the unit of the map.
COLUMNS = ("region", "baseline", "now", "change", "change_percent", "repeatability", "verdict")

WITHIN, BEYOND = "within repeatability", "beyond repeatability"
ONLY_NOW, ONLY_BEFORE = "not in the baseline", "not painted now"


@dataclass(frozen=True)
class Repeatability:
    """How far a regional mean scatters when nothing has changed.

    Parameters
    ----------
    within
        Within-subject standard deviation in the unit of the map (``kind="sd"``), or coefficient of variation in per
        cent (``kind="cv"``).
    kind
        Which of the two.
    source
        Where it comes from; stands with every verdict.

    Examples
    --------
    >>> round(Repeatability(1.0, "sd", "own").coefficient(35.0), 3)
    2.772
    >>> round(Repeatability(5.0, "cv", "QIBA").coefficient(35.0), 2)
    4.85
    """

    within: float
    kind: Literal["sd", "cv"]
    source: str

    def __post_init__(self) -> None:
        if not np.isfinite(self.within) or self.within <= 0:
            raise BadParameter(
                f"a within-subject variation of {self.within:g} is impossible", remedy="give more than 0"
            )

    def coefficient(self, baseline: float) -> float:
        """Return the repeatability coefficient for a region of this baseline mean, in its unit."""
        return FACTOR * (self.within if self.kind == "sd" else self.within / 100.0 * abs(baseline))


#: Published within-subject variation of cartilage T2 at 3 T, to choose from; the first is the default.
PUBLISHED = (
    Repeatability(5.0, "cv", "QIBA profile, knee cartilage: wCV 4-5 % (doi:10.1148/radiol.2021204587)"),
    Repeatability(6.4, "cv", "qDESS T2 next day: RMS-CV 6.4 % (Jordan, Osteoarthritis Cartilage 2014;22:1559)"),
    Repeatability(10.7, "cv", "qDESS T2 after a year: RMS-CV 10.7 % (Jordan, Osteoarthritis Cartilage 2014;22:1559)"),
)


def within_subject_sd(measurements: npt.ArrayLike) -> float:
    """Return the within-subject standard deviation of repeated measurements.

    Parameters
    ----------
    measurements
        Shape ``(subject, repeat)``, at least two repeats; NaN where a subject was measured less often.

    Raises
    ------
    BadParameter
        No subject was measured twice.

    Examples
    --------
    >>> round(within_subject_sd([[35.0, 36.0], [40.0, 38.0]]), 4)  # sqrt((1 + 4) / 2 / 2)
    1.118
    """
    x = np.asarray(measurements, dtype=np.float64)
    if x.ndim != 2:
        raise BadParameter(
            f"measurements of shape {x.shape} are not (subject, repeat)", remedy="give a row per subject"
        )
    counts = np.isfinite(x).sum(axis=1)
    x, counts = x[counts >= 2], counts[counts >= 2]
    if not len(x):
        raise BadParameter("no subject was measured twice", remedy="give at least two values a subject")
    means = np.nanmean(x, axis=1, keepdims=True)
    return float(np.sqrt(np.nansum((x - means) ** 2) / (counts - 1).sum()))


def changes(
    baseline: Mapping[str, float],
    now: Mapping[str, float],
    repeatability: Repeatability | Mapping[str, Repeatability],
) -> pd.DataFrame:
    """Return what has changed in each region, regions matched by name.

    Parameters
    ----------
    baseline, now
        Mean of each region by its name, in one unit.
    repeatability
        For all regions, or for each by name.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`. A region that only one of the two has is listed with its mean and said to be so.

    Examples
    --------
    >>> table = changes({"medial": 35.0, "lateral": 33.0}, {"medial": 41.0, "lateral": 34.0}, PUBLISHED[0])
    >>> list(table["verdict"])
    ['beyond repeatability', 'within repeatability']
    """
    import pandas as pd

    rows = []
    for region in [*baseline, *(name for name in now if name not in baseline)]:
        before, after = baseline.get(region, np.nan), now.get(region, np.nan)
        known = repeatability if isinstance(repeatability, Repeatability) else repeatability.get(region)
        coefficient = np.nan if known is None or not np.isfinite(before) else known.coefficient(before)
        change = after - before
        percent = 100.0 * change / before if before else np.nan
        rows.append((region, before, after, change, percent, coefficient, verdict(before, after, coefficient)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def verdict(before: float, after: float, coefficient: float) -> str:
    """Return what a change means, in words."""
    if not np.isfinite(before):
        return ONLY_NOW
    if not np.isfinite(after):
        return ONLY_BEFORE
    if not np.isfinite(coefficient):
        return "repeatability not known"
    return BEYOND if abs(after - before) > coefficient else WITHIN


def mismatches(baseline: Mapping[str, object], now: Mapping[str, object]) -> tuple[str, ...]:
    """Return why two reviews may not be of one knee, one line each.

    Parameters
    ----------
    baseline, now
        ``side`` (``"left"``, ``"right"`` or None) and ``number``, which stands for the patient (or None).

    Examples
    --------
    >>> mismatches({"side": "left", "number": "a1"}, {"side": "right", "number": "a1"})
    ('the baseline is a left knee, this is a right one',)
    """
    lines = []
    one, other = baseline.get("side"), now.get("side")
    if one and other and one != other:
        lines.append(f"the baseline is a {one} knee, this is a {other} one")
    one, other = baseline.get("number"), now.get("number")
    if one and other and one != other:
        lines.append("the baseline is of another subject")
    return tuple(lines)

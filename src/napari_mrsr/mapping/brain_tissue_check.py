"""T1 and T2 of the tissues of a brain, found by maps, beside what papers report of healthy adults.

White matter, grey matter and fluid are told apart by the images (:mod:`napari_mrsr.mapping.brain_classes`), not by the
maps, so that a map that is wrong does not choose its own witnesses. A median outside the range is a sign of something:
of disease, of age, of a scan unlike the training, or of maps that failed. It does not say of which.

A range goes from the lowest to the highest mean that papers report at that field strength, each with two standard
deviations to its side and with a tenth of the mean at least, since some papers print standard errors. Methods of
measuring differ by as much as people do.

Sources
-------
- Wright PJ, Mougin OE, Totman JJ, et al. MAGMA 2008;21:121-130. (MPRAGE; in vivo, four people)
- Wansapura JP, Holland SK, Dunn RS, Ball WS. J Magn Reson Imaging 1999;9:531-538. (in vivo)
- Stanisz GJ, Odrobina EE, Pun J, et al. Magn Reson Med 2005;54:507-512. (specimens at 37 degrees)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.brain_classes import CLASSES

Quantity = Literal["T1", "T2"]
#: Mean, SD (ms) and who reports them, by field strength (T), tissue and quantity.
REPORTED: Mapping[tuple[float, str, Quantity], tuple[tuple[float, float, str], ...]] = MappingProxyType(
    {
        (3.0, "white matter", "T1"): (
            (838, 50, "Wright 2008"), (832, 10, "Wansapura 1999"), (1084, 45, "Stanisz 2005"),
        ),
        (3.0, "grey matter", "T1"): (
            (1607, 112, "Wright 2008"), (1331, 13, "Wansapura 1999"), (1820, 114, "Stanisz 2005"),
        ),
        (3.0, "white matter", "T2"): ((79.6, 0.6, "Wansapura 1999"), (69, 3, "Stanisz 2005")),
        (3.0, "grey matter", "T2"): ((110, 2, "Wansapura 1999"), (99, 7, "Stanisz 2005")),
        (3.0, "fluid", "T1"): ((4000, 500, "assumed: nearly free water"),),
        (1.5, "white matter", "T1"): ((646, 32, "Wright 2008"),),
        (1.5, "grey matter", "T1"): ((1197, 134, "Wright 2008"),),
        (1.5, "fluid", "T1"): ((4000, 500, "assumed: nearly free water"),),
    }
)  # fmt: skip
#: A mean is spread by this part of it at least.
LEAST_SPREAD = 0.1
#: Difference of field strength up to which a range is taken, T.
FIELD = 0.3
#: Voxels with a value below which there is no median to speak of, and the part of a tissue's voxels.
FEWEST, LEAST_PART = 50, 0.3
#: What images with echo times of a tenth of a second say nothing of.
FLUID_T2, UNDETERMINED = ("fluid", "T2"), "not determined by these images; what has a value is mixed with tissue"


@dataclass(frozen=True)
class TissueValue:
    """The median of a quantity over a tissue, beside its range.

    Parameters
    ----------
    tissue, quantity
        ``"white matter"`` and ``"T1"``, say.
    n
        Voxels with a value.
    median
        ms; None where too few voxels have a value.
    low, high
        Range of the papers, ms; None where none is known at this field strength.
    source
        Of the range.
    verdict
        In words.
    """

    tissue: str
    quantity: Quantity
    n: int
    median: float | None
    low: float | None
    high: float | None
    source: str
    verdict: str

    @property
    def outside(self) -> bool:
        """Whether the median lies outside the range."""
        known = self.median is not None and self.low is not None and self.high is not None
        return known and not self.low <= self.median <= self.high  # type: ignore[operator]

    @property
    def words(self) -> str:
        """The line that warns."""
        return (
            f"median {self.quantity} of {self.tissue} is {self.median:.0f} ms, papers report {self.low:.0f} to "
            f"{self.high:.0f} ({self.source}): a sign of disease or of maps that failed"
        )


def reported_range(tissue: str, quantity: Quantity, field: float) -> tuple[float, float, str] | None:
    """Return the lowest and the highest value (ms) that papers report at a field strength (T), and which papers.

    Examples
    --------
    >>> reported_range("white matter", "T1", 2.9)
    (738, 1192.4, 'Wright 2008, Wansapura 1999, Stanisz 2005')
    >>> reported_range("white matter", "T1", 7.0) is None
    True
    """
    near = [
        one
        for (strength, *what), one in REPORTED.items()
        if what == [tissue, quantity] and abs(strength - field) <= FIELD
    ]
    if not near:
        return None
    spread = [(mean, max(2 * sd, LEAST_SPREAD * mean)) for mean, sd, _ in near[0]]
    low, high = min(mean - s for mean, s in spread), max(mean + s for mean, s in spread)
    return round(low, 1), round(high, 1), ", ".join(source for *_, source in near[0])


def check_tissues(
    classes: npt.NDArray[Any], t1: npt.NDArray[Any], t2: npt.NDArray[Any], field: float
) -> tuple[TissueValue, ...]:
    """Return the medians of T1 and T2 over white matter, grey matter and fluid, beside their ranges.

    Parameters
    ----------
    classes
        Of :func:`~napari_mrsr.mapping.brain_classes.brain_classes`, ``(i, j, k)``.
    t1, t2
        ms, ``(i, j, k)``, NaN where there is no value.
    field
        Field strength, T.
    """
    return tuple(_rows(classes, {"T1": t1, "T2": t2}, field))


def _rows(classes: npt.NDArray[Any], maps: Mapping[Quantity, npt.NDArray[Any]], field: float) -> Iterator[TissueValue]:
    for number, tissue in CLASSES.items():
        there = classes == number
        for quantity, values in maps.items():
            inside = values[there]
            known = inside[np.isfinite(inside)]
            enough = known.size >= max(FEWEST, LEAST_PART * inside.size)
            median = round(float(np.median(known)), 1) if enough else None
            found = reported_range(tissue, quantity, field)
            low, high, source = found or (None, None, "")
            verdict = _verdict(inside.size, median, low, high) if (tissue, quantity) != FLUID_T2 else UNDETERMINED
            yield TissueValue(tissue, quantity, int(known.size), median, low, high, source, verdict)


def _verdict(voxels: int, median: float | None, low: float | None, high: float | None) -> str:
    if median is None:
        return "too little of it was found" if voxels < FEWEST else "most of it has no value"
    if low is None or high is None:
        return "no range known at this field strength"
    if median < low:
        return "below the range: disease, or maps that failed"
    return "above the range: disease, or maps that failed" if median > high else "within the range"

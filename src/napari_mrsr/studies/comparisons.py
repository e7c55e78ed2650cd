r"""Whether one method scored better than another over the subjects of a study, and what so few subjects can show.

As published (Chaudhari et al., PREDICTIVE 2018, section 3.4): the Mann-Whitney U test of the two samples. The subjects
are the same for both methods, so Wilcoxon's signed-rank test of the pairs stands beside it; it has more power, and its
assumption holds. Neither is corrected for the number of methods, as in the paper.

With n subjects no outcome can be less probable than

.. math:: p_{MW} = 2 \Big/ \binom{2n}{n}, \qquad p_W = 2 / 2^n ,

0.1 and 0.25 for three subjects: below :data:`LEAST` nothing is tested, and it is said that no p could have been lower.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.metrics.agreement import mann_whitney, wilcoxon
from napari_mrsr.studies.agreement_table import smallest_p

#: Fewest subjects that are tested.
LEAST = 3
#: What counts as significant, as in the paper.
LEVEL = 0.05


@dataclass(frozen=True)
class Outcome:
    """One method against another.

    Attributes
    ----------
    n
        Subjects that have both.
    difference
        Mean of method minus reference, in the unit of the scores; NaN for no subject.
    mann_whitney, wilcoxon
        Two-sided p; None where they were not computed.
    note
        Why not, or what the number of subjects does not allow.
    """

    n: int
    difference: float
    mann_whitney: float | None
    wilcoxon: float | None
    note: str = ""

    @property
    def significant(self) -> bool:
        """Whether the published test says p < 0.05."""
        return self.mann_whitney is not None and self.mann_whitney < LEVEL


def compare(reference: npt.ArrayLike, test: npt.ArrayLike) -> Outcome:
    """Compare the scores of two methods.

    Parameters
    ----------
    reference, test
        One score per subject in the same order, shape ``(subject,)``; a pair with NaN is left out.

    Raises
    ------
    BadParameter
        The lengths differ.

    Examples
    --------
    >>> compare([30.0, 31.0], [35.0, 36.0]).note
    '2 subjects are not tested: p could not fall below 0.333 (Mann-Whitney) or 0.5 (Wilcoxon)'
    """
    x, y = np.asarray(reference, dtype=np.float64), np.asarray(test, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise BadParameter(f"scores of shapes {x.shape} and {y.shape} are not those of the same subjects")
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    n = int(both.sum())
    difference = float((y - x).mean()) if n else float("nan")
    if n == 0:
        return Outcome(0, difference, None, None, "no subject has both")
    least = {test: min(1.0, p) for test, p in smallest_p(n).items()}
    limits = " or ".join(f"{p:.3g} ({test})" for test, p in least.items())
    if n < LEAST:
        subjects = "1 subject is" if n == 1 else f"{n} subjects are"
        return Outcome(n, difference, None, None, f"{subjects} not tested: p could not fall below {limits}")
    note = f"{n} subjects: p cannot fall below {limits}" if least["Wilcoxon"] >= LEVEL else ""
    return Outcome(n, difference, mann_whitney(x, y).p, wilcoxon(x, y).p, note)

r"""Whether a lesion stays what it is: its contrast with the tissue around it, and its outline.

In a slice, M is the marked lesion, R a ring of tissue around it inside the head. With their means in the truth,

.. math:: c = \frac{\bar x_M - \bar x_R}{\bar x_R}, \qquad t = \frac{\bar x_M + \bar x_R}{2} .

The contrast of a method is :math:`(\bar y_M - \bar y_R) / \bar y_R`. Its outline is where it passes the level t, within
a few pixels of the mark; that of the truth is found by the same rule, and Dice's coefficient and the area compare the
two. The networks are for slices, and so is this: pixels are summed over the slices of a stack.

Where a lesion is, a mark says (:mod:`.lesion_marks`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

#: Pixels between lesion and ring, width of the ring, and how far the outline may lie from the mark.
GAP, RING, REACH = 2, 4, 4
#: Fewest pixels of a lesion in a slice that is measured.
LEAST = 12


@dataclass(frozen=True)
class Seen:
    """Sums over one slice: the four means times pixels, and pixels inside the outlines."""

    pixels: int
    around: int
    truth_in: float
    truth_around: float
    test_in: float
    test_around: float
    truth_area: int
    test_area: int
    both: int

    def __add__(self, other: Seen) -> Seen:
        return Seen(*(a + b for a, b in zip(self.numbers, other.numbers, strict=True)))  # type: ignore[arg-type]

    @property
    def numbers(self) -> tuple[float, ...]:
        """All sums in order."""
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)


@dataclass(frozen=True)
class Kept:
    """What is left of a lesion: contrast in the truth and found, Dice of the outlines, area found over true area."""

    true_contrast: float
    contrast: float
    dice: float
    area: float


def seen(reference: npt.ArrayLike, test: npt.ArrayLike, lesion: Mask, head: Mask) -> Seen | None:
    """Return what a slice shows of a lesion; None where it holds too little of it, or of what is around."""
    from scipy.ndimage import binary_dilation

    if lesion.sum() < LEAST:
        return None
    x, y = np.asarray(reference, np.float64), np.asarray(test, np.float64)
    near = binary_dilation(lesion, iterations=GAP)
    ring = binary_dilation(near, iterations=RING) & ~near & head
    if ring.sum() < LEAST:
        return None
    inside, outside = float(x[lesion].mean()), float(x[ring].mean())
    level, sign = (inside + outside) / 2, 1.0 if inside >= outside else -1.0
    where = binary_dilation(lesion, iterations=REACH)
    true, found = (where & (sign * (image - level) > 0) for image in (x, y))
    return Seen(
        int(lesion.sum()), int(ring.sum()), float(x[lesion].sum()), float(x[ring].sum()), float(y[lesion].sum()),
        float(y[ring].sum()), int(true.sum()), int(found.sum()), int((true & found).sum()),
    )  # fmt: skip


def kept(slices: Iterable[Seen]) -> Kept | None:
    """Return what is left of a lesion over some slices; None where none shows it.

    Examples
    --------
    >>> x = np.full((24, 24), 100.0)
    >>> x[8:16, 8:16] = 150
    >>> one = seen(x, 100 + (x - 100) / 2, x > 100, np.ones((24, 24), bool))  # half the contrast
    >>> found = kept([one])
    >>> found.true_contrast, found.contrast
    (0.5, 0.25)
    """
    total: Seen | None = None
    for one in slices:
        total = one if total is None else total + one
    if total is None:
        return None
    true = _contrast(total.truth_in / total.pixels, total.truth_around / total.around)
    found = _contrast(total.test_in / total.pixels, total.test_around / total.around)
    return Kept(true, found, 2 * total.both / (total.truth_area + total.test_area), total.test_area / total.truth_area)


def _contrast(inside: float, around: float) -> float:
    return inside / around - 1

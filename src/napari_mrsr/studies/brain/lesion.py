r"""Whether a lesion stays what it is: its contrast with the tissue around it, and its outline.

In a slice, M is the marked lesion, R a ring of tissue around it inside the head. With their means in the truth,

.. math:: c = \frac{\bar x_M - \bar x_R}{\bar x_R}, \qquad t = \frac{\bar x_M + \bar x_R}{2} .

The contrast of a method is :math:`(\bar y_M - \bar y_R) / \bar y_R`. Its outline is where it passes the level t, within
a few pixels of the mark; that of the truth is found by the same rule, and Dice's coefficient and the area compare the
two. The networks are for slices, and so is this: pixels are summed over the slices of a stack.

A lesion that no reader has marked may be grown from a point on the truth (:func:`grown`): the mark is not a diagnosis,
it says where to look, and is the same for every method.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.report.planes import index_of
from napari_mrsr.scan import Scan

Mask = npt.NDArray[np.bool_]

#: Pixels between lesion and ring, width of the ring, and how far the outline may lie from the mark.
GAP, RING, REACH = 2, 4, 4
#: Fewest pixels of a lesion in a slice that is measured.
LEAST = 12
#: A lesion is grown so far from its point at most, mm; what is no wider than twice so many voxels is cut off: a sulcus.
RADIUS, OPENING = 22.0, 2


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
    ... x[8:16, 8:16] = 150
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


def grown(scan: Scan, point: tuple[float, float, float], *, radius: float = RADIUS, blur: float = 1.0) -> Mask:
    """Return a lesion grown from a point: what is connected with it, as bright or dark, and not too far.

    Parameters
    ----------
    scan
        One volume.
    point
        Inside the lesion, mm, RAS+.
    radius
        Nothing farther away belongs to it, mm.
    blur
        Standard deviation of the Gaussian that the image is smoothed with, mm.

    Raises
    ------
    BadParameter
        The lesion is no brighter and no darker than the head, or nothing is connected with the point.
    """
    from scipy import ndimage

    from napari_mrsr.studies.brain.head import head_of

    volume = np.asarray(scan.array[0], np.float32)
    head = head_of(volume)
    smooth = ndimage.gaussian_filter(volume, [blur / s for s in scan.spacing])
    at = index_of(scan, point)
    grid = np.ogrid[tuple(slice(0, n) for n in volume.shape)]
    far = sum(((one - n) * s) ** 2 for one, n, s in zip(grid, at, scan.spacing, strict=True))
    usual = float(np.median(volume[head])) if head.any() else 0.0
    own = float(np.median(smooth[far <= (2 * max(scan.spacing)) ** 2]))
    level, sign = (usual + own) / 2, 1.0 if own >= usual else -1.0
    inside = (sign * (smooth - level) > 0) & (far <= radius**2) & head
    thin = ndimage.binary_erosion(inside, iterations=OPENING, border_value=1)  # a lesion may go on beyond the scan
    inside = ndimage.binary_dilation(thin, iterations=OPENING, mask=inside)
    parts, _ = ndimage.label(inside)
    number = int(parts[at])
    if number == 0 or own == usual:
        raise BadParameter(
            f"shows no lesion at {', '.join(f'{p:g}' for p in point)} mm", where=scan.where,
            remedy="give a point inside it, or a mask",
        )  # fmt: skip
    return np.asarray(parts == number)


@dataclass(frozen=True)
class Mark:
    """Where a lesion is: a file of labels, or a point that it is grown from (mm, RAS+, and how far at most)."""

    file: Path | None = None
    point: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radius: float = RADIUS

    def of(self, scan: Scan) -> tuple[Mask, str]:
        """Return the lesion on the grid of a scan, and what a reader must know of it.

        Raises
        ------
        MrsrError
            The file cannot be read, or the point lies in no lesion.
        """
        from napari_mrsr.studies.layouts import labels

        if self.file is None:
            text = ", ".join(f"{p:g}" for p in self.point)
            return grown(scan, self.point, radius=self.radius), f"lesion grown from {text} mm, no reader's outline"
        found, said = labels.read(self.file, scan)
        return found > 0, "; ".join((f"lesion of {self.file.name}", *said))


def read_marks(texts: Sequence[str]) -> dict[str, Mark]:
    """Return lesions by scan: ``NAME=FILE``, ``NAME=X,Y,Z`` or ``NAME=X,Y,Z,RADIUS`` in mm.

    Raises
    ------
    BadParameter
        A text has none of these forms.

    Examples
    --------
    >>> read_marks(["anna=-44,-60,26,20"])["anna"]
    Mark(file=None, point=(-44.0, -60.0, 26.0), radius=20.0)
    """
    found: dict[str, Mark] = {}
    for text in texts:
        name, _, where = text.partition("=")
        if not name or not where:
            raise BadParameter(f"--lesion {text} names no scan and place", remedy="give NAME=FILE or NAME=X,Y,Z")
        try:
            numbers = [float(one) for one in where.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) in (3, 4):
            radius = numbers[3] if len(numbers) == 4 else RADIUS
            found[name] = Mark(None, (numbers[0], numbers[1], numbers[2]), radius)
        elif Path(where).is_file():
            found[name] = Mark(Path(where))
        else:
            raise BadParameter(f"--lesion {where} is no file and no point", remedy="give NAME=FILE or NAME=X,Y,Z")
    return found


def _contrast(inside: float, around: float) -> float:
    return inside / around - 1

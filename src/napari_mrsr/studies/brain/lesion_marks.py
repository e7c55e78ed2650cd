"""Where a lesion is: labels that a reader drew, or what is connected with a point and as bright or dark.

What is grown from a point is no diagnosis and no reader's outline. It says where to look, and is the same for every
method, since it is grown on the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.report.planes import index_of
from napari_mrsr.scan import Scan

Mask = npt.NDArray[np.bool_]

#: A lesion is grown so far from its point at most, mm.
RADIUS = 22.0
#: What is no wider than twice so many voxels is cut off: a sulcus.
OPENING = 2


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

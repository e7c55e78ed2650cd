"""Two regions of a slice that are worth a closer look: where it has most detail, and where it has most away from there.

Detail is the mean square of what a small blur takes away, so that the regions are chosen by the truth alone, never by
what a method did well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.report.planes import Picture

#: Width of a region, part of the shorter side of the picture, and voxels at least; its height over its width.
WIDTH, LEAST, ASPECT = 0.33, 8, 0.7
#: Blur that detail is what is left of, voxels.
BLUR = 2.0
#: Part of the picture's border that is not looked at: skin and air are the strongest edges everywhere.
BORDER = 0.16
#: Part of a region that lies within what is asked for; the rest is rounding.
FULL = 0.999


@dataclass(frozen=True)
class Region:
    """A part of a picture: its first row and column, and how many there are."""

    row: int
    column: int
    rows: int
    columns: int

    def cut(self, picture: Picture) -> Picture:
        """Return the part of a picture."""
        values = picture.values[self.row : self.row + self.rows, self.column : self.column + self.columns]
        corner = (
            picture.corner[0] + self.row * picture.spacing[0],
            picture.corner[1] + self.column * picture.spacing[1],
        )
        return Picture(values, picture.spacing, picture.letters, corner)


def two_regions(image: npt.ArrayLike, within: npt.NDArray[np.bool_] | None = None) -> tuple[Region, ...]:
    """Return two regions that do not overlap; fewer where the picture is too small for them.

    Parameters
    ----------
    image
        Shape ``(row, column)``.
    within
        Pixels that regions shall lie in, as the inside of a skull; left out of account where no region fits in.

    Examples
    --------
    >>> image = np.zeros((60, 60))
    >>> image[15:20:2, 15:20] = 1
    >>> image[40:45:2, 40:45] = 1
    >>> len(two_regions(image))
    2
    """
    from scipy.ndimage import gaussian_filter, uniform_filter

    values = np.nan_to_num(np.asarray(image, np.float64))
    short = min(values.shape)
    wide = max(LEAST, round(WIDTH * short))
    high = max(LEAST, round(ASPECT * wide))
    edge = round(BORDER * short)
    if values.shape[0] < high + 2 * edge or values.shape[1] < wide + 2 * edge:
        return ()
    detail = uniform_filter((values - gaussian_filter(values, BLUR)) ** 2, (high, wide))
    up, left = edge + high // 2, edge + wide // 2
    allowed = np.zeros(values.shape, bool)
    allowed[up : values.shape[0] - up, left : values.shape[1] - left] = True
    if within is not None:
        inside = uniform_filter(within.astype(np.float64), (high, wide), mode="constant") > FULL
        allowed = allowed & inside if (allowed & inside).any() else allowed
    found: list[Region] = []
    while len(found) < 2 and allowed.any():
        row, column = (int(n) for n in np.unravel_index(int(np.where(allowed, detail, -1.0).argmax()), values.shape))
        found.append(Region(row - high // 2, column - wide // 2, high, wide))
        allowed[max(0, row - high) : row + high + 1, max(0, column - wide) : column + wide + 1] = False
    return tuple(found)

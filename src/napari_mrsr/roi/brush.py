r"""The smart brush: of the disc under the cursor only what looks like the tissue that the stroke began on.

**Threshold.** Where a stroke begins, Otsu's threshold parts the disc into a darker and a brighter class (IEEE Trans
Syst Man Cybern 1979;9:62), and the class under the cursor once more if it holds two tissues. The stroke paints what
lies half-way to the other classes at most and within :data:`SPREAD` standard deviations of its own, so that neither
bone nor fluid, which is brighter still, comes into a stroke through cartilage. Where the classes are not
:data:`DISTINCT` there is no edge in the disc, and the stroke takes mean and SD of all of it.

**Flood.** What is joined to the pixel under the cursor and differs from the mean of its neighbours (3 x 3) by no more
than a tolerance, a share of the range of the disc.

Either way only pixels that are joined, within the disc, to the one under the cursor are painted: a brush on the femoral
cartilage does not jump over the joint space to the tibial one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

#: How far from the mean of its class a pixel may lie where no threshold bounds it, SD.
SPREAD = 3.0

#: How many tissues a disc is parted into at most: bone, cartilage, fluid.
TISSUES = 3

#: Two classes count as two tissues if their means differ by more than so many SD within them. The halves of one tissue
#: in noise differ by 2.6, those of an even ramp by 3.5.
DISTINCT = 3.6


@dataclass(frozen=True)
class Range:
    """Intensities that a stroke paints, both ends included."""

    low: float
    high: float

    def holds(self, image: Image) -> Mask:
        """Tell where an image lies in the range."""
        found: Mask = (image >= self.low) & (image <= self.high)
        return found


@dataclass(frozen=True, eq=False)
class Disc:
    """The disc of a brush, cut to the picture.

    Attributes
    ----------
    box
        Where it lies in the picture: rows, columns.
    inside
        Which pixels of the box belong to it.
    centre
        The pixel under the cursor, within the box.
    """

    box: tuple[slice, slice]
    inside: Mask
    centre: tuple[int, int]


def disc(shape: tuple[int, int], centre: tuple[int, int], size: float, spacing: tuple[float, float]) -> Disc | None:
    """Return the disc of a brush, round in millimetres as napari's is; None beside the picture.

    Parameters
    ----------
    shape
        Of the picture, ``(row, column)``.
    centre
        The pixel under the cursor.
    size
        Diameter in pixels of the smaller spacing.
    spacing
        Of the pixels, mm.
    """
    if not all(0 <= c < n for c, n in zip(centre, shape, strict=True)):
        return None
    radius = np.floor(size / 2) + 0.5
    scale = np.asarray(spacing) / min(spacing)
    reach = np.floor(radius / scale).astype(int)
    box = tuple(slice(max(0, c - int(r)), min(n, c + int(r) + 1)) for c, r, n in zip(centre, reach, shape, strict=True))
    rows, columns = np.ogrid[box]
    inside = ((rows - centre[0]) * scale[0]) ** 2 + ((columns - centre[1]) * scale[1]) ** 2 <= radius**2
    return Disc((box[0], box[1]), inside, (centre[0] - box[0].start, centre[1] - box[1].start))


def learn_range(image: Image, at: Disc) -> Range:
    """Return the intensities of the tissue under the cursor, by Otsu's threshold in the disc.

    Parameters
    ----------
    image
        The slice, ``(row, column)``.
    at
        Where the stroke begins.
    """
    from skimage.filters import threshold_otsu

    part = np.asarray(image[at.box], np.float64)
    values, under = part[at.inside], _under(part, at)
    low, high = -np.inf, np.inf
    for _ in range(TISSUES - 1):
        if values.min() == values.max():
            break
        edge = threshold_otsu(values)
        dark, bright = values[values <= edge], values[values > edge]
        within = np.sqrt((dark.var() * dark.size + bright.var() * bright.size) / values.size)
        if bright.mean() - dark.mean() < DISTINCT * within:
            break
        middle = float(dark.mean() + bright.mean()) / 2
        if under > middle:
            low, values = middle, bright
        else:
            high, values = middle, dark
    mean, spread = float(values.mean()), SPREAD * float(values.std())
    return Range(max(low, mean - spread), min(high, mean + spread))


def by_range(image: Image, at: Disc, wanted: Range) -> Mask:
    """Return what a stroke paints here: within the range, and joined to the pixel under the cursor.

    Returns
    -------
    numpy.ndarray
        In the box of the disc; empty where the tissue under the cursor is another.
    """
    part = image[at.box]
    return _joined(wanted.holds(part) & at.inside, at)


def by_flood(image: Image, at: Disc, tolerance: float) -> Mask:
    """Return what is joined to the pixel under the cursor and alike, in the box of the disc.

    Parameters
    ----------
    image
        The slice, ``(row, column)``.
    at
        The disc.
    tolerance
        Share of the range of the disc, 0 to 1.
    """
    part = np.asarray(image[at.box], np.float64)
    values = part[at.inside]
    under, reach = _under(part, at), tolerance * float(np.ptp(values))
    return _joined((np.abs(part - under) <= reach) & at.inside, at)


def _under(part: Image, at: Disc) -> float:
    """Return the mean of the pixels around the cursor: one pixel alone is noise."""
    row, column = at.centre
    return float(part[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].mean())


def _joined(wanted: Mask, at: Disc) -> Mask:
    """Return the parts of a mask that touch the 3 x 3 pixels under the cursor, with their pin-holes filled."""
    from scipy import ndimage

    parts, _ = ndimage.label(wanted)
    row, column = at.centre
    touched = np.unique(parts[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2])
    kept: Mask = np.isin(parts, touched[touched > 0])
    holes, count = ndimage.label(~kept & at.inside)
    sizes = np.bincount(holes.ravel(), minlength=count + 1)
    rim = np.unique(holes[at.inside & ~ndimage.binary_erosion(at.inside)])
    small = np.setdiff1d(np.flatnonzero(sizes <= 2), np.append(rim, 0))
    filled: Mask = kept | np.isin(holes, small)
    return filled

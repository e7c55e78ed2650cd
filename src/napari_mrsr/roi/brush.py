r"""The smart brush: of the disc under the cursor only what looks like the tissue that the stroke began on.

**Threshold.** Otsu's thresholds part the disc into three tissues, or into two (IEEE Trans Syst Man Cybern 1979;9:62).
Where a stroke begins it learns the one under the cursor, up to half-way to its neighbours and within :data:`SPREAD`
standard deviations of its own: bone stays out of a stroke through cartilage, and so does fluid, which is brighter
still. Where the classes are not :data:`DISTINCT` there is no edge in the disc, and a stroke that begins there takes
mean and SD of all of it. On its way it looks for the same tissue in every disc that has an edge, so that it follows
the shading of a coil and the darker deep layer.

**Flood.** What is joined to the pixel under the cursor and differs from the mean of its neighbours (3 x 3) by no more
than a tolerance, a share of the range of the disc.

Either way only pixels that are joined, within the disc, to the one under the cursor are painted: a brush on the femoral
cartilage does not jump over the joint space to the tibial one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

#: How far from the mean of its class a pixel may lie where no threshold bounds it, SD.
SPREAD = 3.0

#: How many tissues a disc is parted into: bone, cartilage and fluid, else two.
TISSUES = (3, 2)

#: Classes count as tissues if the means of neighbours differ by more than so many SD within them; those of one tissue
#: in noise, cut into two or three, differ by 2.7 and 2.8, and by more in a small disc.
DISTINCT = 3.4

#: Pixels that a tissue has at least.
SMALLEST = 3

#: Bins of the histogram from which the thresholds come.
BINS = 64


@dataclass(frozen=True)
class Range:
    """Intensities that a stroke paints, both ends included, and the mean of the tissue."""

    low: float
    high: float
    mean: float

    def holds(self, image: npt.ArrayLike) -> Mask:
        """Tell where an image lies in the range."""
        found: Mask = (np.asarray(image) >= self.low) & (np.asarray(image) <= self.high)
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


def learn_range(image: Image, at: Disc, before: Range | None = None) -> Range:
    """Return the intensities of a tissue in the disc, by Otsu's thresholds.

    Parameters
    ----------
    image
        The slice, ``(row, column)``.
    at
        The disc.
    before
        What the stroke has learned so far: its tissue is looked for here, and where the disc does not hold it this is
        returned. None where the stroke begins: then it is the tissue under the cursor.
    """
    part: Image = np.asarray(image[at.box], np.float64)
    values: Image = part[at.inside]
    wanted = _under(part, at) if before is None else before.mean
    low, high = -np.inf, np.inf
    tissue: Image = values
    classes = _classes(values)
    if not classes and before is not None:
        return before
    if classes:
        means = [float(c.mean()) for c in classes]
        borders = [-np.inf, *((a + b) / 2 for a, b in pairwise(means)), np.inf]
        own = int(np.searchsorted(borders[1:-1], wanted))
        low, high, tissue = borders[own], borders[own + 1], classes[own]
    mean, spread = float(tissue.mean()), SPREAD * float(tissue.std())
    if before is not None and not before.holds(mean):
        return before
    return Range(max(low, mean - spread), min(high, mean + spread), mean)


def _classes(values: Image) -> list[Image]:
    """Return the tissues of a disc from dark to bright, three or else two, if they are distinct; else nothing."""
    from skimage.filters import threshold_multiotsu

    for count in TISSUES:
        if len(np.unique(values)) < count:
            continue
        edges = threshold_multiotsu(values, count, nbins=BINS)
        of = np.digitize(values, edges, right=True)
        classes = [values[of == n] for n in range(count)]
        if min(c.size for c in classes) < SMALLEST:
            continue
        within = np.sqrt(sum(c.var() * c.size for c in classes) / values.size)
        if all(b.mean() - a.mean() > DISTINCT * within for a, b in pairwise(classes)):
            return classes
    return []


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

r"""Edges that a result has and the truth has not, and edges that were lost.

**Lines.** An edge is a line of steepest grey level (Canny: non-maximum suppression and two thresholds), in the slice or
in what it holds beyond the measured band (:func:`~napari_mrsr.metrics.beyond.high_frequencies`). The thresholds are
parts of the truth's steepest gradient, the same for both slices. An edge is *added* if it is strong in the result and
none, however weak above the lower threshold, runs in the truth within a pixel and rises the same way within 45
degrees; *lost* if it is strong in the truth and none runs so in the result. With two thresholds an edge that is just
above one in one slice and just below it in the other counts for nothing. Lengths are pixels times their size, mm: of
slanting lines down to 0.71 of the length, for both slices alike. Beyond the band a sharp border shows as up to three
lines side by side, so there shares say more than lengths.

**Energy** needs no threshold. With the gradients :math:`\mathbf{g}` of truth t and result y beyond the band, at each
pixel p and the pixels q next to it,

.. math:: \text{added} = \frac{1}{\sum |\mathbf{g}^t|^2} \sum_p
          \max\Bigl(0,\ |\mathbf{g}^y_p| - \max_q \frac{\mathbf{g}^y_p \cdot \mathbf{g}^t_q}{|\mathbf{g}^y_p|}\Bigr)^2

(the inner maximum at least 0), and *lost* with truth and result exchanged. Noise of the truth counts as truth: a result
without it has lost it.

Sources
-------
Canny J. IEEE Trans Pattern Anal Mach Intell 1986;8:679-698. Matching within a tolerance: Martin DR, Fowlkes CC, Malik
J. IEEE Trans Pattern Anal Mach Intell 2004;26:530-549.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import ConstantImage
from napari_mrsr.metrics.beyond import Mask, Matrix, Values, checked, high_frequencies

#: Thresholds of edges, parts of the steepest gradient of the truth, and which percentile of its gradient that is.
STRONG, WEAK, STEEPEST = 0.4, 0.2, 99.5
#: Least cosine between the gradients of two edges that are one.
SAME_WAY = float(np.cos(np.pi / 4))
#: Standard deviation of the blur before gradients, pixels: of the slice, and beyond the measured band.
BLUR, BLUR_BEYOND = 1.0, 0.5
#: How far apart two edges may lie and be one, pixels along either axis.
TOLERANCE = 1


@dataclass(frozen=True)
class Edges:
    """Lengths of edges, mm: of the truth, added to it, and lost."""

    true: float
    added: float
    lost: float

    @property
    def added_share(self) -> float:
        """Added length over true length; NaN where the truth has no edge."""
        return self.added / self.true if self.true else float("nan")

    @property
    def lost_share(self) -> float:
        """Lost length over true length; NaN where the truth has no edge."""
        return self.lost / self.true if self.true else float("nan")


@dataclass(frozen=True)
class EdgeEnergy:
    """Energy of gradients beyond the measured band that was added and that was lost, over that of the truth."""

    added: float
    lost: float


def edges(
    truth: npt.ArrayLike,
    test: npt.ArrayLike,
    acquired: Matrix | None = None,
    *,
    spacing: tuple[float, float] = (1.0, 1.0),
    within: Mask | None = None,
    tolerance: int = TOLERANCE,
) -> Edges:
    """Return lengths of edges: of the slice, or beyond the measured band where the acquired matrix is given.

    Parameters
    ----------
    truth, test
        The slice as acquired and as found, ``(i, j)``, one unit.
    acquired
        Matrix that was measured, samples along i and j.
    spacing
        Of the pixels, mm.
    within
        Pixels that count, as the head; all of them where not given.
    tolerance
        How far apart two edges may lie and be one, pixels along either axis.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    BadParameter
        More samples were acquired than there are, a pixel is not finite, or the arrays are no slices.
    ConstantImage
        No pixel counts, or the truth has no edge.

    Examples
    --------
    >>> x = np.zeros((32, 32))
    >>> x[8:24, 8:24] = 100.0
    >>> found = edges(x, np.zeros((32, 32)), spacing=(0.5, 0.5))
    >>> found.added, found.lost_share
    (0.0, 1.0)
    """
    added, lost, true = edge_maps(truth, test, acquired, spacing=spacing, within=within, tolerance=tolerance)
    size = float(np.sqrt(spacing[0] * spacing[1]))
    return Edges(size * int(true.sum()), size * int(added.sum()), size * int(lost.sum()))


def edge_maps(
    truth: npt.ArrayLike,
    test: npt.ArrayLike,
    acquired: Matrix | None = None,
    *,
    spacing: tuple[float, float] = (1.0, 1.0),
    within: Mask | None = None,
    tolerance: int = TOLERANCE,
) -> tuple[Mask, Mask, Mask]:
    """Return where edges were added, where they were lost, and where the truth has them; as :func:`edges`."""
    from skimage.morphology import skeletonize

    x, y, inside = checked(truth, test, within)
    blur = BLUR
    if acquired is not None:
        x, y, blur = high_frequencies(x, acquired), high_frequencies(y, acquired), BLUR_BEYOND
    slopes = [_gradient(one, blur, spacing) for one in (x, y)]
    steepest = float(np.percentile(np.hypot(*slopes[0])[inside], STEEPEST))
    if not steepest > 0:
        raise ConstantImage("the truth has no edge", remedy="leave the slice out")
    strong, weak = ([_lines(one, blur, spacing, steepest, high) for one in (x, y)] for high in (STRONG, WEAK))
    strong = [skeletonize(lines) for lines in strong]  # a step between two pixels is as steep in both: one line
    added, lost = (
        _without_match(strong[a] & inside, slopes[a], slopes[b], weak[b], tolerance) for a, b in ((1, 0), (0, 1))
    )
    return added, lost, strong[0] & inside


def edge_energy(
    truth: npt.ArrayLike,
    test: npt.ArrayLike,
    acquired: Matrix,
    *,
    spacing: tuple[float, float] = (1.0, 1.0),
    within: Mask | None = None,
    tolerance: int = TOLERANCE,
) -> EdgeEnergy:
    """Return the energy of gradients beyond the measured band that was added and lost; as :func:`edges`."""
    x, y, inside = checked(truth, test, within)
    true, found = (_gradient(high_frequencies(image, acquired), BLUR_BEYOND, spacing) for image in (x, y))
    total = float(np.square(true[:, inside]).sum())
    if not total > 0:
        raise ConstantImage(
            "the truth holds nothing beyond the measured band", remedy="give the matrix that was acquired"
        )
    added, lost = (
        float(np.square(_unaccounted(inside, one, other, tolerance)).sum()) / total
        for one, other in ((found, true), (true, found))
    )
    return EdgeEnergy(added, lost)


# -- how it is done --------------------------------------------------------------------------------
def _gradient(image: Values, blur: float, spacing: tuple[float, float]) -> Values:
    """Return the gradient ``(2, i, j)`` as Canny's edges take it (Sobel), grey level per mm."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(image, blur, mode="reflect")
    return np.stack([ndimage.sobel(smooth, axis=a, mode="reflect") / (8 * spacing[a]) for a in (0, 1)])


def _lines(image: Values, blur: float, spacing: tuple[float, float], steepest: float, high: float) -> Mask:
    """Return the lines of steepest grey level whose gradient passes both thresholds."""
    from skimage.feature import canny

    scale = 8 * float(np.sqrt(spacing[0] * spacing[1])) * steepest  # Canny's gradients are Sobel's, per pixel
    found: Any = canny(image / scale, sigma=blur, low_threshold=WEAK, high_threshold=high, mode="reflect")
    return np.asarray(found, bool)


def _next_to(where: Mask, array: npt.NDArray[Any], tolerance: int) -> Iterator[npt.NDArray[Any]]:
    """Yield the values ``(..., pixel)`` at every step up to the tolerance from each pixel; 0 outside the slice."""
    padded = np.pad(array, [(0, 0)] * (array.ndim - 2) + [(tolerance, tolerance)] * 2)
    i, j = np.nonzero(where)
    for down in range(2 * tolerance + 1):
        for right in range(2 * tolerance + 1):
            yield padded[..., i + down, j + right]


def _without_match(strong: Mask, slope: Values, other: Values, weak: Mask, tolerance: int) -> Mask:
    """Return the edges next to which no line of the other slice rises the same way."""
    own = slope[:, strong]
    matched = np.zeros(own.shape[1], bool)
    for near in _next_to(strong, np.concatenate([other, weak[None]]), tolerance):
        alike = (own * near[:2]).sum(axis=0) >= SAME_WAY * np.hypot(*own) * np.hypot(*near[:2])
        matched |= (near[2] > 0) & alike
    result = strong.copy()
    result[strong] = ~matched
    return result


def _unaccounted(where: Mask, slope: Values, other: Values, tolerance: int) -> Values:
    """Return how much of the gradient at each pixel no gradient next to it in the other slice accounts for."""
    own = slope[:, where]
    length = np.hypot(*own)
    way = np.divide(own, length, out=np.zeros_like(own), where=length > 0)
    best = np.zeros_like(length)
    for near in _next_to(where, other, tolerance):
        np.maximum(best, (way * near).sum(axis=0), out=best)
    return np.asarray(np.maximum(0.0, length - best))

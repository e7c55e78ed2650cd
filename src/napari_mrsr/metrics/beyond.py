r"""What a slice shows beyond the spatial frequencies that were measured: how sharp it is, and how much of it is true.

Of N samples along an axis the scanner measured the n lowest frequencies. With F the discrete Fourier transform of the
slice,

.. math:: H x = F^{-1}\,[\,|f_1| > n_1 / 2 \ \text{or}\ |f_2| > n_2 / 2\,]\, F x

is what no measurement supports. In a zero-filled slice it is nothing; all that a method shows there it made up or knew.
With :math:`t = H x_\text{true}` and :math:`y = H x` of the result, over the pixels asked for,

=================== ====================================================================================================
``sharpness``       :math:`R = \lVert y \rVert^2 / \lVert t \rVert^2`: 0 as zero-filled, 1 as sharp as the truth,
                    above 1 too sharp
``towards``         :math:`T = \langle y, t \rangle / \lVert t \rVert^2`, the part of R that leads towards the truth
                    (negative: detail turned over)
``away``            :math:`A = R - T`, the part that leads away from it: texture that is not there, or true detail
                    drawn too strongly (negative: fainter than it could be)
``correlation``     :math:`\langle y, t \rangle / (\lVert y \rVert \lVert t \rVert)`: how alike both are, however
                    strong y is
``explained``       :math:`T - A = 1 - \lVert y - t \rVert^2 / \lVert t \rVert^2`: 1 for the truth, 0 as zero-filled,
                    below 0 where the slice were closer to the truth without y
=================== ====================================================================================================

Whoever draws one half of the true edges and nothing else has R = T = 1/2 and A = 0, and so has the guess of least
square error, which is fainter where it is less sure: its error is at right angles to it. Shown stronger than that, to
look as sharp as an acquired slice, it grows in A faster than in T: that is what looking acquired costs. Texture drawn
without any evidence is A alone.

A linear method, from the nearest neighbour to iterative back-projection, puts mirror images of measured frequencies
there: A alone. Where the truth holds noise no method reaches T = 1.

Source of the idea, the part of a result that lies in the null space of the measurement: Bhadra S, Kelkar VA, Brooks FJ,
Anastasio MA. On hallucinations in tomographic image reconstruction. IEEE Trans Med Imaging 2021;40:3249-3260.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Matrix = tuple[int, int]

#: Energy beyond the band over that of the slice below which there is nothing but rounding.
NOTHING = 1e-12


@dataclass(frozen=True)
class Beyond:
    """Energy beyond the measured band over that of the truth: all of it, and what leads towards the truth."""

    sharpness: float
    towards: float

    @property
    def away(self) -> float:
        """The part of the energy that leads away from the truth."""
        return self.sharpness - self.towards

    @property
    def correlation(self) -> float:
        """Correlation of result and truth beyond the band; NaN where the result shows nothing there."""
        return self.towards / float(np.sqrt(self.sharpness)) if self.sharpness > NOTHING else float("nan")

    @property
    def explained(self) -> float:
        """Part of the truth's energy beyond the band that the result accounts for; below 0 if it does harm."""
        return self.towards - self.away


def beyond(truth: npt.ArrayLike, test: npt.ArrayLike, acquired: Matrix, *, within: Mask | None = None) -> Beyond:
    """Return how sharp a slice is beyond the measured band, and how much of that is true.

    Parameters
    ----------
    truth, test
        The slice as acquired and as found, ``(i, j)``, one unit.
    acquired
        Matrix that was measured, samples along i and j.
    within
        Pixels that count, as the head; all of them where not given.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    BadParameter
        More samples were acquired than there are, a pixel is not finite, or the arrays are no slices.
    ConstantImage
        No pixel counts, or the truth holds nothing beyond the measured band.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((32, 32))
    >>> beyond(x, x, (16, 16))
    Beyond(sharpness=1.0, towards=1.0)
    >>> round(beyond(x, x - high_frequencies(x, (16, 16)), (16, 16)).sharpness, 9)
    0.0
    """
    x, y, inside = checked(truth, test, within)
    t, found = (high_frequencies(image, acquired)[inside] for image in (x, y))
    energy = float(t @ t)
    if not energy > NOTHING * float(x[inside] @ x[inside]):
        raise ConstantImage(
            "the truth holds nothing beyond the measured band", remedy="give the matrix that was acquired"
        )
    return Beyond(float(found @ found) / energy, float(found @ t) / energy)


def high_frequencies(image: npt.ArrayLike, acquired: Matrix) -> Values:
    """Return H x, what a slice holds beyond the measured band; the lines on its very edge count as measured.

    Parameters
    ----------
    image
        Shape ``(i, j)``.
    acquired
        Matrix that was measured.

    Raises
    ------
    BadParameter
        More samples were acquired than there are, or the array is no slice.

    Examples
    --------
    >>> low, high = (np.cos(2 * np.pi * f * np.arange(16) / 16) * np.ones((4, 1)) for f in (3, 5))
    >>> bool(np.allclose(high_frequencies(low + high, (4, 8)), high))
    True
    """
    x = np.asarray(image, np.float64)
    if x.ndim != 2:
        raise BadParameter(f"has {x.ndim} dimensions, and a slice has 2", remedy="give one slice")
    if any(not 1 <= n <= size for n, size in zip(acquired, x.shape, strict=True)):
        raise BadParameter(
            f"a matrix of {acquired[0]} x {acquired[1]} is no centre of {x.shape[0]} x {x.shape[1]}",
            remedy="give the matrix that was acquired",
        )
    one, other = (np.abs(np.fft.fftfreq(size, 1 / size)) <= n / 2 for n, size in zip(acquired, x.shape, strict=True))
    spectrum = np.fft.fft2(x)
    spectrum[np.ix_(one, other)] = 0
    return np.asarray(np.fft.ifft2(spectrum).real)


def checked(truth: npt.ArrayLike, test: npt.ArrayLike, within: Mask | None) -> tuple[Values, Values, Mask]:
    """Return two slices and the pixels that count; raises as :func:`beyond`."""
    x, y = np.asarray(truth, np.float64), np.asarray(test, np.float64)
    inside = np.ones(x.shape, bool) if within is None else np.asarray(within, bool)
    if x.shape != y.shape or inside.shape != x.shape:
        shapes = ", ".join(str(one.shape) for one in (x, y, inside))
        raise GeometryMismatch(f"slices of shape {shapes} cannot be compared", remedy="bring them to one grid first")
    if x.ndim != 2 or min(x.shape) < 4:
        raise BadParameter(f"an array of shape {x.shape} is no slice", remedy="give a slice of 4 x 4 pixels or more")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise BadParameter("some pixels are not finite", remedy="replace them, or choose a part without them")
    if not inside.any():
        raise ConstantImage("holds a slice without a pixel that counts", remedy="leave the slice out")
    return x, y, inside

r"""The centre of k-space: only the low spatial frequencies of a plane are acquired.

With F the discrete Fourier transform of the ``N = N_1 N_2`` fine samples, P the choice of the central ``n = n_1 n_2``
frequencies, and f the transform of the small grid,

.. math:: A = \frac{n}{N} \, f^{-1} P F, \qquad A^H = F^{-1} P^T f .

The factor n/N keeps intensities (a constant stays what it is). Both grids have their first sample at the same place;
the spacing grows by ``N_1/n_1`` and ``N_2/n_2``. Nothing is padded with zeros.

The matrix keeps its aspect: lines are taken from both sides until at most the wanted fraction is left (256 x 192 gives
128 x 96 at 25 %, 80 x 60 at 10 %, 64 x 48 at 6.25 %, as in Sarasaen et al., Artif Intell Med 2021, Table 2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.sampling.operator import Operator


def centre_size(size: tuple[int, int], fraction: float) -> tuple[int, int]:
    """Return the central matrix that holds at most ``fraction`` of the samples and keeps the aspect.

    Raises
    ------
    BadParameter
        The fraction does not lie in (0, 1], or leaves nothing of the matrix.

    Examples
    --------
    >>> centre_size((256, 192), 0.25), centre_size((256, 192), 0.1), centre_size((256, 192), 0.0625)
    ((128, 96), (80, 60), (64, 48))
    """
    if not 0 < fraction <= 1:
        raise BadParameter(f"k-space fraction {fraction:g} does not lie between 0 and 1", remedy="give 0.25, say")
    long, short = max(size), min(size)
    for cut in range(long // 2):
        small = short - 2 * round(cut * short / long)
        large = long - 2 * cut
        if small < 1:
            break
        if large * small <= fraction * long * short + 1e-9:
            return (large, small) if size[0] >= size[1] else (small, large)
    raise BadParameter(
        f"{fraction:g} of a {size[0]} x {size[1]} matrix leaves nothing", remedy="give a larger fraction"
    )


class KSpaceCentre(Operator):
    """The image of the central k-space of a plane; complex in, complex out.

    Parameters
    ----------
    shape
        Shape of the fine array, any number of dimensions.
    fraction
        Share of the plane's k-space that is acquired, in (0, 1].
    axes
        The two in-plane axes.
    size
        The central matrix, in place of that which ``fraction`` gives.

    Raises
    ------
    BadParameter
        The matrix is larger than the plane, or empty.

    Examples
    --------
    >>> A = KSpaceCentre((256, 192, 3), 0.25, axes=(0, 1))
    >>> A.shape_out
    (128, 96, 3)
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        fraction: float = 1.0,
        axes: tuple[int, int] = (-2, -1),
        *,
        size: tuple[int, int] | None = None,
    ) -> None:
        self.axes = (axes[0] % len(shape), axes[1] % len(shape))
        fine = (shape[self.axes[0]], shape[self.axes[1]])
        small = centre_size(fine, fraction) if size is None else size
        if any(not 1 <= n <= whole for n, whole in zip(small, fine, strict=True)):
            raise BadParameter(
                f"{small[0]} x {small[1]} is no centre of a {fine[0]} x {fine[1]} matrix",
                remedy="give no more samples than there are",
            )
        self.fraction = fraction if size is None else small[0] * small[1] / (fine[0] * fine[1])
        coarse = list(shape)
        for axis, n in zip(self.axes, small, strict=True):
            coarse[axis] = n
        super().__init__(tuple(shape), tuple(coarse))
        self._kept = tuple(_centre(shape[axis], coarse[axis]) for axis in self.axes)

    def _forward(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        k = np.fft.fftn(x, axes=self.axes)
        for axis, kept in zip(self.axes, self._kept, strict=True):
            k = np.take(k, kept, axis=axis)
        scale = np.prod(self.shape_out) / np.prod(self.shape_in)
        return np.asarray(np.fft.ifftn(k, axes=self.axes) * scale)

    def _adjoint(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        small = np.fft.fftn(y, axes=self.axes)
        k = np.zeros(self.shape_in, dtype=small.dtype)
        where: list[Any] = [np.arange(n) for n in self.shape_in]
        for axis, kept in zip(self.axes, self._kept, strict=True):
            where[axis] = kept
        k[np.ix_(*where)] = small
        return np.asarray(np.fft.ifftn(k, axes=self.axes))


def _centre(n: int, kept: int) -> npt.NDArray[np.int64]:
    """Return the indices of the ``kept`` lowest of ``n`` frequencies, in the order of an FFT of length ``kept``."""
    return np.fft.fftfreq(kept, 1 / kept).round().astype(np.int64) % n

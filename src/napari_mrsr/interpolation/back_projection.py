r"""Iterative back-projection: correct an interpolated image until it would give what was measured.

Irani and Peleg take a low-resolution image g for the fine image f blurred by a point spread h and decimated by d,
:math:`g = (f * h)\!\downarrow_d` =: A f, and correct a first guess by what its own simulation lacks:

.. math:: f^{(n+1)} = f^{(n)} + \bigl((g - A f^{(n)})\!\uparrow_d\bigr) * p .

They have several images of one object, shifted by parts of a pixel, and average their corrections. Here, as where the
method is compared with networks, there is one image.

=================== ================================================================================================
:math:`f^{(0)}`     the cubic B-spline through g
h                   ``fir``: the windowed sinc of :mod:`napari_mrsr.sampling.thick_slices`, which is how this package
                    thinks of slices and, of all filters in image space, close to a cut in k-space; or ``gaussian``, as
                    wide at half maximum as a coarse voxel. Both for any ratio d, whole or not
p                   :math:`h / \lambda`, so that back-projection is :math:`B = A^T / \lambda` with :math:`\lambda` the
                    largest eigenvalue of :math:`A A^T`
iterations          20, as of the back-projections of Yang et al.
=================== ================================================================================================

Convergence
    The residual obeys :math:`r^{(n+1)} = (I - A B)\, r^{(n)}`. All eigenvalues of A B lie in (0, 1], and so do their
    products over several axes: the residual shrinks at every step. (For a blur without decimation Irani and Peleg ask
    for :math:`\lVert\delta - h * p\rVert_2 < 1`.)

All at once
    With the eigenvectors :math:`A B = U M U^T` of each axis, N iterations are one geometric series: the residual's
    component of eigenvalue :math:`\mu` (in a plane the product of both axes') is added
    :math:`(1 - (1 - \mu)^N) / \mu` times. It takes the time of three iterations.

Fixed point
    :math:`f^{(\infty)} = f^{(0)} + A^T (A A^T)^{-1} (g - A f^{(0)})`: of all images that give g, the one nearest to the
    first guess. What A cannot see stays what the first guess had of it. The result is linear in g: one more
    interpolation, which undoes the blur h and raises the noise of g with it. Frequencies beyond those of the coarse
    grid hold mirror images of measured ones, and no detail of their own.

In plane, where the centre of k-space was measured, **the measured band holds no blur to undo**. With the cut itself for
A the zero-filled image has no residual, and nothing happens. A blur that was not there is undone all the same, and what
comes out is too sharp, the more so the wider the blur is thought to be: a fidelity below that of the zero-filled image
belongs to the method. Along slices, where A is how they were made, it gains.

Sources
-------
Irani M, Peleg S. Improving resolution by image registration. CVGIP: Graph Models Image Process 1991;53:231-239;
and Motion analysis for image enhancement: resolution, occlusion, and transparency. J Vis Commun Image Represent
1993;4:324-335. For slices of MRI: Greenspan H, Oz G, Kiryati N, Peled S. Magn Reson Imaging 2002;20:437-446. Yang J,
Wright J, Huang TS, Ma Y. Image super-resolution via sparse representation. IEEE Trans Image Process 2010;19:2861-2873.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.interpolation import one_axis
from napari_mrsr.sampling import along
from napari_mrsr.sampling.thick_slices import FIR_ORDER

PointSpread = Literal["fir", "gaussian"]
Matrix = npt.NDArray[np.float64]

ITERATIONS = 20
#: Gaussian: full width at half maximum in standard deviations, and where it is cut off.
FWHM, CUT = 2 * np.sqrt(2 * np.log(2)), 4.0


@lru_cache(maxsize=64)
def blur(n: int, size: int, psf: PointSpread = "fir") -> Matrix:
    """Return A along one axis: ``size`` fine samples blurred, and ``n`` of them kept.

    Parameters
    ----------
    n, size
        Number of coarse and of fine samples over the same field of view; coarse sample k lies at ``k * size / n``.
    psf
        Point spread h, ``"fir"`` or ``"gaussian"``.

    Returns
    -------
    ndarray
        Shape ``(n, size)``; rows sum to 1.

    Raises
    ------
    BadParameter
        There are no samples or fewer fine than coarse ones, or no such point spread.

    Examples
    --------
    >>> from napari_mrsr.sampling import thick_slices
    >>> bool(np.allclose(blur(20, 60, "fir"), thick_slices.matrix(60, 3, "fir")))
    True
    """
    if not 1 <= n <= size:
        raise BadParameter(f"{size} samples are no finer grid than {n}", remedy="ask for at least as many")
    if psf not in get_args(PointSpread):
        known = ", ".join(get_args(PointSpread))
        raise BadParameter(f"point spread {psf!r} is not one of {known}", remedy="choose one of these")
    if n == size:
        return np.eye(n)
    d = size / n
    centres = np.arange(n) * d
    reach = FIR_ORDER / 2 if psf == "fir" else np.ceil(CUT * d / FWHM)
    columns = np.round(centres).astype(np.int64)[:, None] + np.arange(-int(reach) - 1, int(reach) + 2)
    u = columns - centres[:, None]
    weights = _windowed_sinc(u, d) if psf == "fir" else np.exp(-0.5 * (u * FWHM / d) ** 2)
    weights[np.abs(u) > reach + 1e-9] = 0.0
    result = np.zeros((n, size))
    np.add.at(result, (np.arange(n)[:, None], along.reflect(columns, size)), weights / weights.sum(axis=1)[:, None])
    result.setflags(write=False)
    return result


def _windowed_sinc(u: Matrix, d: float) -> Matrix:
    """Return the low-pass of cut-off pi/d under its Hamming window, between the taps too."""
    return np.asarray(np.sinc(u / d) * (0.54 + 0.46 * np.cos(2 * np.pi * u / FIR_ORDER)))


@lru_cache(maxsize=64)
def _modes(n: int, size: int, psf: PointSpread) -> tuple[Matrix, Matrix, float]:
    """Return the eigenvalues of A B, its eigenvectors as columns, and the largest eigenvalue of A A^T."""
    a = blur(n, size, psf)
    values, vectors = np.linalg.eigh(a @ a.T)
    largest = float(values[-1])
    return np.clip(values / largest, np.finfo(np.float64).eps, 1.0), vectors, largest


@lru_cache(maxsize=64)
def back(n: int, size: int, psf: PointSpread = "fir") -> Matrix:
    """Return B along one axis, shape ``(size, n)``: what a residual on the coarse grid adds to the fine one."""
    result = np.asarray(blur(n, size, psf).T / _modes(n, size, psf)[2])
    result.setflags(write=False)
    return result


def refine(
    coarse: npt.NDArray[Any],
    sizes: Mapping[int, int],
    *,
    psf: PointSpread = "fir",
    start: one_axis.Interpolation = "tricubic",
    iterations: int = ITERATIONS,
) -> npt.NDArray[Any]:
    """Bring an image to a finer grid by iterative back-projection, along all given axes at once.

    Parameters
    ----------
    coarse
        g, any number of dimensions.
    sizes
        Number of fine samples along each axis that becomes finer.
    psf
        What the scanner is thought to have blurred with.
    start
        Interpolation that gives the first guess.
    iterations
        Number of corrections, at least 0.

    Returns
    -------
    ndarray
        f on the finer grid, first voxel on first voxel; same precision (integers become float32).

    Raises
    ------
    BadParameter, UnknownMethod
        The sizes, point spread or first guess are impossible.

    Examples
    --------
    >>> refine(np.full((4, 6), 3.0), {0: 8, 1: 9}).shape
    (8, 9)
    """
    if iterations < 0:
        raise BadParameter(f"{iterations} iterations cannot be done", remedy="give at least 0")
    x = coarse if coarse.dtype.kind == "f" else coarse.astype(np.float32)
    pairs = {axis % x.ndim: (coarse.shape[axis], size) for axis, size in sizes.items()}
    guess = _each(x, {axis: one_axis.matrix(start, *pair) for axis, pair in pairs.items()})
    if not iterations:
        return guess
    missing = residual(guess, x, axes=tuple(pairs), psf=psf)
    modes = {axis: _modes(*pair, psf) for axis, pair in pairs.items()}
    mu = np.ones([1] * x.ndim)
    for axis, (values, _, _) in modes.items():
        mu = mu * values.reshape([-1 if a == axis else 1 for a in range(x.ndim)])
    components = _each(missing, {axis: vectors.T for axis, (_, vectors, _) in modes.items()})
    components = components * ((1 - (1 - mu) ** iterations) / mu).astype(components.dtype)
    total = _each(components, {axis: vectors for axis, (_, vectors, _) in modes.items()})
    return np.asarray(guess + _each(total, {axis: back(*pair, psf) for axis, pair in pairs.items()}))


def residual(
    fine: npt.NDArray[Any], coarse: npt.NDArray[Any], *, axes: tuple[int, ...], psf: PointSpread = "fir"
) -> npt.NDArray[Any]:
    """Return ``g - A f``, what the simulation of a fine image lacks, on the coarse grid."""
    simulated = _each(fine, {axis: blur(coarse.shape[axis], fine.shape[axis], psf) for axis in axes})
    return np.asarray(coarse - simulated)


def matrix(n: int, size: int) -> Matrix:
    """Return the whole iteration along one axis as a matrix, shape ``(size, n)``; rows sum to 1."""
    return refine(np.eye(n), {0: size})


def _each(x: npt.NDArray[Any], matrices: Mapping[int, Matrix]) -> npt.NDArray[Any]:
    for axis, one in matrices.items():
        x = along.apply(one, x, axis)
    return x

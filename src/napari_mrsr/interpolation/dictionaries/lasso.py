r"""Sparse codes of many patches at once: the lasso by a growing set of atoms, in products of matrices.

For each patch y and the unit atoms :math:`d_k` (rows of D),

.. math:: \min_a \; \tfrac12 \| y - D^T a \|^2 + \lambda \| a \|_1

has its minimum where :math:`d_k^T r = \lambda \operatorname{sign} a_k` for atoms in use and
:math:`|d_k^T r| \le \lambda` for all others, r being what is left of y. So every patch starts with no atom; the one
that breaks its bound the most joins, the small lasso of the atoms that have joined is solved by coordinate descent
(Friedman, Hastie, Tibshirani, J Stat Softw 2010;33:1), and so on, first roughly, then until no bound is broken by more
than a small part. The search among all atoms is one matrix product for thousands of patches, and a step of the descent
is taken for all of them together. It is the minimum that scikit-learn's ``Lasso`` finds patch by patch, in a small part
of the time; the tests hold the two to each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]

#: Part of the penalty by which a bound may be broken: at first, and in the end.
ROUGH, TOLERANCE = 0.02, 5e-3
#: Sweeps of coordinate descent after an atom has joined: at first, and in the end.
FEW, MANY = 6, 100
#: Atoms that may join.
MOST = 64
#: Patches whose products with all atoms are looked at together: they should stay in the cache.
TOGETHER = 1024


def codes(
    y: npt.NDArray[Any],
    atoms: npt.NDArray[Any],
    penalty: float,
    *,
    gram: npt.NDArray[Any] | None = None,
    tolerance: float = TOLERANCE,
) -> csr_array:
    r"""Return the sparse codes of patches.

    Parameters
    ----------
    y
        Shape ``(n, f)``.
    atoms
        Shape ``(k, f)``, of unit length.
    penalty
        :math:`\lambda`, positive.
    gram
        ``atoms @ atoms.T``, where it is at hand.
    tolerance
        Part of the penalty by which a bound may be broken.

    Returns
    -------
    csr_array
        Shape ``(n, k)``.

    Examples
    --------
    >>> codes(np.array([[3.0, 0.5]]), np.eye(2), 1.0).toarray()
    array([[2., 0.]], dtype=float32)
    """
    y, atoms = np.ascontiguousarray(y, np.float32), np.ascontiguousarray(atoms, np.float32)
    gram = atoms @ atoms.T if gram is None else gram
    which, value = np.empty((len(y), 0), np.int32), np.empty((len(y), 0), np.float32)
    for slack, sweeps in ((ROUGH, FEW), (tolerance, MANY)):
        which, value = _grow(y, atoms, gram, penalty, which, value, slack, sweeps)
    starts = np.arange(len(y) + 1) * which.shape[1]
    found = csr_array((value.ravel(), which.ravel(), starts), (len(y), len(atoms)))
    found.eliminate_zeros()
    return found


def _grow(
    y: Floats,
    atoms: Floats,
    gram: Floats,
    penalty: float,
    which: npt.NDArray[np.int32],
    value: Floats,
    slack: float,
    sweeps: int,
) -> tuple[npt.NDArray[np.int32], Floats]:
    """Let atoms join until no bound is broken by more than ``slack``; return those of each patch and their values."""
    # of the patches `rows`, which are still open: atoms that joined, their products with y and each other, their values
    rows, joined, x = np.arange(len(y)), which, value  # x is improved in place, so is value
    b, g = np.einsum("nf,npf->np", y, atoms[joined]), gram[joined[:, :, None], joined[:, None, :]]
    _descend(g, b, x, penalty, 0.1 * slack * penalty, sweeps)
    rest = y - _product(joined, x, atoms)
    for _ in range(min(MOST, len(atoms))):
        best, bound = _strongest(rest, atoms)
        still = np.flatnonzero(bound > penalty * (1 + slack))
        if not len(still):
            break
        if len(still) < len(rows):
            rows, best, joined, b, g, x = rows[still], best[still], joined[still], b[still], g[still], x[still]
        joined = np.concatenate([joined, best[:, None]], axis=1)
        b = np.concatenate([b, np.einsum("nf,nf->n", y[rows], atoms[best])[:, None]], axis=1)
        g = _bordered(g, gram[best[:, None], joined])
        x = np.concatenate([x, np.zeros((len(rows), 1), np.float32)], axis=1)
        _descend(g, b, x, penalty, 0.1 * slack * penalty, sweeps)
        which, value = np.pad(which, ((0, 0), (0, 1))), np.pad(value, ((0, 0), (0, 1)))
        which[rows], value[rows] = joined, x
        rest = y[rows] - _product(joined, x, atoms)
    return which, value


def _product(joined: npt.NDArray[np.int32], x: Floats, atoms: Floats) -> Floats:
    """Return what the atoms that joined make together."""
    starts = np.arange(len(joined) + 1) * joined.shape[1]
    return np.asarray(csr_array((x.ravel(), joined.ravel(), starts), (len(joined), len(atoms))) @ atoms, np.float32)


def _strongest(rest: Floats, atoms: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
    """Return the atom of the largest product with what is left of each patch, of either sign, and that product."""
    best, bound = np.empty(len(rest), np.int32), np.empty(len(rest), np.float32)
    for start in range(0, len(rest), TOGETHER):
        part = slice(start, start + TOGETHER)
        products = rest[part] @ atoms.T
        np.abs(products, out=products)
        found = products.argmax(axis=1)
        best[part], bound[part] = found, products[np.arange(len(found)), found]
    return best, bound


def _bordered(g: Floats, row: Floats) -> Floats:
    """Return the small Gram matrices with a row and a column more, the last number being its diagonal."""
    n, size = row.shape
    grown = np.empty((n, size, size), np.float32)
    grown[:, :-1, :-1] = g
    grown[:, -1] = row
    grown[:, :, -1] = row
    return grown


def _descend(g: Floats, b: Floats, x: Floats, penalty: float, enough: float, sweeps: int) -> None:
    """Solve the small lassos by coordinate descent, in place; patches that have come to rest are left alone."""
    busy = np.arange(len(x))
    now, gram, aim = x, g, b
    for _ in range(sweeps):
        moved = np.zeros(len(busy), np.float32)
        for p in reversed(range(x.shape[1])):  # the atom that has just joined moves first
            before = now[:, p].copy()
            pull = aim[:, p] - np.einsum("np,np->n", gram[:, p], now) + before
            now[:, p] = np.sign(pull) * np.maximum(np.abs(pull) - penalty, 0)
            np.maximum(moved, np.abs(now[:, p] - before), out=moved)
        if now is not x:
            x[busy] = now
        on = moved > enough
        if not on.any():
            return
        if on.mean() < 0.7:
            busy = busy[on]
            now, gram, aim = x[busy], gram[on], aim[on]

r"""How the weights of a predicted error are found: Laplace quasi-likelihood, never negative.

For errors e and their predictors :math:`p_j \ge 0` (:mod:`napari_mrsr.trust.intervals`),

.. math:: \min_{w \ge 0} \; \frac{1}{N} \sum_i \log u_i + \frac{|e_i|}{u_i}, \qquad u_i^2 = \sum_j w_j\, p_{ij} .

It is the likelihood of errors of a Laplace distribution of mean size u, whose tails are closer to those of a network's
errors than a Gaussian's; as a quasi-likelihood it finds the mean size of the error whatever their distribution. A
calibration found with other weights is as valid, only its intervals are wider than they need be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from napari_mrsr.errors import BadParameter

#: No weight is smaller: u must be positive.
LEAST = 1e-10


def fit(errors: npt.NDArray[Any], predictors: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the weights of the predictors.

    Parameters
    ----------
    errors
        Shape ``(n,)``, as parts of the common scale.
    predictors
        Shape ``(n, m)``, mean squares as parts of its square, none negative.

    Returns
    -------
    ndarray
        Shape ``(m,)``, each at least :data:`LEAST`.

    Raises
    ------
    BadParameter
        There are no errors, or a predictor is negative.

    Examples
    --------
    Laplace errors of mean size 2 and 4 where the only predictor is 1 and 4:

    >>> rng = np.random.default_rng(0)
    >>> p = np.repeat([1.0, 4.0], 20000)
    >>> fit(rng.laplace(scale=2 * np.sqrt(p)), p[:, None]).round(1)
    array([4.])
    """
    e, p = np.abs(np.asarray(errors, np.float64)), np.asarray(predictors, np.float64)
    if e.size == 0 or p.shape[0] != e.size or (p < 0).any():
        raise BadParameter(f"{e.size} errors and predictors of shape {p.shape} cannot be fitted")
    size = np.maximum(p.mean(axis=0), LEAST)  # the search runs in units in which all predictors are about 1
    scale = float(np.mean(e)) ** 2 or 1.0

    def cost(log_w: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        w = np.exp(log_w)
        square = (p / size) @ w + LEAST
        u = np.sqrt(square * scale)
        slope = 0.5 / square * (1 - e / u)
        return float(np.mean(np.log(u) + e / u)), (p / size).T @ slope / e.size * w

    begin = np.log(np.full(p.shape[1], 1.0 / p.shape[1]))
    found = minimize(cost, begin, jac=True, method="L-BFGS-B", bounds=[(-16, 8)] * p.shape[1])
    return np.asarray(np.maximum(np.exp(found.x) * scale / size, LEAST))

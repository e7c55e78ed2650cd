r"""T2 from the ratio of the two echoes of DESS, in closed form (Sveinsson 2017).

**Derivation** from the exact steady state of :mod:`napari_mrsr.physics.epg`, in its notation. There ``S2/S1 = |m_0|
exp(2 TE1/T2)`` with ``m_0 = e_0^2 rho_1``, where ``rho_1`` says which part of the magnetisation wound up once comes
back. Neglect what was wound up more than once (``rho_2 = 0``); then ``rho_1 = beta_1``, and M0, and the signal of
order 0, are gone::

    S2/S1 = k exp(-2 (TR - TE1)/T2) exp(-c1)

    k  = -beta_1 = sin^2(a/2) (1 + E) / (1 - E cos a),   E = h_1 = exp(-TR/T1 - TR d),   d = D (gamma G tau)^2
    c1 = (TR - tau/3) d                                  the diffusion part of e_0^2

    T2 = -2 (TR - TE1) / (ln(S2 / (k S1)) + c1)

which is the estimator that Sveinsson and colleagues found by linearising the extended phase graph. A ratio of ``k
exp(-c1)`` or more has no solution (fluid: with a T1 of 3.6 s its echoes differ less than the assumed T1 of 1.2 s
allows).

**Bias.** What is neglected, ``alpha_1^2 m_1 / (1 - beta_1 m_1)``, makes T2 too long: at TR 23, TE 7, 20 degrees by
0.1 ms at 20 ms, 0.7 at 35, 2.5 at 50 and 11.6 at 80. :mod:`napari_mrsr.mapping.epg_table` has none of it.

Sources
-------
- Sveinsson B, Chaudhari AS, Gold GE, Hargreaves BA. A simple analytic method for estimating T2 in the knee from DESS.
  Magn Reson Imaging 2017;38:63-70. doi:10.1016/j.mri.2016.12.018
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.physics.dess import DessSequence


def coefficients(sequence: DessSequence, t1: npt.ArrayLike, b1: npt.ArrayLike = 1.0) -> tuple[npt.NDArray[Any], float]:
    """Return k and c1 of the estimator.

    Parameters
    ----------
    sequence
        The acquisition, with the diffusivity of the tissue.
    t1
        Assumed T1, ms, any shape.
    b1
        Actual over nominal flip angle, of a shape that broadcasts with ``t1``.

    Returns
    -------
    k
        Of the common shape of ``t1`` and ``b1``.
    c1
        A number.
    """
    d = sequence.diffusion_rate
    e = np.exp(-sequence.repetition_time * (1 / np.asarray(t1) + d))
    angle = np.asarray(b1) * math.radians(sequence.flip_angle)
    k = np.sin(angle / 2) ** 2 * (1 + e) / (1 - e * np.cos(angle))
    return k, (sequence.repetition_time - sequence.spoiler_duration / 3) * d


def t2(ratio: npt.ArrayLike, sequence: DessSequence, *, t1: float, b1: npt.ArrayLike = 1.0) -> npt.NDArray[Any]:
    """Return T2 in ms for ratios S2/S1; NaN where the formula has no solution.

    Parameters
    ----------
    ratio
        S2/S1, any shape.
    sequence
        The acquisition, with the diffusivity of the tissue.
    t1
        Assumed T1, ms.
    b1
        Actual over nominal flip angle, of a shape that broadcasts with ``ratio``.

    Examples
    --------
    >>> qdess = DessSequence(23, 7, 20, spoiler_moment=0.03132, spoiler_duration=1.56)
    >>> print(f"{t2(0.304072, qdess, t1=1200.0):.3f}")
    35.741
    """
    k, c1 = coefficients(sequence, t1, b1)
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.log(np.asarray(ratio) / k) + c1
        estimate = -2 * (sequence.repetition_time - sequence.echo_time) / exponent
    return np.where(exponent < 0, estimate, np.nan)

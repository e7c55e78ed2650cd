r"""The two echoes of DESS with diffusion: the steady state of the extended phase graph, solved directly.

The extended phase graph (EPG) follows the magnetisation as states of order ``n``: transverse ``F_n``, which the
spoiler has wound up ``n`` times, and longitudinal ``Z_n``. With pulses about x, every ``F_n = -i f_n`` is imaginary
and every ``Z_n`` real (Weigel 2015, whose operators these are):

- **Pulse** of angle a, for n >= 0::

      f_n'  = cos^2(a/2) f_n - sin^2(a/2) f_-n + sin(a) Z_n
      f_-n' = cos^2(a/2) f_-n - sin^2(a/2) f_n + sin(a) Z_n
      Z_n'  = cos(a) Z_n - sin(a)/2 (f_n + f_-n)

- **The rest of a repetition** raises every transverse order by one. With ``d = D (gamma G tau)^2`` the state spends
  ``(TR - tau)/2`` at order n, tau on the way and ``(TR - tau)/2`` at order n + 1; the way from -(n+1) to -n costs the
  same::

      e_n = exp(-TR/T2 - d [ (TR - tau)/2 (n^2 + (n+1)^2) + tau (n^2 + n + 1/3) ])
      h_n = exp(-TR/T1 - d TR n^2)
      f_n+1 <- e_n f_n ;  f_-n <- e_n f_-(n+1) ;  Z_n <- h_n Z_n + (1 - h_0 if n = 0)

**Steady state.** The states form a chain, each order coupled only to its neighbours, so no iteration over pulses and
no matrix is needed. At order n >= 1 let u be the state that arrives from below (``f_n``), v the one that arrives from
above (``f_-n``), both before the pulse. Eliminating Z_n gives what the pulse sends on::

    up   = alpha_n u + beta_n v        alpha_n =  cos^2(a/2) - q_n       q_n = h_n sin^2(a) / (2 (1 - h_n cos a))
    down = beta_n u + alpha_n v        beta_n  = -sin^2(a/2) - q_n = -sin^2(a/2) (1 + h_n) / (1 - h_n cos a)

Write ``down = rho_n u``: everything above order n acts as one reflection. What comes from above is
``v = m_n up`` with ``m_n = e_n^2 rho_(n+1)``, hence the continued fraction ::

    rho_n = beta_n + alpha_n^2 m_n / (1 - beta_n m_n)

from rho_(N+1) = 0 down to rho_1. At order 0 this leaves, after and before the pulse, ::

    f_0' = M0 sin(a) (1 - E1) / (1 - E1 cos a + m_0 (E1 - cos a)) ,   f_0 = m_0 f_0'
    S1 = f_0' exp(-TE1/T2) ,   S2 = |f_0| exp(+TE1/T2)

The derivation is this package's own; that the steady state with diffusion is a chain of orders, to be solved by a
continued fraction, goes back to Kaiser, Bartholdi and Ernst (1974). Cut after order 1, ``rho_1 = beta_1``, it is the
analytic estimator of Sveinsson (2017): see :mod:`napari_mrsr.mapping.sveinsson`.

The tests compare it with the closed form (D = 0), with an EPG iterated pulse by pulse and with isochromats.

Sources
-------
- Weigel M. Extended phase graphs: dephasing, RF pulses, and echoes - pure and simple. J Magn Reson Imaging
  2015;41:266-295.
- Kaiser R, Bartholdi E, Ernst RR. Diffusion and field-gradient effects in NMR Fourier spectroscopy. J Chem Phys
  1974;60:2966-2979.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.physics.dess import DessSequence, as_floats

#: Orders after which the signals of tissue and of joint fluid no longer change by 1e-9.
ORDERS = 64


def dess_signals(
    t1: npt.ArrayLike,
    t2: npt.ArrayLike,
    sequence: DessSequence,
    m0: npt.ArrayLike = 1.0,
    *,
    b1: npt.ArrayLike = 1.0,
    orders: int = ORDERS,
) -> tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.floating[Any]]]:
    """Return the two echoes of DESS in the steady state, with diffusion.

    Parameters
    ----------
    t1, t2
        Relaxation times, ms, of any shapes that broadcast.
    sequence
        The acquisition, with the diffusivity of the tissue.
    m0
        Equilibrium magnetisation.
    b1
        Actual over nominal flip angle.
    orders
        Highest order that is followed, at least 1.

    Returns
    -------
    S1, S2
        Magnitudes of the two echoes, of the common shape.

    Raises
    ------
    BadParameter
        ``orders`` is below 1, or a relaxation time is not positive.

    Examples
    --------
    >>> qdess = DessSequence(23, 7, 20, spoiler_moment=0.03132, spoiler_duration=1.56)
    >>> first, second = dess_signals(1200.0, 35.0, qdess)
    >>> print(f"{first:.8f} {second:.8f}")
    0.07624341 0.02318352
    """
    if orders < 1:
        raise BadParameter(f"{orders} orders: at least 1 is needed", remedy="leave the number of orders out")
    t1, t2, m0, b1 = as_floats(t1, t2, m0, b1)
    repetition_time, tau, d = sequence.repetition_time, sequence.spoiler_duration, sequence.diffusion_rate
    angle = b1 * math.radians(sequence.flip_angle)
    cosine, sine = np.cos(angle), np.sin(angle)
    cosine_half_squared, sine_half_squared = np.cos(angle / 2) ** 2, np.sin(angle / 2) ** 2
    e1 = np.exp(-repetition_time / t1)
    e2_squared = np.exp(-2 * repetition_time / t2)

    def diffusion(n: int) -> float:
        """Diffusion part of e_n^2."""
        walk = (repetition_time - tau) / 2 * (n**2 + (n + 1) ** 2) + tau * (n**2 + n + 1 / 3)
        return math.exp(-2 * d * walk)

    rho: Any = 0.0
    for n in range(orders, 0, -1):
        h = e1 * math.exp(-d * repetition_time * n**2)
        q = h * sine**2 / (2 * (1 - h * cosine))
        alpha, beta = cosine_half_squared - q, -sine_half_squared - q
        m = e2_squared * diffusion(n) * rho
        rho = beta + alpha**2 * m / (1 - beta * m)
    reflected = diffusion(0) * rho  # m_0 without its transverse decay, which for short T2 joins exp(+TE1/T2) below
    after_pulse = m0 * sine * (1 - e1) / (1 - e1 * cosine + e2_squared * reflected * (e1 - cosine))
    first = after_pulse * np.exp(-sequence.echo_time / t2)
    second = after_pulse * np.abs(reflected) * np.exp(-sequence.second_echo_time / t2)
    return first, second

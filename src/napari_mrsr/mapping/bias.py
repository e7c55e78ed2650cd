r"""How far T2 of DESS is off where T1, B1, diffusivity or the spoiler are not what the estimator takes them for.

Noise averages out over a region, this does not. Tissue of known T2 and *actual* T1, B1 and diffusivity gives two
echoes by the extended phase graph (:mod:`napari_mrsr.physics.epg`); the estimator reads them with what it
*assumes*::

    bias = estimate(S2/S1 (T2; actual); assumed) - T2

which holds the bias of the closed form itself. What a single wrong assumption does is the difference of two of them,
:func:`sensitivities`. For the GE qDESS with the low spoiler (TR 23, TE 7, 20 degrees), closed form, T2 = 35 ms:
-1.9 and +1.4 ms for T1 -20 and +20 %, -2.0 and +1.7 ms for B1 -10 and +10 %, -1.0 ms without spoiler data.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.mapping import epg_table, sveinsson
from napari_mrsr.physics.dess import DessSequence
from napari_mrsr.physics.epg import dess_signals

#: Errors that are looked at, and what they are called: factor of T1, of B1, of diffusivity, spoiler left out.
ERRORS = MappingProxyType(
    {
        "T1 -20 %": (0.8, 1.0, 1.0, False),
        "T1 +20 %": (1.2, 1.0, 1.0, False),
        "B1 -10 %": (1.0, 0.9, 1.0, False),
        "B1 +10 %": (1.0, 1.1, 1.0, False),
        "D x 1.6": (1.0, 1.0, 1.6, False),
        "no spoiler data": (1.0, 1.0, 1.0, True),
    }
)


def bias(
    t2: npt.ArrayLike,
    sequence: DessSequence,
    *,
    t1: float = 1200.0,
    method: Literal["analytic", "epg"] = "analytic",
    actual_t1: float | None = None,
    actual_b1: float = 1.0,
    actual_diffusivity: float | None = None,
    spoiler_known: bool = True,
) -> npt.NDArray[np.float64]:
    """Return what the estimator reads minus T2, ms; NaN where it finds no solution.

    Parameters
    ----------
    t2
        Actual T2, ms, any shape.
    sequence
        The acquisition with the assumed diffusivity; its nominal flip angle is the assumed one.
    t1
        Assumed T1, ms.
    method
        The estimator.
    actual_t1, actual_b1, actual_diffusivity
        Of the tissue: ms, relative to the nominal flip angle, m2/s; as assumed where not given.
    spoiler_known
        Whether the estimator knows the spoiler; without it, it leaves diffusion out.

    Raises
    ------
    BadParameter
        The method is not known, or a parameter is impossible.

    Examples
    --------
    >>> qdess = DessSequence(23, 7, 20, spoiler_moment=0.03132, spoiler_duration=1.56)
    >>> print(f"{bias(35.0, qdess, actual_t1=1000.0):.3f} ms")
    -0.785 ms
    """
    if method not in ("analytic", "epg"):
        raise BadParameter(f"T2 method {method!r} is not known", remedy='choose "analytic" or "epg"')
    true = np.asarray(t2, dtype=np.float64)
    tissue = sequence if actual_diffusivity is None else replace(sequence, diffusivity=actual_diffusivity)
    first, second = dess_signals(t1 if actual_t1 is None else actual_t1, true, tissue, b1=actual_b1)
    assumed = sequence if spoiler_known else replace(sequence, spoiler_moment=0.0)
    estimate: Any = sveinsson.t2 if method == "analytic" else epg_table.t2
    read: npt.NDArray[np.float64] = estimate(second / first, assumed, t1=t1) - true
    return read


def sensitivities(
    t2: npt.ArrayLike,
    sequence: DessSequence,
    *,
    t1: float = 1200.0,
    method: Literal["analytic", "epg"] = "analytic",
) -> dict[str, npt.NDArray[np.float64]]:
    """Return by how much T2 comes out too long, ms, for each of :data:`ERRORS` by itself.

    An error is that of the tissue against the assumption: "T1 +20 %" is tissue whose T1 is 20 % longer than assumed.
    The bias that the estimator has anyway is taken off.

    Parameters
    ----------
    t2, sequence, t1, method
        As for :func:`bias`; ``t2`` may be a map or the means of regions.

    Returns
    -------
    dict
        By name of the error, each of the shape of ``t2``. Without a spoiler in ``sequence`` diffusivity plays no part
        and "no spoiler data" is 0: its size cannot be told from a header that does not name it.

    Examples
    --------
    >>> qdess = DessSequence(23, 7, 20, spoiler_moment=0.03132, spoiler_duration=1.56)
    >>> {name: f"{change:+.1f} ms" for name, change in sensitivities(35.0, qdess).items() if "B1" in name}
    {'B1 -10 %': '-2.0 ms', 'B1 +10 %': '+1.7 ms'}
    """
    own = bias(t2, sequence, t1=t1, method=method)
    return {
        name: bias(
            t2,
            sequence,
            t1=t1,
            method=method,
            actual_t1=t1 * of_t1,
            actual_b1=of_b1,
            actual_diffusivity=sequence.diffusivity * of_d,
            spoiler_known=not unknown,
        )
        - own
        for name, (of_t1, of_b1, of_d, unknown) in ERRORS.items()
    }

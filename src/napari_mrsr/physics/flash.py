r"""Spoiled gradient echo (FLASH): its steady state, and water and fat in and out of phase.

With perfect spoiling every repetition starts from longitudinal magnetisation alone. With :math:`E_1 = e^{-TR/T_1}` and
flip angle a the steady state is (Ernst and Anderson 1966; Haase 1986)

    :math:`S = M_0 \sin a \, (1 - E_1) / (1 - E_1 \cos a) \; e^{-TE/T_2^*}`,

largest at the Ernst angle :math:`\cos a_E = E_1`, where it is :math:`M_0 \sqrt{(1 - E_1)/(1 + E_1)} \, e^{-TE/T_2^*}`.

Fat precesses slower than water by the chemical shift :math:`\delta` = 3.4 ppm of its methylene protons, its largest
peak (the smaller ones are left out), so that at the echo it lags by

    :math:`\varphi = \gamma B_0 \, \delta \, TE`,

and a voxel with signals W of water and F of fat has the magnitude :math:`|W + F e^{-i\varphi}|`: the sum in phase
(:math:`\varphi = 2\pi n`), the difference in opposed phase (:math:`\varphi = \pi + 2\pi n`). Where a border voxel holds
as much of one as of the other nothing is left: the dark outline of organs in fat (India ink). Dixon (1984) takes the
sum and the difference apart again; where water is the larger part,

    :math:`F / (W + F) = (I - O) / 2 I`.

Sources
-------
- Ernst RR, Anderson WA. Application of Fourier transform spectroscopy to magnetic resonance. Rev Sci Instrum
  1966;37:93-102.
- Haase A, Frahm J, Matthaei D, Hänicke W, Merboldt KD. FLASH imaging: rapid NMR imaging using low flip-angle pulses. J
  Magn Reson 1986;67:258-266.
- Dixon WT. Simple proton spectroscopic imaging. Radiology 1984;153:189-194.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.physics.dess import GAMMA

Array = npt.NDArray[np.floating[Any]]
Phase = Literal["in", "opposed"]

#: Distance of the methylene peak of fat from water, parts of the resonance frequency.
CHEMICAL_SHIFT = 3.4e-6


@dataclass(frozen=True)
class FlashSequence:
    """A spoiled gradient echo acquisition.

    Parameters
    ----------
    repetition_time, echo_time
        TR and TE, ms.
    flip_angle
        Degrees.
    field_strength
        T.

    Raises
    ------
    BadParameter
        A value is not positive, the echo comes after the repetition, or the flip angle is above 180 degrees.
    """

    repetition_time: float
    echo_time: float
    flip_angle: float
    field_strength: float = 3.0

    def __post_init__(self) -> None:
        values = (self.repetition_time, self.echo_time, self.flip_angle, self.field_strength)
        if not all(math.isfinite(v) and v > 0 for v in values):
            raise BadParameter("TR, TE, flip angle and field strength of a FLASH sequence must be positive")
        if self.echo_time >= self.repetition_time:
            raise BadParameter(
                f"an echo at {self.echo_time:g} ms does not fit into a TR of {self.repetition_time:g} ms"
            )
        if self.flip_angle > 180:
            raise BadParameter(f"flip angle {self.flip_angle:g} is above 180 degrees")

    @property
    def phase(self) -> float:
        """How far fat lags behind water at the echo, rad."""
        return fat_phase(self.echo_time, self.field_strength)


def flash_signal(
    t1: npt.ArrayLike, t2_star: npt.ArrayLike, sequence: FlashSequence, *, m0: npt.ArrayLike = 1.0
) -> npt.NDArray[np.float64]:
    """Return the steady-state signal of one kind of spins.

    Parameters
    ----------
    t1, t2_star
        Relaxation times, ms, of any shapes that broadcast.
    m0
        Equilibrium magnetisation times receive gain.

    Raises
    ------
    BadParameter
        A relaxation time is not positive.

    Examples
    --------
    Liver is brighter than spleen, and fat than both, at TR 2.34 ms and 8 degrees:

    >>> flash_signal([809, 1328, 382], [25, 40, 30], FlashSequence(2.34, 0.93, 8)).round(4)
    array([0.0308, 0.0209, 0.0522])
    """
    one, two = np.asarray(t1, np.float64), np.asarray(t2_star, np.float64)
    if not ((one > 0).all() and (two > 0).all()):
        raise BadParameter("T1 and T2* must be positive")
    angle = math.radians(sequence.flip_angle)
    # 1 - E1 loses its digits where T1 is far longer than TR.
    lost = -np.expm1(-sequence.repetition_time / one)
    steady = math.sin(angle) * lost / (1 - (1 - lost) * math.cos(angle))
    return np.asarray(np.asarray(m0, np.float64) * steady * np.exp(-sequence.echo_time / two))


def ernst_angle(t1: npt.ArrayLike, repetition_time: float) -> npt.NDArray[np.float64]:
    """Return the flip angle of the largest signal, degrees, for T1 and TR in ms.

    Examples
    --------
    >>> float(ernst_angle(809, 2.34).round(2))
    4.36
    """
    return np.asarray(np.rad2deg(np.arccos(np.exp(-repetition_time / np.asarray(t1, np.float64)))))


def fat_phase(echo_time: float, field_strength: float) -> float:
    """Return how far fat lags behind water at an echo time (ms) and a field strength (T), rad.

    Examples
    --------
    The dual echo of a 1.5 T scanner: opposed at 2.3 ms, in phase at 4.6 ms.

    >>> [round(math.degrees(fat_phase(te, 1.5))) for te in (2.3, 4.6)]
    [180, 360]
    """
    return GAMMA * field_strength * CHEMICAL_SHIFT * echo_time * 1e-3


def echo_time_of(phase: Phase, field_strength: float) -> float:
    """Return the first echo time, ms, at which fat is in, or in opposed, phase with water.

    Examples
    --------
    >>> round(echo_time_of("opposed", 3.0), 2), round(echo_time_of("in", 3.0), 2)
    (1.15, 2.3)
    """
    turns = 1.0 if phase == "in" else 0.5
    return turns * 2 * math.pi / (GAMMA * field_strength * CHEMICAL_SHIFT) * 1e3


def mixture(water: Array, fat: Array, phase: float) -> Array:
    """Return the magnitude of voxels with signals of water and of fat, fat lagging by ``phase`` rad.

    Examples
    --------
    >>> water, fat = np.array([3.0, 1.0]), np.array([1.0, 1.0])
    >>> mixture(water, fat, 0.0), mixture(water, fat, math.pi).round(12)
    (array([4., 2.]), array([2., 0.]))
    """
    kind = np.asarray(water).dtype.type
    return np.asarray(np.hypot(water + fat * kind(math.cos(phase)), fat * kind(math.sin(phase))))


def fat_fraction(in_phase: Array, opposed: Array) -> Array:
    """Return the share of fat in the signal from both magnitudes; NaN where there is no signal.

    The two magnitudes cannot tell fat from water: the smaller of both is returned, at most 0.5. T2* must have acted on
    both alike.

    Examples
    --------
    >>> fat_fraction(np.array([4.0, 2.0]), np.array([2.0, 0.0]))
    array([0.25, 0.5 ])
    """
    total = np.asarray(in_phase, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(total > 0, (total - opposed) / (2 * total), np.nan))

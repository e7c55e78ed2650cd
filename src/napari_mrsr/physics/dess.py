r"""The dual-echo steady-state (DESS) sequence, and its two signals without diffusion in closed form.

One repetition, and what is read in it::

    RF(a) -- TE1 -- [read S1] -- t -- [spoiler, duration tau, moment G tau] -- t -- [read S2] -- TE1 -- RF(a) -- ...
    |<------------------------------------ TR ------------------------------------------------->|

The first echo, S1 (FISP), is the free induction decay of the last pulse. The second, S2 (PSIF), is what earlier
pulses refocus towards the next one; counted from the pulse that excited it, its echo time is ``TE2 = 2 TR - TE1``.

Without diffusion, with ``E1 = exp(-TR/T1)``, ``E2 = exp(-TR/T2)`` and ``u = (E1 - cos a) / (1 - E1 cos a)``::

    w  = sqrt((1 - E2^2) / (1 - E2^2 u^2))
    S1 = M0 tan(a/2) (1 - u w) exp(-TE1/T2)
    S2 = M0 tan(a/2) (1 - w)   exp(+TE1/T2)

which is the form of Gyngell (1988) and of Hänicke and Vogel (2003), ``1 - q r`` and ``1 - p r`` with ``p = 1 - E1 cos
a``, ``q = E1 - cos a``, ``r = w / p``, ``u = q / p``. For short T2, ``1 - w`` loses all its digits, so that the code
takes the same number as ``x / (1 + w)`` with ``x = 1 - w^2 = E2^2 (1 - u^2) / (1 - E2^2 u^2)``.

Signals with diffusion are in :mod:`napari_mrsr.physics.epg`.

Sources
-------
- Gyngell ML. The application of steady-state free precession in rapid 2DFT NMR imaging: FAST and CE-FAST sequences.
  Magn Reson Imaging 1988;6:415-419.
- Bruder H, Fischer H, Graumann R, Deimling M. A new steady-state imaging sequence for simultaneous acquisition of two
  MR images with clearly different contrasts. Magn Reson Med 1988;7:35-42. (DESS)
- Hänicke W, Vogel HU. An analytical solution for the SSFP signal in MRI. Magn Reson Med 2003;49:771-775.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.scan import Scan

#: Proton gyromagnetic ratio, rad / (s T), rounded as in the knee literature (CODATA: 42.577 478 518 MHz/T; a T2 of
#: 35 ms changes by less than 1e-4 ms).
GAMMA = 2 * math.pi * 42.58e6

#: Diffusivity of cartilage assumed where none is given, m2/s.
CARTILAGE_DIFFUSIVITY = 1.25e-9

#: ``(0019,10B6)`` of a GE header counts G/cm us; one of them in mT s/m.
GE_SPOILER_UNIT = 1e-5


@dataclass(frozen=True)
class DessSequence:
    """The parameters of a DESS acquisition that its signals depend on.

    Parameters
    ----------
    repetition_time
        TR, ms.
    echo_time
        Time of the first echo, TE1, ms.
    flip_angle
        Nominal flip angle, degrees.
    spoiler_moment
        Area of the spoiler between the echoes, mT s/m; 0 leaves diffusion out.
    spoiler_duration
        Duration tau of the spoiler, ms.
    diffusivity
        Apparent diffusion coefficient of the tissue, m2/s.

    Raises
    ------
    BadParameter
        A parameter is not a finite number, or no such sequence exists (``TE1 + tau/2 > TR/2``, flip outside 0..180).

    Examples
    --------
    >>> qdess = DessSequence(23, 7, 20, spoiler_moment=0.03132, spoiler_duration=1.56)
    >>> qdess.second_echo_time, round(qdess.spoiler_wavenumber)
    (39, 8379)
    """

    repetition_time: float
    echo_time: float
    flip_angle: float
    spoiler_moment: float = 0.0
    spoiler_duration: float = 0.0
    diffusivity: float = CARTILAGE_DIFFUSIVITY

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            name = one.name.replace("_", " ")
            if not math.isfinite(value) or value < 0:
                raise BadParameter(
                    f"{name} {value:g} is not a finite number of at least 0",
                    remedy="give times in ms, the moment in mT s/m and diffusivity in m2/s",
                )
        if self.repetition_time == 0:
            raise BadParameter("repetition time is 0", remedy="give TR in ms")
        if not 0 < self.flip_angle < 180:
            raise BadParameter(
                f"flip angle {self.flip_angle:g} is not between 0 and 180 degrees",
                remedy="give the flip angle in degrees",
            )
        if 2 * self.echo_time + self.spoiler_duration > self.repetition_time:
            raise BadParameter(
                f"TE {self.echo_time:g} ms on both sides of a spoiler of {self.spoiler_duration:g} ms "
                f"do not fit into TR {self.repetition_time:g} ms",
                remedy="give the TE of the first echo, in ms",
            )

    @property
    def second_echo_time(self) -> float:
        """TE2 = 2 TR - TE1, ms."""
        return 2 * self.repetition_time - self.echo_time

    @property
    def spoiler_wavenumber(self) -> float:
        """Phase per length that the spoiler winds up, gamma G tau, rad/m."""
        return GAMMA * self.spoiler_moment * 1e-3

    @property
    def diffusion_rate(self) -> float:
        """Decay rate D (gamma G tau)^2 of magnetisation that the spoiler wound up once, 1/ms."""
        return self.diffusivity * self.spoiler_wavenumber**2 * 1e-3


def signals(
    t1: npt.ArrayLike,
    t2: npt.ArrayLike,
    sequence: DessSequence,
    m0: npt.ArrayLike = 1.0,
    *,
    b1: npt.ArrayLike = 1.0,
) -> tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.floating[Any]]]:
    """Return the two echoes without diffusion.

    Parameters
    ----------
    t1, t2
        Relaxation times, ms, of any shapes that broadcast.
    sequence
        The acquisition; its spoiler and diffusivity play no part here.
    m0
        Equilibrium magnetisation.
    b1
        Actual over nominal flip angle.

    Returns
    -------
    S1, S2
        Magnitudes of the two echoes, of the common shape, in the precision of the arrays given.

    Examples
    --------
    >>> first, second = signals(1200.0, 35.0, DessSequence(23, 7, 20))
    >>> print(f"{first:.8f} {second:.8f}")
    0.07648150 0.02385522
    """
    t1, t2, m0, b1 = as_floats(t1, t2, m0, b1)
    repetition_time, echo_time = sequence.repetition_time, sequence.echo_time
    angle = b1 * math.radians(sequence.flip_angle)
    e1 = np.exp(-repetition_time / t1)
    e2_squared = np.exp(-2 * repetition_time / t2)
    u = (e1 - np.cos(angle)) / (1 - e1 * np.cos(angle))
    below = 1 - e2_squared * u**2
    w = np.sqrt((1 - e2_squared) / below)
    scale = m0 * np.tan(angle / 2)
    first = scale * (1 - u * w) * np.exp(-echo_time / t2)
    second = scale * np.exp(-sequence.second_echo_time / t2) * (1 - u**2) / (below * (1 + w))
    return first, second


def as_floats(*values: npt.ArrayLike) -> tuple[npt.NDArray[np.floating[Any]], ...]:
    """Return T1, T2 and what scales them as arrays of one floating type; plain numbers follow the arrays' precision.

    Raises
    ------
    BadParameter
        T1 or T2, the first two, is not positive everywhere.
    """
    known = [value if np.isscalar(value) else np.asarray(value) for value in values]
    kind = np.result_type(*known)
    if not np.issubdtype(kind, np.floating):
        kind = np.dtype(np.float64)
    arrays = tuple(np.asarray(value, dtype=kind) for value in known)
    for name, array in zip(("T1", "T2"), arrays, strict=False):
        if not (array > 0).all():
            raise BadParameter(f"{name} must be greater than 0 ms everywhere", remedy="give T1 and T2 in ms")
    return arrays


#: Parameter sets met in practice, by name; where they come from: :data:`PRESET_SOURCES`.
PRESETS: Mapping[str, DessSequence] = MappingProxyType(
    {
        "GE qDESS, low spoiler, 20 deg": DessSequence(23.0, 7.0, 20.0, 3132 * GE_SPOILER_UNIT, 1.56),
        "GE qDESS, high spoiler, 20 deg": DessSequence(23.0, 7.0, 20.0, 15660 * GE_SPOILER_UNIT, 1.56),
        "GE qDESS, low spoiler, 30 deg": DessSequence(25.0, 7.48, 30.0, 3132 * GE_SPOILER_UNIT, 1.76),
        "Siemens DESS (OAI)": DessSequence(16.3, 4.7, 25.0),
    }
)

#: Where each parameter set comes from, and what it lacks.
PRESET_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "GE qDESS, low spoiler, 20 deg": "TR, TE and flip of the dual-echo DESS with 0.7 mm slices in the MRSR paper; "
        "spoiler 3132 G/cm us in 1.56 ms as in headers of GE scanners",
        "GE qDESS, high spoiler, 20 deg": "the same with five times the spoiler, for diffusion weighting",
        "GE qDESS, low spoiler, 30 deg": "as in the header of a sagittal knee of a GE MR750 at 3 T",
        "Siemens DESS (OAI)": "Peterfy, Schneider, Nevitt. The osteoarthritis initiative: report on the design "
        "rationale for the magnetic resonance imaging protocol for the knee. Osteoarthritis Cartilage "
        "2008;16:1433-1441. The header does not tell the spoiler; the OAI kept only the combined image.",
    }
)


def sequence_of(scan: Scan, **overrides: float | None) -> DessSequence:
    """Return the DESS sequence that a scan was acquired with.

    TE1 is the shorter echo time of the header. A single one longer than TR is TE2, and then ``TE1 = 2 TR - TE2``.

    Parameters
    ----------
    scan
        A scan whose ``acquisition`` knows the sequence.
    **overrides
        Fields of :class:`DessSequence` that replace what the header says; ``None`` keeps the header's.

    Raises
    ------
    MissingParameter
        TR, TE or flip angle is neither in the header nor given.
    BadParameter
        The parameters make no DESS sequence.
    TypeError
        An override is not a field of :class:`DessSequence`.
    """
    known = {one.name for one in fields(DessSequence)}
    if unknown := set(overrides) - known:
        raise TypeError(f"no parameter of a DESS sequence: {', '.join(sorted(unknown))}")
    given = {name: float(value) for name, value in overrides.items() if value is not None}
    acquisition = scan.acquisition

    def need(name: str, header: float | None, short: str, option: str, key: str) -> float:
        value = given.get(name, header)
        if value is None:
            raise MissingParameter(
                f"has no {short}", where=scan.where, remedy=f'give {option} or a JSON sidecar with "{key}"'
            )
        return value

    repetition_time = need("repetition_time", acquisition.repetition_time, "repetition time", "--tr", "RepetitionTime")
    header_time = min(acquisition.echo_times, default=None)
    if header_time is not None and header_time > repetition_time:
        header_time = 2 * repetition_time - header_time
    try:
        return DessSequence(
            repetition_time=repetition_time,
            echo_time=need("echo_time", header_time, "echo time", "--te", "EchoTime"),
            flip_angle=need("flip_angle", acquisition.flip_angle, "flip angle", "--flip", "FlipAngle"),
            spoiler_moment=given.get("spoiler_moment", acquisition.spoiler_moment or 0.0),
            spoiler_duration=given.get("spoiler_duration", acquisition.spoiler_duration or 0.0),
            diffusivity=given.get("diffusivity", CARTILAGE_DIFFUSIVITY),
        )
    except BadParameter as error:
        raise BadParameter(error.what, where=scan.where, remedy=error.remedy) from error

r"""The contrast that TR, TE, TI and flip angle make.

Spin echoes: a short TR lets T1 tell tissues apart, a long TE lets T2 (Nitz and Reimer, Eur Radiol 1999;9:1032-1046).
What counts as short and long differs among textbooks by half; between the limits below nothing is told.

Inversion recovery: fluid of a T1 of about 4.2 s crosses zero at

.. math:: TI_0 = T_1 [\ln 2 - \ln(1 + e^{-TR / T_1})],

2445 ms at a TR of 9 s and 1796 ms at 5 s. A TI near it with a long TE is FLAIR (Hajnal et al., J Comput Assist Tomogr
1992;16:841-844); a TI that nulls fat (STIR) or grey matter (double inversion) is none of the four.

Spoiled gradient echoes: above the Ernst angle :math:`\cos\alpha_E = e^{-TR / T_1}` T1 weights the image, below it
the density of protons (Helms et al., Magn Reson Med 2008;59:667-672); :math:`\alpha_E` is taken for a T1 of 1.2 s. An
inversion before them makes MPRAGE (Mugler and Brookeman, Magn Reson Med 1990;15:152-157), whose TR is either that from
inversion to inversion or, as GE and Philips write it, that of its readout.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from napari_mrsr.scan import Acquisition

#: T1 of fluid and of tissue at 1.5 to 3 T, ms.
T1_FLUID, T1_TISSUE = 4200.0, 1200.0
#: Spin echoes, ms: short TR at most, long TR at least, short TE at most, long TE at least.
SHORT_TR, LONG_TR, SHORT_TE, LONG_TE = 900.0, 1800.0, 35.0, 70.0
#: So far, as a part of it, TI may be from the null of fluid. T1 of fluid and echo trains are known no better.
NULL_TOLERANCE = 0.3
#: Inversion for T1 contrast, ms; below lies the null of fat, above that of fluid.
T1_INVERSION = (350.0, 1400.0)
#: Gradient echoes beyond this TE, ms, show T2* as well.
GRADIENT_TE = 10.0
#: Flip angle over the Ernst angle: proton density at most, T1 at least.
PROTON_FLIP, T1_FLIP = 0.6, 1.4
#: Without a word on the sequence a TR below this, ms, is one of gradient echoes.
GRADIENT_TR = 60.0
#: A TR from inversion to inversion, ms, and the flip angle of its readout, degrees.
MPRAGE_TR, MPRAGE_FLIP = (1200.0, 3500.0), (4.0, 16.0)


@dataclass(frozen=True)
class Timing:
    """What the timing says: a contrast (or none), why, and whether the image is surely none of the four."""

    name: str = ""
    why: str = ""
    other: bool = False


def words(value: Any) -> set[str]:
    r"""Return the upper-case words of a header entry, as lists or in the writing of any converter.

    Examples
    --------
    >>> sorted(words("GR\\IR")), sorted(words(["SK", "SP"])), sorted(words("GR_IR"))
    (['GR', 'IR'], ['SK', 'SP'], ['GR', 'IR'])
    """
    if value is None:
        return set()
    parts = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    return {word for part in parts for word in re.split(r"[^A-Z0-9]+", str(part).upper()) if word}


def fluid_null(repetition_time: float) -> float:
    """Return the TI that nulls fluid, ms, at a TR, ms.

    Examples
    --------
    >>> round(fluid_null(9000)), round(fluid_null(5000))
    (2445, 1796)
    """
    return T1_FLUID * (math.log(2) - math.log1p(math.exp(-repetition_time / T1_FLUID)))


def ernst_angle(repetition_time: float) -> float:
    """Return the Ernst angle of tissue, degrees, at a TR, ms.

    Examples
    --------
    >>> round(ernst_angle(18), 1)
    9.9
    """
    return math.degrees(math.acos(math.exp(-repetition_time / T1_TISSUE)))


def look(acquisition: Acquisition) -> Timing:
    """Return the contrast that the timing of a scan makes.

    Examples
    --------
    >>> look(Acquisition(repetition_time=4000.0, echo_times=(100.0,))).name
    'T2w'
    >>> look(Acquisition(repetition_time=4000.0, echo_times=(50.0,))).name
    ''
    """
    others = acquisition.others
    sequence, variant = words(others.get("ScanningSequence")), words(others.get("SequenceVariant"))
    pulse = words(others.get("EchoPulseSequence"))
    if "EP" in sequence:
        return Timing(why="echo planar imaging", other=True)
    if acquisition.spoiler_moment:
        return Timing(why="its spoiler is that of a dual-echo steady state", other=True)
    if "MTC" in variant or "MT" in words(others.get("ScanOptions")):
        return Timing(why="its magnetisation was transferred (MT)", other=True)
    if "SE" in sequence or "SPIN" in pulse:
        gradient: bool | None = False
    elif "GR" in sequence or "GRADIENT" in pulse:
        gradient = True
    elif sequence - {"IR"}:
        return Timing()  # a sequence that DICOM has no word for: RM, research mode
    else:
        gradient = None
    tr, te = acquisition.repetition_time, _echo_time(acquisition)
    if tr is None or te is None:
        return Timing()
    inverted = "IR" in sequence or "YES" in words(others.get("InversionRecovery"))
    if gradient is None:
        gradient = _is_gradient(tr, te, acquisition.flip_angle)
    if gradient:
        return _gradient(acquisition, tr, te, inverted or "MP" in variant)
    return _spin(acquisition.inversion_time, tr, te, inverted)


def _echo_time(acquisition: Acquisition) -> float | None:
    times = set(acquisition.echo_times)
    return times.pop() if len(times) == 1 else None


def _is_gradient(tr: float, te: float, flip: float | None) -> bool:
    return tr <= GRADIENT_TR or (te <= GRADIENT_TE and flip is not None and flip <= MPRAGE_FLIP[1])


def _spin(ti: float | None, tr: float, te: float, inverted: bool) -> Timing:
    if ti:
        null = fluid_null(tr)
        if abs(ti / null - 1) <= NULL_TOLERANCE and te >= LONG_TE:
            return Timing("FLAIR", f"TI {ti:g} ms nulls fluid, TE {te:g} ms")
        if T1_INVERSION[0] <= ti <= T1_INVERSION[1] and te <= SHORT_TE:
            return Timing("T1w", f"an inversion {ti:g} ms before a short TE of {te:g} ms")
        return Timing(why=f"an inversion of TI {ti:g} ms and TE {te:g} ms makes none of the four", other=True)
    if inverted:
        return Timing()  # without its TI an inversion may null fluid, fat, or nothing
    if tr <= SHORT_TR and te <= SHORT_TE:
        return Timing("T1w", f"a short TR of {tr:g} ms and TE of {te:g} ms")
    if tr >= LONG_TR and te <= SHORT_TE:
        return Timing("PDw", f"a long TR of {tr:g} ms and a short TE of {te:g} ms")
    if tr >= LONG_TR and te >= LONG_TE:
        return Timing("T2w", f"a long TR of {tr:g} ms and TE of {te:g} ms")
    return Timing(why=f"TR {tr:g} ms and TE {te:g} ms lie between the contrasts")


def _gradient(acquisition: Acquisition, tr: float, te: float, prepared: bool) -> Timing:
    ti, flip = acquisition.inversion_time, acquisition.flip_angle
    if te > GRADIENT_TE:
        return Timing(why=f"gradient echoes at TE {te:g} ms show T2* as well", other=True)
    if ti:
        if T1_INVERSION[0] <= ti <= T1_INVERSION[1]:
            return Timing("T1w", f"gradient echoes {ti:g} ms after an inversion (MPRAGE)")
        return Timing(why=f"gradient echoes at TI {ti:g} ms")
    if flip is None:
        return Timing()
    if MPRAGE_TR[0] <= tr <= MPRAGE_TR[1] and MPRAGE_FLIP[0] <= flip <= MPRAGE_FLIP[1]:
        return Timing("T1w", f"gradient echoes of {flip:g} degrees every {tr:g} ms are those of MPRAGE")
    if prepared:
        return Timing("T1w", "gradient echoes after a preparation of the magnetisation (MPRAGE)")
    ernst = ernst_angle(tr)
    if flip >= T1_FLIP * ernst:
        return Timing("T1w", f"a flip angle of {flip:g} degrees, {flip / ernst:.1f} of the Ernst angle")
    if flip <= PROTON_FLIP * ernst:
        return Timing("PDw", f"a flip angle of {flip:g} degrees, {flip / ernst:.1f} of the Ernst angle")
    return Timing(why=f"a flip angle of {flip:g} degrees lies near the Ernst angle")

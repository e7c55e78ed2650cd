"""What may be unlike the training: timings, pulses, noise, fields, lesions, the skull, a scan that is missing or moved.

Everything else stays as it is under the nominal condition: the same head, the same noise, the same coil. What is
changed on purpose stands in the header too; what a scanner misses by itself does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.brain.contrasts import CONTRASTS, Protocol
from napari_mrsr.phantoms.brain.lesions import Lesions

#: What stands in for a scan that is missing: noise, or another scan.
Instead = Literal["noise", "T1w", "T2w"]

#: Name of the condition under which networks were taught.
NOMINAL = "nominal"
#: Relative changes of all times of a sequence.
CHANGES = (-0.2, -0.1, -0.05, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Condition:
    """One condition.

    Parameters
    ----------
    name
        What tables call it.
    times
        Factor on all times of the sequences named.
    echo_time
        TE of the T2w, ms.
    real_pulses
        T2w has refocusing pulses of 150 degrees and FLAIR a train of small angles, as scanners have them, and B1 acts
        on them; else the simple models that networks are taught with.
    noise
        Times its standard deviation.
    b1
        Times how far B1 is from 1.
    coil
        Whether the receive coil shades.
    lesions
        What is wrong with the brain.
    skull
        Whether it is still there.
    instead
        What stands in for a scan that is missing, by contrast.
    moved
        Contrast that is shifted along the body, mm, and turned about the axis from left to right, degrees.
    thick
        Contrast that has axial slices of this thickness, mm, interpolated to the grid.
    coarse
        Contrast that was measured in cubic voxels of this size, mm.
    """

    name: str
    times: Mapping[str, float] = field(default_factory=dict)
    echo_time: float | None = None
    real_pulses: bool = False
    noise: float = 1.0
    b1: float = 1.0
    coil: bool = True
    lesions: Lesions = "none"
    skull: bool = True
    instead: Mapping[str, Instead] = field(default_factory=dict)
    moved: tuple[str, float, float] | None = None
    thick: tuple[str, float] | None = None
    coarse: tuple[str, float] | None = None

    def protocol(self, nominal: Protocol | None = None) -> Protocol:
        """Return the timings that a header says.

        Examples
        --------
        >>> Condition("short", times={"T2w": 0.9}).protocol().tse.repetition_time
        6309.0
        """
        p = nominal or Protocol()
        m, t, f = (self.times.get(name, 1.0) for name in CONTRASTS)
        mprage = replace(
            p.mprage, repetition_time=p.mprage.repetition_time * m, inversion_time=p.mprage.inversion_time * m
        )
        echo_time = p.tse.echo_time * t if self.echo_time is None else self.echo_time
        tse = replace(p.tse, repetition_time=p.tse.repetition_time * t, echo_time=echo_time)
        flair = replace(p.flair, repetition_time=p.flair.repetition_time * f, inversion_time=p.flair.inversion_time * f)
        return Protocol(mprage, tse, flair, p.flair_off)


def _timings() -> Iterable[Condition]:
    for name in CONTRASTS:
        for change in CHANGES:
            yield Condition(f"{name} times {100 * change:+.0f} %", times={name: 1 + change})


#: All conditions, the nominal one first, those for which a head is made anew last.
CONDITIONS: tuple[Condition, ...] = (
    Condition(NOMINAL),
    *_timings(),
    Condition("T2w with TE 80 ms", echo_time=80.0),
    Condition("T2w with TE 110 ms", echo_time=110.0),
    Condition("pulses as scanners have them", real_pulses=True),
    Condition("noise x 2", noise=2.0),
    Condition("noise x 4", noise=4.0),
    Condition("B1 twice as uneven", b1=2.0),
    Condition("receive coil evened", coil=False),
    Condition("no skull", skull=False),
    Condition("noise in place of FLAIR", instead={"FLAIR": "noise"}),
    Condition("T2w in place of FLAIR", instead={"FLAIR": "T2w"}),
    Condition("T2w moved by 1 mm and 1 degree", moved=("T2w", 1.0, 1.0)),
    Condition("FLAIR moved by 1 mm and 1 degree", moved=("FLAIR", 1.0, 1.0)),
    Condition("FLAIR in slices of 5 mm", thick=("FLAIR", 5.0)),
    Condition("T2w in voxels of 1.4 mm", coarse=("T2w", 1.4)),
    Condition("plaques", lesions="plaques"),
    Condition("infarct", lesions="infarct"),
    Condition("tumour", lesions="tumour"),
)
#: Those that a short run is done with: one or two of each kind.
SHORT: tuple[str, ...] = (
    NOMINAL,
    "T1w times -10 %",
    "T1w times +10 %",
    "T2w times +10 %",
    "FLAIR times +10 %",
    "pulses as scanners have them",
    "noise x 2",
    "B1 twice as uneven",
    "no skull",
    "noise in place of FLAIR",
    "T2w moved by 1 mm and 1 degree",
    "FLAIR in slices of 5 mm",
    "plaques",
    "tumour",
)


def named(names: Iterable[str]) -> tuple[Condition, ...]:
    """Return conditions by name, in the order of :data:`CONDITIONS`.

    Raises
    ------
    BadParameter
        A name is not known.

    Examples
    --------
    >>> [one.name for one in named(["noise x 2", "nominal"])]
    ['nominal', 'noise x 2']
    """
    wanted = set(names)
    unknown = sorted(wanted - {one.name for one in CONDITIONS})
    if unknown:
        raise BadParameter(
            f"no condition {unknown[0]!r}", remedy=f"choose of {'; '.join(one.name for one in CONDITIONS)}"
        )
    return tuple(one for one in CONDITIONS if one.name in wanted)

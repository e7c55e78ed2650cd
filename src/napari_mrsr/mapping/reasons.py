"""Why a voxel of a map has no value, or one not to be trusted.

A map holds NaN where there is no value, never 0: a 0 would enter means, and leaving zeros out would cut the
distribution at both ends. Beside the map lies a volume of these codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType


class Reason(IntEnum):
    """Why a voxel has no value; only ``OK`` and ``LOW_SNR`` voxels have one."""

    OK = 0
    AIR = 1
    FAT = 2
    FLUID = 3
    NO_SOLUTION = 4
    OUT_OF_RANGE = 5
    LOW_SNR = 6
    NOT_FINITE = 7

    @property
    def text(self) -> str:
        """The reason in words."""
        return REASON_TEXTS[self]

    @property
    def has_value(self) -> bool:
        """Whether the map holds a number there."""
        return self in (Reason.OK, Reason.LOW_SNR)


#: The reasons in words, for tables and the status bar.
REASON_TEXTS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.OK: "valid",
        Reason.AIR: "no signal above the noise",
        Reason.FAT: "suppressed fat or bone: too little signal",
        Reason.FLUID: "fluid: too bright in the second echo",
        Reason.NO_SOLUTION: "no relaxation time explains these signals",
        Reason.OUT_OF_RANGE: "outside the accepted range",
        Reason.LOW_SNR: "valued, but biased by noise",
        Reason.NOT_FINITE: "signal is not a finite number",
    }
)

r"""How far the super-resolved T2 of a region can be believed, as a light with its reason.

Two things are known without any truth (:mod:`napari_mrsr.trust`):

- the share of the acquired voxels of the region in which the result disagrees with the measurement by more than three
  standard deviations of the noise, :math:`|z| > 3`. Noise alone gives 0.27 %;
- how far the T2 of the re-thickened result lies from the T2 of the acquired echoes, in the median over the region, ms.
  The median, because single voxels scatter by several ms from noise while a table reports regions.

The light is that of the worse of the two. It says whether the result agrees with what was measured; it cannot say
whether detail between the slices is true. Where the scan is unlike what the method was trained on
(:mod:`napari_mrsr.trust.range`), or its echoes or slices have moved against each other
(:mod:`napari_mrsr.trust.echo_motion`, :mod:`napari_mrsr.trust.slice_motion`), it is never better than "check":
agreement with the measurement is then all that is known, or worth little. The calibrated half-width
(:mod:`napari_mrsr.trust.intervals`) is told beside, without a limit: how wide is too wide depends on the question,
errors of neighbouring voxels do not average out like noise, and at edges of healthy cartilage it is as wide as a lesion
between slices makes it (``docs/results/planted.md``).

Limits of T2 are published differences. The T2 of regions of femoral cartilage differs by 1.34 ms (mean absolute
difference) between a radiologist's outlines and those of a network (Thomas and others, Cartilage 2021;13:747S,
doi:10.1177/19476035211042406). 2.9 ms is half of the 5.76 ms that Pai and others give as the standard deviation of
cartilage T2 of ten volunteers and several sequences at 3 T (Magn Reson Imaging 2008;26:1215,
doi:10.1016/j.mri.2008.02.017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Level = Literal["green", "amber", "red"]

#: Per cent of voxels with ``|z| > 3`` above which to look: about four times what noise gives.
Z_AMBER = 1.0
#: ... and above which to doubt: every twentieth voxel disagrees.
Z_RED = 5.0
#: Median difference of T2 above which to look, ms: what two outlines of one region differ by (Thomas).
T2_AMBER = 1.34
#: ... and above which to doubt, ms: half the spread over volunteers and sequences (Pai).
T2_RED = 2.9
#: With fewer acquired voxels a share of 1 % means nothing.
FEWEST = 50

WORDS: dict[Level, str] = {"green": "good", "amber": "check", "red": "doubt"}


@dataclass(frozen=True)
class Light:
    """A level, None where it cannot be told; the word for it; and why."""

    level: Level | None
    why: str

    @property
    def word(self) -> str:
        """The level in a word, so that nobody depends on colour."""
        return "–" if self.level is None else WORDS[self.level]

    def __str__(self) -> str:
        return self.word


def light_of(
    n: int,
    large_z_percent: float,
    t2_difference: float,
    *,
    unlike: int = 0,
    half_width: float = float("nan"),
    apart: str = "",
) -> Light:
    """Return the light of a region.

    Parameters
    ----------
    n
        Acquired voxels in the region.
    large_z_percent
        Share of them with ``|z| > 3``, the larger of the two echoes, per cent; NaN where the scan has no noise.
    t2_difference
        Median T2 (re-thickened) minus T2 (acquired), ms; NaN where there is none.
    unlike
        In how many ways the scan is unlike what the method was trained on.
    half_width
        Of the calibrated interval, the median over the region as a part of the median signal, per cent; NaN where there
        is none.
    apart
        Where echoes or slices have moved, in words; empty where they have not.

    Examples
    --------
    >>> light_of(900, 0.3, -0.2).word, light_of(900, 0.3, -1.9).word, light_of(900, 7.0, 0.1).word
    ('good', 'check', 'doubt')
    """
    if n < FEWEST:
        return Light(None, f"{n} acquired voxels are too few to tell (at least {FEWEST})")
    found = [
        (value, amber, red, text)
        for value, amber, red, text in (
            (large_z_percent, Z_AMBER, Z_RED, f"{large_z_percent:.1f} % of voxels off by more than 3 sigma"),
            (abs(t2_difference), T2_AMBER, T2_RED, f"T2 re-thickened - acquired {t2_difference:+.1f} ms"),
        )
        if np.isfinite(value)
    ]
    if not found:
        return Light(None, "neither noise nor T2 is known here")
    rank = max((value > amber) + (value > red) for value, amber, red, _ in found)
    levels: tuple[Level, ...] = ("green", "amber", "red")
    told = [text for *_, text in found]
    if np.isfinite(half_width):
        told.append(f"signal within ± {half_width:.0f} % (90 % of voxels)")
    if unlike:
        told.append("the scan is unlike what the method was trained on")
    if apart:
        told.append(apart)
    return Light(levels[max(rank, int(unlike > 0 or bool(apart)))], "; ".join(told))


#: What the light means, for a tooltip.
EXPLANATION = (
    f"Does the super-resolved scan agree with what was measured in this region?\n"
    f"good: at most {Z_AMBER:g} % of its voxels differ by more than 3 standard deviations of the noise (noise alone: "
    f"0.27 %), and the T2 of the re-thickened result lies within {T2_AMBER:g} ms of the acquired one\n"
    f"check: more than that\n"
    f"doubt: more than {Z_RED:g} % of the voxels, or {T2_RED:g} ms\n"
    "A scan unlike what the method was trained on, or with echoes or slices that moved, is never better than check.\n"
    "It cannot say whether detail between the slices is true."
)

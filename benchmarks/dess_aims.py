"""What the studies of super-resolved DESS aim at, and whether it is met: computed from their tables, never by hand.

The aim against tricubic is the margin that the paper printed, and holds for phantoms without noise; those of T2 are the
agreement that the paper found for its network. A method is to be ahead of sparse coding and Fourier interpolation
everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from napari_mrsr.studies.agreement_table import Agreement, agreement
from napari_mrsr.studies.t2_tables import TITLES
from napari_mrsr.studies.writing import Study

#: The methods that the aims are for: the default of this package, and the published network.
OURS = ("lean", "mrsr")
#: What they are to be ahead of everywhere.
OTHERS = ("scsr", "fourier")
#: Gain over tricubic without noise: the margin of the paper; and agreement of T2 with the reference.
PSNR_GAIN, SSIM_GAIN = 5.0, 0.02
LARGEST_CV, LEAST_CCC = 3.1, 0.93
#: The study in which the gain over tricubic is aimed at.
CLEAN = "quality_noise_free"


@dataclass(frozen=True)
class Aim:
    """A figure that is to lie on one side of another."""

    study: str
    method: str
    what: str
    measured: float
    wanted: float
    digits: int
    unit: str = ""
    below: bool = False

    @property
    def verdict(self) -> str:
        """``"met"``, or by how much it is not."""
        short = (self.measured - self.wanted) if self.below else (self.wanted - self.measured)
        if short <= 0:
            return "met"
        return f"**not met, {short:.{self.digits}f}{self.unit} short**"

    @property
    def row(self) -> dict[str, str]:
        """A row of the table."""
        sign = "≤" if self.below else "≥"
        show = f".{self.digits}f"
        return {
            "study": self.study,
            "method": self.method,
            "aim": f"{self.what} {sign} {self.wanted:{show}}{self.unit}",
            "measured": f"{self.measured:{show}}{self.unit}",
            "verdict": self.verdict,
        }


def aims(studies: dict[str, Study]) -> pd.DataFrame:
    """Return what was aimed at, what was measured, and whether it is met, a row each."""
    rows: list[dict[str, str]] = []
    for key, study in studies.items():
        quality = key.startswith("quality")
        there = set(study.table("scores" if quality else "subjects").frame["method"])
        for ours in (m for m in OURS if m in there):
            found = of_quality(study, key, ours) if quality else of_t2(study, key, ours)
            rows += [aim.row for aim in found]
            rows += [
                {"study": key, "method": ours, "aim": f"ahead of {other}", "measured": "-", "verdict": "**not run**"}
                for other in OTHERS
                if other not in there
            ]
    return pd.DataFrame(rows, columns=["study", "method", "aim", "measured", "verdict"])


def of_quality(study: Study, key: str, ours: str) -> Iterator[Aim]:
    """Yield the aims of image quality, means over the subjects."""
    scores = study.table("scores").frame
    mean = scores.groupby(["image", "method"])[["psnr", "ssim"]].mean()
    there = set(scores["method"])
    for image in dict.fromkeys(scores["image"]):
        for column, name, digits, unit, gain in (
            ("psnr", "pSNR", 2, " dB", PSNR_GAIN),
            ("ssim", "SSIM", 4, "", SSIM_GAIN),
        ):
            measured = float(mean.loc[(image, ours), column])
            if key == CLEAN and "tricubic" in there:
                over = measured - float(mean.loc[(image, "tricubic"), column])
                yield Aim(key, ours, f"{name} {image} over tricubic", over, gain, digits, unit)
            for other in (m for m in OTHERS if m in there):
                theirs = float(mean.loc[(image, other), column])
                yield Aim(key, ours, f"{name} {image} ahead of {other}", measured, theirs, digits, unit)


def of_t2(study: Study, key: str, ours: str) -> Iterator[Aim]:
    """Yield the aims of T2 in the whole region, for each comparison."""
    frame = study.table("subjects").frame
    frame = frame[frame["layer"] == "whole"]
    for comparison in dict.fromkeys(frame["comparison"]):
        part = frame[frame["comparison"] == comparison]
        found = {method: _agreement(part, method) for method in dict.fromkeys(part["method"])}
        name, mine = TITLES[comparison].split(",")[0].lower(), found[ours]
        yield Aim(key, ours, f"T2 CV, {name},", mine.cv.mean, LARGEST_CV, 2, " %", below=True)
        if mine.ccc is not None:
            yield Aim(key, ours, f"T2 CCC, {name},", mine.ccc, LEAST_CCC, 3)
        for other in (m for m in OTHERS if m in found):
            theirs = found[other].cv.mean
            yield Aim(key, ours, f"T2 CV, {name}, ahead of {other}", mine.cv.mean, theirs, 2, " %", below=True)


def _agreement(part: pd.DataFrame, method: str) -> Agreement:
    one = part[part["method"] == method]
    return agreement(one["acquired"].to_numpy(), one["t2"].to_numpy())

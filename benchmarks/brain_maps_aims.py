"""What the study of brain maps aims at, and whether it is met: computed from its tables, never by hand.

Hybrid is to be better than supervised alone as paper 4 found it: MPE, HFEN, PSNR and SSIM of T1, MPE and SSIM of T2, p < 0.05
by its paired t test over slices. Its errors are to be at most those that the paper printed, then half of them. Its borders are to
be within a tenth as wide as those of the weighted images. The head whose T1 was measured is reported. What stands in brackets is no aim: the paper does not say whether fluid counts.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from napari_mrsr.studies.brain_maps.borders import ACQUIRED, BESIDE, TRUE
from napari_mrsr.studies.brain_maps.comparing import SLICE
from napari_mrsr.studies.brain_maps.conditions import NOMINAL
from napari_mrsr.studies.brain_maps.measures import COLUMNS
from napari_mrsr.studies.brain_maps.vfa_subject import MEASURED
from napari_mrsr.studies.brain_maps.ways import HYBRID, SUPERVISED
from napari_mrsr.studies.paired_tests import outcome
from napari_mrsr.studies.quality_tables import p
from napari_mrsr.studies.writing import Study

#: Measures in which hybrid is to be better, by map; p below which it is.
BETTER = {"T1": ("mpe", "hfen", "psnr", "ssim"), "T2": ("mpe", "ssim")}
LEVEL = 0.05
#: Largest MPE, %, as published and then.
LARGEST = {"T1": (10.1, 5.1), "T2": (12.0, 7.1)}
#: How much wider or narrower borders may be, relative.
APART = 0.10
#: Groups of heads that are judged apart, by how the names of their subjects begin.
GROUPS = {"held-out anatomy": "real anatomy", "phantoms": "phantom"}
NOT_RUN = "**not run**"


def aims(done: Study) -> pd.DataFrame:
    """Return what was aimed at, what was measured, and whether it is met, a row each, by group of heads."""
    scores, widths = done.table("scores").frame, _frame(done, "sharpness_all")
    found: dict[str, dict[str, str]] = {}
    for group, begin in GROUPS.items():
        mine = scores[(scores["condition"] == NOMINAL) & scores["subject"].str.startswith(begin)]
        edges = (
            widths[(widths["condition"] == NOMINAL) & widths["subject"].str.startswith(begin)]
            if len(widths)
            else widths
        )
        for aim, measured, verdict in judged(mine, edges):
            row = found.setdefault(aim, {"aim": aim})
            row |= {f"{group}: measured": measured, f"{group}: verdict": verdict}
    return pd.DataFrame(list(found.values()))


def of_measured(done: Study) -> str:
    """Return what the maps say of the person whose T1 was measured, in a sentence; empty where nobody is there."""
    tissues = _frame(done, "tissues_all")
    if not len(tissues):
        return ""
    part = tissues[
        tissues["condition"].str.startswith(MEASURED) & (tissues["map"] == "T1") & (tissues["method"] == HYBRID)
    ]
    told = [
        f"{row['tissue']} {row['found']:.0f} ms beside {row['true']:.0f} ms (MPE {row['mpe']:.1f} %, correlation within "
        f"{row['correlation']:.2f})"
        for row in part.drop_duplicates("tissue").to_dict("records")
    ]
    return f"T1 of the person in whom it was measured, by hybrid weights: {'; '.join(told)}." if told else ""


def judged(scores: pd.DataFrame, widths: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Yield every aim, what was measured, and the verdict."""
    columns = {column.name: column for column in COLUMNS}
    for of, names in BETTER.items():
        for name in names:
            yield _better(
                scores[scores["map"] == of],
                of,
                columns[name].title,
                name,
                columns[name].better == "higher",
                columns[name].digits,
            )
    for of, limits in LARGEST.items():
        own = scores[(scores["map"] == of) & (scores["method"] == HYBRID)]
        for limit in limits:
            for column, without in (("mpe", ""), ("tissue_mpe", " without fluid")):
                aim = f"MPE of {of}{without} at most {limit:g} % (hybrid)"
                if not len(own):
                    yield aim, "-", NOT_RUN
                    continue
                mean = float(own[column].mean())
                verdict = "met" if mean <= limit else f"**not met**, {mean - limit:.2f} % too large"
                yield aim, f"{mean:.2f} %", f"({verdict})" if without else verdict
    for of, image in BESIDE.items():
        for direction in dict.fromkeys(widths["direction"]) if len(widths) else ():
            yield _sharp(widths[widths["direction"] == direction], of, image, direction)


def _better(part: pd.DataFrame, of: str, title: str, name: str, higher: bool, digits: int) -> tuple[str, str, str]:
    aim = f"{of}: {title} better than supervised, p < {LEVEL:g}"
    if not {HYBRID, SUPERVISED} <= set(part["method"]):
        return aim, "-", NOT_RUN
    one = outcome(part, SLICE, name, SUPERVISED, HYBRID)
    if one is None:
        return aim, "-", NOT_RUN
    gain = one.gain if higher else -one.gain
    favoured = one.favoured if higher else one.subjects - one.favoured
    measured = (
        f"{one.gain:+.{digits}f}, p {p(one.t)} over {one.pairs} slices, better in {favoured} of {one.subjects} heads"
    )
    if gain > 0 and one.t < LEVEL:
        return aim, measured, "met"
    return aim, measured, f"**not met**, {'worse' if gain <= 0 else 'not significant'}"


def _sharp(part: pd.DataFrame, of: str, image: str, direction: str) -> tuple[str, str, str]:
    aim = f"{of}: borders within {100 * APART:g} % as wide as in {image}, {direction} (hybrid)"
    part = part[part["map"] == of]
    own = part[part["method"] == HYBRID]["width"].mean()
    usual, true = (part[part["method"] == name]["width"].mean() for name in (ACQUIRED, TRUE))
    ratio = float(own / usual) if usual else np.nan
    if not np.isfinite(ratio):
        return aim, "-", NOT_RUN
    off = abs(ratio - 1)
    verdict = "met" if off <= APART else f"**not met**, {100 * (ratio - 1):+.0f} %"
    told = f"{own:.2f} mm beside {usual:.2f} mm ({100 * (ratio - 1):+.1f} %); in the true {of} {true:.2f} mm"
    return aim, told, verdict


def _frame(done: Study, name: str) -> pd.DataFrame:
    return done.table(name).frame if name in {table.name for table in done.tables} else pd.DataFrame()

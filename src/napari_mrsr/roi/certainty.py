r"""What stands beside the mean T2 of a region: its error by noise, what assumptions do to it, or that there is none.

Columns that join those of :func:`napari_mrsr.roi.statistics`, a row per label:

standard_error, n_effective
    What noise alone does to the mean, ms, and how many voxels with noise of their own would have that error: of a map
    of what was acquired by :mod:`~napari_mrsr.roi.uncertainty`, of a super-resolved one by
    :mod:`~napari_mrsr.roi.carried_noise`.
t1_assumed, t1_longer, b1_lower
    T1 that T2 was read with, ms; by how much T2 is read too long if that T1 is 100 ms longer in truth, and if B1 is 10
    % low, ms: medians over the region of :mod:`napari_mrsr.mapping.sensitivity`. Noise averages out, this does not.
undetermined_percent, dark_percent
    Share of the region in which noise leaves T2 undetermined although the map has a number
    (:func:`napari_mrsr.mapping.undetermined`), and in which the first echo is too dark for one.
flag, at_most
    ``"too short"`` or ``"too dark"`` where these are more than half of the region, and the median reading, ms.

**Too short.** Where T2 is short beside ``2 TR - TE`` (39 ms at TR 23, TE 7) the second echo is lost in noise. Noise
itself then looks like a T2 of some 14 ms, and a mean of such readings would tell the noise. It bounds T2 from above,
and that is what is said: the statistics are left empty. Dark voxels are those of tendon, but of suppressed fat and of
bone as well; which of them only the name of a region can tell (:data:`SHORT_TISSUES`).

**Dark voxels of a tendon stay without a value.** The threshold of fat leaves statistics to the brighter part, which is
said (:func:`brighter_part`). To lift it there would be worse: the later echo of a dark voxel is noise, which reads as
a T2 several times too long, and takes the mean farther from the truth than leaving the voxel out does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.mapping.noise import Noise
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.mapping.sensitivity import changes
from napari_mrsr.mapping.t2_map import T2Map
from napari_mrsr.mapping.uncertainty import LARGEST_SPREAD, dess_step, made_with
from napari_mrsr.roi.carried_noise import carried_noise
from napari_mrsr.roi.region import regions_of, values_in
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd

#: Columns of :func:`certainty` beside ``label``, in order.
COLUMNS = (
    "standard_error",
    "n_effective",
    "t1_assumed",
    "t1_longer",
    "b1_lower",
    "undetermined_percent",
    "dark_percent",
    "flag",
    "at_most",
)
#: Statistics that a flag empties: they would tell of noise.
EMPTIED = ("mean", "sd", "median", "iqr", "p5", "p95", "standard_error", "n_effective", "t1_longer", "b1_lower")
#: Share of a region, per cent, from which its T2 is not told.
MOST_UNDETERMINED = 50.0
#: Share of a region of short T2, per cent, without a value from which it is said that statistics are of the rest.
MOST_LEFT_OUT = 10.0
#: Words of the names of tissue whose darkness is that of a short T2.
SHORT_TISSUES = ("meniscus", "menisci", "tendon", "ligament", "cruciate", "retinaculum", "acl", "pcl")


@dataclass(frozen=True, eq=False)
class Refinement:
    """How the echoes of a super-resolved map came to be.

    Parameters
    ----------
    echoes
        S1 and S2 on the grid of the map.
    method
        Of super-resolution.
    axis
        Voxel axis that was refined.
    acquired_slices
        Slices along it that were acquired.
    """

    echoes: Scan
    method: str
    axis: int
    acquired_slices: int


def certainty(
    map: Scan,
    labels: Scan,
    *,
    acquired: T2Map | None = None,
    refinement: Refinement | None = None,
    names: Mapping[int, str] | None = None,
) -> pd.DataFrame:
    """Return how certain the mean of a T2 map is in every label.

    Parameters
    ----------
    map
        T2 in ms.
    labels
        One volume of whole numbers, 0 is no label; on any grid.
    acquired
        The map of what was acquired with its reasons and, for errors, its sigma; ``map`` may be its own.
    refinement
        Where ``map`` is super-resolved, how.
    names
        Of the labels; they tell tendon from bone, and which T1 was assumed where it was given by region.

    Returns
    -------
    pandas.DataFrame
        One row per label, ``label`` and :data:`COLUMNS`; NaN where a figure is not known.

    Examples
    --------
    >>> t2 = Scan(np.full((1, 10, 10, 5), 35.0), np.eye(4), axis="map", unit="ms")
    >>> sigma = Scan(np.full((1, 10, 10, 5), 3.0), np.eye(4), axis="map", unit="ms")
    >>> valid = Scan(np.zeros((1, 10, 10, 5), np.uint8), np.eye(4), axis="label")
    >>> row = certainty(t2, Scan(np.ones((1, 10, 10, 5), np.uint8), np.eye(4)), acquired=T2Map(t2, valid, sigma)).iloc[
    ...     0
    ... ]
    >>> print(f"+- {row['standard_error']:.2f} ms, {row['undetermined_percent']:.0f} % undetermined")
    +- 0.13 ms, 0 % undetermined
    """
    import pandas as pd

    rows = []
    for label, region in regions_of(labels).items():
        row: dict[str, Any] = {"label": label}
        row |= _error(map, region, acquired, refinement)
        name = (names or {}).get(label, "")
        row |= _assumptions(map, region, name)
        row |= _determined(region, acquired, name)
        rows.append(row)
    return pd.DataFrame(rows, columns=["label", *COLUMNS])


def with_certainty(statistics: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return a table of :func:`napari_mrsr.roi.statistics` with the columns of :func:`certainty` behind its own.

    Statistics of a region whose T2 cannot be determined are emptied; ``at_most`` holds what they bound.
    """
    table = statistics.merge(found, on="label", how="left")
    flagged = table["flag"].fillna("") != ""
    for column in EMPTIED:
        table.loc[flagged, column] = np.nan
    table.attrs.update(statistics.attrs)
    return table


def _error(map: Scan, region: Scan, acquired: T2Map | None, refinement: Refinement | None) -> dict[str, float]:
    """Return the standard error of the mean from noise."""
    nothing = {"standard_error": np.nan, "n_effective": np.nan}
    if acquired is None or acquired.sigma is None:
        return nothing
    made = acquired.sigma.history[-1].parameters if acquired.sigma.history else {}
    correlated = float(made.get("correlated", 1.0))
    if refinement is not None:
        step = dess_step(acquired.map)
        if step is None or dess_step(map) is None:
            return nothing
        table = carried_noise(
            map, refinement.echoes, region, Noise(**step.parameters["noise"]), axis=refinement.axis,
            acquired_slices=refinement.acquired_slices, method=refinement.method, correlated=correlated,
        )  # fmt: skip
        return nothing if table.empty else {key: float(table.iloc[0][key]) for key in nothing}
    sigma = values_in(acquired.sigma, region)
    sigma = sigma[np.isfinite(sigma)]
    if not sigma.size:
        return nothing
    error = float(np.sqrt(correlated * (sigma**2).sum())) / sigma.size
    return {"standard_error": error, "n_effective": sigma.size / correlated}


def _assumptions(map: Scan, region: Scan, name: str) -> dict[str, float]:
    """Return what a wrong T1 or B1 would do to T2 of a region; nothing where the map is not from DESS."""
    step = dess_step(map)
    if step is None:
        return {}
    sequence, assumed = made_with(step)
    by_tissue = step.parameters.get("t1_by_tissue")
    if by_tissue:
        assumed = float(by_tissue.get(name, step.parameters.get("t1_elsewhere", assumed)))
    read = values_in(map, region)
    found = changes(read[np.isfinite(read)], sequence, t1=assumed, method=step.parameters["method"])
    told = {name: float(np.median(c[np.isfinite(c)])) if np.isfinite(c).any() else np.nan for name, c in found.items()}
    return {"t1_assumed": assumed, **told}


def _determined(region: Scan, acquired: T2Map | None, name: str) -> dict[str, Any]:
    """Return which share of a region has a T2 that noise does not hide, and the flag if it is the smaller one."""
    if acquired is None:
        return {"flag": ""}
    t2, reason = values_in(acquired.map, region), values_in(acquired.reason, region)
    if not reason.size:
        return {"flag": ""}
    lost = reason == Reason.LOW_SNR
    if acquired.sigma is not None:
        lost |= values_in(acquired.sigma, region) > LARGEST_SPREAD * t2
    dark = np.isin(reason, (Reason.AIR, Reason.FAT))
    undetermined, too_dark = 100 * float(lost.mean()), 100 * float(dark.mean())
    flag = ""
    if undetermined + too_dark > MOST_UNDETERMINED:
        flag = "too short" if is_short(name) or undetermined > too_dark else "too dark"
    read = t2[np.isfinite(t2)]
    bound = float(np.median(read)) if flag == "too short" and read.size else np.nan
    return {"undetermined_percent": undetermined, "dark_percent": too_dark, "flag": flag, "at_most": bound}


def is_short(name: str) -> bool:
    """Tell from the name of a region whether its tissue is one of short T2, which makes it dark."""
    return any(word in name.lower() for word in SHORT_TISSUES)


def flag_words(row: Mapping[Any, Any]) -> str:
    """Return what a flag says in a sentence; empty without one.

    Examples
    --------
    >>> flag_words({"flag": "too short", "undetermined_percent": 82.0, "dark_percent": 9.0, "at_most": 13.6})
    'T2 is too short for this TR and TE: undetermined in 82 % of the voxels, too dark in 9 %; at most about 14 ms'
    """
    if not isinstance(row.get("flag"), str) or not row["flag"]:
        return ""
    lost, dark = float(row["undetermined_percent"]), float(row["dark_percent"])
    shares = [f"undetermined in {lost:.0f} % of the voxels"] if lost >= 1 else []
    shares += [f"too dark in {dark:.0f} %" + ("" if shares else " of the voxels")] if dark >= 1 else []
    told = ", ".join(shares)
    if row["flag"] == "too dark":
        return f"no T2 can be read here: {told} (suppressed fat, bone, or a T2 too short for this TR and TE)"
    bound = float(row["at_most"])
    return f"T2 is too short for this TR and TE: {told}" + (f"; at most about {bound:.0f} ms" if bound > 0 else "")


def brighter_part(row: Mapping[Any, Any]) -> str:
    """Return that statistics of a tissue of short T2 leave out its dark voxels, where these are many; else nothing.

    Parameters
    ----------
    row
        Of a table of :func:`with_certainty`.

    Examples
    --------
    >>> brighter_part({"name": "patellar tendon", "flag": "", "invalid_percent": 41.0, "dark_percent": 41.0})
    '41 % of the voxels are too dark for a T2, as suppressed fat is: the mean is that of the brighter part'
    """
    flagged = isinstance(row.get("flag"), str) and row["flag"]
    if flagged or not is_short(str(row.get("name", ""))):
        return ""
    without, dark = float(row["invalid_percent"]), float(row["dark_percent"])
    if np.isnan(dark) and MOST_LEFT_OUT <= without < 100:
        return (
            f"{without:.0f} % of the voxels have no T2: the mean is that of the rest, in such tissue the brighter "
            "part; the reasons of the map, which are not given, would tell whether its T2 is too short"
        )
    if dark >= MOST_LEFT_OUT:
        return (
            f"{dark:.0f} % of the voxels are too dark for a T2, as suppressed fat is: "
            "the mean is that of the brighter part"
        )
    return ""

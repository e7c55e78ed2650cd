"""The tables of the study of T2: as the paper prints it, with all statistics by layer, and against the true T2.

A subject's value is the mean T2 over the voxels of the region that count and that have a T2 in the acquired slices and
by *every* method, so that each method is compared in the same voxels; how many those are stands in the table of
subjects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.studies import agreement_table as agree
from napari_mrsr.studies.agreement_table import LEAST
from napari_mrsr.studies.cohort import Cohort
from napari_mrsr.studies.t2_measured import of_layer, unlisted
from napari_mrsr.studies.t2_region import LAYERS
from napari_mrsr.studies.writing import StudyTable

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.studies.dess_t2 import Settings, SubjectValues

#: What the comparisons are called in the tables.
TITLES = {
    "rethickened": "Re-thickened onto the acquired slices",
    "pair": "Two combined adjacent slices, as published",
    "resolved": "Found again from slices twice as thick",
}
#: What a reader must know of each.
CAPTIONS = {
    "rethickened": (
        "T2 of the result made thick again by the published filter, against the acquired slices it was made from. A "
        "method that keeps what was measured is right here by construction: this says that T2 is *kept*, not that it "
        "is found."
    ),
    "pair": (
        "T2 of the mean of the two thin slices that lie nearest to an acquired one. The middle of the pair lies a "
        "quarter of an acquired slice ({shift} mm) beside it, and its profile is another: both add a difference that "
        "no method can avoid. The input of every method is the reference itself."
    ),
    "resolved": (
        "The acquired slices were made twice as thick by the published filter and super-resolved back; T2 in two "
        "neighbouring slices, of which one lies between the thick ones. What was measured was lost here: this says "
        "whether T2 is *found*. Not in the paper."
    ),
}
#: The reference in the tables against the true T2.
ACQUIRED = "acquired"


def tables(subjects: Sequence[SubjectValues], how: Settings) -> tuple[StudyTable, ...]:
    """Return all tables of the study."""
    frame = values_frame(subjects, how)
    shown: list[StudyTable] = []
    for comparison in how.comparisons:
        part = frame[frame["comparison"] == comparison]
        title, told = f"**{TITLES[comparison]}.** ", CAPTIONS[comparison]
        if comparison == "pair":
            told = told.format(shift=_shift(part)) + (
                " The mean of the two T2 maps is taken." if how.t2.average == "maps" else ""
            )
        published = _published(part, how)
        if published is not None:
            shown.append(StudyTable(f"t2_{comparison}", published, title + told, 1))
        shown.append(StudyTable(f"t2_{comparison}_statistics", _statistics(part, how), _reading(part)))
    truth = _truth(frame, how)
    if truth is not None:
        shown.append(truth)
    shown.append(places(subjects))
    shown.append(StudyTable("subjects", frame, "One row per subject, comparison, layer and method.", 3, on_page=False))
    return tuple(shown)


def places(subjects: Sequence[SubjectValues]) -> StudyTable:
    """Return where T2 of each subject was compared, and what is odd there; on the page where anything is."""
    import pandas as pd

    rows = [
        {
            "subject": one.name,
            "slice": one.reference["slices"]["rethickened"][0],
            "voxels": len(one.reference["rethickened"]["layer"]),
            "notes": "; ".join(one.reference["notes"]),
        }
        for one in subjects
    ]
    noted = any(row["notes"] for row in rows)
    return StudyTable("places", pd.DataFrame(rows), "Where T2 was compared, in slices of the scan.", on_page=noted)


def values_frame(subjects: Sequence[SubjectValues], how: Settings) -> pd.DataFrame:
    """Return mean T2 by subject, comparison, layer and method.

    Returns
    -------
    DataFrame
        Columns ``subject``, ``comparison``, ``layer``, ``method``, ``acquired``, ``t2``, ``true`` (ms; NaN where not
        known), ``pixel_cv``, ``true_pixel_cv`` (%), ``n`` and ``of`` (voxels that count, of the layer), ``slice_mm``,
        ``seconds``. Layers without a voxel that counts are left out.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for subject in subjects:
        for comparison in how.comparisons:
            reference = subject.reference[comparison]
            acquired = unlisted(reference["acquired"])
            true = None if reference["true"] is None else unlisted(reference["true"])
            values = {name: unlisted(found[comparison]) for name, found in subject.methods.items()}
            common = np.isfinite([acquired, *values.values()]).all(axis=0)
            if true is not None:
                common &= np.isfinite(true)
            for layer in LAYERS:
                there = of_layer(reference["layer"], layer)
                count = common & there
                if not count.any():
                    continue
                about = {
                    "subject": subject.name,
                    "comparison": comparison,
                    "layer": layer,
                    "acquired": float(acquired[count].mean()),
                    "true": np.nan if true is None else float(true[count].mean()),
                    "n": int(count.sum()),
                    "of": int(there.sum()),
                    "slice_mm": subject.reference["slice_mm"],
                }
                everyone = {ACQUIRED: acquired, **values} if true is not None else values
                for name, found in everyone.items():
                    rows.append(
                        about
                        | {
                            "method": name,
                            "t2": float(found[count].mean()),
                            "pixel_cv": agree.pixel_wise_cv(acquired[count], found[count]),
                            "true_pixel_cv": np.nan if true is None else agree.pixel_wise_cv(true[count], found[count]),
                            "seconds": subject.methods.get(name, {}).get("seconds", np.nan),
                        }
                    )
    return pd.DataFrame(rows)


def values_of(frame: pd.DataFrame, layer: str, method: str) -> pd.DataFrame:
    """Return the rows of one layer and method, a row per subject."""
    return frame[(frame["layer"] == layer) & (frame["method"] == method)]


def methods_of(frame: pd.DataFrame) -> list[str]:
    """Return the methods in their order."""
    return [name for name in dict.fromkeys(frame["method"]) if name != ACQUIRED]


def lead(cohort: Cohort, how: Settings, used: Sequence[SubjectValues], refused: Mapping[str, str]) -> str:
    """Return the first paragraph of the page."""
    planes = "the whole volume" if how.planes is None else f"a slab of {how.planes} reformat planes"
    slices = sorted({round(s, 2) for s in (one.slices for one in used)})
    thick = " and ".join(f"{s:g}" for s in slices)
    thin = " and ".join(f"{s / 2:g}" for s in slices)
    formula = "the analytic formula of Sveinsson" if how.t2.estimator == "analytic" else "exact EPG inversion"
    lines = [
        f"{cohort.name}: {len(used)} of {len(cohort.entries)} subjects. The acquired slices ({thick} mm) are "
        f"the reference; every method makes slices of {thin} mm of them. T2 of the {how.region} in its central slice, "
        f"on {planes}, by {formula} with T1 {how.t2.t1:g} ms. Trained methods with their default Wiener data "
        "consistency. Research use: results are derived, not acquired."
    ]
    if refused:
        lines.append("Not scored: " + "; ".join(f"{name} ({why})" for name, why in refused.items()) + ".")
    return "\n\n".join(lines)


def _published(part: pd.DataFrame, how: Settings) -> pd.DataFrame | None:
    """Return the whole region as the paper prints it; None where no voxel counts."""
    whole = part[part["layer"] == "whole"]
    if whole.empty:
        return None
    first = values_of(whole, "whole", methods_of(whole)[0])
    methods = {name: values_of(whole, "whole", name)["t2"].to_numpy() for name in methods_of(whole)}
    table = agree.published_table(first["subject"].tolist(), first["acquired"].to_numpy(), methods, ddof=how.ddof)
    return table.rename(columns={"Ground truth": "Acquired"})


def _statistics(part: pd.DataFrame, how: Settings) -> pd.DataFrame:
    """Return all figures by layer and method."""
    import pandas as pd

    rows = []
    for layer in LAYERS:
        for name in methods_of(part):
            one = values_of(part, layer, name)
            if one.empty:
                continue
            found = agree.agreement(
                _array(one, "acquired"), _array(one, "t2"), pixel_cv=_array(one, "pixel_cv"), ddof=how.ddof
            )
            rows.append({"layer": layer, "method": name, **agree.statistics_row(found)})
    return pd.DataFrame(rows).rename(columns={"reference [ms]": "acquired [ms]"})


def _truth(frame: pd.DataFrame, how: Settings) -> StudyTable | None:
    """Return acquired and super-resolved T2 against the true one; None where it is not known."""
    import pandas as pd

    comparison = "resolved" if "resolved" in how.comparisons else how.comparisons[0]
    part = frame[(frame["comparison"] == comparison) & np.isfinite(frame["true"])]
    if part.empty:
        return None
    rows = []
    for layer in LAYERS:
        for name in (ACQUIRED, *methods_of(part)):
            one = values_of(part, layer, name)
            if one.empty:
                continue
            found = agree.agreement(
                _array(one, "true"), _array(one, "t2"), pixel_cv=_array(one, "true_pixel_cv"), ddof=how.ddof
            )
            row = agree.statistics_row(found)
            kept = {key: value for key, value in row.items() if not key.startswith(("p ", "limits"))}
            rows.append({"layer": layer, "method": name, **kept})
    caption = (
        f"**Against the true T2** ({TITLES[comparison].lower()}). The first row of each layer is the acquired slices "
        "themselves: partial volume, noise and the formula for T2 part them from the truth, whatever the method."
    )
    return StudyTable("t2_true", pd.DataFrame(rows).rename(columns={"reference [ms]": "true [ms]"}), caption)


def _reading(part: pd.DataFrame) -> str:
    """Return how to read the statistics, and what so few subjects cannot tell."""
    n = part["subject"].nunique()
    whole = part[part["layer"] == "whole"].drop_duplicates("subject")
    used = 100 * whole["n"].sum() / max(1, whole["of"].sum())
    few = f" {agree.missing(n)}" if n else ""
    fewer = sorted({layer for layer in LAYERS if 0 < part[part["layer"] == layer]["subject"].nunique() < n})
    absent = f" Not every subject has voxels of: {', '.join(fewer)}." if fewer else ""
    dashes = "" if n >= LEAST else " A dash stands for them."
    return (
        f"By layer: difference is method minus acquired, mean ± SD over the subjects; {used:.0f} % of the voxels of "
        f"the region count in every map.{few}{dashes}{absent}"
    )


def _shift(part: pd.DataFrame) -> str:
    """Return how far the pair lies beside the acquired slice, mm."""
    return " or ".join(f"{s / 4:g}" for s in sorted({round(float(s), 3) for s in part["slice_mm"]}))


def _array(frame: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    return np.asarray(frame[column].to_numpy(), np.float64)

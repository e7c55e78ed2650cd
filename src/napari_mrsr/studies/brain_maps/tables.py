"""The tables of the study: as Table 2 of paper 4, tests, tissues, people, sharpness, conditions, and every score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_mrsr.studies.brain_maps import borders, captions
from napari_mrsr.studies.brain_maps.comparing import in_short, tests
from napari_mrsr.studies.brain_maps.conditions_table import bias_by_condition, errors_by_condition, main_condition
from napari_mrsr.studies.brain_maps.head_scored import Scored
from napari_mrsr.studies.brain_maps.measures import COLUMNS, MAPS
from napari_mrsr.studies.brain_maps.printed import CAVEAT, beside
from napari_mrsr.studies.brain_maps.regions import people
from napari_mrsr.studies.quality_tables import mean_sd
from napari_mrsr.studies.writing import StudyTable

if TYPE_CHECKING:
    import pandas as pd

#: More heads than this stand in their files alone.
MANY = 12


def tables(used: Sequence[Scored]) -> tuple[StudyTable, ...]:
    """Return the tables of all heads."""
    import pandas as pd

    every = pd.DataFrame([row for one in used for row in one.rows])
    main = main_condition(every)
    tissues = pd.DataFrame([row for one in used for row in one.tissues])
    widths = pd.DataFrame([row for one in used for row in one.widths])
    voxels = pd.DataFrame([row for one in used for row in one.voxels])
    abouts = pd.DataFrame([one.about for one in used])
    frame, own_tissues, own_widths, own_voxels = (
        part[part["condition"] == main] if len(part) else part for part in (every, tissues, widths, voxels)
    )
    outcomes = tests(frame)
    subjects = frame["subject"].nunique()
    slices = len(frame.drop_duplicates(["head", "slice"]))
    said = f"{slices} sagittal slices of {subjects} head{'s' * (subjects != 1)}"
    found = [
        StudyTable("table2", table2(frame), captions.table2(said, main)),
        StudyTable("printed", beside(frame), f"Table 2 of the paper beside ours. {CAVEAT}"),
        StudyTable("tests", in_short(outcomes), captions.tests(subjects)),
        StudyTable(
            "heads",
            by_head(frame),
            f"Mean over the slices of each head ({main}).",
            on_page=subjects <= MANY,
        ),
        StudyTable("tissues", by_tissue(own_tissues), captions.tissues(subjects)),
        StudyTable("people", people(own_tissues) if len(own_tissues) else pd.DataFrame(), captions.PEOPLE, 2),
        StudyTable("sharpness", sharpness(own_widths), captions.SHARPNESS),
        StudyTable("voxels", by_voxels(own_voxels), captions.VOXELS),
    ]
    others = tissues[~tissues["subject"].isin(set(frame["subject"]))] if len(tissues) else tissues
    if len(others):
        found.append(StudyTable("others", by_tissue(others, "condition"), captions.OTHERS))
    if len(set(every["condition"])) > 1:
        found += [
            StudyTable("conditions", errors_by_condition(every), captions.conditions(main)),
            StudyTable("conditions_bias", bias_by_condition(tissues), captions.BIAS),
        ]
    found += [
        StudyTable(
            "scans",
            abouts.drop(columns="warnings"),
            "What was scored, and seconds of each way; what was warned of stands in scans_all.csv.",
            1,
            on_page=len(used) <= MANY,
        ),
        StudyTable("scans_all", abouts, "With what was warned of.", on_page=False),
        StudyTable("tests_all", outcomes, "All tests.", on_page=False),
        StudyTable("scores", every, "Every score.", on_page=False),
        StudyTable("tissues_all", tissues, "Every tissue of every head.", on_page=False),
        StudyTable("sharpness_all", widths, "Every width.", on_page=False),
        StudyTable("voxels_all", voxels, "Voxels of every head.", on_page=False),
    ]
    return tuple(one for one in found if not one.frame.empty)


def table2(frame: pd.DataFrame) -> pd.DataFrame:
    """Return mean ± SD over the slices, a row per measure and map, a column per way."""
    import pandas as pd

    rows = []
    for column in COLUMNS:
        for of in MAPS:
            row = {"measure": column.title, "map": of}
            for method, part in frame[frame["map"] == of].groupby("method", sort=False):
                row[str(method)] = mean_sd(part[column.name].dropna().to_numpy(), column.digits)
            rows.append(row)
    return pd.DataFrame(rows)


def by_head(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the MPE of each head."""
    import pandas as pd

    rows = []
    for head, part in frame.groupby("head", sort=False):
        row: dict[str, Any] = {"head": head, "slices": part["slice"].nunique()}
        for (method, of), own in part.groupby(["method", "map"], sort=False):
            row[f"{method}: {of} MPE [%]"] = own["mpe"].mean()
        rows.append(row)
    return pd.DataFrame(rows)


def by_tissue(tissues: pd.DataFrame, *apart: str) -> pd.DataFrame:
    """Return errors, bias and correlation of each tissue, mean over heads; a row for each value of further columns."""
    import pandas as pd

    if not len(tissues):
        return tissues
    rows = []
    keys = [*apart, "map", "tissue", "method"]
    for values, part in tissues.groupby(keys, sort=False):
        rows.append(
            {
                **dict(zip(keys, values, strict=True)),
                "heads": len(part),
                "true [ms]": f"{part['true'].mean():.0f}",
                "found [ms]": f"{part['found'].mean():.0f}",
                "MPE [%]": mean_sd(part["mpe"].to_numpy(), 2),
                "bias [%]": mean_sd(part["bias"].to_numpy(), 2, "+"),
                "correlation within": mean_sd(part["correlation"].dropna().to_numpy(), 2),
            }
        )
    return pd.DataFrame(rows)


def sharpness(widths: pd.DataFrame) -> pd.DataFrame:
    """Return widths of borders by direction and map: in the weighted image, the true map, and by every way."""
    import pandas as pd

    if not len(widths):
        return widths
    rows = []
    for (direction, of), part in widths.groupby(["direction", "map"], sort=False):
        means = part.groupby("method", sort=False)["width"].mean()
        usual = float(means[borders.ACQUIRED])
        row: dict[str, Any] = {"direction": direction, "map": of, "T1w or T2w [mm]": f"{usual:.2f}"}
        for method, width in means.items():
            if method != borders.ACQUIRED:
                row[f"{method} [mm]"] = f"{width:.2f} ({100 * (width / usual - 1):+.0f} %)" if width == width else "-"
        rows.append({**row, "borders": int(part.groupby("head")["borders"].max().sum())})
    return pd.DataFrame(rows)


def by_voxels(voxels: pd.DataFrame) -> pd.DataFrame:
    """Return how many voxels were judged, all heads together."""
    sums = voxels.groupby(["map", "method"], sort=False)[
        ["true value", "of these without a value", "judged", "brain without a true value"]
    ].sum()
    return sums.reset_index()

"""The tables of the study: as Table 1 of the paper, what is gained, the tests, the lesion, times, and every score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from napari_mrsr.studies.brain import lesion
from napari_mrsr.studies.brain.comparing import gains, in_short, tests
from napari_mrsr.studies.brain.measures import COLUMNS
from napari_mrsr.studies.brain.methods import BASE
from napari_mrsr.studies.brain.planes import LEAST_HEAD
from napari_mrsr.studies.brain.printed import CAVEAT, beside
from napari_mrsr.studies.brain.scan_scored import Scored
from napari_mrsr.studies.brain.scores import BRIGHT
from napari_mrsr.studies.measured import Column
from napari_mrsr.studies.quality_tables import mean_sd
from napari_mrsr.studies.writing import StudyTable

if TYPE_CHECKING:
    import pandas as pd

#: More subjects or scans than this stand in their files alone.
MANY = 8
#: What must be known of every number.
RANGE = (
    "SSIM and PSNR of each slice, two-dimensional; data range: maximum minus minimum of the reference slice (the paper "
    f"does not print its own). In the head: pixels of the head alone, data range its {BRIGHT:g}th percentile. "
    "Noise of the reference counts as detail, and cannot be found again."
)


def tables(used: Sequence[Scored]) -> tuple[StudyTable, ...]:
    """Return the tables of all scans."""
    import pandas as pd

    frame = pd.DataFrame([row for one in used for row in one.rows])
    outcomes = tests(frame)
    subjects = frame["subject"].nunique()
    slices = len(frame.drop_duplicates(["scan", "plane", "slice"]))
    said = f"{slices} slices of {subjects} subject{'s' * (subjects != 1)}"
    found = [
        StudyTable("table1", table(frame, fidelity=True), f"Mean ± SD over {said}. {RANGE}"),
        StudyTable("looks", table(frame, fidelity=False), _caption(said)),
        StudyTable("printed", beside(frame), f"Table 1 of the paper beside ours. {CAVEAT}"),
        StudyTable(
            "subjects",
            _few(by_subject(frame), subjects),
            "Mean of each subject's slices, and mean ± SD of these means: the SD over folds where every subject has a "
            "fold of its own.",
        ),
        StudyTable("gain", gains(frame), f"Gain over {BASE}, mean ± SD over {said}."),
        StudyTable("tests", in_short(outcomes), _of_tests(subjects)),
        StudyTable("subjects_all", by_subject(frame), "Mean of each subject's slices.", on_page=False),
        StudyTable("tests_all", outcomes, "All tests.", on_page=False),
        StudyTable("lesions", lesions(used), _OF_LESIONS),
        StudyTable("flicker", flicker(used), _OF_FLICKER),
        StudyTable("times", times(used), "Seconds of a slice, all scans.", 3),
        StudyTable(
            "scans",
            pd.DataFrame([one.about for one in used]),
            f"What was scored: slices of which a head takes {100 * LEAST_HEAD:g} % or more.",
            1,
            on_page=len(used) <= MANY,
        ),
        StudyTable("scores", frame, "Every score.", on_page=False),
    ]
    return tuple(one for one in found if not one.frame.empty)


def table(frame: pd.DataFrame, *, fidelity: bool) -> pd.DataFrame:
    """Return mean ± SD over the slices, a row per method; fidelity to the truth, or how it looks."""
    import pandas as pd

    columns = [column for column in COLUMNS if column.fidelity == fidelity and column.name in frame]
    if not columns:
        return pd.DataFrame()
    rows = []
    for method, part in frame.groupby("method", sort=False):
        rows.append({"method": method, **{column.title: _mean(part, column) for column in columns}})
    return pd.DataFrame(rows)


def by_subject(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the PSNR and SSIM of each subject's slices, and mean ± SD of the subjects' means."""
    import pandas as pd

    rows = []
    for method, part in frame.groupby("method", sort=False):
        row: dict[str, object] = {"method": method}
        for column in COLUMNS[:2]:
            means = part.groupby("subject", sort=False)[column.name].mean()
            row |= {f"{name}: {column.title}": f"{value:.{column.digits}f}" for name, value in means.items()}
            row[f"subjects: {column.title}"] = mean_sd(means.to_numpy(), column.digits)
        rows.append(row)
    return pd.DataFrame(rows).fillna("-")


def _few(table: pd.DataFrame, subjects: int) -> pd.DataFrame:
    """Return the table of subjects for reading: of many only their mean and SD."""
    if subjects <= MANY:
        return table
    return table[[name for name in table.columns if name == "method" or name.startswith("subjects: ")]]


def lesions(used: Sequence[Scored]) -> pd.DataFrame:
    """Return what is left of each lesion by every method."""
    import pandas as pd

    rows = []
    for one in used:
        for method, slices in one.lesions.items():
            left = lesion.kept(slices)
            if left is None:
                continue
            rows.append(
                {
                    "scan": one.about["scan"],
                    "method": method,
                    "slices": len(slices),
                    "true contrast": left.true_contrast,
                    "contrast": left.contrast,
                    "of the true": left.contrast / left.true_contrast,
                    "outline: Dice": left.dice,
                    "outline: area of the true": left.area,
                }
            )
    return pd.DataFrame(rows)


def flicker(used: Sequence[Scored]) -> pd.DataFrame:
    """Return how much each method flickers from slice to slice, mean over the stacks of neighbours."""
    import pandas as pd

    frame = pd.DataFrame([row for one in used for row in one.stacks]).dropna(subset=["flicker"])
    return pd.DataFrame(
        [
            {
                "method": method,
                "stacks": len(part),
                "between slices over within": part["flicker"].mean(),
                "change, of the true": part["change"].mean(),
            }
            for method, part in frame.groupby("method", sort=False)
        ]
    )


def times(used: Sequence[Scored]) -> pd.DataFrame:
    """Return the seconds per slice of each method."""
    import pandas as pd

    frame = pd.DataFrame([row for one in used for row in one.stacks])
    frame["each"] = frame["seconds"] / frame["slices"]
    return pd.DataFrame(
        [
            {"method": method, "median [s]": part["each"].median(), "largest [s]": part["each"].max()}
            for method, part in frame.groupby("method", sort=False)
        ]
    )


def lead(name: str, used: int, of: int, kspace: float, left_out: Mapping[str, str]) -> str:
    """Return the paragraph under the headline."""
    text = (
        f"{used} of {of} scans of {name}. Every slice keeps the central {100 * kspace:g} % of its k-space and is found "
        "again by every method, as Lyu et al. (Super-resolution MRI through deep learning) did with IXI. Networks see "
        "one slice at a time. Research use: results are derived, what lies beyond the acquired k-space is estimated."
    )
    if left_out:
        text += " Not run: " + "; ".join(f"{one} ({why})" for one, why in left_out.items()) + "."
    return text


def _mean(part: pd.DataFrame, column: Column) -> str:
    return mean_sd(part[column.name].dropna().to_numpy() * column.factor, column.digits)


def _caption(said: str) -> str:
    return (
        f"How it looks, what was added and what was lost; mean ± SD over {said}. *Perceptual distance*: from the "
        "truth, in the features of the shipped network; a network that was trained on these features is favoured. The "
        "rest inside the head. *Sharpness beyond the band*: energy of the frequencies that were not measured over that "
        "of the truth; 0 as zero-filled, 1 as sharp as the truth. *Of it towards the truth*: what makes the error "
        "smaller; *away from it*: the rest, made up or too strong, 0 for the guess of least error, negative where it "
        "is fainter than it could be. *True detail explained*: the one minus the other. *Edges*: length of lines of "
        "steepest grey level that the truth has not, or that are lost, in per cent of the true length; *fine*: of what "
        "lies beyond the measured band."
    )


def _of_tests(subjects: int) -> str:
    text = (
        "One method against another, slice by slice. *Over slices*: as if all were independent, which those of one "
        "head are not; in brackets how many independent ones they are worth (Kish). *Over subjects*: their means, "
        f"95 % interval by Student's t; with {subjects} no test of signs can give a p below "
        f"{min(1.0, 2 / 2**subjects):.3g}. Not corrected for the number of tests; all measures in tests_all.csv."
    )
    if subjects < 2:
        text += " With one subject nothing is said about another person: the tests hold for slices of this head."
    elif subjects < 6:
        text += f" {subjects} subjects are few: no p of signs below 0.05 can come of them, and the interval is wide."
    return text


_OF_FLICKER = (
    "Networks see one slice at a time. *Between slices over within*: errors that change from slice to slice over those "
    "that change within it, in the head; more than with interpolations means stripes in the other planes. *Change*: "
    "differences of neighbouring slices, those of the truth being 1."
)
_OF_LESIONS = (
    "What is left of a lesion: contrast with the tissue around it, (inside - around) / around, and its outline, where "
    "the picture passes the middle between both, compared with that of the truth. Where a lesion was grown from a "
    "point, it is no reader's outline; it is the same for every method."
)

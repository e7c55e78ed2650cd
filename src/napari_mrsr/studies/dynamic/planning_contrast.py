"""What fine-tuning is worth when the planning scan has another contrast than the dynamic one.

The paper fine-tuned one subject on another sequence (VIBE) and found its SSIM at 6.25 % lower by 0.032. Here the
planning scan of a phantom differs in one thing: fat is suppressed in it where it is not in the frames, and the other
way round. Pose, breath and matrix are those of the matching planning scan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_mrsr.studies.clustered import compare
from napari_mrsr.studies.dynamic.comparing import METRICS, name_of, paired
from napari_mrsr.studies.dynamic.networks import FINE_TUNED, Trainable
from napari_mrsr.studies.dynamic.phantoms import Contrast, Made, planning, protocol_of, subject
from napari_mrsr.studies.dynamic.study import Settings
from napari_mrsr.studies.dynamic.subject import Plan, Scored, score
from napari_mrsr.studies.dynamic_cohort import DynamicCohort, DynamicEntry, DynamicSubject
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.quality_tables import mean_sd, p
from napari_mrsr.studies.running import Progress, over_subjects
from napari_mrsr.studies.writing import Study, StudyTable

if TYPE_CHECKING:
    import pandas as pd

#: What the tables call a network that was fine-tuned on another contrast.
OTHER = "{} fine-tuned on another contrast"
#: Printed in the paper for one subject at 6.25 %.
PRINTED = -0.032


def run(
    people: Iterable[int],
    made: Made,
    networks: Sequence[Trainable],
    settings: Settings | None = None,
    *,
    contrast: Contrast = "fat",
    kept: Kept | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Study:
    """Fine-tune on the matching planning scan and on one of another contrast, and compare.

    Parameters
    ----------
    people, made
        Numbers of the phantom subjects, and how they are made.
    networks
        What is fine-tuned.
    settings
        How the frames are scored.
    contrast
        How the other planning scan differs.
    kept, progress, stop, provenance
        As for :func:`napari_mrsr.studies.dynamic.study.run`.

    Raises
    ------
    NothingToRead, Stopped
        As there.
    """
    import pandas as pd

    how = settings or Settings()
    plan = Plan((), networks, how.levels, how.frames)
    refused: dict[str, str] = {}
    numbers = {f"subject {n}": n for n in people}

    def use(person: DynamicSubject, name: str, told: Progress) -> list[Scored]:
        other = planning(numbers[name], made, contrast).scan
        found = []
        for n, one in enumerate((person, replace(person, planning=other))):

            def half(part: float, what: str, n: int = n) -> None:
                told((n + part) / 2, what)

            found.append(score(one, plan, kept or Kept(), told=half, refused=refused, stop=stop))
        return found

    entries = tuple(DynamicEntry(name, partial(subject, number, made)) for name, number in numbers.items())
    cohort = DynamicCohort("abdomen phantoms", entries)
    used, skipped = over_subjects(cohort, use, progress)
    rows = [row for pair in used for row in _named_apart(pair)]
    frame = pd.DataFrame(rows)
    told = {protocol_of(n).name: protocol_of(n).fat_suppression for n in numbers.values()}
    said = ", ".join(f"{name} {'with' if is_on else 'without'} fat suppression" for name, is_on in told.items())
    return Study(
        "dynamic-planning-contrast",
        "Fine-tuned on a planning scan of another contrast",
        f"Phantoms ({said}), each fine-tuned on its planning scan of the same contrast and on one "
        f"{'with fat suppression switched' if contrast == 'fat' else 'with fat and water opposed'}. The paper found "
        f"{PRINTED:+.3f} SSIM for one subject, another sequence and 6.25 %. Research use: results are derived.",
        tuple(
            table
            for table in (
                StudyTable("planning_contrast", table(frame), "Mean ± SD over subject x time point."),
                StudyTable("difference", differences(frame), "Other contrast minus same contrast.", 4),
                StudyTable("scores", frame, "Every score.", on_page=False),
            )
            if not table.frame.empty
        ),
        provenance={
            **(provenance or {}),
            "Cohort": {"Name": "abdomen phantoms", "Subjects": len(used), **asdict(made)},
            "Settings": {**asdict(how), "contrast": contrast},
            "FineTuned": {pair[0].about["subject"]: [one.fine_tuned for one in pair] for pair in used},
            "Refused": refused,
        },
        skipped=skipped,
    )


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return SSIM and PSNR of every method at each share of k-space."""
    import pandas as pd

    rows = []
    for method, part in frame.groupby("method", sort=False):
        if part["kind"].iloc[0] == "limit":
            continue
        row = {"method": method}
        for level in sorted(frame["level"].unique(), reverse=True):
            for column, title, _, digits in METRICS[:2]:
                values = part[part["level"] == level][column].to_numpy()
                row[f"{name_of(level)}: {title}"] = mean_sd(values, digits)
        rows.append(row)
    return pd.DataFrame(rows)


def differences(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by how much another contrast is worse, and what the tests say."""
    import pandas as pd

    rows = []
    for network in dict.fromkeys(frame["network"].dropna()):
        same, other = FINE_TUNED.format(network), OTHER.format(network)
        if not {same, other} <= set(frame["method"]):
            continue
        for level in sorted(frame["level"].unique(), reverse=True):
            x, y = paired(frame, "ssim", same, other, level)
            main, _ = paired(frame, "ssim", network, same, level)
            one = compare(list(x.index.get_level_values("subject")), x, y)
            rows.append(
                {
                    "network": network,
                    "k-space": name_of(level),
                    "SSIM": one.gain,
                    "left of the gain over main training": f"{(y - main).mean():+.4f} of {(x - main).mean():+.4f}",
                    "p (paired t, Wilcoxon; subject x time)": f"{p(one.t)}, {p(one.wilcoxon)}",
                    "subjects' differences": "; ".join(f"{gain:+.4f}" for gain in one.gains),
                }
            )
    return pd.DataFrame(rows)


def _named_apart(pair: Sequence[Scored]) -> list[dict[str, Any]]:
    """Return the rows of both runs, what was fine-tuned on the other contrast under its own name."""
    same, other = pair
    again = [{**row, "method": OTHER.format(row["network"])} for row in other.rows if row["kind"] == "fine-tuned"]
    return [*same.rows, *again]

"""What was found as tables: Tables 2 and 3 of the paper, the gains, the tests, and what flickers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from napari_mrsr.physics.acquisition_time import acquisition_time, effective_resolution
from napari_mrsr.studies.dynamic.comparing import METRICS, gains, in_short, name_of, tests
from napari_mrsr.studies.dynamic.interpolations import AS_PUBLISHED
from napari_mrsr.studies.dynamic.printed import printed_table
from napari_mrsr.studies.dynamic.subject import NOISE_FREE, Scored
from napari_mrsr.studies.quality_tables import mean_sd
from napari_mrsr.studies.writing import StudyTable

if TYPE_CHECKING:
    import pandas as pd

#: How results are used.
RESEARCH = "Research use: results are derived, not acquired."


def lead(cohort: str, used: int, count: int, levels: Sequence[float], refused: Mapping[str, str]) -> str:
    """Return the paragraphs under the headline."""
    parts = [
        f"{cohort}: {used} of {count} subjects. Every frame from {', '.join(map(name_of, levels))} of its in-plane "
        "k-space, found again and compared with itself as acquired; every time point is a volume of its own, as in "
        "Sarasaen et al. (Artif Intell Med 2021). SSIM and PSNR take the range of the reference volume; *diff SD* is "
        f"the SD of result minus reference, the maximum of the reference being 1. {RESEARCH}",
        f"*{AS_PUBLISHED.strip(' ()')}*: as the published code interpolates; half a coarse minus half a fine "
        "voxel beside the truth, because the centre of k-space keeps the first voxel in its place and "
        "`torch.nn.functional.interpolate` the edges. The other interpolations lie where they belong.",
    ]
    if refused:
        parts.append("Not done: " + "; ".join(f"{name} ({why})" for name, why in refused.items()) + ".")
    return "\n\n".join(parts)


def tables(used: Sequence[Scored]) -> tuple[StudyTable, ...]:
    """Return the tables of the study."""
    import pandas as pd

    frame = pd.DataFrame([row for one in used for row in one.rows])
    steadiness = pd.DataFrame([row for one in used for row in one.flicker])
    pairs = frame["subject"].nunique(), frame.groupby(["subject", "frame"]).ngroups
    outcomes = tests(frame)
    found = [
        StudyTable(
            "table2",
            table2(used, sorted(frame["level"].unique(), reverse=True)),
            "Table 2: voxels and acquisition times by equation 3, in proportion to the share of k-space (in brackets: "
            "with fewer lines, each as long as before). By the protocol; nothing here was acquired faster.",
        ),
        StudyTable(
            "table3",
            table3(frame),
            f"Table 3: mean ± SD over {pairs[1]} volumes (subject x time point) of {pairs[0]} "
            f"subject{'s' * (pairs[0] != 1)}. diff SD on a scale whose maximum is 1.{_of_noise(frame)}",
        ),
        StudyTable("gain", gains(frame), "Mean gain and its SD over subject x time point."),
        StudyTable("order", order(frame), "Interpolations from best to worst, by mean PSNR and by mean SSIM."),
        StudyTable(
            "tests",
            in_short(outcomes),
            "SSIM of one method against another. *Over subject x time*: as published, all frames taken as independent, "
            "which those of one person are not. *Over subjects*: gain of each subject's mean; with n subjects no test "
            "of signs can give a p below 2/2^n. Not corrected for the number of tests; PSNR too in tests_all.csv.",
        ),
        StudyTable("tests_all", outcomes, "All tests.", on_page=False),
        StudyTable(
            "flicker",
            flicker_table(steadiness, used),
            "Flicker x1000: SD over time of result minus reference in tissue that does not move (root of the mean "
            "variance), the maximum of the series being 1; mean over the subjects. Reference: SD over time of the "
            "acquired frames themselves in these voxels, their noise.",
        ),
        StudyTable("fine_tuning", fine_tuning(used), "How networks were fine-tuned on the planning scan.", 2),
        StudyTable("times", times(frame), "Seconds per frame, all levels.", 2),
        StudyTable("subjects", pd.DataFrame([one.about for one in used]), "What was scored."),
        StudyTable(
            "printed",
            printed_table(),
            "Table 3 as printed in the paper, from its own scans. An SD of the difference cannot exceed the RMSE that "
            "the PSNR says: those printed for area and zero-padding do, five times at 25 % (0.064 beside 0.0126).",
            4,
        ),
        StudyTable("scores", frame, "Every score.", on_page=False),
        StudyTable("flicker_all", steadiness, "Flicker of every subject.", on_page=False),
    ]
    return tuple(table for table in found if not table.frame.empty)


def table2(used: Sequence[Scored], levels: Sequence[float]) -> pd.DataFrame:
    """Return voxels and acquisition times of each subject whose protocol is known."""
    import pandas as pd

    rows = []
    for level in (1.0, *(one for one in levels if one < 1)):
        row = {"k-space": "whole" if level == 1 else name_of(level)}
        for one in used:
            if one.encoding is None:
                continue
            encoded, view = one.encoding
            voxel = effective_resolution(view[:2], encoded.matrix[:2], level)
            time = acquisition_time(encoded, level)
            thick = view[2] / encoded.matrix[2]
            subject = one.about["subject"]
            row[f"{subject}: voxels [mm]"] = f"{voxel[0]:.2f} x {voxel[1]:.2f} x {thick:.3g}"
            row[f"{subject}: time [s]"] = f"{time.seconds:.2f}" + (
                f" ({time.seconds_of_lines:.2f})" if level < 1 else ""
            )
        rows.append(row)
    frame = pd.DataFrame(rows)
    return frame if len(frame.columns) > 1 else pd.DataFrame()


def table3(frame: pd.DataFrame) -> pd.DataFrame:
    """Return mean ± SD over subject x time point: a row per method, three columns per share of k-space."""
    import pandas as pd

    rows = []
    for method, part in frame.groupby("method", sort=False):
        row = {"method": method}
        for level in sorted(frame["level"].unique(), reverse=True):
            values = part[part["level"] == level]
            for column, title, factor, digits in METRICS:
                row[f"{name_of(level)}: {title}"] = mean_sd(values[column].to_numpy() * factor, digits)
        rows.append(row)
    rows.sort(key=lambda row: row["method"] == NOISE_FREE)
    return pd.DataFrame(rows)


def order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the interpolations from best to worst at each share of k-space."""
    import pandas as pd

    part = frame[frame["kind"] == "interpolation"]
    rows = []
    for level in sorted(part["level"].unique(), reverse=True):
        row = {"k-space": name_of(level)}
        for column, title in (("psnr", "by PSNR [dB]"), ("ssim", "by SSIM")):
            means = part[part["level"] == level].groupby("method", sort=False)[column].mean()
            digits = 2 if column == "psnr" else 3
            row[title] = ranked(means.to_dict(), digits)
        rows.append(row)
    return pd.DataFrame(rows)


def ranked(values: Mapping[str, float], digits: int) -> str:
    """Return names from the largest value to the least; equal to the last digit shown is equal.

    Examples
    --------
    >>> ranked({"area": 2.0, "trilinear": 2.0, "zero-padded": 3.1}, 1)
    'zero-padded (3.1) > area (2.0) = trilinear (2.0)'
    """
    text, last = "", ""
    for name, value in sorted(values.items(), key=lambda item: -item[1]):
        shown = f"{value:.{digits}f}"
        text += ("" if not text else " = " if shown == last else " > ") + f"{name} ({shown})"
        last = shown
    return text


def flicker_table(steadiness: pd.DataFrame, used: Sequence[Scored]) -> pd.DataFrame:
    """Return the flicker of each method, mean over the subjects, x1000."""
    import pandas as pd

    known = steadiness.dropna(subset=["flicker"])
    if known.empty:
        return pd.DataFrame()
    rows = []
    for method, part in known.groupby("method", sort=False):
        row = {"method": method}
        for level in sorted(known["level"].unique(), reverse=True):
            row[name_of(level)] = 1e3 * part[part["level"] == level]["flicker"].mean()
        rows.append(row)
    own = pd.Series([one.about["SD over time x1000"] for one in used]).mean()
    rows.append({"method": "reference", **dict.fromkeys(list(rows[0])[1:], float(own))})
    return pd.DataFrame(rows)


def fine_tuning(used: Sequence[Scored]) -> pd.DataFrame:
    """Return how networks were fine-tuned, as far as their files tell."""
    import pandas as pd

    columns = {"schedule": "schedule", "steps": "steps", "seconds": "seconds", "gain_db": "gain there [dB]"}
    rows = [
        {
            "subject": one.about["subject"],
            "network": name,
            **{title: told[key] for key, title in columns.items() if told.get(key) is not None},
            "notes": "; ".join(told.get("notes", ())),
        }
        for one in used
        for name, told in one.fine_tuned.items()
    ]
    return pd.DataFrame(rows)


def times(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the seconds per frame of each method."""
    import pandas as pd

    real = frame[frame["method"] != NOISE_FREE]
    rows: list[dict[str, Any]] = [
        {"method": method, "median [s]": part["seconds"].median(), "largest [s]": part["seconds"].max()}
        for method, part in real.groupby("method", sort=False)
    ]
    return pd.DataFrame(rows)


def _of_noise(frame: pd.DataFrame) -> str:
    if NOISE_FREE not in set(frame["method"]):
        return ""
    return f" *{NOISE_FREE}*: what the phantom without its noise would score against itself with noise."

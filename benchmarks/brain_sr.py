"""Paper 2 on heads that were never trained on: writes docs/results/brain_sr.md, brain_sr.json, brain_sr.csv and figures.

    NAPARI_MRSR_DATA=... python benchmarks/brain_sr.py --cache FOLDER [--fold SUBJECT=FOLDER ...] [--planes all]

The two heads of NAPARI_MRSR_DATA that shipped weights never saw. With ``--fold`` cross-validation instead, brain_folds.md and so on:
the subjects that shipped weights learned from, each by weights that were trained without it. What is computed is kept in --cache, scan by scan and method by
method: stopped and started again, nothing is computed twice. ``--slices N`` for a trial, ``--weights NAME=FILE`` for weights
that are not shipped yet.

The aims stand beside the results, and whether they are met is computed here.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from brain_aims import aims
from study_page import numbers, save, section

from napari_mrsr.cli.evaluate_brain import cohort
from napari_mrsr.studies.brain import study
from napari_mrsr.studies.brain.folds import Fold, read_folds
from napari_mrsr.studies.brain.measures import COLUMNS
from napari_mrsr.studies.brain.methods import BASE, USUAL, chosen
from napari_mrsr.studies.brain_cohort import BrainCohort
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.writing import Study, StudyTable, markdown

#: Heads that no shipped weights learned from; the curves of training were drawn on the first.
HELD_OUT = ("t2w_1mm_stripped", "t2w_2d")
#: Heads that shipped weights learned from: scored where a fold holds them out.
TAUGHT = ("t1w_0p7mm", "flair_1mm", "flair_2d_5p5mm", "vfa")
#: Networks whose shipped weights learned from those.
SHIPPED = ("cpce-l1", "circle-l1", "cpce", "circle")
#: What the pages of cross-validation are called.
FOLDS = "brain_folds"
#: The stroke, mm; it is grown from there.
STROKE = "t2w_1mm_stripped=-44,-60,26"
ABOUT = (
    "The study of Lyu et al. (Super-resolution MRI through deep learning) with the command that anyone can run on their "
    "own scans ([the study of brains](../guide/brain_study.md)). IXI, on which the paper was done, could not be had: two "
    "public heads stand here, both T2w, which taught no weights. "
    "The curves of training were drawn on `t2w_1mm_stripped` (8 bit, skull-stripped, with a stroke), so whoever chose "
    "recipes saw it; on `t2w_2d` nothing was chosen. So few heads say nothing of how good a method is in a hospital."
)
WHY = (
    "Why the aim of +3 dB is missed is known in part. [Noise](brain_sr_noise.md) does not forbid it; it asks for what a quarter more "
    "lines along both axes would show. Patches of 9 x 9 pixels, taught by the neighbouring slices of the very same head, gain 0.8 to 1.0 dB "
    "in the head (the same page): about what the twins gain there. So much of the missing detail cannot be told from near by. The twins "
    "learned for minutes of a core from a few volumes of three people, no T2w among them, while both heads here are T2w, and their gain "
    "still rose when they were stopped ([training log](../training-log.md)). T2w heads to learn from, such as IXI, and a GPU would bring "
    "them nearer; how near, nobody has measured.\n\n"
    "`cpce` and `circle` are their twins after some hundred adversarial steps, where the paper played 100 epochs from scratch. "
    "That they lie within 1.5 dB of the twins and look nearer to the truth shows how the game begins, not how it ends."
)
ABOUT_FOLDS = (
    "Cross-validation by subject: each head is found again by weights that were trained on the others "
    "(`napari-mrsr train cpce-l1 --fold K/4 --steps 900`, four minutes of a core each: a fifth of what the shipped weights had, "
    "so the gain is smaller than [theirs](brain_sr.md)). What matters here is how much it differs from head to head."
)


def heads(data: Path, folds: Sequence[Fold]) -> BrainCohort:
    """Return the heads that may be scored: those held out, or those for which there is a fold."""
    wanted = {one.subject for one in folds if one.subject in TAUGHT} or set(HELD_OUT)
    found = cohort(data, [STROKE])
    entries = tuple(one for one in found.entries if getattr(one, "subject", "") in wanted)
    return BrainCohort("public heads", entries, {**found.origin, "held out": list(HELD_OUT)})


def text(done: Study, command: str, name: str) -> str:
    """Return the Markdown page."""
    verdicts = aims(done.table("scores").frame)
    judged = verdicts[verdicts["verdict"] != "**not run**"]
    met = int((judged["verdict"] == "met").sum())
    measured = section(name, "What was measured", done)
    if name == FOLDS:
        return "\n\n".join(["# Brain slices: folds", f"Made by `{command}`. {ABOUT_FOLDS}", measured]) + "\n"
    lines = [
        "# Brain slices: GAN-CPCE and GAN-CIRCLE",
        f"Made by `{command}`. {ABOUT}",
        "## Aims",
        f"{met} of {len(judged)} met"
        + (f", {len(verdicts) - len(judged)} could not be judged" if len(verdicts) > len(judged) else "")
        + ". Means over all slices; in the last column, in how many subjects the aim is met by their own slices.",
        markdown(StudyTable("aims", verdicts, "")),
        f"{WHY}\n\n{of_air(done.table('scores').frame)}",
        measured,
    ]
    return "\n\n".join(lines) + "\n"


def of_air(scores: pd.DataFrame) -> str:
    """Return how much of the gain in SSIM lies in the head: air that is still weighs as much as tissue in a whole slice."""
    means = scores.groupby("method", sort=False)[["ssim", "head_ssim"]].mean()
    gains = means.loc[[name for name in SHIPPED if name in means.index]] - means.loc[BASE]
    told = "; ".join(f"`{name}` {row.ssim:+.4f} and {row.head_ssim:+.4f}" for name, row in gains.iterrows())
    return (
        "SSIM counts air like tissue, and zero-filling rings into air. Gain in SSIM over zero-filling in the whole slice, and in the head "
        f"alone: {told}."
    )


def write(out: Path, static: Path, done: Study, command: str, name: str) -> None:
    """Write page, figures and numbers; figures of before go."""
    for old in static.glob(f"{name}_*.png"):
        old.unlink()
    scores = done.table("scores").frame
    told = {"aims": aims(scores).to_dict("records"), **numbers(done)}
    save(out, static, name, text(done, command, name), told, {name: done})
    means(scores).to_csv(out / f"{name}.csv", index=False)


def means(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of every measure by scan, plane and method; single slices stand in the study that the command writes."""
    keys = ["subject", "scan", "plane", "method"]
    found = scores.groupby(keys, sort=False)[[one.name for one in COLUMNS]].mean().reset_index()
    return found.assign(slices=scores.groupby(keys, sort=False).size().to_numpy())


def main() -> None:
    """Do the study and write it."""
    root = Path(__file__).resolve().parents[1] / "docs"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder where results are kept")
    parser.add_argument("--out", type=Path, default=root / "results")
    parser.add_argument("--static", type=Path, help="folder of the figures; default: docs/_static")
    parser.add_argument(
        "--fold", nargs="+", default=[], metavar="SUBJECT=PATH", help="weights that never saw a subject"
    )
    parser.add_argument("--weights", nargs="+", default=[], metavar="NAME=FILE", help="weights that are not shipped")
    parser.add_argument("--planes", default="acquired", help="acquired, all, or names with commas")
    parser.add_argument("--slices", type=int, help="so many of each plane; default: all")
    parser.add_argument("--centre-kept", action="store_true", help="networks also with the measured centre of k-space")
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    data = os.environ.get("NAPARI_MRSR_DATA")
    if not data:
        parser.error("NAPARI_MRSR_DATA names no folder of scans")
    given.cache.mkdir(parents=True, exist_ok=True)
    folds = read_folds(given.fold)
    known = {text.split("=")[0]: text for text in given.weights}
    names = [known.pop(name, name) for name in USUAL] + list(known.values())
    if folds:  # networks that saw these heads have nothing to say of them
        names = [name for name in names if name not in SHIPPED or name in {fold.method for fold in folds}]
    ways, left_out = chosen(names, folds, device=given.device, centre_kept=given.centre_kept, leave_out=True)
    done = study.run(
        heads(Path(data) / "brain", folds),
        ways,
        study.Settings(given.planes, given.slices),
        folds=folds,
        left_out=left_out,
        kept=Kept(given.cache),
        progress=_tell,
    )
    write(given.out, given.static or root / "_static", done, command_of(given), FOLDS if folds else "brain_sr")


def command_of(given: argparse.Namespace) -> str:
    """Return the command as it was given, but for where things lie and run."""
    words = ["python benchmarks/brain_sr.py --cache FOLDER"]
    for name in ("fold", "weights"):
        values = [f"{one.rpartition('=')[0]}=PATH" for one in getattr(given, name)]
        words += [f"--{name}", *values] if values else []
    words += ["--planes", given.planes] if given.planes != "acquired" else []
    words += ["--slices", str(given.slices)] if given.slices else []
    words += ["--centre-kept"] if given.centre_kept else []
    return " ".join(words)


def _tell(done: float, what: str) -> None:
    print(f"  {100 * done:3.0f} % {what}", flush=True)


if __name__ == "__main__":
    main()

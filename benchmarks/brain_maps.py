"""Paper 4 on heads that never taught: writes docs/results/brain_maps.md, brain_maps.json, brain_maps.csv and figures.

    NAPARI_MRSR_DATA=... python benchmarks/brain_maps.py --cache FOLDER [--supervised FILE] [--hybrid FILE] [--weights NAME=FILE ...]

Three phantoms, the anatomy of a real T1-weighted scan with the values of two seeds, and the person of that scan, whose T1 was
measured; one phantom and one real anatomy also under conditions that training never had. What is computed is kept in
--cache, head by head: stopped and started again, nothing is computed twice. ``--slices N`` for a trial.

The aims stand beside the results, and whether they are met is computed here.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
from brain_maps_aims import GROUPS, NOT_RUN, aims, of_measured
from study_page import numbers, save, section

from napari_mrsr.cli.evaluate_brain_maps import names_of
from napari_mrsr.studies.brain_maps import study, ways
from napari_mrsr.studies.brain_maps.conditions import NOMINAL, named
from napari_mrsr.studies.brain_maps.heads import Head, subjects_of
from napari_mrsr.studies.brain_maps.measures import COLUMNS
from napari_mrsr.studies.cohort import CohortOf, EntryOf
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.writing import Study, StudyTable, markdown

NAME = "brain_maps"
ABOUT = (
    "The study of Qiu et al. (T1 and T2 from T1w, T2w and FLAIR with a hybrid supervised and self-supervised loss) with the "
    "command that anyone can run on heads of their own ([the study of brain maps](../guide/brain_maps_study.md)). Their data "
    "could not be had. Here the truth is made: T1, T2 and M0 are given to an anatomy, and signal equations with B1, coil, "
    "noise and slightly wrong timings make the three images. *Real anatomy* is the T1-weighted scan `brain/vfa/T1w`, which "
    "never taught, with values of two seeds; *phantoms* have seeds that never taught, but are made as those that did. Made "
    "images follow the signal equations better than a scanner does: errors of a real head are larger."
)


def heads(data: Path, conditions: str, altered: int) -> CohortOf[Head]:
    """Return the heads, one subject after the other: all as networks were taught, the first of each group otherwise too."""
    nominal, others = named([NOMINAL]), [one for one in named(names_of(conditions)) if one.name != NOMINAL]
    entries, count = [], dict.fromkeys(GROUPS.values(), 0)
    for subject in subjects_of(data):
        group = next((begin for begin in GROUPS.values() if subject.name.startswith(begin)), None)
        wanted = list(subject.conditions or nominal)
        if group is not None and count[group] < altered:
            wanted += others
        if group is not None:
            count[group] += 1
        entries += [EntryOf(f"{subject.name}, {one.name}", partial(subject.under, one)) for one in wanted]
    return CohortOf("made heads", tuple(entries), {"conditions": [NOMINAL, *(one.name for one in others)]})


def text(done: Study, command: str) -> str:
    """Return the Markdown page."""
    verdicts = aims(done)
    lines = ["# T1 and T2 of the brain from weighted images", f"Made by `{command}`. {ABOUT}", "## Aims"]
    told = []
    for group in GROUPS:
        column = f"{group}: verdict"
        own = verdicts[column].dropna() if column in verdicts else pd.Series([], dtype=str)
        run = own[(own != NOT_RUN) & ~own.str.startswith("(")]
        told.append(f"{group}: {int((run == 'met').sum())} of {len(run)} met")
    said = "What stands in brackets is no aim: the paper does not say whether fluid counts."
    lines += [f"{'; '.join(told)}. {said}", markdown(StudyTable("aims", verdicts.fillna("-"), ""))]
    lines += [sentence] if (sentence := of_measured(done)) else []
    lines.append(section(NAME, "What was measured", done))
    return "\n\n".join(lines) + "\n"


def write(out: Path, static: Path, done: Study, command: str) -> None:
    """Write page, figures and numbers; pictures of before go."""
    for old in static.glob(f"{NAME}_maps_*.png"):
        old.unlink()
    told = {"aims": aims(done).to_dict("records"), **numbers(done)}
    save(out, static, NAME, text(done, command), told, {NAME: done})
    means(done.table("scores").frame).to_csv(out / f"{NAME}.csv", index=False)


def means(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of every measure by head, map and way; single slices stand in the study that the command writes."""
    keys = ["subject", "condition", "map", "method"]
    found = scores.groupby(keys, sort=False)[[one.name for one in COLUMNS]].mean().reset_index()
    return found.assign(slices=scores.groupby(keys, sort=False).size().to_numpy())


def main() -> None:
    """Do the study and write it."""
    root = Path(__file__).resolve().parents[1] / "docs"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder where results are kept")
    parser.add_argument("--out", type=Path, default=root / "results")
    parser.add_argument("--static", type=Path, default=root / "_static", help="folder of the figures")
    parser.add_argument("--supervised", help="weights that are not shipped: taught by labels alone")
    parser.add_argument("--hybrid", help="weights that are not shipped: taught by edges too")
    parser.add_argument("--weights", nargs="+", default=[], metavar="NAME=FILE", help="further weights")
    parser.add_argument("--conditions", default="short", help="nominal, short, all, or names with commas")
    parser.add_argument("--altered", type=int, default=1, help="heads of each group that are scanned otherwise too")
    parser.add_argument("--slices", type=int, help="so many of each head; default: all")
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    data = os.environ.get("NAPARI_MRSR_DATA")
    if not data:
        parser.error("NAPARI_MRSR_DATA names no folder of scans")
    given.cache.mkdir(parents=True, exist_ok=True)
    files = {ways.SUPERVISED: given.supervised, ways.HYBRID: given.hybrid}
    files = {name: file for name, file in files.items() if file}
    for one in given.weights:
        name, _, file = one.partition("=")
        files[name] = file
    chosen, left_out = ways.chosen(files=files, device=given.device)
    done = study.run(
        heads(Path(data), given.conditions, given.altered),
        chosen,
        study.Settings(given.slices),
        left_out=left_out,
        kept=Kept(given.cache),
        progress=_tell(),
    )
    write(given.out, given.static, done, command_of(given))


def command_of(given: argparse.Namespace) -> str:
    """Return the command as it was given, but for where things lie and run."""
    words = ["python benchmarks/brain_maps.py --cache FOLDER"]
    words += [f"--{name} FILE" for name in ("supervised", "hybrid") if getattr(given, name)]
    words += ["--weights", *(f"{one.partition('=')[0]}=FILE" for one in given.weights)] if given.weights else []
    words += ["--conditions", given.conditions] if given.conditions != "short" else []
    words += ["--altered", str(given.altered)] if given.altered != 1 else []
    words += ["--slices", str(given.slices)] if given.slices else []
    return " ".join(words)


def _tell() -> Callable[[float, str], None]:
    """Return what prints every step once."""
    said: list[str] = []

    def tell(done: float, what: str) -> None:
        if said[-1:] != [what]:
            said.append(what)
            print(f"  {100 * done:3.0f} % {what}", flush=True)

    return tell


if __name__ == "__main__":
    main()

"""Paper 3 on phantoms and on real abdomens set in motion: writes docs/results/abdomen.md, abdomen.json and figures.

    NAPARI_MRSR_DATA=... python benchmarks/abdomen.py --cache FOLDER [--networks swift unet] [--only PART...] [--quick]

Three phantom subjects with the protocols of Sarasaen et al. (Artif Intell Med 2021), ten time points each, with noise and
without; the real abdomens of NAPARI_MRSR_DATA, set breathing by known motion; the planning scan of another contrast, and a
needle (both without noise, three time points). What is computed is kept in --cache, frame by frame, fine-tuned weights among it: stopped and started again, nothing
is computed twice. Each network is fine-tuned once a subject (``--schedule``, ``--minutes``), unless ``--fine-tuned FOLDER``
holds weights for its planning scan.

*Centre kept*, on the real scans, are the same networks with the measured centre of k-space put back into what they gave.

The aims stand beside the results, and whether they are met is computed here.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from abdomen_aims import aims, similarity_of, unmet
from study_page import Done, Part, do, numbers, save, section, tell

from napari_mrsr.studies.dynamic import needle, planning_contrast, study
from napari_mrsr.studies.dynamic.networks import HowFineTuned, installed
from napari_mrsr.studies.dynamic.phantoms import FRAMES, Made, dynamic_cohort
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.layouts.moved import find_moved
from napari_mrsr.studies.writing import Study, StudyTable, markdown

#: Tables that the page of all studies leaves to the pages of the single ones.
NOT_SHOWN = ("printed",)
#: Frames of a subject where little is to be computed.
FEW = 2


def parts(given: argparse.Namespace) -> list[Part]:
    """Return the studies that can be done here."""
    frames = given.frames or (FEW if given.quick else FRAMES)
    how = HowFineTuned(given.schedule, given.minutes)
    folder = given.cache / "fine-tuned"
    networks = installed(given.networks, folder=folder, how=how, device=given.device, given=given.fine_tuned)
    both = [*networks, *(replace(network, consistency="hard") for network in networks)]
    noisy, clean = Made(frames, given.quick), Made(frames, given.quick, noise=False)
    few = Made(min(frames, needle.FRAMES), given.quick, noise=False)
    people = 2 if given.quick else 3
    other: dict[str, Any] = {"kept": Kept(given.cache), "progress": tell}
    found = [
        Part(
            "phantoms",
            f"{people} phantom subjects with noise",
            lambda: study.run(dynamic_cohort(people, noisy), networks, **other),
        ),
        Part(
            "phantoms_clean",
            f"{people} phantom subjects without noise",
            lambda: study.run(dynamic_cohort(people, clean), networks, **other),
        ),
    ]
    data = os.environ.get("NAPARI_MRSR_DATA")
    if data:
        found.append(
            Part(
                "real",
                "Real abdomens, motion simulated",
                lambda: study.run(find_moved(Path(data) / "abdomen", frames), both, **other),
            )
        )
    return [
        *found,
        Part(
            "planning_contrast",
            "A planning scan of another contrast",
            lambda: planning_contrast.run(range(1, people + 1), few, networks, **other),
        ),
        Part("needle", "A needle", lambda: needle.run(range(1, people + 1), few, networks, **other)),
    ]


def text(done: Done, command: str) -> str:
    """Return the Markdown page."""
    scored = scored_of(done)
    verdicts = aims(scored)
    met = int((verdicts["verdict"] == "met").sum())
    lines = [
        "# The abdomen: dynamic MRI, fine-tuned on the planning scan",
        f"Made by `{command}`. The study of Sarasaen et al. (Artif Intell Med 2021) with the command that anyone can run on "
        "their own scans ([Studies](../guide/studies.md)): phantoms with the protocols of its three subjects, and real "
        "abdomens that nothing was trained on, set breathing by a known motion. Phantoms are not patients: no figure here "
        "says how good a method is in a hospital.",
        "## Aims",
        f"{met} of {len(verdicts)} are met. Aimed at is an order, everywhere: fine-tuned before main training before every "
        "interpolation; and on phantoms, at 6.25 % of k-space, the margins that the paper printed. Its scans are not these: "
        "theirs gave trilinear interpolation 31.5 dB at 6.25 %.",
        markdown(StudyTable("aims", verdicts, "")),
        *unmet(verdicts, {key: similarity_of(one.table("scores").frame) for key, one in scored.items()}),
    ]
    for key, one in done.studies.items():
        lines.append(section(f"abdomen_{key}", done.titles[key], one, lambda table: table.name not in NOT_SHOWN))
    printed = next((t for one in scored.values() for t in one.tables if t.name == "printed"), None)
    if printed is not None:
        lines += ["## As printed", printed.caption, markdown(printed)]
    return "\n\n".join([*lines, *done.left_out()]) + "\n"


def scored_of(done: Done) -> dict[str, Study]:
    """Return the studies that score frames."""
    return {key: one for key, one in done.studies.items() if one.name == "dynamic"}


def write(out: Path, static: Path, done: Done, command: str) -> None:
    """Write page, figures and numbers."""
    told = {
        "aims": aims(scored_of(done)).to_dict("records"),
        "studies": {key: {"title": done.titles[key], **numbers(one)} for key, one in done.studies.items()},
    }
    figures = {f"abdomen_{key}": one for key, one in done.studies.items()}
    save(out, static, "abdomen", text(done, command), told, figures)


def main() -> None:
    """Do the studies and write them."""
    root = Path(__file__).resolve().parents[1] / "docs"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder where results and weights are kept")
    parser.add_argument("--out", type=Path, default=root / "results")
    parser.add_argument("--static", type=Path, help="folder of the figures; default: docs/_static")
    parser.add_argument("--networks", nargs="+", metavar="NAME", help="default: all that are installed")
    parser.add_argument("--quick", action="store_true", help="two small phantoms, two frames")
    parser.add_argument("--frames", type=int, help="time points of each subject")
    parser.add_argument("--schedule", default="quick", help="of fine-tuning: quick or published")
    parser.add_argument("--minutes", type=float, help="fine-tune at most so long")
    parser.add_argument("--fine-tuned", type=Path, help="folder of weights fine-tuned before")
    parser.add_argument(
        "--only", nargs="+", metavar="PART", help="phantoms phantoms_clean real planning_contrast needle"
    )
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    static = given.static or root / "_static"
    do(parts(given), lambda done: write(given.out, static, done, command_of(given)), given.only)


def command_of(given: argparse.Namespace) -> str:
    """Return the command as it was given, but for where things lie and run."""
    words = ["python benchmarks/abdomen.py --cache FOLDER", *(["--quick"] if given.quick else [])]
    for name in ("networks", "frames", "minutes", "only"):
        value = getattr(given, name)
        if value is not None:
            words += [f"--{name}", *(value if isinstance(value, list) else [f"{value:g}"])]
    if given.schedule != "quick":
        words += ["--schedule", given.schedule]
    return " ".join(words)


if __name__ == "__main__":
    main()

"""Both studies of super-resolved DESS on phantoms and on the real half knee: writes docs/results/dess.md, dess.json, figures.

    NAPARI_MRSR_DATA=... python benchmarks/dess.py --cache FOLDER [--out docs/results] [--quick] [--methods NAME...]

Image quality (Table 1 of Chaudhari et al., PREDICTIVE 2018) on ten phantoms without noise and on five of them with noise,
cartilage T2 (Table 2) on five phantoms whose T2 spreads by 5 ms, and both on the real half knee where NAPARI_MRSR_DATA is
set (its T2 by the quick methods alone: its slab is four times that of a phantom, and two reconstructions by sparse
coding and by ``mrsr`` would take as long as all the rest; ``--methods`` names others). What is computed is kept in --cache by subject and method: stopped and started again, nothing is computed twice.

The aims stand beside the results, and whether they are met is computed here.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import half_knee
from dess_aims import aims
from study_page import Done, Part, do, save, section, tell

from napari_mrsr.studies import dess_quality, dess_t2
from napari_mrsr.studies.comparisons import LEVEL
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.layouts.phantoms import quality_cohort, t2_cohort
from napari_mrsr.studies.t2_tables import TITLES
from napari_mrsr.studies.writing import Study, StudyTable, markdown

#: Methods of the half knee's T2.
QUICK_METHODS = ["tricubic", "fourier", "lean", "aplus"]
#: Tables that are shown on the page of all studies.
SHOWN = ("table1", "gain", "times", "slabs")


def parts(given: argparse.Namespace, kept: Kept) -> list[Part]:
    """Return the studies that can be done here."""
    clean, noisy, t2_people = (3, 3, 3) if given.quick else (10, 5, 5)
    planes = 4 if given.quick else dess_quality.PLANES
    quality = dess_quality.Settings(planes=planes, device=given.device)
    t2 = dess_t2.Settings(planes=planes, device=given.device)
    other: dict[str, Any] = {"kept": kept, "progress": tell}
    methods = given.methods

    found = [
        Part(
            f"quality_{word.replace('-', '_')}",
            f"Image quality, {people} phantoms {word.replace('noisy', 'with noise')}",
            lambda noise=noise, people=people: dess_quality.run(
                quality_cohort(people, noise), methods, quality, **other
            ),
        )
        for word, noise, people in (("noise-free", False, clean), ("noisy", True, noisy))
    ]
    found.append(
        Part(
            "t2", f"Cartilage T2, {t2_people} phantoms", lambda: dess_t2.run(t2_cohort(t2_people), methods, t2, **other)
        )
    )
    data = os.environ.get("NAPARI_MRSR_DATA")
    if data:
        lateral = dess_t2.Settings(region=half_knee.REGION, planes=planes, device=given.device)
        found += [
            Part(
                "quality_half_knee",
                "Image quality, the real half knee",
                lambda: dess_quality.run(half_knee.cohort(Path(data)), methods, quality, **other),
            ),
            Part(
                "t2_half_knee",
                "Cartilage T2, the real half knee",
                lambda: dess_t2.run(half_knee.cohort(Path(data)), methods or QUICK_METHODS, lateral, **other),
            ),
        ]
    return found


def differences(study: Study | None) -> str:
    """Return in which comparison, layer and method T2 differs from the acquired one by the paired t test, in a sentence."""
    if study is None:
        return ""
    rows = [
        (TITLES[table.name.removeprefix("t2_").removesuffix("_statistics")].lower(), row)
        for table in study.tables
        if table.name.endswith("_statistics")
        for row in table.frame.to_dict("records")
        if row["p paired t"] != "-"
    ]
    told = [
        f"`{row['method']}` in the {row['layer']} layer, {title} ({row['difference [ms]']} ms, p {row['p paired t']})"
        for title, row in rows
        if float(row["p paired t"].lstrip("<")) < LEVEL
    ]
    return (
        f"Of {len(rows)} paired t tests of T2 on phantoms against the acquired slices, not corrected for their number, "
        f"{len(told)} with p < {LEVEL:g}{': ' if told else ''}{'; '.join(told)}."
    )


def text(done: Done, command: str) -> str:
    """Return the Markdown page."""
    verdicts = aims(done.studies)
    by_method = ", ".join(
        f"`{method}` {int((rows['verdict'] == 'met').sum())} of {len(rows)}"
        for method, rows in verdicts.groupby("method", sort=False)
    )
    lines = [
        "# Super-resolved DESS: the tables of the paper",
        f"Made by `{command}`. Both studies of Chaudhari et al. (PREDICTIVE 2018) with the commands that anyone can run on "
        "their own scans ([Studies](../guide/studies.md)): phantoms whose truth is known, and one real half knee "
        "that nothing was trained on. Phantoms are not patients: no figure here says how good a method is in a hospital.",
        "## Aims",
        f"Met: {by_method}. Image quality without noise is held against the paper's own margin over tricubic; with noise and "
        "on the real scan the noise limits every method (column *noise limit*). The shipped `mrsr` had 0.2 % of the published "
        "training ([ledger](../training-log.md)): its rows say what is left to train, not what the published network can do. T2 "
        "re-thickened, and of the pair, compares a method with its own input: there every method that keeps what was measured "
        "is right to some tenths of a per cent, and an order among them says nothing; *found again* is the comparison that asks "
        f"something of them. {differences(done.studies.get('t2'))}",
        markdown(StudyTable("aims", verdicts, "")),
    ]
    for key, study in done.studies.items():
        lines.append(
            section(f"dess_{key}", done.titles[key], study, lambda t: t.name in SHOWN or t.name.startswith("t2_"))
        )
    return "\n\n".join([*lines, *done.left_out()]) + "\n"


def write(out: Path, static: Path, done: Done, command: str) -> None:
    """Write page, figures and numbers."""
    numbers = {
        "aims": aims(done.studies).to_dict("records"),
        "studies": {
            key: {
                "title": done.titles[key],
                "values": study.table("scores" if key.startswith("quality") else "subjects").frame.to_dict("records"),
                "skipped": dict(study.skipped),
                "provenance": dict(study.provenance),
            }
            for key, study in done.studies.items()
        },
    }
    save(out, static, "dess", text(done, command), numbers, {f"dess_{key}": one for key, one in done.studies.items()})


def main() -> None:
    """Do the studies and write them."""
    root = Path(__file__).resolve().parents[1] / "docs"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=root / "results")
    parser.add_argument("--static", type=Path, help="folder of the figures; default: docs/_static")
    parser.add_argument("--cache", type=Path, help="folder where results are kept by subject and method")
    parser.add_argument("--quick", action="store_true", help="three phantoms, four planes")
    parser.add_argument("--methods", nargs="+", metavar="NAME", help="these methods alone")
    parser.add_argument(
        "--only", nargs="+", metavar="PART", help="quality_noise_free quality_noisy t2 quality_half_knee ..."
    )
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    command = "python benchmarks/dess.py" + (" --quick" if given.quick else "")
    static = given.static or root / "_static"
    do(parts(given, Kept(given.cache)), lambda done: write(given.out, static, done, command), given.only)


if __name__ == "__main__":
    main()

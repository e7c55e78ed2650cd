"""Pages of docs/results that hold studies: each is a section, and page, figures and numbers are written together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_mrsr.errors import MrsrError
from napari_mrsr.files.origin import plain
from napari_mrsr.studies.writing import Figure, Study, StudyTable, page, said_of_skipped

#: Why a study is left out that was not asked for.
NOT_ASKED = "not computed; `--only` did not name it"


@dataclass(frozen=True)
class Part:
    """One of several studies of a page."""

    key: str
    title: str
    run: Callable[[], Study]


@dataclass(frozen=True)
class Done:
    """Those that were done, and why others were not; by key."""

    titles: Mapping[str, str]
    studies: dict[str, Study]
    absent: dict[str, str]

    def left_out(self) -> list[str]:
        """Return what is said of those that were not done."""
        absent = [f"- {self.titles[key]}: {why}" for key, why in self.absent.items()]
        return ["## Left out", *absent] if absent else []


def do(parts: Sequence[Part], write: Callable[[Done], None], only: Sequence[str] | None = None) -> None:
    """Do studies (or only those of some keys) one after the other and write after each: a stop leaves what was done."""
    done = Done({part.key: part.title for part in parts}, {}, {})
    if only:
        done.absent.update({part.key: NOT_ASKED for part in parts if part.key not in only})
    for part in parts:
        if part.key in done.absent:
            continue
        print(part.title, flush=True)
        try:
            done.studies[part.key] = part.run()
        except MrsrError as error:
            done.absent[part.key] = error.line
            print(f"  left out: {error.line}", flush=True)
            continue
        write(done)


def tell(done: float, what: str) -> None:
    """Print what is done with."""
    if what.endswith("done"):
        print(f"  {100 * done:3.0f} % {what}", flush=True)


def section(prefix: str, title: str, study: Study, shown: Callable[[StudyTable], bool] = lambda table: True) -> str:
    """Return a study as a section; its figures are called ``PREFIX_NAME.png``."""
    tables = [table for table in study.tables if table.on_page and shown(table)]
    figures = [Figure(f"{prefix}_{one.name}", one.caption, one.draw) for one in study.figures]
    lead = "\n\n".join([study.lead, *said_of_skipped(study.skipped)])
    return page(title, lead, tables, figures, static="../_static/", level=2).rstrip()


def numbers(study: Study) -> dict[str, Any]:
    """Return what a study measured, and on what."""
    return {
        "tables": {table.name: table.frame.to_dict("records") for table in study.tables if table.on_page},
        "skipped": dict(study.skipped),
        "provenance": dict(study.provenance),
    }


def save(
    out: Path, static: Path, name: str, text: str, numbers: Mapping[str, Any], studies: Mapping[str, Study]
) -> None:
    """Write ``NAME.md``, ``NAME.json`` and the figures of studies, by the prefix that their section gives them."""
    out.mkdir(parents=True, exist_ok=True)
    static.mkdir(parents=True, exist_ok=True)
    for prefix, study in studies.items():
        for figure in study.figures:
            figure.draw(static / f"{prefix}_{figure.name}.png")
    (out / f"{name}.json").write_text(json.dumps(plain(dict(numbers)), indent=1) + "\n")
    (out / f"{name}.md").write_text(text)
    print(out / f"{name}.md", flush=True)

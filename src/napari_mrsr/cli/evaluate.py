"""``napari-mrsr evaluate``: the studies of the papers on a reader's own scans, or on phantoms whose truth is known."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.options import Device, check_choice
from napari_mrsr.cli.output import check_folder
from napari_mrsr.cli.run import PART_FAILED
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari_mrsr.studies.cohort import Cohort
    from napari_mrsr.studies.kept import Kept
    from napari_mrsr.studies.writing import Study

STUDIES = ("dess-quality", "dess-t2")
#: Phantoms where no data are given: as many as the issue of a table needs.
PHANTOMS = {"dess-quality": 10, "dess-t2": 5}


def evaluate(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="dess-quality or dess-t2.", show_default=False)],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Becomes the study; new or empty.", show_default=False),
    ],
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of scans; its layout is found.", show_default=False)
    ] = None,
    layout: Annotated[
        str, typer.Option(metavar="auto|oai|skm-tea|bids|plain", help="How the folder of scans is laid out.")
    ] = "auto",
    phantoms: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="So many knee phantoms instead. [default: 10, for T2 5]", show_default=False
        ),
    ] = None,
    methods: Annotated[
        list[str] | None,
        typer.Option(
            "--methods", metavar="NAME", help="Score these; may be repeated or have commas.", show_default=False
        ),
    ] = None,
    no_noise: Annotated[bool, typer.Option("--no-noise", help="Phantoms without noise (dess-quality).")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Score whole volumes; slow (dess-quality).")] = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep what is computed here, and go on from it after a stop.", show_default=False
        ),
    ] = None,
    device: Device = "auto",
) -> None:
    """Do a study and write its page, tables, figures and provenance into a folder.

    Without --data on phantoms. Subjects that cannot be used are named and left out; the exit code is 3 then.
    """
    check_choice("STUDY", study, STUDIES)
    check_choice("--device", device, ("auto", "cpu", "cuda"))
    if data is not None and phantoms is not None:
        raise BadParameter("--data and --phantoms are two cohorts", remedy="give one of them")
    if data is not None and no_noise:
        raise BadParameter("--no-noise is for phantoms", remedy="leave it out")
    if study != "dess-quality" and (whole or no_noise):
        raise BadParameter(f"--whole and --no-noise are not for {study}", remedy="leave them out")
    names = [name.strip() for given in methods or () for name in given.split(",") if name.strip()] or None
    check_folder(output.absolute().parent)

    from napari_mrsr.studies.kept import Kept
    from napari_mrsr.studies.writing import check_free

    check_free(output)
    kept = Kept(keep)
    command = shlex.join(["napari-mrsr", *sys.argv[1:]])
    if study == "dess-quality":
        done = _quality(
            _cohort(study, data, layout, phantoms, not no_noise, whole), names, whole, device, kept, command
        )
    else:
        done = _t2(_cohort(study, data, layout, phantoms, True, False), names, device, kept, command)
    for path in done.write(output):
        typer.echo(path)
    if done.skipped:
        console.note(*(f"left out: {name}: {why}" for name, why in done.skipped.items()))
        raise typer.Exit(PART_FAILED)


def _cohort(study: str, data: Path | None, layout: str, phantoms: int | None, noise: bool, whole: bool) -> Cohort:
    from napari_mrsr.studies import layouts

    if data is not None:
        check_choice("--layout", layout, ("auto", *layouts.LAYOUTS))
        return layouts.find_cohort(data, None if layout == "auto" else layout)
    count = phantoms or PHANTOMS[study]
    if study == "dess-t2":
        return layouts.phantoms.t2_cohort(count)
    return layouts.phantoms.quality_cohort(count, noise, whole=whole)


def _quality(cohort: Cohort, names: list[str] | None, whole: bool, device: str, kept: Kept, command: str) -> Study:
    from napari_mrsr.studies import dess_quality

    settings = dess_quality.Settings(planes=None if whole else dess_quality.PLANES, device=device)
    with _progress() as told:
        return dess_quality.run(cohort, names, settings, kept=kept, progress=told, provenance={"Command": command})


def _t2(cohort: Cohort, names: list[str] | None, device: str, kept: Kept, command: str) -> Study:
    from napari_mrsr.studies import dess_t2

    with _progress() as told:
        return dess_t2.run(cohort, names, kept=kept, progress=told, provenance={"Command": command})


@contextmanager
def _progress() -> Iterator[Any]:
    """Show a bar, and a line for every subject that is done."""
    with console.progress("evaluating") as show:

        def told(done: float, what: str) -> None:
            show(done)
            if what.endswith(" done"):
                console.stage(f"{what} ({100 * done:.0f} %)")

        yield told

"""``napari-mrsr evaluate``: the studies of the papers on a reader's own scans, or on phantoms whose truth is known."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_mrsr.cli import console, evaluate_brain, evaluate_brain_maps, evaluate_dess, evaluate_dynamic
from napari_mrsr.cli.options import Device, check_choice
from napari_mrsr.cli.output import check_folder
from napari_mrsr.cli.run import PART_FAILED
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari_mrsr.studies.kept import Kept
    from napari_mrsr.studies.running import Progress
    from napari_mrsr.studies.writing import Study

STUDIES = (*evaluate_dess.NAMES, evaluate_dynamic.NAME, evaluate_brain.NAME, evaluate_brain_maps.NAME)
#: Which studies know an option that not all know.
OPTIONS = {
    "--no-noise": ("dess-quality", "dynamic"),
    "--whole": ("dess-quality",),
    "--region": ("dess-t2",),
    "--published": ("dess-t2",),
    "--average": ("dess-t2",),
    **dict.fromkeys(("--frames", "--quick", "--levels", "--experiment"), ("dynamic",)),
    **dict.fromkeys(("--no-fine-tuning", "--schedule", "--minutes", "--fine-tuned"), ("dynamic",)),
    **dict.fromkeys(("--fold", "--planes", "--lesion", "--centre-kept"), ("brain-sr",)),
    "--slices": ("brain-sr", "brain-maps"),
    **dict.fromkeys(("--supervised", "--hybrid", "--conditions"), ("brain-maps",)),
    "--phantoms": ("dess-quality", "dess-t2", "dynamic", "brain-maps"),
}


def evaluate(
    context: typer.Context,
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY", help="dess-quality, dess-t2, dynamic, brain-sr or brain-maps.", show_default=False
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Becomes the study; new or empty.", show_default=False),
    ],
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of scans; its layout is found.", show_default=False)
    ] = None,
    layout: Annotated[
        str, typer.Option(metavar="auto|NAME", help="How the folder of scans is laid out; see the guide, Studies.")
    ] = "auto",
    phantoms: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="So many phantoms instead. [default: 10, for T2 5, dynamic and brain-maps 3]",
            show_default=False,
        ),
    ] = None,
    methods: Annotated[
        list[str] | None,
        typer.Option(
            "--methods", metavar="NAME", help="Score these; may be repeated or have commas.", show_default=False
        ),
    ] = None,
    no_noise: Annotated[bool, typer.Option("--no-noise", help="Phantoms without noise (not dess-t2).")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Score whole volumes; slow (dess-quality).")] = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep what is computed here, and go on from it after a stop.", show_default=False
        ),
    ] = None,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Pictures of the first subject.")] = True,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="dess-t2: compare T2 here. [default: medial femoral cartilage]", show_default=False
        ),
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", help="dess-t2: only the pair of slices, as published.")
    ] = False,
    average: Annotated[
        str, typer.Option(metavar="echoes|maps", help="dess-t2: what is averaged over the pair of slices.")
    ] = "echoes",
    frames: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="dynamic: so many time points. [default: all]", show_default=False),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="dynamic: small phantoms.")] = False,
    levels: Annotated[
        str | None,
        typer.Option(metavar="PERCENT,...", help="dynamic: of k-space. [default: 25,10,6.25]", show_default=False),
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option(
            metavar="planning-contrast|needle", help="dynamic: this instead of the tables.", show_default=False
        ),
    ] = None,
    no_fine_tuning: Annotated[
        bool, typer.Option("--no-fine-tuning", help="dynamic: networks after the main training alone.")
    ] = False,
    schedule: Annotated[
        str, typer.Option(metavar="quick|published", help="dynamic: how networks are fine-tuned.")
    ] = "quick",
    minutes: Annotated[
        float | None,
        typer.Option(metavar="N", help="dynamic: fine-tune at most so long. [default: 10]", show_default=False),
    ] = None,
    fine_tuned: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="dynamic: weights fine-tuned before, as far as they fit.", show_default=False),
    ] = None,
    fold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SUBJECT=[NAME=]PATH",
            help="brain-sr: weights that never saw a subject: a file, or a folder of one for each method.",
            show_default=False,
        ),
    ] = None,
    planes: Annotated[
        str, typer.Option(metavar="acquired|all|NAME,...", help="brain-sr: axial, coronal, sagittal.")
    ] = "acquired",
    slices: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="brain-sr, brain-maps: so many of each plane. [default: all]", show_default=False
        ),
    ] = None,
    lesion: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCAN=FILE|X,Y,Z", help="brain-sr: a lesion: labels, or a point (mm, RAS+).", show_default=False
        ),
    ] = None,
    centre_kept: Annotated[
        bool, typer.Option("--centre-kept", help="brain-sr: networks also with the measured centre of k-space.")
    ] = False,
    supervised: Annotated[
        str | None,
        typer.Option(metavar="FILE|NAME", help="brain-maps: weights taught by labels alone.", show_default=False),
    ] = None,
    hybrid: Annotated[
        str | None,
        typer.Option(metavar="FILE|NAME", help="brain-maps: weights taught by edges too.", show_default=False),
    ] = None,
    conditions: Annotated[
        str, typer.Option(metavar="nominal|short|all|NAME,...", help="brain-maps: how phantoms are scanned.")
    ] = "nominal",
    device: Device = "auto",
) -> None:
    """Do a study and write its page, tables, figures and provenance into a folder.

    Without --data on phantoms. Subjects that cannot be used are named and left out; the exit code is 3 then.
    """
    check_choice("STUDY", study, STUDIES)
    check_choice("--device", device, ("auto", "cpu", "cuda"))
    check_choice("--average", average, ("echoes", "maps"))
    if data is not None and phantoms is not None:
        raise BadParameter("--data and --phantoms are two cohorts", remedy="give one of them")
    if data is not None and no_noise:
        raise BadParameter("--no-noise is for phantoms", remedy="leave it out")
    for option, studies in OPTIONS.items():
        if study not in studies and _was_given(context, option):
            raise BadParameter(f"{option} is not for {study}, but for {' and '.join(studies)}", remedy="leave it out")
    names = [name.strip() for given in methods or () for name in given.split(",") if name.strip()] or None
    check_folder(output.absolute().parent)

    from napari_mrsr.studies.kept import Kept
    from napari_mrsr.studies.writing import check_free

    check_free(output)
    run: Callable[[Kept, Progress, dict[str, Any]], Study]
    if study == evaluate_dynamic.NAME:
        asked = evaluate_dynamic.Asked(
            data, layout, phantoms, frames, quick, not no_noise, names, levels, experiment, not no_fine_tuning,
            schedule, minutes, fine_tuned, device, keep, figures,
        )  # fmt: skip
        run = partial(evaluate_dynamic.run, asked)
    elif study == evaluate_brain.NAME:
        heads = evaluate_brain.Asked(
            data, layout, names, fold or (), planes, slices, lesion or (), centre_kept, device, figures
        )
        run = partial(evaluate_brain.run, heads)
    elif study == evaluate_brain_maps.NAME:
        maps = evaluate_brain_maps.Asked(
            data, layout, phantoms, names, supervised, hybrid, conditions, slices, device, figures
        )
        run = partial(evaluate_brain_maps.run, maps)
    else:
        knees = evaluate_dess.Asked(
            study, data, layout, phantoms, not no_noise, whole, names, region, published, average, device, figures
        )
        run = partial(evaluate_dess.run, knees)
    with _progress() as told:
        done = run(Kept(keep), told, {"Command": shlex.join(["napari-mrsr", *sys.argv[1:]])})
    _write(done, output, figures)


def _was_given(context: typer.Context, option: str) -> bool:
    """Tell whether an option stands on the command line."""
    source = context.get_parameter_source(option.removeprefix("--").replace("-", "_"))
    return source is not None and source.name == "COMMANDLINE"


def _write(done: Study, output: Path, figures: bool) -> None:
    """Write a study, and end with 3 where subjects were left out."""
    if not figures:
        done = replace(done, figures=())
    for path in done.write(output):
        typer.echo(path)
    if done.skipped:
        console.note(*(f"left out: {name}: {why}" for name, why in done.skipped.items()))
        raise typer.Exit(PART_FAILED)


@contextmanager
def _progress() -> Iterator[Any]:
    """Show a bar, and a line for every subject that is done."""
    with console.progress("evaluating") as show:

        def told(done: float, what: str) -> None:
            show(done)
            if what.endswith(" done"):
                console.stage(f"{what} ({100 * done:.0f} %)")

        yield told

"""``napari-mrsr train``: train a network by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.options import OutFolder
from napari_mrsr.cli.output import check_folder
from napari_mrsr.errors import NothingToRead


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="lean or mrsr.", show_default=False)],
    output: OutFolder,
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Folder of scans; may be given several times.", show_default=False),
    ] = None,
    phantoms: Annotated[int, typer.Option(metavar="N", min=0, help="So many phantoms are made to train on.")] = 0,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="WEIGHTS", help="Weights to start from.", show_default=False)
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small run that ends within minutes.")] = False,
) -> None:
    """Train a network on scans and phantoms; a run that was stopped goes on where it was."""
    folders = list(data or ())
    for path in (*folders, *((start,) if start is not None else ())):
        if not path.exists():
            raise NothingToRead("does not exist", where=path, remedy="check the spelling")
    check_folder(output)

    from napari_mrsr.training import recipes

    with console.progress(f"training {recipe}") as progress:
        recipes.train(recipe, data=folders, phantoms=phantoms, start=start, quick=quick, out=output, progress=progress)

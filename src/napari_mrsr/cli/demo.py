"""``napari-mrsr demo``: the whole job on the sample knee."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mrsr.cli.output import check_folder


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")] = Path("demo-output"),
    no_window: Annotated[bool, typer.Option("--no-window", help="Do not open the viewer at the end.")] = False,
) -> None:
    """Super-resolve the sample knee, map T2, compare with the truth, and show it."""
    check_folder(out)

    from napari_mrsr.demo import run_demo

    run_demo(out, window=not no_window)

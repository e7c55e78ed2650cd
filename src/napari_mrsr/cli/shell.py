"""The commands of ``napari-mrsr``, gathered."""

from __future__ import annotations

from typing import Annotated

import typer

from napari_mrsr import __version__
from napari_mrsr.cli.compare import compare
from napari_mrsr.cli.degrade import degrade
from napari_mrsr.cli.demo import demo
from napari_mrsr.cli.evaluate import evaluate
from napari_mrsr.cli.finetune import finetune
from napari_mrsr.cli.info import info
from napari_mrsr.cli.maps import maps
from napari_mrsr.cli.methods import methods
from napari_mrsr.cli.report import report
from napari_mrsr.cli.roi import roi
from napari_mrsr.cli.sr import sr
from napari_mrsr.cli.t1 import t1
from napari_mrsr.cli.t2 import t2
from napari_mrsr.cli.train import train

app = typer.Typer(
    name="napari-mrsr",
    help="Super-resolution and quantitative maps of MRI. Research use: results are derived, not acquired.",
    add_completion=False,
    rich_markup_mode=None,  # plain help: rich would take a third of the time that --help may take
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; may stand anywhere.")] = False,
) -> None:
    """Super-resolution and quantitative maps of MRI. Research use: results are derived, not acquired."""


#: In working order, each with what the list of commands says about it.
COMMANDS = (
    (demo, "The whole job on the sample knee."),
    (info, "What a scan is, and whether it is fit for use."),
    (degrade, "Simulate thick slices or a part of k-space."),
    (sr, "Super-resolve a scan."),
    (t1, "A T1 map in milliseconds."),
    (t2, "A T2 map in milliseconds."),
    (maps, "T1, T2 and M0 of the brain from T1w, T2w and FLAIR."),
    (compare, "PSNR, SSIM, RMSE of a scan against its reference."),
    (roi, "Statistics of a map in each region."),
    (report, "Tables, a page, BIDS and DICOM."),
    (evaluate, "The studies of the papers, on scans or phantoms."),
    (train, "Train a network."),
    (finetune, "Fine-tune a network on a planning scan."),
    (methods, "What can be chosen with sr --method."),
)
for command, summary in COMMANDS:
    app.command(short_help=summary)(command)

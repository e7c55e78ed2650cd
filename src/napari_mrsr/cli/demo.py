"""``napari-mrsr demo``: the whole job on the sample knee."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.output import check_folder
from napari_mrsr.cli.screen import own_screen, some_screen

if TYPE_CHECKING:
    from napari_mrsr.demo import Demo

PICTURES = {
    "dock_study.png": "the Study dock: what the scan is, and its checks",
    "dock_process.png": "the Process dock: method, card, time",
    "dock_review.png": "the Review dock: what was measured beside what was made",
    "dock_roi.png": "the ROI dock: T2 of the medial femoral cartilage",
    "dynamic_process.png": "the moving abdomen: a frame made from 6.25 % of k-space",
    "dynamic_over_time.png": "the moving abdomen: acquired beside sharpened, and SSIM over time",
    "brain_process.png": "brain slices made from a quarter of k-space",
    "brain_twins.png": "what a network trained against a critic adds to its twin trained with L1",
    "brain_maps.png": "T1 and T2 of the brain, and the image that the maps explain",
}

MORE = (
    "The moving abdomen, brain slices and brain maps: File > Open Sample in the viewer, or their pictures by\n"
    "  {program} demo --all   (some minutes more)"
)


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")] = Path("demo-output"),
    no_window: Annotated[bool, typer.Option("--no-window", help="Do not open the viewer at the end.")] = False,
    all_of_it: Annotated[
        bool, typer.Option("--all", help="Also pictures of the moving abdomen, brain slices and brain maps.")
    ] = False,
) -> None:
    """Super-resolve the sample knee, map T2, compare with the truth, and show it.

    Leaves volumes, maps, stats.csv and pictures of the four docks in the folder and says what each file is. The viewer
    opens at the end where there is a screen.
    """
    check_folder(out)

    from napari_mrsr import demo as job

    console.stage("making the sample knee: the medial half of a right knee, whose truth is known")
    knee = job.sample()
    console.stage("super-resolving its thick slices, mapping T2, comparing with the truth")
    with console.progress("super-resolving") as progress:
        made = job.make(knee, progress=progress)
    console.stage("writing")
    for name, what in job.write(made, out):
        print(f"{out / name}  {what}", flush=True)
    print_figures(made)
    show(made, out, stay=own_screen() and not no_window, others=all_of_it)


def print_figures(made: Demo) -> None:
    """Print what a reader wants to know first: image quality and T2 of the cartilage."""
    print()
    for method, volumes in made.metrics.items():
        parts = ", ".join(f"{name} {f['psnr']:.2f} dB, SSIM {f['ssim']:.4f}" for name, f in volumes.items())
        print(f"{method:<10} against the truth: {parts}")
    for row in made.table.itertuples():
        values = f"mean {row.mean:.1f}, SD {row.sd:.1f}, median {row.median:.1f} ms, n {row.n}"
        print(f"T2 of the {row.name}, {row.map:<9} {values}")
    print(flush=True)


def show(made: Demo, out: Path, *, stay: bool, others: bool = False) -> None:
    """Take pictures of the docks at work, of the other samples too if asked, and leave the viewer open if asked.

    Autosaves of this machine are no part of the demo; a viewer that stays has the settings of its user.
    """
    from napari_mrsr.files.user_state import state_of_its_own

    with some_screen() as there, state_of_its_own(settings=not stay):
        if not there:
            console.note("no screen and no Xvfb, or Qt cannot open a window: no pictures of the docks were made")
            return

        from napari_mrsr.app import screenshots

        try:
            for path in _pictures_of_others(out) if others else ():
                _tell(path)
            console.stage("pictures of the four docks")
            for path in screenshots.take(out, scan=made.acquired, truth=made.knee, method=made.method, close=not stay):
                _tell(path)
        except TimeoutError as late:
            console.note(f"the pictures are not complete: {late}; other programs keep this machine busy")
            return
        if not others:
            print("\n" + MORE.format(program=sys.argv[0]), flush=True)
        if stay:
            import napari

            console.stage("the viewer is open; close its window to end")
            napari.run()


def _pictures_of_others(out: Path) -> Iterator[Path]:
    """Take the pictures of the samples that are no knee, one sample after the other."""
    from napari_mrsr.app.brain_maps import pictures as brain_maps
    from napari_mrsr.app.dynamic import pictures as abdomen
    from napari_mrsr.app.in_plane import pictures as brain

    for name, take in (
        ("the moving abdomen", abdomen.take),
        ("brain slices", brain.take),
        ("brain maps", brain_maps.take),
    ):
        console.stage(f"pictures of {name}")
        yield from take(out)


def _tell(path: Path) -> None:
    print(f"{path}  {PICTURES.get(path.name, 'picture')}", flush=True)

"""``napari-mrsr finetune``: a network fine-tuned on a subject's planning scan, for the dynamic scan that follows."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.options import AllowNonfinite, Device, Series, check_choice
from napari_mrsr.cli.output import check_file
from napari_mrsr.errors import BadParameter, Stopped

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan
    from napari_mrsr.training.fine_tuned import FineTuned, Point
    from napari_mrsr.training.planning_pairs import Region

SUFFIX = ".safetensors"
NETWORKS = ("swift", "unet")


def finetune(
    planning: Annotated[
        Path,
        typer.Argument(metavar="PLANNING", help="The planning scan: a NIfTI file or DICOM folder.", show_default=False),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="WEIGHTS",
            help="File of weights to write (.safetensors); its folder must exist.",
            show_default=False,
        ),
    ],
    method: Annotated[str, typer.Option(metavar="swift|unet", help="The network to begin with.")] = "swift",
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Weights to begin with, or the folder of a run of train, whose optimizer goes on.",
            show_default=False,
        ),
    ] = None,
    kspace: Annotated[
        list[float] | None,
        typer.Option(
            metavar="P",
            help="Share of k-space of the dynamic scan; may stand several times.",
            show_default="0.25, 0.1, 0.0625",
        ),
    ] = None,
    dynamic: Annotated[
        Path | None,
        typer.Option(metavar="SCAN", help="The dynamic scan, to check that both belong together.", show_default=False),
    ] = None,
    schedule: Annotated[
        str, typer.Option(metavar="quick|published", help="Minutes, or one epoch of every patch as published.")
    ] = "quick",
    minutes: Annotated[
        float | None,
        typer.Option(metavar="M", help="At most so long.", show_default="10 for quick"),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="At most so many steps.", show_default="the schedule's")
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="I:I,J:J,K:K",
            help="The part that teaches, in voxels: first and last along each axis.",
            show_default="all",
        ),
    ] = None,
    loss: Annotated[
        str | None, typer.Option(metavar="NAME", help="What a step makes small.", show_default="the schedule's")
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(
            metavar="WEIGHTS",
            help="What a perceptual loss looks through: a feature network of your own.",
            show_default="the shipped one",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    device: Device = "auto",
    series: Series = None,
    allow_nonfinite: AllowNonfinite = False,
) -> None:
    """Fine-tune a network on a planning scan, and write its weights for sr --weights.

    What the centre of the planning scan's k-space shows of it teaches the network. Some slices are held out; without a
    gain on them the weights stay as they were. Ctrl+C keeps the best so far.
    """
    from napari_mrsr.training.schedules import SCHEDULES

    check_choice("--schedule", schedule, tuple(SCHEDULES))
    if start is None:
        check_choice("--method", method, NETWORKS)
    if output.suffix.lower() != SUFFIX:
        raise BadParameter("is no name for weights", where=output, remedy=f"end it in {SUFFIX}")
    if minutes is not None and not 0 < minutes <= 14 * 24 * 60:
        raise BadParameter(f"--minutes {minutes:g} is no time to learn in", remedy="give 10")
    check_file(output)
    part = None if region is None else region_of(region)
    scan = _read(planning, dynamic, series=series, allow_nonfinite=allow_nonfinite)
    from napari_mrsr.training.fine_tuned import FineTuned
    from napari_mrsr.training.fine_tuning import steps_of
    from napari_mrsr.training.in_plane import FRACTIONS

    with _stoppable() as stop, console.progress("fine-tuning") as show:
        found: Point | FineTuned
        for found in steps_of(
            scan,
            method=method,
            start=start,
            kspace=FRACTIONS if kspace is None else kspace,
            schedule=schedule,
            minutes=minutes,
            steps=steps,
            region=part,
            loss=loss,
            features=features,
            seed=seed,
            device=device,
            keep=output,
            stop=stop,
        ):
            if isinstance(found, FineTuned):
                break
            show(found.part)
            _tell(found)
        asked_to_stop = stop()
    assert isinstance(found, FineTuned)
    _write(found, output, asked_to_stop)
    console.note(found.line)
    print(output)


def region_of(text: str) -> Region:
    """Return the part of a volume that ``--region`` names.

    Raises
    ------
    BadParameter
        It is no part of a volume.

    Examples
    --------
    >>> region_of("64:192,48:144,0:40")
    ((64, 192), (48, 144), (0, 40))
    """
    try:
        i, j, k = ((int(a), int(b)) for a, b in (part.split(":") for part in text.split(",")))
    except ValueError as error:
        raise BadParameter(
            f"--region {text} is no part of a volume", remedy="give FIRST:LAST for each axis, as 64:192,48:144,0:40"
        ) from error
    return i, j, k


def _read(planning: Path, dynamic: Path | None, *, series: str | None, allow_nonfinite: bool) -> Scan:
    """Read the planning scan, and say how it fits the dynamic one."""
    from napari_mrsr.files import read_scan
    from napari_mrsr.training.planning_scan import check_planning, is_itself
    from napari_mrsr.training.same_subject import described, mismatch

    scan = read_scan(planning, series=series, allow_nonfinite=allow_nonfinite)
    console.warn(scan.warnings)
    if scan.axis == "time" and scan.volumes > 1:
        console.warn([f"it is a series of {scan.volumes} frames, which all teach; a planning scan is a still one"])
    if dynamic is not None:
        frames = read_scan(dynamic, allow_nonfinite=allow_nonfinite)
        if is_itself(scan, frames):
            console.warn(["this is the dynamic scan itself: what learns from it has seen the answer"])
        console.warn(check_planning(scan, frames))
        console.warn(mismatch({"planning": described(scan)}, frames))
    return scan


def _write(found: FineTuned, output: Path, asked_to_stop: bool) -> None:
    """Write the weights; of an interrupted run only better ones.

    Raises
    ------
    Stopped
        The person asked to stop; the line says what was kept.
    """
    if found.is_better or not asked_to_stop:
        found.save(output)
    if asked_to_stop:
        account = found.account
        kept = f"holds the best so far ({account.gain_db:+.2f} dB after {account.steps} steps)"
        raise Stopped(kept if found.is_better else "was not written: nothing better was found yet", where=output)


def _tell(point: Point) -> None:
    """Say what is begun and every judgement; on a terminal the bar says the rest."""
    if point.note:
        console.stage(point.note)
    elif point.gain is not None and not sys.stderr.isatty():
        better = ", kept" if point.is_kept else ""
        console.stage(f"step {point.step}, {point.seconds:.0f} s: {point.gain:+.2f} dB, SSIM {point.ssim:.4f}{better}")


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether Ctrl+C was pressed; pressed again it interrupts at once."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # signals can be caught in the main thread only
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)

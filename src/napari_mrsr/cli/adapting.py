"""``sr --adapt``: what is refused, and the weights that a network has after it was adapted to the scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.output import check_file
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan

Adapt = Annotated[
    bool, typer.Option("--adapt", help="Adapt the network to this scan first: its sharp in-plane axes teach it.")
]
AdaptMinutes = Annotated[
    float | None, typer.Option("--adapt-minutes", metavar="M", help="At most so long. [default: 3]", show_default=False)
]
SaveAdapted = Annotated[
    Path | None,
    typer.Option("--save-adapted", metavar="FILE", help="Write the adapted weights (safetensors).", show_default=False),
]

SUFFIX = ".safetensors"


def check_adapt(
    adapt: bool,
    minutes: float | None,
    save: Path | None,
    *,
    method: str,
    weights: Path | None,
    axis: str | None,
    like: Path | None,
) -> None:
    """Refuse what cannot be adapted, before anything is read.

    Raises
    ------
    BadParameter
        Options that contradict each other, or a method without a network.
    OutputNotWritable
        Nothing can be written where the weights are to go.
    """
    if not adapt:
        if minutes is not None or save is not None:
            raise BadParameter("--adapt-minutes and --save-adapted say how to adapt", remedy="give --adapt too")
        return
    if like is not None or axis == "in-plane":
        raise BadParameter(
            "--adapt learns for one axis, by --factor", remedy="leave out --adapt, or --like and in-plane"
        )
    if minutes is not None and not 0 < minutes <= 24 * 60:
        raise BadParameter(f"--adapt-minutes {minutes:g} is no time to learn in", remedy="give 3")
    if save is not None:
        if save.suffix.lower() != SUFFIX:
            raise BadParameter("is no name for weights", where=save, remedy=f"end it in {SUFFIX}")
        check_file(save)
    _check_is_network(method, weights)


def _check_is_network(method: str, weights: Path | None) -> None:
    from napari_mrsr.networks import dictionary_files, registry

    if weights is not None:
        what, name = str(dictionary_files.kind_of(weights)), weights.name
    elif method == "auto":
        return
    else:
        what, name = str(registry.find(method).kind), method
    if what != "network":
        kind = "interpolation" if what == "classical" else f"a {what}"
        raise BadParameter(f"--adapt needs a network, and {name} is {kind}", remedy="give --method lean")


def adapt_to(
    scan: Scan,
    folder: Path,
    *,
    method: str,
    weights: Path | None,
    factor: int,
    axis: int,
    device: str,
    minutes: float | None,
    save: Path | None,
) -> Path | None:
    """Adapt a network to a scan, and say what was gained.

    Returns
    -------
    Path or None
        The weights, written into ``folder`` and where ``save`` says; None where the network stays as it was.

    Raises
    ------
    BadParameter
        The scan cannot teach, or no network covers it.
    """
    from napari_mrsr.superres import choose_method
    from napari_mrsr.training.adapt import MINUTES, adapt

    start: str | Path = weights if weights is not None else method
    if start == "auto":
        chosen, reason = choose_method(scan, factor, axis)
        if chosen.kind != "network":
            raise BadParameter(f"no network can be adapted ({reason})", remedy="leave --adapt out")
        start = chosen.name
    with console.progress("adapting") as show:
        found = adapt(
            scan,
            start=start,
            axis=axis,
            factor=factor,
            minutes=MINUTES if minutes is None else minutes,
            device=device,
            progress=lambda done, _: show(done),
        )
    console.note(found.line)
    if save is not None:
        found.save(save)
    return found.save(folder / f"{Path(found.start).stem}-adapted{SUFFIX}") if found.is_better else None

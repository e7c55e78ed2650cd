"""``napari-mrsr evaluate dynamic``: which subjects, which methods, how they are fine-tuned."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.cli.options import check_choice
from napari_mrsr.errors import BadParameter

if TYPE_CHECKING:
    from napari_mrsr.studies.dynamic.networks import Installed
    from napari_mrsr.studies.dynamic_cohort import DynamicCohort
    from napari_mrsr.studies.kept import Kept
    from napari_mrsr.studies.running import Progress
    from napari_mrsr.studies.writing import Study

NAME = "dynamic"
EXPERIMENTS = ("planning-contrast", "needle")
#: Phantoms where no data are given.
PHANTOMS = 3
#: Other names of interpolations.
ALIASES = {"fourier": "zero-padded", "sinc": "zero-padded"}


@dataclass(frozen=True)
class Asked:
    """What the shell was asked for.

    Parameters
    ----------
    data, layout
        A folder of subjects and how it is laid out; None for phantoms.
    phantoms, frames, quick, noise
        How many, of how many time points, whether small, and whether with noise.
    methods
        Names, or None for all.
    levels
        Per cents of k-space.
    experiment
        Another study than the tables, by name.
    fine_tuning, schedule, minutes, fine_tuned
        Whether and how networks are fine-tuned, and a folder where they already are.
    """

    data: Path | None
    layout: str
    phantoms: int | None
    frames: int | None
    quick: bool
    noise: bool
    methods: Sequence[str] | None
    levels: str | None
    experiment: str | None
    fine_tuning: bool
    schedule: str
    minutes: float | None
    fine_tuned: Path | None
    device: str
    keep: Path | None
    figures: bool


def check(asked: Asked) -> None:
    """Refuse what cannot be done, before anything is computed."""
    check_choice("--layout", asked.layout, ("auto", "dynamic", "moved"))
    check_choice("--schedule", asked.schedule, ("quick", "published"))
    if asked.experiment is not None:
        check_choice("--experiment", asked.experiment, EXPERIMENTS)
        if asked.data is not None:
            raise BadParameter("experiments are made on phantoms", remedy="leave out --data, or --experiment")
    if asked.data is not None and asked.quick:
        raise BadParameter("--quick is for phantoms", remedy="leave it out")
    if asked.fine_tuned is not None and not asked.fine_tuned.is_dir():
        raise BadParameter("is no folder", where=asked.fine_tuned, remedy="give the folder of fine-tuned weights")
    levels_of(asked.levels)
    split(asked.methods)


def levels_of(text: str | None) -> tuple[float, ...]:
    """Return shares of k-space from per cents.

    Examples
    --------
    >>> levels_of("25,6.25"), levels_of(None)
    ((0.25, 0.0625), (0.25, 0.1, 0.0625))
    """
    from napari_mrsr.studies.dynamic.study import LEVELS

    if text is None:
        return LEVELS
    try:
        found = tuple(float(one) / 100 for one in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < one < 1 for one in found) or len(set(found)) < len(found):
        raise BadParameter(f"--levels {text} are not shares of k-space", remedy="give per cents: 25,10,6.25")
    return found


def split(names: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Return interpolations and networks of the names given; all that there are where none is.

    Raises
    ------
    UnknownMethod
        No method of a name.
    BadParameter
        A method is not made for sharpening in plane.
    """
    from napari_mrsr.networks import registry
    from napari_mrsr.studies.dynamic.interpolations import INTERPOLATIONS, USUAL
    from napari_mrsr.studies.dynamic.networks import NAMES

    if names is None:
        known = {method.name for method in registry.methods()}
        return list(USUAL), [name for name in NAMES if name in known]
    names = [ALIASES.get(name, name) for name in names]
    others = [name for name in names if name not in INTERPOLATIONS]
    for name in others:
        method = registry.find(name)
        if method.kind != "network" or name not in NAMES:
            raise BadParameter(
                f"{name} does not sharpen in plane", remedy=f"choose of {', '.join((*INTERPOLATIONS, *NAMES))}"
            )
    return [name for name in names if name in INTERPOLATIONS], others


def run(asked: Asked, kept: Kept, told: Progress, about: dict[str, Any]) -> Study:
    """Do what was asked for; whatever is impossible is refused before anything is computed."""
    from napari_mrsr.studies.dynamic import study

    check(asked)
    classical, trained = split(asked.methods)
    how = study.Settings(levels_of(asked.levels), asked.frames, asked.fine_tuning, asked.figures)
    with _networks(asked, trained) as networks:
        if asked.experiment is not None:
            return _experiment(asked, classical, networks, how, kept, told, about)
        return study.run(
            cohort(asked), networks, how, interpolations=classical, kept=kept, progress=told, provenance=about
        )


def cohort(asked: Asked) -> DynamicCohort:
    """Return whose frames are evaluated."""
    from napari_mrsr.studies.dynamic.phantoms import FRAMES, Made, dynamic_cohort

    if asked.data is not None:
        from napari_mrsr.studies.layouts.dynamic import find_dynamic
        from napari_mrsr.studies.layouts.moved import find_moved

        return find_moved(asked.data, asked.frames or FRAMES) if asked.layout == "moved" else find_dynamic(asked.data)
    return dynamic_cohort(asked.phantoms or PHANTOMS, Made(asked.frames or FRAMES, asked.quick, asked.noise))


@contextmanager
def _networks(asked: Asked, names: Sequence[str]) -> Iterator[list[Installed]]:
    """Give the networks; what they are fine-tuned to is kept with the rest, or as long as the study takes."""
    from napari_mrsr.studies.dynamic.networks import HowFineTuned, installed

    how = HowFineTuned(asked.schedule, asked.minutes)
    with tempfile.TemporaryDirectory(prefix="napari-mrsr-") as scratch:
        folder = Path(scratch) if asked.keep is None else asked.keep / "fine-tuned"
        yield installed(names, folder=folder, how=how, device=asked.device, given=asked.fine_tuned)


def _experiment(
    asked: Asked,
    classical: Sequence[str],
    networks: Sequence[Installed],
    how: Any,
    kept: Kept,
    told: Progress,
    about: dict[str, Any],
) -> Study:
    from napari_mrsr.studies.dynamic import needle, planning_contrast
    from napari_mrsr.studies.dynamic.phantoms import FRAMES, Made

    people = range(1, (asked.phantoms or PHANTOMS) + 1)
    if asked.experiment == "needle":
        made = Made(asked.frames or needle.FRAMES, asked.quick, asked.noise)
        return needle.run(
            people, made, networks, how, interpolations=classical, kept=kept, progress=told, provenance=about
        )
    made = Made(asked.frames or FRAMES, asked.quick, asked.noise)
    return planning_contrast.run(people, made, networks, how, kept=kept, progress=told, provenance=about)

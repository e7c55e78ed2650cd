r"""Fine-tune a network in plane on a subject's own planning scan, before the dynamic scan begins.

The planning scan is fine; what the centre of its k-space shows of it is known (:mod:`.planning_pairs`). A network that
was trained on other people learns from these pairs what this person, this contrast and this coil look like (Sarasaen et
al., Artif Intell Med 2021;121:102196, section 2.3). How long and how fast, :mod:`.schedules` say.

**Judged** is what is kept: every few steps, on slices held out, by the mean over the shares of k-space of

.. math:: g = 10 \log_{10} (\mathrm{MSE}_\mathrm{before} / \mathrm{MSE}_\mathrm{now})

in dB, with the SSIM beside it. The best is kept; below :data:`LEAST_GAIN` the weights stay as they were. What is gained
on the dynamic scan is not known then: breathing, another pose and a needle are not in the planning scan.

**Adam's moments** (:mod:`.adam_moments`) are those of the run that trained the weights, where its checkpoint lies
beside them; else they are estimated where the schedule says so, else they begin anew under a rate that rises.

The same seed gives the same weights on one device, unless the minutes end first.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_mrsr.errors import BadParameter, WeightsCorrupt, WeightsMissing
from napari_mrsr.files.origin import sha256_of
from napari_mrsr.inference import devices
from napari_mrsr.inference.job import threads_for
from napari_mrsr.networks import registry
from napari_mrsr.networks.network import Network
from napari_mrsr.scan import Scan
from napari_mrsr.training import adam_moments, checkpoint, losses, recipes, schedules
from napari_mrsr.training.fine_tuned import Account, FineTuned, Point
from napari_mrsr.training.in_plane import FRACTIONS, PlaneSampling
from napari_mrsr.training.pairs import Batch
from napari_mrsr.training.planning_pairs import PlanningPairs, Region, planning_pairs
from napari_mrsr.training.same_subject import described
from napari_mrsr.training.schedules import Schedule
from napari_mrsr.training.tuner import Tuner

#: Least gain on held-out slices for which the weights before are given up, dB.
LEAST_GAIN = 0.02
#: Patches by which the time of a step is foretold.
TRIED = 2


def fine_tune(
    planning: Scan,
    *,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Point], None] | None = None,
    **options: Any,
) -> FineTuned:
    """Fine-tune a network on a planning scan; options and errors as for :func:`steps_of`.

    Parameters
    ----------
    stop
        Asked before every step; the best weights so far are kept.
    progress
        Told every step.
    """
    for found in steps_of(planning, stop=stop, **options):
        if isinstance(found, FineTuned):
            return found
        if progress is not None:
            progress(found)
    raise AssertionError("the last thing that steps_of gives is the network")


def steps_of(
    planning: Scan,
    *,
    method: str = "swift",
    start: Path | None = None,
    kspace: float | Sequence[float] = FRACTIONS,
    schedule: str | Schedule = "quick",
    minutes: float | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
    loss: str | None = None,
    features: Path | None = None,
    stride: int | None = None,
    region: Region | None = None,
    hold_out: int | None = None,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    keep: Path | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Point | FineTuned]:
    """Fine-tune a network on a planning scan, step by step.

    Parameters
    ----------
    planning
        Fine in plane; all its volumes teach, each divided by its own maximum.
    method
        Name of a trained network in plane.
    start
        A file of weights, or the folder of a run of ``train``, instead of the method's.
    kspace
        Shares of k-space that the dynamic scan may have.
    schedule
        ``"quick"``, ``"published"`` or one of your own.
    minutes, steps, learning_rate, loss, stride
        Other than the schedule's.
    features
        What a perceptual loss looks through, in place of the shipped feature network.
    region
        The part that teaches, first and last voxel along each axis; by default all of it.
    hold_out
        Slices to hold out, by default an eighth; 0 for none, as published: then it is judged on what taught.
    seed
        Of everything random.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    threads
        CPU threads.
    keep
        File to which the best weights so far are written whenever there are better ones.
    stop
        Asked before every step; once it answers True the best so far is kept.

    Yields
    ------
    Point or FineTuned
        Every step, and last of all the network. The first point says in ``note`` what will be done and for how long.

    Raises
    ------
    BadParameter, ConstantImage, AmbiguousAxis
        The scan cannot teach (:func:`napari_mrsr.training.planning_pairs.planning_pairs`), or an option is impossible.
    UnknownMethod, WeightsMissing, WeightsCorrupt, UnsafeWeights
        As the registry says.
    """
    began = time.monotonic()
    chosen = schedules.choose(
        schedule, minutes=minutes, steps=steps, learning_rate=learning_rate, loss=loss, stride=stride
    )
    origin, run = _origin(method, start)
    network = _in_plane(registry.load(origin))
    fractions = _fractions(kspace)
    chosen = chosen.after(*_training(network, run))
    loss, learning_rate = chosen.loss, chosen.learning_rate
    assert loss is not None
    assert learning_rate is not None
    loss_of = losses.find(loss, features=features)  # refused before patches are made
    assert network.interpolation is not None
    sampling = PlaneSampling(
        network.interpolation, patch=chosen.patch, stride=chosen.stride, batch=chosen.batch, fractions=fractions
    )
    pairs = planning_pairs(planning, sampling, region=region, hold_out=hold_out)
    total = chosen.steps or math.ceil(pairs.patches / chosen.batch)
    about = described(planning)
    place = devices.choose(device)
    with threads_for(threads):
        tuner = Tuner(network, pairs.cases, place, loss_of, chosen.averaging)
        note = _note(chosen, pairs, tuner, total)
        first = Point(0, float("nan"), time.monotonic() - began, 0.0, tuner.similarity, note=note)
        yield first
        moments = _moments(chosen, pairs, tuner, run, seed, stop)
        history, best, kept = [first], first, tuner.weights()
        reason, number, done = "all steps done", 0, 0.0

        def account(reason: str, point: Point) -> Account:
            return Account(
                start=origin.name if isinstance(origin, Path) else origin,
                start_sha256=sha256_of(origin) if isinstance(origin, Path) else registry.find(origin).sha256,
                planning=about,
                kspace=fractions,
                schedule=chosen.name,
                learning_rate=learning_rate,
                loss=loss,
                features=None if features is None else features.name,
                moments=moments,
                patches=pairs.patches,
                batch=chosen.batch,
                seed=seed,
                steps=point.step,
                seconds=time.monotonic() - began,
                gain_db=float(point.gain or 0.0),
                ssim_before=float(first.ssim or 0.0),
                ssim_after=float(point.ssim or 0.0),
                reason=reason,
                held_out=pairs.held_out,
                region=region,
                history=tuple(history),
            )

        batches = pairs.epoch(seed) if chosen.is_one_epoch else _drawn(pairs, seed, total)
        for number, batch in enumerate(batches, start=1):
            if stop is not None and stop():
                reason = "stopped"
                break
            seconds = time.monotonic() - began
            done = number / total if chosen.minutes is None else max(number / total, seconds / (60 * chosen.minutes))
            loss_now = tuner.step(batch, chosen.rate(number, done))
            seconds = time.monotonic() - began
            over = chosen.minutes is not None and seconds + tuner.judging > 60 * chosen.minutes
            point = Point(number, loss_now, seconds, part=min(1.0, done))
            if number % chosen.every == 0 or number == total or over:
                gain, similarity = tuner.judge()
                point = replace(point, gain=gain, ssim=similarity, seconds=time.monotonic() - began)
                if gain > max(best.gain or 0.0, LEAST_GAIN):
                    point = replace(point, is_kept=True)
                    best, kept = point, tuner.weights()
                history.append(point)
                if point.is_kept and keep is not None:
                    network_now = tuner.average.module
                    assert isinstance(network_now, Network)
                    FineTuned(network_now, account("not finished", point)).save(keep)
            yield point
            if over:
                reason = f"{chosen.minutes:g} minutes were over"
                break
            if chosen.patience and point.gain is not None and len(history) - 1 - history.index(best) >= chosen.patience:
                reason = "no better for a while"
                break
        result = account(reason, best)
    if result.is_better:
        network.load_state_dict(kept)
        network = network.to("cpu").eval()
    else:
        network = registry.load(origin)
    yield FineTuned(network, result)


def _origin(method: str, start: Path | None) -> tuple[str | Path, Path | None]:
    """Return the method or file to begin with, and the checkpoint of the run that made it, if it lies there."""
    if start is None:
        if method in registry.ARCHITECTURES and method not in {known.name for known in registry.methods()}:
            raise WeightsMissing(
                f"weights of {method} are not shipped", remedy="choose swift, or train it and begin --from its run"
            )
        return method, None
    file = start / "weights.safetensors" if start.is_dir() else start
    folder = file.parent / "checkpoint"
    return file, folder if file.name == "weights.safetensors" and checkpoint.exists(folder) else None


def _in_plane(network: Network) -> Network:
    if network.sharpens != "in-plane" or network.interpolation is None:
        raise BadParameter(
            f"{network.architecture} makes slices thinner, it does not sharpen in plane", remedy="give swift or unet"
        )
    return network


def _fractions(kspace: float | Sequence[float]) -> tuple[float, ...]:
    fractions = (kspace,) if isinstance(kspace, int | float) else tuple(kspace)
    if not fractions or not all(0 < f < 1 for f in fractions):
        said = ", ".join(f"{f:g}" for f in fractions) or "none"
        raise BadParameter(f"shares of k-space lie between 0 and 1, not {said}", remedy="give 0.0625, say")
    return tuple(dict.fromkeys(float(f) for f in fractions))


def _training(network: Network, run: Path | None) -> tuple[str, float]:
    """Return the loss and the learning rate that a network was trained with: of its run, else of its recipe."""
    if run is not None:
        _, state = checkpoint.load(run)
        if "recipe" in state:
            return str(state["recipe"]["loss"]), float(state["recipe"]["learning_rate"])
    recipe = next((r for r in recipes.RECIPES.values() if r.network == network.architecture), recipes.RECIPES["swift"])
    return recipe.loss, recipe.learning_rate


def _drawn(pairs: PlanningPairs, seed: int, total: int) -> Iterator[Batch]:
    for number in range(1, total + 1):
        yield pairs.anywhere(seed, number)


def _moments(
    chosen: Schedule, pairs: PlanningPairs, tuner: Tuner, run: Path | None, seed: int, stop: Callable[[], bool] | None
) -> str:
    """Give Adam its memory, and say where it comes from."""
    if run is not None:
        tensors, _ = checkpoint.load(run)
        if not adam_moments.restore(tuner.optimizer, tuner.network, tensors):
            raise WeightsCorrupt("holds no moments of this network", where=run, remedy="start from its weights alone")
        return "restored from training"
    number = 0
    for number in range(1, chosen.moments + 1):
        if stop is not None and stop():
            break
        tuner.step(pairs.anywhere(seed + 1, number), 0.0)
    return f"estimated in {number} steps" if number else "begun anew"


def _note(chosen: Schedule, pairs: PlanningPairs, tuner: Tuner, total: int) -> str:
    """Say what will be done; of a whole epoch also how long it will take on this computer."""
    steps = f"{total:,} steps of {chosen.batch} patches" if not chosen.is_one_epoch else ""
    if not chosen.is_one_epoch:
        return f"at most {steps}" + (f" and {chosen.minutes:g} minutes" if chosen.minutes else "")
    size = " x ".join(map(str, pairs.patch))
    tried = min(TRIED, pairs.patches)
    seconds = tuner.seconds_of(pairs.at(range(tried))) / tried * (pairs.patches + chosen.moments * chosen.batch)
    return f"{pairs.patches:,} patches of {size} voxels in {total:,} steps, about {in_words(seconds)}"


def in_words(seconds: float) -> str:
    """Return a time as a person says it.

    Examples
    --------
    >>> in_words(40), in_words(600), in_words(3 * 3600), in_words(60 * 3600)
    ('40 s', '10 minutes', '3 hours', '2.5 days')
    """
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.0f} s"

r"""Adapt a trained network to one scan, with nothing but that scan: a few hundred careful steps.

The pairs are those of :mod:`napari_mrsr.training.own_slices`. What may go wrong, and what is done about it:

- *Forgetting.* There are no other data to mix in, so the steps are small (Adam, :data:`LEARNING_RATE`, a fifth of
  training's and less) and the weights that are judged and kept are a moving average that starts at the trained ones.
- *Learning the noise of these slices by heart.* Every :data:`EVERY` steps the average is judged on slices that no patch
  reaches; the best of all is kept, and where :data:`PATIENCE` judgements in a row bring nothing better, it ends.
- *Right in plane and wrong between the slices.* Anatomy need not look alike along all axes. What loses more than
  :data:`.MOST_LOST` on the slices themselves, made thicker and found again, is not kept (:mod:`.along_slices`).
- *Right on the whole and wrong in places.* What makes any echo worse by more than :data:`.MOST_LOST_SOMEWHERE` in any
  quarter of the held-out slices is not kept; T2 lives in the ratio of the echoes, of which one may gain at the cost of
  the other.
- *No gain.* Below :data:`~napari_mrsr.training.adapted.LEAST_GAIN` on the held-out slices the trained weights stay as
  they were.

The gain, in dB, is the mean over teaching axes and volumes of

.. math:: g = 10 \log_{10} (\mathrm{MSE}_\mathrm{trained} / \mathrm{MSE}_\mathrm{adapted}),

of in-plane detail. What lies between the slices is not known, so nothing here can say what is gained there; the slices
can only forbid.

All volumes go through one set of weights on one common scale. The same seed gives the same weights, unless the minutes
end first: how many steps fit into them depends on the computer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from napari_mrsr.errors import BadParameter
from napari_mrsr.inference import devices
from napari_mrsr.inference.job import threads_for
from napari_mrsr.networks import registry
from napari_mrsr.networks.network import Network
from napari_mrsr.scan import Scan
from napari_mrsr.training.adapted import LEAST_GAIN, Adapted, Point
from napari_mrsr.training.learner import Learner
from napari_mrsr.training.own_slices import Patches, own_slices

#: Steps at most, and minutes.
STEPS, MINUTES = 300, 3.0
#: Adam's step.
LEARNING_RATE = 1e-4
#: Steps between judgements, and judgements without a better one after which it ends.
EVERY, PATIENCE = 25, 4


def adapt(
    scan: Scan,
    *,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[float, Point], None] | None = None,
    **options: Any,
) -> Adapted:
    """Adapt a network to a scan; options and errors as for :func:`steps_of`.

    Parameters
    ----------
    stop
        Asked before every step; the best weights so far are kept.
    progress
        Told the part that is done, 0 to 1, and the step.
    """
    steps = int(options.get("steps", STEPS))
    minutes = float(options.get("minutes", MINUTES))
    for found in steps_of(scan, stop=stop, **options):
        if isinstance(found, Adapted):
            return found
        if progress is not None:
            progress(part_done(found, steps, minutes), found)
    raise AssertionError("the last thing that steps_of gives is the network")


def part_done(point: Point, steps: int = STEPS, minutes: float = MINUTES) -> float:
    """Return how far it is, 0 to 1, by steps or by time, whichever will end it."""
    return min(1.0, max(point.step / steps, point.seconds / (60 * minutes)))


def steps_of(
    scan: Scan,
    *,
    start: str | Path = "lean",
    axis: int | None = None,
    factor: int = 2,
    steps: int = STEPS,
    minutes: float = MINUTES,
    patches: Patches | None = None,
    learning_rate: float = LEARNING_RATE,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Point | Adapted]:
    """Adapt a network to a scan, step by step.

    Parameters
    ----------
    scan
        What is to be super-resolved later: fine in plane, coarse along ``axis``.
    start
        Name of a trained network, or a file of weights.
    axis
        The axis to be super-resolved; by default the slice axis.
    factor
        Fine slices for each thick one.
    steps, minutes
        At most so many, and so long; judging included, inference not.
    patches
        Size of a batch.
    learning_rate
        Adam's step.
    seed
        Of everything random.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    threads
        CPU threads.
    stop
        Asked before every step; once it answers True the best so far is kept.

    Yields
    ------
    Point or Adapted
        Every step, and last of all the network.

    Raises
    ------
    BadParameter
        The scan cannot teach (see :func:`napari_mrsr.training.own_slices.own_slices`), or the network was not made for
        this factor or number of volumes.
    AmbiguousAxis
        No axis was given and the scan's slice axis cannot be told.
    UnknownMethod, WeightsMissing, WeightsCorrupt, UnsafeWeights
        As the registry says.
    """
    began = time.monotonic()
    axis = scan.find_slice_axis() if axis is None else axis
    network = for_factor(registry.load(start), factor)
    volumes = network.echoes
    if volumes is not None and volumes != scan.volumes:
        raise BadParameter(
            f"has {scan.volumes} volumes, and the network was made for {volumes}", where=scan.where, remedy="take lean"
        )
    own = own_slices(scan, axis=axis, factor=factor)
    patches = patches or Patches()
    place = devices.choose(device)
    with threads_for(threads):
        learner = Learner(network, own, place, learning_rate)
        along = None if own.acquired is None else 0.0
        history = [Point(0, learner.mean_error(), 0.0, time.monotonic() - began, along, 0.0)]
        yield history[0]
        best, kept = history[0], learner.weights()
        reason, number = "all steps done", 0
        for number in range(1, steps + 1):
            if stop is not None and stop():
                reason = "stopped"
                break
            if time.monotonic() - began > 60 * minutes:
                reason = f"{minutes:g} minutes were over"
                break
            loss = learner.step(own.draw(patches, seed, number), number)
            is_judged = number % EVERY == 0 or number == steps
            gain, along, worst = (
                (learner.gain(), learner.gain_along(), learner.worst()) if is_judged else (None, None, None)
            )
            point = Point(number, loss, gain, time.monotonic() - began, along, worst)
            if gain is not None:
                history.append(point)
                if not point.lost and gain > (best.gain or 0.0):
                    best, kept = point, learner.weights()
            yield point
            if gain is not None and len(history) - 1 - history.index(best) >= PATIENCE:
                reason = "no better for a while"
                break
    better = (best.gain or 0.0) >= LEAST_GAIN
    if better:
        network.load_state_dict(kept)
    else:
        network = for_factor(registry.load(start), factor)
    yield Adapted(
        network.to("cpu").eval(),
        start.name if isinstance(start, Path) else start,
        axis,
        factor,
        seed,
        tuple(history),
        best.step if better else 0,
        float(best.gain or 0.0) if better else 0.0,
        time.monotonic() - began,
        reason,
        own.axes,
        own.left_out,
    )


def for_factor(network: Network, factor: int) -> Network:
    """Return the network without what belongs to other factors: their last layers do not fit an adapted trunk.

    Raises
    ------
    BadParameter
        The network was not made for this factor.
    """
    if factor not in network.factors:
        raise BadParameter(
            f"factor {factor} is not one that the network was made for ({', '.join(map(str, network.factors))})",
            remedy="give one of them",
        )
    settings = network.settings
    if "factors" not in settings:
        return network
    alone = registry.build(network.architecture, settings | {"factors": [factor]})
    weights = network.state_dict()
    alone.load_state_dict({name: weights[name] for name in alone.state_dict()})
    return alone

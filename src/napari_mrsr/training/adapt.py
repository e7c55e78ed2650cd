r"""Adapt a trained network to one scan, with nothing but that scan: a few hundred careful steps.

The pairs are those of :mod:`napari_mrsr.training.own_slices`. What may go wrong, and what is done about it:

- *Forgetting.* There are no other data to mix in, so the steps are small (Adam, :data:`LEARNING_RATE`, a fifth of
  training's and less) and the weights that are judged and kept are a moving average that starts at the trained ones.
- *Learning the noise of these slices by heart.* Every :data:`EVERY` steps the average is judged on slices that no patch
  reaches; the best of all is kept, and where :data:`PATIENCE` judgements in a row bring nothing better, it ends.
- *No gain.* Below :data:`LEAST_GAIN` on the held-out slices the trained weights stay as they were.

The gain, in dB, is the mean over teaching axes and volumes of

.. math:: g = 10 \log_{10} (\mathrm{MSE}_\mathrm{trained} / \mathrm{MSE}_\mathrm{adapted}),

of in-plane detail. What lies between the slices is not known, so nothing here can say what is gained there.

All volumes go through one set of weights on one common scale. The same seed gives the same weights, unless the minutes
end first: how many steps fit into them depends on the computer.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from napari_mrsr.errors import BadParameter
from napari_mrsr.inference import devices
from napari_mrsr.inference.job import threads_for
from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan
from napari_mrsr.training.loop import mixed_precision
from napari_mrsr.training.own_slices import OwnSlices, Patches, own_slices

#: Steps at most, and minutes.
STEPS, MINUTES = 300, 3.0
#: Adam's step, after a rise over :data:`WARM_UP` steps.
LEARNING_RATE, WARM_UP = 1e-4, 20
#: Decay of the moving average of the weights.
AVERAGING = 0.97
#: Steps between judgements, and judgements without a better one after which it ends.
EVERY, PATIENCE = 25, 4
#: Least gain on held-out slices for which the trained weights are given up, dB.
LEAST_GAIN = 0.02


@dataclass(frozen=True)
class Point:
    """One step: its number, its loss, the gain on held-out slices where it was judged (dB), and seconds so far."""

    step: int
    loss: float
    gain: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Adapted:
    """A network adapted to one scan, or as it was where that was no better.

    Parameters
    ----------
    network
        Ready for inference, for this factor alone.
    start
        What it was before: the name of a method or of a file.
    axis, factor, seed
        What it was adapted for.
    history
        The judged steps.
    step, gain
        The best of them, dB; 0 and 0 where the trained weights were kept.
    seconds
        How long it took.
    reason
        Why it ended, in words.
    axes, left_out
        The axes that taught, and why others did not.
    """

    network: nn.Module
    start: str
    axis: int
    factor: int
    seed: int
    history: tuple[Point, ...]
    step: int
    gain: float
    seconds: float
    reason: str
    axes: tuple[int, ...]
    left_out: tuple[str, ...] = ()

    @property
    def is_better(self) -> bool:
        """Whether the weights are others than before."""
        return self.step > 0

    @property
    def line(self) -> str:
        """What came of it, in one line."""
        tail = "; ".join([self.reason, *self.left_out, f"{self.seconds:.0f} s"])
        if not self.is_better:
            return f"not adapted: no gain on held-out slices of this scan, {self.start} stays as it was ({tail})"
        return f"adapted to this scan: {self.gain:+.2f} dB on held-out slices in plane after {self.step} steps ({tail})"

    @property
    def summary(self) -> dict[str, Any]:
        """What belongs into the history of a result, JSON-able."""
        return {
            "from": self.start,
            "factor": self.factor,
            "axis": self.axis,
            "taught_by_axes": list(self.axes),
            "steps": self.step,
            "gain_on_held_out_slices_db": round(self.gain, 3),
            "seed": self.seed,
        }

    def save(self, path: Path) -> Path:
        """Write the weights as safetensors, with the summary in the header."""
        method = type(self.network).__name__.lower()
        return registry.save(self.network, path, method=method, about={registry.ADAPTED: json.dumps(self.summary)})


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
    volumes: int | None = network.echoes  # type: ignore[assignment]
    if volumes is not None and volumes != scan.volumes:
        raise BadParameter(
            f"has {scan.volumes} volumes, and the network was made for {volumes}", where=scan.where, remedy="take lean"
        )
    own = own_slices(scan, axis=axis, factor=factor)
    patches = patches or Patches()
    place = devices.choose(device)
    with threads_for(threads):
        learner = _Learner(network, own, place, learning_rate)
        history = [Point(0, learner.held_out[0], 0.0, time.monotonic() - began)]
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
            gain = learner.gain() if number % EVERY == 0 or number == steps else None
            point = Point(number, loss, gain, time.monotonic() - began)
            if gain is not None:
                history.append(point)
                if gain > (best.gain or 0.0):
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


def for_factor(network: nn.Module, factor: int) -> nn.Module:
    """Return the network without what belongs to other factors: their last layers do not fit an adapted trunk.

    Raises
    ------
    BadParameter
        The network was not made for this factor.
    """
    factors: tuple[int, ...] = tuple(network.factors)  # type: ignore[arg-type]
    if factor not in factors:
        raise BadParameter(
            f"factor {factor} is not one that the network was made for ({', '.join(map(str, factors))})",
            remedy="give one of them",
        )
    settings: dict[str, Any] = dict(network.settings)  # type: ignore[arg-type]
    if "factors" not in settings:
        return network
    alone = registry.build(type(network).__name__.lower(), settings | {"factors": [factor]})
    weights = network.state_dict()
    alone.load_state_dict({name: weights[name] for name in alone.state_dict()})
    return alone


class _Learner:
    """The network that takes steps, its average, and how that does on held-out slices."""

    def __init__(self, network: nn.Module, own: OwnSlices, place: torch.device, learning_rate: float) -> None:
        self.place, self.precision, self.learning_rate = place, mixed_precision(place), learning_rate
        network.to(place, memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self.network = network.train()
        self.average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGING))  # type: ignore[no-untyped-call]
        self.average.update_parameters(network)
        self.optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
        self.factor = own.factor
        self.cases = [self._case(thin) for thin in own.held_out]
        self.held_out = self._errors()

    def _case(self, thin: Any) -> tuple[Tensor, Tensor]:
        from napari_mrsr.sampling import ThickSlices

        thick = ThickSlices(thin.shape, -1, self.factor)(thin).astype(np.float32)
        return torch.from_numpy(thick)[None].to(self.place), torch.from_numpy(thin)[None].to(self.place)

    def step(self, batch: Any, number: int) -> float:
        """Learn from a batch; return its loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate * min(1.0, number / WARM_UP)
        thick, thin = batch.thick.to(self.place), batch.thin.to(self.place)
        loss = functional.l1_loss(self._run(self.network, thick), thin)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        return float(loss.detach())

    def gain(self) -> float:
        """Return the gain of the average over the trained weights on held-out slices, dB."""
        now = self._errors()
        return float(np.mean([10 * np.log10(b / max(a, 1e-30)) for a, b in zip(now, self.held_out, strict=True)]))

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the averaged weights."""
        return copy.deepcopy(self.average.module.state_dict())

    def _errors(self) -> Sequence[float]:
        errors: list[float] = []
        with torch.inference_mode():
            for thick, thin in self.cases:
                sharp = self._run(self.average.module, thick)
                errors += ((sharp - thin) ** 2).mean(dim=(0, 2, 3, 4)).tolist()
        return errors

    def _run(self, network: nn.Module, thick: Tensor) -> Tensor:
        with torch.autocast(self.place.type, dtype=self.precision, enabled=self.precision is not None):
            sharp: Tensor = network(thick, self.factor)
        return sharp.float()

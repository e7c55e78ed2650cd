"""The training loop: plain PyTorch, resumable bit for bit on one device, mixed precision where the chip has it.

Batches follow from the step (:mod:`~napari_mrsr.training.material`), so a checkpoint of network, average and optimizer
is the whole state. Learning rate: linear rise, plateau, linear fall (constant where the recipe says so, as published).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from napari_mrsr.networks import registry
from napari_mrsr.networks.network import Network
from napari_mrsr.training import adam_moments
from napari_mrsr.training.average import Average
from napari_mrsr.training.losses import Loss
from napari_mrsr.training.losses import find as loss_by_name
from napari_mrsr.training.material import Material, Verdict
from napari_mrsr.training.pairs import Batch
from napari_mrsr.training.precision import mixed_precision, placed
from napari_mrsr.training.recipes import Recipe, describe
from napari_mrsr.training.record import Record

#: Steps between lines of the log, and its columns beside step and minutes.
LOG_EVERY, COLUMNS = 50, ("learning_rate", "loss", "note")
#: Threads that draw batches ahead of a GPU.
DRAWERS = 8
#: Validations of a run.
VALIDATIONS = 10


@dataclass(frozen=True)
class Result:
    """Where a run left its weights, how far it came, and its last scores."""

    weights: Path
    step: int
    steps: int
    hours: float
    scores: tuple[Verdict, ...]


def rate(recipe: Recipe, step: int) -> float:
    """Return the learning rate of a step.

    Examples
    --------
    >>> r = Recipe("lean", {}, "l1", learning_rate=1.0, batch=1, steps=100, warm_up=0.1, cool_down=0.5)
    >>> [round(rate(r, s), 2) for s in (0, 9, 30, 75, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.02]
    """
    rise = recipe.warm_up * recipe.steps
    fall = recipe.cool_down * recipe.steps
    factor = min(1.0, (step + 1) / rise) if rise else 1.0
    if fall:
        factor = min(factor, (recipe.steps - step) / fall)
    return recipe.learning_rate * max(0.0, factor)


def run(
    recipe: Recipe,
    network: Network,
    material: Material,
    *,
    out: Path,
    seed: int = 0,
    minutes: float | None = None,
    device: str = "auto",
    loss: Loss | None = None,
    about: dict[str, str] | None = None,
    progress: Callable[[int, int, float], None] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Result:
    """Train to the recipe's last step or the end of the minutes; see :func:`napari_mrsr.training.by_recipe.train`.

    A ``loss`` of one's own takes the place of the recipe's; ``about`` is what the header of the weights says besides.
    """
    place = torch.device("cuda" if device in ("auto", "cuda") and torch.cuda.is_available() else "cpu")
    precision = mixed_precision(place)
    placed(network, place)
    average = Average(network, recipe.averaging)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    loss_of = loss or loss_by_name(recipe.loss, features=recipe.features)
    record = Record(out, COLUMNS, minutes)
    step = record.resume(lambda tensors: restore(network, average, optimizer, tensors))
    if step:
        report(f"resumed at step {step}")
    every = max(1, recipe.steps // VALIDATIONS)
    scores: tuple[Verdict, ...] = ()
    losses: list[float] = []

    def save() -> None:
        tensors = tensors_of(network, average, optimizer)
        record.save(tensors, step, seed=seed, recipe=describe(recipe), sources=material.names)

    drawers = 1 if place.type == "cpu" else DRAWERS
    with ThreadPoolExecutor(drawers) as ahead:
        upcoming = deque(ahead.submit(material.draw, seed, step + n) for n in range(drawers))
        while step < recipe.steps:
            batch: Batch = upcoming.popleft().result()
            upcoming.append(ahead.submit(material.draw, seed, step + drawers))
            for group in optimizer.param_groups:
                group["lr"] = rate(recipe, step)
            thick, thin = batch.thick.to(place), batch.thin.to(place)
            with torch.autocast(place.type, dtype=precision, enabled=precision is not None):
                sharp = network(thick, batch.factor)
            apart = loss_of(sharp.float(), thin)
            optimizer.zero_grad(set_to_none=True)
            apart.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step += 1
            average.update(step)
            is_over = record.is_over
            is_last = is_over or step == recipe.steps
            losses.append(float(apart.detach()))
            if step % LOG_EVERY == 0 or is_last:
                mean = sum(losses) / len(losses)
                losses.clear()
                record.log(step, rate(recipe, step - 1), mean, "")
                if progress:
                    progress(step, recipe.steps, mean)
            if material.judges and (step % every == 0 or is_last):
                with torch.autocast(place.type, dtype=precision, enabled=precision is not None):
                    scores = material.scores(average.averaged())
                for one in scores:
                    record.log(step, "", "", str(one))
                    report(f"step {step} {one}")
            if record.is_due:
                save()
            if is_over:
                break
    save()
    weights = registry.save(average.averaged(), out / "weights.safetensors", about=about)
    from napari_mrsr.training.curves import plot

    if (out / "training.csv").is_file():  # not where a run was stopped before its first line
        plot(out / "training.csv", out / "training.png")
    return Result(weights, step, recipe.steps, record.hours, scores)


def tensors_of(network: nn.Module, average: Average, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return everything a run needs to go on, by name."""
    tensors: dict[str, Tensor] = {f"network/{name}": p for name, p in network.named_parameters()}
    tensors |= {f"average/{name}": p for name, p in average.weights.items()}
    return tensors | adam_moments.tensors_of(optimizer, network)


def restore(
    network: nn.Module, average: Average, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Put what :func:`tensors_of` returned back where it was."""
    with torch.no_grad():
        for name, p in network.named_parameters():
            p.copy_(tensors[f"network/{name}"])
        for name, held in average.weights.items():
            held.copy_(tensors[f"average/{name}"])
    adam_moments.restore(optimizer, network, tensors)

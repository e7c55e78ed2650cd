"""The training loop: plain PyTorch, resumable bit for bit on one device, mixed precision where the chip has it.

Batches follow from the step (:mod:`~napari_mrsr.training.material`), so a checkpoint of network, average and optimizer
is the whole state. Learning rate: linear rise, plateau, linear fall (constant where the recipe says so, as published).
"""

from __future__ import annotations

import csv
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from napari_mrsr.networks import registry
from napari_mrsr.networks.network import Network
from napari_mrsr.training import checkpoint
from napari_mrsr.training.losses import find as loss_by_name
from napari_mrsr.training.material import Material
from napari_mrsr.training.pairs import Batch
from napari_mrsr.training.precision import mixed_precision, placed
from napari_mrsr.training.recipes import Recipe, describe
from napari_mrsr.training.validation import Score

#: Steps between lines of the log, and minutes between checkpoints.
LOG_EVERY = 50
CHECKPOINT_MINUTES = 2.0
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
    scores: tuple[Score, ...]


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
    progress: Callable[[int, int, float], None] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Result:
    """Train to the recipe's last step or the end of the minutes; see :func:`napari_mrsr.training.by_recipe.train`."""
    out.mkdir(parents=True, exist_ok=True)
    place = torch.device("cuda" if device in ("auto", "cuda") and torch.cuda.is_available() else "cpu")
    precision = mixed_precision(place)
    placed(network, place)
    average = {name: p.detach().clone() for name, p in network.named_parameters()}
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    loss_of = loss_by_name(recipe.loss, features=recipe.features)
    folder = out / "checkpoint"
    step, hours = 0, 0.0
    if checkpoint.exists(folder):
        tensors, state = checkpoint.load(folder)
        _restore(network, average, optimizer, tensors)
        step, hours = int(state["step"]), float(state["hours"])
        report(f"resumed at step {step}")
    every = max(1, recipe.steps // VALIDATIONS)
    began = saved = time.monotonic()
    scores: tuple[Score, ...] = ()
    losses: list[float] = []

    def spent() -> float:
        return hours + (time.monotonic() - began) / 3600

    def save() -> None:
        state = {
            "step": step,
            "hours": spent(),
            "seed": seed,
            "recipe": describe(recipe),
            "sources": material.names,
        }
        checkpoint.save(folder, _tensors(network, average, optimizer), state)

    drawers = 1 if place.type == "cpu" else DRAWERS
    with _log(out / "training.csv") as log, ThreadPoolExecutor(drawers) as ahead:
        upcoming = deque(ahead.submit(material.draw, seed, step + n) for n in range(drawers))
        while step < recipe.steps:
            batch: Batch = upcoming.popleft().result()
            upcoming.append(ahead.submit(material.draw, seed, step + drawers))
            for group in optimizer.param_groups:
                group["lr"] = rate(recipe, step)
            thick, thin = batch.thick.to(place), batch.thin.to(place)
            with torch.autocast(place.type, dtype=precision, enabled=precision is not None):
                sharp = network(thick, batch.factor)
            loss = loss_of(sharp.float(), thin)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step += 1
            _average(average, network, min(recipe.averaging, 1 - 1 / (step + 1)) if recipe.averaging else 0.0)
            losses.append(float(loss.detach()))
            if step % LOG_EVERY == 0 or step == recipe.steps:
                mean = sum(losses) / len(losses)
                losses.clear()
                log(step, round(spent() * 60, 3), rate(recipe, step - 1), mean, "")
                if progress:
                    progress(step, recipe.steps, mean)
            if material.judges and (step % every == 0 or step == recipe.steps):
                with torch.autocast(place.type, dtype=precision, enabled=precision is not None):
                    scores = _validate(network, average, material)
                for s in scores:
                    log(step, round(spent() * 60, 3), "", "", str(s))
                    report(f"step {step} {s}")
            over = minutes is not None and (time.monotonic() - began) / 60 > minutes
            if (time.monotonic() - saved) / 60 > CHECKPOINT_MINUTES or over:
                save()
                saved = time.monotonic()
            if over:
                break
    save()
    weights = out / "weights.safetensors"
    _with(network, average, lambda: registry.save(network, weights))
    from napari_mrsr.training.curves import plot

    plot(out / "training.csv", out / "training.png")
    return Result(weights, step, recipe.steps, spent(), scores)


def _average(average: dict[str, Tensor], network: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for name, p in network.named_parameters():
            average[name].mul_(decay).add_(p.detach(), alpha=1 - decay)


def _tensors(network: nn.Module, average: dict[str, Tensor], optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {f"network/{name}": p for name, p in network.named_parameters()}
    tensors |= {f"average/{name}": p for name, p in average.items()}
    for name, p in network.named_parameters():
        for key, value in optimizer.state.get(p, {}).items():
            tensors[f"optimizer/{name}/{key}"] = torch.as_tensor(value)
    return tensors


def _restore(
    network: nn.Module, average: dict[str, Tensor], optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]
) -> None:
    with torch.no_grad():
        for name, p in network.named_parameters():
            p.copy_(tensors[f"network/{name}"])
            average[name].copy_(tensors[f"average/{name}"])
            prefix = f"optimizer/{name}/"
            moments = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
            if moments:
                optimizer.state[p] = {
                    key: value if key == "step" else torch.empty_like(p).copy_(value)
                    for key, value in moments.items()
                }



def _with(network: nn.Module, weights: dict[str, Tensor], action: Callable[[], Any]) -> Any:
    """Run an action with other weights in the network, then put its own back."""
    own = {name: p.detach().clone() for name, p in network.named_parameters()}
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        for name, p in parameters.items():
            p.copy_(weights[name])
        try:
            return action()
        finally:
            for name, p in parameters.items():
                p.copy_(own[name])


def _validate(network: Network, average: dict[str, Tensor], material: Material) -> tuple[Score, ...]:
    result: tuple[Score, ...] = _with(network, average, lambda: material.scores(network))
    return result


class _log:
    """Append-only CSV: step, minutes, learning rate, loss, note."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Callable[..., None]:
        new = not self.path.exists()
        self.file = self.path.open("a", newline="")
        writer = csv.writer(self.file)
        if new:
            writer.writerow(["step", "minutes", "learning_rate", "loss", "note"])

        def line(*fields: Any) -> None:
            writer.writerow(fields)
            self.file.flush()

        return line

    def __exit__(self, *_: object) -> None:
        self.file.close()

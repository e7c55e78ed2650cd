"""Short training runs that can be compared: scored at given steps, with the processor time each took.

Processor time is the whole process's, so that what others do on the machine does not enter. Scores are those of a moving
average of the weights, since a short run at a constant rate ends anywhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from napari_mrsr.phantoms import knee
from napari_mrsr.scan import Scan
from napari_mrsr.training import losses
from napari_mrsr.training.by_recipe import sampling_of
from napari_mrsr.training.loop import rate
from napari_mrsr.training.pairs import draw
from napari_mrsr.training.precision import mixed_precision
from napari_mrsr.training.recipes import Recipe
from napari_mrsr.training.sources import TrainingSource
from napari_mrsr.training.validation import Case, score

#: Decay of the moving average of the weights that is scored.
AVERAGING = 0.97
#: Heading of what is written by hand.
CONCLUSION = "## What follows from it"
#: Phantoms for scoring: seeds that never teach, a block around the joint.
PHANTOM_SEEDS = (1, 2)
PHANTOM = {"shape": (96, 96, 64), "spacing": (0.5, 0.5, 0.7)}


@dataclass(frozen=True)
class Point:
    """Where a run stood: step, seconds of processor time, mean loss since the last point, gain over tricubic [dB]."""

    step: int
    seconds: float
    loss: float
    gains: dict[str, float]


def run(
    recipe: Recipe,
    network: nn.Module,
    sources: Sequence[TrainingSource],
    cases: Sequence[Case],
    *,
    at_steps: Sequence[int] = (),
    at_seconds: Sequence[float] = (),
    seed: int = 0,
) -> Iterator[Point]:
    """Train, and yield a point at each of the steps and as soon as each of the times is over; ends with the last."""
    torch.manual_seed(seed)
    precision = mixed_precision(torch.device("cpu"))
    network = network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGING)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    sampling, loss_of = sampling_of(recipe), losses.find(recipe.loss)
    steps, times = sorted(at_steps), sorted(at_seconds)
    step, spent, values = 0, 0.0, []
    while steps or times:
        began = time.process_time()
        batch = draw(sources, sampling, seed, step)
        for group in optimizer.param_groups:
            group["lr"] = rate(recipe, min(step, recipe.steps - 1))
        with torch.autocast("cpu", dtype=precision, enabled=precision is not None):
            sharp = network(batch.thick, batch.factor)
        loss = loss_of(sharp.float(), batch.thin)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(network)
        values.append(float(loss.detach()))
        step += 1
        spent += time.process_time() - began
        due = bool(steps and step >= steps[0]) or bool(times and spent >= times[0])
        if due:
            steps = [s for s in steps if s > step]
            times = [t for t in times if t > spent]
            yield Point(step, spent, float(np.mean(values)), gains(average.module, cases, precision))
            values.clear()


def gains(network: nn.Module, cases: Sequence[Case], precision: torch.dtype | None = None) -> dict[str, float]:
    """Return the gain over tricubic of each case, dB."""
    with torch.autocast("cpu", dtype=precision, enabled=precision is not None):
        return {case.name: score(network, case).gain for case in cases}


def middle(array: np.ndarray, size: int, factor: int = 2) -> np.ndarray:
    """Return the middle of ``(echo, i, j, k)``: at most ``size`` voxels along each axis, a whole number of slices."""
    where = [slice(None)]
    for n in array.shape[1:]:
        length = min(n, size) // factor * factor
        where.append(slice((n - length) // 2, (n - length) // 2 + length))
    return np.ascontiguousarray(array[tuple(where)], dtype=np.float32)


def phantom_scans() -> list[tuple[str, Scan]]:
    """Return phantoms that never teach, without and with noise."""
    return [
        (f"phantom {'noisy' if noise else 'noise-free'}", knee(seed, noise=noise, **PHANTOM).scan)  # type: ignore[arg-type]
        for seed, noise in zip(PHANTOM_SEEDS, (False, True), strict=True)
    ]


def keep(file: Path, entry: dict[str, Any]) -> None:
    """Add a result to a file of results, one JSON object a line."""
    cut_off = file.is_file() and not file.read_text().endswith("\n")
    with file.open("a") as out:
        out.write("\n" * cut_off + json.dumps(entry) + "\n")


def kept(file: Path) -> list[dict[str, Any]]:
    """Return the results of a file; those of a line that was cut off are left out."""
    found = []
    for line in file.read_text().splitlines() if file.is_file() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def write_page(file: Path, text: str) -> None:
    """Write a page of results; what a person concluded below :data:`CONCLUSION` stays."""
    old = file.read_text() if file.is_file() else ""
    _, heading, concluded = old.partition(CONCLUSION)
    file.write_text(text.rstrip() + "\n" + (f"\n{heading}{concluded}" if heading else ""))

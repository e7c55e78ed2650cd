r"""The adversarial loop: critics first, then a step of the generators; resumable, its generator averaged.

A step is :attr:`AdversarialRecipe.critic_steps` steps of the critics, each on a batch of its own, and one of the
generators. The learning rate stays for the first half of the steps and falls in a straight line to its last value
(paper 2, section II.3). What is shipped and judged is a moving average of the generator that sharpens: single weights
of an adversarial run swing.

Batches follow from the step, so a checkpoint of networks, critics, average and both optimizers is the whole state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from napari_mrsr.networks import registry
from napari_mrsr.training import adam_moments
from napari_mrsr.training.adversarial_recipes import AdversarialRecipe
from napari_mrsr.training.average import Average
from napari_mrsr.training.games import Game
from napari_mrsr.training.loop import Result
from napari_mrsr.training.material import Planes
from napari_mrsr.training.record import Record
from napari_mrsr.training.validation import Score

#: Steps between lines of the log, its columns beside step and minutes, and validations of a run.
LOG_EVERY, COLUMNS, VALIDATIONS = 20, ("learning_rate", "loss", "critic", "note"), 10
#: Adam's decay of its moments: the first as the released GAN-CIRCLE, the second as Gulrajani et al. 2017, whose first
#: is 0: a critic must not run on old gradients.
BETAS = (0.5, 0.9)
#: What is added to the seed for the sharp pictures of unpaired training.
OTHER = 1_000_003


def rate(recipe: AdversarialRecipe, step: int) -> float:
    """Return the learning rate of a step.

    Examples
    --------
    >>> r = AdversarialRecipe(steps=100, learning_rate=1e-4, last_rate=2e-6)
    >>> [f"{rate(r, s):.1e}" for s in (0, 50, 75, 100)]
    ['1.0e-04', '1.0e-04', '5.1e-05', '2.0e-06']
    """
    fallen = max(0.0, 2 * step / recipe.steps - 1)
    return recipe.learning_rate + fallen * (recipe.last_rate - recipe.learning_rate)


def run(
    recipe: AdversarialRecipe,
    game: Game,
    material: Planes,
    *,
    out: Path,
    seed: int = 0,
    minutes: float | None = None,
    device: str = "auto",
    progress: Callable[[int, int, float], None] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Result:
    """Play until the last step or the end of the minutes, going on where the folder's run stopped.

    Parameters
    ----------
    recipe, game, material
        How, who, and from what.
    out
        Folder for ``weights.safetensors``, ``training.csv`` and ``checkpoint/``; made if need be.
    seed
        Of batches and of where between two pictures a critic is looked at.
    minutes
        Stop then; the run can be resumed.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    progress, report
        Told (step, steps, loss of the generators), and lines.
    """
    place = torch.device("cuda" if device in ("auto", "cuda") and torch.cuda.is_available() else "cpu")
    players = nn.ModuleDict({"generators": game.generators, "critics": game.critics}).to(place)
    average = Average(game.network, recipe.averaging)
    optimizers = {
        name: torch.optim.Adam(players[name].parameters(), lr=recipe.learning_rate, betas=BETAS) for name in players
    }
    record = Record(out, COLUMNS, minutes)
    step = record.resume(lambda tensors: _restore(players, average, optimizers, tensors))
    if step:
        report(f"resumed at step {step}")
    scores: tuple[Score, ...] = ()

    def save() -> None:
        tensors = _tensors(players, average, optimizers)
        record.save(tensors, step, seed=seed, recipe=asdict(recipe), sources=material.names)

    def draw(number: int) -> tuple[Tensor, Tensor, Tensor]:
        return _batch(material, seed, number, place, paired=recipe.paired)

    while step < recipe.steps:
        for optimizer in optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate(recipe, step)
        for turn in range(recipe.critic_steps):
            x, y, mix = draw(step * (recipe.critic_steps + 1) + turn)
            critics = game.critic_loss(x, y, mix)
            _step(optimizers["critics"], critics)
        x, y, _ = draw(step * (recipe.critic_steps + 1) + recipe.critic_steps)
        terms = game.generator_terms(x, y)
        generators = torch.stack(list(terms.values())).sum()
        _step(optimizers["generators"], generators)
        step += 1
        average.update(step)
        is_over = record.is_over
        is_last = is_over or step == recipe.steps
        if step % LOG_EVERY == 0 or is_last:
            told = "; ".join(f"{name} {float(term.detach()):.5g}" for name, term in terms.items())
            loss = float(generators.detach())
            record.log(step, rate(recipe, step - 1), loss, float(critics.detach()), told)
            if progress is not None:
                progress(step, recipe.steps, loss)
        if material.judges and (step % max(1, recipe.steps // VALIDATIONS) == 0 or is_last):
            scores = material.scores(average.averaged())
            for one in scores:
                record.log(step, "", "", "", str(one))
                report(f"step {step} {one}")
        if record.is_due:
            save()
        if is_over:
            break
    save()
    weights = registry.save(average.averaged(), out / "weights.safetensors", about=material.about)
    from napari_mrsr.training.curves import plot

    plot(out / "training.csv", out / "training.png")
    return Result(weights, step, recipe.steps, record.hours, scores)


def _batch(
    material: Planes, seed: int, number: int, place: torch.device, *, paired: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Return coarse and sharp patches, and where between two pictures each slice's critic is looked at.

    Unpaired, the sharp ones are of another draw: other places, and mostly other people.
    """
    batch = material.draw(seed, number)
    sharp = batch.thin if paired else material.draw(seed + OTHER, number).thin
    pictures = sharp.shape[0] * sharp.shape[-1]
    mix = np.random.default_rng([seed, number, 1]).random(pictures, dtype=np.float32)
    return batch.thick.to(place), sharp.to(place), torch.from_numpy(mix).to(place)


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _tensors(players: nn.ModuleDict, average: Average, optimizers: dict[str, torch.optim.Adam]) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {f"network/{name}": p for name, p in players.named_parameters()}
    tensors |= {f"average/{name}": p for name, p in average.weights.items()}
    for which, optimizer in optimizers.items():
        tensors |= adam_moments.tensors_of(optimizer, players[which], f"{adam_moments.PREFIX}{which}.")
    return tensors


def _restore(
    players: nn.ModuleDict,
    average: Average,
    optimizers: dict[str, torch.optim.Adam],
    tensors: Mapping[str, Tensor],
) -> None:
    with torch.no_grad():
        for name, p in players.named_parameters():
            p.copy_(tensors[f"network/{name}"])
        for name, held in average.weights.items():
            held.copy_(tensors[f"average/{name}"])
    for which, optimizer in optimizers.items():
        adam_moments.restore(optimizer, players[which], tensors, f"{adam_moments.PREFIX}{which}.")

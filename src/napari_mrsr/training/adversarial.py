r"""The adversarial loop: critics first, then a step of the generators; resumable, its generator averaged.

A step is :attr:`AdversarialRecipe.critic_steps` steps of the critics, each on a batch of its own, and one of the
generators. The learning rate stays for the first half of the steps and falls in a straight line to its last value
(paper 2, section II.3). What is shipped and judged is a moving average of the generator that sharpens: single weights
of an adversarial run swing.

Batches follow from the step, so a checkpoint of networks, critics, average and both optimizers is the whole state.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from napari_mrsr.networks import registry
from napari_mrsr.networks.network import Network
from napari_mrsr.training import checkpoint
from napari_mrsr.training.games import Game
from napari_mrsr.training.material import Planes
from napari_mrsr.training.validation import Score

#: Steps between lines of the log, minutes between checkpoints, and validations of a run.
LOG_EVERY, CHECKPOINT_MINUTES, VALIDATIONS = 20, 2.0, 10
#: Adam's decay of its moments (Gulrajani et al. 2017: a critic must not run on old gradients).
BETAS = (0.5, 0.9)


@dataclass(frozen=True)
class AdversarialRecipe:
    """How the game is played.

    Parameters
    ----------
    steps, critic_steps
        Steps of the generators, and steps of the critics for each.
    learning_rate, last_rate
        Adam's step in the first half, and at the end.
    averaging
        Decay of the moving average of the generator.
    about
        What else belongs to the record: network, settings, loss weights.
    """

    steps: int
    critic_steps: int = 4
    learning_rate: float = 1e-4
    last_rate: float = 2e-6
    averaging: float = 0.999
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Played:
    """Where a run left the weights of its generator, how far it came, and its last scores."""

    weights: Path
    step: int
    hours: float
    scores: tuple[Score, ...]


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
) -> Played:
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
    out.mkdir(parents=True, exist_ok=True)
    place = torch.device("cuda" if device in ("auto", "cuda") and torch.cuda.is_available() else "cpu")
    players = nn.ModuleDict({"generators": game.generators, "critics": game.critics}).to(place)
    average = {name: p.detach().clone() for name, p in game.network.named_parameters()}
    optimizers = {
        name: torch.optim.Adam(players[name].parameters(), lr=recipe.learning_rate, betas=BETAS) for name in players
    }
    folder = out / "checkpoint"
    step, hours = 0, 0.0
    if checkpoint.exists(folder):
        tensors, state = checkpoint.load(folder)
        _restore(players, average, optimizers, tensors)
        step, hours = int(state["step"]), float(state["hours"])
        report(f"resumed at step {step}")
    began = saved = time.monotonic()
    scores: tuple[Score, ...] = ()

    def spent() -> float:
        return hours + (time.monotonic() - began) / 3600

    def save() -> None:
        state = {"step": step, "hours": spent(), "seed": seed, "recipe": asdict(recipe), "sources": material.names}
        checkpoint.save(folder, _tensors(players, average, optimizers), state)

    with (out / "training.csv").open("a", newline="") as file:
        log = csv.writer(file)
        if step == 0:
            log.writerow(["step", "minutes", "learning_rate", "critic", "generator", "note"])
        while step < recipe.steps:
            for optimizer in optimizers.values():
                for group in optimizer.param_groups:
                    group["lr"] = rate(recipe, step)
            for turn in range(recipe.critic_steps):
                x, y, mix = _batch(material, seed, step * (recipe.critic_steps + 1) + turn, place)
                critics = game.critic_loss(x, y, mix)
                _step(optimizers["critics"], critics)
            x, y, _ = _batch(material, seed, step * (recipe.critic_steps + 1) + recipe.critic_steps, place)
            terms = game.generator_terms(x, y)
            generators = torch.stack(list(terms.values())).sum()
            _step(optimizers["generators"], generators)
            step += 1
            decay = min(recipe.averaging, 1 - 1 / (step + 1))
            with torch.no_grad():
                for name, p in game.network.named_parameters():
                    average[name].mul_(decay).add_(p.detach(), alpha=1 - decay)
            if step % LOG_EVERY == 0 or step == recipe.steps:
                told = "; ".join(f"{name} {float(term.detach()):.5g}" for name, term in terms.items())
                loss = float(generators.detach())
                log.writerow(
                    [step, round(spent() * 60, 3), rate(recipe, step - 1), float(critics.detach()), loss, told]
                )
                file.flush()
                if progress is not None:
                    progress(step, recipe.steps, loss)
            if material.judges and (step % max(1, recipe.steps // VALIDATIONS) == 0 or step == recipe.steps):
                scores = material.scores(_averaged(game.network, average))
                for one in scores:
                    log.writerow([step, round(spent() * 60, 3), "", "", "", str(one)])
                    report(f"step {step} {one}")
            over = minutes is not None and (time.monotonic() - began) / 60 > minutes
            if (time.monotonic() - saved) / 60 > CHECKPOINT_MINUTES or over:
                save()
                saved = time.monotonic()
            if over:
                break
    save()
    weights = registry.save(_averaged(game.network, average), out / "weights.safetensors")
    return Played(weights, step, spent(), scores)


def _batch(material: Planes, seed: int, number: int, place: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return coarse and sharp patches, and where between two pictures each slice's critic is looked at."""
    batch = material.draw(seed, number)
    pictures = batch.thin.shape[0] * batch.thin.shape[-1]
    mix = np.random.default_rng([seed, number, 1]).random(pictures, dtype=np.float32)
    return batch.thick.to(place), batch.thin.to(place), torch.from_numpy(mix).to(place)


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _averaged(network: Network, average: dict[str, Tensor]) -> Network:
    """Return another network with the averaged weights."""
    twin = registry.build(network.architecture, network.settings).to(next(network.parameters()).device)
    twin.load_state_dict(average)
    return twin.eval()


def _tensors(
    players: nn.ModuleDict, average: dict[str, Tensor], optimizers: dict[str, torch.optim.Adam]
) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {f"network/{name}": p for name, p in players.named_parameters()}
    tensors |= {f"average/{name}": p for name, p in average.items()}
    for which, optimizer in optimizers.items():
        for name, p in players[which].named_parameters():
            for key, value in optimizer.state.get(p, {}).items():
                tensors[f"optimizer/{which}.{name}/{key}"] = torch.as_tensor(value)
    return tensors


def _restore(
    players: nn.ModuleDict,
    average: dict[str, Tensor],
    optimizers: dict[str, torch.optim.Adam],
    tensors: dict[str, Tensor],
) -> None:
    with torch.no_grad():
        for name, p in players.named_parameters():
            p.copy_(tensors[f"network/{name}"])
        for name, held in average.items():
            held.copy_(tensors[f"average/{name}"])
    for which, optimizer in optimizers.items():
        for name, p in players[which].named_parameters():
            prefix = f"optimizer/{which}.{name}/"
            found = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
            if found:
                optimizer.state[p] = {
                    key: value if key == "step" else value.to(p.device) for key, value in found.items()
                }

"""The recipe of the feature network (:mod:`napari_mrsr.networks.features`): ``napari-mrsr train features``.

What it learns stands in :mod:`~napari_mrsr.training.feature_learner`, from what in
:mod:`~napari_mrsr.training.tissues`, how it is judged in :mod:`~napari_mrsr.training.feature_scores`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_mrsr.training.tissues import Labelled

#: Name of the recipe.
RECIPE = "features"
#: What is written down of a run.
RECORD = "training.json"


@dataclass(frozen=True)
class Recipe:
    """How the feature network is trained.

    Parameters
    ----------
    width
        Features of the first level.
    learning_rate
        Adam's step at the plateau.
    batch, patch
        Patches of a step, and their side, voxels.
    steps
        Steps of the whole run.
    phantoms, block
        Number of labelled phantoms, and the size of their blocks relative to the usual one.
    warm_up, cool_down
        Shares of the steps in which the rate rises from and falls to zero.
    """

    width: int = 16
    learning_rate: float = 3e-3
    batch: int = 8
    patch: int = 24
    steps: int = 2000
    phantoms: int = 24
    block: float = 1.0
    warm_up: float = 0.05
    cool_down: float = 0.6


#: A run of a minute, to see that everything works.
QUICK = Recipe(width=4, batch=4, steps=30, phantoms=3, block=0.35)


def rate(recipe: Recipe, step: int) -> float:
    """Return Adam's step: rising, level, falling to zero.

    Examples
    --------
    >>> r = Recipe(learning_rate=1.0, steps=100, warm_up=0.1, cool_down=0.5)
    >>> [round(rate(r, s), 2) for s in (0, 9, 30, 75, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.02]
    """
    rising = (step + 1) / max(1.0, recipe.warm_up * recipe.steps)
    falling = (recipe.steps - step) / max(1.0, recipe.cool_down * recipe.steps)
    return recipe.learning_rate * max(0.0, min(1.0, rising, falling))


def train(
    *,
    out: Path,
    data: Sequence[Path] = (),
    phantoms: int = 0,
    quick: bool = False,
    steps: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    minutes: float | None = None,
    device: str = "auto",
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train the feature network into a folder, going on where the folder's run stopped.

    Parameters
    ----------
    out
        Folder for ``weights.safetensors``, ``training.json``, ``training.csv`` and ``checkpoint/``.
    data
        Files and folders of real scans; the last fifth of each is held out. Without any, phantoms alone teach.
    phantoms
        Number of labelled phantoms, the recipe's if 0.
    quick
        A run of a minute to see that everything works.
    steps, batch, learning_rate
        Another length of the run, number of patches a step, and step size.
    minutes
        Stop then; the run can be resumed.
    progress
        Called with (step, steps, loss).

    Returns
    -------
    Path
        The weights.

    Raises
    ------
    NothingToRead, WeightsCorrupt, BadParameter
        A place holds no scan; the folder's checkpoint is damaged or of a network of another width.
    """
    import torch

    from napari_mrsr.files.json_file import write_json
    from napari_mrsr.networks import features
    from napari_mrsr.training import feature_scores, tissues
    from napari_mrsr.training.feature_learner import FeatureLearner

    recipe = QUICK if quick else Recipe()
    given = {"phantoms": phantoms or None, "steps": steps, "batch": batch, "learning_rate": learning_rate}
    recipe = replace(recipe, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    real, held_out = _real(data, report)
    made = tissues.phantoms(tissues.training_seeds(recipe.phantoms), report, scale=recipe.block)
    place = torch.device("cuda" if device in ("auto", "cuda") and torch.cuda.is_available() else "cpu")
    learner = FeatureLearner(recipe, [*made, *real], place, seed)
    step, hours = learner.learn(out, minutes, progress, report)
    path = features.save(learner.network, out / "weights.safetensors")
    judges = tissues.phantoms(tissues.HELD_OUT_SEEDS[: 3 if quick else None], scale=recipe.block)
    dice = feature_scores.dice(learner, judges)
    mean = sum(dice.values()) / len(dice)
    record: dict[str, Any] = {
        "recipe": RECIPE,
        "settings": {**learner.network.settings, **asdict(recipe)},
        "step": step,
        "sources": [source.name for source in learner.sources],
        "seed": seed,
        "hours": round(hours, 3),
        "dice": {name: round(value, 3) for name, value in dice.items()},
        "mean dice": round(mean, 3),
        "judged by": [judge.name for judge in judges],
        "dB gained over noise": {one.name: round(feature_scores.gain(learner, one), 2) for one in held_out},
    }
    write_json(record, out / RECORD)
    report(f"step {step}: mean Dice {mean:.3f} of {len(dice)} classes on phantoms that never taught")
    return path


def _real(data: Sequence[Path], report: Callable[[str], None]) -> tuple[list[Labelled], list[Labelled]]:
    """Return real scans to learn from, and what is held out of them, each divided by its maximum."""
    from napari_mrsr.training.sources import gather
    from napari_mrsr.training.tissues import labelled

    if not data:
        return [], []
    sources, rest = gather(list(data), 0, report)
    teaching = [labelled(source.name, source.array) for source in sources]
    return teaching, [labelled(name, scan.array) for name, scan in rest]

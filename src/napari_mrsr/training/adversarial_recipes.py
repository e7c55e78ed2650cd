"""How GAN-CPCE and GAN-CIRCLE are trained: one recipe each, with the published figures beside ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.errors import BadParameter, UnknownMethod
from napari_mrsr.networks import registry

if TYPE_CHECKING:
    from napari_mrsr.networks.network import Network
    from napari_mrsr.training.brain_sources import Fold
    from napari_mrsr.training.games import Game
    from napari_mrsr.training.loop import Result

#: Pictures that a run sees, whatever its batch (128 in Shan et al. 2018): 8000 slices of 256 x 256 voxels in patches of
#: 64 x 64, 100 epochs (paper 2, II.3).
PUBLISHED_PICTURES = 8000 * 16 * 100


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
    network, settings
        The generator: its name in :mod:`napari_mrsr.networks`, and its arguments.
    batch, patch, fractions
        Patches of a step, voxels of each (slices last), and shares of k-space.
    paired
        Whether the coarse and the sharp picture of a step show the same. Unpaired, no term asks for the truth.
    features
        What the perceptual term of GAN-CPCE looks through (None: our shipped feature network).
    """

    steps: int
    critic_steps: int = 4
    learning_rate: float = 1e-4
    last_rate: float = 2e-6
    averaging: float = 0.999
    network: str = "cpce"
    settings: dict[str, Any] = field(default_factory=dict)
    batch: int = 16
    patch: tuple[int, int, int] = (64, 64, 1)
    fractions: tuple[float, ...] = (0.25,)
    paired: bool = True
    features: str | None = None


#: By name. Where the published runs are a matter of days, ``--steps`` and ``--from`` (the L1 twin) make shorter ones.
RECIPES: dict[str, AdversarialRecipe] = {
    # four slices a patch, sixteen pictures a step: our feature network looks at volumes, and needs four voxels a side
    "cpce": AdversarialRecipe(
        PUBLISHED_PICTURES // 16,
        network="cpce",
        settings={"features": 32, "shortcut": True},
        batch=4,
        patch=(64, 64, 4),
    ),
    "circle": AdversarialRecipe(
        PUBLISHED_PICTURES // 8, critic_steps=1, network="circle", settings={"features": 64}, batch=8
    ),
}


def find(name: str) -> AdversarialRecipe:
    """Return a recipe by name; raises UnknownMethod."""
    try:
        return RECIPES[name]
    except KeyError:
        raise UnknownMethod(f"no recipe {name!r}", remedy=f"choose one of {', '.join(RECIPES)}") from None


def shrink(recipe: AdversarialRecipe) -> AdversarialRecipe:
    """Return a recipe small enough to see within a minute or two that everything works."""
    small = {"cpce": 6, "circle": 20}[recipe.network]
    return replace(recipe, settings={**recipe.settings, "features": small}, batch=1, steps=6, critic_steps=1)


def game_of(recipe: AdversarialRecipe, start: Path | None = None, *, quick: bool = False) -> Game:
    """Return generators, critics and terms of a recipe.

    Parameters
    ----------
    start
        Weights of the generator that sharpens to begin with, such as those of its L1 twin.
    quick
        Small critics.

    Raises
    ------
    BadParameter
        The weights are of another network or size.
    """
    from napari_mrsr.networks.circle import Circle
    from napari_mrsr.networks.cpce import Cpce
    from napari_mrsr.networks.critics import CircleCritic, CpceCritic
    from napari_mrsr.training import losses
    from napari_mrsr.training.games import PERCEPTUAL, VGG, CircleGame, CircleWeights, CpceGame
    from napari_mrsr.training.perceptual import ThroughVgg

    generator = _generator(recipe, start)
    size = (4, 16) if quick else (64, 1024)
    if isinstance(generator, Cpce):
        look = losses.find("perceptual", features=None if recipe.features is None else Path(recipe.features))
        return CpceGame(generator, look, CpceCritic(*size), VGG if isinstance(look, ThroughVgg) else PERCEPTUAL)
    back = registry.build(recipe.network, recipe.settings)
    assert isinstance(generator, Circle)
    assert isinstance(back, Circle)
    weights = CircleWeights() if recipe.paired else CircleWeights(supervised=0.0)
    return CircleGame(generator, back, weights, (CircleCritic(*size), CircleCritic(*size)))


def _generator(recipe: AdversarialRecipe, start: Path | None) -> Network:
    network = registry.build(recipe.network, recipe.settings)
    if start is None:
        return network
    first = registry.load(start)
    if first.architecture != network.architecture or first.settings != network.settings:
        raise BadParameter(
            f"holds {first.architecture} with {first.settings}, not {recipe.network} with {network.settings}",
            where=start,
            remedy="start from weights of the same network and size",
        )
    return first.train()


def train(
    name: str,
    *,
    out: Path,
    data: Sequence[Path],
    validate: Sequence[Path] = (),
    start: Path | None = None,
    quick: bool = False,
    steps: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    features: Path | None = None,
    paired: bool = True,
    doubling: bool = False,
    minutes: float | None = None,
    fold: Fold | None = None,
    device: str = "auto",
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Result:
    """Train a generator against its critics into a folder, going on where the folder's run stopped.

    Parameters as for :func:`napari_mrsr.training.by_recipe.train`, and

    Parameters
    ----------
    batch
        Patches of a step; without ``steps`` the run shows as many pictures as before.
    doubling
        At half the matrix, then doubled, as the released code (``circle`` only).
    paired
        False: the sharp pictures of a step are of other places than the coarse ones (``circle`` only).

    Raises
    ------
    UnknownMethod, BadParameter, NothingToRead, WeightsMissing, WeightsCorrupt, UnsafeWeights
        See :mod:`napari_mrsr.errors`.
    """
    import torch

    from napari_mrsr.training.adversarial import run
    from napari_mrsr.training.by_recipe import brain_planes
    from napari_mrsr.training.in_plane import PlaneSampling
    from napari_mrsr.training.recipes import doubled

    chosen = find(name)
    if not paired and chosen.network != "circle":
        raise BadParameter(f"{name} needs the truth of what it sharpens", remedy="train circle without pairs")
    if features is not None and chosen.network != "cpce":
        raise BadParameter(f"{name} looks through no feature network", where=features, remedy="leave the file out")
    if quick:
        chosen = shrink(chosen)
    elif batch is not None:
        chosen = replace(chosen, steps=chosen.steps * chosen.batch // batch)
    if doubling:
        chosen = replace(chosen, settings=doubled(name, chosen.network, chosen.settings))
    chosen = replace(
        chosen,
        steps=steps or chosen.steps,
        batch=batch or chosen.batch,
        learning_rate=learning_rate or chosen.learning_rate,
        last_rate=min(chosen.last_rate, learning_rate or chosen.learning_rate),
        paired=paired,
        features=None if features is None else str(features),
    )
    torch.manual_seed(seed)
    game = game_of(chosen, start, quick=quick)
    interpolation = game.network.interpolation
    assert interpolation is not None
    sampling = PlaneSampling(interpolation, chosen.patch, (1, 1, 1), chosen.batch, chosen.fractions, vary=True)
    material = brain_planes(sampling, data, validate, fold, report)
    return run(
        chosen,
        game,
        material,
        out=out,
        seed=seed,
        minutes=minutes,
        device=device,
        progress=progress,
        report=report,
    )

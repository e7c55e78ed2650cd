"""One recipe per network: what it is, how it is trained, and the published figures beside ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.errors import BadParameter, UnknownMethod
from napari_mrsr.networks import registry

if TYPE_CHECKING:
    from napari_mrsr.networks.network import Network
    from napari_mrsr.training.in_plane import PlaneSampling
    from napari_mrsr.training.loop import Result
    from napari_mrsr.training.material import Material
    from napari_mrsr.training.pairs import Augmentation, Sampling


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Parameters
    ----------
    network
        Its name in :mod:`napari_mrsr.networks`.
    settings
        Its arguments.
    loss
        A name from :data:`napari_mrsr.training.losses.LOSSES`.
    learning_rate
        Adam's step at the plateau.
    batch
        Patches of a step.
    steps
        Steps of the whole run.
    warm_up, cool_down
        Shares of the steps in which the rate rises from and falls to zero (both 0: constant, as published).
    factors, echoes
        What a batch may be made for.
    jitter, augment
        Patches off the stride grid; other contrasts, shading, noise and slice profiles: all, none, or those named.
    patch
        Size of a patch: voxels across the slice axis, and thick slices. In plane: voxels along each axis, slices last.
    stride, fractions
        In plane: where patches begin, and the shares of k-space that a batch may be seen through. Without any the
        recipe is one for slices.
    averaging
        Decay of the moving average of the weights that is shipped (0: the last weights).
    features
        Feature network of one's own that a perceptual loss looks through (None: the shipped one).
    """

    network: str
    settings: dict[str, Any]
    loss: str
    learning_rate: float
    batch: int
    steps: int
    warm_up: float = 0.0
    cool_down: float = 0.0
    factors: tuple[int, ...] = (2,)
    echoes: tuple[int, ...] = (1,)
    jitter: bool = False
    augment: bool | tuple[Augmentation, ...] = False
    patch: tuple[int, ...] = (32, 16)
    stride: tuple[int, int, int] = (16, 16, 16)
    fractions: tuple[float, ...] = ()
    averaging: float = 0.0
    features: Path | None = None


#: 30 volumes of 5625 patches for 10 epochs in batches of 50 (paper 1, sections 3.1 and 3.2).
PUBLISHED_STEPS = 30 * 5625 * 10 // 50
#: 56 volumes (70 % of 80) of about 20 x 20 x 2 patches, 200 epochs, batches of 96 (paper 3, section 2.3, and its code).
ABDOMEN_STEPS = 56 * 20 * 20 * 2 * 200 // 96

RECIPES: dict[str, Recipe] = {
    "mrsr": Recipe(
        network="mrsr",
        settings={"echoes": 2, "features": 64, "layers": 20},
        loss="l2",
        learning_rate=1e-4,
        batch=50,
        steps=PUBLISHED_STEPS,
        echoes=(2,),
    ),
    "lean": Recipe(
        network="lean",
        settings={"features": 32, "blocks": 6, "factors": (2, 3, 4)},
        loss="l1",
        learning_rate=5e-4,
        batch=8,
        steps=12_000,
        warm_up=0.02,
        cool_down=0.3,
        factors=(2, 2, 2, 2, 3, 4),
        echoes=(1, 1, 2),
        jitter=True,
        augment=True,
        averaging=0.999,
    ),
    "abdomen": Recipe(
        network="unet",
        settings={"features": 64},
        loss="perceptual",
        learning_rate=1e-4,
        batch=96,
        steps=ABDOMEN_STEPS,
        patch=(24, 24, 24),
        stride=(12, 12, 6),
        fractions=(0.25, 0.1, 0.0625),
    ),
    "swift": Recipe(
        network="swift",
        settings={"features": 32, "blocks": 3},
        loss="l1",
        learning_rate=1e-3,
        batch=8,
        steps=6000,
        warm_up=0.02,
        cool_down=0.4,
        augment=True,
        patch=(64, 64, 12),
        stride=(1, 1, 1),
        fractions=(0.25, 0.1, 0.0625),
        averaging=0.999,
    ),
}


def find(name: str) -> Recipe:
    """Return a recipe by name; raises UnknownMethod."""
    try:
        return RECIPES[name]
    except KeyError:
        raise UnknownMethod(f"no recipe {name!r}", remedy=f"choose one of {', '.join(RECIPES)}") from None


def shrink(recipe: Recipe) -> Recipe:
    """Return a recipe small enough to see within a minute or two that everything works."""
    small: dict[str, dict[str, int]] = {
        "mrsr": {"features": 8, "layers": 6},
        "lean": {"features": 8, "blocks": 2},
        "unet": {"features": 8},
        "swift": {"features": 8, "blocks": 1},
    }
    return replace(recipe, settings={**recipe.settings, **small[recipe.network]}, batch=4, steps=60)


def build(recipe: Recipe, start: Path | None = None) -> Network:
    """Make the network of a recipe, with the weights of a file if one is given.

    A single-contrast ``mrsr`` is widened to the echoes of the recipe (transfer, paper 1 section 3.2).

    Raises
    ------
    BadParameter
        The weights are of another network or size.
    """
    from napari_mrsr.networks.mrsr import Mrsr

    network = registry.build(recipe.network, recipe.settings)
    if start is None:
        return network
    first = registry.load(start)
    echoes = recipe.settings.get("echoes", 1)
    if isinstance(first, Mrsr) and isinstance(network, Mrsr) and first.echoes == 1 and echoes > 1:
        first = first.for_echoes(echoes)
    if first.architecture != network.architecture or first.settings != network.settings:
        raise BadParameter(
            f"holds {first.architecture} with {_in_words(first.settings)}, "
            f"not {recipe.network} with {_in_words(network.settings)}",
            where=start,
            remedy="start from weights of the same network and size",
        )
    network.load_state_dict(first.state_dict())
    return network


def _in_words(settings: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def plane_sampling_of(recipe: Recipe) -> PlaneSampling:
    """Return how a recipe for networks in plane draws its patches."""
    from napari_mrsr.training.in_plane import PlaneSampling

    interpolation = registry.build(recipe.network, recipe.settings).interpolation
    assert interpolation is not None
    i, j, k = recipe.patch
    return PlaneSampling(
        interpolation, (i, j, k), recipe.stride, recipe.batch, recipe.fractions, recipe.augment is True
    )


def sampling_of(recipe: Recipe) -> Sampling:
    """Return how a recipe for networks of slices draws its patches."""
    from napari_mrsr.training.pairs import Sampling

    in_plane, slices = recipe.patch
    return Sampling(
        in_plane=in_plane,
        slices=slices,
        batch=recipe.batch,
        factors=recipe.factors,
        echoes=recipe.echoes,
        jitter=recipe.jitter,
        augment=recipe.augment,
    )


def train(
    recipe: str,
    *,
    out: Path,
    data: Sequence[Path] = (),
    phantoms: int = 0,
    validate: Sequence[Path] = (),
    start: Path | None = None,
    quick: bool = False,
    steps: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    loss: str | None = None,
    features: Path | None = None,
    minutes: float | None = None,
    echoes: int | None = None,
    combined: bool = False,
    device: str = "auto",
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Result:
    """Train a network by a recipe into a folder, going on where the folder's run stopped.

    Parameters
    ----------
    recipe
        Name in :data:`RECIPES`.
    out
        Folder for ``weights.safetensors``, ``training.csv``, ``training.png`` and ``checkpoint/``; made if need be.
    data
        Files and folders of scans to learn from; the last fifth of each is held out.
    phantoms
        Number of phantoms to learn from: knees, or abdomens in and opposed phase.
    validate
        Scans that are only ever looked at.
    start
        Weights to begin with.
    quick
        A run of a minute or two to see that everything works.
    steps, batch, learning_rate
        Another length of the run, number of patches a step, and step size.
    loss, features
        Another loss, and weights of one's own for the network that a perceptual loss looks through.
    minutes
        Stop then; the run can be resumed.
    echoes
        For ``mrsr``: 1 trains the single-contrast network that is transferred later.
    combined
        Learn from the combined image of dual-echo scans (root sum of squares) in place of their echoes, and validate
        likewise.
    progress
        Called with (step, steps, loss).

    Raises
    ------
    UnknownMethod, BadParameter, NothingToRead, WeightsMissing, WeightsCorrupt, UnsafeWeights
        See :mod:`napari_mrsr.errors`.
    """
    from napari_mrsr.training import losses
    from napari_mrsr.training.loop import run

    chosen = find(recipe)
    if quick:
        chosen = shrink(chosen)
    if steps is not None:
        chosen = replace(chosen, steps=steps)
    if batch is not None:
        chosen = replace(chosen, batch=batch)
    if learning_rate is not None:
        chosen = replace(chosen, learning_rate=learning_rate)
    if loss is not None or features is not None:
        chosen = replace(chosen, loss=loss or chosen.loss, features=features)
        losses.find(chosen.loss, features=features)  # refused before anything is made to learn from
    if echoes is not None and chosen.network == "mrsr":
        chosen = replace(chosen, settings={**chosen.settings, "echoes": echoes}, echoes=(echoes,))
    made = phantoms or (2 if quick and not data else 0)
    gathering = _planes if chosen.fractions else _slices
    material = gathering(chosen, list(data), made, list(validate), combined, report)
    network = build(chosen, start)
    return run(
        chosen,
        network,
        material,
        out=out,
        seed=seed,
        minutes=minutes,
        device=device,
        progress=progress,
        report=report,
    )


def _slices(
    recipe: Recipe,
    data: Sequence[Path],
    phantoms: int,
    validate: Sequence[Path],
    combined: bool,
    report: Callable[[str], None],
) -> Material:
    from napari_mrsr.training.material import Slices
    from napari_mrsr.training.sources import combine, combine_scan, gather, scans_in
    from napari_mrsr.training.validation import cases_of

    sources, held_out = gather(data, phantoms, report)
    checks = [*held_out, *scans_in(validate)]
    if combined:
        sources = [combine(source) for source in sources]
        checks = [(name, combine_scan(scan)) for name, scan in checks]
    return Slices(sources, sampling_of(recipe), cases_of(checks))


def _planes(
    recipe: Recipe,
    data: Sequence[Path],
    phantoms: int,
    validate: Sequence[Path],
    combined: bool,
    report: Callable[[str], None],
) -> Material:
    from napari_mrsr.training.abdomen_sources import gather, of_scan
    from napari_mrsr.training.material import Planes
    from napari_mrsr.training.sources import scans_in

    if combined:
        raise BadParameter(f"combined echoes are for networks of slices, not for {recipe.network}")
    sources, held_out = gather(data, phantoms, report)
    looked_at = [source for name, scan in scans_in(validate) for source in of_scan(scan, name)]
    return Planes(sources, plane_sampling_of(recipe), [*held_out, *looked_at])


def describe(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as a JSON-able dict."""
    return {**asdict(recipe), "features": None if recipe.features is None else str(recipe.features)}

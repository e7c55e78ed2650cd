"""A network trained by a recipe: what it learns from is gathered, and the loop run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks import registry
from napari_mrsr.training.recipes import Recipe, doubled, find, shrink

if TYPE_CHECKING:
    from napari_mrsr.networks.network import Network
    from napari_mrsr.training.brain_sources import Fold
    from napari_mrsr.training.in_plane import PlaneSampling
    from napari_mrsr.training.loop import Result
    from napari_mrsr.training.material import Material, Planes
    from napari_mrsr.training.pairs import Sampling


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
    doubling: bool = False,
    fold: Fold | None = None,
    device: str = "auto",
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Result:
    """Train a network by a recipe into a folder, going on where the folder's run stopped.

    Parameters
    ----------
    recipe
        Name in :data:`napari_mrsr.training.recipes.RECIPES`.
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
    doubling
        For GAN-CIRCLE: at half the matrix, then doubled, as in its released code.
    fold
        For the brain: which of how many parts of the subjects judges (:mod:`napari_mrsr.training.brain_sources`).
    progress
        Called with (step, steps, loss).

    Raises
    ------
    UnknownMethod, BadParameter, NothingToRead, WeightsMissing, WeightsCorrupt, UnsafeWeights
        See :mod:`napari_mrsr.errors`.
    """
    from napari_mrsr.networks.swift import Swift
    from napari_mrsr.training import losses
    from napari_mrsr.training.loop import run
    from napari_mrsr.training.material import Planes

    chosen = find(recipe)
    if quick:
        chosen = shrink(chosen)
    if doubling:
        chosen = replace(chosen, settings=doubled(recipe, chosen.network, chosen.settings))
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
    if fold is not None and chosen.anatomy != "brain":
        raise BadParameter(f"folds are for networks of the brain, not for {recipe}", remedy="leave --fold out")
    if chosen.anatomy == "brain":
        if combined or phantoms:
            what = "combined echoes" if combined else "knees and abdomens"
            raise BadParameter(f"{what} are not for networks of the brain", remedy="give scans of brains")
        material: Material = brain_planes(plane_sampling_of(chosen), list(data), list(validate), fold, report)
    else:
        gathering = _planes if chosen.fractions else _slices
        material = gathering(chosen, list(data), made, list(validate), combined, report)
    network = build(chosen, start)
    if isinstance(network, Swift) and network.is_dead(material.draw(seed, 0).thick):
        network.revive()
        report("the coarse level of these weights gives nothing: it is drawn anew")
    return run(
        chosen,
        network,
        material,
        out=out,
        seed=seed,
        minutes=minutes,
        device=device,
        about=material.about if isinstance(material, Planes) else None,
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


def brain_planes(
    sampling: PlaneSampling,
    data: Sequence[Path],
    validate: Sequence[Path],
    fold: Fold | None,
    report: Callable[[str], None],
) -> Planes:
    """Gather slices of brains, and what judges; parameters and errors as for :func:`train`."""
    from napari_mrsr.training.brain_sources import gather, of_scan
    from napari_mrsr.training.material import Planes
    from napari_mrsr.training.sources import scans_in

    sources, held_out = gather(data, fold, report)
    looked_at = [source for name, scan in scans_in(validate) for source in of_scan(scan, name)]
    return Planes(sources, sampling, [*held_out, *looked_at])


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

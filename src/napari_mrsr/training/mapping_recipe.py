"""The recipe of the mapping network (:mod:`napari_mrsr.networks.mapper`): ``napari-mrsr train brain-maps``.

Paper 4 gives no lambda, rate, batch or number of steps. It trains on 417 sagittal slices of three people with labels at
1.0 x 1.0 x 3.5 mm; here heads teach that are made for the run, with labels as coarse: phantoms, and the anatomy of real
scans (``--data``). ``--lambda 0`` trains on labels alone, which is the paper's comparison.

With ``--maps`` heads teach whose maps were measured (:mod:`~napari_mrsr.training.own_maps`), by themselves or beside
those that are made, whose timings are then those of the measured ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from napari_mrsr.networks.map_conditions import MapConditions
    from napari_mrsr.training.loop import Result
    from napari_mrsr.training.map_material import MapSource
    from napari_mrsr.training.own_maps import Fold

#: Name of the recipe.
RECIPE = "brain-maps"
#: Seeds of the phantoms that teach, and of those that judge.
FIRST_SEED, JUDGES = 5000, (4996, 4997, 4998, 4999)


@dataclass(frozen=True)
class MapRecipe:
    """How the mapping network is trained.

    Parameters
    ----------
    features, levels, neighbours
        Of the network.
    edge_weight
        Lambda; 0: labels alone.
    labels_first
        Share of the steps in which labels alone teach, before edges count too. Where maps show next to nothing yet, any
        edge can be had from any of them: with edges from the first step on, T1 stayed the same in all tissues for
        long, its contrast put into M0.
    edge_contrasts
        Whose edges count: T1w and T2w as published, FLAIR as an option.
    edges
        ``"components"`` of the gradient, or its ``"length"``.
    label_slabs
        Maps are made as coarse as labels before they are compared, where it is known how these became coarse
        (:mod:`~napari_mrsr.training.label_slabs`). Paper 4 compares them with interpolated labels as they are.
    map_weights
        Of T1, T2 and M0 in the supervised term. By 3 s, T2 of tissue is a fifteenth of T1, and with equal weights it
        is learned last (400 steps of a small network on 4 heads: T2 off by 22 % of its value, with 5 by 16 %).
    gain_spread
        Of the images of a patch (:class:`~napari_mrsr.training.map_material.MapSampling`). With 0.03, maps of anatomy
        that never taught were off by one sign in every tissue: the scale of an image hangs on the fat of the scalp.
    learning_rate, batch, steps, patch
        Adam's step at the plateau; patches of a step, and their side in voxels.
    warm_up, cool_down, averaging
        As in :class:`napari_mrsr.training.recipes.Recipe`.
    phantoms, shape
        Number of heads that teach, and the matrix of the slab of each, at 1 mm: many heads in thin slabs, because T1
        and T2 differ from person to person.
    judges
        Number of phantoms that judge.
    spread
        Of the timings of the scans that teach about the nominal ones.
    """

    features: int = 16
    levels: int = 4
    neighbours: int = 0
    edge_weight: float = 1.0
    labels_first: float = 0.3
    edge_contrasts: tuple[str, ...] = ("T1w", "T2w")
    edges: Literal["components", "length"] = "components"
    label_slabs: bool = True
    map_weights: tuple[float, float, float] = (1.0, 5.0, 1.0)
    gain_spread: float = 0.12
    learning_rate: float = 2e-3
    batch: int = 6
    steps: int = 6000
    patch: int = 96
    warm_up: float = 0.03
    cool_down: float = 0.5
    averaging: float = 0.998
    phantoms: int = 200
    shape: tuple[int, int, int] = (12, 224, 192)
    judges: int = 4
    spread: float = 0.04


#: A run of a minute, to see that everything works.
QUICK = MapRecipe(
    features=4, levels=3, batch=2, steps=60, patch=48, phantoms=2, shape=(16, 64, 56), judges=1, averaging=0.9
)


def train(
    *,
    out: Path,
    data: Sequence[Path] = (),
    maps: Sequence[Path] = (),
    validate: Sequence[Path] = (),
    fold: Fold | None = None,
    label_axis: str | int | None = None,
    phantoms: int = 0,
    quick: bool = False,
    steps: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    edge_weight: float | None = None,
    flair_edges: bool = False,
    edges: Literal["components", "length"] | None = None,
    label_slabs: bool | None = None,
    neighbours: int | None = None,
    minutes: float | None = None,
    start: Path | None = None,
    device: str = "auto",
    seed: int = 0,
    sources: tuple[Sequence[MapSource], Sequence[MapSource]] | None = None,
    progress: Callable[[int, int, float], None] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Result:
    """Train the mapping network into a folder, going on where the folder's run stopped.

    Parameters
    ----------
    out
        Folder for ``weights.safetensors``, ``training.csv``, ``training.png`` and ``checkpoint/``, with a folder
        ``labels`` of the same for the steps in which labels alone teach.
    data
        Files and folders of T1-weighted scans: their anatomy teaches, with values of its own.
    maps
        Folders of heads with T1w, T2w, FLAIR and measured maps, which teach.
    validate, fold
        With ``maps``: folders of such heads that only judge, and which persons of ``maps`` do.
    label_axis
        With ``maps``: the axis along which they were acquired coarse, where neither sidecars nor voxels tell
        (:func:`napari_mrsr.files.own_maps.read`).
    phantoms
        Number of phantoms to learn from besides; if 0 none with ``maps``, else the recipe's.
    quick
        A run of a minute to see that everything works.
    steps, batch, learning_rate, edge_weight, neighbours
        In place of the recipe's (:class:`MapRecipe`).
    flair_edges
        Edges of FLAIR count too.
    edges
        ``"components"`` of the gradient, or its ``"length"``.
    label_slabs
        Maps are made as coarse as labels before they are compared.
    minutes
        Stop then; the run can be resumed.
    start
        Weights to begin with, of the same network: edges count from the first step on.
    sources
        What teaches and what judges, in place of phantoms.
    progress
        Called with (step, steps, loss).

    Raises
    ------
    BadParameter
        An option is impossible, heads do not fit, or the weights to begin with are of another network.
    NothingToRead, GeometryMismatch
        No head is complete, or images or maps of one lie on different grids.
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        The weights to begin with, or the folder's checkpoint, cannot be read.
    """
    import torch

    from napari_mrsr.errors import BadParameter
    from napari_mrsr.networks.map_conditions import MapConditions
    from napari_mrsr.networks.mapper import CONTRASTS, Mapper
    from napari_mrsr.training import own_maps
    from napari_mrsr.training.edge_loss import HybridLoss
    from napari_mrsr.training.loop import run
    from napari_mrsr.training.map_material import MapMaterial, MapSampling
    from napari_mrsr.training.map_signals import signals_of
    from napari_mrsr.training.recipes import Recipe

    if not maps and (validate or fold or label_axis is not None):
        raise BadParameter("nothing to hold out, or to turn, without maps", remedy="give --maps DIR")
    given: dict[str, Any] = {
        "phantoms": phantoms if maps else phantoms or None,
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "edge_weight": edge_weight,
        "edge_contrasts": CONTRASTS if flair_edges else None,
        "edges": edges,
        "label_slabs": label_slabs,
        "neighbours": neighbours,
    }
    chosen = replace(QUICK if quick else MapRecipe(), **{name: v for name, v in given.items() if v is not None})
    conditions = MapConditions(spread=chosen.spread, trained={"recipe": asdict(chosen), "seed": seed})
    others: Sequence[MapConditions] = ()
    if maps:
        own = own_maps.gather(maps, conditions, fold=fold, validate=validate, label_axis=label_axis, report=report)
        made = gather(chosen, replace(own.conditions, spread=chosen.spread), data, report, any_judge=bool(phantoms))
        conditions, others = own_maps.with_made(own, conditions) if made[0] else own.conditions, own.others
        for name in () if made[0] else own.untaught:
            report(f"no label teaches {name}" + ("" if name == "M0" else ": no map of it will be shown"))
        sources = ([*own.teaching, *made[0]], [*own.judging, *made[1]])
        if not sources[1]:
            report("no person is held out (--fold K/N or --validate DIR): nothing tells how well it learns")
    signals = signals_of(conditions, chosen.edge_contrasts)
    settings = {"features": chosen.features, "levels": chosen.levels, "neighbours": chosen.neighbours}
    torch.manual_seed(seed)
    network = Mapper(**settings, conditions=conditions.written())
    if start is not None:
        _begin(network, start)
    teaching, judging = sources or gather(chosen, conditions, data, report)
    slabs = chosen.label_slabs and all(source.slabs is not None for source in teaching)
    if chosen.label_slabs and not slabs:
        report("it is not known how all labels became coarse: maps are compared with labels as they are")
    sampling = MapSampling(chosen.patch, chosen.batch, chosen.neighbours, gain_spread=chosen.gain_spread, slabs=slabs)
    material = MapMaterial(teaching, sampling, judging)
    loss = partial(
        HybridLoss,
        signals,
        map_weights=chosen.map_weights,
        edges=chosen.edges,
        others=[signals_of(one, chosen.edge_contrasts) for one in others],
    )

    def stage(weight: float, count: int, folder: Path, limit: float | None) -> Result:
        recipe = Recipe(
            Mapper.architecture,
            settings,
            f"hybrid, lambda {weight:g}" if weight else "labels alone",
            chosen.learning_rate,
            chosen.batch,
            count,
            warm_up=chosen.warm_up,
            cool_down=chosen.cool_down,
            patch=(chosen.patch, chosen.patch),
            averaging=chosen.averaging,
        )
        return run(
            recipe,
            network,
            material,
            out=folder,
            seed=seed,
            minutes=limit,
            device=device,
            loss=loss(weight=weight),
            progress=progress,
            report=report,
        )

    first = round(chosen.labels_first * chosen.steps) if chosen.edge_weight and start is None else 0
    if not first:
        return stage(chosen.edge_weight, chosen.steps, out, minutes)
    began = time.monotonic()
    before = stage(0.0, first, out / "labels", minutes)
    spent = (time.monotonic() - began) / 60
    if before.step < before.steps or (minutes is not None and spent >= minutes):
        report("stopped while labels alone taught; the same command goes on")
        return before
    _begin(network, before.weights)
    return stage(chosen.edge_weight, chosen.steps - first, out, None if minutes is None else minutes - spent)


def gather(
    recipe: MapRecipe,
    conditions: MapConditions,
    data: Sequence[Path],
    report: Callable[[str], None],
    *,
    any_judge: bool = True,
) -> tuple[list[MapSource], list[MapSource]]:
    """Make the heads that teach, and those that judge if any are to."""
    from napari_mrsr.training.map_sources import of_anatomy, slab

    def one(number: int) -> MapSource:
        report(f"phantom {number}")
        return slab(number, conditions, shape=recipe.shape)

    teaching = [one(FIRST_SEED + n) for n in range(recipe.phantoms)]
    teaching += of_anatomy(data, FIRST_SEED + 1000, conditions, report)
    return teaching, [one(number) for number in JUDGES[: recipe.judges] if any_judge]


def _begin(network: Any, start: Path) -> None:
    from napari_mrsr.errors import BadParameter
    from napari_mrsr.networks.mapper import load

    first = load(start)
    for name in ("features", "levels", "neighbours"):
        if first.settings[name] != network.settings[name]:
            raise BadParameter(
                f"has {first.settings[name]} {name}, not {network.settings[name]}",
                where=start,
                remedy="start from weights of the same network and size",
            )
    network.load_state_dict(first.state_dict())

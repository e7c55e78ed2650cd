"""``napari-mrsr train``: train a network or a dictionary by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.options import Device, OutFolder
from napari_mrsr.cli.output import check_folder
from napari_mrsr.errors import BadParameter, NothingToRead, UnknownMethod


def train(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="lean, mrsr, swift, abdomen, cpce, circle, cpce-l1, circle-l1, aplus, scsr, features or brain-maps.",
            show_default=False,
        ),
    ],
    output: OutFolder,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[DIR]...", hidden=True, show_default=False)] = None,
    data: Annotated[
        list[Path] | None, typer.Option(metavar="DIR...", help="Folders of scans to learn from.", show_default=False)
    ] = None,
    phantoms: Annotated[int, typer.Option(metavar="N", min=0, help="So many phantoms are made to learn from.")] = 0,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="WEIGHTS", help="Weights to start from.", show_default=False)
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A small run, to see within minutes that everything works.")
    ] = False,
    validate: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Scans that are only looked at.", show_default=False)
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of the run.", show_default="the recipe's")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Patches of a step.", show_default="the recipe's")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(min=0.0, help="Of Adam, at its plateau.", show_default="the recipe's")
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(help="l1, l2, ssim, perceptual, l1+perceptual, ...", show_default="the recipe's"),
    ] = None,
    features_of: Annotated[
        Path | None,
        typer.Option(
            "--features",
            metavar="WEIGHTS",
            help="What a perceptual loss looks through.",
            show_default="the shipped one",
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.0, help="Stop after so long; the run can be resumed.", show_default=False)
    ] = None,
    echoes: Annotated[
        int | None,
        typer.Option(min=1, max=2, help="mrsr: 1 trains the network that is transferred later.", show_default=False),
    ] = None,
    combined: Annotated[
        bool, typer.Option("--combined", help="Learn from the combined image of both echoes (single-contrast DESS).")
    ] = False,
    fold: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Brain, --maps: hold out part K of N of the subjects.", show_default=False),
    ] = None,
    unpaired: Annotated[
        bool, typer.Option("--unpaired", help="circle: coarse and sharp pictures of different places.")
    ] = False,
    doubling: Annotated[
        bool, typer.Option("--doubling", help="circle: at half the matrix, then doubled, as in its released code.")
    ] = False,
    edge_weight: Annotated[
        float | None,
        typer.Option(
            "--lambda", min=0.0, help="brain-maps: weight of the edges; 0: labels alone.", show_default="the recipe's"
        ),
    ] = None,
    flair_edges: Annotated[bool, typer.Option("--flair-edges", help="brain-maps: edges of FLAIR count too.")] = False,
    published_labels: Annotated[
        bool,
        typer.Option(
            "--published-labels",
            help="brain-maps: compare maps with interpolated labels as they are, as in the paper, not as thick.",
        ),
    ] = False,
    neighbours: Annotated[
        int | None,
        typer.Option(min=0, max=3, help="brain-maps: slices to either side seen besides.", show_default="the recipe's"),
    ] = None,
    maps: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR...",
            help="brain-maps: heads with T1w, T2w, FLAIR and measured T1map, T2map, M0map to learn from.",
            show_default=False,
        ),
    ] = None,
    label_axis: Annotated[
        str | None,
        typer.Option(
            metavar="axial|coronal|sagittal|0|1|2",
            help="brain-maps: slices in which the maps were measured, if they are interpolated and no sidecar tells.",
            show_default=False,
        ),
    ] = None,
    device: Device = "auto",
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
) -> None:
    """Train a network on scans and phantoms; a run that was stopped goes on where it was.

    The folder gets weights.safetensors, training.csv, training.png and checkpoint/. The dictionaries aplus and
    scsr are learned in one go, from --data, --phantoms and --seed alone: their folder gets weights.safetensors and
    training.json.
    """
    from napari_mrsr.networks.registry import read_weights
    from napari_mrsr.training import adversarial_recipes, by_recipe, dictionaries, features, mapping_recipe, recipes
    from napari_mrsr.training.brain_sources import parse_fold

    # --data A B: the shell hands B over as one more argument; so --maps A B, where there is no --data
    folders = [*(data or ()), *((more or ()) if data or not maps else ())]
    heads = [*(maps or ()), *((more or ()) if maps and not data else ())]
    given = {
        "--from": start,
        "--validate": validate,
        "--phantoms": phantoms or None,
        "--steps": steps,
        "--batch": batch,
        "--learning-rate": learning_rate,
        "--loss": loss,
        "--features": features_of,
        "--minutes": minutes,
        "--echoes": echoes,
        "--combined": combined or None,
        "--fold": fold,
        "--unpaired": unpaired or None,
        "--doubling": doubling or None,
        "--lambda": edge_weight,
        "--flair-edges": flair_edges or None,
        "--published-labels": published_labels or None,
        "--neighbours": neighbours,
        "--maps": maps,
        "--label-axis": label_axis,
    }
    of_maps = {"--lambda", "--flair-edges", "--published-labels", "--neighbours", "--maps", "--label-axis"}
    kinds = {
        **{name: set(given) - {"--unpaired", *of_maps} for name in recipes.RECIPES},
        **{
            name: set(given) - {"--phantoms", "--loss", "--echoes", "--combined", *of_maps}
            for name in adversarial_recipes.RECIPES
        },
        **{name: {"--phantoms"} for name in dictionaries.RECIPES},
        features.RECIPE: {"--phantoms", "--steps", "--batch", "--learning-rate", "--minutes"},
        mapping_recipe.RECIPE: {
            "--from", "--validate", "--phantoms", "--steps", "--batch", "--learning-rate", "--minutes", "--fold",
            *of_maps,
        },
    }  # fmt: skip
    if recipe not in kinds:
        raise UnknownMethod(f"no recipe {recipe!r}", remedy=f"choose one of {', '.join(kinds)}")
    for path in (*folders, *heads, *(validate or ()), *(one for one in (start, features_of) if one is not None)):
        if not path.exists():
            raise NothingToRead("does not exist", where=path, remedy="check the spelling")
    refused = [name for name, value in given.items() if value is not None and name not in kinds[recipe]]
    if refused:
        raise BadParameter(f"{', '.join(refused)}: not for {recipe}", remedy="leave them out")
    if start is not None:
        read_weights(start)  # what cannot be read is refused before phantoms are made
    check_folder(output)
    if recipe in dictionaries.RECIPES:
        made = dictionaries.train(
            recipe, out=output, data=folders, phantoms=phantoms, quick=quick, seed=seed, report=console.note
        )
        print(made)
        return
    with console.steps(f"training {recipe}") as progress:
        every: dict[str, Any] = {
            "out": output, "data": folders, "quick": quick, "steps": steps, "batch": batch,
            "learning_rate": learning_rate, "minutes": minutes, "device": device, "seed": seed,
            "progress": progress, "report": console.note,
        }  # fmt: skip
        if recipe == features.RECIPE:
            features.train(phantoms=phantoms, **every)
        elif recipe == mapping_recipe.RECIPE:
            mapping_recipe.train(
                phantoms=phantoms, start=start, edge_weight=edge_weight, flair_edges=flair_edges,
                label_slabs=not published_labels, neighbours=neighbours, maps=heads, validate=list(validate or ()),
                label_axis=label_axis,
                fold=None if fold is None else parse_fold(fold), **every,
            )  # fmt: skip
        elif recipe in adversarial_recipes.RECIPES:
            adversarial_recipes.train(
                recipe,
                validate=list(validate or ()),
                start=start,
                features=features_of,
                paired=not unpaired,
                doubling=doubling,
                fold=None if fold is None else parse_fold(fold),
                **every,
            )
        else:
            by_recipe.train(
                recipe,
                phantoms=phantoms,
                validate=list(validate or ()),
                start=start,
                loss=loss,
                features=features_of,
                echoes=echoes,
                combined=combined,
                doubling=doubling,
                fold=None if fold is None else parse_fold(fold),
                **every,
            )
    print(output / "weights.safetensors")

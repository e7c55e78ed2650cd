"""One recipe per dictionary: what it is learned from, and what is written down of the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari_mrsr.training import anchored
from napari_mrsr.training.sources import gather

#: Dictionaries that can be trained.
RECIPES = ("aplus",)
#: File beside the weights that says how they came to be.
RECORD = "training.json"
#: A run of a minute, to see that everything works.
QUICK = {"count": 40_000, "atoms": 32, "dictionary_pairs": 2_000}


def train(
    recipe: str,
    *,
    out: Path,
    data: Sequence[Path] = (),
    phantoms: int = 0,
    quick: bool = False,
    seed: int = 0,
    report: Callable[[str], None] = lambda _: None,
) -> Path:
    """Learn a dictionary from scans and phantoms.

    Parameters
    ----------
    recipe
        One of :data:`RECIPES`.
    out
        Folder for ``weights.safetensors`` and ``training.json``; made if need be.
    data
        Files and folders of scans to learn from; the last fifth of each is held out.
    phantoms
        Number of knee phantoms to learn from.
    quick
        A run of a minute to see that everything works.
    seed
        Of everything random.

    Returns
    -------
    Path
        The weights.

    Raises
    ------
    UnknownMethod, NothingToRead
        See :mod:`napari_mrsr.errors`.
    """
    from napari_mrsr.errors import UnknownMethod
    from napari_mrsr.files.json_file import write_json
    from napari_mrsr.networks import dictionary_files

    if recipe not in RECIPES:
        raise UnknownMethod(f"no dictionary {recipe!r}", remedy=f"choose one of {', '.join(RECIPES)}")
    began = time.perf_counter()
    sources, _ = gather(list(data), phantoms or (2 if quick and not data else 0), report)
    count, atoms = (QUICK["count"], QUICK["atoms"]) if quick else (anchored.PAIRS, anchored.ATOMS)
    dictionary_pairs = QUICK["dictionary_pairs"] if quick else anchored.DICTIONARY_PAIRS
    gathered = time.perf_counter()
    thick, residual = anchored.pairs(sources, count, anchored.WINDOW, seed)
    learned = anchored.learn(
        thick, residual, anchored.WINDOW, atoms=atoms, dictionary_pairs=dictionary_pairs, seed=seed, report=report
    )
    out.mkdir(parents=True, exist_ok=True)
    path = dictionary_files.save(learned, out / "weights.safetensors", method=recipe)
    record: dict[str, Any] = {
        "recipe": recipe,
        "settings": {
            "window": list(anchored.WINDOW),
            "features": len(learned.features),
            "atoms": atoms,
            "neighbours": anchored.NEIGHBOURS,
            "ridge": anchored.RIDGE,
        },
        "pairs": len(thick),
        "sources": [source.name for source in sources],
        "seed": seed,
        "seconds_reading": round(gathered - began),
        "seconds_learning": round(time.perf_counter() - gathered),
    }
    write_json(record, out / RECORD)
    return path

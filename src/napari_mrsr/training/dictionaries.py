"""One recipe per dictionary: what it is learned from, and what is written down of the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr.training import anchored, sparse_coding
from napari_mrsr.training.sources import TrainingSource, gather

if TYPE_CHECKING:
    from napari_mrsr.networks.dictionary_files import Dictionary

#: Dictionaries that can be trained.
RECIPES = ("aplus", "scsr")
#: File beside the weights that says how they came to be.
RECORD = "training.json"
#: A run of a minute, to see that everything works.
QUICK = {"count": 40_000, "atoms": 32, "dictionary_pairs": 2_000, "sparse_count": 4_000}


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
    gathered = time.perf_counter()
    learned, pairs, settings = {"aplus": _aplus, "scsr": _scsr}[recipe](sources, quick, seed, report)
    out.mkdir(parents=True, exist_ok=True)
    path = dictionary_files.save(learned, out / "weights.safetensors", method=recipe)
    record: dict[str, Any] = {
        "recipe": recipe,
        "settings": settings,
        "pairs": pairs,
        "sources": [source.name for source in sources],
        "seed": seed,
        "seconds_reading": round(gathered - began),
        "seconds_learning": round(time.perf_counter() - gathered),
    }
    write_json(record, out / RECORD)
    return path


def _aplus(
    sources: Sequence[TrainingSource], quick: bool, seed: int, report: Callable[[str], None]
) -> tuple[Dictionary, int, dict[str, Any]]:
    """Return A+, the number of its pairs, and its settings."""
    count, atoms = (QUICK["count"], QUICK["atoms"]) if quick else (anchored.PAIRS, anchored.ATOMS)
    dictionary_pairs = QUICK["dictionary_pairs"] if quick else anchored.DICTIONARY_PAIRS
    thick, residual = anchored.pairs(sources, count, anchored.WINDOW, seed)
    learned = anchored.learn(
        thick, residual, anchored.WINDOW, atoms=atoms, dictionary_pairs=dictionary_pairs, seed=seed, report=report
    )
    settings = {
        "window": list(anchored.WINDOW),
        "features": len(learned.features),
        "atoms": atoms,
        "neighbours": anchored.NEIGHBOURS,
        "ridge": anchored.RIDGE,
    }
    return learned, len(thick), settings


def _scsr(
    sources: Sequence[TrainingSource], quick: bool, seed: int, report: Callable[[str], None]
) -> tuple[Dictionary, int, dict[str, Any]]:
    """Return ScSR, the number of its pairs, and its settings."""
    from napari_mrsr.interpolation.dictionaries import sparse_coding as applied

    count, atoms = (QUICK["sparse_count"], QUICK["atoms"]) if quick else (sparse_coding.PAIRS, sparse_coding.ATOMS)
    features, residual = sparse_coding.pairs(sources, count, seed)
    passes = 1 if quick else sparse_coding.PASSES
    learned = sparse_coding.learn(features, residual, atoms=atoms, passes=passes, seed=seed, report=report)
    settings = {
        "patch": applied.PATCH,
        "atoms": len(learned.low),
        "penalty in training": sparse_coding.PENALTY,
        "penalty": applied.PENALTY,
        "passes at most": passes,
        "back-projections": applied.BACK_PROJECTIONS,
    }
    return learned, len(features), settings

"""A small made brain, and small untrained networks in a folder of weights, as the shipped ones lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from napari_mrsr.networks import registry
from napari_mrsr.scan import Acquisition, Scan, Source

CONTRASTS = ("T2w", "FLAIR")
SUMMARIES = {
    "cpce": "sharper than its L1 twin, and may invent fine detail",
    "cpce-l1": "trained with L1 alone: smoother, invents least",
    "circle": "sharper than its L1 twin, and may invent fine detail",
    "circle-l1": "trained with L1 alone: smoother, invents least",
}


def brain(shape: tuple[int, int, int] = (40, 36, 6), *, name: str = "brain/one_T2w.nii.gz", seed: int = 0) -> Scan:
    """Return an axial head of two tissues in a skull, with fine folds and a little noise."""
    rng = np.random.default_rng(seed)
    i, j, k = (2 * np.indices(shape).T / (np.array(shape) - 1) - 1).T
    r = np.sqrt(i**2 + j**2 + 0.3 * k**2)
    folds = 500 + 120 * np.sign(np.sin(22 * i) * np.sin(19 * j))
    array = np.where(r < 0.75, folds, 0) + 300 * np.exp(-(((r - 0.88) / 0.05) ** 2))
    array = np.hypot(array + rng.normal(0, 6, shape), rng.normal(0, 6, shape))
    affine = np.diag([-1.0, -1.0, 4.0, 1.0])
    return Scan(
        array.astype(np.float32), affine, names=("T2w",), slice_axis=2, sources=(Source(name),),
        acquisition=Acquisition(series_description="t2 tra"),
    )  # fmt: skip


def networks() -> dict[str, Any]:
    """Return small networks that change their input a little, each otherwise."""
    from napari_mrsr.networks.circle import Circle
    from napari_mrsr.networks.cpce import Cpce

    torch.manual_seed(0)
    found: dict[str, Any] = {}
    for name in SUMMARIES:
        network = Cpce(features=4, shortcut=True) if name.startswith("cpce") else Circle(features=18)
        last = network.outward[-1] if name.startswith("cpce") else network.tail
        torch.nn.init.normal_(last.weight, std=0.01 if name.endswith("l1") else 0.03)
        found[name] = network.eval()
    return found


def ship(folder: Path, names: tuple[str, ...] = tuple(SUMMARIES)) -> Path:
    """Write weights and a manifest, and return the folder."""
    entries = {}
    for name, network in networks().items():
        if name not in names:
            continue
        path = registry.save(network, folder / f"{name}.safetensors")
        (folder / f"{name}.md").write_text(f"# {name}\n")
        entries[name] = {
            "kind": "network",
            "file": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "card": f"{name}.md",
            "summary": SUMMARIES[name],
            "factors": [1],
            "axes": ["in-plane"],
            "anatomy": ["brain"],
            "contrasts": list(CONTRASTS),
            "licence": "BSD-3-Clause",
        }
        if not name.endswith("-l1"):
            entries[name]["twin"] = f"{name}-l1"
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


@contextmanager
def shipped(folder: Path, names: tuple[str, ...] = tuple(SUMMARIES)) -> Iterator[Path]:
    """Have these weights be the shipped ones for a while."""
    ship(folder, names)
    registry.methods.cache_clear()
    try:
        with patch.object(registry, "weights_folder", lambda: folder):
            yield folder
    finally:
        registry.methods.cache_clear()

"""Checkpoints: everything a run needs to go on, in safetensors, cut into shards.

A checkpoint is a folder of ``shard-*.safetensors`` (each at most :data:`SHARD_BYTES`, so that it travels through narrow
doors) and ``checkpoint.json``, written last: a folder without it is not a checkpoint. Network, average and optimizer
tensors stand side by side as ``network/...``, ``average/...``, ``optimizer/<parameter>/...``. No pickles.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from napari_mrsr.errors import WeightsCorrupt, WeightsMissing

#: Largest shard.
SHARD_BYTES = 12 * 2**20


def save(
    folder: Path, tensors: Mapping[str, Tensor], state: Mapping[str, Any], *, shard_bytes: int = SHARD_BYTES
) -> Path:
    """Write a checkpoint beside the one that is there, then take its place.

    Parameters
    ----------
    folder
        The checkpoint's folder.
    tensors
        All tensors by name.
    state
        What else the run must know (step, settings), JSON-able.
    shard_bytes
        Largest file; a single larger tensor gets a file of its own.
    """
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    shards: list[dict[str, Tensor]] = [{}]
    filled = 0
    for name in sorted(tensors):
        tensor = tensors[name].detach().contiguous().cpu()
        size = tensor.numel() * tensor.element_size()
        if shards[-1] and filled + size > shard_bytes:
            shards.append({})
            filled = 0
        shards[-1][name] = tensor
        filled += size
    names = [f"shard-{n:03d}.safetensors" for n in range(len(shards))]
    for name, shard in zip(names, shards, strict=True):
        save_file(shard, fresh / name)
    (fresh / "checkpoint.json").write_text(json.dumps({"shards": names, "state": dict(state)}, indent=1))
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return folder


def load(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a checkpoint; raises WeightsMissing or WeightsCorrupt."""
    index = folder / "checkpoint.json"
    if not index.is_file():
        previous = folder.with_name(folder.name + ".old")
        if not (previous / "checkpoint.json").is_file():
            raise WeightsMissing("is not a checkpoint", where=folder)
        folder, index = previous, previous / "checkpoint.json"
    try:
        content = json.loads(index.read_text())
        tensors: dict[str, Tensor] = {}
        for name in content["shards"]:
            tensors.update(load_file(folder / name))
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise WeightsCorrupt(f"cannot be read ({error})", where=folder, remedy="start from an earlier one") from error
    return tensors, content["state"]


def exists(folder: Path) -> bool:
    """Tell whether a run can go on from this folder."""
    return (folder / "checkpoint.json").is_file() or (
        folder.with_name(folder.name + ".old") / "checkpoint.json"
    ).is_file()

"""A checkpoint comes back whole, in files of limited size; half a checkpoint is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from napari_mrsr.errors import WeightsCorrupt, WeightsMissing
from napari_mrsr.training import checkpoint


@pytest.fixture
def tensors() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {f"network/{n}": torch.rand(1000, generator=generator) for n in range(10)} | {"step": torch.tensor(3.0)}


def test_tensors_and_state_come_back_from_shards(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    folder = checkpoint.save(tmp_path / "c", tensors, {"step": 3, "seed": 0}, shard_bytes=9000)
    shards = sorted(folder.glob("*.safetensors"))
    assert len(shards) >= 5
    assert all(s.stat().st_size < 9000 + 1000 for s in shards)
    back, state = checkpoint.load(folder)
    assert state == {"step": 3, "seed": 0}
    assert back.keys() == tensors.keys()
    assert all(torch.equal(back[name], tensors[name]) for name in tensors)


def test_a_later_checkpoint_takes_the_place_of_the_earlier(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    checkpoint.save(tmp_path / "c", tensors, {"step": 1})
    checkpoint.save(tmp_path / "c", tensors, {"step": 2})
    assert checkpoint.load(tmp_path / "c")[1] == {"step": 2}
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_killed_between_the_two_renames_the_earlier_one_is_found(
    tmp_path: Path, tensors: dict[str, torch.Tensor]
) -> None:
    checkpoint.save(tmp_path / "c", tensors, {"step": 1}).rename(tmp_path / "c.old")
    assert checkpoint.exists(tmp_path / "c")
    assert checkpoint.load(tmp_path / "c")[1] == {"step": 1}


def test_no_checkpoint_and_a_damaged_one_say_so(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    with pytest.raises(WeightsMissing):
        checkpoint.load(tmp_path / "c")
    folder = checkpoint.save(tmp_path / "c", tensors, {"step": 1})
    shard = next(folder.glob("*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:100])
    with pytest.raises(WeightsCorrupt):
        checkpoint.load(folder)

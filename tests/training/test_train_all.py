"""The script that trains everything: transfer in its order, within its minutes, going on where it stopped."""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path

import pytest
import torch

from napari_mrsr.networks import registry
from napari_mrsr.networks.mrsr import Mrsr
from napari_mrsr.training import abdomen_sources, checkpoint, sources

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "train_all.py"


@pytest.mark.skipif(not SCRIPT.is_file(), reason="the benchmarks are not at hand")
def test_a_dry_run_leaves_every_network_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location("train_all", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "train_all", script)
    spec.loader.exec_module(script)
    torch.set_num_threads(1)
    monkeypatch.setattr(sources, "PHANTOM_SHAPE", (40, 40, 40))
    monkeypatch.setattr(abdomen_sources, "abdomen", partial(abdomen_sources.abdomen, shape=(80, 72, 24)))
    asked = ["--minutes", "0.01", "--quick", "--phantoms", "1", "--batch", "1", "--out", str(tmp_path)]

    script.main(asked)
    first = capsys.readouterr().out
    states = [json.loads(file.read_text())["state"] for file in tmp_path.glob("*/checkpoint/checkpoint.json")]
    script.main(asked)
    again = capsys.readouterr().out

    assert "not there" not in first  # two echoes start from the single contrast
    assert registry.load(tmp_path / "mrsr-single" / "weights.safetensors").echoes == 1
    assert registry.load(tmp_path / "mrsr" / "weights.safetensors").echoes == 2
    assert len(states) == len(script.RUNS)
    assert all(f"resumed at step {state['step']}" in again for state in states)


def test_a_checkpoint_of_the_published_network_comes_in_shards_of_at_most_12_mib(tmp_path: Path) -> None:
    network = Mrsr()
    parts = ("network", "average", "optimizer/first", "optimizer/second")  # what the loop keeps of each weight
    tensors = {f"{part}/{name}": p.detach().clone() for part in parts for name, p in network.named_parameters()}
    folder = checkpoint.save(tmp_path / "checkpoint", tensors, {"step": 1})
    sizes = [file.stat().st_size for file in folder.glob("shard-*.safetensors")]
    assert sum(sizes) > 30 * 2**20
    assert max(sizes) <= 12 * 2**20 + 2**16  # the header comes on top of the tensors

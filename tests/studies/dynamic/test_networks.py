"""An installed network: sharpened frames, fine-tuned on the planning scan, its weights kept and found again."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_mrsr import in_plane
from napari_mrsr.networks import registry
from napari_mrsr.networks.swift import Swift
from napari_mrsr.studies.dynamic.networks import HowFineTuned, installed
from napari_mrsr.studies.dynamic.series import fewer
from tests.studies.dynamic.made import body

TALL = (32, 24, 16)
BRIEF = HowFineTuned(steps=2, minutes=None, fractions=(0.25,))


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights with a small ``swift``, taken for the shipped one."""
    folder = tmp_path / "weights"
    folder.mkdir()
    torch.manual_seed(0)
    network = Swift(features=4, blocks=1)
    torch.nn.init.normal_(network.tail.weight, std=0.02)
    path = registry.save(network, folder / "swift.safetensors")
    entry = {
        "summary": "small", "factors": [1], "axes": ["in-plane"], "anatomy": ["abdomen"], "licence": "CC0",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "file": path.name, "card": "swift.md",
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"swift": entry}))
    monkeypatch.setattr(registry, "weights_folder", lambda: folder)
    registry.methods.cache_clear()
    yield folder
    registry.methods.cache_clear()


def test_frames_are_those_of_the_front_door_on_the_scale_of_the_series(shipped, tmp_path):
    (network,) = installed(folder=tmp_path / "tuned")
    scan = body(frames=3)
    few = fewer(scan, 0.25)
    expected = in_plane.sharpen(few, method="swift", like=scan)
    found = dict(network.main().series(few, scan, 0))
    assert list(found) == [0, 1, 2]
    assert np.allclose(np.stack(list(found.values())), expected.array, atol=1e-3)
    later = dict(network.main().series(few, scan, 2))
    assert list(later) == [2]
    assert np.allclose(later[2], expected.array[2], atol=1e-3)


def test_what_the_planning_scan_taught_is_kept_and_found_again(shipped, tmp_path, monkeypatch):
    (network,) = installed(folder=tmp_path / "tuned", how=BRIEF)
    planning = body(5, 1, shape=TALL)
    parts = []
    way, how = network.fine_tuned(planning, parts.append)
    assert way.name == "swift fine-tuned"
    assert how["schedule"] == "quick"
    assert way.depends_on["sha256"] == how["sha256"]
    (kept,) = (tmp_path / "tuned").glob("*.safetensors")
    monkeypatch.setattr("napari_mrsr.training.fine_tuning.fine_tune", None)  # never again
    assert network.fine_tuned(planning, parts.append)[1] == how
    (given,) = installed(folder=tmp_path / "elsewhere", given=tmp_path / "tuned")
    assert given.fine_tuned(planning, parts.append)[1]["sha256"] == how["sha256"]
    with pytest.raises(TypeError):
        given.fine_tuned(body(6, 1, shape=TALL), parts.append)  # another person: it would have to be taught
    assert kept.is_file()


def test_without_networks_none_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "methods", lambda: registry.CLASSICAL)
    assert installed(folder=tmp_path) == []

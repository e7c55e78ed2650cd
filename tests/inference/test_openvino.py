"""The int8 backend: close to float32, checked before it is chosen, stopped like the others."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_mrsr.errors import BadParameter, MissingDependency
from napari_mrsr.inference import backends, engine, openvino, precision
from napari_mrsr.inference.runner import Interrupted, Runner
from napari_mrsr.networks.lean import Lean

CPU = torch.device("cpu")
needs_openvino = pytest.mark.skipif(not openvino.installed(), reason="the extra openvino is not installed")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Keep quantised networks of tests out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(openvino, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(backends, "_decisions", {})


@pytest.fixture
def volume():
    """A smooth volume with an edge, two echoes, ``(2, 40, 40, 24)``."""
    i, j, k = np.meshgrid(*(np.linspace(0, 6, n) for n in (40, 40, 24)), indexing="ij")
    s1 = 500 + 200 * np.sin(i + j) * np.cos(k) + 200 * (i + k > 6)
    return np.stack([s1, 0.4 * s1]).astype(np.float32)


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    network = Lean(features=8, blocks=1, factors=(2,)).eval()
    torch.nn.init.normal_(network.tails["2"].weight, std=0.01)
    return network


@needs_openvino
def test_int8_is_close_to_float32_and_is_kept_for_the_next_time(small, volume):
    blocks = backends.samples(volume, 1000.0, count=4, side=24)
    quantised = openvino.Quantised(small, 2, 2, blocks)
    expected = Runner(small, 2, 2, CPU)(blocks[0])
    assert precision.agreement(expected, quantised(blocks[0])) > 45
    kept = list(openvino.cache_folder().glob("*.xml"))
    assert len(kept) == 1
    again = openvino.Quantised(small, 2, 2, [])  # no calibration needed any more
    assert np.allclose(again(blocks[1]), quantised(blocks[1]), atol=1e-5)
    with pytest.raises(Interrupted):  # some 60 GFLOP, so it cannot end before the first look
        quantised(np.ones((2, 160, 160, 80), np.float32), stop=lambda: True)
    assert np.allclose(quantised(blocks[1]), again(blocks[1]), atol=1e-5), "it works after a stop"


@needs_openvino
def test_a_volume_in_int8_is_close_to_float32(small, volume):
    whole = engine.run(small, volume, factor=2, axis=2, device="cpu", precision="int8")
    plain = engine.run(small, volume, factor=2, axis=2, device="cpu", precision="fp32")
    assert precision.agreement(plain, whole, 1000.0) > 45


@pytest.mark.parametrize(("found", "chosen"), [(True, "int8"), (False, "fp32")])
def test_it_is_chosen_only_if_it_passes_its_check(small, volume, found, chosen, monkeypatch):
    class Fake:
        kind = "int8"

    monkeypatch.setattr(openvino, "installed", lambda: True)
    monkeypatch.setattr(precision, "has_fast_int8", lambda: True)
    monkeypatch.setattr(openvino, "checked", lambda *arguments: Fake() if found else None)
    runner = Runner(small, 2, 2, CPU)
    runner(volume / 1000)
    backend = backends.for_whole_volume(runner, small, volume, 2, 1000.0, "auto", voxels=1e15)
    assert backend.kind == chosen
    short = backends.for_whole_volume(runner, small, volume, 2, 1000.0, "auto", voxels=10)
    assert short is runner, "for a volume of seconds it is not even built"


@needs_openvino
def test_a_network_that_suffers_in_int8_fails_the_check(small, volume, monkeypatch):
    monkeypatch.setattr(precision, "LEAST_AGREEMENT", 200.0)
    assert openvino.checked(small, 2, 2, backends.samples(volume, 1000.0, count=3, side=16)) is None


def test_without_openvino_int8_is_refused_with_the_remedy(small, volume, monkeypatch):
    monkeypatch.setattr(openvino, "installed", lambda: False)
    with pytest.raises(MissingDependency, match="openvino"):
        next(engine.stream(small, volume, factor=2, axis=2, device="cpu", precision="int8"))


def test_int8_on_a_gpu_is_refused(small, volume):
    with pytest.raises(BadParameter, match="CPU only"):
        backends.choose_backend(small, volume, 2, 1000.0, torch.device("cuda"), "int8")

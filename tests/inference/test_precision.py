"""A lower precision is chosen only if its picture agrees, and fused layers give what plain ones give."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from napari_mrsr.inference import backends, fusing, precision
from napari_mrsr.inference.runner import Runner
from napari_mrsr.networks.lean import Lean

CPU = torch.device("cpu")


def test_agreement_is_the_psnr_of_the_scale():
    reference = np.zeros((4, 4))
    assert precision.agreement(reference, reference + 0.01) == pytest.approx(40.0)
    assert precision.agreement(reference, reference) == np.inf
    assert precision.agreement(reference, reference * np.nan) == -np.inf


@pytest.mark.parametrize("available", [True, False])
def test_fused_and_plain_layers_equal_the_network(lean, mrsr, available, monkeypatch):
    if not available:
        monkeypatch.setattr(fusing, "available", lambda dtype: False)
    x = np.random.default_rng(0).random((2, 9, 10, 7), np.float32)
    for network in (lean, mrsr):
        with torch.inference_mode():
            expected = network(torch.from_numpy(x)[None], 2)[0].numpy()
        assert np.abs(Runner(network, 2, 2, CPU)(x) - expected).max() < 1e-5


@pytest.mark.skipif(not fusing.available(torch.float32), reason="this torch has no fused operators")
@pytest.mark.parametrize("chunk", [1, 70, 200])
def test_layers_done_in_chunks_equal_whole_layers_and_pause_between_them(lean, mrsr, chunk, monkeypatch):
    monkeypatch.setattr(fusing, "CHUNK", chunk)
    x = np.random.default_rng(0).random((2, 9, 10, 7), np.float32)
    for network in (lean, mrsr):
        with torch.inference_mode():
            expected = network(torch.from_numpy(x)[None], 3)[0].numpy()
        pauses: list[None] = []
        found = Runner(network, 3, 2, CPU)(x, stop=lambda pauses=pauses: pauses.append(None))
        assert np.abs(found - expected).max() < 1e-5
        assert len(pauses) > 3 * sum(isinstance(m, nn.Conv3d) for m in network.modules()) / 4
        assert len(pauses) >= 9 * 10 * 7 / max(chunk, 70)


def test_only_plain_convolutions_are_fused():
    odd = nn.ModuleDict({"strided": nn.Conv3d(2, 2, 3, padding=1, stride=2), "valid": nn.Conv3d(2, 2, 3)})
    plain = nn.ModuleDict({"same": nn.Conv3d(2, 2, 3, padding=1)})
    assert all(type(layer) is nn.Conv3d for layer in fusing.fuse(odd).values())
    assert type(fusing.fuse(plain)["same"]) is fusing.Convolution


def test_in_bfloat16_the_interpolation_stays_float32():
    network = Lean(features=8, blocks=1).eval()  # untrained: nothing but interpolation
    x = np.random.default_rng(0).random((2, 9, 10, 7), np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(x)[None], 2)[0].numpy()
    assert np.abs(Runner(network, 2, 2, CPU, "bf16")(x) - expected).max() < 1e-6


@pytest.mark.parametrize(("error", "chosen"), [(1e-4, "bf16"), (0.02, "fp32")])
def test_bfloat16_is_taken_only_if_it_passes_its_check(lean, echoes, error, chosen, monkeypatch):
    monkeypatch.setattr(precision, "has_fast_bfloat16", lambda device: True)
    monkeypatch.setattr(backends, "_decisions", {})
    plain = Runner.__call__

    def worse(self, x, stop=None):
        result = plain(self, x, stop)
        return result + error * np.sign(np.sin(np.arange(result.size))).reshape(result.shape) * (self.kind == "bf16")

    monkeypatch.setattr(Runner, "__call__", worse)
    network = Lean(features=8, blocks=1).eval()
    assert backends.choose_backend(network, echoes, 2, 900.0, CPU).kind == chosen


@pytest.mark.parametrize(("factor", "chosen"), [(0.5, "bf16"), (0.95, "fp32")])
def test_dot_products_of_bfloat16_are_taken_only_where_they_save_time(lean, echoes, factor, chosen, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(backends, "_decisions", {})
    plain, clock = Runner.__call__, [0.0]

    def timed(self, x, stop=None):
        clock[0] += factor if self.kind == "bf16" else 1.0
        return plain(self, x, stop)

    monkeypatch.setattr(Runner, "__call__", timed)
    monkeypatch.setattr(backends.time, "perf_counter", lambda: clock[0])
    assert backends.choose_backend(Lean(features=8, blocks=1).eval(), echoes, 2, 900.0, CPU).kind == chosen


def test_without_matrix_units_float32_is_taken(echoes, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": False})
    assert backends.choose_backend(Lean(8, 1).eval(), echoes, 2, 900.0, CPU).kind == "fp32"


def test_the_cost_of_a_convolution_is_counted():
    from napari_mrsr.inference import cost

    network = Lean(features=16, blocks=2, factors=(2,))
    per_echo = 2 * 27 * (2 * 16 + 4 * 16 * 16 + 16 * 2)
    found = cost.of(network, 2, echoes=2)
    assert found.operations == 2 * per_echo
    assert found.largest_layer == 2 * 2 * 27 * 16 * 16
    assert (found.batch, found.channels) == (2, 16)
    assert all(p.device.type == "cpu" for p in network.parameters())
    assert isinstance(network.head, nn.Conv3d)


def test_separable_kernels_are_not_fused_and_stay_what_they_are() -> None:
    torch.manual_seed(0)
    network = Lean(features=8, blocks=2, separable=True).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    x = torch.rand(1, 2, 9, 8, 6)
    with torch.inference_mode():
        expected, found = network(x, 2), precision.convert(network, "fp32", torch.device("cpu"))(x, 2)
    assert torch.allclose(expected, found, atol=1e-5)

"""Transfer: the combined image as a source, weights widened layer by layer, and weights that do not fit refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from napari_mrsr.errors import BadParameter
from napari_mrsr.mapping.combined import combined_dess
from napari_mrsr.networks import registry
from napari_mrsr.networks.lean import Lean
from napari_mrsr.networks.mrsr import Mrsr
from napari_mrsr.phantoms import knee
from napari_mrsr.scan import Scan
from napari_mrsr.training import by_recipe, recipes
from napari_mrsr.training.sources import TrainingSource, combine, combine_scan

DUAL = replace(recipes.find("mrsr"), settings={"echoes": 2, "features": 6, "layers": 4})


@pytest.fixture
def single(tmp_path: Path) -> tuple[Mrsr, Path]:
    torch.manual_seed(0)
    network = Mrsr(1, 6, 4)
    for layer in network.convolutions:
        nn.init.normal_(layer.weight, std=0.1)
        nn.init.normal_(layer.bias, std=0.1)
    return network, registry.save(network, tmp_path / "single.safetensors")


def test_the_first_layer_is_doubled_and_halved_the_last_doubled_the_others_copied(single: tuple[Mrsr, Path]) -> None:
    network, path = single
    dual = by_recipe.build(DUAL, path)
    one, two = network.state_dict(), dual.state_dict()
    for echo in range(2):
        torch.testing.assert_close(two["convolutions.0.weight"][:, echo] * 2, one["convolutions.0.weight"][:, 0])
        torch.testing.assert_close(two["convolutions.3.weight"][echo], one["convolutions.3.weight"][0])
        torch.testing.assert_close(two["convolutions.3.bias"][echo], one["convolutions.3.bias"][0])
    copied = [name for name in one if name.startswith(("convolutions.1.", "convolutions.2."))]
    assert len(copied) == 4
    assert all(torch.equal(one[name], two[name]) for name in (*copied, "convolutions.0.bias"))


def test_an_echo_scaled_down_still_gets_its_residual_from_both(single: tuple[Mrsr, Path]) -> None:
    network, path = single
    dual = by_recipe.build(DUAL, path).eval()
    x = torch.rand(1, 1, 6, 6, 6)
    with torch.inference_mode():
        mixed = dual(torch.cat([1.5 * x, 0.5 * x], dim=1), 2) - by_recipe.build(DUAL)(
            torch.cat([1.5 * x, 0.5 * x], 1), 2
        )
        alone = network(x, 2) - Mrsr(1, 6, 4)(x, 2)
    torch.testing.assert_close(mixed, alone.expand_as(mixed), atol=1e-5, rtol=0)  # the mean of the echoes is x


def test_weights_of_another_network_or_size_are_refused(single: tuple[Mrsr, Path], tmp_path: Path) -> None:
    _, path = single
    with pytest.raises(BadParameter, match="features 8"):
        by_recipe.build(replace(DUAL, settings={**DUAL.settings, "features": 8}), path)
    lean = registry.save(Lean(8, 1), tmp_path / "lean.safetensors")
    with pytest.raises(BadParameter, match="holds lean"):
        by_recipe.build(DUAL, lean)
    two = registry.save(Mrsr(2, 6, 4), tmp_path / "two.safetensors")
    with pytest.raises(BadParameter, match="echoes 2"):
        by_recipe.build(replace(DUAL, settings={**DUAL.settings, "echoes": 1}), two)


def test_the_combined_image_of_a_phantom_is_what_the_scanner_shows() -> None:
    scan = knee(1, shape=(24, 24, 16), spacing=(2.0, 2.0, 3.0)).scan
    source = combine(TrainingSource("phantom", scan.array, (0, 1, 2)))
    assert source.array.shape == (1, *scan.shape)
    shown = combined_dess(scan).array
    np.testing.assert_allclose(source.array * np.percentile(shown, 99.9), shown, rtol=1e-4)
    assert combine_scan(scan).volumes == 1


def test_scans_that_are_not_two_echoes_teach_as_they_are() -> None:
    volume = np.random.default_rng(0).random((8, 6, 6, 6)).astype(np.float32)
    source = TrainingSource("multi-echo", volume, (0,))
    assert combine(source) is source
    contrasts = Scan(volume[:2], np.eye(4), axis="contrast")
    assert combine_scan(contrasts) is contrasts

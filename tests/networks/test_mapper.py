"""The mapping network: positive maps, what it sees, its files, and the scale of its images."""

import json

import numpy as np
import pytest
import torch

from napari_mrsr.errors import UnsafeWeights, WeightsCorrupt, WeightsMissing
from napari_mrsr.networks import registry
from napari_mrsr.networks.head_scale import head_scale
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import Mapper, load
from napari_mrsr.networks.swift import Swift


def test_maps_are_positive_whatever_goes_in():
    torch.manual_seed(0)
    mapper = Mapper(features=4)
    with torch.no_grad():
        mapper.tail.weight.normal_(0, 10)
    maps = mapper(100 * torch.randn(2, 3, 16, 24, 1))
    assert torch.isfinite(maps).all()
    assert (maps >= 0).all()
    assert maps.min() < 1e-3 < 1e5 < maps.max()


def test_an_untrained_network_says_about_the_values_of_a_brain():
    t1, t2, m0 = Mapper(features=8)(torch.rand(1, 3, 32, 32, 1)).detach().mean(dim=(0, 2, 3, 4)).tolist()
    assert t1 == pytest.approx(1000, rel=0.3)
    assert t2 == pytest.approx(100, rel=0.3)
    assert m0 == pytest.approx(1, rel=0.3)


@pytest.mark.parametrize("shape", [(16, 16), (17, 30), (5, 3)])
def test_any_matrix_keeps_its_shape(shape):
    assert Mapper(features=2)(torch.rand(1, 3, *shape, 2)).shape == (1, 3, *shape, 2)


def test_slices_are_mapped_one_by_one():
    mapper = Mapper(features=4).eval()
    x = torch.rand(1, 3, 16, 16, 4)
    together, alone = mapper(x), mapper(x[..., 2:3])
    torch.testing.assert_close(together[..., 2:3], alone, rtol=1e-4, atol=1e-3)


def test_with_neighbours_a_slice_sees_so_many_to_either_side():
    mapper = Mapper(features=4, neighbours=1).eval()
    x = torch.rand(1, 3, 16, 16, 7)
    changed = x.clone()
    changed[..., 0] += 1
    before, after = mapper(x), mapper(changed)
    assert before.shape[-1] == 5
    assert not torch.allclose(before[..., 0], after[..., 0])
    torch.testing.assert_close(before[..., 1:], after[..., 1:])


def test_a_value_depends_on_no_more_than_the_halo():
    torch.manual_seed(1)
    mapper = Mapper(features=4, levels=3).eval()
    x = torch.rand(1, 3, 96, 8, 1)
    changed = x.clone()
    changed[:, :, 48] += 1
    apart = (mapper(x) != mapper(changed)).any(dim=(0, 1, 3, 4)).nonzero().flatten()
    assert 48 - mapper.halo <= int(apart.min())
    assert int(apart.max()) <= 48 + mapper.halo


def test_multiplications_are_as_stated():
    counted = 0

    def count(layer, taken, given):
        nonlocal counted
        per = layer.weight[0].numel() if isinstance(layer, torch.nn.Conv2d) else layer.weight.shape[0]
        counted += given.numel() * per

    mapper = Mapper()
    for layer in mapper.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            layer.register_forward_hook(count)
    mapper(torch.rand(1, 3, 32, 32, 1))
    assert counted / 32**2 == 35_424


def test_a_file_brings_back_network_and_conditions(tmp_path):
    conditions = MapConditions(spread=0.03, t2=(20.0, 500.0), trained={"lambda": 1})
    mapper = Mapper(features=4, levels=3, neighbours=1, conditions=conditions.written()).eval()
    again = load(registry.save(mapper, tmp_path / "weights.safetensors"))
    x = torch.rand(1, 3, 16, 16, 3)
    torch.testing.assert_close(again(x), mapper(x))
    assert MapConditions.read(again.settings["conditions"]) == conditions


def test_the_header_is_json_that_others_can_read(tmp_path):
    path = registry.save(Mapper(features=2, conditions=MapConditions().written()), tmp_path / "w.safetensors")
    settings = json.loads(registry.read_header(path)["settings"])
    assert settings["conditions"]["mprage"]["inversion_time"] == 900


def test_other_files_are_refused(tmp_path):
    with pytest.raises(WeightsCorrupt, match="maps nothing"):
        load(registry.save(Swift(features=4, blocks=1), tmp_path / "swift.safetensors"))
    with pytest.raises(WeightsMissing):
        load(tmp_path / "none.safetensors")
    torch.save({}, tmp_path / "pickle.safetensors")
    with pytest.raises(UnsafeWeights):
        load(tmp_path / "pickle.safetensors")


def test_its_weights_super_resolve_nothing(tmp_path):
    from napari_mrsr.errors import UnknownMethod

    path = registry.save(Mapper(features=2), tmp_path / "w.safetensors")
    with pytest.raises(UnknownMethod, match="mapper"):
        registry.load(path)


def test_the_scale_knows_neither_gain_nor_field_of_view():
    rng = np.random.default_rng(0)
    head = np.zeros((40, 40, 40))
    head[10:30, 10:30, 10:30] = 300 + 100 * rng.random((20, 20, 20))
    noisy = np.abs(head + 3 * rng.standard_normal(head.shape))
    scale = head_scale(noisy)
    assert scale == pytest.approx(399, rel=0.02)
    assert head_scale(7 * noisy) == pytest.approx(7 * scale)
    assert head_scale(np.pad(noisy, 10)) == pytest.approx(scale, rel=0.01)
    assert head_scale(np.zeros((4, 4, 4))) == 1

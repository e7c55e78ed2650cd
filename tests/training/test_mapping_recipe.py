"""What teaches to map, and a short run of the recipe: it learns, it resumes, and it says what it was trained for."""

import numpy as np
import pytest
import torch

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import load
from napari_mrsr.training import mapping_recipe
from napari_mrsr.training.map_material import MapMaterial, MapSampling, MapSource, draw
from napari_mrsr.training.map_signals import signals_of
from napari_mrsr.training.map_sources import of_slices, slab
from napari_mrsr.training.map_targets import unpacked


def made(seed=0, shape=(6, 40, 44)):
    """A source of smooth random maps, whose images are some function of them."""
    rng = np.random.default_rng(seed)
    blocks = rng.random((3, *(-(-n // 8) for n in shape)))
    for axis in (1, 2, 3):
        blocks = blocks.repeat(8, axis=axis)
    blocks = blocks[:, : shape[0], : shape[1], : shape[2]].astype(np.float32)
    truth = np.array([500, 50, 0.6], np.float32)[:, None, None, None] + blocks * np.array(
        [1200, 100, 0.3], np.float32
    ).reshape(3, 1, 1, 1)
    images = np.stack([2 - truth[0] / 1000, truth[1] / 150, truth[2]]).astype(np.float32)
    return MapSource(f"made {seed}", f"made {seed}", images, truth, (0,), truth)


def test_a_batch_follows_from_seed_and_step():
    sampling = MapSampling(patch=16, batch=3, neighbours=1)
    one, same, other = (draw([made()], sampling, 0, step) for step in (5, 5, 6))
    assert one.thick.shape == (3, 3, 16, 16, 3)
    assert one.thin.shape == (3, 10, 16, 16, 1)
    assert torch.equal(one.thick, same.thick)
    assert torch.equal(one.thin, same.thin)
    assert not torch.equal(one.thick, other.thick)


def test_images_and_labels_are_turned_alike():
    batch = draw([made()], MapSampling(patch=16, batch=6), 0, 0)
    labels, valid, images = unpacked(batch.thin)[:3]
    assert (valid == 1).all()
    assert torch.equal(images, batch.thick)
    # the third image is M0 itself, but for the gain of its patch
    ratio = images[:, 2] / labels[:, 2]
    torch.testing.assert_close(ratio, ratio.mean(dim=(1, 2, 3), keepdim=True).expand_as(ratio), rtol=1e-4, atol=1e-4)


def test_each_image_of_a_patch_has_a_gain_of_its_own_and_no_label_has():
    maps = made().labels
    flat = MapSource("flat", "flat", np.ones_like(maps), np.full_like(maps, 800.0))
    batch = draw([flat], MapSampling(patch=8, batch=200, gain_spread=0.12), 0, 0)
    gains = np.log(batch.thick.mean(dim=(2, 3, 4)).numpy())
    assert gains.std(axis=0) == pytest.approx([0.12] * 3, rel=0.2)
    assert np.abs(np.corrcoef(gains.T) - np.eye(3)).max() < 0.3
    assert (unpacked(batch.thin).labels == 800).all()
    assert (draw([flat], MapSampling(patch=8, batch=4, vary=False), 0, 0).thick == 1).all()


def test_what_has_no_label_is_not_valid():
    source = made()
    labels = source.labels.copy()
    labels[1, :, :20] = np.nan
    batch = draw([MapSource("x", "x", source.images, labels)], MapSampling(patch=24, batch=4, vary=False), 0, 0)
    valid = unpacked(batch.thin).valid
    assert 0 < float(valid[:, 1].mean()) < 1  # T2 alone lacks labels
    assert (valid[:, [0, 2]] == 1).all()
    assert torch.isfinite(batch.thin).all()


def test_a_phantom_becomes_a_source():
    source = slab(5000, MapConditions(), shape=(8, 112, 96))
    assert source.images.shape == source.labels.shape
    t1, t2 = source.truth[0][np.isfinite(source.truth[0])], source.truth[1][np.isfinite(source.truth[1])]
    assert 700 < np.quantile(t1, 0.25) < np.quantile(t1, 0.9) < 2500
    assert t2.max() <= MapConditions().t2[1]
    assert 0.5 < source.images.max() < 20
    # labels are blurred along the rows, from head to foot, and the truth is not
    known = np.isfinite(source.truth).all(axis=0) & np.isfinite(source.labels).all(axis=0)
    steps = [np.abs(np.diff(part[0].astype(float), axis=1))[known[:, 1:] & known[:, :-1]].mean()
             for part in (source.labels, source.truth)]  # fmt: skip
    assert steps[0] < 0.8 * steps[1]


def test_without_its_skull_a_head_has_another_scale():
    from napari_mrsr.phantoms.brain import brain
    from napari_mrsr.training.brain_contrasts import sagittal_slices

    slices = sagittal_slices(brain(4998, shape=(6, 112, 96)), "head")
    whole, stripped = (of_slices(slices, MapConditions(), stripped=flag) for flag in (False, True))
    assert stripped.images[0][slices.brain].mean() > 1.1 * whole.images[0][slices.brain].mean()
    assert np.isnan(stripped.labels[:, ~slices.brain]).all()


def test_signals_of_unknown_contrasts_are_refused():
    with pytest.raises(BadParameter, match="PDw"):
        signals_of(MapConditions(), ["PDw"])


def test_signals_are_those_of_training():
    """At nominal timings the edge loss synthesises what the scans show, as magnitudes, with derivatives."""
    from napari_mrsr.training.brain_contrasts import Protocol

    maps = [np.array([850.0, 1500.0, 4000.0]), np.array([75.0, 100.0, 1800.0]), np.array([0.7, 0.8, 1.0])]
    tensors = [torch.tensor(values, requires_grad=True) for values in maps]
    made, seen = signals_of(MapConditions(), ["T1w", "T2w", "FLAIR"]), Protocol().signals()
    for name, signal in made.items():
        values = signal(*tensors)
        np.testing.assert_allclose(values.detach().numpy(), np.abs(seen[name](*maps, 1.0)), rtol=1e-6)
        assert all(
            torch.isfinite(g).all()
            for g in torch.autograd.grad(values.sum(), tensors, allow_unused=True)
            if g is not None
        )


def test_it_learns_resumes_and_says_what_for(tmp_path):
    sources = ([made(n) for n in range(3)], [made(9)])
    options = {"quick": True, "sources": sources, "edge_weight": 0.5, "batch": 2, "learning_rate": 5e-3, "seed": 3}
    lines = []
    whole = mapping_recipe.train(out=tmp_path / "whole", steps=40, **options)
    assert (tmp_path / "whole" / "labels" / "weights.safetensors").is_file()  # labels alone taught first
    first = mapping_recipe.train(out=tmp_path / "parts", steps=40, minutes=0, **options)
    assert first.step < first.steps == 12
    second = mapping_recipe.train(out=tmp_path / "parts", steps=40, report=lines.append, **options)
    assert any("resumed" in line for line in lines)
    assert second.steps == 28
    one, other = load(whole.weights), load(second.weights)
    for name, p in one.state_dict().items():
        torch.testing.assert_close(p, other.state_dict()[name], rtol=1e-4, atol=1e-5)
    untrained = MapMaterial(*sources[:1], MapSampling(), sources[1]).scores(type(one)(features=4, levels=3))
    assert whole.scores[0].t1 < untrained[0].t1
    conditions = MapConditions.read(one.settings["conditions"])
    assert conditions.trained["recipe"]["edge_weight"] == 0.5


def test_weights_of_another_size_are_refused_to_begin_with(tmp_path):
    sources = ([made()], [])
    options = {"quick": True, "sources": sources, "steps": 1, "batch": 1}
    first = mapping_recipe.train(out=tmp_path / "a", **options)
    again = mapping_recipe.train(out=tmp_path / "b", start=first.weights, **options)
    assert again.step == 1
    with pytest.raises(BadParameter, match="neighbours"):
        mapping_recipe.train(out=tmp_path / "c", start=first.weights, neighbours=1, **options)

"""What teaches to map, and a short run of the recipe: it learns, it resumes, and it says what it was trained for."""

import numpy as np
import pytest
import torch

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import load
from napari_mrsr.phantoms.brain import brain
from napari_mrsr.physics import mixtures
from napari_mrsr.training import mapping_recipe
from napari_mrsr.training.map_material import MapMaterial, MapSampling, MapSource, draw
from napari_mrsr.training.map_phantoms import coarse_labels, source_of
from napari_mrsr.training.map_signals import signals_of, weightings
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


@pytest.fixture(scope="module")
def phantom():
    return brain(4998, spacing=4.0, lesions="none")


def test_a_batch_follows_from_seed_and_step():
    sampling = MapSampling(patch=16, batch=3, neighbours=1)
    one, same, other = (draw([made()], sampling, 0, step) for step in (5, 5, 6))
    assert one.thick.shape == (3, 3, 16, 16, 3)
    assert one.thin.shape == (3, 7, 16, 16, 1)
    assert torch.equal(one.thick, same.thick)
    assert torch.equal(one.thin, same.thin)
    assert not torch.equal(one.thick, other.thick)


def test_images_and_labels_are_turned_alike():
    batch = draw([made()], MapSampling(patch=16, batch=6), 0, 0)
    labels, valid, images = unpacked(batch.thin)
    assert (valid == 1).all()
    assert torch.equal(images, batch.thick)
    # the third image is M0 itself, but for the gain of its patch
    ratio = images[:, 2] / labels[:, 2]
    torch.testing.assert_close(ratio, ratio.mean(dim=(1, 2, 3), keepdim=True).expand_as(ratio), rtol=1e-4, atol=1e-4)


def test_what_has_no_label_is_not_valid():
    source = made()
    labels = source.labels.copy()
    labels[1, :, :20] = np.nan
    batch = draw([MapSource("x", "x", source.images, labels)], MapSampling(patch=24, batch=4, vary=False), 0, 0)
    _, valid, _ = unpacked(batch.thin)
    assert 0 < float(valid.mean()) < 1
    assert torch.isfinite(batch.thin).all()


def test_coarse_labels_blur_along_one_axis_alone():
    step = np.full((4, 8, 28), 800.0, np.float32)
    step[:, :, 14:] = 1600
    maps = mixtures.Maps(step, np.full_like(step, 80), np.full_like(step, 0.7))
    t1 = coarse_labels(maps, 2, 8)[0]
    assert np.ptp(t1[:, :, 3]) < 1e-3
    between = (t1[0, 0] > 820) & (t1[0, 0] < 1580)
    assert 3 <= between.sum() <= 8
    assert np.isfinite(coarse_labels(maps, 2, 8)).all()


def test_a_phantom_becomes_a_source(phantom):
    conditions = MapConditions()
    source = source_of(phantom, weightings(conditions, np.random.default_rng(0)), snr=60)
    assert source.images.shape == source.labels.shape == (3, *phantom.labels.shape)
    white = phantom.share_of("white matter") > 0.95
    t1, t2, m0 = (float(np.nanmedian(source.truth[n][white])) for n in range(3))
    assert 750 < t1 < 950
    assert 60 < t2 < 90
    assert 0.6 < m0 < 0.8
    air = phantom.labels.array[0] == 0
    assert np.isnan(source.labels[:, air]).mean() > 0.5


def test_without_its_skull_a_head_has_another_scale(phantom):
    signals = weightings(MapConditions(), np.random.default_rng(0))
    whole, stripped = (source_of(phantom, signals, stripped=flag) for flag in (False, True))
    white = phantom.share_of("white matter") > 0.95
    assert stripped.images[0][white].mean() > 1.2 * whole.images[0][white].mean()


def test_timings_are_a_little_off_the_nominal_ones():
    conditions = MapConditions(spread=0.05)
    maps = (np.array([900.0]), np.array([80.0]), np.array([0.7]), np.array([1.0]))
    seen = [float(weightings(conditions, np.random.default_rng(n))["T2w"](*maps)[0]) for n in range(8)]
    nominal = float(signals_of(conditions, ["T2w"])["T2w"](*maps[:3])[0])
    assert np.std(seen) > 0
    assert np.mean(seen) == pytest.approx(nominal, rel=0.06)
    with pytest.raises(BadParameter, match="PDw"):
        signals_of(conditions, ["PDw"])


def test_it_learns_resumes_and_says_what_for(tmp_path):
    sources = ([made(n) for n in range(3)], [made(9)])
    options = {"quick": True, "sources": sources, "edge_weight": 0.5, "batch": 2, "learning_rate": 5e-3, "seed": 3}
    lines = []
    whole = mapping_recipe.train(out=tmp_path / "whole", steps=40, **options)
    first = mapping_recipe.train(out=tmp_path / "parts", steps=40, minutes=0, **options)
    assert first.step < 40
    second = mapping_recipe.train(out=tmp_path / "parts", steps=40, report=lines.append, **options)
    assert any("resumed" in line for line in lines)
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

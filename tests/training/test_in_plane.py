"""Pairs in plane: what is seen is what the centre of k-space holds, and a batch follows from its step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan
from napari_mrsr.training import abdomen_sources, by_recipe, in_plane, recipes
from napari_mrsr.training.in_plane import PlaneSampling, PlaneSource, degraded, draw
from napari_mrsr.training.loop import run
from napari_mrsr.training.material import Planes, plane_score


def waves(shape: tuple[int, int, int], cycles: tuple[int, int]) -> np.ndarray:
    """Return a picture with one frequency along each axis of the plane."""
    i, j, _ = np.indices(shape)
    picture = 1 + 0.5 * np.cos(2 * np.pi * (cycles[0] * i / shape[0] + cycles[1] * j / shape[1]))
    return (picture / 1.5).astype(np.float32)


@pytest.fixture
def source() -> PlaneSource:
    rng = np.random.default_rng(0)
    return PlaneSource("noise", "someone", rng.random((40, 32, 30)).astype(np.float32))


def test_what_lies_within_the_centre_of_k_space_is_seen_whole() -> None:
    low = waves((32, 24, 2), (2, 1))  # 6.25 % keeps 8 x 6 samples: up to 3 and 2 cycles
    np.testing.assert_allclose(degraded(low, 0.0625, "fourier"), low, atol=1e-6)


def test_what_lies_outside_is_gone() -> None:
    high = waves((32, 24, 2), (6, 4))
    np.testing.assert_allclose(degraded(high, 0.0625, "fourier"), 1 / 1.5, atol=1e-6)


def test_coarse_samples_stay_where_they_were() -> None:
    low = waves((32, 24, 2), (1, 1))
    np.testing.assert_allclose(degraded(low, 0.25, "trilinear")[::2, ::2], low[::2, ::2], atol=1e-6)


def test_a_batch_follows_from_its_step(source: PlaneSource) -> None:
    sampling = PlaneSampling("fourier", patch=(16, 16, 8), stride=(1, 1, 1), batch=3, vary=True)
    one, same, next_one = (draw([source], sampling, 0, step) for step in (5, 5, 6))
    assert torch.equal(one.thick, same.thick)
    assert torch.equal(one.thin, same.thin)
    assert not torch.equal(one.thin, next_one.thin)
    assert one.thick.shape == one.thin.shape == (3, 1, 16, 16, 8)
    assert one.factor == 1


def test_a_pair_is_cut_from_one_place(source: PlaneSource) -> None:
    sampling = PlaneSampling("fourier", patch=(16, 16, 8), stride=(1, 1, 1), batch=8, fractions=(1.0,), vary=True)
    batch = draw([source], sampling, 0, 0)
    torch.testing.assert_close(batch.thick, batch.thin, atol=2e-3, rtol=0)  # kept in half precision


def test_a_volume_smaller_than_a_patch_is_continued() -> None:
    small = PlaneSource("small", "someone", np.ones((10, 12, 3), np.float32))
    assert draw([small], PlaneSampling("trilinear", batch=1), 0, 0).thin.min() == 1


def test_patches_begin_on_the_published_grid_and_reach_the_end() -> None:
    i, _, k = in_plane.starts((256, 192, 40), in_plane.PATCH, in_plane.STRIDE)
    assert list(i[:3]) == [0, 12, 24]
    assert i[-1] == 256 - 24
    assert list(k) == [0, 6, 12, 16]


def test_a_network_that_changes_nothing_gains_nothing(source: PlaneSource) -> None:
    score = plane_score(registry.build("swift", {"features": 4}), source, 0.25, "fourier")
    assert score.gain == pytest.approx(0)
    assert str(score).endswith("+0.00 over zero-filling")


def discs(rng: np.random.Generator) -> np.ndarray:
    """Return discs of random size, place and brightness, the same in every slice."""
    i, j, _ = np.indices((48, 48, 6))
    picture = np.zeros((48, 48, 6), np.float32)
    for _ in range(12):
        (a, b), radius = rng.uniform(6, 42, 2), rng.uniform(3, 10)
        picture[(i - a) ** 2 + (j - b) ** 2 < radius**2] = rng.random()
    return picture / picture.max()


def test_training_in_plane_beats_zero_filling(tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    taught, judge = (PlaneSource(name, name, discs(rng)) for name in "ab")
    recipe = replace(
        recipes.find("swift"),
        settings={"features": 8, "blocks": 1},
        learning_rate=5e-3,
        steps=120,
        batch=2,
        patch=(32, 32, 6),
        fractions=(0.25,),
        averaging=0.9,
    )
    material = Planes([taught], by_recipe.plane_sampling_of(recipe), [judge])
    result = run(recipe, by_recipe.build(recipe), material, out=tmp_path)
    assert result.scores[0].gain > 0.1
    assert registry.load(result.weights).architecture == "swift"


def test_slices_are_averaged_until_they_are_thick() -> None:
    rng = np.random.default_rng(0)
    scan = Scan(rng.random((1, 40, 36, 34)).astype(np.float32), np.eye(4))
    (source,) = abdomen_sources.of_scan(scan, "cube")
    assert sorted(source.array.shape)[0] in (11, 12, 13)  # a third of the third axis
    assert source.array.max() == 1


def test_a_scan_without_a_sharp_plane_teaches_nothing() -> None:
    rng = np.random.default_rng(0)
    scan = Scan(rng.random((1, 40, 36, 20)).astype(np.float32), np.diag([1.0, 4.0, 4.0, 1.0]))
    assert abdomen_sources.of_scan(scan, "lines") == []


def test_phantoms_are_drawn_from_the_printed_ranges() -> None:
    protocols = [abdomen_sources.drawn_protocol(seed) for seed in range(1000, 1020)]
    assert all(1.44 <= p.resolution[0] <= 2.03 and 5 <= p.resolution[2] <= 8 for p in protocols)
    assert all(n % 2 == 0 for p in protocols for n in p.matrix)
    assert len({p.matrix for p in protocols}) > 10


def test_combined_echoes_are_not_for_planes(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="combined"):
        by_recipe.train("swift", out=tmp_path, combined=True, quick=True)

"""A pair of patches is what the whole volume would have given, and follows from its step alone."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.sampling import ThickSlices
from napari_mrsr.training.pairs import AUGMENTATIONS, Sampling, draw
from napari_mrsr.training.sources import TrainingSource

PLAIN = Sampling(in_plane=16, slices=6, batch=3, factors=(2,), echoes=(2,), jitter=False, augment=False)


@pytest.fixture
def source() -> TrainingSource:
    volume = np.random.default_rng(0).random((2, 40, 44, 140)).astype(np.float32)
    return TrainingSource("noise", volume, axes=(2,))


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_thick_patch_is_cut_from_the_thick_volume(source: TrainingSource, factor: int) -> None:
    sampling = Sampling(**{**PLAIN.__dict__, "factors": (factor,)})
    thick_volume = ThickSlices(source.array.shape, 3, factor)(source.array)
    batch = draw([source], sampling, seed=0, step=0)
    assert batch.thick.shape == (3, 2, 16, 16, 6)
    assert batch.thin.shape == (3, 2, 16, 16, 6 * factor)
    found = 0
    for thick, thin in zip(batch.thick.numpy(), batch.thin.numpy(), strict=True):
        place = _find(source.array, thin)
        if place is None:  # flipped along the slices: another phase of the stack
            continue
        turned, (i, j, k) = place
        if k % factor or k < 24 or k + 6 * factor + 24 > 140:
            continue
        expected = turned(thick_volume)[:, i : i + 16, j : j + 16, k // factor : k // factor + 6]
        np.testing.assert_allclose(thick, expected, atol=2e-6)
        found += 1
    assert found or factor != 2


def _find(volume: np.ndarray, thin: np.ndarray):  # type: ignore[no-untyped-def]
    """Where a patch comes from, over flips in plane and transposition."""
    for transposed in (False, True):
        for flips in ((), (1,), (2,), (1, 2)):

            def turned(x: np.ndarray, t: bool = transposed, f: tuple[int, ...] = flips) -> np.ndarray:
                x = x.swapaxes(1, 2) if t else x
                return np.flip(x, f) if f else x

            v = turned(volume)
            for i, j, k in np.argwhere(v[0] == thin[0, 0, 0, 0]):
                if np.array_equal(v[:, i : i + 16, j : j + 16, k : k + thin.shape[-1]], thin):
                    return turned, (i, j, k)
    return None


def test_a_step_always_gives_the_same_batch(source: TrainingSource) -> None:
    sampling = Sampling(in_plane=16, slices=4, batch=2)
    one, two, other = (draw([source], sampling, seed=1, step=s) for s in (7, 7, 8))
    np.testing.assert_array_equal(one.thin.numpy(), two.thin.numpy())
    np.testing.assert_array_equal(one.thick.numpy(), two.thick.numpy())
    assert one.thin.shape != other.thin.shape or not np.array_equal(one.thin.numpy(), other.thin.numpy())


def test_without_augmentation_the_ratio_of_the_echoes_is_kept() -> None:
    first = np.random.default_rng(0).random((40, 40, 80)).astype(np.float32)
    source = TrainingSource("pair", np.stack([first, 0.25 * first]), axes=(0, 1, 2))
    batch = draw([source], PLAIN, seed=0, step=0)
    np.testing.assert_allclose(batch.thick[:, 1], 0.25 * batch.thick[:, 0], rtol=1e-4, atol=1e-6)


def test_a_single_contrast_serves_as_two_echoes_that_differ() -> None:
    volume = np.random.default_rng(0).random((1, 40, 40, 80)).astype(np.float32)
    batch = draw([TrainingSource("single", volume, axes=(2,))], Sampling(batch=2, echoes=(2,), slices=4), 0, 0)
    assert batch.thick.shape[1] == 2
    assert not np.allclose(batch.thick[:, 0], batch.thick[:, 1], atol=0.02)


def test_slabs_thinner_than_a_patch_are_continued_by_reflection() -> None:
    volume = np.random.default_rng(0).random((1, 20, 33, 12)).astype(np.float32)
    batch = draw([TrainingSource("slab", volume, axes=(0, 2))], Sampling(batch=4, slices=8), 0, 0)
    assert np.isfinite(batch.thick.numpy()).all()


def test_augmentations_can_be_chosen_one_by_one(source: TrainingSource) -> None:
    def change(*names: str) -> np.ndarray:
        plain = draw([source], PLAIN, seed=0, step=3)
        augmented = draw([source], Sampling(**{**PLAIN.__dict__, "augment": names}), seed=0, step=3)
        return np.asarray(augmented.thin / plain.thin)

    np.testing.assert_array_equal(change(), 1)
    scale = [change("shading")[patch] for patch in range(3)]
    assert any(ratio.std() > 0.01 for ratio in scale)
    for ratio in scale:  # a slope: no neighbours differ by much
        assert np.abs(np.diff(ratio, axis=-1)).max() < 0.05
    np.testing.assert_array_equal(change("profile"), 1)  # thick slices alone change


def test_all_named_augmentations_are_what_true_stands_for(source: TrainingSource) -> None:
    named, all_of_them = (
        draw([source], Sampling(in_plane=16, slices=4, batch=2, augment=which), seed=1, step=5)
        for which in (AUGMENTATIONS, True)
    )
    np.testing.assert_array_equal(named.thick, all_of_them.thick)

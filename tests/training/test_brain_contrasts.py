"""Pairs for a mapping network: three images, maps of thick slices, and the truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from napari_mrsr.phantoms.brain import BrainPhantom, brain
from napari_mrsr.physics import mixtures
from napari_mrsr.training.brain_contrasts import BrainSlices, drawn, sagittal_slices, slabs, thick_maps


@cache
def head() -> BrainPhantom:
    """A block of a head at 2 mm, from the brow to the back of the head."""
    return brain(1001, spacing=2, shape=(24, 96, 56), centre=(0, -10, 20), lesions="none")


@cache
def pairs() -> BrainSlices:
    """Its sagittal slices."""
    return sagittal_slices(head(), "one")


# -- thick slices --------------------------------------------------------------------------------------
@pytest.mark.parametrize("offset", [0.0, 1.0, 3.4])
def test_every_slab_is_a_mean_and_every_voxel_lies_in_slabs_of_its_thickness(offset: float) -> None:
    matrix, middles = slabs(40, 1.0, 3.5, offset)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    whole = matrix[1:-1] * 3.5
    np.testing.assert_allclose(whole.sum(axis=0)[4:-4], 1, atol=1e-9)
    np.testing.assert_allclose(np.diff(middles), 3.5)
    # Half a voxel counts at its own middle, not at that of the half.
    np.testing.assert_allclose((matrix @ np.arange(40.0))[1:-1], middles[1:-1], atol=0.04)


def test_slabs_of_three_voxels_are_what_their_signals_tell() -> None:
    rng = np.random.default_rng(2)
    shape = (2, 3, 9)
    maps = mixtures.Maps(rng.uniform(700, 3000, shape), rng.uniform(50, 400, shape), rng.uniform(0.6, 1, shape))
    found = thick_maps(maps, 1.0, thick=3.0)
    wanted = mixtures.read(mixtures.moments(*maps).reshape(3, 2, 3, 3, 3).mean(axis=-1))
    for have, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(have[..., 1::3], want, rtol=1e-4)
        np.testing.assert_allclose(have[..., 2], (2 * want[..., 0] + want[..., 1]) / 3, rtol=1e-4)


def test_thick_slices_leave_an_even_head_as_it_is_and_air_unknown() -> None:
    t1, t2, m0 = (np.full((2, 2, 14), v, np.float32) for v in (900.0, 80.0, 0.7))
    t1[..., 7:], t2[..., 7:], m0[..., 7:] = np.nan, np.nan, 0
    found = thick_maps(mixtures.Maps(t1, t2, m0), 1.0)
    np.testing.assert_allclose(found.t1[..., :6], 900, rtol=1e-4)
    assert np.isnan(found.t1[..., -3:]).all()
    assert np.isfinite(found.m0).all()


# -- pairs ---------------------------------------------------------------------------------------------
def test_slices_are_sagittal_from_head_to_foot_and_front_to_back() -> None:
    one = pairs()
    assert one.images.shape == one.labels.shape == one.truth.shape == (len(one), 3, 56, 96)
    assert one.brain.shape == (len(one), 56, 96)
    truth = head().maps.t1
    np.testing.assert_array_equal(one.truth[3, 0, 0], truth[3, :, -1])
    np.testing.assert_array_equal(one.truth[3, 0, -1], truth[3, :, 0])
    images, labels, wanted = next(iter(one))
    assert images.shape == labels.shape == wanted.shape == (3, 56, 96)


def test_labels_are_blurred_along_the_rows_alone() -> None:
    one = pairs()
    both = np.isfinite(one.labels[:, 0]) & np.isfinite(one.truth[:, 0]) & one.brain
    labels, truth = (np.where(both, v[:, 0], 1000.0) for v in (one.labels, one.truth))

    def rough(maps: np.ndarray, axis: int) -> float:
        return float(np.abs(np.diff(maps, axis=axis)).mean())

    assert rough(labels, 1) < 0.75 * rough(truth, 1)
    assert rough(labels, 1) / rough(labels, 2) < 0.95 * rough(truth, 1) / rough(truth, 2)
    assert np.median(labels[both]) == pytest.approx(np.median(truth[both]), rel=0.15)


def test_the_same_seed_images_alike_and_another_does_not() -> None:
    again, other = sagittal_slices(head(), "one"), sagittal_slices(head(), "one", seed=5)
    np.testing.assert_array_equal(pairs().images, again.images)
    np.testing.assert_array_equal(pairs().labels, again.labels)
    assert not np.allclose(pairs().labels, other.labels, equal_nan=True)
    np.testing.assert_array_equal(pairs().truth, other.truth)


def test_timings_are_some_per_cent_off_and_flair_has_any_equivalent_echo_time() -> None:
    really = [drawn(seed) for seed in range(60)]
    off = np.array([p.mprage.inversion_time for p in really]) / 900 - 1
    assert 0.02 < np.abs(off).max() <= 0.04
    equivalent = np.array([p.flair.equivalent_echo_time for p in really])
    assert equivalent.min() < 105
    assert equivalent.max() > 185
    assert {p.tse.echo_spacing for p in really} == {9.3}
    assert pairs().header.mprage.inversion_time == 900
    assert pairs().protocol.mprage.inversion_time != 900

"""The perceptual distance: nothing for the same, more for more blur and noise, and the same however slices lie."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch
from napari_mrsr.inference.perceptual_distance import perceptual_distance, stack_distances, stacks
from napari_mrsr.networks import features
from napari_mrsr.networks.features import Features


@pytest.fixture(scope="module")
def volume() -> np.ndarray:
    rng = np.random.default_rng(0)
    spots = gaussian_filter(rng.random((40, 36, 10)), (2, 2, 1))
    return (1000 * (spots > np.median(spots)) * (0.5 + spots)).astype(np.float32)


@pytest.fixture(scope="module")
def own() -> Features:
    torch.manual_seed(0)
    return Features(width=4).freeze()


def test_the_same_is_no_distance_away(volume: np.ndarray) -> None:
    assert perceptual_distance(volume, volume) == 0


def test_it_is_the_relative_difference_of_the_features_of_each_level(volume: np.ndarray, own: Features) -> None:
    x, y = volume[..., :4], volume[..., 4:8]
    with torch.no_grad():
        one, other = (own(torch.from_numpy(image / x.max())[None, None]) for image in (x, y))
    expected = np.mean([float((b - a).abs().mean() / a.abs().mean()) for a, b in zip(one, other, strict=True)])
    assert perceptual_distance(x, y, network=own) == pytest.approx(expected, rel=1e-4)


def test_to_the_shipped_network_more_blur_and_more_noise_look_more_different(volume: np.ndarray) -> None:
    noise = np.random.default_rng(1).standard_normal(volume.shape)
    blurred = [perceptual_distance(volume, gaussian_filter(volume, (s, s, 0))) for s in (0.4, 0.8, 1.6)]
    noisy = [perceptual_distance(volume, volume + s * noise) for s in (10, 30, 90)]
    assert 0 < blurred[0] < blurred[1] < blurred[2]
    assert 0 < noisy[0] < noisy[1] < noisy[2]


def test_a_common_factor_changes_nothing(volume: np.ndarray, own: Features) -> None:
    test = gaussian_filter(volume, 0.7)
    expected = perceptual_distance(volume, test, network=own)
    assert perceptual_distance(volume / 77, test / 77, network=own) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("axis", [0, 1])
def test_slices_may_lie_along_any_axis(volume: np.ndarray, own: Features, axis: int) -> None:
    test = gaussian_filter(volume, 0.7)
    turned = [np.moveaxis(image, -1, axis) for image in (volume, test)]
    expected = perceptual_distance(volume, test, network=own)
    assert perceptual_distance(*turned, axis=axis, network=own) == pytest.approx(expected, rel=1e-5)


def test_every_slice_lies_in_a_stack_of_four(volume: np.ndarray, own: Features) -> None:
    for n in range(4, 23):
        covered = [k for where in stacks(n) for k in range(n)[where]]
        assert set(covered) == set(range(n))
        assert all(len(range(n)[where]) == 4 for where in stacks(n))
    test = volume.copy()
    test[..., 9] += 100
    distances = [distance for _, distance in stack_distances(volume, test, network=own)]
    assert distances[:2] == [0, 0]
    assert distances[2] > 0


def test_a_single_slice_is_a_stack_of_itself(volume: np.ndarray, own: Features) -> None:
    one, other = volume[..., 3], gaussian_filter(volume[..., 3], 1)
    repeated = [np.repeat(image[..., None], 4, axis=-1) for image in (one, other)]
    expected = perceptual_distance(*repeated, network=own)
    assert perceptual_distance(one, other, network=own) == pytest.approx(expected, rel=1e-5)


def test_what_cannot_be_compared_is_refused(volume: np.ndarray, own: Features) -> None:
    with pytest.raises(GeometryMismatch):
        perceptual_distance(volume, volume[1:], network=own)
    with pytest.raises(ConstantImage):
        perceptual_distance(0 * volume, volume, network=own)
    with pytest.raises(BadParameter, match="positive"):
        perceptual_distance(volume, volume, scale=0, network=own)
    with pytest.raises(BadParameter, match="finite"):
        perceptual_distance(volume, np.where(volume > 0, np.nan, 0), network=own)
    with pytest.raises(BadParameter, match="4 voxels"):
        perceptual_distance(volume[:3], volume[:3], network=own)
    with pytest.raises(BadParameter, match="dimensions"):
        perceptual_distance(volume[None], volume[None], network=own)


def test_the_shipped_network_is_taken_where_none_is_given(volume: np.ndarray) -> None:
    test = gaussian_filter(volume, 0.7)
    expected = perceptual_distance(volume, test, network=features.load())
    assert perceptual_distance(volume, test) == pytest.approx(expected, rel=1e-6)

"""Anchored regression against what a person would do patch by patch, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import correlate1d

from napari_mrsr.errors import BadParameter
from napari_mrsr.interpolation import interpolate
from napari_mrsr.interpolation.dictionaries import AnchoredRegression, refine
from napari_mrsr.interpolation.dictionaries.anchored import PATCH, overlap
from napari_mrsr.interpolation.dictionaries.features import derivatives, principal, windows

WINDOW = (3, 5)


@pytest.fixture
def dictionary() -> AnchoredRegression:
    """A dictionary of six anchors that nobody trained."""
    rng = np.random.default_rng(3)
    features = principal(rng.random((200, 15)), WINDOW, kept=0.9)
    anchors = rng.standard_normal((6, len(features))).astype(np.float32)
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    projections = (0.1 * rng.standard_normal((6, len(features), 12))).astype(np.float32)
    return AnchoredRegression(WINDOW, features, anchors, projections)


def volume(shape: tuple[int, ...] = (2, 11, 9, 6)) -> np.ndarray:
    return np.random.default_rng(0).uniform(50, 900, shape).astype(np.float32)


def whole(dictionary: AnchoredRegression, array: np.ndarray, **options: object) -> np.ndarray:
    """Return all blocks put together."""
    result = np.full((*array.shape[:3], 2 * array.shape[3]), np.nan, np.float32)
    for rows, values in refine(dictionary, array, **options):  # type: ignore[arg-type]
        result[:, rows] = values
    return result


def test_derivatives_are_the_filters_of_scipy_where_they_fit() -> None:
    plane = np.random.default_rng(1).random((3, 5))
    slope = correlate1d(plane, [-1.0, 1.0], axis=0, origin=-1)[:-1]
    bend = correlate1d(plane, [1.0, -2.0, 1.0], axis=1)[:, 1:-1]
    responses = derivatives((3, 5)) @ plane.ravel()
    assert np.allclose(responses[: slope.size], slope.ravel())
    assert np.allclose(responses[-bend.size :], bend.ravel())


def test_features_do_not_see_the_mean() -> None:
    matrix = principal(np.random.default_rng(1).random((300, 15)), WINDOW)
    assert np.abs(matrix.sum(axis=1)).max() < 1e-5


def test_principal_features_keep_the_energy_they_promise() -> None:
    samples = np.random.default_rng(1).random((300, 15)) @ np.diag(np.linspace(0.1, 1, 15))
    energy = ((samples @ derivatives(WINDOW).T) ** 2).sum()
    assert ((samples @ principal(samples, WINDOW, kept=0.95).T) ** 2).sum() >= 0.95 * energy


def test_overlapping_patches_are_averaged_where_they_lie() -> None:
    rows, slices = 4, 3
    patches = np.random.default_rng(2).random((rows, slices, *PATCH))
    total, count = np.zeros((rows, 2 * slices)), np.zeros((rows, 2 * slices))
    for i, k, a, b in np.ndindex(patches.shape):
        row, fine = i - 1 + a, 2 * k - 1 + b
        if 0 <= row < rows and 0 <= fine < 2 * slices:
            total[row, fine] += patches[i, k, a, b]
            count[row, fine] += 1
    assert np.allclose(overlap(patches), total / count, atol=1e-6)


def test_a_plane_is_what_every_patch_gives_by_itself(dictionary: AnchoredRegression) -> None:
    plane = volume()[0, :, 0]
    padded = np.pad(plane, ((1, 1), (2, 2)), mode="symmetric")
    patches = np.zeros((*plane.shape, *PATCH))
    for i, k in np.ndindex(plane.shape):
        x = dictionary.features @ padded[i : i + 3, k : k + 5].ravel()
        nearest = max(range(6), key=lambda n: abs(dictionary.anchors[n] @ x))
        patches[i, k] = (x @ dictionary.projections[nearest]).reshape(PATCH)
    assert np.allclose(dictionary.residual(plane[None])[0], overlap(patches), rtol=1e-4, atol=1e-2)


def test_a_volume_is_cubic_plus_the_mean_of_both_families_of_planes(dictionary: AnchoredRegression) -> None:
    (thick,) = volume((1, 7, 6, 5))
    expected = interpolate(thick, "tricubic", 2, 2).astype(np.float64)
    for j in range(6):
        expected[:, j] += 0.5 * dictionary.residual(thick[:, j][None])[0]
    for i in range(7):
        expected[i] += 0.5 * dictionary.residual(thick[i][None])[0]
    assert np.allclose(whole(dictionary, thick[None])[0], expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("rows", [1, 4, 11])
def test_blocks_and_threads_equal_the_whole(dictionary: AnchoredRegression, rows: int) -> None:
    array = volume()
    assert np.allclose(
        whole(dictionary, array, rows=rows, threads=2), whole(dictionary, array, rows=99), rtol=1e-4, atol=1e-2
    )


def test_a_constant_image_stays_constant(dictionary: AnchoredRegression) -> None:
    assert np.allclose(whole(dictionary, np.full((1, 6, 5, 4), 300.0, np.float32)), 300, rtol=1e-5)


def test_an_echo_of_half_the_brightness_gives_half_the_result(dictionary: AnchoredRegression) -> None:
    array = volume((1, 8, 7, 6))
    both = whole(dictionary, np.concatenate([array, array / 2]))
    assert np.allclose(both[1], both[0] / 2, rtol=1e-4, atol=1e-2)


def test_the_block_on_screen_comes_first(dictionary: AnchoredRegression) -> None:
    order = [rows.start for rows, _ in refine(dictionary, volume(), rows=3, first=7)]
    assert order[0] == 6
    assert sorted(order) == [0, 3, 6, 9]


def test_stop_is_heard_within_a_block(dictionary: AnchoredRegression) -> None:
    asked = iter([False] * 3 + [True] * 100)
    assert list(refine(dictionary, volume((1, 40, 20, 4)), stop=lambda: next(asked))) == []


@pytest.mark.parametrize("shape", [(4, 4, 4), (1, 4, 4, 1), (1, 0, 4, 4)])
def test_what_has_no_slices_to_look_between_is_refused(dictionary: AnchoredRegression, shape: tuple[int, ...]) -> None:
    with pytest.raises(BadParameter):
        next(refine(dictionary, np.zeros(shape, np.float32)))


def test_parameters_that_do_not_fit_together_are_refused(dictionary: AnchoredRegression) -> None:
    with pytest.raises(BadParameter, match="anchors"):
        AnchoredRegression(WINDOW, dictionary.features, dictionary.anchors[:, 1:], dictionary.projections)
    features, anchors, projections = (np.zeros(shape, np.float32) for shape in ((2, 8), (1, 2), (1, 2, 12)))
    with pytest.raises(BadParameter, match="middle"):
        AnchoredRegression((2, 4), features, anchors, projections)


def test_windows_are_reflected_at_the_border() -> None:
    seen = windows(np.arange(12.0).reshape(1, 3, 4), (3, 3))
    assert seen.shape == (1, 3, 4, 3, 3)
    assert seen[0, 0, 0].tolist() == [[0, 0, 1], [0, 0, 1], [4, 4, 5]]

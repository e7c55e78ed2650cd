"""Sparse coding: the lasso against scikit-learn, and what is made of its codes against what is done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import correlate1d, gaussian_filter
from sklearn.decomposition import sparse_encode

from napari_mrsr.errors import BadParameter, Stopped
from napari_mrsr.interpolation.dictionaries import SparseCoding, lasso, refine
from napari_mrsr.interpolation.dictionaries.sparse_coding import back_projected, features, maps, overlap
from napari_mrsr.interpolation.one_axis import matrix
from napari_mrsr.sampling import thick_slices


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def dictionary() -> SparseCoding:
    """Forty atoms that nobody trained."""
    rng = np.random.default_rng(3)
    low = unit(rng.standard_normal((40, 100))).astype(np.float32)
    return SparseCoding(low, (0.1 * rng.standard_normal((40, 25))).astype(np.float32))


def planes(shape: tuple[int, ...] = (2, 14, 6)) -> np.ndarray:
    return gaussian_filter(np.random.default_rng(0).uniform(50, 900, shape), (*[0] * (len(shape) - 2), 1, 0.5)).astype(
        np.float32
    )


# -- the lasso --------------------------------------------------------------------------------------
@pytest.mark.parametrize("penalty", [0.2, 0.5])
@pytest.mark.parametrize("coherence", [0.0, 0.6])
def test_codes_are_those_of_scikit_learn(penalty: float, coherence: float) -> None:
    rng = np.random.default_rng(0)
    atoms = unit(rng.standard_normal((120, 30)) + coherence * rng.standard_normal(30))
    y = unit(rng.standard_normal((60, 30)) + coherence * rng.standard_normal(30))
    expected = sparse_encode(y, atoms, algorithm="lasso_cd", alpha=penalty, max_iter=100_000)
    found = lasso.codes(y, atoms, penalty, tolerance=1e-5).toarray()
    assert np.abs(found - expected).max() < 1e-4


def test_no_bound_of_the_lasso_is_broken() -> None:
    rng = np.random.default_rng(1)
    atoms, y = unit(rng.standard_normal((300, 40))), unit(rng.standard_normal((50, 40)))
    a = lasso.codes(y, atoms, 0.2, tolerance=1e-3).toarray()
    pull = (y - a @ atoms) @ atoms.T
    assert np.abs(pull).max() < 0.2 * 1.01
    assert np.allclose(pull[a != 0], 0.2 * np.sign(a[a != 0]), atol=0.2 * 0.01)


def test_what_is_sparse_in_the_dictionary_is_recovered() -> None:
    rng = np.random.default_rng(2)
    atoms = unit(rng.standard_normal((200, 100)))
    truth = np.zeros((30, 200))
    for row in truth:
        row[rng.choice(200, 3, replace=False)] = rng.choice([-1, 1], 3) * rng.uniform(0.5, 1, 3)
    found = lasso.codes(truth @ atoms, atoms, 0.02).toarray()
    assert np.abs(found - truth).max() < 0.04  # shrunk by the penalty
    assert np.array_equal(np.abs(found) > 0.25, truth != 0)


def test_a_patch_below_the_penalty_has_no_code() -> None:
    assert lasso.codes(np.full((3, 4), 0.01), np.eye(4), 0.2).nnz == 0


# -- what is made of the codes ----------------------------------------------------------------------
def test_features_are_the_published_filters_of_scipy() -> None:
    plane = np.random.default_rng(1).random((9, 8))
    inner = (slice(2, -2), slice(2, -2))
    derived = maps(plane)[(slice(None), *inner)]
    for axis in (0, 1):
        assert np.allclose(derived[2 * axis], correlate1d(plane, [-1, 0, 1], axis=axis, mode="reflect"), atol=1e-6)
        second = correlate1d(plane, [1, 0, -2, 0, 1], axis=axis, mode="reflect")
        assert np.allclose(derived[2 * axis + 1], second, atol=1e-6)
    assert np.array_equal(features(plane)[4, 3], maps(plane)[:, 4:9, 3:8])


def test_patches_that_overlap_are_averaged_and_every_sample_is_covered() -> None:
    patches = np.random.default_rng(2).random((4, 7, 5, 5))
    total, count = np.zeros((4, 7)), np.zeros((4, 7))
    for i, k, a, b in np.ndindex(patches.shape):
        if 0 <= i - 2 + a < 4 and 0 <= k - 2 + b < 7:
            total[i - 2 + a, k - 2 + b] += patches[i, k, a, b]
            count[i - 2 + a, k - 2 + b] += 1
    assert count.min() > 0
    assert np.allclose(overlap(patches), total / count, atol=1e-6)


def test_a_plane_is_what_scikit_learn_gives_patch_by_patch(dictionary: SparseCoding) -> None:
    (thick,) = planes((1, 9, 5))
    cubic = thick @ matrix("tricubic", 5, 10).T
    patches = np.zeros((9, 10, 5, 5))
    for i, k in np.ndindex(9, 10):
        f = features(cubic)[i, k].ravel().astype(np.float64)
        length = np.linalg.norm(f)
        code = sparse_encode(f[None] / length, dictionary.low.astype(np.float64), algorithm="lasso_cd", alpha=0.2)
        patches[i, k] = (length * code @ dictionary.high).reshape(5, 5)
    x = cubic + overlap(patches)
    a = thick_slices.matrix(10, 2)
    for _ in range(20):
        x = x + 1.5 * (thick - x @ a.T) @ a
    assert np.abs(dictionary.residual(thick[None])[0] - (x - cubic)).max() < 1e-3 * np.ptp(thick)


def test_back_projection_brings_the_image_to_what_was_measured() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((7, 40)).astype(np.float32), rng.random((7, 20)).astype(np.float32)
    a = thick_slices.matrix(40, 2)
    before = np.linalg.norm(y - x @ a.T)
    after = np.linalg.norm(y - (x + back_projected(x, y)) @ a.T)
    assert after < 0.02 * before


def test_rows_and_blocks_equal_the_whole(dictionary: SparseCoding) -> None:
    thick = planes()
    whole = dictionary.residual(thick)
    low, high = 4 - dictionary.margin, 9 + dictionary.margin
    strip = dictionary.residual(thick[:, max(0, low) : high], slice(4 - max(0, low), 9 - max(0, low)))
    assert np.allclose(strip, whole[:, 4:9], atol=1e-3 * np.ptp(whole))
    volume = planes((1, 15, 8, 5))
    parts = [
        np.concatenate([values for _, values in refine(dictionary, volume, rows=rows)], axis=1) for rows in (5, 15)
    ]
    assert np.allclose(*parts, atol=1e-3 * np.ptp(volume))
    ((_, part),) = refine(dictionary, volume, within=(slice(3, 6), slice(2, 7)))
    assert np.allclose(part, parts[1][:, 3:6, 2:7], atol=1e-3 * np.ptp(volume))


def test_an_echo_of_half_the_brightness_gives_half_the_result(dictionary: SparseCoding) -> None:
    thick = planes((1, 9, 5))
    assert np.allclose(dictionary.residual(thick / 2), dictionary.residual(thick) / 2, atol=1e-3 * np.ptp(thick))


@pytest.mark.parametrize(("step", "is_coded"), [(0.017, False), (0.020, True)])
def test_flat_is_what_has_features_below_a_tenth_of_the_scale(
    dictionary: SparseCoding, step: float, is_coded: bool
) -> None:
    # an edge of height h between rows: first derivative h in 2 rows, second +-h in 4, 5 samples each: sqrt(30) h
    thick = np.zeros((1, 16, 6), np.float32)
    thick[:, 8:] = step * 200.0
    cubic = thick @ matrix("tricubic", 6, 12).T.astype(np.float32)
    found = dictionary.at_scale(200.0).residual(thick)
    assert np.allclose(found, back_projected(cubic, thick), atol=1e-4) != is_coded


def test_what_is_flat_is_interpolated_and_back_projected(dictionary: SparseCoding) -> None:
    thick = planes((1, 9, 5))
    cubic = thick @ matrix("tricubic", 5, 10).T
    flat = dictionary.at_scale(1e6).residual(thick)
    assert np.allclose(flat, back_projected(cubic, thick), atol=1e-3)
    constant = dictionary.residual(np.full((1, 9, 5), 300, np.float32))
    assert np.abs(constant).max() < 1e-2


def test_stop_is_heard_within_a_plane(dictionary: SparseCoding) -> None:
    asked = iter([False, True])
    with pytest.raises(Stopped):
        dictionary.residual(planes((1, 300, 30)), stop=lambda: next(asked))
    answers = iter([False] * 3 + [True] * 100)
    assert list(refine(dictionary, planes((1, 20, 20, 4)), stop=lambda: next(answers))) == []


def test_dictionaries_that_do_not_fit_together_are_refused(dictionary: SparseCoding) -> None:
    with pytest.raises(BadParameter, match="high"):
        SparseCoding(dictionary.low, dictionary.high[1:])
    with pytest.raises(BadParameter, match="low"):
        SparseCoding(dictionary.low[:, 1:], dictionary.high)

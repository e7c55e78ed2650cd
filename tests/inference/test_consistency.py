"""Consistency against dense linear algebra, and what it does to noise."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from napari_mrsr.errors import BadParameter
from napari_mrsr.inference import consistency
from napari_mrsr.sampling import ThickSlices, thick_slices


@pytest.fixture
def truth():
    """A smooth volume of one echo, ``(1, 6, 5, 48)``."""
    z = np.linspace(0, 3 * np.pi, 48)
    phase = np.arange(30).reshape(6, 5, 1) / 7
    return (2 + np.sin(z + phase) + 0.5 * np.sin(2.7 * z - phase))[None]


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("profile", ["fir", "box", "gap", "gaussian"])
def test_the_correction_solves_the_wiener_problem(factor, profile):
    # x_dc minimises |x - x0|^2 / s_e^2 + |A x - y|^2 / s_n^2: solved here by the normal equations in the fine space
    rng = np.random.default_rng(factor)
    n = 12 * factor
    a = thick_slices.matrix(n, factor, profile)
    x0, y = rng.random(n), rng.random(12)
    noise, error = 0.3, 0.7
    expected = np.linalg.solve(np.eye(n) / error**2 + a.T @ a / noise**2, x0 / error**2 + a.T @ y / noise**2)
    found = consistency.apply(
        x0.reshape(1, 1, n, 1),
        y.reshape(1, 1, 12, 1),
        axis=1,
        factor=factor,
        noise=noise,
        error=error,
        profile=profile,
    )
    assert np.allclose(found.ravel(), expected, atol=1e-10)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_hard_consistency_is_the_orthogonal_projection(axis):
    rng = np.random.default_rng(1)
    shape = [4, 4, 4]
    shape[axis] = 16
    x = rng.random((1, *shape))
    thick = ThickSlices(tuple(shape), axis, 2)
    y = rng.random((1, *thick.shape_out))
    projected = consistency.apply(x, y, axis=axis, factor=2, kind="hard")
    assert np.allclose(thick(projected[0]), y[0]), "it agrees with what was measured"
    moved = np.moveaxis(projected[0] - x[0], axis, 0).reshape(16, -1)
    null = scipy.linalg.null_space(thick.matrix)
    assert np.abs(null.T @ moved).max() < 1e-10, "and moved at right angles to all that thick slices cannot see"


def test_none_changes_nothing(truth):
    y = np.zeros((1, 6, 5, 24))
    assert np.array_equal(consistency.apply(truth, y, axis=2, factor=2, kind="none"), truth)


def test_on_noise_free_slices_hard_projection_always_brings_the_result_closer(truth):
    rng = np.random.default_rng(2)
    guess = truth + rng.normal(0, 0.2, truth.shape)
    y = ThickSlices(truth.shape, 3, 2)(truth)
    projected = consistency.apply(guess, y, axis=2, factor=2, kind="hard")
    assert np.linalg.norm(projected - truth) < np.linalg.norm(guess - truth)


def test_on_noisy_slices_hard_projection_hurts_and_the_wiener_form_helps(truth):
    rng = np.random.default_rng(3)
    error, noise = 0.1, 0.3
    guess = truth + rng.normal(0, error, truth.shape)
    y = ThickSlices(truth.shape, 3, 2)(truth)
    y = y + rng.normal(0, noise, y.shape)

    def distance(kind):
        result = consistency.apply(guess, y, axis=2, factor=2, kind=kind, noise=noise, error=error)
        return np.linalg.norm(result - truth)

    assert distance("wiener") < distance("none") < distance("hard")


def test_what_a_result_looked_like_before_the_correction_is_recovered(truth):
    rng = np.random.default_rng(4)
    x = (truth + rng.normal(0, 0.2, truth.shape)).astype(np.float32)[0]
    y = rng.random((6, 5, 24)).astype(np.float32)
    expected = y - ThickSlices(x.shape, 2, 2)(x)
    for penalty in (1e-3, 0.5, 20.0):
        corrected = consistency.correct(x, y, 2, 2, penalty)
        found = consistency.residual_before(corrected, y, axis=2, factor=2, penalty=penalty)
        assert np.abs(found - expected).max() < 2e-3, penalty
    untouched = consistency.residual_before(x, y, axis=2, factor=2, penalty=None)
    assert np.allclose(untouched, expected, atol=1e-5)


def test_after_a_hard_projection_it_cannot_be_recovered(truth):
    with pytest.raises(BadParameter, match="hides"):
        consistency.residual_before(truth[0], np.zeros((6, 5, 24)), axis=2, factor=2, penalty=0.0)


def test_the_penalty_is_the_ratio_of_the_variances():
    assert consistency.penalty("wiener", 2.0, 4.0) == 0.25
    assert consistency.penalty("hard", 2.0, 4.0) == 0.0
    assert consistency.penalty("none", 2.0, 4.0) is None
    for kind, error in (("soft", 1.0), ("wiener", 0.0)):
        with pytest.raises(BadParameter):
            consistency.penalty(kind, 1.0, error)

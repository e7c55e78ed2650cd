"""Intervals by subject hold as often as they say, for subjects that vary."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.trust.conformal import coverage_of, fewest_subjects, multiple
from napari_mrsr.trust.fitting import fit


def subjects(rng: np.random.Generator, n: int, voxels: int = 300) -> list[np.ndarray]:
    """Scores of subjects that differ in how large their errors are: what one voxel more of a subject cannot tell."""
    return [np.abs(rng.standard_normal(voxels)) * np.exp(0.3 * rng.standard_normal()) for _ in range(n)]


def test_new_subjects_are_covered_as_often_as_promised_over_many_calibrations():
    # the guarantee is of the mean over calibrations and subjects: 1 - alpha at least, 1 - alpha + 2 / (n + 1) at most
    rng, n, repeats = np.random.default_rng(0), 40, 400
    covered = [coverage_of(subjects(rng, 1), multiple(subjects(rng, n)))[0] for _ in range(repeats)]
    error = np.std(covered) / np.sqrt(repeats)
    assert 0.9 - 3 * error <= np.mean(covered) <= 0.9 + 2 / (n + 1) + 3 * error


def test_one_voxel_a_subject_is_ordinary_split_conformal():
    # the quantile of known order: the ceil((n + 1) 0.9)-th smallest; coverage of a new score is binomial
    rng = np.random.default_rng(1)
    for n in (10, 19, 20):  # of 10 and of 20 the new subject, counted as if it were off everywhere, moves the quantile
        scores = rng.exponential(size=n)
        assert multiple([np.array([s]) for s in scores]) == np.sort(scores)[int(np.ceil((n + 1) * 0.9)) - 1]
    draws = rng.random((20_000, 19 + 1))
    hits = np.mean([one[-1] <= np.sort(one[:-1])[17] for one in draws])
    assert hits == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 20_000))


def test_a_subject_with_more_voxels_has_no_more_votes():
    rng = np.random.default_rng(2)
    few = subjects(rng, 20, 50)
    many = [np.repeat(one, 100) if n == 0 else one for n, one in enumerate(few)]
    assert multiple(many) == multiple(few)


def test_too_few_subjects_and_empty_ones_are_refused():
    assert fewest_subjects(0.9) == 9
    with pytest.raises(BadParameter, match="too few"):
        multiple([np.ones(1000)] * 8)
    with pytest.raises(BadParameter, match="no voxel"):
        multiple([np.ones(5)] * 20 + [np.empty(0)])
    with pytest.raises(BadParameter, match="coverage"):
        multiple([np.ones(5)] * 20, 1.0)


def test_the_fit_finds_the_weights_that_made_the_errors():
    rng = np.random.default_rng(3)
    p = np.stack([np.ones(60_000), rng.exponential(size=60_000) ** 2, rng.integers(0, 2, 60_000)], axis=1)
    errors = rng.laplace(scale=np.sqrt(p @ [0.04, 0.5, 0.2]))
    assert fit(errors, p) == pytest.approx([0.04, 0.5, 0.2], rel=0.1)


def test_a_fit_of_nothing_and_of_negative_predictors_is_refused():
    with pytest.raises(BadParameter):
        fit(np.empty(0), np.empty((0, 2)))
    with pytest.raises(BadParameter):
        fit(np.ones(3), -np.ones((3, 1)))

"""Tests of methods against scipy itself, and what few subjects cannot show."""

import numpy as np
import pytest
from scipy import stats

from napari_mrsr.errors import BadParameter
from napari_mrsr.studies.comparisons import compare

RNG = np.random.default_rng(3)
ONE, OTHER = RNG.normal(33, 2, 9), RNG.normal(35, 2, 9)


def test_both_tests_are_those_of_scipy():
    outcome = compare(ONE, OTHER)
    assert outcome.mann_whitney == pytest.approx(stats.mannwhitneyu(OTHER, ONE, alternative="two-sided").pvalue)
    assert outcome.wilcoxon == pytest.approx(stats.wilcoxon(OTHER, ONE).pvalue)
    assert outcome.difference == pytest.approx(OTHER.mean() - ONE.mean())
    assert outcome.n == 9
    assert outcome.note == ""


def test_the_published_case_of_five_subjects_says_what_wilcoxon_cannot_reach():
    outcome = compare(ONE[:5], ONE[:5] + 10)
    assert outcome.mann_whitney == pytest.approx(2 / 252)
    assert outcome.significant
    assert outcome.wilcoxon == pytest.approx(0.0625)
    assert "0.0625 (Wilcoxon)" in outcome.note


@pytest.mark.parametrize(("n", "least"), [(1, "1 (Mann-Whitney) or 1 (Wilcoxon)"), (2, "0.333 (Mann-Whitney)")])
def test_fewer_than_three_subjects_are_not_tested_and_it_is_said_why(n, least):
    outcome = compare(ONE[:n], OTHER[:n])
    assert outcome.mann_whitney is None
    assert outcome.wilcoxon is None
    assert not outcome.significant
    assert "not tested" in outcome.note
    assert least in outcome.note


def test_a_subject_without_one_of_the_scores_is_left_out_and_no_subject_is_said():
    assert compare([np.nan, *ONE], [30.0, *OTHER]).n == 9
    assert compare([np.nan], [1.0]).note == "no subject has both"
    with pytest.raises(BadParameter, match="same subjects"):
        compare(ONE, OTHER[:4])


def test_equal_scores_are_no_difference():
    assert compare(ONE, ONE).wilcoxon == 1.0

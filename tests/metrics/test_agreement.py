"""Agreement of readings: Table 2 of Chaudhari et al. from its printed values, closed forms, other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.errors import BadParameter
from napari_mrsr.metrics.agreement import (
    Summary,
    bland_altman,
    coefficient_of_variation,
    concordance,
    difference,
    mann_whitney,
    paired_t,
    rms_coefficient_of_variation,
    wilcoxon,
)
from tests.table_2 import SUMMARIES, T2, TRUTH


@pytest.mark.parametrize("method", T2)
def test_table_2_is_reproduced_to_every_printed_digit(method: str) -> None:
    values = T2[method]
    found = (
        f"{Summary.of(values):.1f}",
        f"{coefficient_of_variation(TRUTH, values):.1f}",
        f"{difference(TRUTH, values):.1f}",
        f"{concordance(TRUTH, values):.2f}",
    )
    assert found == SUMMARIES[method]


def test_the_ground_truth_of_table_2_is_reproduced() -> None:
    assert f"{Summary.of(TRUTH):.1f}" == "35.5 ± 5.2"


@pytest.mark.parametrize(("method", "p"), [("MRSR", 0.4206), ("TCI", 0.4206), ("FI", 0.4206), ("ScSR", 0.0556)])
def test_no_method_differs_significantly_in_t2_as_the_paper_says(method: str, p: float) -> None:
    assert mann_whitney(TRUTH, T2[method]).p == pytest.approx(p, abs=5e-5)


def test_the_mann_whitney_p_is_a_count_of_arrangements() -> None:
    # Of the 252 ways to place 5 of 10 ranks, one has U = 0 and one U = 25.
    outcome = mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    assert (outcome.statistic, outcome.p) == (25.0, pytest.approx(2 / 252))


def test_the_wilcoxon_p_is_a_count_of_signs() -> None:
    # All five differences are positive: one of 2^5 patterns at either end.
    assert wilcoxon(TRUTH, T2["MRSR"]).p == pytest.approx(2 / 32)


def test_the_paired_t_is_the_mean_over_its_standard_error() -> None:
    d = np.subtract(T2["MRSR"], TRUTH)
    outcome = paired_t(TRUTH, T2["MRSR"])
    assert outcome.statistic == pytest.approx(d.mean() / (d.std(ddof=1) / np.sqrt(5)))
    assert outcome.p == pytest.approx(0.0220, abs=5e-5)


def test_other_definitions_of_cv_and_ccc_are_told_apart() -> None:
    assert rms_coefficient_of_variation(TRUTH, T2["MRSR"]) == pytest.approx(3.491, abs=5e-4)
    assert concordance(TRUTH, T2["MRSR"], ddof=1) == pytest.approx(0.9420, abs=5e-5)


def test_limits_of_agreement_of_mrsr() -> None:
    found = bland_altman(TRUTH, T2["MRSR"])
    assert (found.bias, found.lower, found.upper) == pytest.approx((1.580, -0.322, 3.482), abs=1e-3)
    assert found.repeatability == pytest.approx(1.96 * np.sqrt(np.mean(found.differences**2)))
    assert found.limit_error == pytest.approx(np.sqrt(3 / 5) * 0.971, abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    x=st.lists(st.floats(20, 60), min_size=3, max_size=12, unique=True),
    shift=st.floats(0.1, 20),
)
def test_concordance_of_a_shift_is_lins_bias_factor(x: list[float], shift: float) -> None:
    v = np.array(x)
    variance = v.var()
    assert concordance(v, v + shift) == pytest.approx(2 * variance / (2 * variance + shift**2), rel=1e-6, abs=1e-9)


def test_concordance_never_exceeds_pearson_and_keeps_its_sign() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, y = rng.random(8), rng.random(8) + 0.2
        c, r = concordance(x, y), np.corrcoef(x, y)[0, 1]
        assert abs(c) <= abs(r) + 1e-12
        assert np.sign(c) == np.sign(r)


def test_equal_readings_agree() -> None:
    assert coefficient_of_variation(TRUTH, TRUTH).mean == 0
    assert concordance(TRUTH, TRUTH) == pytest.approx(1)
    assert wilcoxon(TRUTH, TRUTH).p == paired_t(TRUTH, TRUTH).p == 1


def test_one_subject_has_no_spread() -> None:
    assert np.isnan(difference([35.0], [36.0]).sd)


@pytest.mark.parametrize(
    ("x", "y"), [([1, 2], [1]), ([1, np.nan], [1, 2]), ([], []), ([[1, 2]], [[1, 2]]), ([1, 1], [-1, 1])]
)
def test_readings_that_are_not_pairs_of_numbers_are_refused(x: list[float], y: list[float]) -> None:
    with pytest.raises(BadParameter):
        coefficient_of_variation(x, y)


def test_two_subjects_are_needed_for_limits_of_agreement() -> None:
    with pytest.raises(BadParameter):
        bland_altman([1], [2])

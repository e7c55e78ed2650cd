"""Readers' scores: kappa and signed ranks against printed tables, scikit-learn, scipy and counting by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from napari_mrsr.errors import BadParameter
from napari_mrsr.metrics import reading

#: 85 xeromammograms by two radiologists: normal, benign, suspected, cancer (Altman, Practical Statistics for Medical
#: Research, 1991, table 14.8, after Boyd et al. 1982); printed: kappa 0.47, weighted (linear) 0.57.
XEROMAMMOGRAMS = [[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]]


def test_kappa_of_the_xeromammograms_is_what_altman_printed() -> None:
    assert reading.kappa_of_table(XEROMAMMOGRAMS, weights="none") == pytest.approx(0.47, abs=0.005)
    assert reading.kappa_of_table(XEROMAMMOGRAMS, weights="linear") == pytest.approx(0.57, abs=0.005)


@pytest.mark.parametrize("weights", ["quadratic", "linear"])
def test_weighted_kappa_is_that_of_scikit_learn(weights: reading.Weights) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    one = rng.integers(1, 6, 60)
    other = np.clip(one + rng.integers(-1, 2, 60), 1, 5)
    expected = sklearn.cohen_kappa_score(one, other, weights=weights, labels=[1, 2, 3, 4, 5])
    assert reading.weighted_kappa(one, other, weights=weights) == pytest.approx(expected, abs=1e-12)


def test_two_readers_who_always_say_three_tell_nothing() -> None:
    assert np.isnan(reading.weighted_kappa([3, 3, 3], [3, 3, 3]))


def test_scores_off_the_scale_and_of_other_pictures_are_refused() -> None:
    with pytest.raises(BadParameter, match="scale 1 to 5"):
        reading.weighted_kappa([1, 6], [1, 2])
    with pytest.raises(BadParameter, match="same pictures"):
        reading.weighted_kappa([1, 2, 3], [1, 2])


def test_without_ties_p_is_the_tabulated_one() -> None:
    d = np.array([1.0, -2.0, 3.0, 4.0, -5.0, 6.0, 7.0, 8.0])
    found = reading.signed_rank(np.zeros(8), d)
    assert found.p == pytest.approx(stats.wilcoxon(d, method="exact").pvalue)
    assert found.exact


def test_with_ties_p_is_counted_over_all_signs() -> None:
    d = np.array([1, 1, 2, -1, 2, 3, 0, 1])
    ranks = stats.rankdata(np.abs(d[d != 0]))
    sums = np.array([ranks[np.array(signs, dtype=bool)].sum() for signs in product((0, 1), repeat=len(ranks))])
    seen = ranks[d[d != 0] > 0].sum()
    by_hand = min(1.0, 2 * min((sums >= seen).mean(), (sums <= seen).mean()))
    found = reading.signed_rank(np.zeros(8), d)
    assert (found.n, found.differing) == (8, 7)
    assert found.p == pytest.approx(by_hand)


def test_one_case_that_differs_or_none_decides_nothing() -> None:
    assert reading.signed_rank([3, 3, 3], [3, 4, 3]).p == 1.0
    assert reading.signed_rank([3, 3, 3], [3, 3, 3]) == reading.SignedRank(3, 0, 0.0, 1.0, True)


def test_many_cases_take_the_normal_approximation() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(1, 6, 60)
    y = np.clip(x + rng.integers(0, 2, 60), 1, 5)
    found = reading.signed_rank(x, y)
    d = (y - x)[y != x]
    assert not found.exact
    assert found.p == pytest.approx(stats.wilcoxon(d, method="asymptotic").pvalue)


def test_five_cases_are_too_few_and_it_is_said() -> None:
    found = reading.signed_rank([2] * 5, [5] * 5)
    assert found.p == pytest.approx(0.0625)
    assert found.too_few
    rows = [(c, m, "sharpness", s) for c in range(5) for m, s in (("tricubic", 2), ("lean", 5))]
    table = reading.method_tests(pd.DataFrame(rows, columns=["case", "method", "criterion", "score"]))
    assert table.note.tolist() == ["too few cases: 5 differ, 6 are needed"]
    assert table.difference.tolist() == [3.0]


def test_methods_are_compared_case_by_case_and_corrected_for_being_several() -> None:
    rows = []
    for case in range(8):
        rows += [(case, "tricubic", "noise", 3), (case, "lean", "noise", 4 + case % 2), (case, "mrsr", "noise", 3)]
    table = reading.method_tests(pd.DataFrame(rows, columns=["case", "method", "criterion", "score"]))
    pairs = table.set_index(["reference", "test"])
    assert pairs.loc[("tricubic", "lean"), "p"] == pytest.approx(2 / 2**8)
    assert pairs.loc[("tricubic", "mrsr"), "p"] == 1.0
    assert pairs.loc[("tricubic", "lean"), "p_holm"] == pytest.approx(3 * 2 / 2**8)


def test_two_readers_are_matched_by_case_and_method_not_by_row() -> None:
    columns = ["case", "method", "criterion", "score"]
    one = pd.DataFrame(
        [(c, m, "noise", 1 + (c + k) % 5) for c in range(5) for k, m in enumerate("xyz")], columns=columns
    )
    table = reading.reader_agreement(one, one.sample(frac=1.0, random_state=0))
    assert table.set_index("criterion").loc["noise", ["n", "kappa_quadratic"]].tolist() == [15, 1.0]
    with pytest.raises(BadParameter, match="share no picture"):
        reading.reader_agreement(one, one.assign(case=one.case + 100))

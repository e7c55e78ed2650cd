"""The tests of SSIM by scipy, over subject x time and over subjects."""

import numpy as np
import pytest
from scipy import stats

from napari_mrsr.errors import BadParameter
from napari_mrsr.studies.clustered import compare


@pytest.fixture
def scores():
    rng = np.random.default_rng(1)
    subjects = [name for name in ("a", "b", "c") for _ in range(10)]
    main = rng.normal(0.94, 0.008, 30)
    return subjects, main, main + rng.normal(0.015, 0.004, 30)


def test_pooled_tests_are_those_of_scipy(scores):
    subjects, main, tuned = scores
    found = compare(subjects, main, tuned)
    assert found.pairs == 30
    assert found.t == pytest.approx(stats.ttest_rel(tuned, main).pvalue)
    assert found.wilcoxon == pytest.approx(stats.wilcoxon(tuned, main).pvalue)
    assert found.gain == pytest.approx((tuned - main).mean())


def test_over_subjects_it_is_their_means_that_count(scores):
    subjects, main, tuned = scores
    found = compare(subjects, main, tuned)
    means = [(main[n : n + 10].mean(), tuned[n : n + 10].mean()) for n in (0, 10, 20)]
    assert found.gains == pytest.approx([b - a for a, b in means])
    assert found.favoured == 3
    assert found.t_subjects == pytest.approx(stats.ttest_rel([b for _, b in means], [a for a, _ in means]).pvalue)


def test_three_subjects_cannot_give_a_p_of_signs_below_a_quarter(scores):
    found = compare(*scores)
    assert found.smallest == 0.25
    assert stats.wilcoxon([1.0, 2.0, 3.0]).pvalue == pytest.approx(found.smallest)


def test_one_subject_and_one_frame_have_no_p():
    one = compare(["a"], [0.9], [0.95])
    assert np.isnan([one.t, one.wilcoxon, one.t_subjects]).all()
    assert one.smallest == 1.0


def test_scores_that_are_no_pairs_are_refused():
    with pytest.raises(BadParameter, match="not pairs"):
        compare(["a"], [0.9], [0.9, 0.8])

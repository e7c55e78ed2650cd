"""Truth: Table 2 of Chaudhari et al. (MRSR on dual-echo DESS), as printed."""

import math

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.studies.agreement_table import (
    agreement,
    missing,
    pixel_wise_cv,
    published_table,
    smallest_p,
    statistics_row,
)
from tests.table_2 import SUMMARIES, T2, TRUTH


def test_every_digit_of_the_papers_table_2_is_given():
    table = published_table(["1", "2", "3", "4", "5"], TRUTH, T2)
    assert table["Subject"].tolist()[5:] == ["Average", "CV [%]", "Difference [ms]", "CCC"]
    assert table["Ground truth"].tolist() == ["35.2", "42.6", "27.9", "35.3", "36.6", "35.5 ± 5.2", *["N/A"] * 3]
    for name, values in T2.items():
        assert table[name].tolist() == [*(f"{v:.1f}" for v in values), *SUMMARIES[name]]


def test_no_method_of_the_paper_differs_by_mann_whitney_but_all_do_by_the_paired_t_test():
    found = {name: agreement(TRUTH, values) for name, values in T2.items()}
    assert all(a.mann_whitney > 0.05 for a in found.values())
    assert all(a.wilcoxon == pytest.approx(2 / 2**5) for a in found.values())  # all five differences are positive
    assert [round(a.paired_t, 4) for a in found.values()] == [0.0220, 0.0109, 0.0117, 0.0205]


def test_the_other_moments_give_what_the_paper_does_not_print():
    assert agreement(TRUTH, T2["MRSR"], ddof=1).ccc == pytest.approx(0.942, abs=5e-4)


def test_limits_of_agreement_are_bias_and_1_96_sd():
    row = statistics_row(agreement(TRUTH, T2["MRSR"]))
    assert row["limits [ms]"] == "-0.32 to +3.48"
    assert row["difference [ms]"] == "+1.58 ± 0.97"


@pytest.mark.parametrize(("n", "u", "w"), [(3, 0.1, 0.25), (5, 2 / 252, 0.0625), (8, 2 / 12870, 2 / 256)])
def test_the_smallest_p_is_reached_by_samples_that_do_not_overlap(n, u, w):
    low, high = np.arange(n) + 0.1 * np.arange(n), 100 + 1.5 * np.arange(n)
    found = agreement(low, high)
    assert smallest_p(n) == {"Mann-Whitney": pytest.approx(u), "Wilcoxon": pytest.approx(w)}
    assert found.mann_whitney == pytest.approx(u)
    assert found.wilcoxon == pytest.approx(w)


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_subjects_give_a_difference_but_no_tests_and_the_reason_is_said(n):
    found = agreement(TRUTH[:n], T2["MRSR"][:n])
    assert found.difference.mean == pytest.approx(np.mean(np.subtract(T2["MRSR"], TRUTH)[:n]))
    assert (found.ccc, found.limits, found.mann_whitney, found.wilcoxon, found.paired_t) == (None,) * 5
    row = statistics_row(found)
    assert row["p Wilcoxon"] == row["CCC"] == row["limits [ms]"] == "-"
    assert "nan" not in " ".join(map(str, row.values()))
    assert missing(n).startswith(f"With {n} subject")
    assert "at least 3" in missing(n)


def test_five_subjects_are_told_that_wilcoxons_test_cannot_reach_significance():
    assert "0.062" in missing(5)
    assert "cannot reach 0.05" in missing(5)
    assert "cannot" not in missing(6)


def test_pixels_without_a_value_in_either_map_are_left_out():
    a, b = [30.0, np.nan, 40.0], [33.0, 35.0, np.nan]
    assert pixel_wise_cv(a, b) == pytest.approx(100 * 3 / math.sqrt(2) / 31.5)
    assert math.isnan(pixel_wise_cv([np.nan], [30.0]))


def test_names_and_values_must_match():
    with pytest.raises(BadParameter, match="names"):
        published_table(["1"], TRUTH, T2)

"""A change is held against the repeatability coefficient: closed forms and simulated repeats."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.follow_up import (
    BEYOND,
    ONLY_BEFORE,
    ONLY_NOW,
    PUBLISHED,
    WITHIN,
    Repeatability,
    changes,
    mismatches,
    within_subject_sd,
)


def test_the_coefficient_is_2p77_within_subject_sd() -> None:
    assert Repeatability(1.3, "sd", "own").coefficient(40.0) == pytest.approx(2.7719 * 1.3, rel=1e-4)


def test_the_default_says_14_percent_as_the_qiba_profile_claims() -> None:
    assert PUBLISHED[0].coefficient(100.0) == pytest.approx(14.0, abs=0.2)
    assert "radiol.2021204587" in PUBLISHED[0].source


def test_pairs_give_the_root_of_half_the_mean_squared_difference() -> None:
    pairs = np.array([[35.2, 35.8], [42.6, 44.1], [27.9, 29.1], [35.3, 38.5], [36.6, 38.0]])
    d = pairs[:, 1] - pairs[:, 0]
    assert within_subject_sd(pairs) == pytest.approx(np.sqrt((d**2).mean() / 2))


def test_repeats_of_known_scatter_give_it_back_whatever_the_subjects_are_and_whoever_missed_one() -> None:
    rng = np.random.default_rng(3)
    subjects = rng.normal(38.0, 6.0, (4000, 1))
    repeats = subjects + rng.normal(0.0, 1.5, (4000, 3))
    repeats[::4, 2] = np.nan
    assert within_subject_sd(repeats) == pytest.approx(1.5, rel=0.03)


def test_of_unchanged_regions_five_percent_lie_beyond() -> None:
    rng = np.random.default_rng(4)
    names = [f"region {n}" for n in range(5000)]
    truth = rng.normal(36.0, 5.0, 5000)
    before, now = (dict(zip(names, truth + rng.normal(0.0, 1.2, 5000), strict=True)) for _ in range(2))
    table = changes(before, now, Repeatability(1.2, "sd", "simulated"))
    assert (table["verdict"] == BEYOND).mean() == pytest.approx(0.05, abs=0.01)


def test_regions_are_matched_by_name_and_the_unmatched_are_listed() -> None:
    table = changes(
        {"medial": 35.0, "lateral": 33.0, "patella": 30.0},
        {"patella": 30.5, "trochlea": 31.0, "medial": 41.0},
        Repeatability(1.0, "sd", "own"),
    ).set_index("region")
    assert list(table.index) == ["medial", "lateral", "patella", "trochlea"]
    assert list(table["verdict"]) == [BEYOND, ONLY_BEFORE, WITHIN, ONLY_NOW]
    assert table.loc["medial", "change"] == 6.0
    assert table.loc["medial", "change_percent"] == pytest.approx(100 * 6 / 35)
    assert np.isnan(table.loc["trochlea", "repeatability"])


def test_each_region_may_have_its_own_repeatability() -> None:
    own = {"deep": Repeatability(0.5, "sd", "own"), "superficial": Repeatability(2.0, "sd", "own")}
    table = changes({"deep": 30.0, "superficial": 40.0}, {"deep": 33.0, "superficial": 43.0}, own)
    assert list(table["verdict"]) == [BEYOND, WITHIN]


def test_another_side_or_subject_is_a_warning_and_what_is_not_known_is_none() -> None:
    left = {"side": "left", "number": "a1"}
    assert mismatches(left, {"side": "left", "number": "a1"}) == ()
    assert mismatches(left, {"side": None, "number": None}) == ()
    assert len(mismatches(left, {"side": "right", "number": "b2"})) == 2


@pytest.mark.parametrize("within", [0.0, -1.0, float("nan")])
def test_impossible_scatter_is_refused(within: float) -> None:
    with pytest.raises(BadParameter):
        Repeatability(within, "sd", "own")


def test_one_measurement_a_subject_says_nothing_about_scatter() -> None:
    with pytest.raises(BadParameter, match="twice"):
        within_subject_sd([[35.0, np.nan], [36.0, np.nan]])

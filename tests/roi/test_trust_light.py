"""The light of a region follows the worse of the two signs, and says which."""

from __future__ import annotations

import re

import numpy as np
import pytest

from napari_mrsr.roi.reference_ranges import PUBLISHED, published
from napari_mrsr.roi.trust_light import EXPLANATION, FEWEST, light_of


@pytest.mark.parametrize(
    ("share", "t2", "word"),
    [
        (0.27, 0.0, "good"),  # what noise alone gives
        (0.27, -1.5, "check"),
        (2.0, 0.0, "check"),
        (0.27, 3.0, "doubt"),
        (6.0, 0.0, "doubt"),
        (np.nan, 0.5, "good"),
        (0.3, np.nan, "good"),
        (np.nan, np.nan, "–"),
    ],
)
def test_the_worse_of_noise_and_t2_decides(share: float, t2: float, word: str) -> None:
    assert light_of(500, share, t2).word == word


def test_a_light_says_why_and_a_few_voxels_have_none() -> None:
    assert light_of(500, 2.0, -0.4).why == (
        "2.0 % of voxels off by more than 3 sigma; T2 re-thickened - acquired -0.4 ms"
    )
    few = light_of(FEWEST - 1, 50.0, 10.0)
    assert few.level is None
    assert "too few" in few.why
    assert "0.27 %" in EXPLANATION


def test_published_values_are_those_of_the_abstracts() -> None:
    cartilage = published("Lateral tibial CARTILAGE")
    assert (cartilage[0].mean, cartilage[0].sd) == (36.38, 5.76)  # Pai 2008, all sequences
    assert (published("medial meniscus")[0].mean, published("medial meniscus")[0].sd) == (11.4, 3.9)  # Rauscher 2008
    assert published("posterior cruciate ligament") == ()


def test_every_published_value_has_a_source() -> None:
    for _, values in PUBLISHED:
        for value in values:
            assert re.fullmatch(r"10\.\d{4,}/\S+", value.doi)
            assert value.doi in value.line
            assert "3 T" in value.subjects


@pytest.mark.parametrize(("share", "word"), [(0.99, "good"), (1.01, "check"), (4.99, "check"), (5.01, "doubt")])
def test_the_limits_of_disagreement_are_one_and_five_per_cent(share: float, word: str) -> None:
    assert light_of(500, share, 0.0).word == word


@pytest.mark.parametrize(
    ("t2", "word"), [(1.33, "good"), (-1.35, "check"), (2.89, "check"), (-2.91, "doubt")]
)  # Thomas 2021; half of Pai 2008
def test_the_limits_of_t2_are_the_published_differences(t2: float, word: str) -> None:
    assert light_of(500, 0.2, t2).word == word


def test_one_way_of_being_unlike_the_training_is_enough_to_look_and_no_reason_to_doubt() -> None:
    assert light_of(500, 0.2, 0.1, unlike=1).word == "check"
    assert light_of(500, 0.2, 0.1, apart="echo 2 lies 0.9 mm beside echo 1").word == "check"
    assert light_of(500, 6.0, 0.1, unlike=1).word == "doubt"


def test_the_fewest_voxels_are_enough_and_one_less_is_not() -> None:
    assert light_of(50, 0.2, 0.1).level == "green"
    assert light_of(49, 0.2, 0.1).level is None

"""Phantom cohorts: seeds that never taught, a window around the cartilage, T2 that spreads as in the paper."""

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.mapping import estimate_noise
from napari_mrsr.phantoms import knee
from napari_mrsr.studies.layouts import phantoms
from napari_mrsr.studies.slab import MARGIN, cartilage_slab
from napari_mrsr.training.sources import FIRST_TRAINING_SEED


@pytest.fixture(scope="module")
def one():
    """The second knee of cohort 2."""
    return phantoms.t2_cohort(5).entries[1].load()


def test_seeds_never_taught_and_cohorts_share_none():
    quality = phantoms.quality_cohort(10).origin["seeds"]
    t2 = phantoms.t2_cohort(5).origin["seeds"]
    assert not set(quality) & set(t2)
    assert max(*quality, *t2) < FIRST_TRAINING_SEED == phantoms.FIRST_TEACHING_SEED
    with pytest.raises(BadParameter, match="1 to"):
        phantoms.quality_cohort(0)


@pytest.mark.parametrize("n", [2, 5, 12])
def test_true_t2_spreads_by_5_ms_over_the_subjects(n):
    values = phantoms.spread(n)
    assert np.std(values, ddof=1) == pytest.approx(5.0)
    assert np.mean(values) == pytest.approx(36.4)
    assert len(set(np.round(values, 6))) == n


def test_true_t2_of_a_knee_does_not_hang_on_how_many_others_there_are():
    few, five, many = (phantoms.t2_cohort(n).origin["cartilage_t2_ms"] for n in (2, 5, 12))
    assert few == five[:2]
    assert many[:5] == many[5:10] == five
    assert five == [round(value, 2) for value in phantoms.spread(5)]


def test_the_cartilage_has_the_t2_that_was_asked_for(one):
    wanted = phantoms.t2_cohort(5).origin["cartilage_t2_ms"][1]
    deep, superficial = (np.nanmean(one.t2[one.layers == layer]) for layer in (1, 2))
    assert 0.88 * wanted < (deep + superficial) / 2 < 1.12 * wanted
    assert superficial > deep + 5


def test_slices_of_cohort_2_are_thick_and_quiet(one):
    assert one.scan.spacing[2] == pytest.approx(1.6)
    assert one.labels.shape == one.layers.shape == one.t2.shape == one.scan.shape
    residual = one.scan.array[0] - one.noiseless.array[0]
    sigma = knee(1, shape=(8, 8, 8), spacing=(3.0, 3.0, 3.0)).settings["sigma"]
    bright = one.noiseless.array[0] > 10 * sigma
    assert residual[bright].std() == pytest.approx(sigma / np.sqrt(1.6 / 0.7), rel=0.05)


def test_the_slab_has_room_for_the_widest_network(one):
    slab = cartilage_slab(one)
    assert slab.voxels > 1000
    assert slab.start >= MARGIN
    assert one.scan.shape[slab.axis] - slab.stop >= MARGIN


def test_t2_of_cartilage_can_be_set_and_leaves_the_rest_alone():
    grid = {"shape": (40, 40, 12), "spacing": (1.2, 1.2, 4.0), "noise": False}
    drawn, set_to = knee(5, **grid), knee(5, **grid, cartilage_t2=50.0)
    cartilage = drawn.layers.array[0] > 0
    ratio = set_to.t2.array[0][cartilage] / drawn.t2.array[0][cartilage]
    assert np.allclose(ratio, 50.0 / drawn.subject.t2["cartilage"], rtol=1e-4)
    assert set_to.subject.t2["cartilage"] == 50.0
    assert np.array_equal(drawn.labels.array, set_to.labels.array)
    muscle = drawn.labels.array[0] == 19
    assert np.array_equal(drawn.t2.array[0][muscle], set_to.t2.array[0][muscle])
    with pytest.raises(BadParameter, match="outside"):
        knee(5, **grid, cartilage_t2=200.0)


def test_the_noise_of_cohort_2_can_be_found_from_the_scan(one):
    assert estimate_noise(np.moveaxis(one.scan.array[1], 2, 0)) > 0

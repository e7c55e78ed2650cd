"""A needle's shadow by closed form, on a phantom, and in what a method that erases or keeps it gives."""

import numpy as np
import pytest

from napari_mrsr.phantoms.abdomen.needle import shadow as physics
from napari_mrsr.studies.dynamic import needle
from napari_mrsr.studies.dynamic.interpolations import Way
from napari_mrsr.studies.dynamic.needle_profile import REACH, STEP, bins, shadow, sums
from napari_mrsr.studies.dynamic.phantoms import Made
from napari_mrsr.studies.dynamic.study import Settings

MADE = Made(frames=1, shape=(64, 48, 16), noise=False)


def test_the_width_of_a_gaussian_shadow_is_its_full_width_at_half_maximum():
    d = (np.arange(32) + 0.5) * 0.5
    found = shadow(1 - 0.8 * np.exp(-(d**2) / (2 * 3.0**2)) / np.exp(-(0.25**2) / 18), step=0.5)
    assert found.contrast == pytest.approx(0.8, abs=1e-6)
    assert found.width == pytest.approx(2 * 3.0 * np.sqrt(2 * np.log(2)), abs=0.1)
    assert found.rim == 0


def test_the_shadow_of_the_phantoms_needle_is_measured_where_it_is():
    distance = np.random.default_rng(0).uniform(0, REACH, 400_000).astype(np.float32)
    number = bins(distance, np.ones_like(distance, bool))
    profile = sums(physics(distance), number) / sums(np.ones_like(distance), number)
    middle = (np.arange(len(profile)) + 0.5) * STEP
    assert np.allclose(profile[2:], physics(middle.astype(np.float32))[2:], atol=0.02)
    assert shadow(profile).contrast > 0.95


def test_bins_without_a_voxel_are_passed_over():
    assert shadow([np.nan, 0.5, np.nan, 1.0]).contrast == 0.5
    assert shadow([np.nan, 0.5, np.nan, 1.0]).width == pytest.approx(2 * 2.5)
    assert np.isnan(shadow([np.nan]).contrast)


def test_no_needle_has_no_width():
    assert np.isnan(shadow(np.ones(8)).width)
    assert shadow(np.ones(8)).contrast == 0


class Forgetful:
    """A network that shows the needle until the planning scan taught it that there is none."""

    name = "swift"

    def __init__(self, whole):
        self.whole = whole

    def main(self):
        return Way("swift", "main training", self._series(False), "swift")

    def fine_tuned(self, planning, told, stop):
        return Way("swift fine-tuned", "fine-tuned", self._series(True), "swift"), {}

    def _series(self, erases):
        def series(coarse, like, first):
            for n in range(first, like.volumes):
                yield n, self.whole.array[n] if erases else like.array[n]

        return series


def test_who_shows_it_and_who_erases_it_is_told():
    from napari_mrsr.studies.dynamic.phantoms import frames

    network = Forgetful(frames(1, MADE).scan)
    study = needle.run([1], MADE, [network], Settings((0.25,)), interpolations=("trilinear",))
    table = study.table("needle").frame.set_index("method")
    assert table.loc["truth", "contrast"] > 0.3
    assert table.loc["swift", "of the true"] == pytest.approx(1)
    assert table.loc["swift fine-tuned", "contrast"] == pytest.approx(0, abs=1e-6)
    assert 0.05 < table.loc["trilinear", "of the true"] < 0.95
    assert table.loc["swift", "made up"] == pytest.approx(0, abs=1e-6)
    assert [figure.name for figure in study.figures] == ["needle"]

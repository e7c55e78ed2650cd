"""What a result in plane added, and where it left what was measured, as layers."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.app.in_plane.choices import PlaneSettings
from napari_mrsr.app.in_plane.trusting import in_words
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan

ADDED, MISFIT = "added by cpce 25 % [a.u.]", "misfit z of cpce 25 % [sigma]"


def test_what_a_network_added_and_its_misfit_are_hidden_maps(view: View, head: Scan) -> None:
    view.in_plane.run(PlaneSettings("cpce"))
    view.in_plane.trusting.find()
    added, misfit = (view.viewer.layers[name] for name in (ADDED, MISFIT))
    for layer in (added, misfit):
        assert layer.metadata["mrsr"]["role"] == "trust"
        assert not layer.visible
        assert layer.colorbar.visible
    assert tuple(misfit.contrast_limits) == (-5, 5)
    assert added.metadata["mrsr_scan"].same_grid(head)
    assert misfit.metadata["mrsr_scan"].same_grid(view.in_plane.results["cpce 25 %"].source)
    assert "added" in in_words(view.in_plane.trusting.found["cpce 25 %"])


def test_zero_filling_adds_nothing_and_a_network_does(view: View, head: Scan) -> None:
    for method in ("fourier", "cpce"):
        view.in_plane.run(PlaneSettings(method))
        view.in_plane.trusting.find()
    largest = {
        key: float(np.abs(found.added.array).max()) / float(head.array.max())
        for key, found in view.in_plane.trusting.found.items()
    }
    assert largest["fourier 25 %"] < 1e-4
    assert largest["cpce 25 %"] > 10 * largest["fourier 25 %"]


def test_the_result_that_is_seen_is_judged(view: View, head: Scan) -> None:
    view.in_plane.run(PlaneSettings("cpce"))
    view.in_plane.run(PlaneSettings("cpce-l1"))
    view.look.show_only(["cpce 25 %"])
    view.in_plane.trusting.find()
    assert list(view.in_plane.trusting.found) == ["cpce 25 %"]


def test_another_run_takes_away_what_was_known_of_the_one_before(view: View, head: Scan) -> None:
    view.in_plane.run(PlaneSettings("cpce"))
    view.in_plane.trusting.find()
    view.in_plane.run(PlaneSettings("cpce"))
    assert view.layer(ADDED) is None
    assert view.layer(MISFIT) is None
    assert view.in_plane.trusting.found == {}


@pytest.mark.parametrize("stopped", [False, True])
def test_without_a_whole_result_it_says_what_to_do(view: View, head: Scan, stopped: bool) -> None:
    if stopped:
        view.in_plane.run(PlaneSettings("cpce"))
        view.in_plane.results["cpce 25 %"].share = 0.5
    view.in_plane.trusting.find()
    assert view.session.banner is not None
    assert ("not complete" if stopped else "press Run") in view.session.banner.text
    assert view.in_plane.trusting.found == {}

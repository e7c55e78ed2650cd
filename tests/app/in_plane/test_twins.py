"""A network beside its twin: both are run, arranged with what was added, and flicked between by the keys that exist."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.app import display
from napari_mrsr.app.in_plane.choices import PlaneSettings
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from napari_mrsr.trust.twins import added_by_adversary

FOUR = ["T2w (acquired)", "cpce 25 %", "cpce-l1 25 %", "cpce - cpce-l1 [a.u.]"]


@pytest.mark.parametrize("chosen", ["cpce", "cpce-l1"])
def test_both_are_run_and_stand_in_a_grid_with_what_was_added(view: View, head: Scan, chosen: str) -> None:
    view.in_plane.twins.compare(PlaneSettings(chosen))
    assert list(view.in_plane.results) == ["cpce 25 %", "cpce-l1 25 %"]
    assert view.layouts.now == "four"
    assert [layer.name for layer in view.viewer.layers if layer.visible] == FOUR
    assert view.viewer.canvas.grid.enabled
    one, other = (view.in_plane.results[key].scan.array for key in ("cpce 25 %", "cpce-l1 25 %"))
    shown = view.viewer.layers[FOUR[3]]
    assert shown.metadata["mrsr_scan"].array == pytest.approx(one - other)
    assert shown.colormap.name == display.DARK_DIFFERENCE
    low, high = shown.contrast_limits
    assert low == -high
    assert shown.colorbar.visible


def test_what_was_run_before_is_not_run_again(view: View, head: Scan) -> None:
    view.in_plane.run(PlaneSettings("cpce"))
    result = view.in_plane.results["cpce 25 %"]
    began = []
    view.in_plane.began.connect(began.append)
    view.in_plane.twins.compare(PlaneSettings("cpce"))
    assert [one.key for one in began] == ["cpce-l1 25 %"]
    assert view.in_plane.results["cpce 25 %"] is result
    assert [layer.name for layer in view.viewer.layers if layer.visible] == FOUR


def test_the_pairs_are_acquired_twin_and_input_against_the_adversarial_one(view: View, head: Scan) -> None:
    view.in_plane.twins.compare(PlaneSettings("cpce"))
    found = [(pair.one, pair.other) for pair in view.look.pairs()]
    assert found == [(one, FOUR[1]) for one in (FOUR[0], FOUR[2], "T2w (25 %)")]
    view.look.next_pair()
    assert view.look.pair is not None
    assert view.look.pair.one == FOUR[2]
    assert view.layouts.now == "four"
    assert [layer.name for layer in view.viewer.layers if layer.visible] == FOUR
    view.layouts.choose("side")
    assert [layer.name for layer in view.viewer.layers if layer.visible] == [FOUR[2], FOUR[1]]


def test_what_was_added_can_be_hidden_like_any_map(view: View, head: Scan) -> None:
    view.in_plane.twins.compare(PlaneSettings("cpce"))
    view.layouts.choose("single")
    view.viewer.layers[FOUR[3]].visible = True
    view.look.toggle_maps()
    assert not view.viewer.layers[FOUR[3]].visible


def test_a_method_without_a_twin_says_so(view: View, head: Scan) -> None:
    view.in_plane.twins.compare(PlaneSettings("fourier"))
    assert view.session.banner is not None
    assert "no twin" in view.session.banner.text
    assert view.in_plane.results == {}


def test_another_pair_of_twins_takes_the_place_of_the_first(view: View, head: Scan) -> None:
    view.in_plane.twins.compare(PlaneSettings("cpce"))
    view.in_plane.twins.compare(PlaneSettings("circle"))
    assert FOUR[3] not in view.viewer.layers
    visible = [layer.name for layer in view.viewer.layers if layer.visible]
    assert visible[1:] == ["circle 25 %", "circle-l1 25 %", "circle - circle-l1 [a.u.]"]


def test_how_much_of_what_was_added_is_real() -> None:
    rng = np.random.default_rng(0)
    truth = Scan(1 + rng.random((32, 32, 8)), np.eye(4), names=("T2w",))
    blurred = truth.after("L1", np.full_like(truth.array, 1.5))
    half = truth.after("half of it", (truth.array + 1.5) / 2)
    noise = truth.after("invented", 1.5 + 0.1 * rng.standard_normal(truth.array.shape))
    assert added_by_adversary(half, blurred, truth).real["T2w"] == pytest.approx(1)
    assert added_by_adversary(noise, blurred, truth).real["T2w"] == pytest.approx(0, abs=0.05)
    assert added_by_adversary(blurred, blurred, truth).real["T2w"] == 0
    assert added_by_adversary(noise, blurred).real == {}
    assert added_by_adversary(noise, blurred).size["T2w"] == pytest.approx(0.1 / 1.5, rel=0.1)

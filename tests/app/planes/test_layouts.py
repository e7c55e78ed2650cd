"""Layouts, letters and oblique reformats on a viewer without a window."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils.key_bindings import coerce_keybinding

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.marks import letters, oblique_letters, plane_name, towards
from napari_mrsr.app.memory_order import for_the_screen
from napari_mrsr.app.planes.cross_hair import GAP, go_to, lines
from napari_mrsr.app.planes.oblique import LINE, POINTS
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from tests.app.conftest import dess


@pytest.fixture
def refined(view: View, scan: Scan) -> View:
    """A scan, and it super-resolved."""
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    return view


def state(view: View) -> list[tuple[str, bool]]:
    return [(layer.name, bool(layer.visible)) for layer in view.viewer.layers]


def cells(viewer: ViewerModel) -> list[list[str]]:
    """What napari's grid will draw in each cell."""
    shown = []
    for _, indices in viewer.canvas.grid.iter_viewboxes(viewer.layers):
        shown.append([viewer.layers[i].name for i in indices])
    return shown


def test_side_by_side_shows_exactly_the_pair_and_leaves_everything_as_it_was(refined: View) -> None:
    before = state(refined)
    assert refined.layouts.choose("side")
    assert cells(refined.viewer) == [["S1 (acquired)"], ["S1 SR x2 [tricubic]"]]
    for name in ("S1 (acquired)", "S1 SR x2 [tricubic]"):
        assert refined.viewer.layers[name].name_overlay.visible
    refined.layouts.choose("single")
    assert not refined.viewer.canvas.grid.enabled
    assert state(refined) == before


def test_maps_lie_over_their_own_signal_side_by_side(refined: View) -> None:
    titles = [pair.title for pair in refined.look.pairs()]
    refined.layouts.choose("side")
    refined.look.choose_pair(titles.index("T2"))  # another pair fills the cells anew
    assert cells(refined.viewer) == [
        ["S1 (acquired)", "T2 [ms] (acquired)"],
        ["S1 SR x2 [tricubic]", "T2 [ms] (SR)"],
    ]


def test_two_by_two_is_acquired_and_sr_above_their_t2(refined: View) -> None:
    refined.layouts.choose("four")
    assert refined.viewer.canvas.grid.actual_shape(refined.viewer.layers) == (2, 2)
    assert cells(refined.viewer) == [
        ["S1 (acquired)"], ["S1 SR x2 [tricubic]"], ["T2 [ms] (acquired)"], ["T2 [ms] (SR)"],
    ]  # fmt: skip


def test_g_goes_round_and_passes_over_what_cannot_be_shown(refined: View) -> None:
    seen = []
    for _ in range(4):
        refined.layouts.next()
        seen.append(refined.layouts.now)
    assert seen == ["side", "four", "single", "side"]  # no window, no planes
    refined.viewer.keymap[coerce_keybinding("g")](refined.viewer)
    assert refined.layouts.now == "four"


@pytest.mark.parametrize(
    ("name", "words"), [("side", "run super-resolution first"), ("planes", "no|window"), ("four", "super-resolution")]
)
def test_what_cannot_be_laid_out_is_said_and_nothing_changes(view: View, scan: Scan, name: str, words: str) -> None:
    view.session.adopt(scan)
    before = state(view)
    assert not view.layouts.choose(name)
    assert view.session.banner is not None
    assert any(word in view.session.banner.text for word in words.split("|"))
    assert view.layouts.now == "single"
    assert state(view) == before


def test_a_missing_plugin_is_named_with_what_to_install(
    view: View, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "napari_orthogonal_views.ortho_view_manager", None)
    view.session.adopt(scan)
    assert not view.layouts.choose("planes")
    assert view.session.banner is not None
    assert 'pip install "napari-mrsr[mpr]"' in view.session.banner.text


def test_another_scan_brings_back_the_single_layout(refined: View) -> None:
    refined.layouts.choose("side")
    refined.session.adopt(dess(seed=3))
    assert refined.layouts.now == "single"
    assert not refined.viewer.canvas.grid.enabled


# -- letters and cross-hair --------------------------------------------------------------------------
def test_letters_of_a_plane_that_leans() -> None:
    assert letters(("R→L", "S→I", "A→P"), (1, 0)) == {"top": "S", "bottom": "I", "left": "R", "right": "L"}
    assert plane_name(("R→L", "S→I", "A→P"), (2, 0)) == "axial"
    leaning = oblique_letters((0, 0, -1), (-1, -1, 0))
    assert leaning == {"top": "S", "bottom": "I", "left": "RA", "right": "LP"}
    assert towards((-0.9, 0.1, 0.1)) == "L"
    assert towards((1, -1, 1)) == ""  # to all alike: says nothing


def test_the_cross_hair_stands_at_the_point_in_mm_and_is_open_in_the_middle() -> None:
    ends, colours = lines((47.35, -66.1, 12.0), (1, 2), ("R→L", "S→I", "A→P"))
    horizontal, vertical = ends[:4], ends[4:]
    np.testing.assert_allclose(horizontal[:, 1], -66.1, rtol=1e-6)
    np.testing.assert_allclose(horizontal[1:3, 0], (12.0 - GAP, 12.0 + GAP))
    np.testing.assert_allclose(vertical[:, 0], 12.0)
    assert colours.shape == (8, 4)


def test_going_to_a_place_stays_inside_the_scan(refined: View) -> None:
    viewer = refined.viewer
    go_to(viewer, (1e6, viewer.dims.range[1].start + 2.0, -1e6))
    assert viewer.dims.point[0] == viewer.dims.range[0].stop
    assert viewer.dims.point[1] == pytest.approx(viewer.dims.range[1].start + 2.0, abs=viewer.dims.range[1].step / 2)
    assert viewer.dims.point[2] == viewer.dims.range[2].start


def test_voxels_are_stored_as_the_screen_shows_them_and_stay_what_they_are(scan: Scan) -> None:
    stored = for_the_screen(scan)
    np.testing.assert_array_equal(stored.array, scan.array)
    assert stored.array[0, :, :, 3].T.flags.c_contiguous  # a sagittal slice, rows downwards
    assert stored.names == scan.names


# -- oblique -------------------------------------------------------------------------------------------
def place_three(view: View) -> None:
    """Set three points of an axial plane 2 mm below the middle, as a person would click them."""
    low = [r.start for r in view.viewer.dims.range]
    high = [r.stop for r in view.viewer.dims.range]
    level = (low[1] + high[1]) / 2 + 2.0
    layer = view.layouts.oblique.begin("points")
    layer.data = np.array([[low[0], level, low[2]], [high[0], level, low[2]], [low[0], level, high[2]]])


def test_three_points_give_the_reformat_of_what_is_visible(refined: View) -> None:
    oblique = refined.layouts.oblique
    place_three(refined)
    oblique.refresh()
    assert oblique.model is not None
    (layer,) = oblique.model.layers
    assert layer.name == "oblique S1 SR x2 [tricubic]"
    assert layer.metadata["mrsr"]["role"] == "oblique"
    source = refined.viewer.layers["S1 SR x2 [tricubic]"]
    level = refined.viewer.layers[POINTS].data[0, 1]
    row = (level - source.translate[1]) / source.scale[1]
    between = (1 - row % 1) * source.data[:, int(row)] + (row % 1) * source.data[:, int(row) + 1]
    assert np.nanmax(layer.data) == pytest.approx(between.max(), rel=0.05)
    affine = np.array(layer.metadata["mrsr"]["affine_ras"])
    assert affine[2, 3] == pytest.approx(-level, abs=1e-6)  # the screen counts downwards


def test_the_reformat_shares_its_window_and_follows_a_point(refined: View) -> None:
    oblique = refined.layouts.oblique
    place_three(refined)
    oblique.refresh()
    assert oblique.model is not None
    layer, source = oblique.model.layers[0], refined.viewer.layers["S1 SR x2 [tricubic]"]
    source.contrast_limits = (5.0, 55.0)
    assert tuple(layer.contrast_limits) == (5.0, 55.0)
    before = layer.data.copy()
    points = refined.viewer.layers[POINTS]
    moved = points.data.copy()
    moved[0, 1] += 3.0
    points.data = moved
    oblique.refresh()
    assert layer.data.shape != before.shape or not np.array_equal(layer.data, before)
    oblique.close()
    assert oblique.model is None
    assert refined.layer(POINTS) is None


def test_a_drawn_line_and_a_slab(refined: View) -> None:
    oblique = refined.layouts.oblique
    layer = oblique.begin("line")
    assert layer.name == LINE
    low = np.array([r.start for r in refined.viewer.dims.range])
    high = np.array([r.stop for r in refined.viewer.dims.range])
    middle = (low + high) / 2
    layer.add_lines([np.array([[middle[0], low[1], middle[2]], [middle[0], high[1], middle[2] + 2.0]])])
    oblique.set(thickness=3.0, slab="maximum")
    oblique.refresh()
    assert oblique.model is not None
    thick = oblique.model.layers[0].data.copy()
    oblique.set(thickness=0.0)
    assert thick.mean() > oblique.model.layers[0].data.mean()


@pytest.mark.parametrize("points", [[[0, 0, 0], [0, 1, 1], [0, 2, 2]], [[900, 0, 0], [900, 1, 0], [900, 0, 1]]])
def test_points_that_make_no_plane_give_a_banner(refined: View, points: list[list[float]]) -> None:
    layer = refined.layouts.oblique.begin("points")
    layer.data = np.array(points, dtype=float)
    refined.layouts.oblique.refresh()
    assert refined.session.banner is not None
    assert refined.session.banner.level == "bad"


def test_without_a_scan_or_with_one_slice_or_in_3d_it_is_said(view: View) -> None:
    for prepare, words in (
        (lambda: None, "no scan is open"),
        (lambda: view.session.adopt(Scan(np.ones((8, 8, 1), np.float32), np.eye(4))), "one slice"),
        (lambda: (view.session.adopt(dess()), setattr(view.viewer.dims, "ndisplay", 3)), "3-D display"),
    ):
        prepare()
        assert view.session.attempt(lambda: view.layouts.oblique.begin("points")) is None
        assert view.session.banner is not None
        assert words in view.session.banner.text

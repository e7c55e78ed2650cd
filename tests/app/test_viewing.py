"""What the viewer shows of a session: layers by name, one window for acquired and SR, what is on the screen first."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils.key_bindings import KeymapHandler

from napari_mrsr import superres
from napari_mrsr.app import layers, viewing
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.inference.engine import Tile
from napari_mrsr.mapping.reasons import REASON_TEXTS
from napari_mrsr.scan import Scan

TRICUBIC = RefineSettings(method="tricubic")


def names(view: View) -> list[str]:
    """Return the layer names from bottom to top."""
    return [layer.name for layer in view.viewer.layers]


def test_a_viewer_has_one_view_also_behind_a_proxy(viewer: ViewerModel) -> None:
    from napari.utils._proxies import PublicOnlyProxy

    assert view_of(PublicOnlyProxy(viewer)) is view_of(viewer)
    assert view_of(ViewerModel()) is not view_of(viewer)


def test_a_closed_viewer_is_let_go() -> None:
    viewer = ViewerModel()
    view_of(viewer, run_here)
    gone = weakref.ref(viewer)
    del viewer
    gc.collect()
    assert gone() is None


def test_run_gives_the_layers_of_the_reading_room(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    assert names(view) == [
        "S1 (acquired)",
        "S2 (acquired)",
        "S1 SR x2 [tricubic]",
        "S2 SR x2 [tricubic]",
        "T2 [ms] (acquired)",
        "sigma T2 [ms] (acquired)",
        "T2 reason (acquired)",
        "T2 [ms] (SR)",
        "T2 reason (SR)",
        "dT2 [ms] SR-acq",
    ]
    shown = [layer.name for layer in view.viewer.layers if layer.visible]
    assert "S1 SR x2 [tricubic]" in shown
    assert not any("S2" in name or "T2" in name for name in shown)


def test_every_layer_is_in_millimetres_says_what_it_is_and_lies_on_the_scan(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic", retrospective=True))
    view.session.find_trust()
    assert {layer.metadata["mrsr"]["role"] for layer in view.viewer.layers} == {
        "acquired", "thick", "sr", "t2", "t2_sigma", "reason", "difference", "ssim", "trust",
    }  # fmt: skip
    for layer in view.viewer.layers:
        assert {str(unit) for unit in layer.units} == {"millimeter"}
        assert layer.axis_labels == ("R→L", "S→I", "A→P")
        found = layers.scan_of(layer, view.frame)
        assert found.spacing[:2] == scan.spacing[:2]
        np.testing.assert_allclose(found.affine[:3, 3], scan.affine[:3, 3])


def test_running_again_replaces_the_layers(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    first = names(view)
    view.session.refine(TRICUBIC)
    assert sorted(names(view)) == sorted(first)


def test_another_scan_takes_the_place_of_the_first(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    view.session.adopt(scan.volume(0))
    assert names(view) == ["S1 (acquired)"]


def test_acquired_and_sr_share_one_window_and_sr_never_has_its_own(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    acquired = view.layer("S1 (acquired)")
    acquired.contrast_limits = (5.0, 77.0)
    view.session.refine(TRICUBIC)
    fine = view.layer("S1 SR x2 [tricubic]")
    assert tuple(fine.contrast_limits) == (5.0, 77.0)
    fine.contrast_limits = (1.0, 50.0)
    assert tuple(acquired.contrast_limits) == (1.0, 50.0)
    view.look.reset_window()
    assert tuple(fine.contrast_limits) == tuple(acquired.contrast_limits) != (1.0, 50.0)


def test_t2_maps_are_navia_up_to_80_ms_with_a_colour_bar(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    one, other = view.layer("T2 [ms] (acquired)"), view.layer("T2 [ms] (SR)")
    assert other.colormap.name == "navia"
    assert tuple(other.contrast_limits) == (0.0, 80.0)
    assert other.colorbar.visible
    assert other.colormap.nan_color[3] == 0.0
    view.look.t2_limit(60.0)
    assert tuple(one.contrast_limits) == tuple(other.contrast_limits) == (0.0, 60.0)


def test_the_combined_image_is_the_root_sum_of_squares_in_one_window(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    view.maps.show_combined()
    one, other = view.layer("DESS combined (acquired)"), view.layer("DESS combined (SR)")
    first, second = (np.asarray(view.layer(name).data, float) for name in ("S1 (acquired)", "S2 (acquired)"))
    np.testing.assert_allclose(one.data, np.hypot(first, second), rtol=1e-5)
    assert tuple(one.contrast_limits) == tuple(other.contrast_limits)
    view.session.refine(TRICUBIC)
    assert view.layer("DESS combined (SR)") is None


def test_one_echo_has_no_combined_image_and_the_banner_says_so(view: View, scan: Scan) -> None:
    view.session.adopt(scan.volume(0))
    view.maps.show_combined()
    assert view.session.banner is not None
    assert "both echoes" in view.session.banner.text
    assert view.layer("DESS combined (acquired)") is None


def test_beside_a_t2_map_stands_why_a_voxel_has_no_value(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    values, why = view.layer("T2 [ms] (SR)"), view.layer("T2 reason (SR)")
    assert why.locked
    assert not why.visible
    assert not regions.is_roi(why)
    empty = np.isnan(values.data)
    assert empty.any()
    assert not (np.asarray(why.data)[empty] == 0).any()
    why.visible = True
    air = tuple(int(n) for n in np.argwhere(empty)[0])
    said = why.get_status(tuple(np.array(air) * why.scale + why.translate), world=True)
    assert REASON_TEXTS[int(why.data[air])] in str(said)


def test_tiles_appear_in_the_layer_and_only_those_on_the_screen_are_drawn(
    view: View, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = superres.super_resolve(scan, method="fourier").array
    drawn: list[tuple[int, float]] = []

    def slowly(*_args: Any, **_options: Any) -> Iterator[Tile]:
        layer = view.layer("S1 SR x2 [tricubic]")
        layer.events.set_data.connect(lambda: drawn.append((count[0], float(layer.data[12].max()))))
        for first in range(0, 24, 6):  # slabs of slices: one of them crosses the screen
            count[0] += 1
            where = (slice(0, 24), slice(0, 20), slice(first, first + 6))
            time.sleep(viewing.PAUSE)
            yield Tile(where, fine[(slice(None), *where)], (first + 6) / 24)

    count = [0]
    monkeypatch.setattr(superres, "stream", slowly)
    view.session.adopt(scan)
    shown = view.slice_on_screen(scan, 2, 2)
    seen: list[int] = []
    view.session.refined.connect(lambda _result: seen.extend({n for n, _ in drawn}))
    view.session.refine(RefineSettings(method="tricubic", maps=False))
    assert shown is not None
    assert shown // 6 + 1 in seen
    assert len(set(seen) - {shown // 6 + 1, 4}) == 0  # 4: the end, when everything is drawn once more
    frame = view.frame
    assert frame is not None
    np.testing.assert_array_equal(view.layer("S1 SR x2 [tricubic]").data, frame.to_screen(fine[0]))


@pytest.mark.parametrize("slider", [0, 3, 11])
def test_the_slice_on_the_screen_is_asked_for_first(
    view: View, scan: Scan, monkeypatch: pytest.MonkeyPatch, slider: int
) -> None:
    asked: list[Any] = []

    def stream(*_args: Any, first: Any, **_options: Any) -> Iterator[Tile]:
        asked.append(first)
        yield from ()

    monkeypatch.setattr(superres, "stream", stream)
    view.session.adopt(scan)
    view.viewer.dims.set_current_step(0, slider)
    view.session.refine(TRICUBIC)
    assert asked == [(2, 2 * (scan.shape[2] - 1 - slider))]  # the slider runs from right to left, k from left to right


def test_after_stop_the_layer_says_that_it_is_partial(view: View, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_args: Any, **_options: Any) -> Iterator[Tile]:
        where = (slice(0, 12), slice(0, 20), slice(0, 24))
        yield Tile(where, np.zeros((2, 12, 20, 24), np.float32), 0.5)
        view.session.stop()

    monkeypatch.setattr(superres, "stream", stopped)
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    layer = view.layer("S1 SR x2 [tricubic] (partial)")
    assert layer is not None
    assert layer.metadata["mrsr"]["done"] == 0.5
    assert view.layer("S1 SR x2 [tricubic]") is None


def test_a_layer_that_was_deleted_meanwhile_is_not_missed(
    view: View, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stream(*_args: Any, **_options: Any) -> Iterator[Tile]:
        view.viewer.layers.remove("S1 SR x2 [tricubic]")
        yield Tile((slice(0, 24), slice(0, 20), slice(0, 24)), np.ones((2, 24, 20, 24), np.float32), 1.0)

    monkeypatch.setattr(superres, "stream", stream)
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic", maps=False))
    assert view.layer("S2 SR x2 [tricubic]") is not None
    assert view.session.banner is None


def test_a_scan_that_was_dropped_on_the_canvas_is_taken(view: View, scan: Scan) -> None:
    for data, settings, _ in layers.magnitude_layers(scan):
        view.viewer.add_image(data, **settings)
    assert view.session.scan is scan
    assert names(view) == ["S1 (acquired)", "S2 (acquired)"]
    assert all(layer.locked for layer in view.viewer.layers)


def drop(view: View, scan: Scan) -> None:
    """Add the layers of a scan as napari's reader does."""
    for data, settings, _ in layers.magnitude_layers(scan):
        view.viewer.add_image(data, **settings)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_echoes_dropped_file_by_file_become_one_scan(view: View, scan: Scan, order: tuple[int, int]) -> None:
    for n in order:
        drop(view, scan.volume(n))
    joined = view.session.scan
    assert joined is not None
    assert joined.axis == "echo"
    np.testing.assert_array_equal(joined.array, scan.array)
    assert sorted(names(view)) == ["S1 (acquired)", "S2 (acquired)"]
    assert view.session.banner is not None
    assert "7, 39 ms" in view.session.banner.text
    view.session.refine(TRICUBIC)
    assert view.layer("T2 [ms] (SR)") is not None
    np.testing.assert_array_equal(layers.scan_of(view.layer("S2 (acquired)")).array[0], scan.array[1])


def test_what_is_dropped_later_does_not_throw_away_results(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    before = names(view)
    other = Scan(np.random.default_rng(0).random((8, 8, 4)), np.diag([1, 1, 3.0, 1]), names=("PD",))
    drop(view, other)
    assert names(view) == [*before, "PD (acquired)"]
    assert view.session.scan is scan
    assert view.session.banner is not None
    assert "PD (acquired)" in view.session.banner.text


def test_holding_the_key_flicks_to_the_other_and_releasing_goes_back(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    titles = [pair.title for pair in view.look.pairs()]
    assert titles == ["S1", "S2", "T2"]
    view.look.choose_pair(0)
    one, other = view.layer("S1 (acquired)"), view.layer("S1 SR x2 [tricubic]")
    assert (one.visible, other.visible) == (False, True)
    keyboard = KeymapHandler()
    keyboard.keymap_providers = [view.viewer]
    keyboard.press_key("K")
    assert (one.visible, other.visible) == (True, False)
    keyboard.release_key("K")
    assert (one.visible, other.visible) == (False, True)
    keyboard.press_key("N")
    assert view.look.pair is not None
    assert view.look.pair.title == "S2"
    view.look.choose_pair(titles.index("T2"))
    assert [la.name for la in view.viewer.layers if la.visible] == ["S1 SR x2 [tricubic]", "T2 [ms] (SR)"]


def test_keys_are_bound_and_given_back(view: View, viewer: ViewerModel) -> None:
    bound = {str(key) for key in viewer.keymap}
    assert {"K", "N", "W", "H"} <= bound
    view.close()
    assert not {"K", "N", "W", "H"} & {str(key) for key in viewer.keymap}


def test_h_hides_the_maps_and_shows_t2_again(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    view.look.toggle_maps()
    assert view.layer("T2 [ms] (SR)").visible
    view.look.toggle_maps()
    assert not any(layer.visible for layer in view.maps.found())

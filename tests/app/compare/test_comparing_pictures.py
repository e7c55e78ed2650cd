"""What is compared shares one window whatever happens; pairs, swipe and blink follow the results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.utils.key_bindings import KeymapHandler

from napari_mrsr.app.compare import window_level
from napari_mrsr.app.compare.blinking import Blink
from napari_mrsr.app.compare.windows import PRESETS, Preset, preset_limits, tissue
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.viewing import View
from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan
from tests.app.conftest import dess

TRICUBIC = RefineSettings(method="tricubic", maps=False)
TRILINEAR = RefineSettings(method="trilinear", maps=False)


def refined(view: View, scan: Scan, *settings: RefineSettings) -> View:
    view.session.adopt(scan)
    for each in settings:
        view.session.refine(each)
    return view


def titles(view: View) -> list[str]:
    return [pair.title for pair in view.look.pairs()]


def seen(view: View) -> list[str]:
    return [la.name for la in view.viewer.layers if la.visible]


def assert_windows_are_one(view: View) -> None:
    """Every layer of a volume, and all T2 maps, have one window."""
    groups: dict[Any, set[tuple[float, ...]]] = {}
    for layer in view.viewer.layers:
        group = view.look.windows.group(layer)
        if group is not None:
            groups.setdefault(group, set()).add(tuple(float(v) for v in layer.contrast_limits))
    assert groups
    assert all(len(limits) == 1 for limits in groups.values()), groups


def press(view: View, key: str) -> None:
    keyboard = KeymapHandler()
    keyboard.keymap_providers = [view.viewer]
    keyboard.press_key(key)
    keyboard.release_key(key)


# -- pairs ---------------------------------------------------------------------------------------------
def test_methods_are_paired_and_the_layers_of_the_one_before_stay_hidden(view: View, scan: Scan) -> None:
    refined(view, scan, TRILINEAR, TRICUBIC)
    assert titles(view) == ["S1", "S1, trilinear", "S2", "S2, trilinear"]
    assert view.layer("S1 SR x2 [trilinear]") is not None
    assert "S1 SR x2 [trilinear]" not in seen(view)
    view.look.choose_pair(1)
    assert seen(view) == ["S1 SR x2 [tricubic]"]
    view.look.flip()
    assert seen(view) == ["S1 SR x2 [trilinear]"]


def test_methods_on_different_grids_are_no_pair(view: View, scan: Scan) -> None:
    refined(view, scan, RefineSettings(method="trilinear", factor=3, maps=False), TRICUBIC)
    assert titles(view) == ["S1", "S2"]


def test_a_reference_called_otherwise_is_found_by_its_place(view: View, scan: Scan) -> None:
    refined(view, scan, TRICUBIC)
    result = view.session.result
    assert result is not None
    reference = result.scan.after("measured twice as finely", result.scan.array.copy(), names=("e1", "e2"))
    view.session.reference = reference
    view.session.reference_changed.emit(reference)
    assert titles(view) == ["S1", "S1, reference", "S2", "S2, reference"]
    assert view.look.pairs()[1].one == "e1 (reference)"
    assert_windows_are_one(view)
    view.layer("e1 (reference)").contrast_limits = (4.0, 50.0)
    assert tuple(view.layer("S1 SR x2 [tricubic]").contrast_limits) == (4.0, 50.0)


def test_next_and_previous_walk_through_the_pairs(view: View, scan: Scan) -> None:
    refined(view, scan, TRILINEAR, TRICUBIC)
    walked = []
    for key in ("N", "N", "Shift-N", "Shift-N", "Shift-N"):
        press(view, key)
        assert view.look.pair is not None
        walked.append(view.look.pair.title)
    assert walked == ["S1, trilinear", "S2", "S1, trilinear", "S1", "S2, trilinear"]


# -- windows -------------------------------------------------------------------------------------------
def test_windows_are_one_after_whatever_sets_them(view: View, scan: Scan) -> None:
    refined(view, scan, RefineSettings(method="trilinear", retrospective=True), RefineSettings(method="tricubic"))
    assert_windows_are_one(view)
    one = view.layer("S1 (acquired)")
    fine = view.layer("S1 SR x2 [tricubic]")
    for act in (
        lambda: setattr(fine, "contrast_limits", (2.0, 33.0)),
        lambda: fine.reset_contrast_limits(),  # C, napari's auto-contrast
        lambda: setattr(one, "contrast_limits_range", (0.0, 50.0)),
        *(lambda name=name: view.look.windows.apply(name) for name in PRESETS),
        lambda: press(view, "W"),
        lambda: setattr(fine, "gamma", 1.5),
        lambda: view.look.t2_limit(55.0),
        lambda: view.look.windows.set_level_width(40.0, 30.0),
        lambda: view.session.refine(RefineSettings(method="nearest")),
        lambda: view.look.swipe.show("swipe"),
    ):
        act()
        assert_windows_are_one(view)
    swipe = view.look.swipe.layer
    assert swipe is not None
    swipe.contrast_limits = (7.0, 70.0)
    assert tuple(one.contrast_limits) == (7.0, 70.0)
    assert fine.gamma == 1.5
    assert_windows_are_one(view)


def test_presets_are_percentiles_of_what_was_acquired(view: View, scan: Scan) -> None:
    refined(view, scan, TRICUBIC)
    view.look.windows.apply("As acquired, 1 to 99.5 %")
    for n, name in enumerate(("S1", "S2")):
        expected = np.percentile(scan.array[n], (1.0, 99.5))
        np.testing.assert_allclose(view.layer(f"{name} SR x2 [tricubic]").contrast_limits, expected, rtol=1e-5)
    with pytest.raises(BadParameter, match="no window"):
        view.look.windows.apply("Lung")


def test_tissue_is_told_from_air() -> None:
    rng = np.random.default_rng(0)
    air, knee = np.abs(rng.normal(0, 5, 40_000)), rng.normal(300, 40, 20_000)
    volume = np.concatenate([air, knee]).reshape(60, 40, 25)
    threshold, above = tissue(volume)
    assert 20 < threshold < 200
    assert above.size == pytest.approx(20_000, rel=0.01)
    low, high = preset_limits(Preset("tissue", 0.5, 97.0), volume)
    assert low == pytest.approx(threshold / 2)
    assert high == pytest.approx(np.percentile(knee, 97), rel=0.01)
    assert tissue(np.zeros((2, 2, 2)))[0] == 0.0


def test_a_scan_dropped_beside_keeps_its_own_window(view: View, scan: Scan) -> None:
    from napari_mrsr.app.layers import magnitude_layers

    refined(view, scan, TRICUBIC)
    other = Scan(10 * scan.array[:1], scan.affine, names=("S1",), slice_axis=2)
    data, settings, _ = magnitude_layers(other)[0]
    layer = view.viewer.add_image(data, **{**settings, "name": "another S1"})
    assert tuple(layer.contrast_limits) != tuple(view.layer("S1 (acquired)").contrast_limits)


def test_a_removed_layer_is_let_go_of(view: View, scan: Scan) -> None:
    import gc
    import weakref

    refined(view, scan, TRILINEAR, TRICUBIC)
    gone = weakref.ref(view.layer("S1 SR x2 [trilinear]"))
    view.remove(["S1 SR x2 [trilinear]"])
    gc.collect()
    assert gone() is None


def test_while_something_is_painted_ctrl_drag_is_not_for_the_window(view: View, scan: Scan) -> None:
    from napari_mrsr.app.roi.regions import new_roi

    refined(view, scan, TRICUBIC)
    view.viewer.layers.selection.active = view.layer("S1 (acquired)")
    assert window_level.target(view.viewer) is view.layer("S1 (acquired)")
    roi = new_roi(view)
    assert window_level.target(view.viewer) is None
    roi.mode = "pan_zoom"
    assert window_level.target(view.viewer) is view.layer("S1 SR x2 [tricubic]")


# -- swipe ---------------------------------------------------------------------------------------------
def test_a_swipe_is_one_layer_and_goes_without_a_trace(view: View, scan: Scan) -> None:
    refined(view, scan, TRICUBIC)
    names, before = [la.name for la in view.viewer.layers], seen(view)
    press(view, "J")
    assert seen(view) == ["S1 (acquired) | S1 SR x2 [tricubic]"]
    assert view.layer(seen(view)[0]).metadata["mrsr"]["role"] == "swipe"
    press(view, "Shift-J")
    assert seen(view) == ["tiles: S1 (acquired) / S1 SR x2 [tricubic]"]
    press(view, "Shift-J")
    assert [la.name for la in view.viewer.layers] == names
    assert seen(view) == before


def test_the_swipe_shows_both_pictures_in_every_plane(view: View, scan: Scan) -> None:
    refined(view, scan, TRICUBIC)
    fine = np.asarray(view.layer("S1 SR x2 [tricubic]").data)
    view.look.swipe.show("swipe")
    for order in ((0, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1)):
        view.viewer.dims.order = order
        view.viewer.dims.set_current_step(0, 8)  # between two acquired slices
        view.look.swipe.move(0.5)
        layer = view.look.swipe.layer
        assert layer is not None
        picture = np.asarray(layer._slice.image.raw)
        step = view.viewer.dims.current_step[order[0]]
        expected = np.moveaxis(fine, order, (0, 1, 2))[step]
        right = slice(picture.shape[1] // 2 + 2, None)
        np.testing.assert_array_equal(picture[:, right], expected[:, right])
        left = slice(None, picture.shape[1] // 2)
        assert not np.array_equal(picture[:, left], expected[:, left])


@pytest.mark.parametrize("act", ["new result", "new scan", "deleted", "swipe deleted", "3-D", "flicker"])
def test_the_swipe_leaves_when_what_it_shows_changes(view: View, scan: Scan, act: str) -> None:
    refined(view, scan, TRICUBIC)
    view.look.swipe.show("swipe")
    acts = {
        "new result": lambda: view.session.refine(TRILINEAR),
        "new scan": lambda: view.session.adopt(dess(seed=1)),
        "deleted": lambda: view.viewer.layers.remove(view.layer("S1 SR x2 [tricubic]")),
        "swipe deleted": lambda: view.viewer.layers.remove(view.look.swipe.layer),
        "3-D": lambda: setattr(view.viewer.dims, "ndisplay", 3),
        "flicker": lambda: press(view, "K"),
    }
    acts[act]()
    assert view.look.swipe.mode is None
    assert not [la for la in view.viewer.layers if la.metadata.get("mrsr", {}).get("role") == "swipe"]
    assert seen(view)


def test_after_a_flick_everything_is_seen_as_before(view: View, scan: Scan) -> None:
    """A T2 map over the picture, and both pictures side by side, come back when the key is released."""
    refined(view, scan, TRICUBIC)
    view.session.map_t2(view.session.t2)
    for names in (
        ["S1 SR x2 [tricubic]", "T2 [ms] (SR)"],
        ["S1 (acquired)", "S1 SR x2 [tricubic]"],
    ):
        view.look.choose_pair(0)
        view.look.show_only(names)
        before = sorted(la.name for la in view.viewer.layers if la.visible)
        flick = view.look.flicker()
        next(flick)
        assert sorted(la.name for la in view.viewer.layers if la.visible) != before
        next(flick, None)
        assert sorted(la.name for la in view.viewer.layers if la.visible) == before


def test_the_next_pair_is_swiped_too(view: View, scan: Scan) -> None:
    refined(view, scan, TRICUBIC)
    press(view, "J")
    press(view, "N")
    assert seen(view) == ["S2 (acquired) | S2 SR x2 [tricubic]"]
    press(view, "J")
    assert seen(view) == ["S1 (acquired)", "S1 SR x2 [tricubic]"]


def test_without_a_pair_the_keys_say_why(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    for key in ("J", "Shift-J", "Shift-K"):
        view.session.quiet()
        press(view, key)
        assert "Process dock" in view.session.banner.text  # type: ignore[union-attr]


# -- blink ---------------------------------------------------------------------------------------------
class Clock:
    """Remembers what it was told."""

    def __init__(self, call: Any) -> None:
        self.call, self.paces, self.on = call, [], False

    def start(self, milliseconds: int) -> None:
        self.paces.append(milliseconds)
        self.on = True

    def stop(self) -> None:
        self.on = False


def test_blinking_warns_once_and_keeps_to_safe_rates(view: View, scan: Scan) -> None:
    refined(view, scan, TRICUBIC)
    clocks: list[Clock] = []
    blink = view.look.blink = Blink(view.look, lambda call: clocks.append(Clock(call)) or clocks[-1])
    assert not blink.running
    blink.toggle()
    assert "epilepsy" in view.session.banner.text  # type: ignore[union-attr]
    assert clocks[0].paces == [500]  # 2 changes a second, as the preferences say
    blink.rate = 30.0
    assert clocks[0].paces[-1] == 333
    view.look.choose_pair(0)
    clocks[0].call()
    assert seen(view) == ["S1 (acquired)"]
    clocks[0].call()
    assert seen(view) == ["S1 SR x2 [tricubic]"]
    blink.toggle()
    assert view.session.banner is None  # how to stop it needs no saying any more
    blink.toggle()
    assert view.session.banner is None
    view.session.refine(TRILINEAR)
    assert not blink.running
    assert not clocks[0].on

"""Painting by the picture on a viewer without a window: what is painted, what stays, what each refusal says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils._test_utils import read_only_mouse_event
from napari.utils.interactions import (
    mouse_double_click_callbacks,
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.painting import fluid_view
from napari_mrsr.app.painting.guide import find_guide
from napari_mrsr.app.painting.painted import plane_of
from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from tests.app.conftest import dess

#: Row and column of the ball's middle on the screen, voxels.
MIDDLE = (10, 12)


@pytest.fixture
def scan() -> Scan:
    """A ball in 12 slices."""
    return dess((24, 20, 12))


@pytest.fixture
def labels(view: View, scan: Scan) -> Labels:
    """Empty labels on the open scan."""
    view.session.adopt(scan)
    return regions.new_roi(view)


@pytest.fixture
def ball(view: View, labels: Labels) -> np.ndarray:
    """Where the ball is, on the grid of the labels."""
    layer = view.layer("S1 (acquired)")
    assert layer is not None
    return np.asarray(layer.data) > 30


def paint(view: View, found: dict[int, np.ndarray]) -> None:
    plane_of(view).write(found)


def go(view: View, index: int, axis: int = 0) -> None:
    view.viewer.dims.set_current_step(axis, index)


def said(view: View) -> str:
    return "" if view.session.banner is None else view.session.banner.text


def events(
    layer: Labels, view: View, voxels: list[tuple[float, ...]], modifiers: tuple[str, ...] = ()
) -> Iterator[Any]:
    kinds = ["mouse_press", *["mouse_move"] * (len(voxels) - 2), "mouse_release"]
    for kind, voxel in zip(kinds, voxels, strict=True):
        yield read_only_mouse_event(
            type=kind, button=1, is_dragging=kind == "mouse_move", modifiers=list(modifiers),
            position=tuple(layer.data_to_world(voxel)), dims_displayed=list(view.viewer.dims.displayed),
        )  # fmt: skip


def drag(view: View, layer: Labels, *voxels: tuple[float, ...], modifiers: tuple[str, ...] = ()) -> None:
    """Press at the first voxel, move over the others, release at the last."""
    calls = {
        "mouse_press": mouse_press_callbacks,
        "mouse_move": mouse_move_callbacks,
        "mouse_release": mouse_release_callbacks,
    }
    for event in events(layer, view, [*voxels, voxels[-1]], modifiers):
        calls[event.type](layer, event)


# -- slice by slice --------------------------------------------------------------------------------------
def test_propagation_follows_the_ball_to_both_sides_and_moves_the_slider(view: View, labels: Labels, ball: Any) -> None:
    paint(view, {6: ball[6]})
    view.painting.propagate_next()
    view.painting.propagate_next()
    assert view.viewer.dims.current_step[0] == 8
    go(view, 6)
    view.painting.propagate_previous()
    assert view.viewer.dims.current_step[0] == 5
    for z in (5, 7, 8):
        assert np.count_nonzero((labels.data[z] == 1) != ball[z]) <= 0.08 * ball[z].sum()
    labels.undo()
    assert not labels.data[5].any()
    assert labels.data[7].any()


def test_propagation_works_in_another_plane(view: View, labels: Labels, ball: Any) -> None:
    view.viewer.dims.order = (2, 0, 1)
    go(view, 12, axis=2)
    plane = plane_of(view)
    assert (plane.axis, plane.spacing) == (2, (0.5, 1.5, 0.5))
    paint(view, {12: ball[:, :, 12]})
    np.testing.assert_array_equal(labels.data[:, :, 12] == 1, ball[:, :, 12])
    view.painting.propagate_next()
    assert view.viewer.dims.current_step[2] == 13
    assert np.count_nonzero((labels.data[:, :, 13] == 1) != ball[:, :, 13]) <= 0.1 * ball[:, :, 13].sum()
    labels.undo()
    assert not labels.data[:, :, 13].any()


def test_a_painted_slice_is_never_written_over_by_propagation(view: View, labels: Labels, ball: Any) -> None:
    dot = np.zeros_like(ball[0])
    dot[MIDDLE] = True
    paint(view, {6: ball[6], 7: dot})
    view.painting.propagate_next()
    np.testing.assert_array_equal(labels.data[7] == 1, dot)
    assert "painted in this slice already" in said(view)


def test_preserved_labels_stay(view: View, labels: Labels, ball: Any) -> None:
    labels.data[7][MIDDLE] = 3
    paint(view, {6: ball[6]})
    labels.preserve_labels = True
    view.painting.propagate_next()
    assert labels.data[7][MIDDLE] == 3
    labels.undo()
    labels.preserve_labels = False
    go(view, 6)
    view.painting.propagate_next()
    assert labels.data[7][MIDDLE] == 1


def test_holes_are_filled_in_the_slice_on_the_screen_alone(view: View, labels: Labels, ball: Any) -> None:
    ring = ball[6].copy()
    ring[MIDDLE] = False
    paint(view, {6: ring, 5: ring})
    view.painting.fill_holes()
    assert labels.data[6][MIDDLE] == 1
    assert labels.data[5][MIDDLE] == 0
    view.painting.fill_holes()
    assert "no holes" in said(view)


# -- between painted slices --------------------------------------------------------------------------------
def test_filling_in_between_is_one_undo_and_says_what_it_did(view: View, labels: Labels, ball: Any) -> None:
    paint(view, {2: ball[2], 9: ball[9]})
    view.painting.interpolate()
    found = labels.data == 1
    assert np.count_nonzero(found[2:10] != ball[2:10]) <= 0.02 * ball.sum()
    assert not found[[1, 10]].any()
    assert "6 slices between 2 painted ones" in said(view)
    labels.undo()
    assert [int(z) for z in np.flatnonzero(labels.data.any(axis=(1, 2)))] == [2, 9]
    labels.redo()
    np.testing.assert_array_equal(labels.data == 1, found)


def test_a_corrected_slice_guides_the_next_filling_in(view: View, labels: Labels, ball: Any) -> None:
    paint(view, {2: ball[2], 9: ball[9]})
    view.painting.interpolate()
    half = ball[5].copy()
    half[:, 12:] = False
    plane_of(view).write({5: half}, replace=True)
    view.painting.interpolate()
    np.testing.assert_array_equal(labels.data[5] == 1, half)
    assert "between 3 painted ones" in said(view)
    view.painting.interpolate()
    assert "nothing changed" in said(view)


def test_other_labels_are_filled_in_apart(view: View, labels: Labels, ball: Any) -> None:
    left, right = ball.copy(), ball.copy()
    left[:, :, 12:], right[:, :, :12] = False, False
    paint(view, {2: left[2], 9: left[9]})
    labels.selected_label = 2
    paint(view, {3: right[3], 8: right[8]})
    view.painting.interpolate()
    assert sorted(np.flatnonzero((labels.data == 1).any(axis=(1, 2)))) == [2, 9]
    assert sorted(np.flatnonzero((labels.data == 2).any(axis=(1, 2)))) == list(range(3, 9))


def test_what_was_painted_meanwhile_is_not_written_over(view: View, labels: Labels, ball: Any) -> None:
    waiting: list[Any] = []
    view.session._runner = lambda compute, receive, ended: waiting.append((compute, receive, ended))
    paint(view, {2: ball[2], 9: ball[9]})
    view.painting.interpolate()
    view.painting.interpolate()
    assert len(waiting) == 1
    assert "wait" in said(view)
    dot = np.zeros_like(ball[0])
    dot[MIDDLE] = True
    paint(view, {5: dot})
    compute, receive, ended = waiting.pop()
    for event in compute():
        receive(event)
    ended()
    np.testing.assert_array_equal(labels.data[5] == 1, dot)
    assert labels.data[6].any()


def test_a_layer_deleted_meanwhile_is_no_harm(view: View, labels: Labels, ball: Any) -> None:
    waiting: list[Any] = []
    view.session._runner = lambda compute, receive, ended: waiting.append((compute, receive, ended))
    paint(view, {2: ball[2], 9: ball[9]})
    view.painting.interpolate()
    view.viewer.layers.remove(labels)
    compute, receive, ended = waiting.pop()
    for event in compute():
        receive(event)
    ended()
    assert not view.painting.busy


# -- the guide -------------------------------------------------------------------------------------------
def test_labels_on_the_super_resolved_grid_are_guided_by_it(view: View, labels: Labels) -> None:
    view.session.refine(RefineSettings(method="tricubic", maps=False))
    fine = regions.new_roi(view, name="fine")
    guide = find_guide(view, fine)
    assert guide.same_grid
    assert guide.name.startswith("S1 SR x2")
    result = view.session.result
    assert result is not None
    shown = view.frame_for(result.scan).to_screen(result.scan.array)
    seen = guide.channels((slice(3, 5), slice(2, 9), slice(0, 24)))
    np.testing.assert_allclose(seen[0], shown[0][3:5, 2:9], rtol=1e-5)
    np.testing.assert_allclose(seen[1], (shown[0] - 1.2 * shown[1])[3:5, 2:9], rtol=1e-4, atol=1e-2)
    assert find_guide(view, labels).name.startswith("S1 (acquired)")  # coarse labels have their own picture


def test_labels_on_another_grid_get_the_picture_resampled(view: View, labels: Labels) -> None:
    half = view.viewer.add_labels(
        np.zeros((12, 40, 48), np.uint8), name="half", scale=(1.5, 0.25, 0.25), units=labels.units,
        translate=labels.translate,
    )  # fmt: skip
    guide = find_guide(view, half)
    assert not guide.same_grid
    layer = view.layer("S1 (acquired)")
    assert layer is not None
    seen = guide.channels((slice(4, 6), slice(0, 40), slice(0, 48)), only=0)[0]
    np.testing.assert_allclose(seen[:, ::2, ::2], layer.data[4:6], rtol=1e-4)
    np.testing.assert_allclose(seen[:, 1:-1:2, ::2], (layer.data[4:6, :-1] + layer.data[4:6, 1:]) / 2, rtol=1e-4)


def test_the_fluid_suppressed_view_is_shown_instead_of_other_images(view: View, labels: Labels) -> None:
    assert fluid_view.show(view)
    layer = view.layer("S1 - 1.2 S2 (acquired)")
    assert layer is not None
    assert [la.name for la in view.viewer.layers if la.visible] == [layer.name, labels.name]
    one, two = (np.asarray(view.viewer.layers[n].data) for n in ("S1 (acquired)", "S2 (acquired)"))
    np.testing.assert_allclose(layer.data, one - 1.2 * two, rtol=1e-4, atol=1e-2)
    fluid_view.hide(view)
    assert [la.name for la in view.viewer.layers if la.visible] == ["S1 (acquired)", labels.name]
    view.session.refine(RefineSettings(method="tricubic", maps=False))
    assert fluid_view.show(view)
    assert view.layer("S1 - 1.2 S2 (SR)").visible  # type: ignore[union-attr]


def test_one_echo_has_no_fluid_suppressed_view(view: View, scan: Scan) -> None:
    assert not fluid_view.show(view)
    assert "no scan is open" in said(view)
    view.session.adopt(scan.volume(0))
    assert not fluid_view.show(view)
    assert "needs both" in said(view)


# -- the mouse -------------------------------------------------------------------------------------------
def test_a_stroke_of_the_smart_brush_paints_the_tissue_it_began_on(view: View, labels: Labels, ball: Any) -> None:
    labels.brush_size = 7
    view.painting.use_brush(True)
    rim = int(np.flatnonzero(ball[6][10])[0])
    drag(view, labels, (6, 10, rim + 1), (6, 12, rim + 1), (6, 14, rim + 2))
    painted = labels.data[6] == 1
    assert painted.sum() > 20
    assert not (painted & ~ball[6]).any()
    assert not labels.data[[5, 7]].any()
    labels.undo()
    assert not labels.data.any()


@pytest.mark.parametrize("way", ["shift", "label 0"])
def test_it_erases_with_shift_and_with_label_0(view: View, labels: Labels, ball: Any, way: str) -> None:
    paint(view, {6: np.ones_like(ball[6])})
    labels.brush_size = 7
    view.painting.use_brush(True)
    if way == "label 0":
        labels.selected_label = 0
    air = (6, 10, int(np.flatnonzero(ball[6][10])[0]) - 2)
    drag(view, labels, air, air, modifiers=("Shift",) if way == "shift" else ())
    erased = labels.data[6] == 0
    assert erased.any()
    assert not (erased & ball[6]).any()
    labels.undo()
    assert labels.data[6].all()


def test_the_smart_brush_stands_in_for_paint_mode_and_gives_it_back(view: View, labels: Labels) -> None:
    view.painting.use_brush(True)
    assert labels.mode == "paint"
    labels.mode = "pan_zoom"  # as the space bar does
    labels.mode = "paint"
    names = [getattr(f, "__name__", "") for f in labels.mouse_drag_callbacks]
    assert names.count("_stroke") == 1
    assert "draw" not in names
    view.painting.use_brush(False)
    names = [getattr(f, "__name__", "") for f in labels.mouse_drag_callbacks]
    assert names.count("draw") == 1
    assert "_stroke" not in names


def test_in_the_fluid_suppressed_view_the_brush_goes_by_it(view: View, labels: Labels) -> None:
    scan = view.session.scan
    assert scan is not None
    shown = view.frame_for(scan).to_screen(scan.array)  # views: what is written is seen
    shown[0][6] = 100.0
    shown[1][6], shown[1][6][:, 12:] = 30.0, 83.0  # alike in echo 1, fluid on the right in the fluid-suppressed view
    labels.brush_size = 9
    view.painting.use_brush(True)
    drag(view, labels, (6, 10, 10), (6, 10, 10))
    assert labels.data[6][:, 12:].any()
    labels.undo()
    fluid_view.show(view)
    drag(view, labels, (6, 10, 10), (6, 10, 10))
    assert labels.data[6].any()
    assert not labels.data[6][:, 12:].any()


def test_a_livewire_around_the_ball_fills_it_as_one_undo(view: View, labels: Labels, ball: Any) -> None:
    view.painting.use_wire(True)
    rows, columns = np.nonzero(ball[6])
    corners = [(rows.min(), 12), (10, columns.max()), (rows.max(), 12), (10, columns.min())]
    for row, column in corners:
        drag(view, labels, (6, row, column), (6, row, column))
    preview = view.layer("livewire")
    assert preview is not None
    assert preview.units == labels.units
    assert preview.shape_type == ["path"]  # a polygon would be drawn closed
    last = (6.0, float(corners[-1][0]), float(corners[-1][1]))
    mouse_move_callbacks(labels, next(events(labels, view, [last, last])))
    mouse_double_click_callbacks(labels, next(events(labels, view, [last, last])))
    found = labels.data[6] == 1
    assert 2 * np.count_nonzero(found & ball[6]) / (found.sum() + ball[6].sum()) > 0.93
    assert view.layer("livewire") is None
    labels.undo()
    assert not labels.data.any()


def test_points_of_the_wire_are_taken_back_and_another_tool_ends_it(view: View, labels: Labels) -> None:
    heard: list[bool] = []
    view.painting.wire.changed.connect(heard.append)
    view.painting.use_wire(True)
    for row, column in ((4, 12), (10, 19)):
        drag(view, labels, (6, row, column), (6, row, column))
    wire = view.painting.wire
    wire.back()
    assert (len(wire.wires), len(wire.parts)) == (1, 0)
    view.painting.use_brush(True)
    assert view.painting.brush.on
    assert not wire.on
    assert view.layer("livewire") is None
    assert heard == [True, False]
    assert labels.mode == "paint"


def test_a_deleted_layer_ends_its_tools(view: View, labels: Labels) -> None:
    view.painting.use_brush(True)
    view.viewer.layers.remove(labels)
    assert not view.painting.brush.on


# -- refusals --------------------------------------------------------------------------------------------
ACTIONS = ("propagate_next", "propagate_previous", "interpolate", "fill_holes")


def act(view: View, action: str) -> str:
    """Do it as the buttons do, and return what the banner says."""
    view.session.quiet()
    getattr(view.painting, action)(*((True,) if action.startswith("use") else ()))
    return said(view)


def test_without_labels_each_action_says_how_to_make_them(view: View) -> None:
    for action in (*ACTIONS, "use_brush", "use_wire"):
        assert "press New ROI" in act(view, action)


def test_nothing_painted(view: View, labels: Labels) -> None:
    for action in ACTIONS:
        assert "medial femoral cartilage is not painted" in act(view, action)
    assert not labels.data.any()


@pytest.mark.parametrize(
    ("state", "words"),
    [("3-D", "work on slices"), ("locked", "is locked"), ("hidden", "is hidden"), ("label 0", "label 0 is no region")],
)
def test_states_in_which_nothing_can_be_painted(view: View, labels: Labels, ball: Any, state: str, words: str) -> None:
    paint(view, {6: ball[6]})
    before = labels.data.copy()
    if state == "3-D":
        view.viewer.dims.ndisplay = 3
    elif state == "locked":
        labels.locked = True
    elif state == "hidden":
        labels.visible = False
    else:
        labels.selected_label = 0
    for action in (*ACTIONS, "use_wire"):
        assert words in act(view, action)
    answer = act(view, "use_brush")
    assert view.painting.brush.on == (state == "label 0")  # which erases
    assert state == "label 0" or words in answer
    np.testing.assert_array_equal(labels.data, before)


def test_one_painted_slice_and_neighbours_leave_nothing_to_fill_in(view: View, labels: Labels, ball: Any) -> None:
    paint(view, {6: ball[6]})
    view.painting.interpolate()
    assert "in one slice only" in said(view)
    paint(view, {7: ball[7]})
    view.painting.interpolate()
    assert "no slice lies between" in said(view)


def test_the_last_slice(view: View, labels: Labels, ball: Any) -> None:
    paint(view, {11: ball[6]})
    go(view, 11)
    view.painting.propagate_next()
    assert "the last slice" in said(view)


def test_without_an_image_shapes_alone_are_interpolated_and_propagation_refuses(
    viewer: ViewerModel, view: View
) -> None:
    layer = viewer.add_labels(np.zeros((9, 30, 30), np.uint8))
    for z in (1, 7):
        layer.data[z, 8:20, 8:20] = 1
    go(view, 1)
    view.painting.propagate_next()
    assert "no image to paint by" in said(view)
    view.painting.use_brush(True)
    assert "no image to paint by" in said(view)
    view.painting.interpolate()
    assert (layer.data == 1).sum() == 7 * 144
    assert "by shape alone" in said(view)


def test_labels_beside_or_turned_against_the_image_are_refused(view: View, labels: Labels, ball: Any) -> None:
    paint(view, {6: ball[6]})
    labels.translate = labels.translate + np.array([0.0, 500.0, 0.0])
    view.painting.propagate_next()
    assert "lies beside" in said(view)
    labels.translate = labels.translate - np.array([0.0, 500.0, 0.0])
    labels.rotate = (10.0, 0.0, 0.0)
    view.painting.propagate_next()
    assert "is turned against the image" in said(view)


def test_closing_the_view_lets_go_of_keys_and_mouse(view: View, labels: Labels) -> None:
    view.painting.use_brush(True)
    view.close()
    assert not view.painting.brush.on
    assert "_stroke" not in [getattr(f, "__name__", "") for f in labels.mouse_drag_callbacks]

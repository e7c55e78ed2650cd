"""Lengths are those of the patient: in every plane, with unequal spacing, in oblique scans; by click and by drag."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_mrsr.app.measuring.calliper_layers import LAYERS
from napari_mrsr.app.measuring.callipers import Callipers
from napari_mrsr.app.measuring.profiles import histogram, line_curves
from napari_mrsr.app.viewing import View
from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.scan import Scan


@pytest.fixture
def callipers(view: View, scan: Scan) -> Callipers:
    """Callipers over a sagittal scan of 0.5 x 0.5 x 1.5 mm."""
    view.session.adopt(scan)
    return Callipers(view)


def mouse(callipers: Callipers, *places: Any, kind: str = "click") -> None:
    """Click at places one after the other, or drag from the first to the last."""
    viewer = callipers.view.viewer
    if kind == "click":
        for place in places:
            event = SimpleNamespace(position=place, button=1, type="mouse_press")
            callipers._move(viewer, event)
            steps = callipers._press(viewer, event)
            next(steps, None)
            event.type = "mouse_release"
            next(steps, None)
        return
    event = SimpleNamespace(position=places[0], button=1, type="mouse_press")
    steps = callipers._press(viewer, event)
    next(steps)
    for place in places[1:]:
        event.position, event.type = place, "mouse_move"
        next(steps)
    event.type = "mouse_release"
    next(steps, None)


@pytest.mark.parametrize("kind", ["click", "drag"])
def test_two_clicks_or_a_drag_give_the_length_in_mm(callipers: Callipers, kind: str) -> None:
    view = callipers.view
    z, y, x = view.viewer.dims.point
    told = []
    callipers.changed.connect(lambda: told.append(len(callipers.lines())))
    callipers.begin("calliper")
    mouse(callipers, (z, y, x), (z, y + 3, x + 4), kind=kind)
    (line,) = callipers.lines()
    assert line.length == pytest.approx(5.0)
    layer = view.layer(LAYERS["calliper"])
    assert list(layer.text.values) == ["5.0 mm"]
    assert layer.metadata["mrsr"]["role"] == "measure"
    assert {str(unit) for unit in layer.units} == {"millimeter"}
    assert told[-1] == 1
    callipers.end()
    assert len(callipers.lines()) == 1


@pytest.mark.parametrize(("order", "end", "length"), [((1, 0, 2), (6, 0, 8), 10.0), ((2, 1, 0), (9, 12, 0), 15.0)])
def test_in_the_other_planes_the_slice_spacing_counts(
    callipers: Callipers, order: tuple[int, ...], end: tuple[float, ...], length: float
) -> None:
    viewer = callipers.view.viewer
    viewer.dims.order = order
    here = np.array(viewer.dims.point)
    callipers.begin("calliper")
    mouse(callipers, here, here + end)
    assert callipers.lines()[0].length == pytest.approx(length)
    shape = callipers.view.layer(LAYERS["calliper"]).data[0]
    assert np.ptp(shape[:, order[0]]) == pytest.approx(0.0)  # it lies in the plane on the screen


@pytest.mark.parametrize("shear", [0.0, 0.2])
def test_in_an_oblique_scan_the_length_is_that_between_the_points_of_the_patient(view: View, shear: float) -> None:
    a, b = 0.3, 0.2
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1.0]])
    turn = turn @ np.array([[1, 0, shear], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([0.5, 0.7, 3.0])
    affine[:3, 3] = (-10, 20, 5)
    view.session.adopt(Scan(np.random.default_rng(0).random((1, 20, 24, 8)), affine, names=("PD",), slice_axis=2))
    callipers = Callipers(view)
    voxels = np.array([[4, 6, 3], [15, 20, 6]])
    patient = (affine @ np.c_[voxels, [1, 1]].T)[:3].T
    frame = view.frame
    assert frame is not None
    layer = view.layer("PD (acquired)")
    screen = []
    for voxel in voxels:
        mark = np.zeros((20, 24, 8))
        mark[tuple(voxel)] = 1
        screen.append(layer.data_to_world(np.argwhere(frame.to_screen(mark))[0]))
    callipers.draw("calliper", *screen)
    assert callipers.lines()[0].length == pytest.approx(np.linalg.norm(patient[1] - patient[0]))
    np.testing.assert_allclose(callipers.in_patient(screen[0]), patient[0], atol=1e-6)


def test_lines_are_removed_one_at_a_time_and_the_last_takes_its_layer(callipers: Callipers) -> None:
    p = np.array(callipers.view.viewer.dims.point)
    callipers.draw("calliper", p, p + np.array([0, 1, 0]))
    callipers.draw("calliper", p, p + np.array([0, 2, 0]))
    callipers.draw("line profile", p, p + np.array([0, 3, 0]))
    callipers.remove(callipers.lines()[0])
    assert [round(line.length) for line in callipers.lines()] == [2, 3]
    assert list(callipers.view.layer(LAYERS["calliper"]).text.values) == ["2.0 mm"]
    callipers.remove(callipers.lines()[0])
    assert callipers.view.layer(LAYERS["calliper"]) is None
    assert [line.tool for line in callipers.lines()] == ["line profile"]


def test_the_brush_rests_while_a_tool_is_on_and_comes_back(callipers: Callipers) -> None:
    from napari_mrsr.app.roi import regions

    viewer = callipers.view.viewer
    roi = regions.new_roi(callipers.view)
    callipers.begin("calliper")
    assert viewer.layers.selection.active is callipers.view.layer(LAYERS["calliper"])
    callipers.begin("line profile")
    assert callipers.tool == "line profile"
    assert len(viewer.mouse_drag_callbacks) == len(set(viewer.mouse_drag_callbacks))
    callipers.end()
    assert viewer.layers.selection.active is roi
    assert not [layer for layer in viewer.layers if layer.name in LAYERS.values()]  # nothing was drawn
    assert callipers._press not in viewer.mouse_drag_callbacks


def test_a_layer_deleted_while_it_is_drawn_in_ends_the_tool(callipers: Callipers) -> None:
    viewer = callipers.view.viewer
    p = np.array(viewer.dims.point)
    callipers.begin("calliper")
    mouse(callipers, p)
    viewer.layers.remove(LAYERS["calliper"])
    assert callipers.tool is None
    assert callipers.lines() == []
    callipers.begin("calliper")
    mouse(callipers, p, p + np.array([0, 3, 4]))
    assert callipers.lines()[0].length == pytest.approx(5.0)


def test_a_line_moved_by_hand_says_its_new_length(callipers: Callipers) -> None:
    p = np.array(callipers.view.viewer.dims.point)
    callipers.draw("calliper", p, p + np.array([0, 0, 4]))
    layer = callipers.view.layer(LAYERS["calliper"])
    layer.data = [layer.data[0] + np.array([[0, 0, 0], [0, 0, 8]])]  # 8 columns of 0.5 mm further
    assert callipers.lines()[0].length == pytest.approx(8.0)
    assert list(layer.text.values) == ["8.0 mm"]


def test_no_scan_and_three_dimensions_are_said(view: View, scan: Scan) -> None:
    with pytest.raises(MissingParameter, match="no scan is open"):
        Callipers(view).begin("calliper")
    view.session.adopt(scan)
    view.viewer.dims.ndisplay = 3
    with pytest.raises(BadParameter, match="no depth"):
        Callipers(view).begin("calliper")


def test_a_line_profile_reads_every_visible_image(callipers: Callipers, scan: Scan) -> None:
    view = callipers.view
    view.layer("S2 (acquired)").visible = True
    z, y, x = view.viewer.dims.point
    callipers.draw("line profile", (z, y, x - 4), (z, y, x + 4))
    curves = line_curves(view, callipers, callipers.lines()[0])
    assert [curve.name for curve in curves] == ["S2 (acquired)", "S1 (acquired)"]
    assert curves[0].distance[-1] == pytest.approx(8.0)
    first = view.layer("S1 (acquired)")
    k, j, i = (round(float(v)) for v in first.world_to_data((z, y, x - 4)))
    assert curves[1].values[0] == pytest.approx(float(first.data[k, j, i]), rel=1e-5)


def test_histograms_of_all_maps_share_their_bins(view: View, scan: Scan) -> None:
    from napari_mrsr.app.events import RefineSettings
    from napari_mrsr.app.roi import regions

    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    layer = regions.new_roi(view)
    layer.data[8:14, 7:12, 5:9] = 1
    found = histogram(regions.measure(view, layer), 1)
    assert found is not None
    assert set(found.percent) == {"acquired", "SR [tricubic]"}
    for percent in found.percent.values():
        assert len(percent) == len(found.edges) - 1
        assert 95 <= percent.sum() <= 100
    assert histogram(regions.measure(view, layer), 2) is None

"""Scans become layers with names, units and origin, and come back voxel by voxel."""

from __future__ import annotations

import json

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mrsr.app import display, layers
from napari_mrsr.app.frame import frame_of
from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.roi import resample_labels
from napari_mrsr.scan import Scan


def test_two_echoes_become_two_layers_that_are_views_of_the_scan(scan: Scan) -> None:
    made = layers.magnitude_layers(scan)
    assert [settings["name"] for _, settings, _ in made] == ["S1 (acquired)", "S2 (acquired)"]
    assert [settings["visible"] for _, settings, _ in made] == [True, False]
    for n, (data, settings, kind) in enumerate(made):
        assert kind == "image"
        assert np.shares_memory(data, scan.array[n])
        assert settings["units"] == ("mm", "mm", "mm")
        assert settings["axis_labels"] == ("R→L", "S→I", "A→P")


def test_the_metadata_can_be_written_as_json_and_holds_the_true_affine(scan: Scan) -> None:
    about = layers.metadata(scan, "acquired")["mrsr"]
    again = json.loads(json.dumps(about))
    np.testing.assert_allclose(again["affine_ras"], scan.affine)
    assert (again["role"], again["unit"], again["status"]) == ("acquired", "a.u.", "measured")
    assert layers.metadata(scan, "sr")["mrsr"]["status"] == "derived, research use"


def test_an_image_layer_comes_back_in_native_voxel_order(viewer: ViewerModel, scan: Scan) -> None:
    for data, settings, _ in layers.magnitude_layers(scan):
        viewer.add_image(data, **settings)
    back = layers.scan_of(viewer.layers["S2 (acquired)"])
    np.testing.assert_array_equal(back.array, scan.array[1:])
    np.testing.assert_array_equal(back.affine, scan.affine)
    assert back.names == ("S2",)


def test_labels_painted_on_the_screen_come_back_at_their_voxels(viewer: ViewerModel, scan: Scan) -> None:
    empty = scan.volume(0).after("roi", np.zeros((1, *scan.shape), np.uint8), axis="label", names=("ROI",))
    data, settings, _ = layers.labels_layer(empty, "ROI")
    layer = viewer.add_labels(data, **settings)
    layer.data[3, 5, 7] = 4  # slice 3 from the right, row 5 from above, column 7 from the front
    back = layers.scan_of(layer)
    assert np.argwhere(back.array[0]).tolist() == [[7, 5, scan.shape[2] - 1 - 3]]


def test_a_labels_layer_of_someone_else_is_placed_by_its_scale_and_translate(viewer: ViewerModel, scan: Scan) -> None:
    frame = frame_of(scan)
    painted = np.zeros(frame.to_screen(scan.array[0]).shape, np.uint8)
    painted[3, 5, 7] = 1
    layer = viewer.add_labels(painted, scale=frame.scale, translate=frame.translate)
    there = resample_labels(layers.scan_of(layer, frame), scan.volume(0))
    assert np.argwhere(there.array[0]).tolist() == [[7, 5, scan.shape[2] - 1 - 3]]
    with pytest.raises(GeometryMismatch, match="cannot be placed"):
        layers.scan_of(layer)


def test_a_layer_that_was_cut_is_not_taken_for_its_scan(viewer: ViewerModel, scan: Scan) -> None:
    data, settings, _ = layers.magnitude_layers(scan)[0]
    layer = viewer.add_image(data[1:], **settings)
    with pytest.raises(GeometryMismatch, match="not those of its scan"):
        layers.scan_of(layer)


def test_a_time_series_is_one_layer_with_a_slider(viewer: ViewerModel) -> None:
    series = Scan(np.random.default_rng(0).random((5, 6, 7, 3)), np.diag([1, 1, 4.0, 1]), axis="time")
    ((data, settings, _),) = layers.magnitude_layers(series)
    viewer.add_image(data, **settings)
    assert data.shape == (5, 3, 7, 6)
    assert viewer.dims.axis_labels == ("time", "S→I", "A→P", "R→L")


def test_the_window_is_a_percentile_of_what_was_acquired() -> None:
    array = np.arange(1001.0)
    assert display.window(array) == pytest.approx((10.0, 995.0))
    low, high = display.window(np.full(10, 3.0))
    assert low < high  # a constant image still has a window


def test_a_difference_is_windowed_symmetrically_about_zero() -> None:
    low, high = display.symmetric(np.array([-3.0, 1.0, np.nan]), at_least=10.0)
    assert (low, high) == (-10.0, 10.0)


@pytest.mark.parametrize("name", ["navia", "lipari", "viridis", "coolwarm", "gray", "magma"])
def test_where_there_is_no_value_the_picture_below_is_seen(name: str) -> None:
    colours = display.colormap(name).map(np.array([np.nan, 0.5], np.float32))
    assert colours[0, 3] == 0.0
    assert colours[1, 3] == 1.0


def test_names_are_those_of_the_reading_room() -> None:
    assert display.super_resolved("S1", 2, "lean") == "S1 SR x2 [lean]"
    assert display.super_resolved("S1", 2, "lean", partial=True) == "S1 SR x2 [lean] (partial)"
    assert [display.t2(role) for role in ("acquired", "SR")] == ["T2 [ms] (acquired)", "T2 [ms] (SR)"]

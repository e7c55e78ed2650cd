"""A slice does not make the layer list paint itself; what a row shows still reaches it."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel

from napari_mrsr.app import quiet_list


def listening(viewer):
    heard = []
    viewer.layers.events.connect(lambda event: heard.append(event.type))
    return heard


def a_viewer(**metadata):
    viewer = ViewerModel()
    quiet_list.quieten(viewer.layers)
    layer = viewer.add_image(np.random.default_rng(0).random((6, 8, 8)), metadata=metadata)
    return viewer, layer


def test_a_slice_is_not_passed_on_to_the_list():
    viewer, layer = a_viewer(mrsr={"role": "sr"})
    drawn = []
    layer.events.set_data.connect(lambda _event: drawn.append(1))
    heard = listening(viewer)
    viewer.dims.set_current_step(0, 1)
    assert drawn, "the canvas must hear of it"
    assert not quiet_list.UNSEEN & set(heard)


def test_names_and_eyes_reach_the_list():
    viewer, layer = a_viewer(mrsr={"role": "sr"})
    heard = listening(viewer)
    layer.visible = False
    layer.name = "another"
    assert {"visible", "name"} <= set(heard)


def test_layers_of_others_stay_as_napari_has_them():
    viewer, _layer = a_viewer()
    heard = listening(viewer)
    viewer.dims.set_current_step(0, 1)
    assert "set_data" in heard


def test_a_layer_that_was_there_before_is_quiet_and_falls_silent_when_removed():
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((6, 8, 8)), metadata={"mrsr": {"role": "sr"}})
    quiet_list.quieten(viewer.layers)
    heard = listening(viewer)
    viewer.dims.set_current_step(0, 1)
    assert "set_data" not in heard
    viewer.layers.remove(layer)
    heard.clear()
    layer.name = "gone"
    assert not heard

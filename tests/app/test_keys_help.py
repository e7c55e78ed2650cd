"""F1 lists every key there is."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.utils.key_bindings import coerce_keybinding
from napari.utils.shortcuts import default_shortcuts

from napari_mrsr.app.keys import KEYS
from napari_mrsr.app.keys_help import NAME
from napari_mrsr.app.viewing import View


def test_f1_shows_the_list_and_hides_it_again(view: View, viewer: ViewerModel) -> None:
    overlay = viewer.canvas.overlays[NAME]
    assert not overlay.visible
    press = viewer.keymap[coerce_keybinding("F1")]
    press(viewer)
    assert overlay.visible
    press(viewer)
    assert not overlay.visible


def test_every_bound_key_is_listed_and_every_listed_key_is_bound(view: View, viewer: ViewerModel) -> None:
    bound = {key for key, action in viewer.keymap.items() if action is not None}
    assert bound == {coerce_keybinding(key) for key in KEYS}


def test_no_key_is_one_that_napari_uses() -> None:
    taken = {coerce_keybinding(key) for keys in default_shortcuts.values() for key in keys}
    assert not {coerce_keybinding(key) for key in KEYS} & taken

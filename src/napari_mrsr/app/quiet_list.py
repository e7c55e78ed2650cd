"""A layer list that does not paint itself anew for every slice.

napari's list of layers passes on whatever a layer says, and the widget that shows it takes everything that is not a
name, an eye, a lock or a thumbnail for a change of the whole row: it lays all rows out again and paints them. A step
of the slider makes each visible layer say ``set_data`` and ``_extent_augmented``, of which a row shows nothing; with a
dozen layers that painting costs a quarter of the processor time of a slice. Of the layers of this plugin these two are
no longer passed on. Whoever listens to a layer itself hears them as before.

The instance is patched, not napari's class; rows of other plugins stay as they are.
"""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.components import LayerList

#: What a slice makes a layer say, and no row shows.
UNSEEN = frozenset({"set_data", "_extent_augmented"})


def quieten(layers: LayerList) -> None:
    """Pass on of the layers of this plugin, also of those that come later, only what a row may show."""
    layers._reemit_child_event = MethodType(_reemit_child_event, layers)  # type: ignore[method-assign]


def _reemit_child_event(layers: LayerList, event: Any) -> None:
    """Stand in for napari's method; of that name, because napari connects and disconnects it by name."""
    if event.type in UNSEEN and "mrsr" in getattr(event.source, "metadata", ()):
        return
    type(layers)._reemit_child_event(layers, event)

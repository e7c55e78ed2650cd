"""Side by side, swipe, checkerboard, blink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class SwipeSection(Section):
    """Side by side, swipe, checkerboard, blink."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Compare")

"""Layout presets, linked planes, oblique reformats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class LayoutsSection(Section):
    """Layout presets, linked planes, oblique reformats."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Layouts and planes")

"""Smart brush, propagation, interpolation between slices, livewire, fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class PaintingSection(Section):
    """Smart brush, propagation, interpolation between slices, livewire, fill."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Painting tools")

"""Regions, thickness and the unrolled map of the femoral cartilage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class CartilageSection(Section):
    """Regions, thickness and the unrolled map of the femoral cartilage."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Cartilage regions")

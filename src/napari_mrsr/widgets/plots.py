"""Histogram, profile from deep to surface, calliper and line profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class PlotsSection(Section):
    """Histogram, profile from deep to surface, calliper and line profile."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Plots and measures")

"""Methods in random order, scored without knowing which is which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class BlindedSection(Section):
    """Methods in random order, scored without knowing which is which."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Blinded reading")

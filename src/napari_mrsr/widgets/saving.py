"""Save and reopen everything; what the autosave holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class SavingSection(Section):
    """Save and reopen everything; what the autosave holds."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Save this session")

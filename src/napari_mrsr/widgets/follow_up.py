"""An earlier session as baseline; two readings of one scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class FollowUpSection(Section):
    """An earlier session as baseline; two readings of one scan."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Follow-up and readers")

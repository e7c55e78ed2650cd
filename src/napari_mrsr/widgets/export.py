"""Tables, PDF, BIDS derivatives and DICOM results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class ExportSection(Section):
    """Tables, PDF, BIDS derivatives and DICOM results."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Report")

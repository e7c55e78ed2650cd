"""The button that finds what sharpening in plane added, and what it found in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_mrsr.app.in_plane.trusting import in_words
from napari_mrsr.widgets.dock import note

if TYPE_CHECKING:
    from napari_mrsr.app.in_plane.choices import PlaneResult
    from napari_mrsr.widgets.section import Section

READ = "Layers: what no measured frequency holds, and the misfit in standard deviations of the noise. H: maps."


class PlaneTrustPart(QWidget):
    """Trust in the result that is seen; a part of the section that makes it.

    Parameters
    ----------
    section
        Where it stands.
    """

    def __init__(self, section: Section) -> None:
        super().__init__()
        self.in_plane = section.view.in_plane
        self.session = section.session
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.button = QPushButton("Trust maps")
        self.button.setToolTip(
            "What the method added, and where it disagrees with the centre of k-space that was measured"
        )
        self.button.clicked.connect(self.in_plane.trusting.find)
        self.read = note()
        column.addWidget(self.button)
        column.addWidget(self.read)
        section.listen(self.session.job_changed, self._renew)
        section.listen(self.session.opened, self._renew)
        section.listen(self.in_plane.ended, self._renew)
        section.listen(self.in_plane.trusting.changed, self.show_found)
        self.show_found(None)
        self._renew()

    def _renew(self, _event: Any = None) -> None:
        self.setVisible(bool(self.in_plane.results))
        self.button.setEnabled(self.session.running is None)

    def show_found(self, result: PlaneResult | None) -> None:
        """Say what was found of a result."""
        found = None if result is None else self.in_plane.trusting.found.get(result.key)
        self.read.setVisible(found is not None)
        if result is not None and found is not None:
            self.read.setText(f"{result.key}: {in_words(found)}\n{READ}")

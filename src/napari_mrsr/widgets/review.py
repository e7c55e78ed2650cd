"""The Review dock: how the pictures stand, which are held against each other, their window, the maps, and reading."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QWidget

from napari_mrsr.widgets.blinded import BlindedSection
from napari_mrsr.widgets.dock import Dock
from napari_mrsr.widgets.layouts import LayoutsSection
from napari_mrsr.widgets.maps import MapsSection
from napari_mrsr.widgets.over_time import OverTimeSection
from napari_mrsr.widgets.swipe import SwipeSection
from napari_mrsr.widgets.windows import WindowSection


class ReviewDock(Dock):
    """Layouts, comparing, windows, maps, blinded reading."""

    name = "Review"

    def __init__(self, napari_viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        self.layouts = LayoutsSection(self)
        self.swipe = SwipeSection(self)
        self.window_part = WindowSection(self)
        self.maps = MapsSection(self)
        self.over_time = OverTimeSection(self)
        self.blinded = BlindedSection(self)
        for section in (self.layouts, self.swipe, self.window_part, self.maps, self.over_time, self.blinded):
            self.body.addWidget(section)
        self.body.addStretch(1)

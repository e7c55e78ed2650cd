"""A foldable part of a dock: folded at first, as high as its content when unfolded."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_mrsr.app.viewing import View
from napari_mrsr.widgets.dock import Dock
from napari_mrsr.widgets.section import Section


def test_it_is_folded_at_first_and_a_click_on_its_title_shows_the_content(
    qtbot: Any, viewer: ViewerModel, view: View
) -> None:
    dock = Dock(viewer)
    qtbot.addWidget(dock)
    section, label = Section(dock, "Plots"), QLabel("a plot")
    section.column.addWidget(label)
    dock.body.addWidget(section)
    dock.show()
    assert not section.isExpanded()
    assert label.visibleRegion().isEmpty()
    qtbot.mouseClick(section.toggleButton(), Qt.MouseButton.LeftButton)
    assert section.isExpanded()
    qtbot.waitUntil(lambda: not label.visibleRegion().isEmpty(), timeout=30_000)
    assert section.text().startswith("▾")


def test_what_is_unfolded_grows_with_its_content(qtbot: Any, viewer: ViewerModel, view: View) -> None:
    dock = Dock(viewer)
    qtbot.addWidget(dock)
    section = Section(dock, "Table", opened=True)
    label = QLabel("one line")
    section.column.addWidget(label)
    dock.body.addWidget(section)
    dock.show()
    before = section.content().sizeHint().height()
    label.setText("\n".join(["a line"] * 20))
    qtbot.waitUntil(lambda: section.content().height() > 5 * before, timeout=30_000)


def test_the_dock_comes_to_rest(qtbot: Any, viewer: ViewerModel, view: View) -> None:
    dock = Dock(viewer)
    qtbot.addWidget(dock)
    section = Section(dock, "Table", opened=True)
    section.column.addWidget(QLabel("one line"))
    dock.body.addWidget(section)
    dock.show()
    qtbot.wait(100)
    asked: list[int] = []
    section._ask_for_room = lambda: asked.append(1)  # type: ignore[method-assign]
    qtbot.wait(200)
    assert not asked

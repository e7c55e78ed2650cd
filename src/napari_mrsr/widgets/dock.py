"""What the four docks share: a banner, a scrolling body, and letting go of the session when Qt destroys them.

Closing a napari dock fires no closeEvent; the widget may only be hidden, or be destroyed with the viewer. So a dock
keeps nothing of its own: it reads the session when it is made, and disconnects when it is destroyed.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QDockWidget, QFormLayout, QFrame, QLabel, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.widgets.banner import BannerBar
from napari_mrsr.widgets.tour import TourCard

if TYPE_CHECKING:
    from qtpy.QtGui import QShowEvent

    from napari_mrsr.app.session import Session


class Dock(QWidget):
    """A dock of the session of a viewer.

    Parameters
    ----------
    viewer
        napari viewer (or its model) whose session is shown.

    Attributes
    ----------
    name
        What the manifest calls it.
    """

    name = ""

    def __init__(self, viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: View = view_of(viewer)
        self.session = self.view.session
        self._watches = False
        self._connections: list[tuple[Any, Callable[..., Any]]] = []
        connections = self._connections
        self.destroyed.connect(lambda: _let_go(connections))
        self.banner = BannerBar(self)
        self.tour = TourCard(self)
        body = QWidget()
        self.body = QVBoxLayout(body)
        self.body.setContentsMargins(6, 6, 6, 6)
        self.body.setSpacing(6)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        self._scroll = scroll
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.banner)
        column.addWidget(self.tour)
        column.addWidget(scroll, 1)
        self.setMinimumWidth(420)
        self.listen(self.session.banner_changed, self.banner.show_banner)
        self.banner.show_banner(self.session.banner)

    def showEvent(self, event: QShowEvent) -> None:
        """Watch the window: when it goes, the session's job must stop (the viewer tells nobody that it closes)."""
        super().showEvent(event)
        window = self.window()
        if isinstance(window, QMainWindow) and not self._watches:
            self._watches = True
            _tabify(window, self)
            window.destroyed.connect(partial(_shut_down, weakref.ref(self.session)))
            self.view.tour.offer()

    def scroll_to(self, widget: QWidget) -> None:
        """Bring a part of the dock to its top, as far as there is enough below it."""
        top = widget.mapTo(self._scroll.widget(), QPoint(0, 0)).y()
        self._scroll.verticalScrollBar().setValue(top)

    def listen(self, signal: Any, slot: Callable[..., Any]) -> None:
        """Connect a signal of the session or the viewer until this dock is destroyed."""
        signal.connect(slot)
        self._connections.append((signal, slot))


def _tabify(window: QMainWindow, dock: Dock) -> None:
    """Put a dock behind the others of this plugin as a tab; napari's menu would stack it below them."""
    own = None
    others = []
    for found in window.findChildren(QDockWidget):
        inside = found.findChildren(Dock)
        if dock in inside:
            own = found
        elif inside and found.toggleViewAction().isChecked() and not found.isFloating():
            others.append(found)
    if own is not None:
        own.setWindowTitle(dock.name)  # napari adds the plugin's name, for which a tab has no room
    if own is not None and others and not own.isFloating() and own not in window.tabifiedDockWidgets(others[-1]):
        window.tabifyDockWidget(others[-1], own)
        own.show()
        own.raise_()


def _shut_down(session: weakref.ref[Session], _window: Any = None) -> None:
    found = session()
    if found is not None:
        found.shutdown()


def _let_go(connections: list[tuple[Any, Callable[..., Any]]]) -> None:
    for signal, slot in connections:
        try:
            signal.disconnect(slot)
        except (ValueError, KeyError, RuntimeError, TypeError):
            continue
    connections.clear()


def heading(text: str) -> QLabel:
    """Return a heading of a part of a dock."""
    label = QLabel(text)
    label.setStyleSheet("font-weight: bold; margin-top: 4px;")
    return label


def note(text: str = "") -> QLabel:
    """Return a line of text that wraps."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def new_form() -> tuple[QWidget, QFormLayout]:
    """Return a part of a dock, and the form in it."""
    part = QWidget()
    form = QFormLayout(part)
    form.setContentsMargins(0, 0, 0, 0)
    form.setVerticalSpacing(3)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return part, form


def card_note() -> QLabel:
    """Return where the card of a method is shown, in a frame of its own."""
    card = note()
    card.setOpenExternalLinks(True)
    card.setStyleSheet("border: 1px solid gray; border-radius: 4px; padding: 6px;")
    return card


def form_of(container: Any) -> QWidget:
    """Return the widgets of a magicgui form in Qt's own form layout, which lines up their labels."""
    part, form = new_form()
    for widget in container:
        native = widget.native
        native.setToolTip(widget.tooltip or "")
        if widget.widget_type == "CheckBox":
            form.addRow(native)
        else:
            form.addRow(f"{widget.label}:", native)
    return part

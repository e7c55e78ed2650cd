"""The line at the top of a dock that says what went wrong, or what to know, and what to do about it."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from napari_mrsr.app.session import Banner

#: Background and text colour per level: white on dark red, black on amber, white on blue. All above 4.5:1 contrast.
COLOURS = {"info": ("#1d4e79", "white"), "warn": ("#e0a100", "black"), "bad": ("#9b1c1c", "white")}
MARKS = {"info": "i", "warn": "!", "bad": "✗"}


class BannerBar(QFrame):
    """Shows a banner; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.details = QLabel()
        self.details.setWordWrap(True)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.hide()
        self.more = QToolButton()
        self.more.setText("…")
        self.more.setToolTip("Details")
        self.more.clicked.connect(self.toggle_details)
        self.close_button = QToolButton()
        self.close_button.setText("×")
        self.close_button.setToolTip("Dismiss")
        self.close_button.clicked.connect(self.hide)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.text, 1)
        line.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 6, 6)
        column.addLayout(line)
        column.addWidget(self.details)
        self.hide()

    def toggle_details(self) -> None:
        """Show or hide the details."""
        self.details.setVisible(self.details.isHidden())

    def show_banner(self, banner: Banner | None) -> None:
        """Show a banner, or hide where there is none."""
        if banner is None:
            self.hide()
            return
        background, colour = COLOURS[banner.level]
        self.setStyleSheet(
            f"#banner {{ background: {background}; border-radius: 4px; }}"
            f"#banner QLabel {{ color: {colour}; background: transparent; }}"
            f"#banner QToolButton {{ color: {colour}; background: transparent; border: none; font-weight: bold; }}"
        )
        self.text.setText(f"{MARKS[banner.level]}  {banner.text}")
        has_more = bool(banner.details) and banner.details != banner.text
        self.details.setText(banner.details)
        self.details.hide()
        self.more.setVisible(has_more)
        self.show()

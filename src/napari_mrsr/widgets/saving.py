"""Save and reopen everything; what the autosave holds, and what an earlier start left behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QCheckBox, QFileDialog, QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from napari_mrsr.app.keeping.saving import Question
from napari_mrsr.widgets.banner import COLOURS
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.files.autosave_folder import Left
    from napari_mrsr.widgets.dock import Dock


class SavingSection(Section):
    """Save and reopen a review."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Save and reopen", opened=True)
        self.save_button = _button("Save review…", "Everything that is open, as a folder of NIfTI, CSV and JSON")
        self.open_button = _button("Open review…", "A folder that was saved here; it can also be dropped on this dock")
        self.copy_scans = QCheckBox("Copy the scans too")
        self.copy_scans.setToolTip("Without it the review knows its scans by place and sha256")
        self.save_button.clicked.connect(self.ask_save)
        self.open_button.clicked.connect(self.ask_open)
        line = QHBoxLayout()
        for widget in (self.save_button, self.open_button):
            line.addWidget(widget)
        self.column.addLayout(line)
        self.column.addWidget(self.copy_scans)
        self.autosaved = note()
        self.column.addWidget(self.autosaved)
        self.question = ActionBar()
        self.locate_button = self.question.add("Locate…", "The folder in which the scan lies now", self.ask_place)
        self.go_on_button = self.question.add("Open anyway", "Maps and regions stay as saved", self.view.saving.go_on)
        self.column.addWidget(self.question)
        self.listen(self.session.job_changed, self._renew)
        self.listen(self.session.opened, self._renew)
        self.listen(self.view.autosave.changed, self._renew)
        self.listen(self.view.saving.asked, self.show_question)
        self.listen(self.view.saving.saved, self._renew)
        self.show_question(self.view.saving.question)
        self._renew()

    def _renew(self, _event: Any = None) -> None:
        session = self.session
        self.save_button.setEnabled(session.scan is not None and session.running is None)
        self.open_button.setEnabled(session.running is None)
        when = self.view.autosave.written
        if not self.view.preferences.autosave:
            text = "autosave is off (Preferences)"
        elif when is not None:
            text = f"painted regions were autosaved at {when:%H:%M}"
        else:
            text = "painted regions are autosaved every minute"
        if self.view.saving.folder is not None:
            text = f"saved as {self.view.saving.folder.name}; {text}"
        self.autosaved.setText(text)

    def show_question(self, question: Question | None) -> None:
        """Offer what answers a question: another place for a missing scan, or going on with a changed one."""
        self.question.setVisible(question is not None)
        if question is None:
            return
        self.question.say("warn", question.line)
        self.go_on_button.setVisible(question.kind == "changed")
        self.expand(animate=False)

    # -- asking -------------------------------------------------------------------------------------
    def save(self, folder: str | Path) -> None:
        """Save the review into a folder."""
        self.view.saving.save(folder, copy_scans=self.copy_scans.isChecked())

    def ask_save(self) -> None:
        """Ask for the folder and save the review."""
        ask_save(self, self.view, copy_scans=self.copy_scans.isChecked())

    def ask_open(self) -> None:
        """Ask for a saved review and open it."""
        ask_open(self, self.view)

    def ask_place(self) -> None:
        """Ask where a missing scan lies now."""
        folder = QFileDialog.getExistingDirectory(self, "The folder in which the scan lies now")
        if folder:
            self.view.saving.locate(folder)


class RecoveryBar(QFrame):
    """Offers back what was painted when napari ended; hidden where nothing was left."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.view = dock.view
        self.left: Left | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.bar = ActionBar()
        column.addWidget(self.bar)
        self.restore_button = self.bar.add("Restore", "Open the scan and give the painted regions back", self.restore)
        self.discard_button = self.bar.add("Discard", "Throw the painted regions away", self.discard)
        dock.listen(self.view.autosave.changed, self.renew)
        self.renew()

    def renew(self) -> None:
        """Show the latest of what was left behind."""
        offered = self.view.autosave.recovery.offered()
        self.left = offered[0] if offered else None
        self.setVisible(self.left is not None)
        if self.left is None:
            return
        what = "napari ended unexpectedly" if self.left.crashed else "napari was closed before a review was saved"
        painted = ", ".join(self.left.regions[:3]) or "painted regions"
        more = f" and {len(self.left.regions) - 3} more" if len(self.left.regions) > 3 else ""
        others = f" ({len(offered) - 1} older)" if len(offered) > 1 else ""
        self.bar.say("warn", f"{what}. Kept from {self.left.when:%d %b, %H:%M}: {painted}{more}.{others}")

    def restore(self) -> None:
        """Give it back."""
        if self.left is not None:
            self.view.autosave.recovery.restore(self.left)

    def discard(self) -> None:
        """Throw it away."""
        if self.left is not None:
            self.view.autosave.recovery.discard(self.left)


class ActionBar(QFrame):
    """A line that says what is to be decided, with a button for each decision."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("action")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        self.text = note()
        self._buttons = QHBoxLayout()
        self._buttons.addStretch(1)
        column.addWidget(self.text)
        column.addLayout(self._buttons)

    def add(self, text: str, tip: str, action: Any) -> QPushButton:
        """Add a button."""
        button = _button(text, tip)
        button.clicked.connect(lambda: action())
        self._buttons.addWidget(button)
        return button

    def say(self, level: str, text: str) -> None:
        """Say what is to be decided."""
        background, colour = COLOURS[level]
        self.setStyleSheet(
            f"#action {{ background: {background}; border-radius: 4px; }}"
            f"#action QLabel {{ color: {colour}; background: transparent; }}"
        )
        self.text.setText(text)


def ask_save(parent: Any, view: Any, *, copy_scans: bool = False) -> None:
    """Ask for the folder of a review and save it there."""
    start = str(view.saving.folder or "review")
    folder, _ = QFileDialog.getSaveFileName(
        parent,
        "Save the review as a folder",
        start,
        options=QFileDialog.Option.DontConfirmOverwrite,
    )
    if folder:
        view.saving.save(folder, copy_scans=copy_scans)


def ask_open(parent: Any, view: Any) -> None:
    """Ask for a saved review and open it."""
    folder = QFileDialog.getExistingDirectory(parent, "Open a saved review")
    if folder:
        view.saving.open(folder)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button

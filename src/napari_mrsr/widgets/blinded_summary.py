"""The summary of blinded readings: the key is opened, and methods get their scores."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_mrsr.app.blinded.summary import Summary, summarise
from napari_mrsr.widgets.dock import heading, note
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    from napari_mrsr.widgets.section import Section


class SummaryPart(QWidget):
    """Mean scores, tests between methods and agreement of readers.

    Parameters
    ----------
    section
        Where it stands; errors go to the banner of its dock.
    """

    def __init__(self, section: Section) -> None:
        super().__init__(section)
        self.section = section
        self.found: Summary | None = None
        self.paths: list[Path] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.button = QPushButton("Summary ...")
        self.button.setToolTip("Opens the key: choose the CSV of one reading, or of two readings of the same cases")
        self.button.clicked.connect(self._ask)
        self.save_button = QPushButton("Save tables")
        self.save_button.clicked.connect(self._save)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self.save_button)
        column.addLayout(row)
        self.notes = note()
        self.means, self.tests, self.kappa = TableView(), TableView(), TableView()
        titles = (
            "Mean scores (5 is best)",
            "Wilcoxon signed rank (cases that differ)",
            "Weighted kappa of the readers",
        )
        self.headings = [heading(title) for title in titles]
        column.addWidget(self.notes)
        for title, table in zip(self.headings, (self.means, self.tests, self.kappa), strict=True):
            column.addWidget(title)
            column.addWidget(table)
        self._renew()

    def offer(self, path: Path) -> None:
        """Remember the reading that was just finished as the first to be summarised."""
        self.paths = [path]
        self._say(f"Scores are in {path.name}; Summary opens the key.")

    def show_summary(self, paths: list[Path]) -> None:
        """Show the summary of readings."""
        found = self.section.session.attempt(partial(summarise, paths))
        if found is not None:
            self.found, self.paths = found, paths
            self._renew()

    def _ask(self) -> None:
        start = str(self.paths[0]) if self.paths else str(Path.home())
        chosen, _ = QFileDialog.getOpenFileNames(self, "One or two readings", start, "Scores (*.csv)")
        if chosen:
            self.show_summary([Path(p) for p in chosen])

    def _save(self) -> None:
        if self.found is not None:
            found, path = self.found, self.paths[0]
            written = self.section.session.attempt(lambda: found.write(path.parent, f"{path.stem}_summary"))
            if written:
                self._say(f"Written: {', '.join(p.name for p in written)}")

    def _say(self, text: str) -> None:
        self.notes.setText(text)
        self.notes.setVisible(bool(text))

    def _renew(self) -> None:
        found = self.found
        self.save_button.setEnabled(found is not None)
        tables = (None, None, None)
        if found is not None:
            kappa = None if found.agreement is None else found.agreement.set_index("criterion")
            if kappa is not None:
                kappa = kappa.set_axis(["n", "quadratic", "linear", "equal [%]"], axis=1)
            tables = (found.by_method(), found.pairs(), kappa)
        for title, view, table in zip(self.headings, (self.means, self.tests, self.kappa), tables, strict=True):
            view.show_table(table)
            title.setVisible(table is not None)
            view.setVisible(table is not None)
        self._say("" if found is None else "\n".join(found.notes))

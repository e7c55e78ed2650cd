"""Methods behind letters in random order, scored without knowing which is which."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from napari_mrsr.app.blinded.reading import CRITERIA, LETTERS
from napari_mrsr.metrics.reading import SCALE
from napari_mrsr.widgets.blinded_start import StartPart, column_of, row_of
from napari_mrsr.widgets.blinded_summary import SummaryPart
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.dock import Dock


class BlindedSection(Section):
    """Start, score, next case, finish, summary."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock, "Blinded reading")
        self.blinded = dock.view.blinded
        self._filling = False
        self.start = StartPart(self)
        self.column.addWidget(self.start)
        self._add_scores()
        self.summary = SummaryPart(self)
        self.column.addWidget(self.summary)
        for signal in (self.blinded.changed, self.session.refined, self.session.began, self.session.opened,
                       self.session.reference_changed, self.session.job_changed):  # fmt: skip
            self.listen(signal, self._renew)
        self._renew()

    # -- while reading ------------------------------------------------------------------------------
    def _add_scores(self) -> None:
        self.score_part = QWidget()
        column = column_of(self.score_part)
        self.progress = note()
        column.addWidget(self.progress)
        self.letters: dict[str, QPushButton] = {}
        self._letter_group = QButtonGroup(self)
        for letter in LETTERS:
            button = QPushButton(letter)
            button.setCheckable(True)
            button.setMinimumHeight(34)
            button.clicked.connect(partial(self._show, letter))
            self._letter_group.addButton(button)
            self.letters[letter] = button
        column.addLayout(row_of(*self.letters.values()))
        self.scores_grid = QWidget()
        grid = QGridLayout(self.scores_grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        self.scores: dict[tuple[str, int], QPushButton] = {}
        self._groups: dict[str, QButtonGroup] = {}
        for row, (criterion, ends) in enumerate(CRITERIA.items()):
            label = QLabel(f"{criterion.capitalize()}<br><small>{ends}</small>")
            grid.addWidget(label, row, 0)
            self._groups[criterion] = QButtonGroup(self)
            for place, score in enumerate(SCALE):
                button = QPushButton(str(score))
                button.setCheckable(True)
                button.setFixedSize(40, 30)
                button.setToolTip(f"{criterion}: {ends}")
                button.clicked.connect(partial(self._give, criterion, score))
                self._groups[criterion].addButton(button)
                self.scores[criterion, score] = button
                grid.addWidget(button, row, place + 1)
        grid.setColumnStretch(0, 1)
        column.addWidget(self.scores_grid)
        self.next_button = QPushButton("Next case")
        self.next_button.clicked.connect(self._next)
        self.pause_button = QPushButton("Pause")
        self.pause_button.clicked.connect(self._pause)
        self.finish_button = QPushButton("Finish")
        self.finish_button.setToolTip("Ends the reading; scores and key stay in the folder")
        self.finish_button.clicked.connect(self._finish)
        column.addLayout(row_of(self.next_button, self.pause_button, self.finish_button))
        self.column.addWidget(self.score_part)

    # -- showing ------------------------------------------------------------------------------------
    def _renew(self, _event: Any = None) -> None:
        reading, case = self.blinded.reading, self.blinded.case
        self._filling = True
        try:
            self.start.setVisible(reading is None)
            self.score_part.setVisible(reading is not None)
            self.summary.setVisible(case is None)
            if reading is None:
                self.start.renew()
            elif case is None:
                self._fill_between()
            else:
                self._fill_case()
            for widget in (self.scores_grid, self.pause_button, *self.letters.values()):
                widget.setVisible(case is not None)
            for letter, button in self.letters.items():
                button.setVisible(case is not None and letter in case.letters)
        finally:
            self._filling = False

    def _fill_between(self) -> None:
        blinded = self.blinded
        there = set(blinded.methods) <= set(blinded.candidates())
        done = blinded.done
        wanted = ", ".join(blinded.methods)
        text = "Press Show case to go on with the open scan."
        if done is not None or not there:
            text = f"Open the next scan and super-resolve it until these are at hand: {wanted}. Then press Show case."
        if done is not None:
            text = f"Case {done.number} is scored to the end. {text} Or press Finish."
        self.progress.setText(text)
        self.next_button.setText("Show case")
        self.next_button.setEnabled(there and done is None and self.session.running is None)
        self.next_button.setToolTip("Shows the open scan behind letters")

    def _fill_case(self) -> None:
        reading, case, shown = self.blinded.reading, self.blinded.case, self.blinded.letter
        if reading is None or case is None:
            return
        missing = reading.missing(case)
        total = len(case.letters) * len(CRITERIA)
        self.progress.setText(f"Case {case.number}: {total - len(missing)} of {total} scored")
        for letter, button in self.letters.items():
            complete = letter in case.letters and all(a != letter for a, _ in missing)
            button.setText(f"{letter} ✓" if complete else letter)
            button.setToolTip("Scored; may be changed" if complete else "Show and score this picture")
            button.setChecked(letter == shown)
        for criterion, group in self._groups.items():
            now = reading.score(case, shown, criterion)
            group.setExclusive(False)  # an exclusive group would not let all be released
            for score in SCALE:
                self.scores[criterion, score].setChecked(score == now)
            group.setExclusive(True)
        self.next_button.setText("Next case")
        self.next_button.setEnabled(True)
        self.next_button.setToolTip("When all is scored")

    # -- asking -------------------------------------------------------------------------------------
    def _show(self, letter: str, _checked: bool = True) -> None:
        self.blinded.show(letter)

    def _give(self, criterion: str, score: int, _checked: bool = True) -> None:
        if not self._filling:
            self.session.attempt(lambda: self.blinded.give(criterion, score))

    def _next(self) -> None:
        step = self.blinded.begin_case if self.blinded.case is None else self.blinded.next_case
        self.session.attempt(step)

    def _pause(self) -> None:
        self.blinded.pause()

    def _finish(self) -> None:
        path = self.session.attempt(self.blinded.finish)
        if path is not None:
            self.summary.offer(path)

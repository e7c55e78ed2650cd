"""A blinded reading by clicks: start, score, next case, finish, summary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from napari_mrsr.app.blinded.reading import CRITERIA
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.blinded import BlindedSection
from napari_mrsr.widgets.review import ReviewDock
from tests.app.conftest import dess


@pytest.fixture
def section(qtbot: Any, view: View, scan: Scan, tmp_path: Path) -> BlindedSection:
    dock = ReviewDock(view.viewer)
    qtbot.addWidget(dock)
    open_case(view, scan)
    dock.blinded.start.reader.setText("AB")
    dock.blinded.start.set_folder(tmp_path)
    return dock.blinded


def open_case(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    for method in ("trilinear", "tricubic"):
        view.session.refine(RefineSettings(method=method, maps=False))


def score(section: BlindedSection, points: Callable[[str], int]) -> None:
    """Click a score for every letter and criterion."""
    case = section.blinded.case
    assert case is not None
    for letter, method in case.methods.items():
        section.letters[letter].click()
        for criterion in CRITERIA:
            section.scores[criterion, points(method)].click()


def test_a_whole_reading_by_clicks(section: BlindedSection, view: View, tmp_path: Path) -> None:
    assert list(section.start.boxes) == ["interpolated", "trilinear", "tricubic"]
    section.start.start_button.click()
    assert [la.name for la in view.viewer.layers] == ["A", "B", "C"]
    section.letters["B"].click()
    assert view.layer("B").visible
    section.next_button.click()
    assert "not scored yet" in section.dock.banner.text.text()
    for number in range(6):
        score(section, lambda method: 5 if method == "tricubic" else 3)
        assert section.progress.text() == f"Case {number + 1}: 12 of 12 scored"
        section.next_button.click()
        assert section.progress.text().startswith(f"Case {number + 1} is scored to the end. Open the next scan")
        assert not section.next_button.isEnabled()
        if number < 5:
            open_case(view, dess(seed=number + 1))
            assert section.next_button.isEnabled()
            section.next_button.click()
            assert not any(button.isChecked() for button in section.scores.values())
    section.finish_button.click()
    (path,) = tmp_path.glob("reading_*.csv")
    section.summary.show_summary([path])
    means = section.summary.means.rows.table
    assert means.loc["noise", "tricubic"] == "5.0 ± 0.0"
    tests = section.summary.tests.rows.table
    row = tests[(tests.index == "noise") & tests.pair.isin(("tricubic - trilinear", "trilinear - tricubic"))]
    assert row["diff"].iloc[0] in ("+2.0", "-2.0")
    assert row.p.iloc[0] == f"{2 / 2**6:.3f}"
    assert row.cases.iloc[0] == "6 of 6"
    section.summary.save_button.click()
    assert (tmp_path / f"{path.stem}_summary_tests.csv").is_file()


def test_two_readers_of_one_case_are_held_together(section: BlindedSection, view: View, tmp_path: Path) -> None:
    for reader, better in (("AB", 5), ("CD", 4)):
        section.start.reader.setText(reader)
        section.start.start_button.click()
        score(section, lambda method, better=better: better if method == "tricubic" else 3)
        section.finish_button.click()
    section.summary.show_summary(sorted(tmp_path.glob("reading_*.csv")))
    kappa = section.summary.kappa.rows.table
    assert kappa.loc["all", "n"] == 12
    assert 0.5 < kappa.loc["all", "quadratic"] < 1.0
    assert "too few" in section.summary.notes.text()


def test_a_paused_reading_is_gone_on_with_from_its_file(
    section: BlindedSection, view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section.start.start_button.click()
    section.scores["noise", 4].click()
    section.pause_button.click()
    assert view.layer("S1 (acquired)") is not None
    section.finish_button.click()
    (path,) = tmp_path.glob("reading_*.csv")
    monkeypatch.setattr("napari_mrsr.widgets.blinded_start.QFileDialog.getOpenFileName", lambda *_: (str(path), ""))
    section.start.resume_button.click()
    assert section.progress.text() == "Case 1: 1 of 12 scored"
    assert section.scores["noise", 4].isChecked()


def test_a_reading_without_a_reader_or_with_one_method_does_not_start(section: BlindedSection, view: View) -> None:
    section.start.reader.setText("")
    section.start.start_button.click()
    assert "initials" in section.dock.banner.text.text()
    section.start.reader.setText("AB")
    for method in ("trilinear", "tricubic"):
        section.start.boxes[method].setChecked(False)
    section.start.start_button.click()
    assert "two to 4" in section.dock.banner.text.text()
    assert view.layer("S1 (acquired)") is not None

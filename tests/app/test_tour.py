"""The tour goes on when a step was done, and is offered once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.app import preferences
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.tour import STEPS
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan

STORED: list[tuple[str, str, object]] = []


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing reaches the preferences of whoever runs the tests."""
    STORED.clear()
    monkeypatch.setattr(preferences.Preferences, "store", staticmethod(lambda *given: STORED.append(given)))


def test_doing_each_step_leads_through_the_whole_tour(view: View, scan: Scan) -> None:
    view.tour.begin()
    docks = [view.tour.step.dock]
    view.session.adopt(scan)
    docks.append(view.tour.step.dock)
    view.session.refine(RefineSettings(method="tricubic"))
    docks.append(view.tour.step.dock)
    view.look.choose_pair(0)
    docks.append(view.tour.step.dock)
    regions.new_roi(view)
    assert docks == ["Study", "Process", "Review", "ROI"]
    assert view.tour.step is None
    assert STORED == [("help", "show_tour", False)]


def test_a_step_done_out_of_turn_changes_nothing(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.tour.begin()
    view.session.refine(RefineSettings(method="tricubic"))
    assert view.tour.number == 1


def test_it_is_offered_once_at_a_first_start(view: View) -> None:
    view.preferences = replace(view.preferences, show_tour=True)
    view.tour.offer()
    assert view.tour.number == 1
    view.tour.end(remember=False)
    view.tour.offer()
    assert view.tour.number == 0


def test_it_is_not_offered_when_a_scan_is_open(view: View, scan: Scan) -> None:
    view.preferences = replace(view.preferences, show_tour=True)
    view.session.adopt(scan)
    view.tour.offer()
    assert view.tour.number == 0


def test_whoever_has_had_it_is_not_asked_again(view: View) -> None:
    view.preferences = replace(view.preferences, show_tour=False)
    view.tour.offer()
    assert view.tour.step is None


def test_next_and_back_walk_without_doing(view: View) -> None:
    view.tour.begin()
    for number in range(2, len(STEPS) + 1):
        view.tour.forward()
        assert view.tour.number == number
    view.tour.back()
    assert view.tour.number == len(STEPS) - 1
    view.tour.forward()
    view.tour.forward()
    assert view.tour.step is None


def test_another_layer_than_an_roi_does_not_end_it(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.tour.begin()
    for _ in range(len(STEPS) - 1):
        view.tour.forward()
    view.viewer.add_image(np.zeros((3, 3, 3)))
    assert view.tour.number == len(STEPS)

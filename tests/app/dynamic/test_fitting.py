"""Weights and series that do not belong together are said, and used all the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from napari_mrsr.app.dynamic.fitting import Fit, fit_of
from napari_mrsr.app.dynamic.own_weights import own_weights_of
from napari_mrsr.app.viewing import View
from napari_mrsr.networks import registry
from napari_mrsr.networks.swift import Swift
from napari_mrsr.scan import Scan
from napari_mrsr.training.same_subject import described
from tests.app.dynamic.conftest import moving_ball


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of this test alone."""
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))


def person(scan: Scan, seed: int) -> Scan:
    """Return a scan that says whose it is."""
    return scan.after("abdomen phantom", scan.array, parameters={"seed": seed})


@pytest.fixture
def fit(view: View, series: Scan) -> Fit:
    """Weights that were fine-tuned on a planning scan of person 5 are chosen."""
    planning = person(replace(series.volume(0), axis="contrast"), 5)
    torch.manual_seed(0)
    record = {"from": "swift", "planning": described(planning), "kspace": [0.1], "steps": 5, "gain_db": 1.0}
    own = own_weights_of(view)
    path = registry.save(
        Swift(features=4, blocks=1), own.path_of("liver"), about={registry.FINE_TUNED: json.dumps(record)}
    )
    own.choose(path)
    return fit_of(view)


def test_weights_of_the_same_person_and_contrast_say_nothing(view: View, fit: Fit, series: Scan) -> None:
    view.session.adopt(person(series, 5))
    assert fit.lines == ()
    assert view.session.banner is None


def test_weights_of_another_person_are_a_banner(view: View, fit: Fit, series: Scan) -> None:
    view.session.adopt(person(series, 6))
    assert "another person" in fit.lines[0]
    assert '"liver" may not be for this series' in view.session.banner.text
    assert fit.own.chosen is not None  # a warning, no more


def test_another_contrast_is_said_with_its_size(view: View, fit: Fit, series: Scan) -> None:
    view.session.adopt(person(series.with_acquisition(repetition_time=4.0), 5))
    assert any("TR of 2.34 ms, this scan has 4 ms" in line for line in fit.lines)


def test_what_was_said_goes_with_the_weights(view: View, fit: Fit) -> None:
    view.session.adopt(person(moving_ball(3), 6))
    assert fit.lines
    fit.own.choose(None)
    assert fit.lines == ()


def test_a_banner_that_is_there_is_not_replaced(view: View, fit: Fit, series: Scan) -> None:
    view.session.say("bad", "something worse")
    view.session.adopt(person(series, 6))
    assert view.session.banner.text == "something worse"
    assert fit.lines

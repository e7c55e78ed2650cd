"""The parts of the Process dock that sharpen one scan in plane, and set a network beside its twin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr.app.viewing import View
from napari_mrsr.networks import registry
from napari_mrsr.networks.cpce import Cpce
from napari_mrsr.scan import Acquisition, Source
from napari_mrsr.widgets.in_plane import AS_IT_IS, InPlaneSection
from napari_mrsr.widgets.method_chooser import FILE
from napari_mrsr.widgets.process import ProcessDock
from napari_mrsr.widgets.twin import TwinSection
from tests.app.conftest import dess
from tests.app.dynamic.conftest import moving_ball
from tests.brains import SUMMARIES, brain, shipped


@pytest.fixture
def weights(tmp_path: Path) -> Iterator[Path]:
    """Small networks in the place of the shipped ones."""
    folder = tmp_path / "weights"
    folder.mkdir()
    with shipped(folder):
        yield folder


@pytest.fixture
def process(qtbot: Any, view: View, weights: Path) -> ProcessDock:
    """The dock."""
    dock = ProcessDock(view.viewer)
    qtbot.addWidget(dock)
    return dock


@pytest.fixture
def section(process: ProcessDock) -> InPlaneSection:
    """The part that runs one method."""
    return process.in_plane


@pytest.fixture
def twin(process: ProcessDock) -> TwinSection:
    """The part that runs both."""
    return process.twin


def texts(section: InPlaneSection) -> list[str]:
    return [section.method.itemText(n) for n in range(section.method.count())]


def test_a_brain_unfolds_the_section_and_its_networks_stand_first(view: View, section: InPlaneSection) -> None:
    assert not section.nothing.isHidden()
    assert not section.isExpanded()
    view.session.adopt(brain())
    assert section.isExpanded()
    assert texts(section)[:5] == ["auto", "cpce", "cpce-l1", "circle", "circle-l1"]
    assert "fourier" in texts(section)
    assert texts(section)[-1] == FILE


def test_a_knee_leaves_it_folded_and_a_series_has_its_own(view: View, section: InPlaneSection) -> None:
    view.session.adopt(dess())
    assert not section.isExpanded()
    view.session.adopt(moving_ball())
    assert section.isHidden()


def test_the_card_says_why_and_what_the_manifest_says(view: View, section: InPlaneSection) -> None:
    view.session.adopt(brain())
    assert "cpce-l1: trained on brain with L1 alone, which invents least" in section.card.text()
    assert SUMMARIES["cpce-l1"] in section.card.text()
    section.method.setCurrentText("cpce")
    assert SUMMARIES["cpce"] in section.card.text()
    assert "cpce-l1" in section.card.text()  # its twin
    assert "T2w, FLAIR" in section.card.text()


def test_weights_of_another_contrast_are_told_in_amber(view: View, section: InPlaneSection) -> None:
    t1w = replace(brain(), sources=(Source("brain/one_T1w.nii.gz"),), acquisition=Acquisition())
    view.session.adopt(t1w)
    section.method.setCurrentText("cpce")
    assert not section.outside.isHidden()
    assert "T1w scan, weights of T2w and FLAIR (cpce)" in section.outside.text.text()
    section.method.setCurrentText("fourier")
    assert section.outside.isHidden()


def test_eight_bits_are_noted(view: View, section: InPlaneSection) -> None:
    scan = brain()
    view.session.adopt(replace(scan, array=np.rint(scan.array * 255 / scan.array.max())))
    assert "8 bit" in section.outside.text.text()
    view.session.adopt(scan)
    assert section.outside.isHidden()


def test_weights_of_ones_own_say_themselves_what_they_learned_from(
    view: View, section: InPlaneSection, tmp_path: Path
) -> None:
    view.session.adopt(brain())
    about = {registry.CONTRASTS: '["T1w"]'}
    section.method.take(str(registry.save(Cpce(features=4), tmp_path / "mine.safetensors", about=about)))
    assert "T2w scan, weights of T1w (mine)" in section.outside.text.text()


def test_a_file_that_holds_no_weights_is_refused_by_run(view: View, section: InPlaneSection, tmp_path: Path) -> None:
    view.session.adopt(brain())
    path = tmp_path / "mine.safetensors"
    path.write_text("nothing of the kind")
    section.method.take(str(path))
    section.run_button.click()
    assert view.session.banner is not None
    assert "not a safetensors file" in view.session.banner.text
    assert view.in_plane.results == {}


def test_run_and_status(view: View, section: InPlaneSection) -> None:
    view.session.adopt(brain())
    section.method.setCurrentText("cpce-l1")
    section.run_button.click()
    assert section.status.text().startswith("cpce-l1 25 % took")
    assert "PSNR" in section.status.text()
    section.input.setCurrentText(AS_IT_IS)
    section.method.setCurrentText("fourier")
    section.run_button.click()
    assert view.in_plane.results["fourier as it is"].scan.shape == (80, 72, 6)


def test_weights_of_ones_own_are_used_and_have_no_twin(
    view: View, section: InPlaneSection, twin: TwinSection, tmp_path: Path
) -> None:
    view.session.adopt(brain())
    path = registry.save(Cpce(features=4, shortcut=True), tmp_path / "mine.safetensors")
    section.method.take(str(path))
    assert texts(section)[-2:] == ["mine", FILE]
    assert section.settings().weights == str(path)
    assert not twin.button.isEnabled()
    assert "no twin is known" in twin.what.text()
    section.run_button.click()
    assert "mine 25 %" in view.viewer.layers
    section.method.setCurrentText("cpce")
    assert section.settings().weights is None
    assert twin.button.isEnabled()


def test_the_button_runs_both_and_says_what_was_added(view: View, section: InPlaneSection, twin: TwinSection) -> None:
    view.session.adopt(brain())
    section.method.setCurrentText("circle")
    assert twin.what.text().startswith("circle was trained against a critic, circle-l1 with L1 alone.")
    assert twin.table.isHidden()
    twin.button.click()
    assert view.layouts.now == "four"
    assert not twin.table.isHidden()
    assert "of the signal was added or taken away" in twin.read.text()
    assert "all invented" in twin.read.text()
    view.session.adopt(brain(seed=1))
    assert twin.table.isHidden()


def test_without_a_reference_nothing_is_said_about_what_is_real(
    view: View, section: InPlaneSection, twin: TwinSection
) -> None:
    view.session.adopt(brain())
    section.input.setCurrentText(AS_IT_IS)
    section.method.setCurrentText("cpce")
    twin.button.click()
    assert "cannot be told without a reference" in twin.read.text()
    assert twin.table.isHidden()


def test_choices_are_saved_and_come_back(view: View, section: InPlaneSection) -> None:
    view.session.adopt(brain())
    section.method.setCurrentText("cpce")
    section.fraction.setCurrentText("10 %")
    saved = section.as_json()
    section.method.setCurrentText("fourier")
    section.fraction.setCurrentText("25 %")
    section.from_json(saved)
    assert (section.method.currentText(), section.fraction.currentText()) == ("cpce", "10 %")
    section.from_json({"input": 3})  # of another version


def test_trust_can_be_asked_for_once_there_is_a_result(view: View, section: InPlaneSection) -> None:
    view.session.adopt(brain())
    assert section.trust.isHidden()
    section.method.setCurrentText("cpce")
    section.run()
    assert not section.trust.isHidden()
    assert section.trust.read.isHidden()
    section.trust.button.click()
    assert section.trust.read.text().startswith("cpce 25 %: added ")
    assert not section.trust.read.isHidden()
    section.run()
    assert section.trust.read.isHidden()

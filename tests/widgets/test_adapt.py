"""The part of the Process dock that adapts the network to the open scan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from napari_mrsr.app.viewing import View
from napari_mrsr.training import adapt
from napari_mrsr.widgets.process import ProcessDock
from tests.app.test_adapting import own, quick, teaching

__all__ = ["own", "quick"]  # fixtures


@pytest.fixture
def dock(qtbot: Any, view: View, own: str) -> ProcessDock:
    """The dock on a scan that can teach, with a tiny network of one's own chosen."""
    view.session.adopt(teaching())
    dock = ProcessDock(view.viewer)
    qtbot.addWidget(dock)
    dock.options.weights.value = Path(own)
    return dock


def test_one_press_adapts_and_run_then_uses_it(dock: ProcessDock, view: View) -> None:
    part = dock.adapt
    assert part.chart is None  # nothing to show yet
    assert part.forget_button.isHidden()
    part.button.click()
    assert part.said.text().startswith("Adapted to this scan: +")
    assert not part.forget_button.isHidden()
    assert "adapted to this scan in 10 steps" in dock.card.text()
    steps, gains = part.chart.curves["adapted"]
    assert list(steps) == [0, 5, 10]
    assert gains[0] == 0
    assert gains[-1] > 0
    dock.options.maps.value = False
    dock.run_button.click()
    assert view.session.result.method == "tiny-adapted"


def test_another_factor_shows_the_card_of_the_network_as_it_was(dock: ProcessDock) -> None:
    dock.adapt.button.click()
    dock.options.factor.value = 3
    assert "not known" in dock.card.text()
    dock.options.factor.value = 2
    assert "adapted" in dock.card.text()


def test_the_network_as_it_was_comes_back_by_a_press(dock: ProcessDock) -> None:
    dock.adapt.button.click()
    dock.adapt.forget_button.click()
    assert "not known" in dock.card.text()
    assert dock.adapt.said.isHidden()
    assert dock.adapt.chart.isHidden()


def test_stop_keeps_the_best_so_far(dock: ProcessDock, view: View) -> None:
    pressed = []

    def press(_running: Any) -> None:
        if view.session.running.text == "step 7":
            assert dock.adapt.stop_button.isEnabled()
            dock.adapt.stop_button.click()
            pressed.append(True)

    view.session.progressed.connect(press)
    dock.adapt.button.click()
    assert pressed
    assert "after 5 steps (stopped;" in dock.adapt.said.text()
    assert not dock.adapt.stop_button.isEnabled()


def test_a_failure_is_a_banner_and_the_dock_goes_on(
    dock: ProcessDock, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the processor is on fire")
        yield

    monkeypatch.setattr(adapt, "steps_of", broken)
    dock.adapt.button.click()
    assert "the processor is on fire" in view.session.banner.text
    assert dock.adapt.button.isEnabled()
    assert "not known" in dock.card.text()


def test_a_closed_dock_loses_nothing(dock: ProcessDock, view: View, qtbot: Any) -> None:
    dock.adapt.button.click()
    again = ProcessDock(view.viewer)
    qtbot.addWidget(again)
    assert again.adapt.said.text() == dock.adapt.said.text()
    assert again.adapt.chart is not None

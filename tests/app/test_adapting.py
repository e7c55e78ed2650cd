"""The network adapted to the open scan: used by Run for what it was made for, and let go with the scan."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from napari.components import ViewerModel

from napari_mrsr.app import cards
from napari_mrsr.app.adapting import Adapting, adapting_of
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.networks import registry
from napari_mrsr.networks.lean import Lean
from napari_mrsr.scan import Scan
from napari_mrsr.training import adapt
from napari_mrsr.training.learner import Learner
from napari_mrsr.training.own_slices import Patches
from tests.app.conftest import dess
from tests.training.test_adapt import cells

KEPT: list[ViewerModel] = []  # a view does not keep its viewer


def teaching(shape: tuple[int, int, int] = (56, 56, 12)) -> Scan:
    """Return two echoes of sharp cells in slices thicker than the pixels."""
    scan = dess(shape, thick=1.0)
    first = 100 * cells(shape)
    return Scan(
        np.stack([first, 0.5 * first]), scan.affine, axis="echo", names=("S1", "S2"),
        acquisition=scan.acquisition, slice_axis=2,
    )  # fmt: skip


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A tiny network of one's own, cubic interpolation still."""
    torch.manual_seed(0)
    network = Lean(features=8, blocks=1, factors=(2, 3))
    return str(registry.save(network, tmp_path / "tiny.safetensors"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten small steps, each judgement a tenth of a decibel better than the one before; real ones take a minute."""
    small = {"steps": 10, "patches": Patches(batch=1, wide=16, deep=2, slices=12)}
    monkeypatch.setattr(adapt, "steps_of", partial(adapt.steps_of, **small))
    monkeypatch.setattr(adapt, "EVERY", 5)
    monkeypatch.setattr(Learner, "gain", lambda self: float(self.average.n_averaged - 1) / 50)
    monkeypatch.setattr(Learner, "gain_along", lambda _self: 0.0)
    monkeypatch.setattr(Learner, "worst", lambda _self: 0.0)


@pytest.fixture
def adapting(view: View, own: str) -> Adapting:
    """A network adapted to the scan that is open."""
    view.session.adopt(teaching())
    found = adapting_of(view)
    found.begin(RefineSettings(weights=own, maps=False))
    assert found.found is not None
    assert found.found.is_better
    return found


def test_run_uses_it_and_the_result_says_so(view: View, adapting: Adapting, own: str) -> None:
    settings = adapting.applied(RefineSettings(weights=own, maps=False))
    assert settings.weights is not None
    assert settings.weights != own
    view.session.refine(settings)
    result = view.session.result
    assert result is not None
    assert result.method == "tiny-adapted"
    assert result.reason.startswith("tiny.safetensors adapted to this scan in 10 steps")
    about = result.scan.history[-1].parameters["adapted"]
    assert about["gain_on_held_out_slices_db"] == pytest.approx(adapting.found.gain, abs=1e-3)
    assert view.layer("S1 SR x2 [tiny-adapted]") is not None
    assert "adapted to this scan" in cards.html(settings.method, settings.weights)


def test_a_reopened_review_says_that_the_result_was_adapted(
    view: View, adapting: Adapting, own: str, tmp_path: Path
) -> None:
    view.session.refine(adapting.applied(RefineSettings(weights=own, maps=False)))
    about = view.session.result.scan.history[-1].parameters["adapted"]
    view.saving.save(tmp_path / "review")
    KEPT.append(ViewerModel())
    other = view_of(KEPT[-1], run_here)
    other.saving.open(tmp_path / "review")
    result = other.session.result
    assert result.scan.history[-1].parameters["adapted"] == about
    assert "adapted to this scan" in result.reason
    assert not adapting_of(other).applies_to(RefineSettings(weights=own))


@pytest.mark.parametrize("change", [{"factor": 3}, {"axis": 0}, {"retrospective": True}, {"weights": None}])
def test_it_is_for_what_it_was_made_for_alone(adapting: Adapting, own: str, change: dict[str, Any]) -> None:
    settings = RefineSettings(**{"weights": own, "maps": False, **change})
    assert adapting.applied(settings) is settings


def test_settings_that_do_not_change_the_network_keep_it(adapting: Adapting, own: str) -> None:
    other = RefineSettings(weights=own, consistency="hard", device="cpu", maps=True)
    assert adapting.applies_to(other)
    assert adapting.applies_to(adapting.applied(other))


def test_the_curve_is_told_while_it_runs(view: View, own: str) -> None:
    view.session.adopt(teaching())
    found, seen = adapting_of(view), []
    found.changed.connect(lambda: seen.append(len(found.history)))
    progress: list[float] = []
    view.session.progressed.connect(lambda running: progress.append(running.done))
    found.begin(RefineSettings(weights=own))
    assert seen[-3:] == [2, 3, 3]  # after five steps, after ten, the end
    assert progress == sorted(progress)
    assert progress[-1] > 0.03


def test_another_scan_lets_it_go(view: View, adapting: Adapting, own: str) -> None:
    view.session.adopt(teaching())
    assert adapting.found is None
    assert adapting.applied(RefineSettings(weights=own)).weights == own


def test_it_learns_from_simulated_thick_slices_where_these_are_asked_for(view: View, own: str) -> None:
    view.session.adopt(teaching((64, 64, 20)))
    settings = RefineSettings(weights=own, retrospective=True, maps=False)
    found = adapting_of(view)
    found.begin(settings)
    assert found.found is not None
    assert view.session.banner is None
    assert found.applies_to(settings) == found.found.is_better


@pytest.mark.parametrize("method", ["tricubic", "aplus"])
def test_what_is_no_network_is_refused_by_a_banner(view: View, method: str) -> None:
    view.session.adopt(teaching())
    adapting_of(view).begin(RefineSettings(method=method))
    assert view.session.banner is not None
    assert "no network to adapt" in view.session.banner.text


def test_a_scan_that_cannot_teach_is_refused_by_a_banner_and_nothing_is_lost(
    view: View, adapting: Adapting, own: str
) -> None:
    view.session.refine(adapting.applied(RefineSettings(weights=own, maps=False)))
    result = view.session.result
    adapting.begin(RefineSettings(weights=own, axis=1))
    assert view.session.banner is not None
    assert "in plane it is not finer" in view.session.banner.text
    assert view.session.result is result
    assert view.session.running is None


def test_without_a_scan_a_banner_asks_for_one(view: View) -> None:
    adapting_of(view).begin(RefineSettings())
    assert "no scan is open" in view.session.banner.text


def test_a_file_that_is_no_weights_has_a_card_still(tmp_path: Path) -> None:
    path = tmp_path / "scan.safetensors"
    path.write_bytes(b"no weights")
    assert "not known" in cards.html("auto", str(path))
    assert "not known" in cards.html("auto", str(tmp_path / "none.safetensors"))

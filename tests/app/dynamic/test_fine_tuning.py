"""Fine-tuning from the viewer: it is watched, stopped, killed; the best weights so far are kept whatever happens.

The processes of these tests learn nothing. Real ones are stopped and killed in ``tests/training/test_spawned.py``, and
from a window in ``tests/widgets/test_fine_tuning_in_a_window.py``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from napari_mrsr.app.dynamic import fine_tuning
from napari_mrsr.app.dynamic.fine_tuning import FineTuneSettings, FineTuning, fine_tuning_of
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from tests.app.dynamic.conftest import moving_ball
from tests.app.dynamic.fake_training import EVERY, Fake

SETTINGS = FineTuneSettings(kspace=(0.0625,), name="liver")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of this test alone, and no waiting."""
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(fine_tuning, "PAUSE", 0.0)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Processes that learn nothing; what stands in it is how they behave, ``made`` is the latest."""
    how: dict[str, Any] = {}

    def spawn(planning: Scan, settings: FineTuneSettings, hidden: Path) -> Fake:
        options = {name: value for name, value in how.items() if name != "made"}
        how["made"] = Fake(hidden, kspace=settings.kspace, planning=planning, **options)
        return how["made"]

    monkeypatch.setattr(fine_tuning, "_spawn", spawn)
    return how


@pytest.fixture
def tuning(view: View, series: Scan) -> FineTuning:
    """A series and a planning scan are open."""
    view.session.adopt(series)
    view.session.plan(replace(series.volume(0), axis="contrast"))
    return fine_tuning_of(view)


def test_the_best_weights_get_their_name_and_are_used_at_once(view: View, tuning: FineTuning, fakes: Any) -> None:
    tuning.begin(SETTINGS)
    assert tuning.found is not None
    assert tuning.found.name == "liver"
    assert tuning.own.chosen == tuning.found.path
    assert [p.step for p in tuning.history] == list(range(1, 41))
    assert not tuning.is_running
    assert fakes["made"].closed
    assert view.session.banner is None
    assert '"liver" is used by Run now' in tuning.said
    assert [p.name for p in tuning.own.folder.iterdir()] == ["liver.safetensors"]  # nothing hidden is left


def test_a_second_run_of_the_same_name_replaces_nothing(tuning: FineTuning, fakes: Any) -> None:
    tuning.begin(SETTINGS)
    tuning.begin(SETTINGS)
    assert sorted(own.name for own in tuning.own.all()) == ["liver", "liver (2)"]


def test_without_a_name_the_method_is_it(tuning: FineTuning, fakes: Any) -> None:
    tuning.begin(replace(SETTINGS, name=""))
    assert tuning.found.name == "swift tuned"


def test_the_curve_is_told_while_it_learns(tuning: FineTuning, fakes: Any) -> None:
    seen: list[tuple[int, float]] = []
    tuning.went_on.connect(lambda: seen.append((len(tuning.history), tuning.part)))
    tuning.begin(SETTINGS)
    assert seen == [(EVERY * n, EVERY * n / 40) for n in (1, 2, 3, 4)]
    assert tuning.best.step == 40


def test_stop_keeps_the_best_so_far(tuning: FineTuning, fakes: Any) -> None:
    tuning.went_on.connect(lambda: tuning.stop() if len(tuning.history) == 20 else None)
    tuning.begin(SETTINGS)
    assert fakes["made"].stopped
    assert tuning.found.record["steps"] == 20


def test_a_killed_process_is_a_banner_and_the_last_good_weights_are_kept(
    view: View, tuning: FineTuning, fakes: Any
) -> None:
    fakes["dies_at"] = 30
    tuning.begin(SETTINGS)
    banner = view.session.banner
    assert banner.level == "bad"
    assert 'was killed (SIGKILL); the best weights so far are kept as "liver"' in banner.text
    assert tuning.found.record["steps"] == 30
    assert not tuning.is_running
    fakes["dies_at"] = None
    tuning.begin(SETTINGS)  # and it can be done again
    assert tuning.found.record["steps"] == 40


def test_a_process_killed_before_anything_was_better_keeps_nothing(view: View, tuning: FineTuning, fakes: Any) -> None:
    fakes["dies_at"], fakes["gain"] = 10, -1.0
    tuning.begin(SETTINGS)
    assert "none are kept" in view.session.banner.text
    assert tuning.own.all() == []
    assert tuning.own.chosen is None


def test_a_planning_scan_that_cannot_teach_is_refused_in_words(view: View, tuning: FineTuning, fakes: Any) -> None:
    fakes["refused"] = "the planning scan is too small"
    tuning.begin(SETTINGS)
    assert view.session.banner.text == "the planning scan is too small"
    assert (tuning.found, tuning.said, tuning.is_running) == (None, "", False)


def test_no_gain_leaves_the_network_as_it_was(tuning: FineTuning, fakes: Any) -> None:
    fakes["gain"] = 0.0
    tuning.begin(SETTINGS)
    assert tuning.found is None
    assert tuning.own.chosen is None
    assert tuning.said == "Not fine-tuned: no gain."


def test_it_does_not_keep_the_session_from_anything_else(view: View, tuning: FineTuning, fakes: Any) -> None:
    tuning.went_on.connect(lambda: view.session.adopt(moving_ball(3)))
    running: list[Any] = []
    tuning.went_on.connect(lambda: running.append(view.session.running))
    tuning.begin(SETTINGS)
    assert running == [None] * 4
    assert view.session.scan.volumes == 3
    assert tuning.found is not None


def test_only_one_at_a_time(view: View, tuning: FineTuning, fakes: Any) -> None:
    tuning.went_on.connect(lambda: tuning.begin(SETTINGS))
    tuning.begin(SETTINGS)
    assert "still running" in view.session.banner.text
    assert len(tuning.own.all()) == 1


def test_without_a_planning_scan_a_banner_asks_for_one(view: View, fakes: Any) -> None:
    fine_tuning_of(view).begin(SETTINGS)
    assert "no planning scan" in view.session.banner.text
    assert "made" not in fakes


@pytest.mark.parametrize("name", ["a/b", ".x"])
def test_a_name_that_no_file_can_have_is_a_banner_before_anything_starts(
    view: View, tuning: FineTuning, fakes: Any, name: str
) -> None:
    tuning.begin(replace(SETTINGS, name=name))
    assert "cannot be called" in view.session.banner.text
    assert "made" not in fakes


def test_closing_the_viewer_ends_the_process(view: View, tuning: FineTuning, fakes: Any) -> None:
    tuning.went_on.connect(view.session.shutdown)
    tuning.begin(SETTINGS)
    assert fakes["made"].closed
    assert len(tuning.history) == EVERY
    assert [own.name for own in tuning.own.all()] == ["liver"]  # the best so far is there next time
    assert tuning.own.all()[0].record["steps"] == EVERY


def test_of_a_series_the_first_frame_teaches(view: View, series: Scan, fakes: Any) -> None:
    view.session.adopt(series)
    view.session.plan(moving_ball(3))
    fine_tuning_of(view).begin(SETTINGS)
    assert fakes["made"].planning.volumes == 1

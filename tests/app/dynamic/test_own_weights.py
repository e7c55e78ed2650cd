"""Fine-tuned weights in the user's folder: listed, chosen, renamed, removed; nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from napari_mrsr.app.dynamic.own_weights import OwnWeights, own_weights_of, read
from napari_mrsr.app.viewing import View
from napari_mrsr.errors import BadParameter, WeightsMissing
from napari_mrsr.networks import registry
from napari_mrsr.networks.swift import Swift
from napari_mrsr.scan import Scan
from tests.app.dynamic.fake_training import Fake


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test alone."""
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def made(own: OwnWeights, name: str, planning: Scan | None = None) -> Path:
    """Write weights of a name as fine-tuning does."""
    path = own.path_of(name)
    fake = Fake(path, steps=20, planning=planning)
    while fake.is_running:
        fake.poll()
    return path


@pytest.fixture
def own(view: View) -> OwnWeights:
    """The list of a view."""
    return own_weights_of(view)


def test_a_file_says_what_it_was_fine_tuned_on_and_what_that_brought(own: OwnWeights, series: Scan) -> None:
    from napari_mrsr.training.planning_scan import fingerprint

    made(own, "liver", series)
    (found,) = own.all()
    assert (found.name, found.architecture, found.levels) == ("liver", "swift", "6.25 %")
    assert found.fingerprint == fingerprint(series)
    assert found.facts["gain"] == "+2.00 dB"
    assert found.facts["subject"] == fingerprint(series)[:8]
    assert "after 20 steps" in found.line


def test_the_list_outlives_the_viewer_and_the_latest_is_first(own: OwnWeights) -> None:
    first, second = made(own, "first"), made(own, "second")
    import os

    os.utime(first, (1_000_000_000, 1_000_000_000))
    assert [found.path for found in OwnWeights().all()] == [second, first]


def test_what_is_no_fine_tuned_weights_is_passed_over(own: OwnWeights) -> None:
    made(own, "mine")
    (own.folder / "broken.safetensors").write_bytes(b"no weights at all")
    torch.manual_seed(0)
    registry.save(Swift(features=4), own.folder / "trained elsewhere.safetensors")
    made(own, ".hidden")  # half of a run
    assert [found.name for found in own.all()] == ["mine"]


def test_another_name_keeps_choice_and_date(own: OwnWeights) -> None:
    own.choose(made(own, "old"))
    (before,) = own.all()
    changes: list[Path | None] = []
    own.changed.connect(lambda: changes.append(own.chosen))
    after = own.rename(before, " new name ")
    assert after.name == "new name"
    assert own.chosen == after.path == changes[-1]
    assert [(o.name, o.made) for o in own.all()] == [("new name", before.made)]


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "a\\b", "x" * 200, "ends with."])
def test_a_name_that_no_file_can_have_is_refused(own: OwnWeights, name: str) -> None:
    made(own, "old")
    with pytest.raises(BadParameter, match="cannot be called"):
        own.rename(own.all()[0], name)


def test_a_name_that_is_taken_is_refused_and_a_free_one_is_found(own: OwnWeights) -> None:
    made(own, "one")
    two = made(own, "two")
    with pytest.raises(BadParameter, match="there already"):
        own.rename(read(two), "one")
    assert own.free_name("one") == "one (2)"


def test_removing_lets_go_of_the_choice(own: OwnWeights) -> None:
    own.choose(made(own, "mine"))
    own.remove(own.all()[0])
    assert own.chosen is None
    assert own.all() == []


def test_weights_that_are_gone_cannot_be_chosen(own: OwnWeights) -> None:
    with pytest.raises(WeightsMissing):
        own.choose(own.path_of("nothing"))


def test_the_folder_is_the_user_s_alone(own: OwnWeights, state: Path) -> None:
    assert own.folder == state / "weights"
    assert own.folder.stat().st_mode & 0o077 == 0

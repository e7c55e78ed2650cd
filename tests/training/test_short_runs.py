"""Runs that are compared: scored where they are asked to be, and nothing lost when one is interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from napari_mrsr.training import by_recipe, recipes
from napari_mrsr.training.sources import TrainingSource
from napari_mrsr.training.validation import Case

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TINY = replace(
    recipes.find("lean"),
    settings={"features": 8, "blocks": 1, "factors": (2,)},
    learning_rate=2e-3,
    batch=1,
    steps=60,
    factors=(2,),
    echoes=(1,),
    augment=False,
    patch=(16, 8),
)


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    if not BENCHMARKS.is_dir():
        pytest.skip("the benchmarks are not at hand")
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module: ModuleType = pytest.importorskip("short_runs")
    return module


def test_a_run_is_scored_at_its_steps_and_times_and_learns(short_runs: ModuleType) -> None:
    waves = (np.sin(np.indices((1, 24, 24, 64)).sum(axis=0) / 0.85) * 0.5 + 0.5).astype(np.float32)
    source, case = TrainingSource("waves", waves, axes=(2,)), Case("waves", waves[:, :12, :12])
    points = list(
        short_runs.run(TINY, by_recipe.build(TINY), [source], [case], at_steps=(20, 60), at_seconds=(0.001,), seed=1)
    )
    assert [p.step for p in points] == [1, 20, 60]
    assert points[0].seconds < points[1].seconds < points[2].seconds
    assert points[2].gains["waves"] > points[0].gains["waves"] + 0.5
    assert points[2].loss < points[0].loss


def test_a_line_that_was_cut_off_costs_only_itself(short_runs: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    assert short_runs.kept(file) == []
    short_runs.keep(file, {"name": "first"})
    short_runs.keep(file, {"name": "second"})
    file.write_text(file.read_text()[:-4])
    assert short_runs.kept(file) == [{"name": "first"}]
    short_runs.keep(file, {"name": "third"})
    assert short_runs.kept(file) == [{"name": "first"}, {"name": "third"}]


def test_what_a_person_concluded_stays_when_the_page_is_made_anew(short_runs: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    short_runs.write_page(page, "# Old\n")
    page.write_text(page.read_text() + f"\n{short_runs.CONCLUSION}\n\nTrain longer.\n")
    short_runs.write_page(page, "# New\n")
    assert page.read_text() == f"# New\n\n{short_runs.CONCLUSION}\n\nTrain longer.\n"


def test_the_middle_holds_whole_slices(short_runs: ModuleType) -> None:
    volume = np.arange(2 * 5 * 7 * 9).reshape(2, 5, 7, 9)
    cut = short_runs.middle(volume, 6)
    assert cut.shape == (2, 4, 6, 6)
    assert cut[0, 0, 0, 0] == volume[0, 0, 0, 1]

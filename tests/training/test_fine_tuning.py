"""A network fine-tuned on a planning scan: judged on slices that did not teach, kept only where it is better."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_mrsr.errors import BadParameter, ConstantImage, UnknownMethod, WeightsMissing
from napari_mrsr.networks import registry
from napari_mrsr.networks.lean import Lean
from napari_mrsr.scan import Scan
from napari_mrsr.training import schedules
from napari_mrsr.training.fine_tuned import FineTuned, Point
from napari_mrsr.training.fine_tuning import fine_tune, steps_of
from napari_mrsr.training.in_plane import FRACTIONS
from napari_mrsr.training.planning_scan import fingerprint
from napari_mrsr.training.tuner import Tuner
from tests.training.planning import SHAPE, TINY, planning, too_dark


@pytest.fixture
def dark(tmp_path: Path) -> Path:
    return too_dark(tmp_path / "dark.safetensors")


@pytest.fixture
def tune(dark: Path) -> Callable[..., FineTuned]:
    def call(scan: Scan | None = None, **options: Any) -> FineTuned:
        settings = {"start": dark, "schedule": TINY, "kspace": 0.25, "threads": 1, **options}
        return fine_tune(planning() if scan is None else scan, **settings)

    return call


def same(one: FineTuned, other: FineTuned) -> bool:
    pairs = zip(one.network.state_dict().values(), other.network.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_it_learns_from_the_planning_scan_and_says_what_that_brought(tune, tmp_path) -> None:
    found = tune()
    assert found.is_better
    assert found.account.gain_db > 3
    assert found.account.ssim_after > found.account.ssim_before
    path = found.save(tmp_path / "own.safetensors")
    told = registry.fine_tuning_of(path)
    assert told is not None
    assert told["from"] == "dark.safetensors"
    assert told["planning"]["sha256"] == fingerprint(planning())
    assert told["kspace"] == [0.25]
    assert told["gain_db"] == pytest.approx(found.account.gain_db, abs=1e-4)
    assert told["schedule"] == "tiny"
    assert str(tmp_path) not in json.dumps(told)
    loaded = registry.load(path).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in found.network.state_dict().items())


def test_weights_that_were_never_fine_tuned_say_so(dark) -> None:
    assert registry.fine_tuning_of(dark) is None


def test_the_same_seed_gives_the_same_weights(tune) -> None:
    first = tune(seed=3, steps=10)
    assert first.is_better
    assert same(first, tune(seed=3, steps=10))
    assert not same(first, tune(seed=4, steps=10))


def test_all_three_shares_of_k_space_teach_by_default(dark) -> None:
    found = fine_tune(planning(), start=dark, schedule=TINY, steps=10, threads=1)
    assert found.account.kspace == FRACTIONS


def test_stop_keeps_the_best_so_far(tune) -> None:
    seen: list[Point] = []
    found = tune(stop=lambda: len(seen) > 15, progress=seen.append)
    assert found.account.reason == "stopped"
    assert found.account.steps == 10
    assert same(found, tune(steps=10))


def test_without_a_gain_the_weights_stay_as_they_were(tune, dark) -> None:
    found = tune(learning_rate=30.0, steps=10)  # such steps wreck it
    assert not found.is_better
    assert "stays as it was" in found.line
    before = registry.load(dark).state_dict()
    assert all(torch.equal(before[name], value) for name, value in found.network.state_dict().items())


def test_it_ends_where_nothing_better_comes(tune, monkeypatch) -> None:
    judged = iter([(0.3, 0.9), (0.5, 0.9), (0.4, 0.9), (0.4, 0.9), (9.0, 0.9)])
    monkeypatch.setattr(Tuner, "judge", lambda _self: next(judged))
    found = tune(schedule=schedules.choose(TINY, patience=2, every=2))
    assert found.account.reason == "no better for a while"
    assert (found.account.steps, found.account.gain_db) == (4, 0.5)


def test_the_minutes_end_it_and_the_last_step_is_judged(tune) -> None:
    found = tune(minutes=1e-6)
    assert found.account.reason == "1e-06 minutes were over"
    assert len(found.account.history) == 2


def test_better_weights_are_written_as_they_come(tune, tmp_path) -> None:
    keep = tmp_path / "kept.safetensors"
    written: list[float] = []

    def look(point: Point) -> None:
        if point.is_kept:
            told = registry.fine_tuning_of(keep)
            assert told is not None
            assert told["steps"] == point.step
            written.append(told["gain_db"])

    tune(keep=keep, progress=look)
    assert written == sorted(written)
    assert written


@pytest.mark.parametrize("stride", [1, 3])
def test_published_sees_every_patch_once(dark, stride) -> None:
    region = ((4, 34), (2, 30), (0, 12))
    scan = planning()
    # 12 slices: two are held out, one beside them does not teach
    sizes = (30, 28, 9)
    patch = (24, 24, 9)
    places = math.prod(math.ceil((n - size) / stride) + 1 for n, size in zip(sizes, patch, strict=True))
    points: list[Point] = []
    found = fine_tune(
        scan,
        start=dark,
        schedule=schedules.choose("published", batch=16, moments=2, loss="l1"),
        stride=stride,
        region=region,
        kspace=(0.25, 0.1),
        threads=1,
        stop=lambda: len(points) > 1,
        progress=points.append,
    )
    assert found.account.patches == 2 * places
    assert points[0].note.startswith(
        f"{2 * places:,} patches of 24 x 24 x 9 voxels in {math.ceil(2 * places / 16)} steps"
    )
    assert found.account.moments.startswith("estimated in")
    assert found.account.learning_rate == pytest.approx(1e-6)  # a hundredth of that of the recipe of this network
    assert found.account.loss == "l1"


def test_one_epoch_of_a_small_region_is_one_epoch(dark) -> None:
    points: list[Point] = []
    fine_tune(
        planning(),
        start=dark,
        schedule=schedules.choose("published", patch=(16, 16, 8), batch=8, moments=0, learning_rate=1e-3, loss="l2"),
        region=((8, 26), (8, 26), (0, 12)),
        kspace=0.25,
        threads=1,
        progress=points.append,
    )
    assert [point.step for point in points] == list(range(math.ceil(3 * 3 * 2 / 8) + 1))


def test_a_run_of_train_goes_on_with_its_optimizer(dark, tmp_path) -> None:
    from napari_mrsr.training import checkpoint

    run = tmp_path / "run"
    run.mkdir()
    dark.rename(run / "weights.safetensors")
    network = registry.load(run / "weights.safetensors")
    moments = {
        f"optimizer/{name}/{key}": torch.full_like(p, 1e-3) if key != "step" else torch.tensor(1000.0)
        for name, p in network.named_parameters()
        for key in ("exp_avg", "exp_avg_sq", "step")
    }
    checkpoint.save(run / "checkpoint", moments, {"step": 1000, "recipe": {"loss": "l2", "learning_rate": 1e-3}})
    for start in (run, run / "weights.safetensors"):
        schedule = replace(TINY, loss=None, learning_rate=None)
        found = fine_tune(planning(), start=start, schedule=schedule, steps=1, kspace=0.25, threads=1)
        assert found.account.moments == "restored from training"
        assert found.account.loss == "l2"  # as the run says
        assert found.account.learning_rate == pytest.approx(1e-5)  # a hundredth of that of the run


def test_a_perceptual_loss_looks_through_features_of_ones_own(dark, tmp_path) -> None:
    from napari_mrsr.networks import features

    losses = []
    for width in (2, 4):
        own = features.save(features.Features(width=width), tmp_path / f"own{width}.safetensors")
        points: list[Point] = []
        schedule = replace(TINY, loss="perceptual")
        found = fine_tune(
            planning(), start=dark, schedule=schedule, features=own, steps=1, kspace=0.25, threads=1,
            progress=points.append,
        )  # fmt: skip
        assert found.account.record["features"] == own.name
        losses.append(points[1].loss)
    assert losses[0] != losses[1]
    with pytest.raises(BadParameter, match="looks through no feature network"):
        fine_tune(planning(), start=dark, schedule=TINY, loss="l1", features=own)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"kspace": 1.5}, BadParameter, "between 0 and 1"),
        ({"kspace": ()}, BadParameter, "between 0 and 1"),
        ({"schedule": "slow"}, BadParameter, "quick, published"),
        ({"loss": "love"}, BadParameter, "love"),
        ({"region": ((0, 99), (0, 40), (0, 12))}, BadParameter, "0:99"),
        ({"start": Path("nowhere.safetensors")}, WeightsMissing, "nowhere"),
        ({"start": None, "method": "magic"}, UnknownMethod, "magic"),
        ({"stride": 0}, BadParameter, "stride"),
        ({"minutes": -1.0}, BadParameter, "minutes"),
        ({"hold_out": 11}, BadParameter, "11 cannot be held out"),
    ],
)
def test_what_cannot_be_is_refused(tune, options, error, words) -> None:
    with pytest.raises(error, match=words):
        tune(**options)


def test_scans_that_cannot_teach_are_refused(tune, tmp_path) -> None:
    with pytest.raises(BadParameter, match="6 slices, too few"):
        tune(planning((48, 40, 6)))
    with pytest.raises(BadParameter, match="too few"):
        tune(planning((48, 12, 12)))
    with pytest.raises(ConstantImage):
        tune(Scan(np.ones(SHAPE, np.float32), np.diag([1.5, 1.5, 4.0, 1.0])))
    thin = registry.save(Lean(features=4, blocks=1), tmp_path / "lean.safetensors")
    with pytest.raises(BadParameter, match="does not sharpen in plane"):
        tune(start=thin)


def test_the_network_comes_last(dark) -> None:
    *points, last = steps_of(planning(), start=dark, schedule=TINY, steps=2, kspace=0.25, threads=1)
    assert [point.step for point in points] == [0, 1, 2]
    assert isinstance(last, FineTuned)


def test_voxels_that_are_not_finite_count_as_nothing(tune) -> None:
    array = planning().array.copy()
    array[0, 3, 4, 5] = np.nan
    found = tune(Scan(array, planning().affine, slice_axis=2), steps=10)
    assert np.isfinite(found.account.gain_db)

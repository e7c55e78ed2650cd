"""Tiles equal the whole volume, in the order and within the limits that the viewer needs."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

from napari_mrsr.errors import BadParameter, OutOfMemory, Stopped
from napari_mrsr.inference import engine, runner
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.interpolation import interpolate
from napari_mrsr.networks.lean import Lean

EXACT = {"device": "cpu", "precision": "fp32", "air": False}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_tiles_of_lean_equal_the_whole_volume_to_1e_5_of_the_scale(lean, echoes, whole, axis, factor):
    tiled = engine.run(lean, echoes, factor=factor, axis=axis, tile=(9, 7), **EXACT)
    expected = whole(lean, echoes, factor, axis)
    assert tiled.shape == expected.shape
    assert tiled.dtype == np.float32
    assert np.abs(tiled - expected).max() <= 1e-5 * common_scale(echoes)


def test_tiles_of_mrsr_equal_the_whole_volume(mrsr, echoes, whole):
    tiled = engine.run(mrsr, echoes, factor=2, axis=1, tile=8, **EXACT)
    assert np.abs(tiled - whole(mrsr, echoes, 2, 1)).max() <= 1e-5 * common_scale(echoes)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 1, 1, 2), (3, 2, 1, 5), (1, 40, 3, 2)])
def test_tiny_volumes_and_any_number_of_echoes_work(lean, whole, shape):
    tiny = np.random.default_rng(3).uniform(1, 2, shape).astype(np.float32)
    assert np.allclose(engine.run(lean, tiny, factor=2, axis=2, tile=8, **EXACT), whole(lean, tiny, 2, 2), atol=2e-5)


def test_the_halo_is_needed_and_no_more_than_needed(moving_sum, echoes, whole):
    expected = whole(moving_sum, echoes, 2, 0)
    assert np.allclose(engine.run(moving_sum, echoes, factor=2, axis=0, tile=8, **EXACT), expected, rtol=1e-5)
    moving_sum.halo = 0
    wrong = engine.run(moving_sum, echoes, factor=2, axis=0, tile=8, **EXACT)
    assert not np.allclose(wrong, expected, rtol=1e-2)


def test_a_larger_tile_may_be_left_to_the_engine(lean, echoes, whole):
    assert np.allclose(engine.run(lean, echoes, factor=2, axis=2, **EXACT), whole(lean, echoes, 2, 2), atol=1e-2)


def test_scaling_the_input_scales_the_output_so_that_echoes_keep_their_ratio(lean, echoes):
    one = engine.run(lean, echoes, factor=2, axis=2, **EXACT)
    seven = engine.run(lean, 7 * echoes, factor=2, axis=2, **EXACT)
    assert np.allclose(seven, 7 * one, rtol=1e-4, atol=1e-2)


def test_the_ratio_of_echoes_survives_where_nothing_else_happens():
    network = Lean(features=4, blocks=1).eval()  # untrained: interpolation
    array = np.empty((2, 8, 8, 6), np.float32)
    array[0], array[1] = 800.0, 200.0
    result = engine.run(network, array, factor=2, axis=2, **EXACT)
    assert np.allclose(result[0] / result[1], 4.0, rtol=1e-6)


def test_integer_volumes_are_read_as_they_are(lean, echoes):
    integers = echoes.astype(np.uint16)
    expected = engine.run(lean, integers.astype(np.float32), factor=2, axis=2, **EXACT)
    assert np.array_equal(engine.run(lean, integers, factor=2, axis=2, **EXACT), expected)


# -- air -------------------------------------------------------------------------------------------
@pytest.fixture
def knee_in_air():
    """Bright tissue in the middle of Rayleigh noise, ``(2, 64, 60, 8)``."""
    rng = np.random.default_rng(5)
    signal = np.zeros((2, 64, 60, 8))
    signal[:, 24:40, 24:36] = rng.uniform(300, 1000, (2, 16, 12, 8))
    noise = rng.normal(0, 8, (2, *signal.shape))
    return np.hypot(signal + noise[0], noise[1]).astype(np.float32)


def test_far_from_signal_the_result_is_the_interpolation_and_near_it_the_network(lean, knee_in_air, whole):
    result = engine.run(lean, knee_in_air, factor=2, axis=2, device="cpu", precision="fp32", tile=16)
    network = whole(lean, knee_in_air, 2, 2)
    plain = interpolate(knee_in_air, "keys", 2, 2)
    reach = lean.halo
    near = (slice(None), slice(24 - reach, 40 + reach), slice(24 - reach, 36 + reach))
    assert np.allclose(result[near], network[near], atol=1e-5 * common_scale(knee_in_air))
    for corner in (np.s_[:, :8, :8], np.s_[:, -8:, -8:], np.s_[:, :8, -8:]):
        assert np.allclose(result[corner], plain[corner], atol=1e-2)
        assert not np.allclose(network[corner], plain[corner], atol=1e-2)


def test_skipping_air_does_not_depend_on_the_tiles(lean, knee_in_air):
    options = {"factor": 2, "axis": 2, "device": "cpu", "precision": "fp32"}
    small = engine.run(lean, knee_in_air, tile=8, **options)
    large = engine.run(lean, knee_in_air, tile=64, **options)
    assert np.abs(small - large).max() <= 1e-5 * common_scale(knee_in_air)


def test_a_black_volume_stays_black(moving_sum):
    assert not engine.run(moving_sum, np.zeros((1, 8, 8, 4), np.float32), factor=2, axis=2).any()


# -- what is on screen -----------------------------------------------------------------------------
@pytest.mark.parametrize(("axis", "fine_index"), [(0, 20), (1, 3), (2, 11)])
def test_the_slice_on_screen_comes_first_and_is_replaced_by_exact_tiles(lean, echoes, whole, axis, fine_index):
    shape = list(echoes.shape)
    shape[3] *= 2
    seen = np.full(shape, np.nan, np.float32)
    tiles = engine.stream(lean, echoes, factor=2, axis=2, first=(axis, fine_index), tile=8, **EXACT)
    early = True
    for tile in tiles:
        if early and not tile.preview:
            early = False
            assert np.isfinite(np.take(seen, fine_index, axis=axis + 1)).all(), "previews cover the slice on screen"
        assert tile.preview == early, "previews come before all others"
        tile.write(seen)
    assert tile.done == 1.0
    assert np.allclose(seen, whole(lean, echoes, 2, 2), atol=1e-5 * common_scale(echoes))


def test_the_preview_is_close_to_the_result(lean, echoes, whole):
    expected = whole(lean, echoes, 2, 2)
    for tile in engine.stream(lean, echoes, factor=2, axis=2, first=(2, 9), **EXACT):
        if tile.preview:
            here = expected[(slice(None), *tile.where)]
            assert np.sqrt(np.mean((tile.array - here) ** 2)) < 0.02 * here.max()


def test_three_indices_put_the_crossing_point_first(lean, echoes):
    tiles = engine.stream(lean, echoes, factor=2, axis=2, first=(20, 3, 5), tile=8, **EXACT)
    exact = next(tile for tile in tiles if not tile.preview)
    assert exact.where[0].start <= 20 < exact.where[0].stop
    assert exact.where[1].start <= 3 < exact.where[1].stop


def test_progress_grows_to_one(lean, echoes):
    seen: list[float] = []
    engine.run(lean, echoes, factor=2, axis=2, tile=8, progress=seen.append, **EXACT)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 3


# -- stop, memory, threads -------------------------------------------------------------------------
def test_stop_ends_the_stream_and_keeps_what_is_done(lean, echoes):
    tiles = []
    for tile in engine.stream(lean, echoes, factor=2, axis=2, tile=8, stop=lambda: len(tiles) >= 2, **EXACT):
        tiles.append(tile)
    assert len(tiles) == 2
    assert tiles[-1].done < 1


def test_run_says_that_it_was_stopped(lean, echoes):
    with pytest.raises(Stopped):
        engine.run(lean, echoes, factor=2, axis=2, stop=lambda: True, **EXACT)


def test_stop_is_heard_in_the_middle_of_a_tile():
    network = Lean(features=32, blocks=6).eval()
    volume = np.random.default_rng(0).random((2, 48, 48, 40), np.float32)
    asked: list[float] = []
    timer = threading.Timer(0.3, lambda: asked.append(time.process_time()))  # not that of whatever else runs
    timer.start()
    while True:  # a computer fast enough to finish gets the volume again
        tiles = list(engine.stream(network, volume, factor=2, axis=2, tile=48, stop=lambda: bool(asked), **EXACT))
        if asked:
            break
    assert not tiles or tiles[-1].done == 1
    assert time.process_time() - asked[0] < 2.0


class Hungry(nn.Module):
    """A network that fits only tiles of few voxels."""

    halo, stride, factors, echoes = 0, 1, (2,), None

    def __init__(self, limit: int, message: str = "DefaultCPUAllocator: can't allocate memory") -> None:
        super().__init__()
        self.limit, self.message = limit, message

    def forward(self, x: torch.Tensor, factor: int) -> torch.Tensor:
        if x.any() and x[0, 0].numel() > self.limit:  # an empty volume is what counts its operations
            raise RuntimeError(self.message)
        return x.repeat_interleave(factor, dim=-1)


def test_when_memory_runs_out_tiles_get_smaller(echoes, caplog):
    network = Hungry(limit=12 * 12 * 9)
    with caplog.at_level("WARNING"):
        result = engine.run(network, echoes, factor=2, axis=2, tile=23, **EXACT)
    assert np.allclose(result, np.repeat(echoes, 2, axis=3))
    assert "out of memory" in caplog.text


def test_when_even_the_smallest_tile_does_not_fit_it_is_said(echoes):
    with pytest.raises(OutOfMemory):
        engine.run(Hungry(limit=10), echoes, factor=2, axis=2, **EXACT)


def test_other_errors_are_not_taken_for_lack_of_memory(echoes):
    with pytest.raises(RuntimeError, match="broken"):
        engine.run(Hungry(limit=0, message="broken"), echoes, factor=2, axis=2, **EXACT)


def test_threads_are_given_back(lean, echoes):
    before = torch.get_num_threads()
    engine.run(lean, echoes, factor=2, axis=2, threads=1, **EXACT)
    assert torch.get_num_threads() == before


def test_the_network_is_left_as_it_was(lean, echoes):
    before = {name: tensor.clone() for name, tensor in lean.state_dict().items()}
    engine.run(lean, echoes, factor=2, axis=2, device="cpu", precision="bf16")
    after = lean.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(tensor.dtype is torch.float32 for tensor in after.values())
    assert not any(module._forward_pre_hooks for module in lean.modules())


# -- the slow path ---------------------------------------------------------------------------------
def test_a_small_tile_of_one_echo_is_batched_away_from_the_slow_path(lean, mrsr, monkeypatch):
    monkeypatch.setattr("napari_mrsr.inference.fusing.available", lambda dtype: False)
    cpu = torch.device("cpu")
    single = runner.Runner(lean, 2, 1, cpu)
    assert single.takes_slow_path((1, 20, 20, 40))
    assert not single.takes_slow_path((1, 90, 90, 4)), "large planes take the fast path anyway"
    assert not runner.Runner(lean, 2, 2, cpu).takes_slow_path((2, 20, 20, 40)), "two echoes are a batch of two"
    assert runner.Runner(mrsr, 2, 2, cpu).takes_slow_path((2, 20, 20, 40)), "as channels they are not"
    x = np.random.default_rng(0).random((1, 20, 20, 6), np.float32)
    with torch.inference_mode():
        expected = lean(torch.from_numpy(x)[None], 2)[0].numpy()
    assert np.allclose(single(x), expected, atol=1e-5)


# -- refused ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wrong",
    [
        {"factor": 5},
        {"axis": 3},
        {"device": "tpu"},
        {"device": "cuda:99"},
        {"precision": "fp8"},
        {"first": (1, 2, 3, 4)},
    ],
)
def test_impossible_parameters_are_refused_in_one_line(lean, echoes, wrong):
    options = {"factor": 2, "axis": 2, **wrong}
    with pytest.raises(BadParameter) as raised:
        engine.run(lean, echoes, **options)
    assert "\n" not in str(raised.value)


def test_a_network_for_two_echoes_refuses_three(mrsr):
    with pytest.raises(BadParameter, match="made for 2"):
        engine.run(mrsr, np.ones((3, 8, 8, 8), np.float32), factor=2, axis=0)


def test_the_estimate_grows_with_the_volume(lean):
    rng = np.random.default_rng(0)
    small = rng.uniform(1, 2, (1, 24, 24, 12)).astype(np.float32)
    large = np.tile(small, (1, 4, 4, 4))
    options = {"factor": 2, "axis": 2, **EXACT}
    seconds = engine.estimate_seconds(lean, small, **options)
    assert 0 < seconds < engine.estimate_seconds(lean, large, **options)

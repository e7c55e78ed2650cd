"""Networks that sharpen in plane: tiles at multiples of their stride equal the whole frame, in any orientation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_mrsr.errors import BadParameter
from napari_mrsr.inference import backends, engine
from napari_mrsr.networks.network import Network
from napari_mrsr.networks.swift import Swift
from napari_mrsr.networks.unet import Unet
from tests.inference.conftest import shaken

EXACT = {"factor": 1, "device": "cpu", "precision": "fp32", "air": False}


@pytest.fixture(scope="module", params=["unet", "swift"])
def network(request: pytest.FixtureRequest) -> Network:
    return shaken(Unet(features=4) if request.param == "unet" else Swift(features=4, blocks=1), seed=2)


def frame(shape: tuple[int, int, int]) -> np.ndarray:
    """One frame without any air, ``(1, i, j, k)``."""
    return np.random.default_rng(4).uniform(100, 900, (1, *shape)).astype(np.float32)


def whole(network: Network, array: np.ndarray, axis: int, scale: float) -> np.ndarray:
    """Run the network on the whole frame at once, by plain layers."""
    x = torch.from_numpy(np.ascontiguousarray(np.moveaxis(array / np.float32(scale), axis + 1, -1)))
    with torch.inference_mode():
        return np.moveaxis(network(x[None], 1)[0].numpy() * scale, -1, axis + 1)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("plane", [(101, 74), (64, 91)])
def test_tiles_equal_the_whole_frame_to_1e_5_whatever_is_left_over_by_four(network, axis, plane):
    shape = list(plane)
    shape.insert(axis, 6)
    array = frame(tuple(shape))
    tiled = engine.run(network, array, axis=axis, tile=(17, 22), scale=900.0, **EXACT)
    assert tiled.shape == array.shape
    assert np.abs(tiled - whole(network, array, axis, 900.0)).max() <= 1e-5 * 900


def test_without_alignment_tiles_would_pool_other_voxels_together(network, monkeypatch):
    array = frame((110, 40, 5))
    expected = whole(network, array, 2, 900.0)
    monkeypatch.setattr(type(network), "stride", 1)
    wrong = engine.run(network, array, axis=2, tile=(17, 40), scale=900.0, **EXACT)
    assert np.abs(wrong - expected).max() > 1e-3 * 900


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 3), (2, 3, 1), (9, 4, 2)])
def test_tiny_frames_work(network, shape):
    array = frame(shape)
    tiled = engine.run(network, array, axis=2, scale=900.0, **EXACT)
    assert np.allclose(tiled, whole(network, array, 2, 900.0), atol=1e-2)


def test_a_part_of_the_plane_is_as_in_the_whole_frame(network):
    array = frame((90, 70, 4))
    part = (slice(31, 58), slice(3, 40), slice(None))
    found = np.full(array.shape, np.nan, np.float32)
    for tile in engine.stream(network, array, axis=2, scale=900.0, within=part, **EXACT):
        tile.write(found)
    assert np.abs(found[:, 31:58, 3:40] - whole(network, array, 2, 900.0)[:, 31:58, 3:40]).max() <= 1e-5 * 900
    assert np.isnan(found[:, :31]).all()


def test_air_stays_the_interpolated_frame_itself(network):
    array = np.zeros((1, 160, 120, 4), np.float32)
    array[:, :20, :20] = frame((20, 20, 4))
    result = engine.run(network, array, axis=2, scale=900.0, factor=1, device="cpu", precision="fp32")
    assert np.array_equal(result[:, 100:, 90:], array[:, 100:, 90:])
    reach = np.s_[:, :40, :40]
    assert np.abs(result[reach] - whole(network, array, 2, 900.0)[reach]).max() <= 1e-5 * 900


def test_the_slice_on_screen_comes_first_and_exact_tiles_replace_it(network):
    array = frame((61, 45, 9))
    tiles = list(engine.stream(network, array, axis=2, first=(2, 7), scale=900.0, **EXACT))
    assert tiles[0].preview
    assert tiles[0].where[2] == slice(7, 8)
    seen = np.empty_like(array)
    for tile in tiles:
        tile.write(seen)
    assert np.abs(seen - whole(network, array, 2, 900.0)).max() <= 1e-5 * 900


def test_a_given_scale_takes_the_place_of_the_image_s_own(network):
    array = frame((30, 22, 4))
    one = engine.run(network, array, axis=2, scale=450.0, **EXACT)
    assert np.abs(one - whole(network, array, 2, 450.0)).max() <= 1e-5 * 900
    assert not np.allclose(one, engine.run(network, array, axis=2, **EXACT), atol=1)


def test_what_runs_the_network_is_prepared_once_for_a_series(network, monkeypatch):
    made = []
    choose = engine.choose_backend
    monkeypatch.setattr(engine, "choose_backend", lambda *a, **k: made.append(1) or choose(*a, **k))
    kept = engine.Kept()
    for seed in range(3):
        array = np.random.default_rng(seed).uniform(0, 900, (1, 24, 20, 4)).astype(np.float32)
        result = np.empty_like(array)
        for tile in engine.stream(network, array, axis=2, scale=900.0, kept=kept, **EXACT):
            tile.write(result)
        assert np.abs(result - whole(network, array, 2, 900.0)).max() <= 1e-5 * 900
    assert len(made) == 1


def test_stop_is_heard(network):
    assert not list(engine.stream(network, frame((30, 22, 4)), axis=2, stop=lambda: True, **EXACT))


def test_bfloat16_is_close_to_float32_where_the_device_can_pool_in_it(network):
    array = frame((40, 36, 6))
    full = whole(network, array, 2, 900.0)
    try:
        low = engine.run(network, array, factor=1, axis=2, device="cpu", scale=900.0, precision="bf16")
    except BadParameter:
        pytest.skip("refused: this device cannot pool in bfloat16")
    assert np.sqrt(np.mean((low - full) ** 2)) < 0.02 * np.abs(full).max()


def test_by_itself_a_device_without_bfloat16_pooling_takes_float32(network, monkeypatch):
    array = frame((40, 36, 6))
    monkeypatch.setattr(backends, "_decisions", {})
    monkeypatch.setattr("napari_mrsr.inference.precision.has_fast_bfloat16", lambda device: True)
    found = engine.run(network, array, factor=1, axis=2, device="cpu", precision="auto", scale=900.0)
    full = whole(network, array, 2, 900.0)
    assert np.sqrt(np.mean((found - full) ** 2)) < 0.02 * np.abs(full).max()


def test_int8_is_refused_and_never_chosen_by_itself(network):
    assert not backends.can_quantise(network)
    with pytest.raises(BadParameter, match="int8 is there for networks of slices"):
        engine.run(network, frame((16, 16, 4)), factor=1, axis=2, device="cpu", precision="int8")


def test_a_factor_belongs_to_slices(network):
    with pytest.raises(BadParameter, match="factor 2"):
        engine.run(network, frame((16, 16, 4)), factor=2, axis=2)


def test_the_estimate_grows_with_the_frame(network):
    options = {"factor": 1, "axis": 2, "device": "cpu", "precision": "fp32", "air": False, "scale": 900.0}
    small = engine.estimate_seconds(network, frame((40, 40, 8)), **options)
    assert 0 < small < engine.estimate_seconds(network, frame((120, 120, 8)), **options)

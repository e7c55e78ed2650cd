"""Networks of single slices: batches of whole slices, the one on screen first, equal to every slice alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_mrsr.errors import BadParameter, OutOfMemory
from napari_mrsr.inference import backends, cost, engine, job
from napari_mrsr.inference.boxes import plan, whole_slices
from napari_mrsr.inference.runner import Runner
from napari_mrsr.networks.circle import Circle
from napari_mrsr.networks.cpce import Cpce
from napari_mrsr.networks.network import Network
from tests.inference.conftest import shaken

EXACT = {"factor": 1, "device": "cpu", "precision": "fp32", "air": False}
SCALE = 900.0


NETWORKS = {
    "cpce": lambda: Cpce(features=6),
    "cpce with a shortcut": lambda: Cpce(features=6, shortcut=True),
    "circle": lambda: Circle(features=20),
    "circle that doubles": lambda: Circle(features=20, doubling=True),
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Network:
    return shaken(NETWORKS[request.param](), seed=2)


def volume(shape: tuple[int, int, int]) -> np.ndarray:
    """One volume without any air, ``(1, i, j, k)``."""
    return np.random.default_rng(4).uniform(100, 900, (1, *shape)).astype(np.float32)


def every_slice_alone(network: Network, array: np.ndarray, axis: int) -> np.ndarray:
    """Run the network as it is written on one whole slice after the other."""
    found = np.empty_like(array)
    with torch.inference_mode():
        for k in range(array.shape[axis + 1]):
            picture = np.ascontiguousarray(np.take(array[0], k, axis=axis)) / np.float32(SCALE)
            where: list = [0, slice(None), slice(None), slice(None)]
            where[axis + 1] = k
            found[tuple(where)] = network.plane(torch.from_numpy(picture)[None, None])[0, 0].numpy() * SCALE
    return found


def of_sizes(plane: tuple[int, int], slices: int, axis: int) -> tuple[int, int, int]:
    shape = list(plane)
    shape.insert(axis, slices)
    return shape[0], shape[1], shape[2]


# -- the same picture ------------------------------------------------------------------------------
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("plane", [(33, 46)])
def test_batches_of_slices_equal_every_slice_alone(network, axis, plane):
    array = volume(of_sizes(plane, 7, axis))
    found = engine.run(network, array, axis=axis, scale=SCALE, **EXACT)
    assert np.abs(found - every_slice_alone(network, array, axis)).max() <= 1e-5 * SCALE


def test_parts_of_slices_that_are_too_large_equal_them_too(network):
    array = volume((83, 70, 3))
    expected = every_slice_alone(network, array, 2)
    for tile in (31, (40, 17), (83, 16)):
        found = engine.run(network, array, axis=2, scale=SCALE, tile=tile, **EXACT)
        assert np.abs(found - expected).max() <= 1e-5 * SCALE


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 3), (8, 9, 1), (9, 4, 2)])
def test_tiny_pictures_work(network, shape):
    found = engine.run(network, volume(shape), axis=2, scale=SCALE, **EXACT)
    assert found.shape == (1, *shape)
    assert np.isfinite(found).all()


def test_a_part_of_the_plane_is_as_in_the_whole_slice(network):
    array = volume((75, 60, 3))
    found = np.full_like(array, np.nan)
    part = (slice(31, 58), slice(3, 40), slice(None))
    for tile in engine.stream(network, array, axis=2, scale=SCALE, within=part, **EXACT):
        tile.write(found)
    expected = every_slice_alone(network, array, 2)
    assert np.abs(found[:, 31:58, 3:40] - expected[:, 31:58, 3:40]).max() <= 1e-5 * SCALE
    assert np.isnan(found[:, :31]).all()


def test_air_beside_tissue_stays_as_it_was_and_tissue_of_other_slices_does_not_reach_it(network):
    array = np.zeros((1, 120, 100, 5), np.float32)
    array[:, :20, :20, :3] = volume((20, 20, 3))
    found = engine.run(network, array, axis=2, scale=SCALE, factor=1, device="cpu", precision="fp32")
    assert np.abs(found - every_slice_alone(network, array, 2))[:, :30, :30, :3].max() <= 1e-5 * SCALE
    assert np.array_equal(found[..., 4:], array[..., 4:])


# -- in which order --------------------------------------------------------------------------------
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_slice_on_screen_comes_first_as_it_is_then_its_neighbours(network, axis):
    array = volume(of_sizes((20, 17), 40, axis))
    tiles = list(engine.stream(network, array, axis=axis, first=(axis, 23), scale=SCALE, **EXACT))
    spans = [(tile.where[axis].start, tile.where[axis].stop) for tile in tiles]
    assert spans[0] == (23, 24)
    assert not any(tile.preview for tile in tiles)
    away = [max(0, 23 - stop + 1, start - 23) for start, stop in spans]
    assert away == sorted(away)
    assert sorted(k for start, stop in spans for k in range(start, stop)) == list(range(40))
    seen = np.empty_like(array)
    for tile in tiles:
        tile.write(seen)
    assert np.abs(seen - every_slice_alone(network, array, axis)).max() <= 1e-5 * SCALE


def test_a_plane_across_the_slices_gets_a_preview(network):
    array = volume((40, 30, 6))
    first, *others = engine.stream(network, array, axis=2, first=(0, 22), scale=SCALE, **EXACT)
    assert first.preview
    assert first.where[0] == slice(22, 23)
    assert not others[-1].preview


@pytest.mark.parametrize("after", [1, 2])
def test_stop_keeps_the_slices_that_are_done(network, after, monkeypatch):
    monkeypatch.setattr(job, "SLICES_SECONDS", 1e-9)  # of each batch a slice
    array = volume((20, 17, 12))
    seen = []
    for tile in engine.stream(network, array, axis=2, scale=SCALE, stop=lambda: len(seen) >= after, **EXACT):
        seen.append(tile)
    assert len(seen) == after


def test_stop_is_heard_within_a_slice(network):
    asked = []
    runner = Runner(network, 1, 1, torch.device("cpu"))
    runner(volume((30, 30, 2)), stop=lambda: asked.append(1) is not None)
    assert len(asked) > 5


# -- how many at once ------------------------------------------------------------------------------
def test_as_many_whole_slices_as_fit_else_a_part_of_one():
    assert whole_slices((256, 256, 180), 15, 5 * 256 * 256 + 1) == (256, 256, 5)
    assert whole_slices((256, 256, 3), 15, 1e9) == (256, 256, 3)
    i, j, k = whole_slices((256, 256, 180), 15, 30_000)
    assert k == 1
    assert (i + 30 if i < 256 else i) * (j + 30 if j < 256 else j) <= 30_000


def test_boxes_of_slices_are_disjoint_and_together_the_whole():
    for core in ((13, 9, 4), (40, 30, 3), (40, 30, 50)):
        count = np.zeros((40, 30, 11), int)
        for box in plan((40, 30, 11), core, first=(None, None, 6), thin=(8, 8, 1)):
            count[box.slices] += 1
        assert (count == 1).all()


def test_where_memory_runs_out_slices_are_parted_before_their_plane(network, monkeypatch):
    array = volume((40, 36, 8))
    seen = []
    call = Runner.__call__

    def small(self, x, stop=None):
        seen.append(x.shape[1:])
        if x.size > 2 * 40 * 36:
            raise MemoryError
        return call(self, x, stop)

    monkeypatch.setattr(Runner, "__call__", small)
    found = engine.run(network, array, axis=2, scale=SCALE, **EXACT)
    assert np.abs(found - every_slice_alone(network, array, 2)).max() <= 1e-5 * SCALE
    assert {shape[:2] for shape in seen} == {(40, 36)}
    monkeypatch.setattr(Runner, "__call__", lambda self, x, stop=None: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(OutOfMemory):
        engine.run(network, array[:, :12, :12, :2], axis=2, scale=SCALE, **EXACT)


def test_two_dimensional_convolutions_are_counted():
    found = cost.of(Circle(features=64), 1, 1)
    blocks = sum(9 * a * b for a, b in zip([1, *WIDTHS[:-1]], WIDTHS, strict=True))
    assert found.operations == 2 * (blocks + 423 * 32 + 9 * 8 * 8 + 9 * 32 * 32 + 9 * 32)
    valid = cost.of(Cpce(), 1, 1).operations / (2 * 62_016)
    assert 0.85 < valid < 1  # without padding pictures become smaller


WIDTHS = [64, 54, 48, 43, 39, 35, 31, 28, 25, 22, 18, 16]


def test_int8_is_refused_and_never_chosen_by_itself(network):
    assert not backends.can_quantise(network)
    with pytest.raises(BadParameter, match="int8 is there for networks of slices"):
        engine.run(network, volume((16, 16, 4)), factor=1, axis=2, device="cpu", precision="int8")


def test_the_estimate_grows_with_the_volume(network):
    options = {"factor": 1, "axis": 2, "device": "cpu", "precision": "fp32", "air": False, "scale": SCALE}
    small = engine.estimate_seconds(network, volume((40, 40, 8)), **options)
    assert 0 < small < engine.estimate_seconds(network, volume((120, 120, 16)), **options)

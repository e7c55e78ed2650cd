"""A network of planes in three orientations: the mean, what is shown on the way, and Stop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from napari_mrsr.inference import engine
from napari_mrsr.inference.orientations import stream_three
from napari_mrsr.networks.cpce import Cpce

EXACT = {"factor": 1, "device": "cpu", "precision": "fp32", "air": False, "scale": 900.0}


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return Cpce(features=4).eval()


def volume(shape=(21, 18, 15)) -> np.ndarray:
    return np.random.default_rng(1).uniform(100, 900, (1, *shape)).astype(np.float32)


def test_the_result_is_the_mean_over_the_planes_across_every_axis(network):
    array = volume()
    *shown, last = stream_three(network, array, axis=1, **EXACT)
    expected = np.mean([engine.run(network, array, axis=a, **EXACT) for a in range(3)], axis=0)
    assert np.abs(last.array - expected).max() < 1e-5 * 900
    assert last.array.shape == array.shape
    assert all(tile.preview for tile in shown)
    assert not last.preview
    done = [tile.done for tile in (*shown, last)]
    assert done == sorted(done)
    assert (done[-2] < 1, done[-1]) == (True, 1.0)


def test_the_slices_across_the_axis_come_first_the_one_on_screen_before_all(network):
    array = volume()
    first = next(iter(stream_three(network, array, axis=0, first=(0, 9), **EXACT)))
    assert first.where[0] == slice(9, 10)
    one = engine.run(network, array, axis=0, **EXACT)
    assert np.allclose(first.array, one[:, 9:10], atol=1e-2)


def test_after_stop_nothing_is_called_done(network):
    seen = []
    for tile in stream_three(network, volume(), axis=2, stop=lambda: len(seen) >= 2, **EXACT):
        seen.append(tile)
    assert seen
    assert all(tile.preview and tile.done < 1 for tile in seen)

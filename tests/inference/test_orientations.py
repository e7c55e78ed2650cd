"""A network of planes in three orientations: the mean, what is shown on the way, and Stop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from napari_mrsr.inference import engine
from napari_mrsr.inference.orientations import stream_three, together
from napari_mrsr.networks.cpce import Cpce
from napari_mrsr.networks.planes import by_slices

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


# -- put together by frequency ---------------------------------------------------------------------
class Doubling(nn.Module):
    """Doubles what lies beyond the measured centre along the axes of its plane, and nothing else."""

    halo, stride, slicewise, factors, echoes = 0, 1, True, (1,), None

    def plane(self, x):
        """Sharpen pictures ``(n, 1, i, j)`` of which eight samples were measured along each axis."""
        f = torch.fft.fft2(x)
        i, j = (torch.fft.fftfreq(n, 1 / n).abs() >= 4 for n in x.shape[-2:])
        return x + torch.fft.ifft2(f * (i[:, None] | j)).real

    def forward(self, x, factor=1):
        """Slice by slice."""
        return by_slices(self.plane, x)


@pytest.mark.parametrize("along", [0, 1, 2])
def test_what_two_orientations_can_make_is_made_whole(along):
    wave = np.cos(2 * np.pi * 6 * np.arange(16) / 16).astype(np.float32)
    shape = [1, 1, 1, 1]
    shape[along + 1] = 16
    array = np.broadcast_to(wave.reshape(shape), (1, 16, 16, 16)).astype(np.float32)
    options = {**EXACT, "scale": 1.0}
    *_, whole = stream_three(Doubling(), array, axis=2, measured=(8, 8, 8), **options)
    *_, mean = stream_three(Doubling(), array, axis=2, **options)
    assert np.allclose(whole.array, 2 * array, atol=1e-5)
    assert np.allclose(mean.array, (5 / 3) * array, atol=1e-5)


@pytest.mark.parametrize("measured", [(21, 18, 15), (11, 9, 15), (10, 9, 8), (3, 2, 1)])
def test_where_all_orientations_agree_so_does_the_result(measured):
    array, same = volume(), volume() * 1.5
    assert np.allclose(together([same, same, same], array, measured), same, atol=1e-2)


def test_each_frequency_is_the_mean_of_those_that_saw_it_missing():
    rng = np.random.default_rng(0)
    found = [rng.normal(size=(1, 12, 11, 10)).astype(np.float32) for _ in range(3)]
    n = (6, 5, 10)  # cut along two axes
    spectra = [np.fft.fftn(one[0]) for one in found]
    result = np.fft.fftn(together(found, np.zeros_like(found[0]), n)[0])
    for f in ((0, 0, 3), (5, 0, 2), (0, 4, 0), (5, 4, 4), (2, 2, 2)):
        beyond = [axis for axis in range(3) if n[axis] < found[0].shape[axis + 1] and f[axis] >= n[axis] / 2]
        expected = np.mean([spectra[a][f] for a in range(3) if a not in beyond], axis=0)
        assert result[f] == pytest.approx(expected, abs=1e-3)

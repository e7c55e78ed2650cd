"""The measured centre of k-space: what is replaced, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.inference.measured_centre import back, centre, hold
from napari_mrsr.interpolation import matrix
from napari_mrsr.sampling import KSpaceCentre


@pytest.mark.parametrize(("size", "n"), [(12, 5), (12, 6), (15, 4), (9, 9), (7, 1)])
def test_one_axis_is_the_real_part_of_the_k_space_centre(size, n):
    x = np.random.default_rng(0).normal(size=size)
    spectrum = np.fft.fft(x)[np.fft.fftfreq(n, 1 / n).round().astype(int) % size]
    np.testing.assert_allclose(centre(size, n) @ x, np.fft.ifft(spectrum).real * n / size, atol=1e-12)


@pytest.mark.parametrize(("size", "n"), [(12, 5), (12, 6), (15, 4)])
def test_back_is_the_pseudo_inverse_and_for_odd_centres_zero_filling(size, n):
    np.testing.assert_allclose(back(size, n), np.linalg.pinv(centre(size, n)), atol=1e-12)
    if n % 2:
        np.testing.assert_allclose(back(size, n), matrix("fourier", n, size), atol=1e-12)


@pytest.mark.parametrize("axes", [(-3, -2), (-2, -1), (-3, -1)])
def test_what_was_measured_is_kept_and_the_rest_of_k_space_left_alone(axes):
    rng = np.random.default_rng(1)
    shape, size = [2, 5, 5, 5], (15, 12)
    for axis, n in zip(axes, size, strict=True):
        shape[axis] = n
    x = rng.normal(size=shape)
    coarse = list(shape)
    for axis, n in zip(axes, (7, 5), strict=True):
        coarse[axis] = n
    y = rng.normal(size=coarse)
    held = hold(x, y, axes)
    before, after, measured = (np.fft.fftn(a, axes=axes) for a in (x, held, y))
    kept = [np.fft.fftfreq(n, 1 / n).round().astype(int) for n in (7, 5)]
    index: list[object] = [np.arange(n) for n in shape]
    for axis, f, n in zip(axes, kept, size, strict=True):
        index[axis] = f % n
    inside = np.zeros(shape, bool)
    inside[np.ix_(*index)] = True
    scale = np.prod(size) / 35
    np.testing.assert_allclose(after[np.ix_(*index)], measured * scale, atol=1e-9)
    np.testing.assert_allclose(after[~inside], before[~inside], atol=1e-9)


def test_a_picture_that_agrees_already_is_not_changed():
    x = np.random.default_rng(2).random((1, 15, 9, 3)) + 5
    y = KSpaceCentre(x.shape, 0.2, (1, 2))(x)
    assert y.shape[1] % 2
    assert y.shape[2] % 2
    np.testing.assert_allclose(hold(x, y.real, (-3, -2)), x, atol=1e-12)


def test_more_samples_than_the_fine_grid_has_are_refused():
    with pytest.raises(BadParameter):
        centre(8, 9)

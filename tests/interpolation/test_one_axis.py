"""Each classical method against scipy or a closed form, on the grid whose sample factor * k is coarse sample k."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.signal import resample

from napari_mrsr.errors import BadParameter, UnknownMethod
from napari_mrsr.interpolation import METHODS, interpolate, interpolate_scan, matrix, resize
from napari_mrsr.scan import Scan

FACTORS = [2, 3, 4]
#: Iterative back-projection takes the coarse samples for blurred ones, and does not pass through them.
THROUGH = sorted(set(METHODS) - {"ibp"})


@pytest.fixture
def volume() -> np.ndarray:
    return np.random.default_rng(0).random((2, 5, 6, 11))


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("method", THROUGH)
def test_acquired_slices_stay_as_they_are(method: str, factor: int, volume: np.ndarray) -> None:
    fine = interpolate(volume, method, factor, axis=2)  # type: ignore[arg-type]
    np.testing.assert_allclose(fine[..., ::factor], volume, atol=1e-10)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(("method", "order"), [("trilinear", 1), ("tricubic", 3)])
def test_splines_equal_scipy(method: str, order: int, factor: int, volume: np.ndarray) -> None:
    fine = interpolate(volume, method, factor, axis=1)  # type: ignore[arg-type]
    at = np.meshgrid(np.arange(5), np.arange(6 * factor) / factor, np.arange(11), indexing="ij")
    for ours, x in zip(fine, volume, strict=True):
        np.testing.assert_allclose(
            ours, map_coordinates(x, at, order=order, mode="reflect"), atol=2e-6
        )  # scipy's own filter is good to 1e-6 on lines this short


@pytest.mark.parametrize("factor", FACTORS)
def test_fourier_equals_scipys_resample(factor: int, volume: np.ndarray) -> None:
    expected = resample(volume, 6 * factor, axis=2)
    np.testing.assert_allclose(interpolate(volume, "fourier", factor, axis=1), expected, atol=1e-10)


def test_fourier_continues_a_band_limited_wave_exactly() -> None:
    n, factor = 16, 4
    fine = np.cos(2 * np.pi * 3 * np.arange(n * factor) / (n * factor) + 0.3)
    np.testing.assert_allclose(matrix("fourier", n, n * factor) @ fine[::factor], fine, atol=1e-12)


def test_nearest_takes_the_closer_sample_and_the_lower_one_half_way() -> None:
    np.testing.assert_array_equal(matrix("nearest", 3, 9) @ [10, 20, 30], [10, 10, 20, 20, 20, 30, 30, 30, 30])
    np.testing.assert_array_equal(matrix("nearest", 2, 4) @ [10, 20], [10, 10, 20, 20])


@pytest.mark.parametrize("factor", FACTORS)
def test_cubic_convolution_reproduces_a_parabola(factor: int) -> None:
    t = np.arange(20 * factor) / factor
    inside = slice(2 * factor, -3 * factor)
    fine = matrix("keys", 20, 20 * factor) @ (np.arange(20.0) ** 2)
    np.testing.assert_allclose(fine[inside], t[inside] ** 2, atol=1e-9)


def test_area_is_the_mean_of_what_a_fine_voxel_covers() -> None:
    # factor 4: fine voxel 4k + 2 lies across the border of coarse voxels k and k + 1, its neighbours do not
    np.testing.assert_allclose(matrix("area", 2, 8) @ [0.0, 1.0], [0, 0, 0.5, 1, 1, 1, 1, 1])


@pytest.mark.parametrize("method", sorted(METHODS))
def test_sizes_that_are_not_multiples_keep_a_constant(method: str) -> None:
    np.testing.assert_allclose(matrix(method, 7, 17).sum(axis=1), 1, atol=1e-10)  # type: ignore[arg-type]


def test_precision_of_the_volume_is_kept(volume: np.ndarray) -> None:
    assert interpolate(volume.astype(np.float32), "tricubic", 2, 0).dtype == np.float32
    assert interpolate((volume * 99).astype(np.int16), "tricubic", 2, 0).dtype == np.float32


def test_a_scan_keeps_its_place() -> None:
    affine = np.array([[0, 0, 1.4, 10], [0.5, 0, 0, -3], [0, 0.5, 0, 7], [0, 0, 0, 1.0]])
    fine = interpolate_scan(Scan(np.zeros((1, 4, 4, 3), np.float32), affine), "trilinear", 2, axis=2)
    np.testing.assert_allclose(fine.affine @ [1, 2, 4, 1], affine @ [1, 2, 2, 1])


def test_resize_reaches_the_grid_of_another_scan() -> None:
    coarse = Scan(np.ones((1, 80, 60, 3), np.float32), np.diag([3.2, 3.2, 5, 1]))
    like = Scan(np.ones((1, 256, 192, 3), np.float32), np.diag([1, 1, 5, 1]))
    assert resize(coarse, "fourier", like).same_grid(like)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownMethod) as caught:
        matrix("bicubic", 4, 8)  # type: ignore[arg-type]
    assert "tricubic" in caught.value.line


def test_a_factor_of_zero_is_refused(volume: np.ndarray) -> None:
    with pytest.raises(BadParameter, match="whole number"):
        interpolate(volume, "tricubic", 0, 0)

"""SSIM, against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.metrics import structural_similarity

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch, WrongDimensions
from napari_mrsr.metrics import similarity, ssim
from napari_mrsr.metrics.windows import PRODUCT, RADIUS, bands, plane_means

TOLERANCE = 2e-4


def anatomy(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Blobs between 0 and 1 on air."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 2)
    return np.maximum(smooth / smooth.max(), 0)


def scikit_image(x: np.ndarray, y: np.ndarray, data_range: float) -> tuple[float, np.ndarray]:
    mean, full = structural_similarity(
        x, y, data_range=data_range, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    return mean, full


@pytest.mark.parametrize("shape", [(40, 37, 11), (11, 64, 50), (13, 12, 101), (61, 45)])
def test_map_and_mean_are_those_of_scikit_image(shape: tuple[int, ...]) -> None:
    x = anatomy(shape)
    y = x + 0.05 * np.random.default_rng(1).standard_normal(shape)
    mean, full = scikit_image(x, y, np.ptp(x))
    assert np.abs(similarity(x, y) - full).max() < TOLERANCE
    assert ssim(x, y) == pytest.approx(mean, abs=1e-5)
    assert 0.2 < mean < 0.98  # images alike or unrelated would hide a wrong constant


@pytest.mark.parametrize("slab", [1, 7, 10_000])
def test_the_size_of_the_slabs_changes_nothing(slab: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    module = sys.modules["napari_mrsr.metrics.ssim"]
    monkeypatch.setattr(module, "SLAB_PLANES", slab)
    monkeypatch.setattr(module, "SLAB_VOXELS", 1)
    x, y = anatomy((26, 20, 18)), anatomy((26, 20, 18), seed=3)
    assert np.abs(similarity(x, y) - scikit_image(x, y, np.ptp(x))[1]).max() < TOLERANCE


@settings(max_examples=15, deadline=None)
@given(offset=st.floats(-30, 30), scale=st.sampled_from([1e-6, 1.0, 4096.0]), seed=st.integers(0, 99))
def test_any_unit_and_values_far_from_zero_are_held(offset: float, scale: float, seed: int) -> None:
    x = scale * (anatomy((16, 15, 14), seed) + offset)
    y = x + 0.1 * scale * np.random.default_rng(seed).standard_normal(x.shape)
    assert np.abs(similarity(x, y) - scikit_image(x, y, np.ptp(x))[1]).max() < TOLERANCE


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_every_type_of_voxel_is_compared_by_value(dtype: type) -> None:
    x = (250 * anatomy((14, 14, 14))).astype(dtype)
    y = (250 * anatomy((14, 14, 14), seed=5)).astype(dtype)
    full = scikit_image(x.astype(float), y.astype(float), 250)[1]
    assert np.abs(similarity(x, y, data_range=250) - full).max() < TOLERANCE


@pytest.mark.parametrize("n", [1, 2, 3, 7, 31, 32, 33, 120])
def test_windowed_means_are_those_of_scipy_on_axes_of_any_length(n: int) -> None:
    image = np.random.default_rng(n).random((2, n, 9))
    expected = ndimage.gaussian_filter(image, (0, 1.5, 1.5), mode="reflect", radius=(0, RADIUS, RADIUS))
    assert np.abs(plane_means(image) - expected).max() < 1e-12
    assert all(np.abs(b.weights.sum(axis=1) - 1).max() < 1e-12 for b in bands(n, 9))


def test_a_mask_averages_the_map_inside_it() -> None:
    x, y = anatomy((20, 20, 20)), anatomy((20, 20, 20), seed=2)
    mask = np.zeros(x.shape, np.uint8)
    mask[2:5, 3:9, 4] = 1
    assert ssim(x, y, mask=mask) == pytest.approx(scikit_image(x, y, np.ptp(x))[1][mask == 1].mean(), abs=1e-5)


def test_voxels_without_a_value_have_none_and_do_not_reach_their_neighbours() -> None:
    x = anatomy((24, 22, 20))
    y = x + 0.05 * np.random.default_rng(1).standard_normal(x.shape)
    whole = similarity(x, y)
    holed = x.copy()
    holed[10:12, 8, 9] = np.nan
    holed[3, 3, 3] = np.inf
    found = similarity(holed, y, data_range=np.ptp(x))
    assert np.array_equal(np.isnan(found), ~np.isfinite(holed))
    far = ndimage.distance_transform_cdt(np.isfinite(holed), metric="chessboard") > RADIUS
    assert np.abs(found - whole)[far].max() < 1e-5
    assert np.nanmax(np.abs(found - whole)) < 0.2


def test_renormalised_windows_equal_the_definition_at_a_voxel() -> None:
    x, y = anatomy((13, 13, 13)), anatomy((13, 13, 13), seed=8)
    x[6, 6, 7] = np.nan
    offsets = np.arange(-RADIUS, RADIUS + 1)
    w1 = np.exp(-0.5 * (offsets / 1.5) ** 2)
    w = w1[:, None, None] * w1[None, :, None] * w1[None, None]
    at = tuple(slice(6 - RADIUS, 6 + RADIUS + 1) for _ in range(3))
    w = w * np.isfinite(x[at])
    w /= w.sum()
    a, b = np.nan_to_num(x[at]), y[at]
    ma, mb = (w * a).sum(), (w * b).sum()
    va, vb, vab = (w * (a - ma) ** 2).sum(), (w * (b - mb) ** 2).sum(), (w * (a - ma) * (b - mb)).sum()
    c1, c2 = 0.01**2, 0.03**2
    expected = (2 * ma * mb + c1) * (2 * vab + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))
    assert similarity(x, y, data_range=1)[6, 6, 6] == pytest.approx(expected, abs=1e-5)


def test_one_slice_of_a_volume_is_a_two_dimensional_image() -> None:
    x, y = anatomy((30, 28)), anatomy((30, 28), seed=4)
    flat = similarity(x[:, :, None], y[:, :, None])
    assert np.abs(flat[:, :, 0] - scikit_image(x, y, np.ptp(x))[1]).max() < TOLERANCE


def test_what_cannot_be_compared_is_refused() -> None:
    x = anatomy((12, 12, 12))
    with pytest.raises(GeometryMismatch):
        ssim(x, x[1:])
    with pytest.raises(GeometryMismatch, match="mask"):
        ssim(x, x, mask=np.ones((2, 2, 2)))
    with pytest.raises(ConstantImage):
        ssim(np.ones_like(x), x)
    with pytest.raises(BadParameter):
        ssim(x, x, data_range=0)
    with pytest.raises(WrongDimensions):
        ssim(x[None], x[None])


def test_scikit_image_in_single_precision_is_met_on_air_beside_bright_tissue() -> None:
    """Variances in air are 1000 times smaller than the squares they are the difference of would be after a shift."""
    x = np.zeros((24, 40, 40), np.float32)
    x[:, 20:] = 0.7 + 0.1 * np.random.default_rng(0).standard_normal((24, 20, 40))
    y = x + np.float32(0.02) * np.random.default_rng(1).standard_normal(x.shape, np.float32)
    assert np.abs(similarity(x, y, data_range=1) - scikit_image(x, y, 1)[1]).max() < TOLERANCE


def test_every_product_is_too_small_to_be_shared_among_threads() -> None:
    for columns in (9, 160, 416, 1024):
        blocks = bands(416, columns)
        assert max(b.weights.size for b in blocks) * columns <= PRODUCT
        assert [b.start for b in blocks[1:]] == [b.stop for b in blocks[:-1]]
        assert (blocks[0].start, blocks[-1].stop) == (0, 416)

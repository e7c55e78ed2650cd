"""The numbers of a slice from closed forms: whole, and in the head."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from napari_mrsr.errors import ConstantImage, GeometryMismatch
from napari_mrsr.studies.brain.head import head_of
from napari_mrsr.studies.brain.scores import score


@pytest.fixture
def disc():
    i, j = np.mgrid[-20:20, -18:18]
    inside = np.hypot(i, j) < 14
    return np.where(inside, 100.0 + i, 0.0).astype(np.float32), inside


def test_psnr_of_a_constant_error_is_in_closed_form(disc):
    x, inside = disc
    found = score(x, x + 2, inside)
    assert found.psnr == pytest.approx(20 * np.log10(x.max() / 2), abs=1e-4)
    assert found.head_psnr == pytest.approx(20 * np.log10(np.percentile(x[inside], 99) / 2), abs=1e-4)


def test_air_does_not_flatter_inside_the_head(disc):
    x, inside = disc
    wrong = x + 3 * inside  # wrong in the head alone
    found = score(x, wrong, inside)
    assert found.psnr - found.head_psnr == pytest.approx(
        20 * np.log10(x.max() / np.percentile(x[inside], 99)) - 10 * np.log10(inside.mean()), abs=1e-4
    )


def test_a_bright_spot_does_not_flatter_inside_the_head(disc):
    x, inside = disc
    spot = x.copy()
    spot[20, 18] = 1000.0
    plain, spotted = score(x, x + 2, inside), score(spot, spot + 2, inside)
    assert spotted.psnr - plain.psnr == pytest.approx(20 * np.log10(1000 / x.max()), abs=1e-4)
    assert spotted.head_psnr == pytest.approx(plain.head_psnr, abs=0.05)


def test_ssim_is_that_of_scikit_image(disc):
    x, inside = disc
    y = x + np.random.default_rng(0).normal(0, 5, x.shape).astype(np.float32)
    _, theirs = structural_similarity(
        x, y, data_range=x.max() - x.min(), gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    assert score(x, y, inside).ssim == pytest.approx(theirs.mean(), abs=1e-4)


def test_an_equal_slice_is_perfect(disc):
    x, inside = disc
    found = score(x, x, inside)
    assert (found.ssim, found.head_ssim) == pytest.approx((1, 1))
    assert found.psnr == np.inf


def test_a_slice_without_a_head_or_of_another_shape_is_refused(disc):
    x, inside = disc
    with pytest.raises(ConstantImage):
        score(x, x, np.zeros_like(inside))
    with pytest.raises(ConstantImage):
        score(np.zeros_like(x), x, inside)
    with pytest.raises(GeometryMismatch):
        score(x, x[1:], inside)


def test_the_head_is_the_ellipsoid_with_its_dark_inside_and_no_speck():
    i, j, _ = np.mgrid[-20:20, -20:20, -3:4]
    inside = np.hypot(i, j) < 15
    volume = np.where(inside, 100.0, 2.0)
    volume[np.hypot(i, j) < 4] = 5.0  # ventricle
    volume[0:2, 0:2] = 90.0  # a speck
    found = head_of(volume)
    assert (found == inside).mean() > 0.99
    assert found[20, 20, 3]
    assert not found[0, 0, 3]


def test_nothing_shown_is_no_head():
    assert not head_of(np.zeros((8, 8, 4))).any()

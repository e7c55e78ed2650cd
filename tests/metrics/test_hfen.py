"""High-frequency error norm and mean percentage error, against scipy and closed forms."""

import numpy as np
import pytest
from scipy import ndimage

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch, WrongDimensions
from napari_mrsr.metrics.hfen import hfen, kernel
from napari_mrsr.metrics.percentage_error import mean_percentage_error


def test_the_filter_is_a_laplacian_of_a_gaussian():
    """Against scipy, whose kernel is cut where ours is: 7 voxels from the middle."""
    difference = np.random.default_rng(0).normal(size=(40, 50))
    wanted = ndimage.gaussian_laplace(difference, 1.5, truncate=7 / 1.5)
    found = ndimage.convolve(difference, kernel(), mode="reflect")
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_of_an_error_in_one_voxel_it_is_the_norm_of_the_kernel():
    reference, test = np.ones((41, 41)), np.ones((41, 41))
    test[20, 20] = 3
    assert hfen(reference, test) == pytest.approx(2 * 0.118205, rel=1e-5)


def test_of_white_errors_it_is_about_what_the_paper_prints_for_t2():
    """37.52 dB over a range of 1 in 256 x 256: 0.40, where Table 2 has 0.44."""
    error = 10 ** (-37.52 / 20) * np.random.default_rng(1).normal(size=(256, 256))
    assert hfen(np.zeros((256, 256)), error) == pytest.approx(0.40, abs=0.01)


def test_an_offset_is_no_high_frequency():
    reference = np.random.default_rng(2).random((30, 30))
    assert hfen(reference, reference + 5) == pytest.approx(0, abs=1e-9)


def test_what_is_left_out_has_no_error():
    reference = np.random.default_rng(3).random((30, 30))
    test = reference.copy()
    test[3, 4], test[10, 10] = np.nan, 9
    mask = np.ones_like(reference, bool)
    mask[10, 10] = False
    assert hfen(reference, test, mask=mask) == 0


def test_normalised_it_is_the_same_at_any_scale():
    rng = np.random.default_rng(4)
    reference, test = rng.random((30, 30)), rng.random((30, 30))
    one = hfen(reference, test, normalised=True)
    assert hfen(7 * reference, 7 * test, normalised=True) == pytest.approx(one)


@pytest.mark.parametrize(
    ("reference", "test", "error"),
    [
        (np.ones((2, 3, 4)), np.ones((2, 3, 4)), WrongDimensions),
        (np.ones((3, 4)), np.ones((4, 3)), GeometryMismatch),
    ],
)
def test_slices_of_one_shape_are_asked_for(reference, test, error):
    with pytest.raises(error):
        hfen(reference, test)


def test_a_flat_reference_has_no_norm():
    with pytest.raises(ConstantImage):
        hfen(np.zeros((20, 20)), np.ones((20, 20)), normalised=True)


def test_errors_of_either_sign_count():
    assert mean_percentage_error([100.0, 200.0], [105.0, 190.0]) == pytest.approx(5.0)


def test_voxels_without_a_value_do_not_count():
    assert mean_percentage_error([100.0, 0.0, 100.0], [110.0, 5.0, np.nan], mask=[True, False, True]) == pytest.approx(
        10
    )
    assert np.isnan(mean_percentage_error([1.0], [1.0], mask=[False]))


def test_nothing_is_a_percentage_of_nothing():
    with pytest.raises(BadParameter, match="mask"):
        mean_percentage_error([0.0, 1.0], [1.0, 1.0])
    with pytest.raises(GeometryMismatch):
        mean_percentage_error([1.0], [1.0, 2.0])

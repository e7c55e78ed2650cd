"""MSE, RMSE, MAE and PSNR, against scikit-image and a printed table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import metrics as scikit

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch
from napari_mrsr.metrics import mae, mse, psnr, rmse
from napari_mrsr.metrics.fidelity import errors

# Chaudhari et al., Table 1: mean and SD of pSNR (dB), and the row printed as "RMSE" times 1000; columns MRSR, TCI,
# FI, ScSR.
PSNR = {
    "S1": [(37.7, 1.5), (32.5, 3.6), (32.4, 2.8), (36.6, 1.1)],
    "S2": [(38.7, 2.0), (33.6, 4.2), (33.6, 3.5), (37.5, 1.6)],
}
PRINTED_RMSE = {"S1": [0.18, 0.72, 0.69, 0.22], "S2": [0.13, 0.51, 0.47, 0.16]}
COLUMNS = [(echo, n) for echo in ("S1", "S2") for n in range(4)]


def image_with_psnr(decibels: float) -> tuple[np.ndarray, np.ndarray]:
    """Return an image on [0, 1] and a noisy one whose PSNR is exactly as wanted, by construction."""
    rng = np.random.default_rng(0)
    reference = rng.random((20, 20, 20))
    reference.flat[:2] = 0, 1
    noise = rng.standard_normal(reference.shape)
    noise *= 10 ** (-decibels / 20) / np.sqrt((noise**2).mean())
    return reference, reference + noise


@pytest.mark.parametrize(("echo", "column"), COLUMNS)
def test_the_row_that_table_1_calls_rmse_is_the_mse(echo: str, column: int) -> None:
    decibels, _ = PSNR[echo][column]
    reference, test = image_with_psnr(decibels)
    assert f"{psnr(reference, test):.1f}" == f"{decibels:.1f}"
    printed = PRINTED_RMSE[echo][column]
    # The mean of the MSE over subjects lies above the MSE at the mean PSNR (Jensen) by up to 41 % for these SDs,
    # less two rounded digits.
    assert 0.89 < printed / (1000 * mse(reference, test)) < 1.5
    assert printed / (1000 * rmse(reference, test)) < 0.04  # off by a factor of 25 and more


def test_the_first_column_of_table_1_to_its_printed_digits_with_the_spread_of_its_subjects() -> None:
    decibels, sd = PSNR["S1"][0]
    reference, test = image_with_psnr(decibels)
    spread = np.exp((np.log(10) / 10 * sd) ** 2 / 2)  # mean of a log-normal over its median
    assert f"{1000 * mse(reference, test) * spread:.2f}" == "0.18"


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), dtype=st.sampled_from([np.uint8, np.int16, np.float32, np.float64]))
def test_figures_are_those_of_scikit_image(seed: int, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    x, y = ((200 * rng.random((5, 6, 7))).astype(dtype) for _ in range(2))
    assert mse(x, y) == pytest.approx(scikit.mean_squared_error(x.astype(float), y.astype(float)), rel=1e-12)
    assert psnr(x, y, data_range=200) == pytest.approx(
        scikit.peak_signal_noise_ratio(x.astype(float), y.astype(float), data_range=200), rel=1e-12
    )
    d = y.astype(float) - x.astype(float)
    assert mae(x, y) == pytest.approx(np.abs(d).mean(), rel=1e-12)
    assert errors(x, y).sd == pytest.approx(d.std(ddof=1), rel=1e-9)
    assert errors(x, y).mean == pytest.approx(d.mean(), abs=1e-12)


def test_the_data_range_is_the_span_of_the_whole_reference_even_with_a_mask() -> None:
    x = np.array([[0.0, 4.0], [1.0, 1.0]])
    y = x + np.array([[0.0, 0.0], [0.4, 0.4]])
    assert psnr(x, y, mask=np.array([[0, 0], [1, 1]])) == pytest.approx(20.0)


def test_voxels_without_a_value_are_left_out() -> None:
    x, y = np.array([0.0, 1.0, np.nan, 2.0]), np.array([0.0, 3.0, 1.0, np.inf])
    assert errors(x, y).n == 2
    assert (mse(x, y), mae(x, y)) == (2.0, 1.0)
    assert np.isnan(mse([np.nan], [1.0]))


def test_equal_images_have_infinite_psnr() -> None:
    assert psnr([0.0, 1.0], [0.0, 1.0]) == np.inf


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(GeometryMismatch):
        mse(np.zeros(3), np.zeros(4))
    with pytest.raises(ConstantImage):
        psnr(np.ones(3), np.zeros(3))
    with pytest.raises(BadParameter):
        psnr(np.arange(3), np.zeros(3), data_range=-1)

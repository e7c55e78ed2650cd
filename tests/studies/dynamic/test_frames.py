"""The scores of Table 3 by scikit-image and closed forms; what the paper printed beside its own PSNR."""

import json

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from napari_mrsr.errors import ConstantImage
from napari_mrsr.studies.dynamic import frames
from napari_mrsr.studies.dynamic.printed import TABLE_3, printed_table, rmse_of


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 500, (16, 14, 12)).astype(np.float32)
    return x, x + rng.normal(3, 20, x.shape).astype(np.float32)


def test_ssim_and_psnr_are_those_of_scikit_image_with_the_range_of_the_reference(pair):
    x, y = pair
    span = float(np.ptp(x))
    found, values = frames.score(x, y)
    assert found.psnr == pytest.approx(peak_signal_noise_ratio(x, y, data_range=span), abs=1e-4)
    _, full = structural_similarity(
        x.astype(float), y.astype(float), data_range=span, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, full=True,
    )  # fmt: skip
    assert found.ssim == pytest.approx(full.mean(), abs=1e-5)
    assert np.allclose(values, full, atol=1e-5)


def test_the_sd_of_the_difference_forgets_a_shift_and_knows_a_checkerboard():
    x = np.zeros((8, 8, 8), np.float32)
    x[0, 0, 0] = 200
    i, j, k = np.indices(x.shape)
    board = np.where((i + j + k) % 2, 10, -10)
    found, _ = frames.score(x, (x + board + 30).astype(np.float32))
    assert found.sd == pytest.approx(10 / 200, abs=1e-6)
    assert 10 ** (-found.psnr / 20) == pytest.approx(np.hypot(10, 30) / 200, abs=1e-6)


def test_no_sd_exceeds_the_rmse_that_its_psnr_says_but_the_print_does(pair):
    x, y = pair
    found, _ = frames.score(x - x.min(), y - x.min())
    assert found.sd <= rmse_of(found.psnr) + 1e-9
    assert rmse_of(37.98) == pytest.approx(0.0126, abs=5e-5)
    impossible = {
        (method, level)
        for method, levels in TABLE_3.items()
        for level, values in levels.items()
        if values[4] > 1.1 * rmse_of(values[2])
    }
    area_and_zero_padded = {(m, level) for m in ("area", "zero-padded") for level in (0.25, 0.1, 0.0625)}
    assert area_and_zero_padded <= impossible
    assert not {(m, level) for m, level in impossible if m == "trilinear"}
    assert len(printed_table()) == 15


def test_what_is_remembered_comes_back_from_json(pair):
    x, y = pair
    found, values = frames.score(x, y)
    one = frames.Found(found, 1.5, x[0, 0], y[..., 3], values[..., 3])
    again = frames.from_json(json.loads(json.dumps(frames.as_json(one))))
    assert again.score == found
    assert np.array_equal(again.still, x[0, 0])
    assert np.array_equal(again.map, values[..., 3])
    none = frames.from_json(json.loads(json.dumps(frames.as_json(frames.Found(found, 1.5, x[0, 0])))))
    assert none.picture is None


def test_a_frame_that_shows_nothing_is_refused():
    with pytest.raises(ConstantImage):
        frames.score(np.zeros((8, 8, 8), np.float32), np.ones((8, 8, 8), np.float32))

"""The half-width follows what predicts errors, is in units of the image, and is given only where it was calibrated."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.errors import GeometryMismatch, NotCalibrated, WeightsCorrupt
from napari_mrsr.networks import registry
from napari_mrsr.sampling import ThickSlices
from napari_mrsr.scan import Scan, Step
from napari_mrsr.superres import super_resolve, trust
from napari_mrsr.trust import calibration_file, intervals
from napari_mrsr.trust.intervals import Calibration, bending, calibration_of, half_width, noise_floor

KNOWN = Calibration("lean", 2, "abc", 0.9, floor=1e-5, detail=0.03, noise=1.0, multiple=3.0, subjects=54)
STEP = {"method": "lean", "factor": 2, "axis": 2, "sha256": "abc", "consistency": "wiener", "penalties": [0.1, 0.1]}


def pair(noise: float, seed: int = 0) -> tuple[Scan, Scan]:
    """Thick slices of smooth layers with an edge, noise added, and a fine scan over them, ``(2, 40, 36, 32)``."""
    rng = np.random.default_rng(seed)
    k = np.arange(32)
    fine = 300 + 100 * np.sin(k / 5) + 200 * (k > 20) + np.zeros((2, 40, 36, 32))
    thin = Scan(fine.astype(np.float32), np.diag([0.5, 0.5, 0.7, 1]), axis="echo", names=("S1", "S2"), slice_axis=2)
    y = ThickSlices(fine.shape, 3, 2)(fine) + rng.normal(0, noise, (2, 40, 36, 16))
    thick = replace(thin, array=y.astype(np.float32), affine=np.diag([0.5, 0.5, 1.4, 1]))
    return thick, replace(thin, history=(Step("super-resolution", STEP),))


@pytest.fixture
def folder(tmp_path):
    intervals.save([KNOWN], tmp_path / intervals.FILE)
    return tmp_path


def test_it_is_wider_where_the_picture_bends_along_the_axis():
    width = half_width(*pair(0.0), KNOWN, axis=2).array[0]
    assert width[20, 18, 20:22].min() > 3 * width[20, 18, 4:16].max()


def test_it_grows_with_the_noise():
    medians = [np.median(half_width(*pair(sigma), KNOWN, axis=2).array) for sigma in (0.0, 5.0, 20.0, 60.0)]
    assert medians == sorted(medians)
    assert medians[-1] > 3 * medians[0]


def test_it_has_the_units_of_the_image():
    thick, fine = pair(10.0)
    width = half_width(thick, fine, KNOWN, axis=2)
    brighter = [replace(scan, array=7 * scan.array) for scan in (thick, fine)]
    assert np.allclose(half_width(*brighter, KNOWN, axis=2).array, 7 * width.array, rtol=1e-3)
    assert (width.unit, width.shape, width.quantity) == (fine.unit, fine.shape, "half-width of the interval")


@pytest.mark.parametrize("axis", [0, 1])
def test_any_axis_may_be_the_refined_one(axis):
    thick, fine = pair(10.0)
    turned = [replace(s, array=np.swapaxes(s.array, axis + 1, 3), slice_axis=axis) for s in (thick, fine)]
    width = half_width(*turned, KNOWN, axis=axis).array
    assert np.allclose(np.swapaxes(width, axis + 1, 3), half_width(thick, fine, KNOWN, axis=2).array, rtol=0.2)


def test_the_noise_floor_is_that_of_the_noise_and_not_of_the_edges():
    rng = np.random.default_rng(0)
    planes = 200 + rng.normal(0, 10, (160, 160, 8))
    planes[:80] += 300
    # a tenth of the blocks is quieter than the mean: sixteen squares of a normal variable scatter by a third
    assert 0.4 * 100 < noise_floor(planes, 2, 500.0) < 100
    assert noise_floor(np.zeros((40, 40, 8)), 2, 500.0) == 0.0


def test_two_slices_at_either_end_and_air_are_not_counted():
    volume = np.zeros((16, 16, 12), np.float32)
    volume[:8] = 100.0
    inside = intervals.in_object(volume, 2, 100.0)
    assert inside[2, 8].tolist() == [False, False, *[True] * 8, False, False]
    assert not inside[14].any()


def test_the_noise_floor_is_that_of_the_quietest_tissue_where_half_of_it_has_texture():
    rng = np.random.default_rng(5)
    plane = 200 + rng.normal(0, 3, (6, 64, 64))
    plane[:, 16:] += rng.normal(0, 30, (6, 48, 64))  # three quarters: trabecular bone, say
    assert np.sqrt(noise_floor(plane.transpose(1, 2, 0), 2, 200.0)) == pytest.approx(3.0, rel=0.25)


def test_bending_is_the_mean_square_of_the_second_difference():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 12, 16))
    inner = np.zeros_like(x)
    inner[:, :, 1:-1] = np.diff(x, 2, axis=2)
    blocks = (inner**2).reshape(2, 4, 3, 4, 4, 4).mean(axis=(1, 3, 5))
    assert np.allclose(bending(x, 2), blocks, rtol=1e-4)


# -- where there is none ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"method": "tricubic"}, "only lean x2 was calibrated"),
        ({"factor": 3}, "no interval for lean x3"),
        ({"sha256": "other"}, "other weights"),
        ({"consistency": "none"}, "wiener consistency alone"),
        ({"method": None}, "not said which method"),
    ],
)
def test_what_was_not_calibrated_has_no_interval_and_the_line_says_why(folder, change, why):
    assert calibration_of(STEP, folder) == KNOWN
    with pytest.raises(NotCalibrated, match=why):
        calibration_of(STEP | change, folder)


def test_without_the_file_nothing_was_calibrated(tmp_path):
    with pytest.raises(NotCalibrated, match="nothing was calibrated"):
        calibration_of(STEP, tmp_path)


def test_a_changed_file_is_refused(folder):
    path = folder / intervals.FILE
    content = json.loads(path.read_text())
    content["calibrations"][0]["multiple"] = 1.0
    path.write_text(json.dumps(content))
    calibration_file.read_rows.cache_clear()
    with pytest.raises(WeightsCorrupt, match="sha256"):
        calibration_of(STEP, folder)


def test_another_grid_is_refused():
    thick, fine = pair(0.0)
    with pytest.raises(GeometryMismatch):
        half_width(thick, replace(fine, array=fine.array[..., :-2]), KNOWN, axis=2)


# -- as a part of trust ----------------------------------------------------------------------------------
def test_trust_brings_the_interval_along(monkeypatch):
    monkeypatch.setattr(intervals, "calibration_of", lambda step: KNOWN)
    thick, fine = pair(10.0)
    found = trust(thick, fine, factor=2, axis=2)
    assert found.interval is not None
    assert np.array_equal(found.interval.array, half_width(thick, fine, KNOWN, axis=2).array)
    assert found.summary["interval_coverage"] == 0.9
    assert found.summary["volumes"]["S1"]["interval_percent"] > 0


def test_a_classical_result_says_why_it_has_none():
    thick, _ = pair(10.0)
    found = trust(thick, super_resolve(thick, method="tricubic"), factor=2, axis=2)
    assert found.interval is None
    assert "tricubic x2" in found.summary["interval_missing"]


def test_what_is_shipped_belongs_to_the_shipped_weights():
    known = intervals.read(registry.weights_folder() / intervals.FILE)
    for one in known:
        assert registry.find(one.method).sha256 == one.weights_sha256, "run benchmarks/calibrate_intervals.py"
        assert one.coverage == 0.9
        assert 1 < one.multiple < 10

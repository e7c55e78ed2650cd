"""Half-widths of T1 and T2: what predicts an error, and that nothing is claimed of weights that were not calibrated."""

import numpy as np
import pytest

from napari_mrsr.errors import NotCalibrated, WeightsCorrupt
from napari_mrsr.networks import registry
from napari_mrsr.networks.mapper import Mapper
from napari_mrsr.trust import brain_intervals as intervals
from napari_mrsr.trust import calibration_file
from napari_mrsr.trust.brain_intervals import MapCalibration, calibrations_of, predictors, relative_width, save

SHAPE = (12, 12, 12)
INSIDE = np.ones(SHAPE, bool)


@pytest.fixture
def weights(tmp_path):
    return registry.save(Mapper(features=4, levels=2), tmp_path / "own.safetensors")


def known(sha256, quantity="T1", multiple=2.0):
    return MapCalibration(quantity, sha256, 0.9, (0.01, 1.0, 1.0, 1.0), multiple, 20)


def test_an_even_map_that_is_seen_twice_alike_is_uncertain_by_its_floor_alone():
    t1 = np.full(SHAPE, 900.0)
    parts = predictors(t1, t1, np.zeros(SHAPE), INSIDE)
    np.testing.assert_allclose(relative_width(parts, (0.0025, 1, 1, 1), 2.0), 0.1, rtol=1e-6)


def test_what_the_second_look_sees_otherwise_is_uncertain_by_as_much():
    t1 = np.full(SHAPE, 900.0)
    parts = predictors(t1, t1 * np.exp(0.2), np.zeros(SHAPE), INSIDE)
    np.testing.assert_allclose(relative_width(parts, (0, 1, 0, 0), 1.0), 0.2, rtol=1e-4)


def test_borders_are_steep_and_air_is_no_border():
    t1 = np.where(np.arange(12)[:, None, None] < 6, 800.0, 1600.0) * np.ones(SHAPE)
    t1[:, :2] = np.nan
    *_, steep, _ = predictors(t1, t1, np.zeros(SHAPE), np.isfinite(t1))
    assert steep[5:7, 2:].min() > 0.1
    assert steep[:4].max() == 0
    assert np.isfinite(steep).all()


def test_only_calibrated_weights_have_intervals(weights, tmp_path):
    with pytest.raises(NotCalibrated, match=r"own\.safetensors"):
        calibrations_of(weights, tmp_path)
    sha256 = intervals.sha256_of(weights)
    save([known(sha256), known(sha256, "T2")], tmp_path / intervals.FILE)
    assert calibrations_of(weights, tmp_path)["T2"].multiple == 2.0


def test_a_new_calibration_replaces_its_own_and_keeps_the_others(tmp_path):
    path = tmp_path / intervals.FILE
    save([known("a"), known("b")], path)
    save([known("a", multiple=3.0)], path)
    assert {one.weights_sha256: one.multiple for one in intervals.read(path)} == {"a": 3.0, "b": 2.0}


def test_a_changed_file_is_refused(tmp_path):
    path = save([known("a")], tmp_path / intervals.FILE)
    path.write_text(path.read_text().replace('"multiple": 2.0', '"multiple": 1.0'))
    calibration_file.read_rows.cache_clear()
    with pytest.raises(WeightsCorrupt, match="sha256"):
        intervals.read(path)

"""What was added, where it disagrees, and what that does to T2."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.inference.consistency import gain
from napari_mrsr.networks import registry
from napari_mrsr.networks.lean import Lean
from napari_mrsr.physics.dess import DessSequence, signals
from napari_mrsr.sampling import ThickSlices, thick_slices
from napari_mrsr.scan import Acquisition, Scan
from napari_mrsr.superres import super_resolve, trust

SIGMA = 4.0


@pytest.fixture
def truth() -> Scan:
    """Fine DESS echoes of layers of T2 20 to 60 ms, ``(2, 40, 36, 32)``, without noise."""
    z = np.linspace(0, 5 * np.pi, 32)
    t2 = 40 + 20 * np.sin(z + np.arange(40 * 36).reshape(40, 36, 1) / 211)
    sequence = DessSequence(repetition_time=25.0, echo_time=7.5, flip_angle=30.0)
    s1, s2 = signals(1200.0, t2, sequence, m0=4000.0)
    acquisition = Acquisition(repetition_time=25.0, echo_times=(7.5, 42.5), flip_angle=30.0)
    return Scan(
        np.stack([s1, s2]).astype(np.float32),
        np.diag([0.4, 0.4, 0.7, 1]),
        axis="echo",
        names=("S1", "S2"),
        acquisition=acquisition,
        slice_axis=2,
    )


@pytest.fixture
def acquired(truth) -> Scan:
    """Thick slices of it with white noise."""
    y = ThickSlices(truth.array.shape, 3, 2)(truth.array)
    y = y + np.random.default_rng(0).normal(0, SIGMA, y.shape)
    return replace(truth, array=y.astype(np.float32), affine=truth.affine @ np.diag([1, 1, 2, 1]))


def test_a_true_result_disagrees_no_more_than_noise_does(truth, acquired):
    found = trust(acquired, truth, factor=2, axis=2, noise=SIGMA)
    for row in found.summary["volumes"].values():
        assert row["z_sd"] == pytest.approx(1.0, abs=0.02)
        assert row["z_large_percent"] == pytest.approx(0.27, abs=0.1)
    assert found.z.shape == acquired.shape
    assert found.z.unit == "sigma"


def test_a_wrong_patch_stands_out_where_it_is(truth, acquired):
    wrong = truth.array.copy()
    wrong[0, 10:14, 10:14, 12:18] += 30 * SIGMA
    z = trust(acquired, replace(truth, array=wrong), factor=2, axis=2, noise=SIGMA).z.array
    assert np.abs(z[0, 11:13, 11:13, 7]).min() > 10
    assert np.abs(z[0, 30:, 30:]).max() < 6
    assert np.abs(z[1]).max() < 6


def test_what_was_added_is_invisible_to_thick_slices_and_is_all_that_can_be_hidden(truth, acquired):
    rng = np.random.default_rng(1)
    n = truth.shape[2]
    a = thick_slices.matrix(n, 2)
    null = np.eye(n) - gain(n, 2) @ a
    hidden = (rng.normal(0, 50, truth.array.shape) @ null.T).astype(np.float32)
    base = trust(acquired, truth, factor=2, axis=2, noise=SIGMA)
    found = trust(acquired, replace(truth, array=truth.array + hidden), factor=2, axis=2, noise=SIGMA)
    assert np.allclose(found.z.array, base.z.array, atol=1e-2), "z cannot see it"
    assert np.allclose(found.added.array - base.added.array, hidden, atol=0.05), "added shows exactly it"
    thick = ThickSlices(truth.array.shape, 3, 2)(found.added.array)
    assert np.abs(thick).max() < 1e-3 * np.abs(found.added.array).max()


@pytest.fixture
def weights(tmp_path):
    return registry.save(Lean(features=4, blocks=1), tmp_path / "own.safetensors")


def test_the_wiener_correction_is_undone_before_anything_is_said(acquired, weights):
    raw = super_resolve(acquired, weights=weights, consistency="none", precision="fp32")
    corrected = super_resolve(acquired, weights=weights, precision="fp32")
    assert not np.allclose(raw.array, corrected.array, atol=0.1)
    before, after = (trust(acquired, scan, factor=2, axis=2) for scan in (raw, corrected))
    assert np.allclose(before.z.array, after.z.array, atol=0.02)
    assert np.allclose(before.added.array, after.added.array, atol=0.05)
    assert np.allclose(before.t2_difference.array, after.t2_difference.array, atol=0.05, equal_nan=True)


@pytest.mark.parametrize("method", ["lean", "aplus"])
def test_shipped_networks_and_dictionaries_are_judged_by_their_raw_output(acquired, method):
    # what z and added must be, from the bare result, by the definitions alone
    raw = super_resolve(acquired, method=method, consistency="none", precision="fp32", device="cpu")
    corrected = super_resolve(acquired, method=method, precision="fp32", device="cpu")
    a = thick_slices.matrix(raw.shape[2], 2)
    z = (acquired.array - raw.array @ a.T) / SIGMA
    null = raw.array - raw.array @ a.T @ np.linalg.pinv(a).T
    found = trust(acquired, corrected, factor=2, axis=2, noise=SIGMA)
    assert not np.allclose(raw.array, corrected.array, atol=0.1)
    assert np.allclose(found.z.array, z, atol=0.02)
    assert np.allclose(found.added.array, null, atol=0.1)


def test_after_a_hard_projection_trust_is_refused(acquired, weights):
    with pytest.raises(BadParameter, match="hides"):
        trust(acquired, super_resolve(acquired, weights=weights, consistency="hard"), factor=2, axis=2)


def test_t2_of_the_rethickened_echoes_is_compared_in_ms(truth, acquired):
    # S2 2 % too bright everywhere lengthens T2 by T2^2 / (2 (TR - TE)) * ln 1.02 (Sveinsson 2017, linearised)
    clean = acquired.after("noise-free", ThickSlices(truth.array.shape, 3, 2)(truth.array))
    bright = truth.array.copy()
    bright[1] *= 1.02
    found = trust(clean, replace(truth, array=bright), factor=2, axis=2, noise=SIGMA)
    difference = found.t2_difference.array
    assert found.t2_difference.unit == "ms"
    expected = 40.0**2 / (2 * (25.0 - 7.5)) * np.log(1.02)
    assert np.nanmedian(difference) == pytest.approx(expected, rel=0.15)
    assert found.summary["t2_median_difference"] == pytest.approx(expected, rel=0.15)
    assert found.summary["t2_n"] == np.isfinite(difference).sum() > 1000


def test_one_volume_has_no_t2_and_the_summary_says_so(truth, acquired):
    found = trust(acquired.volume(0), truth.volume(0), factor=2, axis=2)
    assert found.t2_difference is None
    assert "1 volumes" in found.summary["t2_missing"]


def test_without_echo_times_there_is_no_t2_but_the_rest(truth, acquired):
    bare = replace(acquired, acquisition=Acquisition())
    found = trust(bare, replace(truth, acquisition=Acquisition()), factor=2, axis=2)
    assert found.t2_difference is None
    assert "repetition time" in found.summary["t2_missing"]
    assert np.isfinite(found.z.array).all()


def test_on_another_grid_it_is_refused(truth, acquired):
    for wrong in (acquired, truth.volume(0)):
        with pytest.raises(GeometryMismatch):
            trust(acquired, wrong, factor=2, axis=2)
    with pytest.raises(BadParameter):
        trust(acquired, truth, factor=2, axis=5)

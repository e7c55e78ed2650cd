"""T1 and M0 of variable flip angles against the FLASH equation, scipy's least squares, and drawn noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, curve_fit

from napari_mrsr.errors import BadParameter, EchoesNeeded, GeometryMismatch, MissingParameter
from napari_mrsr.mapping import Reason, t1_from_flash
from napari_mrsr.mapping.vfa import fit, linear
from napari_mrsr.scan import Scan

FLIPS, TIMES = (6.0, 20.0), (28.0, 18.0)
AFFINE = np.diag([1.5, 1.5, 1.5, 1.0])


def ernst(t1, flip, tr, m0=1.0):
    """The FLASH equation, written here once more."""
    e1 = np.exp(-tr / np.asarray(t1, float))
    a = np.deg2rad(flip)
    return m0 * np.sin(a) * (1 - e1) / (1 - e1 * np.cos(a))


def tubes(noise=0.0, *, b1=1.0, flips=FLIPS, times=TIMES, shape=(40, 40, 24), seed=0, headers=True):
    """Three tubes of 500, 1000 and 2000 ms in air, as scans with Rician noise; and their T1."""
    t1 = np.full(shape, np.nan)
    for n, value in enumerate((500.0, 1000.0, 2000.0)):
        t1[2 + 13 * n : 12 + 13 * n, 8:32, 2:-2] = value
    random = np.random.default_rng(seed)
    scans = []
    for flip, tr in zip(flips, times, strict=True):
        signal = np.nan_to_num(ernst(t1, flip * b1, tr, 2000.0))
        if noise:
            signal = np.hypot(signal + random.normal(0, noise, shape), random.normal(0, noise, shape))
        scan = Scan(signal.astype(np.float32), AFFINE)
        scans.append(scan.with_acquisition(flip_angle=flip, repetition_time=tr) if headers else scan)
    return scans, t1


# -- the estimator ---------------------------------------------------------------------------------
@settings(max_examples=60, deadline=None)
@given(
    t1=st.floats(60, 5900),
    m0=st.floats(1e-3, 1e5),
    small=st.floats(2, 8),
    large=st.floats(12, 40),
    times=st.tuples(st.floats(8, 40), st.floats(8, 40)),
    b1=st.floats(0.6, 1.3),
)
def test_two_scans_of_any_flip_and_tr_give_t1_and_m0_back(t1, m0, small, large, times, b1) -> None:
    signals = [[ernst(t1, flip * b1, tr, m0)] for flip, tr in zip((small, large), times, strict=True)]
    found = fit(signals, (small, large), times, b1=np.array([b1]))
    if np.isnan(found.t1[0]):  # only where the ratio of both signals does not tell T1, as at extreme angles and TR
        ratio = [ernst(t1 * f, small * b1, times[0]) / ernst(t1 * f, large * b1, times[1]) for f in (0.999, 1.001)]
        assert abs(np.log(ratio[1] / ratio[0])) < 2e-4
        return
    if abs(found.t1[0] / t1 - 1) > 1e-5:  # another T1 with the same ratio is as good
        np.testing.assert_allclose(
            [ernst(found.t1, small * b1, times[0], found.m0), ernst(found.t1, large * b1, times[1], found.m0)],
            signals,
            rtol=1e-6,
        )
        return
    assert found.m0[0] == pytest.approx(m0, rel=1e-5)


def test_the_protocol_of_the_brain_is_solved_to_the_last_digit() -> None:
    t1 = np.geomspace(50, 6000, 400)
    found = fit([ernst(t1, f, tr, 700.0) for f, tr in zip(FLIPS, TIMES, strict=True)], FLIPS, TIMES)
    np.testing.assert_allclose(found.t1, t1, rtol=1e-9)
    np.testing.assert_allclose(found.m0, 700.0, rtol=1e-9)


def test_another_root_finder_agrees_on_noisy_signals() -> None:
    random = np.random.default_rng(1)
    signals = np.array([ernst(1100.0, f, tr, 500.0) for f, tr in zip(FLIPS, TIMES, strict=True)])
    noisy = signals[:, None] + random.normal(0, 0.6, (2, 12))

    def gap(t1, one):
        return one[0] * ernst(t1, FLIPS[1], TIMES[1]) - one[1] * ernst(t1, FLIPS[0], TIMES[0])

    witness = [brentq(gap, 200, 6000, args=(one,), xtol=1e-9) for one in noisy.T]
    np.testing.assert_allclose(fit(noisy, FLIPS, TIMES).t1, witness, rtol=1e-8)


def test_five_scans_are_fitted_as_scipy_fits_them() -> None:
    flips, times = np.array([3.0, 6.0, 10.0, 16.0, 25.0]), np.array([12.0, 14.0, 12.0, 20.0, 18.0])
    sigma = np.array([1.0, 1.0, 2.0, 1.0, 0.5])
    random = np.random.default_rng(2)
    noisy = ernst(1300.0, flips, times, 3000.0)[:, None] + sigma[:, None] * random.normal(0, 1, (5, 6))
    found = fit(noisy, flips, times, sigmas=sigma)
    for voxel in range(6):
        best, covariance = curve_fit(
            lambda x, t1, m0: ernst(t1, x[0], x[1], m0),
            np.stack([flips, times]),
            noisy[:, voxel],
            p0=(1000.0, 2000.0),
            sigma=sigma,
            absolute_sigma=True,
            xtol=1e-14,
            ftol=1e-14,
        )
        assert found.t1[voxel] == pytest.approx(best[0], rel=1e-5)
        assert found.m0[voxel] == pytest.approx(best[1], rel=1e-5)
        assert found.t1_deviation[voxel] == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-3)


def test_the_line_is_exact_for_one_tr_and_close_for_two() -> None:
    t1 = np.array([300.0, 900.0, 3000.0])
    same = linear([ernst(t1, f, 15.0, 10.0) for f in (4, 12, 24)], (4, 12, 24), (15, 15, 15))
    np.testing.assert_allclose(same[0], t1, rtol=1e-9)
    np.testing.assert_allclose(same[1], 10.0, rtol=1e-9)
    differing, _ = linear([ernst(t1, f, tr) for f, tr in zip(FLIPS, TIMES, strict=True)], FLIPS, TIMES)
    np.testing.assert_allclose(differing, t1, rtol=2e-3)
    assert abs(differing[0] / t1[0] - 1) > 1e-4  # so that the exact solution is needed


def test_the_line_at_small_angles_is_the_rational_approximation_of_helms() -> None:
    """Equation of Helms 2008 for T1, written out with the angles themselves."""
    flips, times = (2.0, 6.0), (28.0, 18.0)
    pd, t1w = (ernst(1200.0, f, tr, 100.0) for f, tr in zip(flips, times, strict=True))
    a, b = np.deg2rad(flips)
    helms = 2 * (pd / a - t1w / b) / (t1w * b / times[1] - pd * a / times[0])
    assert float(linear([pd, t1w], flips, times)[0]) == pytest.approx(float(helms), rel=5e-3)


@pytest.mark.parametrize("signals", [(1.0, 5.0), (10.0, 0.0), (0.0, 10.0), (0.0, 0.0), (-1.0, -1.0)])
def test_what_no_t1_explains_has_no_value(signals) -> None:
    found = fit(np.reshape(signals, (2, 1)), FLIPS, TIMES)
    assert np.isnan([found.t1, found.m0, found.t1_deviation]).all()


# -- the map ---------------------------------------------------------------------------------------
def test_the_tubes_come_out_as_they_were_filled() -> None:
    scans, truth = tubes()
    found = t1_from_flash(scans)
    np.testing.assert_allclose(found.map.array[0], truth, rtol=1e-4, equal_nan=True)
    np.testing.assert_allclose(found.m0.array[0][np.isfinite(truth)], 2000, rtol=1e-4)
    assert (found.map.quantity, found.map.unit, found.map.array.dtype) == ("T1", "ms", np.float32)
    assert set(np.unique(found.reason.array)) == {Reason.OK, Reason.AIR}
    assert found.sigma is None  # no noise, no scatter to tell
    assert found.counts()[Reason.OK] == np.isfinite(truth).sum()
    assert found.mapped(lambda scan: scan).map is found.map


def test_sigma_is_the_scatter_of_drawn_noise() -> None:
    scans, truth = tubes(noise=1.0, shape=(40, 40, 60))
    found = t1_from_flash(scans)
    for value in (500.0, 1000.0, 2000.0):
        tube = truth == value
        t1 = found.map.array[0][tube]
        assert np.median(t1) == pytest.approx(value, rel=0.01)
        spread = 1.4826 * np.median(np.abs(t1 - np.median(t1)))
        assert np.median(found.sigma.array[0][tube]) == pytest.approx(spread, rel=0.06)


def test_more_noise_makes_voxels_doubtful_but_leaves_their_value() -> None:
    found = t1_from_flash(tubes(noise=12.0)[0])
    doubtful = found.reason.array == Reason.LOW_SNR
    assert doubtful.sum() > 1000
    assert np.isfinite(found.map.array[doubtful]).all()
    assert np.isnan(found.map.array[found.reason.array == Reason.AIR]).all()


def test_a_b1_map_takes_the_error_of_the_flip_angle_away() -> None:
    scans, truth = tubes(b1=0.9)
    inside = np.isfinite(truth)
    without = t1_from_flash(scans).map.array[0]
    np.testing.assert_allclose(without[inside] / truth[inside], 0.81, atol=0.01)
    b1 = Scan(np.full(truth.shape, 0.9, np.float32), AFFINE)
    corrected = t1_from_flash(scans, b1=b1)
    np.testing.assert_allclose(corrected.map.array[0], truth, rtol=1e-4, equal_nan=True)
    assert not any("B1" in line for line in corrected.warnings)


def test_fluid_beyond_the_range_is_left_out_with_its_reason() -> None:
    found = t1_from_flash(tubes()[0], t1_range=(50.0, 1500.0))
    beyond = found.reason.array == Reason.OUT_OF_RANGE
    assert beyond.any()
    assert np.isnan(found.map.array[beyond]).all()


def test_voxels_that_are_no_number_or_have_an_impossible_b1_have_their_reason() -> None:
    scans, truth = tubes()
    scans[0].array[0, 5, 10, 5] = np.nan
    b1 = Scan(np.ones(truth.shape, np.float32), AFFINE)
    b1.array[0, 5, 11, 5] = 0
    reason = t1_from_flash(scans, b1=b1).reason.array[0]
    assert reason[5, 10, 5] == Reason.NOT_FINITE
    assert reason[5, 11, 5] == Reason.NO_SOLUTION


def test_numbers_given_count_more_than_the_header() -> None:
    scans, truth = tubes(headers=False)
    found = t1_from_flash(scans, flip_angles=FLIPS, repetition_times=TIMES)
    np.testing.assert_allclose(found.map.array[0], truth, rtol=1e-4, equal_nan=True)
    step = found.map.history[-1]
    assert step.parameters["flip_angles"] == list(FLIPS)
    assert found.map.acquisition.flip_angle is None  # of neither scan alone


def test_the_map_says_what_makes_it_doubtful() -> None:
    scans, _ = tubes()
    scans = [scan.with_acquisition(echo_times=(te,)) for scan, te in zip(scans, (3.0, 6.0), strict=True)]
    lines = " ".join(t1_from_flash(scans).warnings)
    assert "no B1 map" in lines
    assert "echo times differ (3, 6 ms)" in lines
    dimmed = [scans[0], scans[1].after("scaled", scans[1].array * 5)]
    assert "one intensity scale?" in " ".join(t1_from_flash(dimmed).warnings)


# -- bad input -------------------------------------------------------------------------------------
def test_scans_that_cannot_give_t1_are_refused() -> None:
    (first, second), truth = tubes()
    with pytest.raises(EchoesNeeded, match="single scan"):
        t1_from_flash([first])
    with pytest.raises(EchoesNeeded):
        t1_from_flash([])
    with pytest.raises(BadParameter, match="flip angle of 6 degrees"):
        t1_from_flash([first, first])
    with pytest.raises(MissingParameter, match="no repetition time; give --tr A,B"):
        t1_from_flash([first, second.with_acquisition(repetition_time=None)])
    with pytest.raises(BadParameter, match="3 values of --flip for 2 scans"):
        t1_from_flash([first, second], flip_angles=(3, 6, 9))
    with pytest.raises(BadParameter, match="not a positive number"):
        t1_from_flash([first, second], repetition_times=(28, -1))
    with pytest.raises(BadParameter, match="above 90"):
        t1_from_flash([first, second], flip_angles=(6, 200))
    with pytest.raises(BadParameter, match="noise 0 is not"):
        t1_from_flash([first, second], noise=0)
    moved = Scan(second.array, np.diag([1.5, 1.5, 1.6, 1]), acquisition=second.acquisition)
    with pytest.raises(GeometryMismatch):
        t1_from_flash([first, moved])
    with pytest.raises(GeometryMismatch, match="B1"):
        t1_from_flash([first, second], b1=Scan(np.ones((3, 3, 3)), AFFINE))
    with pytest.raises(BadParameter, match="median of 100"):
        t1_from_flash([first, second], b1=Scan(np.full(truth.shape, 100.0), AFFINE))
    both = Scan(np.concatenate([first.array, second.array]), AFFINE)
    with pytest.raises(BadParameter, match="has 2 volumes"):
        t1_from_flash([both, second])
    transfer = second.with_acquisition(others={"MTState": True})
    with pytest.raises(BadParameter, match="magnetisation transfer"):
        t1_from_flash([first, transfer])


# -- a real brain ----------------------------------------------------------------------------------
def test_white_matter_of_a_real_brain_has_a_published_t1(real_data) -> None:
    """690 to 1150 ms at 3 T, between studies; without a B1 map the peak of the histogram may lie anywhere in it."""
    from napari_mrsr.files import read_scan

    folder = real_data / "brain" / "vfa"
    scans = [read_scan([folder / name]) for name in ("PDw.nii.gz", "T1w.nii.gz")]
    crops = [scan.after("crop", scan.array[:, 30:100, 20:110, 58:66]) for scan in scans]
    found = t1_from_flash(crops, flip_angles=FLIPS, repetition_times=TIMES, noise=3.0)
    t1 = found.map.array[np.isfinite(found.map.array)]
    counts, edges = np.histogram(t1, bins=np.arange(500, 3000, 50))
    assert 690 <= edges[counts.argmax()] <= 1150
    assert (found.reason.array == Reason.OK).mean() > 0.9

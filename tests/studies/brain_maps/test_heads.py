"""Heads of the study of brain maps: what is true of them, and what the images of each condition show."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.ndimage import center_of_mass

from napari_mrsr.errors import BadParameter
from napari_mrsr.mapping.brain import together
from napari_mrsr.phantoms.brain import BrainPhantom, brain
from napari_mrsr.phantoms.brain.contrasts import Protocol
from napari_mrsr.physics.flair import FlairTimings, flair_signal, flair_signal_simulated, nulling_time
from napari_mrsr.physics.mprage import mprage_signal
from napari_mrsr.physics.space import space_angles
from napari_mrsr.physics.tse import tse_signal, tse_signal_simulated
from napari_mrsr.studies.brain_maps.conditions import CONDITIONS, NOMINAL, SHORT, Condition, named
from napari_mrsr.studies.brain_maps.heads import Head, Phantom, cohort, heads
from napari_mrsr.studies.brain_maps.imaging import Scanner, measured, moved, real_signals


@cache
def head() -> BrainPhantom:
    """A block of a head at 4 mm with ventricles, cortex and nuclei."""
    return brain(9, spacing=4, shape=(30, 36, 14), centre=(8, -14, 20), lesions="none")


@cache
def subject() -> Phantom:
    """The same block as a subject."""
    return Phantom(9, spacing=4, shape=(30, 36, 14), centre=(8, -14, 20))


@cache
def under(name: str) -> Head:
    """The subject under a condition."""
    return subject().under(named([name])[0])


def images(name: str) -> dict[str, np.ndarray]:
    return {contrast: scan.array[0] for contrast, scan in under(name).scans.by_name.items()}


# -- physics -------------------------------------------------------------------------------------------
def test_images_are_the_closed_forms_where_nothing_is_off() -> None:
    """In pure voxels, with one factor for the whole image: nothing but the equations tells of T1 and T2."""
    scanner = Scanner(head(), off=0.0, snr=1e9)
    plain = scanner.scans(Condition("plain", b1=0.0, coil=False))
    pure = np.max([head().share_of(name) for name in ("white matter", "grey matter", "CSF")], axis=0) > 0.999
    pure &= np.max([head().fractions[name] for name in ("white matter", "grey matter", "CSF")], axis=0) > 0.999
    t1, t2, m0 = (np.asarray(m, np.float64)[pure] for m in head().maps)
    assert np.ptp(t1) > 2500
    from napari_mrsr.training.brain_contrasts import drawn

    really = drawn(9, Protocol(), off=0.0)
    nulled = replace(really.flair, inversion_time=nulling_time(really.flair))
    wanted = {
        "T1w": mprage_signal(t1, m0=m0),
        "T2w": tse_signal(t1, t2, m0=m0),
        "FLAIR": np.abs(flair_signal(t1, t2, nulled, m0=m0)),
    }
    for name, signal in wanted.items():
        image = plain.by_name[name].array[0][pure]
        gain = float(image @ signal / (signal @ signal))
        np.testing.assert_allclose(image / gain, signal, atol=5e-3 * signal.max(), err_msg=name)


def test_pulses_as_scanners_have_them_are_those_of_extended_phase_graphs() -> None:
    protocol = Protocol(flair=FlairTimings(pulses=24, echo_time=60.0, echo_spacing=5.0))
    signals = real_signals(protocol)
    t1, t2, b1 = np.array([850.0, 1400.0, 700.0]), np.array([70.0, 95.0, 50.0]), np.array([0.8, 1.1, 1.0])
    exact = tse_signal_simulated(t1, t2, b1=b1)
    np.testing.assert_allclose(signals["T2w"](t1, t2, np.ones(3), b1), exact, rtol=0.01)
    fluid = signals["FLAIR"](np.array([4000.0]), np.array([1800.0]), np.ones(1), np.ones(1))
    assert abs(fluid[0]) < 1e-3
    angles = space_angles(24, spacing=5.0)
    at = [replace(protocol.flair, inversion_time=time) for time in (1700.0, 1800.0)]
    null = [float(flair_signal_simulated(4000.0, 1800.0, angles, one)) for one in at]
    assert null[0] < null[1]


# -- what is true --------------------------------------------------------------------------------------
def test_what_is_not_brain_and_t2_of_fluid_are_not_judged() -> None:
    nominal = under(NOMINAL)
    inside = sum(head().share_of(name) for name in ("white matter", "grey matter", "CSF", "lesion")) > 0.5
    np.testing.assert_array_equal(np.isfinite(nominal.t1), inside)
    fluid = inside & (head().share_of("CSF") > 0.95)
    assert fluid.any()
    assert np.isnan(nominal.t2[fluid]).all()
    assert np.isfinite(nominal.t1[fluid]).all()
    assert set(np.unique(nominal.tissues)) == {0, 1, 2, 3, 4}
    np.testing.assert_array_equal(nominal.tissues > 0, inside)
    assert np.nanmedian(nominal.t1[nominal.tissues == 1]) < np.nanmedian(nominal.t1[nominal.tissues == 2])


def test_scans_are_such_as_a_person_could_offer() -> None:
    scans = under(NOMINAL).scans
    again = together(scans.t1w, scans.t2w, scans.flair)
    assert again.warnings == ()
    assert scans.t2w.acquisition.echo_times == (93.0,)
    assert under("T1w times +10 %").scans.t1w.acquisition.inversion_time == pytest.approx(990)
    levels = [float(np.percentile(image, 99)) for image in images(NOMINAL).values()]
    assert len({round(level) for level in levels}) == 3, "gains of their own"


# -- conditions ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("T2w times -20 %", {"T2w"}),
        ("FLAIR times +20 %", {"FLAIR"}),
        ("noise in place of FLAIR", {"FLAIR"}),
        ("T2w moved by 1 mm and 1 degree", {"T2w"}),
        ("FLAIR in slices of 5 mm", {"FLAIR"}),
        ("noise x 2", {"T1w", "T2w", "FLAIR"}),
    ],
)
def test_a_condition_changes_what_it_says_and_nothing_else(name: str, changed: set[str]) -> None:
    have, want = images(name), images(NOMINAL)
    assert {contrast for contrast in have if not np.array_equal(have[contrast], want[contrast])} == changed
    np.testing.assert_array_equal(under(name).t1, under(NOMINAL).t1)


def test_noise_grows_as_asked_and_an_image_may_hold_nothing_else() -> None:
    air = head().maps.m0 < 0.01
    once, four = (images(name)["T1w"][air] for name in (NOMINAL, "noise x 4"))
    assert four.mean() / once.mean() == pytest.approx(4, rel=0.05)
    silent = images("noise in place of FLAIR")["FLAIR"]
    bright = head().share_of("white matter") > 0.9
    assert silent[bright].mean() == pytest.approx(silent[air].mean(), rel=0.05)


def test_the_skull_can_be_taken_off_and_another_scan_offered() -> None:
    outside = under(NOMINAL).tissues == 0
    assert all((image[outside] == 0).all() for image in images("no skull").values())
    both = images("T2w in place of FLAIR")
    assert np.corrcoef(both["T2w"].ravel(), both["FLAIR"].ravel())[0, 1] > 0.999
    assert under("T2w in place of FLAIR").scans.flair.acquisition.sequence == "SPACE"


def test_a_shift_is_in_mm_and_a_turn_in_degrees() -> None:
    volume = np.zeros((9, 41, 41), np.float32)
    volume[3:6, 28:33, 18:23] = 1
    before = np.array(center_of_mass(volume))
    up = np.array(center_of_mass(moved(volume, (2.0, 2.0, 2.0), 3.0, 0.0))) - before
    np.testing.assert_allclose(np.abs(up), [0, 0, 1.5], atol=0.02)
    turned = np.array(center_of_mass(moved(volume, (2.0, 2.0, 2.0), 0.0, 10.0))) - before
    assert np.linalg.norm(turned) == pytest.approx(2 * 10 * np.sin(np.deg2rad(5)), rel=0.02)


def test_coarse_voxels_average_and_keep_what_is_even() -> None:
    line = np.broadcast_to(np.arange(30, dtype=np.float32), (2, 2, 30))
    thick = measured(line, (1.0, 1.0, 1.0), (1.0, 1.0, 5.0), lambda v: v)
    np.testing.assert_allclose(thick[..., 3:-3], line[..., 3:-3], atol=1e-3)
    wave = np.broadcast_to(np.cos(np.pi * np.arange(30, dtype=np.float32)), (2, 2, 30))
    assert np.abs(measured(wave, (1.0, 1.0, 1.0), (1.0, 1.0, 5.0), lambda v: v)).max() < 0.25
    np.testing.assert_array_equal(measured(wave, (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), lambda v: v), wave)


# -- subjects ------------------------------------------------------------------------------------------
def test_heads_come_subject_by_subject_and_one_at_a_time() -> None:
    few = [one.name for one in cohort([NOMINAL, "noise x 2"], subjects=[subject()]).entries]
    assert few == ["phantom 9, nominal", "phantom 9, noise x 2"]
    made = next(heads(named([NOMINAL]), [subject()]))
    np.testing.assert_array_equal(made.scans.t1w.array[0], images(NOMINAL)["T1w"])
    assert len({one.name for one in CONDITIONS}) == len(CONDITIONS)
    assert len(named(SHORT)) == len(SHORT)


def test_seeds_that_teach_and_unknown_conditions_are_refused() -> None:
    with pytest.raises(BadParameter, match="may have taught"):
        Phantom(5000)
    with pytest.raises(BadParameter, match="no condition"):
        cohort(["a full moon"])

"""The knee phantom is a knee, the same one every time, and tells the truth about itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter, minimum_filter

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms import LABELS, KneePhantom, knee
from napari_mrsr.phantoms.settings import LABEL_OF, load
from napari_mrsr.phantoms.subject import draw
from napari_mrsr.physics.dess import DessSequence
from napari_mrsr.physics.epg import dess_signals

MEDIAL, LATERAL = LABEL_OF["medial femoral cartilage"], LABEL_OF["lateral femoral cartilage"]
CARTILAGE = [LABEL_OF[f"{side} {bone} cartilage"] for side in ("medial", "lateral") for bone in ("femoral", "tibial")]


@pytest.fixture(scope="module")
def joint() -> KneePhantom:
    """The whole joint of a healthy right knee at 1 mm."""
    return knee(5, shape=(110, 84, 100), spacing=(1.0, 1.1, 1.0), side="right", diseased=False)


def positions(phantom: KneePhantom, label: int) -> np.ndarray:
    """Return the positions of a label's voxels in the patient, RAS mm, shape (3, n)."""
    index = np.argwhere(phantom.labels.array[0] == label)
    return (phantom.labels.affine @ np.c_[index, np.ones(len(index))].T)[:3]


def pure(phantom: KneePhantom, *labels: int) -> np.ndarray:
    """Return where a voxel and its neighbours carry one and the same of these labels."""
    array = phantom.labels.array[0]
    same = minimum_filter(array, 3) == maximum_filter(array, 3)
    return same & np.isin(array, labels)


def test_a_seed_gives_the_same_knee_twice_and_another_seed_another_one() -> None:
    first, again, other = (knee(s, shape=(40, 40, 8), spacing=(1.2, 1.2, 3.0)) for s in (1, 1, 2))
    assert np.array_equal(first.scan.array, again.scan.array)
    assert np.array_equal(first.labels.array, again.labels.array)
    assert not np.allclose(first.noiseless.array, other.noiseless.array)


def test_a_block_equals_the_cut_of_the_whole() -> None:
    grid = {"shape": (60, 56, 40), "spacing": (1.0, 1.0, 1.4), "centre": (4.0, 3.0, 2.0)}
    window = (slice(13, 49), slice(7, 40), slice(5, 33))
    whole, block = knee(8, **grid), knee(8, **grid, window=window)
    here = (slice(None), *window)
    np.testing.assert_allclose(block.noiseless.array, whole.noiseless.array[here], atol=0.15)
    np.testing.assert_allclose(block.scan.array, whole.scan.array[here], atol=0.15)
    assert (block.labels.array == whole.labels.array[here]).mean() > 0.9999
    corner = whole.scan.affine @ (13, 7, 5, 1)
    np.testing.assert_allclose(block.scan.affine @ (0, 0, 0, 1), corner)


def test_a_slab_is_a_window_of_slices() -> None:
    grid = {"shape": (32, 32, 24), "spacing": (1.5, 1.5, 2.0)}
    np.testing.assert_array_equal(knee(1, **grid, slab=(6, 9)).labels.array, knee(1, **grid).labels.array[..., 6:9])


def test_a_left_knee_is_the_mirror_image_of_a_right_one() -> None:
    grid = {"shape": (30, 30, 41), "spacing": (1.5, 1.5, 2.0), "noise": False}
    right, left = knee(3, side="right", **grid), knee(3, side="left", **grid)
    assert right.scan.acquisition.laterality == "right"
    assert left.scan.acquisition.laterality == "left"
    np.testing.assert_allclose(left.scan.array, right.scan.array[..., ::-1], atol=0.15)
    mirror = np.diag([-1.0, 1, 1, 1])
    last = (0, 0, 40, 1)
    np.testing.assert_allclose(left.scan.affine @ last, mirror @ right.scan.affine[:, 3], atol=1e-9)


def test_the_medial_cartilage_of_the_femur_lies_towards_the_other_knee(joint: KneePhantom) -> None:
    assert positions(joint, MEDIAL)[0].mean() < positions(joint, LATERAL)[0].mean() - 25
    left = knee(5, shape=(50, 20, 42), spacing=(1.6, 1.6, 2.0), centre=(0, 0, 12), side="left", diseased=False)
    assert positions(left, MEDIAL)[0].mean() > positions(left, LATERAL)[0].mean() + 25


def test_bones_stand_in_anatomical_order(joint: KneePhantom) -> None:
    at = {name: positions(joint, LABEL_OF[name]).mean(axis=1) for name in LABELS.values() if name != "air"}
    assert at["femur"][2] > at["medial meniscus"][2] > at["tibia"][2]
    assert at["patella"][1] > at["femur"][1] + 25
    assert at["popliteal vessels"][1] < at["tibia"][1] - 15
    assert at["patellar tendon"][1] > at["infrapatellar fat pad"][1]
    assert at["fibula"][0] > at["tibia"][0] + 15
    assert at["medial collateral ligament"][0] < at["tibia"][0] - 25
    assert at["lateral collateral ligament"][0] > at["tibia"][0] + 25


def test_tissue_volumes_are_those_of_a_knee(joint: KneePhantom) -> None:
    """Adult knees: femoral cartilage 8-20 ml, tibial 2-8, patellar 2-6, each meniscus 1.5-5, ACL 1-4, PCL 1-5."""

    def millilitres(*names: str) -> float:
        return float(np.isin(joint.labels.array, [LABEL_OF[n] for n in names]).sum() * joint.labels.voxel_volume / 1000)

    assert 8 < millilitres("medial femoral cartilage", "lateral femoral cartilage") < 20
    assert 2 < millilitres("medial tibial cartilage", "lateral tibial cartilage") < 8
    assert 2 < millilitres("patellar cartilage") < 6
    assert 1.5 < millilitres("medial meniscus") < 5
    assert 1.5 < millilitres("lateral meniscus") < 5
    assert 1 < millilitres("anterior cruciate ligament") < 4
    assert 1 < millilitres("posterior cruciate ligament") < 5


def test_voxel_axes_and_header_are_those_of_a_sagittal_series(joint: KneePhantom) -> None:
    import nibabel as nib

    assert nib.aff2axcodes(joint.scan.affine) == ("P", "I", "R")
    acquired = joint.scan.acquisition
    assert joint.scan.slice_axis == 2
    assert joint.scan.names == ("S1", "S2")
    assert acquired.echo_times == (7.0, 39.0)
    assert acquired.echo_times[1] == 2 * acquired.repetition_time - 7.0
    assert acquired.body_part == "KNEE"
    assert acquired.slice_thickness == 1.0


def test_signals_of_pure_cartilage_are_those_of_extended_phase_graphs() -> None:
    phantom = knee(5, shape=(90, 64, 40), spacing=(0.5, 0.5, 0.7), centre=(-22, 5, 10), side="right", noise=False)
    mask = pure(phantom, *CARTILAGE)
    assert mask.sum() > 100
    t2, s = phantom.t2.array[0][mask], phantom.noiseless.array[:, mask]
    sequence = DessSequence(23, 7, 20, spoiler_moment=0.03132, spoiler_duration=1.56, diffusivity=1.25e-9)
    s1, s2 = dess_signals(1200.0, t2, sequence)
    # Shading, density and grain drop out of the ratio, and nothing else is left in it.
    # (A neighbour that was outvoted in its own voxel may still leave a trace: not in one of a hundred.)
    error = np.abs((s[1] / s[0]) / (s2 / s1) - 1)
    assert np.median(error) < 1e-5
    assert np.percentile(error, 99) < 2e-3


def test_t2_stays_within_the_frozen_ranges_and_air_has_none(joint: KneePhantom) -> None:
    tissue_of = {MEDIAL: "cartilage", LATERAL: "cartilage", LABEL_OF["medial meniscus"]: "meniscus"}
    tissue_of |= {LABEL_OF["muscle"]: "muscle", LABEL_OF["joint fluid"]: "fluid", LABEL_OF["skin"]: "skin"}
    for label, name in tissue_of.items():
        t2 = joint.t2.array[joint.labels.array == label]
        low, high = load().tissues[name].limits
        assert t2.size > 50, name
        assert low <= t2.min() <= t2.max() <= high, name
    air = joint.labels.array == 0
    assert np.isnan(joint.t2.array[air]).all()
    assert np.isnan(joint.t1.array[air]).all()
    assert np.isfinite(joint.t2.array[~air]).all()


def test_the_superficial_layer_of_cartilage_has_the_longer_t2(joint: KneePhantom) -> None:
    for label in (MEDIAL, LATERAL, LABEL_OF["patellar cartilage"]):
        here = joint.labels.array == label
        deep = joint.t2.array[here & (joint.layers.array == 1)]
        superficial = joint.t2.array[here & (joint.layers.array == 2)]
        assert deep.size > 100
        assert superficial.size > 100
        assert 1.25 < superficial.mean() / deep.mean() < 1.6


def test_the_medial_collateral_ligament_is_about_a_millimetre_thick() -> None:
    phantom = knee(5, shape=(14, 90, 120), spacing=(1.5, 1.0, 0.25), centre=(-34, -2, -8), side="right", noise=False)
    ligament = phantom.labels.array[0] == LABEL_OF["medial collateral ligament"]
    across = ligament.sum(axis=2) * 0.25
    thickness = across[across > 0]
    assert thickness.size > 100
    # It runs obliquely in places, where a line along x cuts it at an angle.
    assert 0.7 < np.median(thickness) < 1.5
    assert np.percentile(thickness, 10) < 1.3
    assert np.flatnonzero(ligament.any(axis=(0, 2))).size > 60, "it spans the joint"


def test_suppressed_fat_is_dark_and_fluid_bright_in_the_second_echo(joint: KneePhantom) -> None:
    s1, s2 = (echo for echo in joint.noiseless.array)
    labels = joint.labels.array[0]
    mean = {
        n: (float(s1[labels == v].mean()), float(s2[labels == v].mean())) for n, v in LABEL_OF.items() if n != "air"
    }
    cartilage = mean["medial femoral cartilage"]
    assert 0.03 < mean["femur"][0] / cartilage[0] < 0.15
    assert 0.05 < mean["subcutaneous fat"][0] / cartilage[0] < 0.35
    assert 0.15 < mean["muscle"][1] / mean["muscle"][0] < 0.35, "a clinical scan at flip 30 gives 0.24 to 0.29"
    assert mean["joint fluid"][1] > 2 * cartilage[1]
    assert mean["medial meniscus"][1] < 0.2 * cartilage[1]


def test_noise_has_the_frozen_ratio_to_cartilage_and_can_be_asked_for() -> None:
    grid = {"shape": (64, 48, 24), "spacing": (0.8, 0.8, 1.4), "centre": (-20, 0, 8)}
    default, quiet = knee(5, **grid), knee(5, **grid, snr=100.0)
    bright = default.noiseless.array[0] > 500
    ratio = load().snr_cartilage / 100
    sd = [(p.scan.array[0] - p.noiseless.array[0])[bright].std() for p in (default, quiet)]
    assert sd[1] / sd[0] == pytest.approx(ratio, rel=0.03)
    assert sd[0] == pytest.approx(default.settings["sigma"], rel=0.05)
    air = default.labels.array[0] == 0
    silent = knee(5, **grid, noise=False)
    assert silent.scan is silent.noiseless
    assert not air.any() or (silent.noiseless.array[0][air] < 300).all()


def test_disease_can_be_asked_for_and_shows() -> None:
    grid = {"shape": (60, 30, 30), "spacing": (1.0, 1.0, 2.5), "noise": False}
    healthy, diseased = (knee(4, diseased=flag, **grid) for flag in (False, True))
    assert healthy.subject.signs == ()
    assert len(diseased.subject.signs) >= 1
    np.testing.assert_array_equal(healthy.subject.size, diseased.subject.size)
    assert not np.array_equal(healthy.labels.array, diseased.labels.array)
    found = {sign for seed in range(40) for sign in draw(seed, load(), diseased=True).signs}
    assert {"effusion", "osteophytes", "cartilage thinning", "medial meniscal tear"} <= found


def test_a_lesion_thins_the_cartilage_and_lengthens_its_t2() -> None:
    seed = next(s for s in range(50) if (lesion := draw(s, load(), diseased=True).lesion) and lesion.t2_factor > 1.4)
    grid = {"shape": (72, 40, 60), "spacing": (1.0, 1.0, 1.4), "centre": (0, 0, 14), "noise": False}
    healthy, diseased = (knee(seed, diseased=flag, **grid) for flag in (False, True))
    label = MEDIAL if diseased.subject.lesion and diseased.subject.lesion.compartment == "medial" else LATERAL
    before, after = (p.labels.array == label for p in (healthy, diseased))
    assert after.sum() < before.sum()
    assert np.percentile(diseased.t2.array[after], 99) > 1.1 * np.percentile(healthy.t2.array[before], 99)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": (0, 4, 4)}, {"spacing": (0.4, -0.4, 0.7)}, {"snr": 0.0},
        {"window": (slice(5, 5), slice(0, 4), slice(0, 4))}, {"window": (slice(0, 4, 2), slice(0, 4), slice(0, 4))},
        {"slab": (0, 2), "window": (slice(0, 4), slice(0, 4), slice(0, 4))},
    ],
)  # fmt: skip
def test_impossible_grids_are_refused(wrong: dict) -> None:
    with pytest.raises(BadParameter):
        knee(0, **wrong)

"""The abdomen phantom is an abdomen, breathes, and tells the truth about itself."""

from __future__ import annotations

from functools import cache
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.abdomen import ABDOMEN_LABELS, CHAOS, SUBJECTS, AbdomenPhantom, Breathing, abdomen
from napari_mrsr.phantoms.abdomen.anatomy import anatomy_of
from napari_mrsr.phantoms.abdomen.tissues import NUMBER
from napari_mrsr.physics.flash import FlashSequence, fat_fraction, flash_signal

STILL = Breathing(depth=0, wall=0)
#: A slice wide of the liver, quick to paint.
COARSE: dict[str, Any] = {"shape": (56, 42, 14), "noise": False}


@cache
def moving() -> AbdomenPhantom:
    """Seed 1, three coarse frames of a deep breath, fat and water in phase."""
    return abdomen(1, frames=3, phase="in", breath=Breathing(depth=18, wall=8), **COARSE)


@cache
def whole(seed: int) -> AbdomenPhantom:
    """Everything from the lung to below the kidneys, at 4 mm."""
    return abdomen(seed, shape=(84, 62, 60), spacing=(4, 4, 4), centre=(0, 0, -15), frames=1, noise=False, phase="in")


def where(phantom: AbdomenPhantom, *names: str, frame: int = 0) -> np.ndarray:
    """Return the positions of tissues' voxels in the patient, RAS mm, ``(n, 3)``."""
    index = np.argwhere(np.isin(phantom.labels.array[frame], [NUMBER[n] for n in names]))
    return nib.affines.apply_affine(phantom.labels.affine, index)


def inside(phantom: AbdomenPhantom, name: str, times: int = 1) -> np.ndarray:
    """Return the voxels of a tissue away from its border, in the first frame."""
    return binary_erosion(phantom.labels.array[0] == NUMBER[name], iterations=times)


# -- the same person ---------------------------------------------------------------------------------
def test_a_seed_gives_the_same_frames_twice_and_another_seed_another_person() -> None:
    grid = {"shape": (30, 22, 6), "frames": 2}
    first, again, other = (abdomen(seed, **grid) for seed in (1, 1, 5))
    np.testing.assert_array_equal(first.scan.array, again.scan.array)
    np.testing.assert_array_equal(first.labels.array, again.labels.array)
    assert not np.allclose(first.noiseless.array, other.noiseless.array)


def test_a_block_equals_the_cut_of_the_whole() -> None:
    grid = {"shape": (48, 36, 12), "frames": 2, "phase": "opposed"}
    window = (slice(9, 40), slice(5, 30), slice(3, 10))
    all_, block = abdomen(1, **grid), abdomen(1, window=window, **grid)
    here = (slice(None), *window)
    np.testing.assert_allclose(block.noiseless.array, all_.noiseless.array[here], atol=0.5)
    np.testing.assert_allclose(block.scan.array, all_.scan.array[here], atol=0.5)
    assert (block.labels.array == all_.labels.array[here]).mean() > 0.9995
    np.testing.assert_allclose(block.scan.affine @ (0, 0, 0, 1), all_.scan.affine @ (9, 5, 3, 1))


def test_the_scan_is_an_axial_series_over_time_with_the_subjects_header() -> None:
    phantom = abdomen(1, protocol=SUBJECTS[3], shape=(24, 18, 4), frames=3)
    scan, acquired = phantom.scan, phantom.scan.acquisition
    assert nib.aff2axcodes(scan.affine) == ("L", "P", "S")
    assert (scan.axis, scan.volumes, scan.slice_axis) == ("time", 3, 2)
    assert scan.array.dtype == phantom.noiseless.array.dtype == np.float32
    assert (acquired.repetition_time, acquired.flip_angle, acquired.field_strength) == (2.23, 8.0, 3.0)
    assert acquired.echo_times == (0.93, 0.93, 0.93)
    assert acquired.others["VolumeTiming"] == [0.0, 8.01, 16.02]
    assert acquired.body_part == "ABDOMEN"
    assert scan.same_grid(phantom.labels)
    np.testing.assert_allclose(nib.affines.apply_affine(scan.affine, (11.5, 8.5, 1.5)), 0, atol=1e-9)


def test_without_a_grid_the_protocols_matrix_is_taken() -> None:
    one = (slice(100, 101), slice(90, 91), slice(20, 21))
    for number in (1, 3):
        phantom = abdomen(1, protocol=SUBJECTS[number], frames=1, window=one)
        np.testing.assert_allclose(phantom.scan.spacing, SUBJECTS[number].spacing, atol=1e-5)


# -- an abdomen --------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [1, 5])
def test_organs_lie_where_they_belong(seed: int) -> None:
    phantom = whole(seed)
    at = {name: where(phantom, name).mean(axis=0) for name in ("liver", "spleen", "aorta", "vena cava", "vertebra")}
    assert at["liver"][0] > 25
    assert at["spleen"][0] < -50
    assert where(phantom, "stomach fluid", "stomach wall")[:, 0].mean() < -15
    assert at["vena cava"][0] > 8 > 0 > at["aorta"][0]
    assert at["vertebra"][1] < at["aorta"][1] - 15
    assert where(phantom, "spinal cord")[:, 1].mean() < at["vertebra"][1] - 10
    kidneys = where(phantom, "kidney cortex")
    assert (np.abs(kidneys[:, 0]) > 20).all()
    assert kidneys[:, 1].mean() < -20
    right, left = (kidneys[np.sign(kidneys[:, 0]) == s][:, 2].mean() for s in (1, -1))
    assert right < left, "the liver pushes the right kidney down"
    assert where(phantom, "lung")[:, 2].min() > 0
    gallbladder = where(phantom, "gallbladder")
    assert gallbladder[:, 0].mean() > 15
    # On the screen, i to the right: the liver is on the left of the picture.
    assert np.argwhere(phantom.labels.array[0] == NUMBER["liver"])[:, 0].mean() < 84 / 2 - 5


@pytest.mark.parametrize("seed", [1, 5])
def test_organs_have_the_volumes_of_adults(seed: int) -> None:
    """Liver 1000 to 2000 ml, spleen 80 to 350, each kidney 90 to 220, gallbladder 10 to 60, pancreas 25 to 130."""
    phantom = whole(seed)

    def millilitres(*names: str) -> float:
        return len(where(phantom, *names)) * phantom.labels.voxel_volume / 1000

    assert 1000 < millilitres("liver", "hepatic vessels", "lesion") < 2000
    assert 80 < millilitres("spleen") < 350
    for side in (1, -1):
        kidney = where(phantom, "kidney cortex", "kidney medulla")
        assert 90 < (np.sign(kidney[:, 0]) == side).sum() * phantom.labels.voxel_volume / 1000 < 220
    assert 8 < millilitres("gallbladder") < 60
    assert 20 < millilitres("pancreas") < 130
    assert 0.3 < millilitres("lesion") < 60


def test_t1_weighted_contrast_follows_the_measured_t1() -> None:
    phantom = whole(1)
    signal = phantom.noiseless.array[0]
    mean = {n: float(np.median(signal[inside(phantom, n)])) for n in ("liver", "spleen", "muscle", "subcutaneous fat")}
    assert mean["subcutaneous fat"] > mean["liver"] > mean["spleen"] > 0.5 * mean["liver"]
    assert mean["liver"] > mean["muscle"] * 0.95
    assert np.median(signal[phantom.labels.array[0] == NUMBER["lung"]]) < 0.3 * mean["liver"]
    lesion = signal[phantom.labels.array[0] == NUMBER["lesion"]]
    assert np.median(lesion) < 0.85 * mean["liver"]


def test_organs_have_texture_that_differs_between_people() -> None:
    fine = {"shape": (60, 50, 4), "spacing": (1.1, 1.1, 4.0), "centre": (70, 10, 15), "frames": 1, "noise": False}
    patterns = []
    for seed in (1, 5):
        phantom = abdomen(seed, phase="in", **fine)
        signal = phantom.noiseless.array[0]
        spread = signal[inside(phantom, "liver")]
        assert 0.01 < spread.std() / spread.mean() < 0.15
        patterns.append(signal[20:40, 15:35, 1].ravel())
    assert abs(np.corrcoef(*patterns)[0, 1]) < 0.5


# -- water and fat -----------------------------------------------------------------------------------
def test_in_and_opposed_phase_give_the_fat_of_the_liver() -> None:
    both = {p: abdomen(1, phase=p, frames=1, **COARSE) for p in ("in", "opposed")}
    fraction = fat_fraction(both["in"].noiseless.array[0], both["opposed"].noiseless.array[0])
    liver = inside(both["in"], "liver", 2)
    share, sequence = both["in"].person.liver_fat, FlashSequence(2.34, 0.93, 8.0)
    # The closed form from T1 and T2* as they are listed: fat recovers faster, so that it is more of the signal.
    water = (1 - share) * float(flash_signal(809, 25, sequence))
    fat = share * float(flash_signal(382, 25, sequence))
    assert liver.sum() > 30
    assert np.median(fraction[liver]) == pytest.approx(fat / (water + fat), abs=0.004)


def test_opposed_phase_draws_organs_in_fat_with_a_dark_outline() -> None:
    grid = {"shape": (90, 70, 3), "spacing": (1.4, 1.4, 4.0), "centre": (60, -30, -30), "frames": 1, "noise": False}
    both = {p: abdomen(1, phase=p, **grid) for p in ("in", "opposed")}
    labels = both["in"].labels.array[0][..., 1]
    kidney = np.isin(labels, [NUMBER["kidney cortex"], NUMBER["kidney medulla"]])
    fat = labels == NUMBER["visceral fat"]
    border = (kidney & ~binary_erosion(kidney)) & ~binary_erosion(~fat, iterations=1)
    opposed, in_phase = (both[p].noiseless.array[0][..., 1] for p in ("opposed", "in"))
    middle = np.median(opposed[binary_erosion(kidney, iterations=3)])
    assert border.sum() > 20
    assert np.percentile(opposed[border], 20) < 0.5 * middle
    assert np.percentile(in_phase[border], 20) > 0.8 * middle, "in phase there is no such line"
    assert (opposed <= in_phase + 1e-3).all()


def test_the_echo_time_decides_where_no_phase_is_asked_for() -> None:
    three = [abdomen(1, phase=p, frames=1, **COARSE).noiseless.array for p in ("opposed", None, "in")]
    mixed = three[2] - three[0] > 5
    assert (three[0][mixed] < three[1][mixed]).all()
    assert (three[1][mixed] < three[2][mixed]).all()


def test_saturated_fat_is_dark() -> None:
    suppressed = abdomen(1, protocol=SUBJECTS[2], frames=1, **COARSE)
    signal, labels = suppressed.noiseless.array[0], suppressed.labels.array[0]
    fat, liver = (np.median(signal[labels == NUMBER[n]]) for n in ("subcutaneous fat", "liver"))
    assert fat < 0.5 * liver


def test_the_dual_echo_protocol_is_that_of_1p5_tesla() -> None:
    pair = {p: abdomen(1, protocol=CHAOS, phase=p, shape=(40, 32, 6), frames=1, noise=False) for p in ("in", "opposed")}
    assert pair["in"].scan.acquisition.echo_times == (4.6,)
    assert pair["opposed"].scan.acquisition.echo_times == (2.3,)
    assert pair["in"].scan.acquisition.field_strength == 1.5
    np.testing.assert_array_equal(pair["in"].labels.array, pair["opposed"].labels.array)


# -- breathing ---------------------------------------------------------------------------------------
def test_the_first_frame_is_the_anatomy_at_rest() -> None:
    still = abdomen(1, frames=1, phase="in", breath=STILL, **COARSE)
    np.testing.assert_array_equal(moving().noiseless.array[0], still.noiseless.array[0])
    np.testing.assert_array_equal(moving().labels.array[0], still.labels.array[0])
    assert not np.allclose(moving().noiseless.array[1], still.noiseless.array[0])


def test_labels_move_with_the_truth() -> None:
    """Where a point of the drawn anatomy lies in a frame, that frame shows its tissue."""
    phantom = moving()
    rest = phantom.motions[0]
    for name, least in (("liver", 60), ("spleen", 5), ("subcutaneous fat", 100)):
        core = np.argwhere(inside(phantom, name))
        anatomy = rest.to_anatomy(nib.affines.apply_affine(phantom.labels.affine, core))
        for frame in (1, 2):
            moved = phantom.motions[frame].to_scanner(anatomy)
            index = np.rint(nib.affines.apply_affine(np.linalg.inv(phantom.labels.affine), moved)).astype(int)
            ok = ((index >= 0) & (index < phantom.labels.shape)).all(axis=1)
            found = phantom.labels.array[frame][tuple(index[ok].T)]
            assert ok.sum() > least
            assert np.isin(found, [NUMBER[name], NUMBER["hepatic vessels"], NUMBER["lesion"]]).mean() > 0.97, name


def test_the_image_moves_with_the_labels() -> None:
    phantom = moving()
    shift = [where(phantom, "liver", frame=n)[:, 2].mean() for n in range(3)]
    depth = [motion.state.diaphragm for motion in phantom.motions]
    n = int(np.argmax(depth))
    assert depth[n] > 4
    assert shift[0] - shift[n] > 0.4 * depth[n], "the liver goes to the feet"
    signal = phantom.noiseless.array
    lung, liver = (phantom.labels.array[0] == NUMBER["lung"]), (phantom.labels.array[n] == NUMBER["lung"])
    newly_air = liver & ~lung & (phantom.labels.array[0] == NUMBER["liver"])
    if newly_air.any():
        assert np.median(signal[n][newly_air]) < 0.7 * np.median(signal[0][newly_air])


def test_the_spine_stays_where_it_is() -> None:
    phantom = moving()
    spine = binary_erosion(
        np.isin(phantom.labels.array[0], [NUMBER["vertebra"], NUMBER["disc"], NUMBER["spinal cord"]])
    )
    assert spine.sum() > 20
    for frame in (1, 2):
        np.testing.assert_array_equal(phantom.labels.array[frame][spine], phantom.labels.array[0][spine])
        np.testing.assert_allclose(phantom.noiseless.array[frame][spine], phantom.noiseless.array[0][spine], atol=0.5)


# -- the other session -------------------------------------------------------------------------------
def test_the_planning_scan_is_the_same_person_in_another_pose() -> None:
    dynamic = whole(1)
    grid = {"shape": (84, 62, 60), "spacing": (4, 4, 4), "centre": (0, 0, -15), "noise": False}
    planning = abdomen(1, pose="planning", needle=True, **grid)
    assert planning.scan.volumes == 1
    assert planning.person.seed == dynamic.person.seed
    motion = planning.motions[0]
    turn = np.degrees(np.arccos((np.trace(motion.rotation) - 1) / 2))
    assert 1 < turn < 8
    assert 3 < np.linalg.norm(motion.shift) < 20
    assert motion.state.diaphragm > 3
    assert not planning.settings.needle
    for name in ("liver", "spleen", "kidney cortex"):
        volumes = [len(where(p, name)) for p in (dynamic, planning)]
        assert volumes[1] == pytest.approx(volumes[0], rel=0.08), name
    liver = [p.labels.array[0] == NUMBER["liver"] for p in (dynamic, planning)]
    dice = 2 * (liver[0] & liver[1]).sum() / (liver[0].sum() + liver[1].sum())
    assert 0.5 < dice < 0.95, "not co-registered"


def test_a_planning_scan_has_another_matrix_over_the_same_field_of_view() -> None:
    one = (slice(0, 1), slice(0, 1), slice(0, 1))
    planning = abdomen(1, pose="planning", window=one, noise=False)
    assert planning.scan.volumes == 1
    np.testing.assert_allclose(planning.scan.spacing, (280 / 288, 210 / 216, 160 / 45), atol=1e-5)


# -- noise and needle --------------------------------------------------------------------------------
def test_noise_is_rician_with_the_ratio_asked_for() -> None:
    grid = {"shape": (56, 42, 10), "frames": 2, "phase": "in"}
    phantom = abdomen(1, snr=20.0, **grid)
    sigma = phantom.settings.sigma
    noise = phantom.scan.array - phantom.noiseless.array
    tissue = phantom.noiseless.array > 10 * sigma
    assert noise[tissue].std() == pytest.approx(sigma, rel=0.05)
    air = phantom.noiseless.array == 0
    assert air.sum() > 500
    assert phantom.scan.array[air].mean() == pytest.approx(sigma * np.sqrt(np.pi / 2), rel=0.05), "Rayleigh"
    frames = noise[:, tissue.all(axis=0)]
    assert abs(np.corrcoef(frames)[0, 1]) < 0.05, "each frame has its own"
    centre = inside(phantom, "liver") & (np.abs(noise[0]) < 1e9)
    assert 15 < np.median(phantom.noiseless.array[0][centre]) / sigma < 40, "brighter near the coil"
    silent = abdomen(1, noise=False, **grid)
    assert silent.scan is silent.noiseless


def test_an_encoded_series_has_only_the_detail_that_the_protocol_acquires() -> None:
    """Phase resolution 75 %, slice resolution 65 %: nothing beyond in k-space, and the mean stays."""
    flat = {"shape": (56, 64, 20), "frames": 1, "phase": "in", "noise": False}
    full, cut = (abdomen(1, encoded=e, **flat) for e in (False, True))
    np.testing.assert_array_equal(full.labels.array, cut.labels.array)
    # In phase the signal is real and positive but for ringing in air, so that its magnitude is nearly it.
    spectra = [np.abs(np.fft.fftn(p.noiseless.array[0], axes=(1, 2))) for p in (full, cut)]
    phase = np.abs(np.fft.fftfreq(64, 1 / 64)) > 64 * 0.75 / 2 + 1
    slices = np.abs(np.fft.fftfreq(20, 1 / 20)) > 20 * 0.65 / 2 + 1
    for beyond in ((slice(None), phase), (slice(None), slice(None), slices)):
        assert spectra[1][beyond].mean() < 0.45 * spectra[0][beyond].mean()
    liver = inside(full, "liver", 2)
    assert np.median(cut.noiseless.array[0][liver]) == pytest.approx(
        np.median(full.noiseless.array[0][liver]), rel=0.02
    )
    noisy = abdomen(1, encoded=True, **(flat | {"noise": True}))
    tissue = noisy.noiseless.array > 10 * noisy.settings.sigma
    noise = (noisy.scan.array - noisy.noiseless.array)[tissue]
    assert noise.std() == pytest.approx(noisy.settings.sigma, rel=0.06)
    window = (slice(10, 20), slice(8, 30), slice(4, 9))
    part = abdomen(1, encoded=True, window=window, **flat)
    np.testing.assert_allclose(part.noiseless.array, cut.noiseless.array[(slice(None), *window)], atol=1e-2)


def test_a_needle_is_a_dark_track_from_the_skin_to_the_lesion_in_dynamic_frames_alone() -> None:
    anatomy = anatomy_of(1)
    tip = np.array(anatomy.target.centre) * anatomy.person.size
    grid = {
        "shape": (100, 110, 30),
        "spacing": (1.5, 1.5, 4.0),
        "centre": tuple(tip + np.array([38, 34, -4])),
        "frames": 1,
    }
    with_, without = (abdomen(1, needle=n, noise=False, phase="in", **grid) for n in (True, False))
    track = with_.labels.array[0] == NUMBER["needle"]
    assert not (without.labels.array == NUMBER["needle"]).any()
    line = nib.affines.apply_affine(with_.labels.affine, np.argwhere(track))
    distance = np.linalg.norm(line - tip, axis=1)
    assert distance.min() < 4
    assert 40 < distance.max() < 220
    # It is straight: one direction explains it.
    spread = np.linalg.svd(line - line.mean(axis=0), compute_uv=False)
    assert spread[1] < 0.1 * spread[0]
    inside_ = track & (without.noiseless.array[0] > 50)
    ratio = with_.noiseless.array[0][inside_] / without.noiseless.array[0][inside_]
    assert np.median(ratio) < 0.15
    far = binary_erosion(~track, iterations=12)
    np.testing.assert_allclose(with_.noiseless.array[0][far], without.noiseless.array[0][far], rtol=0.02, atol=0.5)


# -- what cannot be made -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": (0, 4, 4)}, {"spacing": (1.0, -1.0, 4.0)}, {"snr": 0.0}, {"frames": 0}, {"phase": "sideways"},
        {"pose": "standing"}, {"window": (slice(5, 5), slice(0, 4), slice(0, 4))},
        {"window": (slice(0, 4, 2), slice(0, 4), slice(0, 4))},
    ],
)  # fmt: skip
def test_impossible_scans_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadParameter):
        abdomen(1, **wrong)


def test_every_label_has_a_name() -> None:
    found = set(np.unique(whole(1).labels.array)) | set(np.unique(moving().labels.array))
    assert found <= set(ABDOMEN_LABELS)
    assert len(found) > 22

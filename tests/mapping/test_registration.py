"""Images of one head brought together: motions that are known, as the geometry of phantoms is moved by them."""

import importlib.util
import re
from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.errors import GeometryMismatch, MissingDependency, MixedPatients, Stopped
from napari_mrsr.mapping.brain import prepare
from napari_mrsr.mapping.misregistration import checkerboard, edges, misregistration
from napari_mrsr.mapping.registration import register, resample
from napari_mrsr.mapping.registration_estimate import told_from
from napari_mrsr.mapping.rigid import angle, rigid, shift_of
from napari_mrsr.phantoms.brain import brain
from napari_mrsr.phantoms.brain.contrasts import weighted
from napari_mrsr.scan import Scan

MIDDLE = (0.0, -10.0, -2.0)


@pytest.fixture(scope="module")
def images():
    return weighted(brain(3, spacing=4.0, lesions="none"))


@pytest.fixture(scope="module")
def thick():
    """The same head in slices of 6 mm, and another field of view."""
    return weighted(brain(3, spacing=(3.0, 3.0, 6.0), shape=(60, 70, 30), lesions="none"))


def moved(scan, angles=(0, 0, 0), shift=(0, 0, 0)):
    motion = rigid(angles, shift, about=MIDDLE)
    return replace(scan, affine=motion @ scan.affine), motion


@pytest.mark.parametrize(("name", "seed"), [("T1w", 1), ("T2w", 2), ("FLAIR", 3)])
def test_a_known_motion_is_found_whatever_the_contrast(images, name, seed):
    ways = np.random.default_rng(seed).uniform(-1, 1, (2, 3))
    there, motion = moved(images[name], 6 * ways[0], 9 * ways[1])
    found = register(there, images["T1w"], name=name)
    left = found.transform @ motion
    assert shift_of(left, MIDDLE) < 0.2
    assert angle(left) < 0.2
    assert found.rotation == pytest.approx(angle(motion), abs=0.2)
    assert found.scan.same_grid(images["T1w"])
    inside = np.isfinite(found.scan.array[0]) & (images[name].array[0] > 0.3 * images[name].array.max())
    off = np.abs(found.scan.array[0] - images[name].array[0])[inside]
    assert np.median(off) < 0.05 * images[name].array.max()


def test_another_orientation_and_voxel_size_make_no_difference(images, thick):
    there, motion = moved(thick["T2w"], (3, -2, 4), (4, -3, 2))
    found = register(there, images["T1w"], name="T2w")
    left = found.transform @ motion
    assert shift_of(left, MIDDLE) < 0.4  # slices of 6 mm
    assert angle(left) < 0.4
    told = " ".join(found.scan.warnings)
    assert "T2w was registered to T1w: moved by" in told


def test_what_did_not_move_is_left_as_it_is_and_that_is_said(images):
    found = register(images["T2w"], images["T1w"], name="T2w")
    assert found.resampled_only
    assert (found.scan.array == images["T2w"].array).all()
    assert "nothing was changed" in found.scan.warnings[-1]
    assert found.scan.history[-1].parameters["interpolation"] == "none"


def test_another_grid_of_a_head_that_did_not_move_is_only_resampled(images, thick):
    found = register(thick["FLAIR"], images["T1w"], name="FLAIR")
    assert found.resampled_only
    assert "by its header alone" in found.scan.warnings[0]
    np.testing.assert_array_equal(found.transform, np.eye(4))
    known = np.isfinite(found.scan.array[0])
    assert 0.5 < known.mean() < 1  # the other field of view is smaller
    alike = np.corrcoef(found.scan.array[0][known], images["FLAIR"].array[0][known])[0, 1]
    assert alike > 0.97


def test_the_same_images_give_the_same_motion(images):
    there, _ = moved(images["FLAIR"], (1, 2, 3), (3, 2, 1))
    one, other = (register(there, images["T1w"]).transform for _ in range(2))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)


def test_another_head_is_doubted_and_what_is_no_head_is_refused_with_numbers(images):
    other = weighted(brain(4, spacing=4.0, lesions="none"))["T2w"]
    assert any("T2w and T1w agree by 0.8" in line for line in register(other, images["T1w"], name="T2w").scan.warnings)
    noise = np.abs(np.random.default_rng(0).standard_normal(other.array.shape))
    with pytest.raises(MixedPatients, match=r"edges agree by 0\.\d\d"):
        register(replace(other, array=noise), images["T1w"], name="T2w")


def test_a_header_that_puts_the_head_elsewhere_is_said(images):
    there, motion = moved(images["T2w"], shift=(400, 0, 0))
    found = register(there, images["T1w"], name="T2w")
    assert shift_of(found.transform @ motion, MIDDLE) < 0.2
    assert any("puts it beside T1w" in line for line in found.scan.warnings)


def test_a_few_slices_are_too_little(images):
    few = replace(images["T2w"], array=images["T2w"].array[..., 20:23])
    few = replace(few, affine=few.affine @ rigid(shift=(0, 0, 20)))
    with pytest.raises(GeometryMismatch, match="too little"):
        register(few, images["T1w"], name="T2w")


def test_it_stops_and_asks_for_its_library(images, monkeypatch):
    with pytest.raises(Stopped):
        register(images["T2w"], images["T1w"], stop=lambda: True)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "SimpleITK" else found(name))
    with pytest.raises(MissingDependency) as told:
        prepare(*images.values(), register=True)
    assert told.value.remedy == 'pip install "napari-mrsr[register]"'


def test_splines_keep_an_edge_that_linear_interpolation_blurs():
    step = Scan(np.repeat([0.0, 0, 0, 0, 100, 100, 100, 100], 2)[:, None, None].repeat(9, 1).repeat(9, 2), np.eye(4))
    brought = resample(step, step, rigid(shift=(0.5, 0, 0)))[1:, 4, 4]
    assert brought.min() >= 0
    steepest = np.abs(np.diff(brought)).max()
    assert steepest > 60  # linearly: 50
    assert np.isnan(resample(step, step, rigid(shift=(3, 0, 0)))[0]).all()


def test_a_finer_image_is_averaged_over_the_voxels_of_the_grid():
    noise = Scan(100 + np.random.default_rng(0).standard_normal((48, 48, 48)), np.eye(4))
    coarse = Scan(np.zeros((12, 12, 12)), np.diag([4.0, 4, 4, 1]))
    assert resample(noise, coarse, np.eye(4))[2:-2, 2:-2, 2:-2].std() < 0.3


# -- three images --------------------------------------------------------------------------------------
def test_three_images_are_prepared_and_what_moved_is_told(images):
    there, _ = moved(images["T2w"], (0, 0, 3), (5, 0, 0))
    done = []
    with pytest.raises(GeometryMismatch, match="--register"):
        prepare(images["T1w"], there, images["FLAIR"])
    found = prepare(images["T1w"], there, images["FLAIR"], register=True, progress=done.append)
    assert done[-1] == pytest.approx(1)
    assert done == sorted(done)
    told = re.search(r"T2w was registered to T1w: moved by ([\d.]+) mm, ([\d.]+) degrees", " ".join(found.warnings))
    assert told is not None, found.warnings
    assert float(told[2]) == pytest.approx(3, abs=0.2)
    assert found.registered["FLAIR"].resampled_only
    assert found.registered["T2w"].record["rotation_deg"] == pytest.approx(3, abs=0.2)


def test_a_head_that_moved_on_one_grid_is_told_in_mm_and_degrees(images):
    there, motion = moved(images["T2w"], (0, 3, 0), (0, 2, 2))
    found = prepare(images["T1w"], images["T2w"], images["FLAIR"])
    array = np.nan_to_num(resample(there, images["T1w"], np.eye(4)))
    t2w, flair = misregistration(replace(found, t2w=replace(images["T2w"], array=array[None])))
    assert (t2w.name, t2w.apart, flair.apart) == ("T2w", True, False)
    assert t2w.translation == pytest.approx(shift_of(motion, MIDDLE), abs=0.3)
    assert t2w.rotation == pytest.approx(3, abs=0.3)
    assert t2w.line.startswith("T2w lies 2.")
    assert flair.displacement < told_from(images["T1w"])


def test_edges_lie_where_a_ball_ends_and_fields_take_turns():
    grid = np.indices((32, 32, 32)) - 15.5
    away = np.sqrt((grid**2).sum(axis=0))
    ball = Scan(np.where(away < 10, 100.0, 0.0), np.eye(4))
    found = edges(ball)
    assert found.axis == "label"
    assert found.array.sum() > 300
    assert np.abs(away[found.array[0] > 0] - 10).max() < 1.5
    board = checkerboard(ball, replace(ball, array=ball.array * 0 + 1), side=16)
    assert board.array[0, 15, 15, 15] == 1
    assert board.array[0, 0, 0, 0] == 0
    assert board.array[0, 31, 0, 0] == 1
    with pytest.raises(GeometryMismatch):
        checkerboard(ball, replace(ball, affine=rigid(shift=(1, 0, 0))))

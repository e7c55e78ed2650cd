"""Brains as they come: odd matrices, cubes, thick slices, 8 bits, no skull, zero-filled, another contrast.

Nothing of it is refused; each has one line that says what, which, and what to do.
"""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.networks import registry
from tests.brains import brain
from tests.zero_filling import detailed, filled

AXIAL = (1.0, 1.0, 4.0)


@pytest.fixture
def weights(tmp_path):
    """Small weights of ``cpce`` that learned from FLAIR and T2w."""
    from napari_mrsr.networks.cpce import Cpce

    about = registry.about_contrasts(["FLAIR", "T2w"])
    return registry.save(Cpce(features=4, shortcut=True), tmp_path / "cpce.safetensors", about=about)


@pytest.fixture
def sharpened(shell, write, load, tmp_path, weights):
    """Write an array, sharpen it in plane with own weights, and return the result's shape and the warnings."""

    def call(array, spacing=AXIAL, *, name="brain_T2w.nii.gz", dtype=np.float32):
        out = tmp_path / "fine.nii.gz"
        scan = write(name, array, np.diag([*spacing, 1.0]), dtype=dtype)
        outcome = shell("sr", scan, "-o", out, "--axis", "in-plane", "--weights", weights)
        assert outcome.code == 0, outcome.err
        told = [line.removeprefix("warning: ") for line in outcome.lines if line.startswith("warning: ")]
        return load(out)[0].shape, told

    return call


def test_a_usual_brain_has_no_warnings(sharpened):
    assert sharpened(brain().array[0]) == ((80, 72, 6), [])


def test_odd_matrices_work(sharpened):
    assert sharpened(brain((41, 37, 5)).array[0]) == ((82, 74, 5), [])


def test_cubes_are_taken_axially_and_it_is_said(sharpened):
    shape, told = sharpened(brain((34, 34, 33)).array[0], (1.0, 1.0, 1.0))
    assert shape == (68, 68, 33)
    assert told == ["voxels of 1 x 1 x 1 mm do not tell the plane: axial slices are taken"]


def test_thick_slices_stay_as_they_are(sharpened):
    assert sharpened(brain((40, 36, 3)).array[0], (0.75, 0.75, 5.5)) == ((80, 72, 3), [])


def test_another_contrast_than_the_weights_learned_from(sharpened):
    _, told = sharpened(brain().array[0], name="brain_T1w.nii.gz")
    assert told == [
        "outside the training: T1w scan, weights of FLAIR and T2w (cpce): take weights that learned from T1w"
    ]


def test_a_contrast_that_is_not_known_is_not_doubted(sharpened):
    assert sharpened(brain().array[0], name="brain.nii.gz")[1] == []


def test_weights_that_do_not_say_what_they_learned_from_are_not_doubted(shell, write, tmp_path):
    from napari_mrsr.networks.cpce import Cpce

    silent = registry.save(Cpce(features=4), tmp_path / "silent.safetensors")
    scan = write("brain_T1w.nii.gz", brain().array[0], np.diag([*AXIAL, 1.0]))
    outcome = shell("sr", scan, "-o", tmp_path / "o.nii.gz", "--axis", "in-plane", "--weights", silent)
    assert outcome.code == 0
    assert "warning" not in outcome.err


def test_eight_bits(sharpened):
    array = brain().array[0]
    _, told = sharpened(np.round(array / array.max() * 255), dtype=np.uint8)
    assert [line.split(":")[0] for line in told] == ["8 bit"]


def test_a_brain_without_its_skull(sharpened):
    array = brain().array[0]
    array[~_inside(array.shape)] = 0
    _, told = sharpened(array)
    assert [line.split(":")[0] for line in told] == ["skull-stripped"]


def _inside(shape):
    i, j, k = (2 * np.indices(shape).T / (np.array(shape) - 1) - 1).T
    return np.sqrt(i**2 + j**2 + 0.3 * k**2) < 0.6


def test_a_scan_that_was_zero_filled_before(sharpened, shell, tmp_path, write):
    array = 1000 * filled(detailed((128, 112, 12)), 0.5)
    shape, told = sharpened(array, name="head.nii.gz")
    assert shape == (256, 224, 12)
    assert len(told) == 1
    assert told[0].startswith("zero-filled from about 64 x 112 to 128 x 112 before")
    assert told[0].endswith("degrade --matrix 64x112")
    scan = write("again.nii.gz", array, np.diag([*AXIAL, 1.0]))
    assert "zero-filled from about 64 x 112" in shell("info", scan).err


def test_what_the_warning_says_to_do_can_be_done_and_sharpens_to_the_delivered_matrix(
    shell, write, load, tmp_path, weights
):
    scan = write("head.nii.gz", 1000 * filled(detailed((128, 112, 12)), 0.5), np.diag([*AXIAL, 1.0]))
    cut, fine = tmp_path / "cut.nii.gz", tmp_path / "fine.nii.gz"
    assert shell("degrade", scan, "-o", cut, "--matrix", "64x112").code == 0
    assert load(cut)[0].shape == (64, 112, 12)
    outcome = shell("sr", cut, "-o", fine, "--axis", "in-plane", "--weights", weights)
    assert outcome.code == 0
    assert "zero-filled" not in outcome.err
    assert load(fine)[0].shape == (128, 112, 12)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--matrix", "64"), "--matrix 64 is no matrix"),
        (("--matrix", "64x0"), "64 x 0 is no centre"),
        (("--matrix", "640x112"), "640 x 112 is no centre"),
        (("--matrix", "8x8", "--kspace", "0.5"), "exclude each other"),
    ],
)
def test_an_impossible_matrix_is_refused(refused, write, tmp_path, more, says):
    scan = write("head.nii.gz", brain().array[0], np.diag([*AXIAL, 1.0]))
    assert says in refused("degrade", scan, "-o", tmp_path / "o.nii.gz", *more)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("brain/flair_1mm.nii.gz", "8 bit"),
        ("brain/t2w_1mm_stripped.nii.gz", "skull-stripped"),
        ("brain/flair_2d_5p5mm.nii.gz", "zero-filled from about 248 x 320 to 320 x 320"),
        ("brain/t1w_0p7mm.nii.gz", "T1w scan, weights of FLAIR and T2w"),
    ],
)
def test_real_brains_have_their_line(real_data, weights, path, says):
    from napari_mrsr import in_plane
    from napari_mrsr.files import read_scan

    job = in_plane.plan(read_scan(real_data / path), weights=weights)
    told = [line for line in (*job.warnings, *job.outside) if says in line]
    assert len(told) == 1, (job.warnings, job.outside)

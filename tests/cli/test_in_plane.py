"""A dynamic series from the shell: undersampled, sharpened in plane, its time and its grid kept."""

from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr.interpolation import matrix
from napari_mrsr.networks import registry
from napari_mrsr.sampling import along


@pytest.fixture
def series(write, smooth):
    """Three frames of one grid as a 4-D file."""
    frames = np.stack([smooth(seed=0) * (1 + 0.1 * n) for n in range(3)], axis=-1)
    return write("series.nii.gz", frames)


@pytest.fixture
def swift(tmp_path):
    """An untrained ``swift``: the zero-filled picture."""
    from napari_mrsr.networks.swift import Swift

    return registry.save(Swift(features=4, blocks=1), tmp_path / "swift.safetensors")


def test_a_series_is_undersampled_and_sharpened_back_to_its_own_grid(shell, series, load, tmp_path, oblique, swift):
    low, fine = tmp_path / "low.nii.gz", tmp_path / "fine.nii.gz"
    assert shell("degrade", series, "-o", low, "--kspace", 0.25).code == 0
    assert load(low)[0].shape == (10, 8, 12, 3)
    outcome = shell("sr", low, "-o", fine, "--axis", "in-plane", "--weights", swift)
    assert outcome.code == 0, outcome.err
    array, affine = load(fine)
    assert array.shape == (20, 16, 12, 3)
    np.testing.assert_allclose(affine, oblique(), atol=1e-5)
    told = json.loads((tmp_path / "fine.json").read_text())
    assert told["VolumeAxis"] == "time"
    step = told["Provenance"]["History"][-1]["Parameters"]
    assert step["frames"] == 3
    assert step["method"] == "swift"


def test_trust_in_plane_is_what_was_not_measured_of_every_frame(shell, series, load, tmp_path, swift):
    low, fine, trust = tmp_path / "low.nii.gz", tmp_path / "fine.nii.gz", tmp_path / "trust"
    assert shell("degrade", series, "-o", low, "--kspace", 0.25).code == 0
    outcome = shell("sr", low, "-o", fine, "--axis", "in-plane", "--weights", swift, "--trust", trust)
    assert outcome.code == 0, outcome.err
    added, affine = load(trust / "added.nii.gz")
    np.testing.assert_allclose(affine, load(fine)[1])
    assert added.shape == (20, 16, 12, 3)
    np.testing.assert_allclose(added, 0, atol=1e-3)  # an untrained swift gives back the zero-filled picture
    assert load(trust / "z.nii.gz")[0].shape == (10, 8, 12, 3)
    assert len(json.loads((trust / "summary.json").read_text())["volumes"]) == 3


def test_the_matrix_before_the_cut_is_remembered_by_the_file_and_a_factor_wins(shell, series, load, tmp_path):
    low = tmp_path / "low.nii.gz"
    assert shell("degrade", series, "-o", low, "--kspace", 0.1).code == 0
    assert load(low)[0].shape[:2] == (6, 4)
    for more, shape in (((), (20, 16)), (("--factor", 2), (12, 8))):
        outcome = shell("sr", low, "-o", tmp_path / "o.nii.gz", "--axis", "in-plane", "--method", "area", *more)
        assert outcome.code == 0, outcome.err
        assert load(tmp_path / "o.nii.gz")[0].shape[:2] == shape


@pytest.mark.parametrize("method", ["nearest", "trilinear", "tricubic", "area", "fourier"])
def test_interpolation_in_plane_is_one_axis_after_the_other(shell, write, smooth, load, tmp_path, method):
    array = smooth().astype(np.float32)
    out = tmp_path / "o.nii.gz"
    assert shell("sr", write("s.nii.gz", array), "-o", out, "--axis", "in-plane", "--method", method).code == 0
    stored = np.asarray(nib.load(tmp_path / "s.nii.gz").dataobj, np.float32)
    expected = along.apply(matrix(method, 16, 32), along.apply(matrix(method, 20, 40), stored, 0), 1)
    np.testing.assert_allclose(load(out)[0], expected, rtol=1e-6, atol=1e-4)


def test_like_of_another_in_plane_matrix_goes_the_same_way(shell, series, load, tmp_path, swift):
    low, out = tmp_path / "low.nii.gz", tmp_path / "o.nii.gz"
    assert shell("degrade", series, "-o", low, "--kspace", 0.25).code == 0
    assert shell("sr", low, "-o", out, "--like", series, "--weights", swift, "--consistency", "hard").code == 0
    assert load(out)[0].shape == (20, 16, 12, 3)


def test_dropped_slices_are_named(shell, write, smooth, tmp_path):
    frames = np.stack([smooth(), smooth()], axis=-1)
    frames[:, :, 4, 1] = 0
    outcome = shell("sr", write("s.nii.gz", frames), "-o", tmp_path / "o.nii.gz", "--axis", "in-plane")
    assert outcome.code == 0, outcome.err
    assert "frame 2 slice 5 was not acquired" in outcome.err


def test_a_network_of_slices_still_goes_axis_by_axis(shell, write, smooth, load, tmp_path):
    from napari_mrsr.networks.lean import Lean

    lean = registry.save(Lean(features=4, blocks=1), tmp_path / "lean.safetensors")
    out = tmp_path / "o.nii.gz"
    outcome = shell("sr", write("s.nii.gz", smooth()), "-o", out, "--axis", "in-plane", "--weights", lean)
    assert outcome.code == 0, outcome.err
    assert load(out)[0].shape == (40, 32, 12)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--axis", "slice"), "sharpens in plane"),
        ((), "sharpens in plane"),
        (("--axis", "in-plane", "--consistency", "wiener"), "wiener is for slices"),
        (("--axis", "in-plane", "--method", "area"), "takes no weights"),
    ],
)
def test_what_cannot_be_is_one_line(refused, series, swift, tmp_path, more, text):
    assert text in refused("sr", series, "-o", tmp_path / "o.nii.gz", "--weights", swift, *more)


def test_a_planning_scan_in_another_pose_is_no_grid(refused, shell, series, smooth, tmp_path, oblique):
    low, planning = tmp_path / "low.nii.gz", tmp_path / "planning.nii.gz"
    assert shell("degrade", series, "-o", low, "--kspace", 0.25).code == 0
    moved = oblique()
    moved[:3, 3] += 8
    nib.save(nib.Nifti1Image(smooth().astype(np.float32), moved), planning)
    line = refused("sr", low, "-o", tmp_path / "o.nii.gz", "--like", planning, "--method", "fourier")
    assert "first voxel and orientation" in line


# -- planes and orientations -----------------------------------------------------------------------
@pytest.fixture
def cube(write):
    """Cubes of 1 mm, whose slice axis nothing tells."""
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, n) for n in (16, 14, 12)), indexing="ij")
    return write("cube.nii.gz", 500 / (1 + np.exp(9 * (np.sqrt(i**2 + j**2 + k**2) - 0.7))), np.eye(4))


@pytest.fixture
def cpce(tmp_path):
    """An untrained ``cpce``."""
    from napari_mrsr.networks.cpce import Cpce

    return registry.save(Cpce(features=4, shortcut=True), tmp_path / "cpce.safetensors")


def test_of_cubes_axial_planes_are_sharpened_and_it_is_said(shell, cube, cpce, load, tmp_path):
    out = tmp_path / "o.nii.gz"
    outcome = shell("sr", cube, "-o", out, "--axis", "in-plane", "--weights", cpce)
    assert outcome.code == 0, outcome.err
    assert load(out)[0].shape == (32, 28, 12)
    assert "axial slices are taken" in outcome.err


@pytest.mark.parametrize(("plane", "shape"), [("sagittal", (16, 28, 24)), ("coronal", (32, 14, 24))])
def test_a_plane_may_be_named(shell, cube, cpce, load, tmp_path, plane, shape):
    out = tmp_path / "o.nii.gz"
    outcome = shell("sr", cube, "-o", out, "--axis", "in-plane", "--plane", plane, "--weights", cpce)
    assert outcome.code == 0, outcome.err
    assert load(out)[0].shape == shape
    assert "slices are taken" not in outcome.err


def test_three_orientations_make_all_axes_of_cubes_finer(shell, cube, cpce, load, tmp_path):
    out = tmp_path / "o.nii.gz"
    outcome = shell("sr", cube, "-o", out, "--axis", "in-plane", "--orientations", 3, "--weights", cpce)
    assert outcome.code == 0, outcome.err
    assert load(out)[0].shape == (32, 28, 24)
    step = json.loads((tmp_path / "o.json").read_text())["Provenance"]["History"][-1]["Parameters"]
    assert step["orientations"] == 3


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (("--plane", "axial"), "--plane needs --axis in-plane"),
        (("--orientations", 3), "--orientations needs --axis in-plane"),
        (("--axis", "in-plane", "--plane", "oblique"), "--plane oblique is unknown"),
        (("--axis", "in-plane", "--orientations", 2), "--orientations 2 is not 1 or 3"),
        (("--axis", "in-plane", "--orientations", 3, "--method", "fourier"), "the same in every orientation"),
    ],
)
def test_what_no_plane_can_be_is_refused_in_one_line(shell, cube, tmp_path, wrong, text):
    outcome = shell("sr", cube, "-o", tmp_path / "o.nii.gz", *wrong)
    assert outcome.code == 2
    assert text in outcome.err
    assert not (tmp_path / "o.nii.gz").exists()

"""Frames of a series sharpened in plane: the grid, the order of the frames, the history, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from napari_mrsr import in_plane
from napari_mrsr.errors import (
    BadParameter,
    ConstantImage,
    GeometryMismatch,
    Stopped,
    UnknownMethod,
    WeightsMissing,
)
from napari_mrsr.interpolation import matrix
from napari_mrsr.networks import registry
from napari_mrsr.networks.lean import Lean
from napari_mrsr.networks.swift import Swift
from napari_mrsr.networks.unet import Unet
from napari_mrsr.sampling import along, degrade
from napari_mrsr.scan import Scan

CLASSICAL = ("nearest", "trilinear", "tricubic", "area", "fourier", "ibp")


def series(shape: tuple[int, int, int] = (48, 36, 5), frames: int = 3, *, slice_axis: int = 2, seed: int = 0) -> Scan:
    """A disc that grows from frame to frame on a smooth background; oblique, slices along any axis."""
    plane = [n for a, n in enumerate(shape) if a != slice_axis]
    i, j = np.meshgrid(*(np.linspace(-1, 1, n) for n in plane), indexing="ij")
    k = np.arange(shape[slice_axis])
    volumes = []
    for n in range(frames):
        disc = 600.0 / (1 + np.exp(30 * (np.hypot(i, j) - 0.5 - 0.03 * n)))
        volume = 200 + disc[..., None] + 20 * np.cos(4 * i + seed)[..., None] * (1 + 0.1 * k)
        volumes.append(np.moveaxis(volume, -1, slice_axis))
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([4.0 if a == slice_axis else 1.25 for a in range(3)])
    affine[:3, 3] = (-31.0, 12.5, 7.0)
    return Scan(np.stack(volumes).astype(np.float32), affine, axis="time", slice_axis=slice_axis)


def shaken(network: nn.Module, size: float = 0.02) -> nn.Module:
    """Give the last layer some weight, so that the network is more than its input."""
    torch.manual_seed(3)
    nn.init.normal_(network.tail.weight, std=size)
    return network.eval()


@pytest.fixture(scope="module", params=["unet", "swift"])
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = Unet(features=4) if request.param == "unet" else Swift(features=4, blocks=1)
    return registry.save(
        shaken(network, 0.02 if request.param == "unet" else 0.3),
        tmp_path_factory.mktemp("weights") / f"{request.param}.safetensors",
    )


# -- the grid --------------------------------------------------------------------------------------
@pytest.mark.parametrize("slice_axis", [0, 1, 2])
@pytest.mark.parametrize("method", CLASSICAL)
def test_the_first_voxel_stays_and_the_field_of_view_stays(method, slice_axis):
    shape = [48, 36]
    shape.insert(slice_axis, 5)
    fine = series(tuple(shape), slice_axis=slice_axis)
    found = in_plane.sharpen(degrade(fine, kspace=0.25), method=method)
    assert found.same_grid(fine, tolerance=1e-9)
    assert found.array.dtype == np.float32
    assert found.names == fine.names
    assert found.axis == "time"


def test_a_constant_plane_stays_what_it_is():
    array = np.full((2, 12, 8, 4), 300.0, np.float32)
    array[..., 2] = 100
    flat = Scan(array, np.diag([2, 2, 5, 1]), axis="time")
    for method in CLASSICAL:
        assert np.allclose(in_plane.sharpen(flat, method=method, matrix=(31, 20)).array[..., 2], 100, atol=1e-3), method


def test_interpolation_is_the_matrix_of_each_axis_frame_by_frame():
    low = degrade(series(), kspace=0.25)
    found = in_plane.sharpen(low, method="area", matrix=(50, 36))
    for n in range(3):
        one = along.apply(matrix("area", 24, 50), low.array[n], 0)
        np.testing.assert_array_equal(found.array[n], along.apply(matrix("area", 18, 36), one, 1))


def test_zero_filling_gives_back_what_has_no_higher_frequencies():
    i, j = np.meshgrid(np.arange(40) / 40, np.arange(24) / 24, indexing="ij")
    wave = 500 + 100 * np.cos(2 * np.pi * (3 * i - 2 * j)) + 50 * np.sin(2 * np.pi * 4 * j)
    fine = Scan(np.repeat(wave[None, ..., None], 3, axis=3), np.diag([1, 1, 4, 1]), axis="time")
    found = in_plane.sharpen(degrade(fine, kspace=0.25), method="fourier")
    np.testing.assert_allclose(found.array, fine.array, atol=0.01)


def test_without_a_matrix_the_one_before_the_cut_is_reached_else_twice_the_own():
    fine = series((40, 28, 4))
    low = degrade(fine, kspace=0.1)
    assert in_plane.sharpen(low, method="trilinear").shape == (40, 28, 4)
    unknown = Scan(low.array, low.affine, "time", slice_axis=2)
    assert in_plane.sharpen(unknown, method="trilinear").shape == (2 * low.shape[0], 2 * low.shape[1], 4)


def test_like_takes_the_affine_of_the_other_scan_as_it_is():
    fine = series()
    found = in_plane.sharpen(degrade(fine, kspace=0.0625), method="fourier", like=fine)
    np.testing.assert_array_equal(found.affine, fine.affine)


def test_a_single_scan_is_one_frame():
    one = series(frames=1)
    found = in_plane.sharpen(degrade(one, kspace=0.25), method="tricubic")
    assert found.volumes == 1
    assert found.same_grid(one)


# -- networks --------------------------------------------------------------------------------------
def test_each_frame_is_the_network_of_its_own_interpolation_on_the_scale_of_the_series(weights):
    low = degrade(series(), kspace=0.25)
    found = in_plane.sharpen(low, weights=weights, device="cpu", precision="fp32")
    network = registry.load(weights)
    scale = float(low.array.max())
    for n in range(3):
        fine = low.array[n]
        for axis, size in ((0, 48), (1, 36)):
            fine = along.apply(matrix(network.interpolation, fine.shape[axis], size), fine, axis)
        with torch.inference_mode():
            expected = network(torch.from_numpy(fine / scale)[None, None])[0, 0].numpy() * scale
        assert np.abs(found.array[n] - expected).max() < 1e-4 * scale


def test_slices_along_any_axis_give_the_same_picture(weights):
    upright = degrade(series(), kspace=0.25)
    turned = Scan(np.moveaxis(upright.array, 3, 1), upright.affine[:, [2, 0, 1, 3]], "time", slice_axis=0)
    options = {"weights": weights, "device": "cpu", "precision": "fp32", "matrix": (48, 36)}
    one, other = (in_plane.sharpen(scan, **options) for scan in (upright, turned))
    np.testing.assert_allclose(np.moveaxis(other.array, 1, 3), one.array, atol=0.05)


def test_still_frames_stay_still_whatever_another_frame_shows(weights):
    array = np.repeat(degrade(series(frames=1), kspace=0.25).array, 3, axis=0)
    array[2] *= 0.5
    still = Scan(array, np.diag([2.5, 2.5, 4, 1]), "time", slice_axis=2)
    found = in_plane.sharpen(still, weights=weights, matrix=(48, 36), device="cpu", precision="fp32")
    np.testing.assert_array_equal(found.array[0], found.array[1])


def test_the_history_tells_what_was_done(weights):
    found = in_plane.sharpen(degrade(series(), kspace=0.25), weights=weights, consistency="hard", device="cpu")
    step = found.history[-1]
    assert step.name == in_plane.STEP == "super-resolution"
    told = step.parameters
    assert told["frames"] == 3
    assert told["matrix"] == [48, 36]
    assert told["plane"] == [0, 1]
    assert told["fraction"] == 0.25
    assert told["weights"] == weights.name
    assert told["method"] == registry.read_header(weights)["architecture"]
    assert told["consistency"] == "hard"
    assert "estimated" in told["use"]


def test_hard_consistency_keeps_the_measured_centre_of_k_space(weights):
    low = degrade(series((45, 33, 4)), kspace=0.25)
    free, held = (in_plane.sharpen(low, weights=weights, consistency=kind, device="cpu") for kind in ("none", "hard"))
    largest = low.array.max()
    assert np.abs(degrade(held, kspace=0.25).array - low.array).max() < 2e-3 * largest
    assert np.abs(degrade(free, kspace=0.25).array - low.array).max() > 5e-3 * largest


def test_a_network_may_be_given_what_the_scanner_has_interpolated_already(weights):
    fine = series()
    found = in_plane.sharpen(fine, weights=weights, matrix=(48, 36), device="cpu")
    assert found.same_grid(fine)


def test_fine_tuned_weights_say_so_in_reason_and_history(tmp_path):
    about = {registry.FINE_TUNED: '{"from": "swift", "steps": 7}'}
    path = registry.save(shaken(Swift(features=4, blocks=1)), tmp_path / "own.safetensors", about=about)
    low = degrade(series(), kspace=0.25)
    assert "fine-tuned on a planning scan" in in_plane.plan(low, weights=path).reason
    assert in_plane.sharpen(low, weights=path, device="cpu").history[-1].parameters["fine_tuned"]["steps"] == 7


def test_by_itself_the_best_installed_network_is_chosen_else_zero_filling(monkeypatch, tmp_path):
    low = degrade(series(), kspace=0.25)
    monkeypatch.setattr(registry, "methods", lambda folder=None: registry.CLASSICAL)
    assert in_plane.plan(low).method.name == "fourier"
    files = {name: tmp_path / f"{name}.safetensors" for name in ("unet", "swift")}
    registry.save(Unet(features=4), files["unet"])
    made = {
        name: registry.Method(name, "network", "", axes=("in-plane",), anatomy=("abdomen",), file=path)
        for name, path in files.items()
    }
    monkeypatch.setattr(registry, "methods", lambda folder=None: (*registry.CLASSICAL, *made.values()))
    assert in_plane.plan(low).method.name == "unet"
    registry.save(Swift(features=4), files["swift"])
    assert in_plane.plan(low).method.name == "swift"
    assert "trained on abdomen" in in_plane.plan(low).reason


# -- frame by frame --------------------------------------------------------------------------------
def test_the_visible_frame_comes_first_then_the_others_in_order_from_it(weights):
    low = degrade(series(frames=4), kspace=0.25)
    seen = np.full((4, 48, 36, 5), np.nan, np.float32)
    order, done = [], []
    for n, tile in in_plane.stream(low, weights=weights, first=(2, 3), device="cpu", precision="fp32"):
        order.append(n)
        if not done:
            assert tile.preview, "the slice on screen comes first"
            assert tile.where[2] == slice(3, 4)
        done.append(tile.done)
        tile.write(seen[n : n + 1])
    assert list(dict.fromkeys(order)) == [2, 3, 0, 1]
    assert done == sorted(done)
    assert done[-1] == 1.0
    whole = in_plane.sharpen(low, weights=weights, device="cpu", precision="fp32")
    np.testing.assert_allclose(seen, whole.array, atol=0.02)


def test_a_classical_series_comes_frame_by_frame_too():
    low = degrade(series(frames=3), kspace=0.25)
    assert [(n, tile.done) for n, tile in in_plane.stream(low, method="area", first=(1, 0))] == [
        (1, pytest.approx(1 / 3)),
        (2, pytest.approx(2 / 3)),
        (0, 1.0),
    ]


def test_the_finished_stream_is_the_scan(weights):
    low = degrade(series(), kspace=0.25)
    job = in_plane.plan(low, weights=weights)
    array = np.empty((3, *job.shape_from(low.shape)), np.float32)
    for n, tile in in_plane.run(low, job, device="cpu"):
        tile.write(array[n : n + 1])
    assert in_plane.finish(low, array, job).same_grid(series())


@pytest.mark.parametrize("method", ["trilinear", None])
def test_stop_ends_the_stream_between_frames_and_sharpen_says_so(method, weights):
    low = degrade(series(frames=4), kspace=0.25)
    way = {"method": method} if method else {"weights": weights, "device": "cpu"}
    frames: list[int] = []
    for n, _ in in_plane.stream(low, **way, stop=lambda: len(frames) >= 2):
        frames.append(n)
    assert frames == [0, 1]
    with pytest.raises(Stopped):
        in_plane.sharpen(low, **way, stop=lambda: True)


def test_the_estimate_counts_frames_and_nothing_for_interpolation(weights):
    low = degrade(series(frames=2), kspace=0.25)
    assert in_plane.estimate_seconds(low, in_plane.plan(low, method="area")) == 0
    assert in_plane.estimate_seconds(low, in_plane.plan(low, weights=weights), device="cpu") > 0


# -- bad input -------------------------------------------------------------------------------------
def test_a_dropped_slice_is_named_and_stays_empty(weights):
    low = degrade(series(), kspace=0.25)
    array = low.array.copy()
    array[1, :, :, 3] = 0
    array[2, :, :, 1] = np.nan
    gaps = Scan(array, low.affine, "time", slice_axis=2)
    for way in ({"method": "trilinear"}, {"weights": weights, "device": "cpu", "consistency": "hard"}):
        found = in_plane.sharpen(gaps, matrix=(48, 36), **way)
        assert any("frame 2 slice 4, frame 3 slice 2 were not acquired" in line for line in found.warnings)
        assert not found.array[1, :, :, 3].any()
        assert np.isnan(found.array[2, :, :, 1]).all()
        assert np.isfinite(np.delete(found.array[2], 1, axis=2)).all()


def test_single_voxels_that_are_not_finite_count_as_0_and_are_told(weights):
    low = degrade(series(), kspace=0.25)
    array = low.array.copy()
    array[0, 3, 3, 2] = np.nan
    array[1, 4, 4, 2] = np.inf
    found = in_plane.sharpen(Scan(array, low.affine, "time", slice_axis=2), weights=weights, device="cpu")
    assert np.isfinite(found.array).all()
    assert "2 voxels were not finite and count as 0" in found.warnings


def test_a_planning_scan_in_another_pose_is_no_grid():
    fine = series()
    moved = np.array(fine.affine)
    moved[:3, 3] += (9.0, 0, 0)
    with pytest.raises(GeometryMismatch, match="first voxel and orientation"):
        in_plane.sharpen(
            degrade(fine, kspace=0.25), method="fourier", like=Scan(fine.array, moved, "time", slice_axis=2)
        )


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"matrix": (20, 36)}, BadParameter, "24x18 voxels in plane, more than the 20x36"),
        ({"matrix": (48, 36, 5)}, BadParameter, "not two whole numbers"),
        ({"matrix": (48.5, 36)}, BadParameter, "not two whole numbers"),
        ({"matrix": (24, 18)}, BadParameter, "nothing to interpolate"),
        ({"matrix": (48, 36), "like": series()}, BadParameter, "exclude each other"),
        ({"like": series((48, 36, 6))}, GeometryMismatch, "6 slices, not 5"),
        ({"like": series((20, 36, 5))}, GeometryMismatch, "not finer"),
        ({"method": "lean"}, BadParameter, "made for slices"),
        ({"method": "sharpest"}, UnknownMethod, "sharpest"),
        ({"consistency": "wiener"}, BadParameter, "wiener"),
        ({"weights": Path("nowhere.safetensors")}, WeightsMissing, "no file of weights"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(wrong, error, text):
    with pytest.raises(error, match=text) as raised:
        in_plane.sharpen(degrade(series(), kspace=0.25), **{"method": "trilinear", **wrong})
    assert "\n" not in str(raised.value)
    assert raised.value.remedy


def test_weights_for_slices_or_of_another_network_are_refused(tmp_path, weights):
    low = degrade(series(), kspace=0.25)
    lean = registry.save(Lean(features=4, blocks=1), tmp_path / "lean.safetensors")
    with pytest.raises(BadParameter, match="made for slices"):
        in_plane.sharpen(low, weights=lean)
    with pytest.raises(BadParameter, match="takes no weights"):
        in_plane.sharpen(low, method="area", weights=weights)


def test_scans_without_a_picture_are_refused():
    with pytest.raises(ConstantImage):
        in_plane.sharpen(Scan(np.ones((2, 8, 8, 4)), np.diag([1, 1, 3, 1]), "time"))

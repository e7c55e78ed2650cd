"""Volumes through networks of single slices: any plane, any matrix, thick slices, cubes, and three orientations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from napari_mrsr import in_plane
from napari_mrsr.errors import BadParameter, Stopped
from napari_mrsr.inference import job as jobs
from napari_mrsr.inference.orientations import together
from napari_mrsr.interpolation import matrix
from napari_mrsr.networks import registry
from napari_mrsr.networks.circle import Circle
from napari_mrsr.networks.cpce import Cpce
from napari_mrsr.sampling import along, degrade
from napari_mrsr.scan import Scan

PRECISE = {"device": "cpu", "precision": "fp32"}


def head(shape: tuple[int, int, int] = (37, 30, 6), spacing: tuple[float, ...] = (0.9, 0.9, 5.5)) -> Scan:
    """A ball with stripes, changing from slice to slice."""
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    ball = 1 / (1 + np.exp(20 * (np.sqrt(i**2 + j**2 + 0.5 * k**2) - 0.8)))
    array = 800 * ball * (0.6 + 0.2 * np.cos(15 * i) + 0.2 * np.cos(12 * j + 3 * k))
    return Scan(array.astype(np.float32), np.diag([*spacing, 1.0]))


@pytest.fixture(scope="module", params=["cpce", "circle"])
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    network = Cpce(features=6, shortcut=True) if request.param == "cpce" else Circle(features=20)
    last = network.outward[-1] if isinstance(network, Cpce) else network.tail
    nn.init.normal_(last.weight, std=0.02)
    return registry.save(network, tmp_path_factory.mktemp("weights") / f"{request.param}.safetensors")


def alone(weights: Path, low: Scan, plane: tuple[int, int], sizes: tuple[int, int]) -> np.ndarray:
    """Run the network as it is written on every zero-filled slice alone."""
    network = registry.load(weights)
    fine, scale = low.array[0], float(low.array.max())
    for axis, size in zip(plane, sizes, strict=True):
        fine = along.apply(matrix("fourier", fine.shape[axis], size), fine, axis)
    across = next(a for a in range(3) if a not in plane)
    with torch.inference_mode():
        slices = [
            network.plane(torch.from_numpy(np.ascontiguousarray(picture) / np.float32(scale))[None, None])[0, 0].numpy()
            for picture in np.moveaxis(fine.astype(np.float32), across, 0)
        ]
    return np.moveaxis(np.stack(slices), 0, across) * scale


# -- any plane, any matrix -------------------------------------------------------------------------
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sizes", [(37, 30), (41, 33)])
def test_a_volume_is_every_slice_alone_whatever_the_plane_and_its_matrix(weights, axis, sizes):
    shape = list(sizes)
    shape.insert(axis, 5)
    spacing = [0.9, 0.9]
    spacing.insert(axis, 5.5)
    low = degrade(head(tuple(shape), tuple(spacing)), kspace=0.25)
    found = in_plane.sharpen(low, weights=weights, **PRECISE)
    assert found.shape == tuple(shape)
    plane = tuple(a for a in range(3) if a != axis)
    expected = alone(weights, low, plane, sizes)
    assert np.abs(found.array[0] - expected).max() <= 1e-5 * low.array.max()


def test_what_was_zero_filled_by_the_scanner_is_taken_as_it_is(weights):
    fine = head((33, 30, 4))
    found = in_plane.sharpen(fine, weights=weights, matrix=(33, 30), **PRECISE)
    assert np.abs(found.array[0] - alone(weights, fine, (0, 1), (33, 30))).max() <= 1e-5 * fine.array.max()


def test_the_measured_centre_is_kept_slice_by_slice_as_they_come(weights, monkeypatch):
    monkeypatch.setattr(jobs, "SLICES_SECONDS", 1e-9)
    low = degrade(head((37, 30, 9)), kspace=0.25)
    seen, spans = np.full((1, 37, 30, 9), np.nan, np.float32), []
    for n, tile in in_plane.stream(low, weights=weights, consistency="hard", first=(0, 6), **PRECISE):
        tile.write(seen[n : n + 1])
        spans.append(tile.where[2])
    assert spans[0] == slice(6, 7)
    assert len(spans) > 3, "no slice waits for another"
    whole = in_plane.sharpen(low, weights=weights, consistency="hard", **PRECISE)
    np.testing.assert_allclose(seen, whole.array, atol=1e-2)
    again = degrade(whole, kspace=0.25)
    assert np.abs(again.array - low.array).max() < 5e-3 * low.array.max()


def test_a_slice_in_parts_keeps_its_centre_too(weights, monkeypatch):
    low = degrade(head((60, 48, 2)), kspace=0.25)
    whole = in_plane.sharpen(low, weights=weights, consistency="hard", **PRECISE)
    monkeypatch.setattr(jobs, "slices_core", lambda *a: (33, 48, 1))
    found = in_plane.sharpen(low, weights=weights, consistency="hard", **PRECISE)
    np.testing.assert_allclose(found.array, whole.array, atol=1e-2)


def test_stop_between_slices_is_told(weights, monkeypatch):
    monkeypatch.setattr(jobs, "SLICES_SECONDS", 1e-9)
    low, done = degrade(head(), kspace=0.25), []
    with pytest.raises(Stopped):
        in_plane.sharpen(low, weights=weights, progress=done.append, stop=lambda: len(done) >= 2, **PRECISE)
    assert len(done) == 2


# -- cubes -----------------------------------------------------------------------------------------
def test_of_cubes_axial_planes_are_taken_and_it_is_said(weights):
    cube = head((18, 16, 20), (1, 1, 1))
    cube = replace(cube, affine=cube.affine[:, [2, 0, 1, 3]])  # the first voxel axis runs from feet to head
    found = in_plane.sharpen(cube, weights=weights, **PRECISE)
    assert found.shape == (18, 32, 40)
    assert any("1 x 1 x 1 mm do not tell the plane: axial slices are taken" in line for line in found.warnings)
    assert found.history[-1].parameters["plane"] == [1, 2]


@pytest.mark.parametrize("plane", ["sagittal", 0])
def test_a_person_says_which_plane(weights, plane):
    cube = head((14, 16, 20), (1, 1, 1))
    found = in_plane.sharpen(cube, weights=weights, plane=plane, **PRECISE)
    assert found.shape == (14, 32, 40)
    assert not found.warnings
    assert np.abs(found.array[0] - alone(weights, cube, (1, 2), (32, 40))).max() <= 1e-5 * cube.array.max()


def test_another_plane_than_that_of_thick_slices_is_warned_of(weights):
    found = in_plane.sharpen(head((14, 16, 6)), weights=weights, plane="coronal", **PRECISE)
    assert found.shape == (28, 16, 12)
    assert any("0.45 x 2.75 mm in plane" in line for line in found.warnings)


# -- three orientations ----------------------------------------------------------------------------
def cut(shape: tuple[int, int, int] = (24, 20, 22)) -> Scan:
    """Cubes of which the centre of k-space was kept along the first two axes."""
    return degrade(head(shape, (1, 1, 1)), kspace=0.25, axis=2)


def test_three_orientations_are_put_together_on_one_grid(weights):
    low = cut()
    found = in_plane.sharpen(low, weights=weights, orientations=3, **PRECISE)
    fine = in_plane.sharpen(low, method="fourier")
    scale = np.float32(low.array.max())
    network = registry.load(weights)
    across = []
    for axis in range(3):
        x = torch.from_numpy(np.ascontiguousarray(np.moveaxis(fine.array[0] / scale, axis, -1)))[None, None]
        with torch.inference_mode():
            across.append(np.moveaxis(network(x)[0, 0].numpy(), -1, axis)[None] * scale)
    expected = together(across, fine.array, low.shape)[0]
    assert found.same_grid(fine)
    assert np.abs(found.array[0] - expected).max() <= 1e-5 * scale
    assert found.history[-1].parameters["orientations"] == 3


def test_acquired_cubes_become_finer_along_all_axes(weights):
    low = head((16, 14, 12), (2, 2, 2))
    found = in_plane.sharpen(low, weights=weights, orientations=3, consistency="hard", **PRECISE)
    assert found.shape == (32, 28, 24)
    assert found.spacing == (1, 1, 1)
    np.testing.assert_allclose(found.affine[:3, 3], low.affine[:3, 3])
    assert found.history[-1].parameters["fraction"] == pytest.approx(1 / 8)
    centre = found.array[0]
    from napari_mrsr.inference.measured_centre import centre as lowest

    for axis in range(3):
        centre = along.apply(lowest(centre.shape[axis], low.shape[axis]), centre, axis)
    assert np.abs(centre - low.array[0]).max() < 1e-4 * low.array.max()


def test_like_another_scan_along_all_three_axes(weights):
    like = head((32, 28, 24), (1, 1, 1))
    low = head((16, 14, 12), (2, 2, 2))
    assert in_plane.sharpen(low, weights=weights, like=like, orientations=3, **PRECISE).same_grid(like)


def test_on_screen_first_then_better_and_the_mean_at_last(weights):
    low = cut()
    tiles = [tile for _, tile in in_plane.stream(low, weights=weights, orientations=3, first=(0, 4), **PRECISE)]
    assert tiles[0].where[2] == slice(4, 5)
    assert [tile.preview for tile in tiles] == [True] * (len(tiles) - 1) + [False]
    assert tiles[-1].done == 1


@pytest.mark.parametrize(
    ("scan", "options", "text"),
    [
        (head(), {}, "far from cubes"),
        (head((12, 12, 40), (2, 2, 0.3)), {}, "far from cubes"),
        (cut(), {"orientations": 2}, "2 orientations are not 1 or 3"),
        (cut(), {"weights": None, "method": "fourier"}, "the same in every orientation"),
        (cut(), {"plane": "upright"}, "unknown"),
    ],
)
def test_three_orientations_that_cannot_be_are_refused_in_one_line(weights, scan, options, text):
    with pytest.raises(BadParameter, match=text) as raised:
        in_plane.sharpen(scan, **{"weights": weights, "orientations": 3, **options})
    assert "\n" not in str(raised.value)
    assert raised.value.remedy


def test_with_a_slice_missing_three_orientations_are_refused(weights):
    low = cut()
    array = low.array.copy()
    array[..., 5] = 0
    with pytest.raises(BadParameter, match="lacks slices"):
        in_plane.sharpen(replace(low, array=array), weights=weights, orientations=3)

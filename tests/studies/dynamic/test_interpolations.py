"""Where the published code lays an interpolation, by torch itself; where it belongs, by a straight line."""

import numpy as np
import pytest
import torch

from napari_mrsr.errors import BadParameter
from napari_mrsr.interpolation import resize
from napari_mrsr.sampling import degrade
from napari_mrsr.studies.dynamic.interpolations import AS_PUBLISHED, INTERPOLATIONS, USUAL, edges_aligned
from napari_mrsr.studies.dynamic.series import fewer
from napari_mrsr.studies.dynamic.study import chosen
from tests.studies.dynamic.made import body


@pytest.mark.parametrize(("n", "size"), [(64, 256), (60, 192), (80, 256), (5, 7), (1, 3)])
@pytest.mark.parametrize("method", ["trilinear", "area"])
def test_edges_aligned_is_what_torch_interpolates(method, n, size):
    line = torch.rand(1, 1, n, generator=torch.Generator().manual_seed(n))
    mode = "linear" if method == "trilinear" else "area"
    expected = torch.nn.functional.interpolate(line, size=size, mode=mode)[0, 0].numpy()
    assert np.allclose(edges_aligned(method, n, size) @ line[0, 0].numpy(), expected, atol=1e-6)


def test_edges_aligned_lies_half_a_coarse_minus_half_a_fine_voxel_beside_the_truth():
    n, size = 48, 192
    ramp = np.arange(n) * size / n  # a straight line on the grid that keeps the first voxel
    found = edges_aligned("trilinear", n, size) @ ramp
    inside = slice(8, -8)
    assert np.allclose((found - np.arange(size))[inside], -(size / n / 2 - 0.5))


def test_the_exact_ones_are_those_of_the_package():
    scan = body(frames=2)
    few = fewer(scan, 0.25)
    names = {"area": "area", "trilinear": "trilinear", "zero-padded": "fourier", "tricubic": "tricubic"}
    for name, method in names.items():
        found = dict(INTERPOLATIONS[name].series(few, scan, 0))
        assert list(found) == [0, 1]
        assert np.allclose(found[1], resize(few.volume(1), method, scan.volume(1)).array[0], atol=1e-3)


def test_a_series_begins_where_it_is_asked_to():
    scan = body(frames=3)
    assert [n for n, _ in INTERPOLATIONS["trilinear"].series(fewer(scan, 0.25), scan, 2)] == [2]


def test_frames_taken_one_at_a_time_are_those_taken_together():
    scan = body(frames=3)
    assert np.allclose(fewer(scan, 0.1).array, degrade(scan, kspace=0.1, axis=2).array, atol=1e-3)
    assert fewer(scan, 0.1).names == scan.names


def test_the_published_ones_are_among_the_usual_and_unknown_names_are_refused():
    assert {"area" + AS_PUBLISHED, "trilinear" + AS_PUBLISHED} <= set(USUAL)
    with pytest.raises(BadParameter, match="no interpolation 'cubic'"):
        chosen(["cubic"])
    with pytest.raises(BadParameter, match="stands twice"):
        chosen(["area", "area"])

"""The woven array: nearest and linear sampling of a coarse volume, both sides of the line, every plane."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from napari_mrsr.app.compare.on_grid import Grid, OnGrid, full_key
from napari_mrsr.app.compare.swiping import Woven
from napari_mrsr.errors import GeometryMismatch

FINE = Grid((12, 10, 8), (1.0, 0.5, 0.5), (2.0, -3.0, 7.0))
COARSE = Grid((6, 10, 8), (2.0, 0.5, 0.5), (2.0, -3.0, 7.0))
PLANES = [(5, slice(None), slice(None)), (slice(None), 3, slice(None)), (slice(None), slice(None), 2)]


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random(COARSE.shape, dtype=np.float32), rng.random(FINE.shape, dtype=np.float32)


@pytest.mark.parametrize("key", PLANES)
def test_linear_sampling_is_that_of_scipy(pair: Any, key: Any) -> None:
    coarse = Grid((6, 5, 9), (2.0, 1.1, 0.4), (2.0, -3.1, 6.9))
    data = np.random.default_rng(1).random(coarse.shape).astype(np.float32)
    points = [
        (t + s * np.arange(n) - u) / v
        for n, s, t, v, u in zip(FINE.shape, FINE.scale, FINE.translate, coarse.scale, coarse.translate, strict=True)
    ]
    expected = map_coordinates(data, np.meshgrid(*points, indexing="ij"), order=1, mode="nearest")[key]
    found = OnGrid(data, coarse, FINE, "linear")[key]
    inside = np.isfinite(found)
    assert inside.mean() > 0.6
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-5)


@pytest.mark.parametrize("key", PLANES)
def test_nearest_sampling_repeats_coarse_voxels(pair: Any, key: Any) -> None:
    coarse, _ = pair
    index = np.clip(np.rint(np.arange(12) / 2).astype(int), 0, 5)
    np.testing.assert_array_equal(OnGrid(coarse, COARSE, FINE)[key], coarse[index][key])


def test_a_grid_that_is_the_same_is_handed_through(pair: Any) -> None:
    _, fine = pair
    seen = OnGrid(fine, FINE, FINE)
    np.testing.assert_array_equal(np.asarray(seen), fine)
    np.testing.assert_array_equal(seen[3], fine[3])
    assert np.shares_memory(seen[3], fine)  # float32 is not copied


def test_where_the_coarse_volume_ends_there_is_nothing() -> None:
    short = Grid((3, 10, 8), (2.0, 0.5, 0.5), (2.0, -3.0, 7.0))
    seen = OnGrid(np.ones(short.shape, np.float32), short, FINE)
    assert [bool(np.isnan(seen[i]).all()) for i in (4, 5, 6, 11)] == [False, False, True, True]


def test_integers_become_floats_so_that_nothing_can_be_said_where_nothing_is() -> None:
    assert OnGrid(np.ones(COARSE.shape, np.int16), COARSE, FINE)[0].dtype == np.float32


@pytest.mark.parametrize("key", PLANES)
def test_left_of_the_line_is_the_one_and_right_of_it_the_other(pair: Any, key: Any) -> None:
    coarse, fine = pair
    one = OnGrid(coarse, COARSE, FINE)
    array = Woven(one, OnGrid(fine, FINE, FINE), FINE)
    array.across = [axis for axis, k in enumerate(key) if isinstance(k, slice)][-1]
    array.at = 0.25
    picture = array[key]
    column = round(0.25 * FINE.shape[array.across])
    np.testing.assert_array_equal(picture[:, :column], one[key][:, :column])
    np.testing.assert_array_equal(picture[:, column:], fine[key][:, column:])


def test_the_line_follows_the_columns_when_rows_and_columns_are_swapped(pair: Any) -> None:
    coarse, fine = pair
    array = Woven(OnGrid(coarse, COARSE, FINE), fine, FINE)
    array.across, array.at = 1, 0.5
    picture = array[4, :, :]  # napari transposes it afterwards
    np.testing.assert_array_equal(picture[5:], fine[4, 5:])
    assert not np.array_equal(picture[:5], fine[4, :5])


def test_a_plane_that_does_not_show_the_divided_axis_is_divided_along_its_columns(pair: Any) -> None:
    coarse, fine = pair
    array = Woven(OnGrid(coarse, COARSE, FINE), fine, FINE)
    array.across = 2
    picture = array[:, :, 3]
    np.testing.assert_array_equal(picture[:, 5:], fine[:, 5:, 3])
    assert not np.array_equal(picture[:, :5], fine[:, :5, 3])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_slab_of_one_voxel_is_its_slice(pair: Any, axis: int) -> None:
    coarse, fine = pair
    array = Woven(OnGrid(coarse, COARSE, FINE), fine, FINE)
    array.across, array.line = 2, 9.0
    slab = tuple(slice(3, 4) if a == axis else slice(None) for a in range(3))
    number = tuple(3 if a == axis else slice(None) for a in range(3))
    np.testing.assert_array_equal(array[slab], np.expand_dims(array[number], axis))
    assert len(array._kept) == 1  # kept while the line moves


@pytest.mark.parametrize(("at", "left"), [(0.0, 0), (1.0, 8)])
def test_at_the_ends_one_of_them_is_seen_alone(pair: Any, at: float, left: int) -> None:
    coarse, fine = pair
    one = OnGrid(coarse, COARSE, FINE)
    array = Woven(one, fine, FINE)
    array.at, array.line = at, 9.0
    np.testing.assert_array_equal(array[2], one[2] if left else fine[2])


def test_the_line_is_drawn_where_it_is_and_nowhere_else(pair: Any) -> None:
    coarse, fine = pair
    array = Woven(OnGrid(coarse, COARSE, FINE), fine, FINE)
    array.line = 9.0
    assert (array[2] == 9.0).sum(axis=0).tolist() == [0, 0, 0, 0, 10, 0, 0, 0]


def test_a_line_of_thick_slices_is_dashed_so_that_it_hides_little(pair: Any) -> None:
    coarse, fine = pair
    array = Woven(OnGrid(coarse, COARSE, FINE), fine, FINE)
    array.line, array.across = 9.0, 0
    drawn = array[:, 3, :] == 9.0
    assert drawn.any(axis=1).tolist() == [n == 6 for n in range(12)]
    assert drawn[6].tolist() == [True, True, True, False, False, False, False, False]


def test_tiles_of_the_checkerboard_are_square_in_millimetres() -> None:
    grid = Grid((3, 8, 8), (3.0, 0.5, 1.0), (0.0, 0.0, 0.0))
    array = Woven(np.zeros(grid.shape, np.float32), np.ones(grid.shape, np.float32), grid, "checkerboard")
    array.tile = 2.0
    picture = array[0]
    np.testing.assert_array_equal(picture[:4, :2], 0.0)  # 2 mm are 4 rows and 2 columns
    np.testing.assert_array_equal(picture[:4, 2:4], 1.0)
    np.testing.assert_array_equal(picture[4:, :2], 1.0)
    np.testing.assert_array_equal(picture, array[1])  # tiles do not change with the slice


def test_what_changed_below_is_seen_after_forgetting(pair: Any) -> None:
    coarse, fine = pair
    array = Woven(OnGrid(coarse, COARSE, FINE), OnGrid(fine, FINE, FINE), FINE)
    array.at = 0.0
    array[4]
    fine[4] = 7.0
    array.forget()
    assert (array[4] == 7.0).all()


def test_pictures_of_unlike_axes_are_refused() -> None:
    with pytest.raises(GeometryMismatch, match="4 axes"):
        OnGrid(np.zeros((2, 3, 3, 3)), Grid((2, 3, 3, 3), (1.0,) * 4, (0.0,) * 4), FINE)


def test_keys_are_completed() -> None:
    assert full_key((-1, ...), (4, 5, 6)) == (3, slice(0, 5, 1), slice(0, 6, 1))
    assert full_key(slice(1, 3), (4, 5)) == (slice(1, 3, 1), slice(0, 5, 1))
    with pytest.raises(IndexError):
        full_key((9, 0), (4, 5))

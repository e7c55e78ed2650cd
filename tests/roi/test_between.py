"""Slices between painted ones: closed forms for the shapes, a phantom knee for what the picture adds."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, Stopped
from napari_mrsr.mapping import fluid_suppressed
from napari_mrsr.phantoms import knee
from napari_mrsr.phantoms.settings import LABEL_OF
from napari_mrsr.roi import interpolate

SPACING = (2.0, 1.0, 1.0)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def cylinder(radii: list[float], centres: list[float], size: int = 48) -> np.ndarray:
    row, column = np.indices((size, size))
    return np.stack([np.hypot(row - size / 2, column - c) <= r for r, c in zip(radii, centres, strict=True)])


def test_a_cone_painted_at_its_ends_is_a_cone() -> None:
    cone = cylinder(list(np.linspace(6, 14, 9)), [24] * 9)
    assert dice(interpolate(cone, [0, 8], SPACING), cone) > 0.97


def test_a_leaning_cylinder_is_followed_because_centroids_are_aligned() -> None:
    leaning = cylinder([7.0] * 9, list(np.linspace(18, 26, 9)))
    found = interpolate(leaning, [0, 8], SPACING)
    assert dice(found, leaning) > 0.97


def test_painted_slices_stay_as_painted_and_nothing_grows_beyond_them() -> None:
    cone = cylinder(list(np.linspace(6, 14, 9)), [24] * 9)
    guide = cone[None].astype(np.float32)
    found = interpolate(cone, [2, 6], SPACING, guide=guide)
    np.testing.assert_array_equal(found[[2, 6]], cone[[2, 6]])
    assert not found[[0, 1, 7, 8]].any()


def test_the_picture_shows_where_a_region_ends_between_painted_slices() -> None:
    row, column = np.indices((40, 40))
    disc = np.hypot(row - 20, column - 20) <= 6
    truth = np.zeros((8, 40, 40), bool)
    truth[:, disc & (column < 20)] = True
    truth[4:, disc] = True  # from the fifth slice on it is twice as large
    rng = np.random.default_rng(0)
    guide = (100.0 * truth + rng.normal(0, 6, truth.shape))[None]
    assert dice(interpolate(truth, [0, 7], SPACING, guide=guide), truth) > 0.96
    assert dice(interpolate(truth, [0, 7], SPACING), truth) < 0.93  # by shape alone it cannot be known


def test_six_painted_slices_of_a_knee_give_all_its_medial_femoral_cartilage() -> None:
    phantom = knee(31, shape=(104, 88, 32), spacing=(0.8, 0.8, 1.4), centre=(-18.0, 2.0, 10.0))
    truth = np.moveaxis(phantom.labels.array[0] == LABEL_OF["medial femoral cartilage"], 2, 0)
    guide = np.moveaxis(np.stack([phantom.scan.array[0], fluid_suppressed(phantom.scan).array[0]]), 3, 1)
    held = np.flatnonzero(truth.any(axis=(1, 2)))
    keys = [int(z) for z in np.round(np.linspace(held[0], held[-1], 6))]
    assert len(held) > 4 * len(keys)
    assert dice(interpolate(truth, keys, (1.4, 0.8, 0.8), guide=guide), truth) >= 0.90


def test_it_can_be_stopped() -> None:
    cone = cylinder([8.0] * 9, [24] * 9)

    def tell(done: float) -> None:
        if done > 0.3:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        interpolate(cone, [0, 8], SPACING, guide=cone[None].astype(np.float32), tell=tell)


@pytest.mark.parametrize("keys", [[3], [3, 3], [0, 3]])
def test_two_painted_slices_are_needed(keys: list[int]) -> None:
    mask = np.zeros((5, 20, 20), bool)
    mask[3, 5:9, 5:9] = True
    with pytest.raises(BadParameter, match="only one slice is painted"):
        interpolate(mask, keys, SPACING)


def test_a_guide_of_another_grid_is_refused() -> None:
    cone = cylinder([8.0] * 3, [24] * 3)
    with pytest.raises(BadParameter, match="another grid"):
        interpolate(cone, [0, 2], SPACING, guide=np.zeros((1, 3, 8, 8)))

"""Depth and thickness on shells whose thickness is known."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.cartilage import divide, regional_statistics
from napari_mrsr.roi.cartilage.depth import measure_depth
from napari_mrsr.roi.cartilage.layering import layer_names, layers_of
from tests.roi.cartilage.shapes import NAMES, condyle, points

SPACINGS = [(0.4, 0.4, 0.7), (0.6, 0.6, 0.7), (0.4, 0.4, 1.4), (0.7, 0.5, 0.5)]


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("thickness", [1.5, 3.0])
def test_a_sphere_shell_has_its_thickness_and_depth(spacing: tuple[float, float, float], thickness: float) -> None:
    radius = 14.0
    shape = tuple(int((2 * (radius + thickness) + 4) / s) for s in spacing)
    x, y, z = points(shape, spacing)  # type: ignore[arg-type]
    r = np.sqrt(x[:, None, None] ** 2 + y[:, None] ** 2 + z**2)
    shell = (r > radius) & (r < radius + thickness) & (x > 0)[:, None, None]
    centre = [-c[0] for c in (x, y, z)]  # mm from the first voxel

    def inwards(p: np.ndarray) -> np.ndarray:
        return (centre - p) / np.linalg.norm(centre - p, axis=1, keepdims=True)

    found = measure_depth(shell, spacing, inwards)
    away = shell & (x > 3)[:, None, None]  # from the cut
    assert found.thickness[away].mean() == pytest.approx(thickness, abs=0.12)
    assert found.thickness[away].std() < 0.25
    assert np.abs(found.depth[away] - (r[away] - radius) / thickness).mean() < 0.07
    assert np.isnan(found.thickness[~shell]).all()


def test_a_cylinder_shell_has_its_thickness_whatever_the_slices() -> None:
    for spacing in ((0.4, 0.4, 0.7), (0.4, 0.4, 1.5)):
        labels, _ = condyle(spacing, thickness=2.4, width=30.0)
        found = divide(labels, NAMES, side="right")
        assert found.thickness is not None
        inside = np.isfinite(found.thickness.array[0])
        np.testing.assert_array_equal(inside, labels.array[0] > 0)
        assert np.median(found.thickness.array[0][inside]) == pytest.approx(2.4, abs=0.1)


def test_layers_are_shares_of_the_true_depth() -> None:
    labels, depth = condyle((0.4, 0.4, 0.8), thickness=3.0)
    inside = labels.array[0] > 0
    for count, at_least in ((2, 0.95), (3, 0.90)):
        found = divide(labels, NAMES, side="right", layers=count)
        layer = (found.labels.array[0][inside] - 1) % 6
        truth = np.minimum((depth[inside] * count).astype(int), count - 1)
        assert (layer == truth).mean() > at_least
        table = regional_statistics(found.depth, found)  # type: ignore[arg-type]
        assert tuple(dict.fromkeys(table["layer"])) == (*layer_names(count), "total")


def test_a_labelled_bone_says_which_side_is_deep() -> None:
    # a flat plate above "bone": from the painted patch alone the femoral bone would be taken to be above it
    from napari_mrsr.scan import Scan
    from tests.roi.cartilage.shapes import affine_of

    array = np.zeros((40, 40, 20), np.uint8)
    array[8:32, 16:22, 5:15] = 1
    names = {1: "lateral femoral cartilage", 2: "femur"}
    alone = divide(Scan(array, affine_of((0.5, 0.5, 1.0))), names)
    assert any("spans too little" in note for note in alone.notes)
    array[8:32, 22:30, 5:15] = 2
    found = divide(Scan(array, affine_of((0.5, 0.5, 1.0))), names)
    assert alone.depth is not None
    assert found.depth is not None
    middle = (slice(15, 25), slice(16, 22), slice(8, 12))
    assert (np.diff(found.depth.array[0][middle], axis=1) < 0).all()  # deeper downwards
    assert (np.diff(alone.depth.array[0][middle], axis=1) > 0).all()


def test_layers_that_cannot_be_are_refused() -> None:
    labels, _ = condyle((1.0, 1.0, 2.0))
    with pytest.raises(BadParameter, match="1 to 5"):
        divide(labels, NAMES, layers=6)
    with pytest.raises(BadParameter, match="DOSMA has 2"):
        divide(labels, NAMES, layers=3, definition="dosma")
    assert list(layers_of(np.array([0.0, 0.34, 0.99]), 3)) == [1, 2, 3]

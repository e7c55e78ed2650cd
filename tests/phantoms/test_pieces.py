"""Distances, lattices, noise, shading and settings of the phantom, each against a closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rice

from napari_mrsr.phantoms import shapes
from napari_mrsr.phantoms.anatomy import Anatomy
from napari_mrsr.phantoms.coil import gain
from napari_mrsr.phantoms.compose import Canvas
from napari_mrsr.phantoms.lattice import RandomField, carry, weights
from napari_mrsr.phantoms.layers import paint
from napari_mrsr.phantoms.materials import Materials
from napari_mrsr.phantoms.noise import rician
from napari_mrsr.phantoms.settings import LABELS, load
from napari_mrsr.phantoms.signal import noise_sigma, table
from napari_mrsr.phantoms.slab import Slab, sub_slices
from napari_mrsr.phantoms.subject import draw
from napari_mrsr.physics import dess
from napari_mrsr.physics.tissues import TISSUES


def points(n: int = 400, reach: float = 20.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return random points."""
    rng = np.random.default_rng(0)
    x, y, z = rng.uniform(-reach, reach, (3, n)).astype(np.float32)
    return x, y, z


def test_an_ellipsoid_with_equal_radii_is_a_sphere() -> None:
    p = points()
    np.testing.assert_allclose(shapes.ellipsoid(p, (1, 2, 3), (7, 7, 7)), shapes.sphere(p, (1, 2, 3), 7), atol=1e-4)


def test_a_straight_tube_is_a_capsule() -> None:
    x, y, z = points()
    along = np.clip(z, -10, 10)
    truth = np.sqrt(x**2 + y**2 + (z - along) ** 2) - 3
    np.testing.assert_allclose(shapes.tube((x, y, z), [(0, 0, -10), (0, 0, 0), (0, 0, 10)], 3.0), truth, atol=1e-3)


def test_a_loft_of_equal_circles_is_a_cylinder_away_from_its_ends() -> None:
    x, y, z = points(reach=8.0)
    distance = shapes.loft((x, y, z), [(-40, 1, 2, 5, 5), (40, 1, 2, 5, 5)])
    np.testing.assert_allclose(distance, np.hypot(x - 1, y - 2) - 5, atol=1e-3)


def test_a_strap_is_as_thick_as_told_along_its_normal() -> None:
    """A band leaning at 45 degrees, cut along x, shows its thickness times the square root of 2."""
    x = np.linspace(-10, 10, 4001, dtype=np.float32)
    zero = np.zeros_like(x)
    inside = shapes.strap((x, zero, zero), [(-20, 0, -20), (0, 0, 0), (20, 0, 20)], 1.1, 10.0) < 0
    assert inside.sum() * (x[1] - x[0]) == pytest.approx(1.1 * np.sqrt(2), abs=0.02)


def test_smooth_union_changes_nothing_away_from_the_seam() -> None:
    a, b = np.array([1.0, 5.0], np.float32), np.array([9.0, 1.0], np.float32)
    np.testing.assert_array_equal(shapes.union(a, b, 3.0), [1.0, 1.0])
    assert shapes.union(np.float32(1.0), np.float32(1.0), 3.0) == pytest.approx(0.25)


@settings(max_examples=20, deadline=None)
@given(st.floats(-5, 5), st.floats(-2, 2), st.floats(-0.3, 0.3))
def test_both_kernels_carry_straight_lines_exactly(offset: float, slope: float, shift: float) -> None:
    lattice = np.arange(-12.0, 13.0)
    x = np.linspace(-9, 9, 37) + shift
    for kernel in ("catmull_rom", "b_spline"):
        matrix = weights(x, -12.0, 1.0, 25, kernel)
        np.testing.assert_allclose(matrix @ (offset + slope * lattice), offset + slope * x, atol=1e-5)


def test_carry_is_separable_interpolation() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal((9, 10, 11)).astype(np.float32)
    matrices = tuple(rng.standard_normal((4, n)).astype(np.float32) for n in values.shape)
    for matrix in matrices:
        matrix[:, :2] = 0
    np.testing.assert_allclose(
        carry(values, matrices), np.einsum("ai,bj,ck,ijk", *matrices, values), rtol=1e-3, atol=1e-3
    )


def test_a_random_field_has_unit_spread_and_belongs_to_its_seed() -> None:
    axis = np.arange(-60, 60, 2.0)
    field = RandomField.draw(3, "some purpose", 5.0).on((axis, axis, axis))
    assert abs(field.mean()) < 0.1
    assert field.std() == pytest.approx(1, abs=0.08)
    again = RandomField.draw(3, "some purpose", 5.0).on((axis[7:9], axis[4:6], axis[1:2]))
    np.testing.assert_allclose(again, field[7:9, 4:6, 1:2], atol=1e-5)
    assert not np.allclose(RandomField.draw(3, "another", 5.0).on((axis, axis, axis)), field)


def test_noise_is_rician() -> None:
    signal = np.full((2, 40, 40, 40), 50.0, np.float32)
    noisy = rician(signal, 25.0, seed=2)
    mean, var = rice.stats(50 / 25, scale=25, moments="mv")
    assert noisy.mean() == pytest.approx(mean, rel=0.005)
    assert noisy.var() == pytest.approx(var, rel=0.02)
    assert abs(np.corrcoef(noisy[0].ravel(), noisy[1].ravel())[0, 1]) < 0.02, "echoes are independent"


def test_noise_of_a_block_is_that_of_the_whole() -> None:
    signal = np.full((1, 70, 50, 40), 10.0, np.float32)
    whole = rician(signal, 3.0, seed=9)
    block = rician(signal[:, 30:66, 5:40, 31:34], 3.0, seed=9, start=(30, 5, 31))
    np.testing.assert_array_equal(block, whole[:, 30:66, 5:40, 31:34])


def test_the_coil_is_smooth_and_one_at_the_joint() -> None:
    axis = np.arange(-60.0, 61.0, 4.0)
    shading = gain(4, (axis, axis, axis), load().coil)
    assert shading[15, 15, 15] == pytest.approx(1, abs=0.01)
    assert np.abs(np.diff(shading, axis=0)).max() < 0.25
    assert shading.min() > 0.2
    assert shading[15, 0, 15] < shading[15, 15, 15], "it falls off towards the thigh"


def test_tables_are_the_signals_of_the_model() -> None:
    t2 = np.array([25.0, 36.0, 52.0], np.float32)
    s1, s2 = table("cartilage")(t2)
    without = dess.signals(1200.0, t2, dess.DessSequence(23, 7, 20))
    # Diffusion takes 0.3 % of S1 and about 3 % of S2 with this spoiler.
    np.testing.assert_allclose(s1 / 1e4, without[0], rtol=0.006)
    assert ((without[1] - s2 / 1e4) / without[1] > 0.02).all()
    assert ((without[1] - s2 / 1e4) / without[1] < 0.04).all()


def test_sigma_is_the_cartilage_signal_over_the_frozen_ratio() -> None:
    frozen = load()
    s1, _ = table("cartilage")(np.array([36.4], np.float32))
    assert noise_sigma(frozen) == pytest.approx(0.85 * s1[0] / frozen.snr_cartilage, rel=0.02)


def test_frozen_relaxation_times_agree_with_the_physics_room() -> None:
    frozen = load().tissues
    pairs = {"cartilage": "cartilage", "muscle": "muscle", "fluid": "synovial fluid", "meniscus": "meniscus"}
    known = {name: TISSUES[name] for name in TISSUES}
    for ours, theirs in pairs.items():
        match = next((t for name, t in known.items() if theirs.split()[-1] in name), None)
        if match is not None:
            assert frozen[ours].t2 == pytest.approx(match.t2, rel=0.2), ours
            assert frozen[ours].t1 == pytest.approx(match.t1, rel=0.2), ours


def test_every_tissue_names_its_source_and_lies_within_its_limits() -> None:
    for name, tissue in load().tissues.items():
        assert tissue.source, name
        assert tissue.limits[0] <= tissue.t2 <= tissue.limits[1], name
        assert 0 < tissue.m0 <= 1, name


def test_slices_are_cut_until_they_are_as_thin_as_the_pixels() -> None:
    assert sub_slices((0.385, 0.385, 0.7)) == 2
    assert sub_slices((0.7, 0.7, 0.7)) == 1
    assert sub_slices((0.4, 0.4, 1.5)) == 4


def test_tissue_fractions_sum_to_one_in_every_voxel() -> None:
    frozen = load()
    subject = draw(6, frozen, side="right", diseased=True)
    anatomy = Anatomy(subject, frozen)
    axes = (-np.arange(-30, 34, 1.3), -np.arange(-28, 30, 1.3), np.arange(-58, -20, 1.9))
    canvas = Canvas(Slab(axes, (1.3, 1.3, 1.9), anatomy.fields), Materials(subject, frozen), keep_fractions=True)
    paint(canvas, frozen, anatomy.lines, anatomy.frames.scale)
    total = sum(canvas.fractions.values())
    # Shares below one in ten thousand are dropped, of at most a few bodies a voxel.
    np.testing.assert_allclose(total, 1.0, atol=1e-3)
    assert all((f >= 0).all() and (f <= 1.0001).all() for f in canvas.fractions.values())
    assert len(canvas.fractions) > 12
    assert set(canvas.fractions) <= set(LABELS)

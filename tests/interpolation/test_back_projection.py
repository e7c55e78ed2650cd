"""Iterative back-projection: the iteration as it is printed, what it converges to, and what it can give back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from napari_mrsr import in_plane, superres
from napari_mrsr.errors import BadParameter
from napari_mrsr.inference import consistency
from napari_mrsr.inference.measured_centre import hold
from napari_mrsr.interpolation import back_projection, interpolate, matrix
from napari_mrsr.interpolation.back_projection import blur, refine, residual
from napari_mrsr.sampling import degrade, thick_slices
from napari_mrsr.scan import Scan


@pytest.fixture
def plane() -> np.ndarray:
    """A disc with a hole, smooth borders, and a little noise."""
    i, j = np.meshgrid(np.arange(24) - 11.5, np.arange(20) - 9.5, indexing="ij")
    r = np.hypot(i, j)
    disc = 1 / (1 + np.exp(2 * (r - 8))) - 0.6 / (1 + np.exp(3 * (r - 3)))
    return disc + 0.02 * np.random.default_rng(0).standard_normal(disc.shape)


# -- the iteration ---------------------------------------------------------------------------------
@pytest.mark.parametrize("iterations", [1, 2, 7, 20])
def test_all_at_once_is_the_iteration_step_by_step(iterations: int, plane: np.ndarray) -> None:
    a = [thick_slices.matrix(2 * n, 2, "fir") for n in plane.shape]
    largest = [np.linalg.norm(m, 2) ** 2 for m in a]
    guess = matrix("tricubic", 24, 48) @ plane @ matrix("tricubic", 20, 40).T
    f = guess
    for _ in range(iterations):
        missing = plane - a[0] @ f @ a[1].T
        f = f + a[0].T @ missing @ a[1] / (largest[0] * largest[1])
    np.testing.assert_allclose(refine(plane, {0: 48, 1: 40}, iterations=iterations), f, atol=1e-10)


def test_without_an_iteration_it_is_the_first_guess(plane: np.ndarray) -> None:
    expected = interpolate(plane[..., None], "trilinear", 2, 0)[..., 0]
    np.testing.assert_allclose(refine(plane, {0: 48}, start="trilinear", iterations=0), expected, atol=1e-12)


@pytest.mark.parametrize("psf", ["fir", "gaussian"])
@pytest.mark.parametrize("sizes", [{0: 48, 1: 40}, {0: 48}, {0: 61, 1: 57}, {0: 96, 1: 80}])
def test_the_residual_shrinks_at_every_step_and_vanishes(sizes: dict[int, int], psf: str, plane: np.ndarray) -> None:
    axes = tuple(sizes)
    left = [
        np.linalg.norm(residual(refine(plane, sizes, psf=psf, iterations=n), plane, axes=axes, psf=psf))  # type: ignore[arg-type]
        for n in (0, 1, 2, 3, 5, 10, 20, 40, 800)
    ]
    assert all(after < before for before, after in pairwise(left))
    assert left[-1] < 1e-6 * np.linalg.norm(plane)


def test_what_is_measured_of_the_result_is_the_image_within_a_thousandth(plane: np.ndarray) -> None:
    fine = refine(plane, {0: 48, 1: 40})
    assert np.abs(residual(fine, plane, axes=(0, 1))).max() < 2e-3


# -- what it converges to --------------------------------------------------------------------------
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_along_slices_it_ends_at_the_image_nearest_to_the_guess_that_gives_the_thick_slices(factor: int) -> None:
    thick = np.random.default_rng(1).random((1, 3, 4, 16))
    guess = interpolate(thick, "tricubic", factor, 2)
    nearest = consistency.apply(guess, thick, axis=2, factor=factor, kind="hard")
    found = refine(thick, {3: 16 * factor}, iterations=2000)
    np.testing.assert_allclose(found, nearest, atol=1e-9)


def test_a_constant_has_no_residual_and_is_left_alone() -> None:
    np.testing.assert_allclose(refine(np.full((6, 5), 7.0), {0: 13, 1: 20}), 7.0, atol=1e-5)


def test_what_the_blur_took_from_a_wave_comes_back() -> None:
    # a wave that half-sample reflection continues as itself, so that the blur only makes it smaller
    n, d, periods = 40, 2, 20
    wave = np.cos(np.pi * periods * (np.arange(n * d) + 0.5) / (n * d))
    coarse = blur(n, n * d, "gaussian") @ wave
    lost = np.linalg.norm(coarse) / np.linalg.norm(wave[::d])
    assert lost == pytest.approx(np.exp(-0.5 * (np.pi * periods / (n * d) * d / back_projection.FWHM) ** 2), rel=1e-3)
    fine = refine(coarse, {0: n * d}, psf="gaussian", iterations=500)
    kept = [(x @ wave) / (wave @ wave) for x in (matrix("tricubic", n, n * d) @ coarse, fine)]
    assert kept[0] < 0.81
    assert kept[1] == pytest.approx(1, abs=0.04)


def test_beyond_the_coarse_grid_there_are_only_mirror_images() -> None:
    t = np.arange(64)
    low, high = (np.cos(2 * np.pi * f * t / 64) for f in (5, 27))
    np.testing.assert_allclose(low[::2], high[::2], atol=1e-9)  # the coarse grid cannot tell them apart
    gains = np.abs(np.fft.rfft(refine(low[::2], {0: 64}))) / 32
    assert gains[5] == pytest.approx(1, abs=0.05)
    assert gains[27] < 0.05


def test_a_cut_in_k_space_leaves_a_zero_filled_image_nothing_to_correct(plane: np.ndarray) -> None:
    odd = plane[:23, :19]  # of an even number of lines the outermost one has no partner, and is shared
    filled = matrix("fourier", 23, 46) @ odd @ matrix("fourier", 19, 38).T
    held = hold(filled[None, ..., None], odd[None, ..., None], (-3, -2))[0, ..., 0]
    np.testing.assert_allclose(held, filled, atol=1e-9)


def test_noise_is_raised_with_the_detail() -> None:
    noise = np.random.default_rng(3).standard_normal((400, 32))
    smooth, sharp = (noise @ matrix(method, 32, 64).T for method in ("tricubic", "ibp"))  # type: ignore[arg-type]
    assert sharp.std() > 1.02 * smooth.std()


# -- the blur, and the place -----------------------------------------------------------------------
@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("psf", ["fir", "gaussian"])
def test_at_whole_factors_the_blur_is_the_slice_profile(psf: str, factor: int) -> None:
    profile = thick_slices.matrix(20 * factor, factor, psf)  # type: ignore[arg-type]
    np.testing.assert_allclose(blur(20, 20 * factor, psf), profile, atol=2e-5)  # type: ignore[arg-type]


@pytest.mark.parametrize("psf", ["fir", "gaussian"])
def test_between_whole_factors_it_keeps_a_constant_and_the_place(psf: str) -> None:
    a = blur(30, 71, psf)  # type: ignore[arg-type]
    np.testing.assert_allclose(a.sum(axis=1), 1, atol=1e-12)
    inside = slice(12, 19)
    np.testing.assert_allclose((a @ np.arange(71.0))[inside], np.arange(30)[inside] * 71 / 30, atol=0.02)


@pytest.mark.parametrize("size", [48, 61, 73])
def test_a_point_stays_where_it_is(size: int) -> None:
    d, at = size / 24, np.arange(size)
    fine = np.exp(-0.5 * ((at - 11 * d) / d) ** 2)  # about coarse sample 11
    coarse = np.exp(-0.5 * (np.arange(24) - 11.0) ** 2)
    found = refine(coarse, {0: size})
    assert (at @ found) / found.sum() == pytest.approx((at @ fine) / fine.sum(), abs=0.02)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_in_plane_the_whole_plane_is_corrected_at_once(axis: int, plane: np.ndarray) -> None:
    volume = np.moveaxis(np.stack([plane, 2 * plane, plane[::-1]], axis=-1), -1, axis)[None].astype(np.float32)
    scan = Scan(volume, np.diag([1, 1, 1, 1]), slice_axis=axis)
    found = in_plane.sharpen(scan, method="ibp", matrix=(50, 41))
    one = np.moveaxis(found.array[0], axis, -1)[..., 1]
    np.testing.assert_allclose(one, refine(2 * plane, {0: 50, 1: 41}), atol=1e-5)
    assert found.history[-1].parameters["method"] == "ibp"


def test_along_slices_it_is_chosen_by_name_and_gains_over_its_first_guess() -> None:
    rng = np.random.default_rng(4)
    i, k = np.meshgrid(np.arange(12), np.arange(64), indexing="ij")
    thin = np.stack([300 + 100 * np.cos(0.9 * k + 0.4 * i + p) + 80 * (k > 20 + i) for p in rng.random(5)])
    scan = Scan(thin[None].astype(np.float32), np.diag([1, 1, 1, 1]), slice_axis=2)
    thick = degrade(scan, factor=2, axis=2)
    error = {
        m: np.square(superres.super_resolve(thick, method=m).array - scan.array).mean() for m in ("tricubic", "ibp")
    }
    assert error["ibp"] < 0.9 * error["tricubic"]


# -- what is refused -------------------------------------------------------------------------------
def test_impossible_parameters_are_refused(plane: np.ndarray) -> None:
    with pytest.raises(BadParameter, match="finer grid"):
        blur(24, 12)
    with pytest.raises(BadParameter, match="point spread"):
        blur(24, 48, "square")  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="iterations"):
        refine(plane, {0: 48}, iterations=-1)
    with pytest.raises(BadParameter):
        refine(plane, {0: 12})

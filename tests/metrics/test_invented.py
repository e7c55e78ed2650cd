"""Edges planted and wiped out, blur, noise and false detail: what the numbers say of each is known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch
from napari_mrsr.interpolation import matrix
from napari_mrsr.metrics.edge_changes import edge_energy, edge_maps, edges
from napari_mrsr.metrics.invented import beyond, high_frequencies, invented, of_slices

HALF = (48, 48)


def square(row: int, column: int, side: int = 20, height: float = 100.0) -> np.ndarray:
    """Return a square on 96 x 96 pixels; blurred by a pixel, each of its four sides is two pixels shorter."""
    image = np.zeros((96, 96))
    image[row : row + side, column : column + side] = height
    return image


def zero_filled(image: np.ndarray) -> np.ndarray:
    return image - high_frequencies(image, HALF)


@pytest.fixture
def texture() -> np.ndarray:
    """Grey levels of all frequencies, without a constant."""
    return np.random.default_rng(0).standard_normal((96, 96))


# -- edges -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 0.5), (0.9, 0.4)])
def test_the_border_of_a_planted_square_is_added(spacing: tuple[float, float]) -> None:
    truth = square(10, 10)
    found = edges(truth, truth + square(60, 60), spacing=spacing)
    border = 4 * 18 * np.sqrt(spacing[0] * spacing[1])
    assert found.true == pytest.approx(border, rel=0.05)
    assert found.added == pytest.approx(border, rel=0.05)
    assert found.lost == 0


def test_an_edge_that_is_wiped_out_is_lost_and_nothing_is_added() -> None:
    found = edges(square(10, 10) + square(60, 60, 10), square(10, 10))
    assert found.lost == pytest.approx(4 * 8, rel=0.05)
    assert found.added == 0
    assert found.lost_share == pytest.approx(4 * 8 / (4 * 8 + 4 * 18), abs=0.02)


def test_what_is_added_beyond_the_band_lies_at_the_planted_square() -> None:
    truth = square(10, 10)
    added, lost, true = edge_maps(truth, truth + square(60, 60), HALF)
    assert not lost.any()
    where = np.nonzero(added)
    assert min(map(np.min, where)) >= 57
    assert max(map(np.max, where)) <= 82
    assert added.sum() == pytest.approx(true.sum(), rel=0.02)  # squares of one size
    assert 72 <= true.sum() <= 3 * 80  # up to three lines side by side


@pytest.mark.parametrize(("moved", "share"), [(0, 0.0), (1, 0.0), (4, 0.5)])
def test_within_a_pixel_an_edge_is_the_same_edge(moved: int, share: float) -> None:
    found = edges(square(10, 10), square(10 + moved, 10))
    assert found.added_share == pytest.approx(share, abs=0.12)  # the two sides along the movement stay
    assert found.lost_share == pytest.approx(share, abs=0.12)


def test_an_edge_that_rises_the_other_way_is_another_edge() -> None:
    found = edges(square(30, 30), 100 - square(30, 30))
    assert found.added_share == pytest.approx(1)
    assert found.lost_share == pytest.approx(1)


def test_blur_of_half_a_pixel_loses_no_edge_of_the_slice_and_three_pixels_lose_all() -> None:
    truth = square(30, 30)
    assert edges(truth, gaussian_filter(truth, 0.5)).lost == 0
    assert edges(truth, gaussian_filter(truth, 8)).lost_share == 1
    assert edges(truth, gaussian_filter(truth, 8)).added == 0


def test_zero_filled_slices_lose_all_edges_beyond_the_band_and_add_none() -> None:
    truth = square(20, 30) + gaussian_filter(square(60, 50), 3)
    filled = zero_filled(truth)
    found = edges(truth, filled, HALF)
    assert (found.added, found.lost_share) == (0, 1)
    energy = edge_energy(truth, filled, HALF)
    assert energy.added == pytest.approx(0, abs=1e-12)
    assert energy.lost == pytest.approx(1)


def test_a_smooth_spot_adds_nothing_beyond_the_band() -> None:
    truth = square(20, 20)
    spot = gaussian_filter(square(60, 60), 4)
    assert edges(truth, truth + spot, HALF).added == 0
    assert edge_energy(truth, truth + spot, HALF).added < 1e-4


def test_the_energy_of_a_planted_square_is_that_of_the_true_one() -> None:
    truth = square(10, 10)
    added = edge_energy(truth, truth + square(60, 60), HALF)
    assert added.added == pytest.approx(1, abs=0.05)
    assert added.lost < 0.01
    weaker = edge_energy(truth, truth + square(60, 60, height=30), HALF)
    assert weaker.added == pytest.approx(0.09, abs=0.01)


def test_energy_moved_by_a_pixel_counts_for_little_moved_by_more_for_much() -> None:
    truth = square(30, 30)
    near, far = (edge_energy(truth, np.roll(truth, n, 0), HALF) for n in (1, 9))
    assert near.added < 0.1
    assert far.added > 0.4
    assert far.lost == pytest.approx(far.added, rel=0.01)


# -- beyond the band -------------------------------------------------------------------------------
@pytest.mark.parametrize("acquired", [(48, 48), (47, 33), (96, 30), (1, 1)])
def test_what_is_beyond_the_band_holds_none_of_the_measured_frequencies(
    texture: np.ndarray, acquired: tuple[int, int]
) -> None:
    spectrum = np.abs(np.fft.fft2(high_frequencies(texture, acquired)))
    f = np.abs(np.fft.fftfreq(96, 1 / 96))
    inside = (f[:, None] <= acquired[0] / 2) & (f[None] <= acquired[1] / 2)
    assert spectrum[inside].max() < 1e-9
    np.testing.assert_allclose(spectrum[~inside], np.abs(np.fft.fft2(texture))[~inside], atol=1e-9)


@pytest.mark.parametrize(("kept", "false"), [(0.0, 0.0), (0.5, 0.0), (1.0, 0.3), (-0.4, 0.8), (0.7, 1.2)])
def test_true_and_false_detail_are_told_apart(texture: np.ndarray, kept: float, false: float) -> None:
    t = high_frequencies(texture, HALF)
    other = high_frequencies(np.random.default_rng(1).standard_normal(t.shape), HALF)
    other -= t * (other * t).sum() / (t * t).sum()
    other *= np.linalg.norm(t) / np.linalg.norm(other)
    found = beyond(texture, zero_filled(texture) + kept * t + false * other, HALF)
    assert found.sharpness == pytest.approx(kept**2 + false**2, abs=1e-9)
    assert found.towards == pytest.approx(kept, abs=1e-9)
    assert found.away == pytest.approx(kept**2 + false**2 - kept, abs=1e-9)
    assert found.explained == pytest.approx(1 - (1 - kept) ** 2 - false**2, abs=1e-9)
    if kept or false:
        assert found.correlation == pytest.approx(kept / np.hypot(kept, false), abs=1e-9)
    else:
        assert np.isnan(found.correlation)


def test_the_guess_of_least_square_error_explains_as_much_as_it_is_sharp(texture: np.ndarray) -> None:
    t = high_frequencies(texture, HALF)
    noisy = t + high_frequencies(np.random.default_rng(5).standard_normal(t.shape), HALF)
    best = t.mean() + (noisy * t).sum() / (noisy * noisy).sum() * noisy
    found = beyond(texture, zero_filled(texture) + best, HALF)
    assert found.explained == pytest.approx(found.sharpness, abs=1e-9)
    assert found.explained == pytest.approx(0.5, abs=0.03)
    assert found.away == pytest.approx(0, abs=1e-9)
    full = beyond(texture, zero_filled(texture) + best * np.linalg.norm(t) / np.linalg.norm(best), HALF)
    assert full.sharpness == pytest.approx(1)
    assert full.explained < found.explained
    assert full.away > 0.2


def test_noise_is_invented_as_strongly_as_it_is() -> None:
    truth = square(20, 30)
    noise = 5 * np.random.default_rng(2).standard_normal(truth.shape)
    found = beyond(truth, truth + noise, HALF)
    part = 1 - (49 / 96) ** 2  # of white noise lies beyond the band
    expected = 25 * truth.size * part / np.square(high_frequencies(truth, HALF)).sum()
    assert found.away == pytest.approx(expected, rel=0.1)
    assert found.towards == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("method", ["nearest", "trilinear", "tricubic", "ibp"])
def test_interpolation_is_sharp_without_being_right(method: str) -> None:
    rng = np.random.default_rng(3)
    truth = sum(
        square(int(r), int(c), int(n))
        for r, c, n in zip(*rng.integers(8, 60, (2, 9)), rng.integers(6, 30, 9), strict=True)
    )
    coarse = np.fft.ifft2(np.fft.ifftshift(np.fft.fftshift(np.fft.fft2(truth))[24:72, 24:72])).real / 4
    up = matrix(method, 48, 96)  # type: ignore[arg-type]
    found = beyond(truth, up @ coarse @ up.T, HALF)
    assert abs(found.towards) < 0.17
    assert found.sharpness > 0.01


def test_the_truth_itself_is_perfect_in_all_numbers(texture: np.ndarray) -> None:
    numbers = invented(texture, texture, HALF).numbers()
    assert numbers["sharpness"] == numbers["towards"] == pytest.approx(1)
    assert all(
        value == pytest.approx(0, abs=1e-9) for name, value in numbers.items() if "added" in name or "lost" in name
    )


# -- where, and what is refused --------------------------------------------------------------------
def test_only_the_pixels_asked_for_count() -> None:
    truth = square(10, 10)
    test = truth + square(60, 60)
    here = np.zeros(truth.shape, bool)
    here[:48, :48] = True
    found = invented(truth, test, HALF, within=here)
    assert found.edges.added == 0
    assert found.energy.added < 1e-3
    assert found.beyond.towards == pytest.approx(1, abs=0.02)
    assert invented(truth, test, HALF).edges.added > 60


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_along_any_axis_and_empty_ones_are_left_out(axis: int) -> None:
    planes = [square(10, 10), np.zeros((96, 96)), square(40, 30)]
    truth = np.stack(planes, axis=axis)
    test = np.stack([planes[0], planes[1], planes[2] + square(70, 5)], axis=axis)
    spacing = tuple(np.insert([0.5, 0.5], axis, 4.0))
    found = dict(of_slices(truth, test, HALF, axis=axis, spacing=spacing))  # type: ignore[arg-type]
    assert list(found) == [0, 2]
    assert found[0].edges.added == 0
    assert found[2].edges.added == pytest.approx(0.5 * 4 * 18, rel=0.05)


def test_what_cannot_be_compared_is_refused() -> None:
    image = square(10, 10)
    with pytest.raises(GeometryMismatch):
        invented(image, image[:-1], HALF)
    with pytest.raises(GeometryMismatch):
        invented(image, image, HALF, within=np.ones((3, 3), bool))
    for acquired in ((97, 48), (0, 48)):
        with pytest.raises(BadParameter, match="no centre"):
            beyond(image, image, acquired)
    with pytest.raises(BadParameter, match="finite"):
        invented(image, np.where(image > 0, np.nan, image), HALF)
    with pytest.raises(BadParameter, match="no slice"):
        invented(image[None], image[None], HALF)
    with pytest.raises(ConstantImage, match="beyond"):
        beyond(image, image, image.shape)  # type: ignore[arg-type]
    with pytest.raises(ConstantImage):
        edges(np.ones((8, 8)), np.ones((8, 8)))
    with pytest.raises(ConstantImage):
        edges(image, image, within=np.zeros(image.shape, bool))

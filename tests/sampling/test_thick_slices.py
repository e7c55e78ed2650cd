"""Thick slices are what the paper's filter, written by scipy, gives; their place does not move."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import convolve1d
from scipy.signal import firwin, freqz

from napari_mrsr.errors import BadParameter
from napari_mrsr.sampling import ThickSlices, degrade, thick_slices
from napari_mrsr.scan import Scan


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_fir_equals_scipys_filter_and_stride(factor: int) -> None:
    x = np.random.default_rng(0).random((3, 100))
    expected = convolve1d(x, firwin(49, 1 / factor), axis=1, mode="reflect")[:, ::factor]
    np.testing.assert_allclose(ThickSlices(x.shape, 1, factor)(x), expected, atol=1e-12)


def test_filter_passes_half_the_amplitude_at_its_cut_off() -> None:
    _, response = freqz(thick_slices.profile_taps(2), worN=[np.pi / 2])
    assert 20 * np.log10(abs(response[0])) == pytest.approx(-6.0, abs=0.1)


def test_box_of_even_width_halves_its_outer_slices() -> None:
    np.testing.assert_allclose(thick_slices.profile_taps(2, "box"), [0.25, 0.5, 0.25])
    np.testing.assert_allclose(thick_slices.profile_taps(3, "box"), [1 / 3] * 3)


def test_gaussian_has_the_width_of_the_thick_slice() -> None:
    taps = thick_slices.profile_taps(4, "gaussian")
    centre = len(taps) // 2
    assert taps[centre + 2] / taps[centre] == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("profile", ["fir", "box", "gaussian"])
def test_a_bright_slice_stays_in_its_place(factor: int, profile: thick_slices.Profile) -> None:
    affine = np.array([[0, 0, 0.7, 10], [0.5, 0, 0, -3], [0, 0.5, 0, 7], [0, 0, 0, 1.0]])
    thin = Scan(np.zeros((1, 2, 2, 48 * factor), np.float32), affine)
    bright = 24 * factor
    thin.array[..., bright] = 1
    thick = degrade(thin, factor=factor, axis=2, profile=profile)
    k = int(thick.array[0, 0, 0].argmax())
    np.testing.assert_allclose(thick.affine @ [0, 0, k, 1], affine @ [0, 0, bright, 1])


@pytest.mark.parametrize("factor", [0, -1, 1.5])
def test_an_impossible_factor_is_refused(factor: float) -> None:
    with pytest.raises(BadParameter, match="whole number"):
        degrade(Scan(np.ones((1, 8, 8, 8), np.float32), np.diag([1, 1, 2, 1])), factor=factor)  # type: ignore[arg-type]


def test_too_few_slices_are_refused() -> None:
    with pytest.raises(BadParameter, match="too few"):
        degrade(Scan(np.ones((1, 8, 8, 3), np.float32), np.diag([1, 1, 2, 1])), factor=2)


def test_kspace_of_a_scan_keeps_its_first_voxel_and_field_of_view() -> None:
    rng = np.random.default_rng(0)
    scan = Scan(rng.random((1, 32, 24, 3), np.float32), np.diag([1.0, 1.0, 5.0, 1]))
    small = degrade(scan, kspace=0.25)
    assert small.shape == (16, 12, 3)
    assert small.spacing == (2.0, 2.0, 5.0)
    np.testing.assert_allclose(small.affine[:, 3], scan.affine[:, 3])
    assert small.array.mean() == pytest.approx(scan.array.mean(), rel=0.01)  # the magnitude lifts noise a little

"""The edge that zero-filling leaves in a spectrum, against cuts of known share."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.metrics.band_edge import band_edges
from tests.zero_filling import detailed, filled


@pytest.mark.parametrize("share", [0.3, 0.625, 0.85])
def test_the_share_of_a_cut_is_found_to_within_three_percent(share):
    edge = band_edges(filled(detailed(), share))[0]
    assert edge.share == pytest.approx(share, abs=0.03)
    assert edge.excess > 12


def test_a_full_band_has_no_deep_edge():
    assert all(edge.excess < 6 for edge in band_edges(filled(detailed(), 1.0)).values())


def test_a_filter_that_rounds_k_space_is_deep_but_not_sharp():
    volume = detailed()
    k = np.fft.fft(volume, axis=0)
    f = np.abs(np.fft.fftfreq(len(volume))) * 2
    soft = np.abs(np.fft.ifft(k * (1 / (1 + np.exp((f - 0.6) / 0.08)))[:, None, None], axis=0))
    assert band_edges(soft)[0].sharpness < band_edges(filled(volume, 0.6))[0].sharpness / 4


def test_small_and_empty_volumes_have_no_edges():
    assert band_edges(np.zeros((64, 64, 8))) == {}
    assert band_edges(np.ones((16, 16, 16))) == {}
    assert set(band_edges(detailed())) == {0, 1}


def test_only_the_axes_asked_for_are_told():
    assert set(band_edges(detailed(), (0, 1))) == {0, 1}

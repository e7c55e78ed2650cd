"""SSIM, edge width and Fourier shell correlation on a slab of a real brain."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from scipy import ndimage
from scipy.signal import firwin
from skimage.metrics import structural_similarity

from napari_mrsr.metrics import ssim
from napari_mrsr.metrics.sharpness import edge_width, fourier_shell_correlation

Brain = tuple[np.ndarray, np.ndarray, tuple[float, float, float]]


@pytest.fixture(scope="module")
def brain(real_data: Path) -> Brain:
    """Return a T1-weighted block, the same in slices twice as thick along i (not yet thinned out), and the spacing."""
    image = nibabel.load(real_data / "brain" / "t1w_0p7mm.nii.gz")
    sharp = np.asarray(image.dataobj[80:176, 120:216, 120:216], np.float32)
    thick = ndimage.convolve1d(sharp, firwin(49, 1 / 2), axis=0, mode="reflect")
    return sharp, thick, tuple(float(s) for s in image.header.get_zooms()[:3])


def test_ssim_is_that_of_scikit_image(brain: Brain) -> None:
    sharp, thick, _ = brain
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = structural_similarity(sharp, thick, data_range=float(np.ptp(sharp)), **options)
    assert ssim(sharp, thick) == pytest.approx(expected, abs=1e-5)
    assert 0.8 < expected < 0.99


def test_thick_slices_cost_resolution_along_their_axis_only(brain: Brain) -> None:
    sharp, thick, spacing = brain
    for axis, (least, most) in enumerate([(1.5, 2.0), (0.99, 1.01), (0.99, 1.01)]):
        found = fourier_shell_correlation(sharp, thick, spacing, axis=axis).effective_spacing(0.5)
        assert least < found / spacing[axis] < most


def test_thick_slices_widen_the_edges_along_their_axis(brain: Brain) -> None:
    sharp, thick, spacing = brain
    wider = [edge_width(thick, spacing, a).width / edge_width(sharp, spacing, a).width for a in (0, 1)]
    assert wider[0] > 1.2
    assert wider[1] == pytest.approx(1, abs=0.15)

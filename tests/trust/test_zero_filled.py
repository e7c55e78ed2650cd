"""Whether a scan was zero-filled before: known shares through what happens to scans, and no false alarms."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
from scipy import ndimage

from napari_mrsr.files import read_scan
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.trust.zero_filled import along_slices_in_words, in_words, zero_filled
from tests.zero_filling import detailed, filled


def scan_of(volume, spacing=(1.0, 1.0, 3.0)):
    return Scan(volume, np.diag([*spacing, 1.0]), slice_axis=2)


def stripped(volume):
    """A mask that cuts some voxels deep into the object, slice by slice."""
    return ndimage.binary_erosion(volume > 0, np.ones((3, 3, 1), bool), iterations=6)


@pytest.fixture(scope="module")
def fine():
    return detailed()


@pytest.mark.parametrize("share", [0.3, 0.45, 0.6, 0.7, 0.8])
def test_a_zero_filled_axis_is_told_with_its_share(fine, share):
    found = zero_filled(scan_of(filled(fine, share)), (0, 1))
    assert set(found.shares) == {0}
    assert found.shares[0] == pytest.approx(share, abs=0.03)
    assert found.measured[0] == pytest.approx(160 * share, abs=8)
    assert found.measured[1:] == (144, 12)


def test_both_axes_are_told(fine):
    found = zero_filled(scan_of(filled(fine, 0.5, other=0.75)), (0, 1))
    assert found.shares == pytest.approx({0: 0.5, 1: 0.75}, abs=0.03)


def test_a_full_band_is_not_told(fine):
    for noise in (0.0, 0.01, 0.1):
        assert not zero_filled(scan_of(filled(fine, 1.0, noise=noise)))


def test_slices_that_were_zero_filled_are_told():
    volume = filled(detailed((64, 96, 64)), 0.5, axis=2)
    scan = scan_of(volume, (1, 1, 1))
    assert along_slices_in_words(scan, 2).startswith("zero-filled from about 32 to 64 slices before")
    assert in_words(scan, 2) is None


@pytest.mark.parametrize("how", ["noise", "8 bits", "stripped", "both"])
def test_noise_rounding_and_a_cut_out_skull_do_not_hide_it(fine, how):
    volume = filled(fine, 0.6, noise=0.05 if how == "noise" else 0.01)
    if how in ("8 bits", "both"):
        volume = np.round(np.clip(volume / np.percentile(volume, 99.9), 0, 1) * 255)
    if how in ("stripped", "both"):
        volume = volume * stripped(fine)
    found = zero_filled(scan_of(volume), (0, 1))
    assert found.shares == pytest.approx({0: 0.6}, abs=0.03)


def test_masks_and_rounding_alone_are_no_zero_filling(fine):
    volume = filled(fine, 1.0)
    mask = stripped(fine)
    for other in (volume * mask, np.round(volume / volume.max() * 255)):
        assert not zero_filled(scan_of(other))


def test_linear_interpolation_on_top_lowers_the_share(fine):
    volume = ndimage.zoom(filled(fine, 0.75), (1.25, 1, 1), order=1)
    assert zero_filled(scan_of(volume), (0, 1)).shares[0] == pytest.approx(0.6, abs=0.03)


def test_linear_interpolation_alone_leaves_no_edge_and_is_not_told_as_zero_filling(fine):
    volume = ndimage.zoom(filled(fine, 1.0)[:128], (1.25, 1, 1), order=1)
    found = zero_filled(scan_of(volume), (0, 1))
    assert 1 not in found.shares


def test_the_matrix_of_the_header_is_believed_where_it_is_near(fine):
    scan = scan_of(filled(fine, 0.55))
    stated = scan.with_acquisition(others=MappingProxyType({"AcquisitionMatrix": [0, 144, 90, 0]}))
    assert zero_filled(scan).measured[0] == 88
    assert zero_filled(stated).measured[0] == 90


def test_the_line_says_what_which_and_what_to_do_and_doing_it_helps(fine):
    scan = scan_of(filled(fine, 0.5))
    line = in_words(scan, 2)
    assert line.startswith("zero-filled from about 80 x 144 to 160 x 144 before")
    assert line.endswith("degrade --matrix 80x144")
    assert in_words(degrade(scan, matrix=(80, 144)), 2) is None


@pytest.mark.parametrize(
    ("path", "shares"),
    [
        ("knee/qdess_lateral/echo1", {0: 320 / 512}),
        ("knee/mese_t2", {1: 0.8}),
        ("abdomen/gre_3d_te1.476.nii.gz", {0: 0.45, 1: 0.5}),
        ("abdomen/gre_3d_te4.476.nii.gz", {0: 0.45, 1: 0.5}),
        ("brain/t1w_0p7mm.nii.gz", {}),
        ("brain/flair_1mm.nii.gz", {}),
        ("brain/t2w_1mm_stripped.nii.gz", {}),
        ("brain/t2w_2d.nii.gz", {}),
        ("brain/vfa/T1w.nii.gz", {}),
        ("brain/vfa/PDw.nii.gz", {}),
        ("brain/vfa/MTw.nii.gz", {}),
        ("abdomen/t2w_sub01.nii.gz", {}),
        ("abdomen/b0_philips_01/01001__B0_map_expiration_volume_2DMS_product_auto_e1.nii.gz", {}),
        ("abdomen/b0_siemens_02/0039_bh_b0map_default_bh_b0map_default_e1.nii.gz", {}),
        ("dicom/oblique_classic", {}),
    ],
)
def test_real_scans_are_told_rightly(real_data, path, shares):
    assert zero_filled(read_scan(real_data / path)).shares == pytest.approx(shares, abs=0.04)


def test_the_header_of_the_knee_and_its_k_space_agree(real_data):
    assert zero_filled(read_scan(real_data / "knee/qdess_lateral/echo1")).measured == (320, 512, 38)


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_a_real_brain_that_is_zero_filled_is_told(real_data, share):
    volume = read_scan(real_data / "brain/t1w_0p7mm.nii.gz").array[0]
    cut = np.ascontiguousarray(np.moveaxis(volume[100:148, 64:320, 64:320], 0, -1))
    found = zero_filled(scan_of(filled(cut / cut.max(), share)), (0, 1))
    assert found.shares == pytest.approx({0: share}, abs=0.03)

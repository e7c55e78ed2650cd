"""Tissues of a head from its T1-weighted scan: of phantoms, whose shares are known, and of a real head."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from napari_mrsr.errors import BadParameter, ConstantImage
from napari_mrsr.phantoms.brain import BrainPhantom, brain
from napari_mrsr.phantoms.brain.contrasts import Protocol
from napari_mrsr.scan import Scan
from napari_mrsr.training.brain_heads import head_of, tissue_maps
from napari_mrsr.training.brain_mask import brain_mask
from napari_mrsr.training.brain_tissues import Anatomy, brain_tissues, classify, isotropic


@cache
def head() -> BrainPhantom:
    """The upper half of a brain at 3 mm."""
    return brain(8, spacing=3, shape=(50, 62, 26), centre=(0, -14, 30), lesions="none")


@cache
def inside() -> np.ndarray:
    """Where its brain is, with the fluid within."""
    share = sum(head().share_of(name) for name in ("white matter", "grey matter", "CSF"))
    return np.asarray(share > 0.7)


@cache
def t1w() -> Scan:
    """Its T1-weighted image with noise, shaded by B1 alone."""
    return head().weighted(Protocol().signals()["T1w"], "T1w", snr=40, coil=False)


@cache
def anatomy() -> Anatomy:
    """Its shares as an anatomy, without finding them."""
    return Anatomy(head().fractions, head().labels.affine, 3.0, inside(), {}, ())


# -- tissues -------------------------------------------------------------------------------------------
def test_tissues_of_a_phantom_are_found_again_in_spite_of_shading() -> None:
    shares, contrast, _ = classify(t1w().array[0], inside(), 3.0)
    core = binary_erosion(inside(), iterations=2)
    least = {"CSF": 0.65, "grey matter": 0.8, "white matter": 0.9}
    for share, name in zip(shares, least, strict=True):
        assert np.corrcoef(share[core], head().share_of(name)[core])[0, 1] > least[name], name
        assert share[core].mean() == pytest.approx(head().share_of(name)[core].mean(), abs=0.08), name
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-4)
    assert contrast > 2
    np.testing.assert_array_equal(classify(t1w().array[0], inside(), 3.0)[0], shares)


def test_a_ball_in_the_dark_is_found_as_the_brain() -> None:
    """A bright ball of 60 mm within a dark gap and a bright shell."""
    x = np.ogrid[:90, :90, :90]
    r = 2.0 * np.sqrt(sum((c - 45) ** 2 for c in x))
    volume = np.where(r < 60, 100.0, np.where(r < 70, 10.0, np.where(r < 78, 120.0, 0.0))).astype(np.float32)
    ball = brain_mask(volume, 2.0)
    want = r < 60
    assert 2 * (ball & want).sum() / (ball.sum() + want.sum()) > 0.93


def test_the_order_of_voxels_in_the_file_does_not_matter() -> None:
    scan = t1w()
    turned = (scan.affine @ np.diag([-1, 1, 1, 1]) + np.outer(scan.affine[:, 0], [0, 0, 0, scan.shape[0] - 1]))[
        :, [1, 0, 2, 3]
    ]
    flipped = replace(scan, array=scan.array[:, ::-1].transpose(0, 2, 1, 3), affine=turned)
    volume, affine = isotropic(flipped, 3.0)
    np.testing.assert_array_equal(volume, scan.array[0])
    np.testing.assert_allclose(affine, scan.affine, atol=1e-6)
    assert nib.aff2axcodes(affine) == ("L", "P", "S")


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(ConstantImage):
        brain_tissues(Scan(np.zeros((8, 8, 8), np.float32), np.diag([1.0, 1, 1, 1])))
    with pytest.raises(BadParameter):
        brain_tissues(t1w(), spacing=3.0)


def test_a_real_head_shaded_and_cut_by_the_field_of_view(real_data: Path) -> None:
    """An old person scanned for variable flip angles: centre three times as dark as the rim, vertex and brow cut."""
    from napari_mrsr.files import read_scan

    found = brain_tissues(read_scan(real_data / "brain" / "vfa" / "T1w.nii.gz"), spacing=1.5)
    assert 400 < found.quality["white matter"] < 950
    assert 500 < found.quality["grey matter"] < 950
    assert found.quality["contrast"] > 2.5
    total = sum(found.fractions[name] for name in found.fractions)
    assert total.max() < 1.001
    np.testing.assert_allclose(total[binary_erosion(found.brain, iterations=2)], 1, atol=5e-3)


# -- heads ---------------------------------------------------------------------------------------------
def test_the_same_anatomy_gets_other_values_by_another_seed() -> None:
    one, other = (tissue_maps(anatomy(), seed, lesions="none") for seed in (1, 2))
    assert one.t1.shape == other.t1.shape
    white = head_of(anatomy(), 1, lesions="none").fractions["white matter"] > 0.98
    assert 650 < np.median(one.t1[white]) < 1050
    assert np.median(one.t1[white]) != pytest.approx(np.median(other.t1[white]), rel=1e-3)
    low = tissue_maps(anatomy(), 1, 1.5, lesions="none")
    assert np.median(low.t1[white]) < 0.9 * np.median(one.t1[white])


def test_lesions_take_the_place_of_brain() -> None:
    sick, well = (head_of(anatomy(), 4, lesions=kind) for kind in ("infarct", "none"))
    share = sick.share_of("lesion")
    assert float(share.sum()) * 27 / 1000 > 1
    total = sum(sick.fractions[name] for name in sick.fractions)
    np.testing.assert_allclose(total, sum(well.fractions[name] for name in well.fractions), atol=5e-3)
    core = share > 0.9
    assert np.nanmean(sick.maps.t2[core]) > 1.3 * np.nanmean(well.maps.t2[core])


def test_a_head_of_real_anatomy_lies_where_the_scan_lies() -> None:
    made = head_of(anatomy(), 1, lesions="none")
    origin = nib.affines.apply_affine(made.labels.affine, (0, 0, 0))
    corner = np.linalg.solve(anatomy().affine, [*origin, 1])[:3].round().astype(int)
    cut = tuple(slice(c, c + n) for c, n in zip(corner, made.labels.shape, strict=True))
    np.testing.assert_allclose(made.fractions["CSF"], anatomy().fractions["CSF"][cut], atol=2e-3)

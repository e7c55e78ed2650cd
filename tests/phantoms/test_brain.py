"""The head phantom is a head, and tells the truth about itself."""

from __future__ import annotations

from functools import cache

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.brain import BRAIN_LABELS, BrainPhantom, brain
from napari_mrsr.phantoms.brain.contrasts import Protocol, together, weighted
from napari_mrsr.phantoms.brain.lesions import Lesions
from napari_mrsr.phantoms.brain.phantom import GAIN
from napari_mrsr.phantoms.brain.tissues import NUMBER, SUBSTANCES, materials


@cache
def head(seed: int = 5, lesions: Lesions = "none", field: float = 3.0) -> BrainPhantom:
    """A whole head at 4 mm."""
    return brain(seed, spacing=4, lesions=lesions, field=field)


def where(phantom: BrainPhantom, name: str) -> np.ndarray:
    """Return the positions of a tissue's voxels, RAS mm, ``(n, 3)``."""
    index = np.argwhere(phantom.labels.array[0] == NUMBER[name])
    return nib.affines.apply_affine(phantom.labels.affine, index)


# -- the same person -----------------------------------------------------------------------------------
def test_a_seed_gives_the_same_head_twice_and_another_seed_another_person() -> None:
    small = {"spacing": 4, "shape": (14, 14, 10), "centre": (25, -10, 45)}
    first, again, other = (brain(seed, **small) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.labels.array, again.labels.array)
    np.testing.assert_array_equal(first.maps.t1, again.maps.t1)
    assert (first.labels.array != other.labels.array).mean() > 0.02
    assert first.materials["white matter"].t1 != other.materials["white matter"].t1


def test_a_block_equals_the_cut_of_the_whole() -> None:
    whole = brain(5, spacing=4, shape=(24, 28, 24), centre=(0, -10, 0), lesions="tumour")
    block = brain(5, spacing=4, shape=(12, 12, 12), centre=(8, -18, 12), lesions="tumour")
    corner = np.linalg.solve(whole.labels.affine, block.labels.affine @ (0, 0, 0, 1))[:3].round().astype(int)
    cut = tuple(slice(c, c + n) for c, n in zip(corner, block.labels.shape, strict=True))
    for name in ("white matter", "grey matter", "CSF"):
        np.testing.assert_allclose(block.fractions[name], whole.fractions[name][cut], atol=0.02)
    np.testing.assert_allclose(block.maps.m0, whole.maps.m0[cut], atol=0.02)


def test_the_grid_is_an_axial_series_around_the_commissure() -> None:
    scan = head().labels
    assert nib.aff2axcodes(scan.affine) == ("L", "P", "S")
    assert (scan.shape, scan.spacing) == ((48, 56, 48), (4.0, 4.0, 4.0))
    assert scan.same_grid(head().t1)
    assert scan.same_grid(head().weighted(lambda t1, t2, m0, b1: m0, "PDw"))


# -- a head --------------------------------------------------------------------------------------------
def test_the_brain_has_the_volumes_of_adults() -> None:
    """White matter 400 to 750 ml, grey 450 to 850, the whole 950 to 1550; cerebellar cortex, fluid and nuclei too."""
    phantom = head()
    volume = {c: float(phantom.share_of(c).sum()) * 0.064 for c in (*SUBSTANCES, "CSF")}
    grey = float(phantom.share_of("grey matter").sum()) * 0.064
    white = float(phantom.share_of("white matter").sum()) * 0.064
    assert 400 < white < 750
    assert 450 < grey < 850
    assert 950 < white + grey < 1550
    assert 150 < volume["CSF"] < 480
    assert 40 < volume["cerebellar cortex"] < 110
    assert 6 < volume["thalamus"] < 18
    assert 4 < volume["putamen"] < 14


def test_what_lies_where() -> None:
    at = {n: where(head(), n) for n in ("cerebellar cortex", "eye", "thalamus", "putamen", "brainstem", "grey matter")}
    assert at["cerebellar cortex"][:, 1].mean() < -40
    assert at["cerebellar cortex"][:, 2].max() < 0
    assert at["eye"][:, 1].min() > 35
    assert abs(at["eye"][:, 0].mean()) < 6
    assert np.abs(at["thalamus"][:, 0]).mean() < np.abs(at["putamen"][:, 0]).mean()
    assert at["brainstem"][:, 2].max() < 14
    assert at["grey matter"][:, 2].max() > 55
    assert where(head(), "fat")[:, 1].min() < at["grey matter"][:, 1].min()


def test_shares_of_a_voxel_sum_to_one_with_the_air() -> None:
    phantom = head()
    total = sum(phantom.fractions[name] for name in phantom.fractions)
    assert total.min() >= 0
    assert total.max() < 1.001
    inside = binary_dilation(phantom.labels.array[0] == NUMBER["white matter"])
    np.testing.assert_allclose(total[inside].mean(), 1, atol=1e-4)
    # What is missing is air: at 4 mm one voxel below the frontal pole holds 1.65 % of the frontal sinus.
    x, y, z = np.array([[a[i] for a, i in zip(phantom.axes, at, strict=True)] for at in np.argwhere(total < 0.995)]).T
    missing = inside[total < 0.995]
    assert total[inside].min() > 0.98
    assert (y[missing] > 60).all()
    assert (np.abs(z[missing]) < 10).all()
    assert (np.abs(x[missing]) < 20).all()
    mixed = phantom.fractions["grey matter"]
    assert ((mixed > 0.1) & (mixed < 0.9)).mean() > 0.02, "partial volume"


def test_a_coarser_grid_holds_the_same_tissue() -> None:
    fine, coarse = head(), brain(5, spacing=8, lesions="none")
    for name in ("white matter", "grey matter", "CSF"):
        assert float(coarse.share_of(name).sum()) * 8 == pytest.approx(float(fine.share_of(name).sum()), rel=0.02)


def test_cortex_lies_between_white_matter_and_fluid() -> None:
    phantom = brain(5, spacing=2, shape=(40, 40, 16), centre=(30, -10, 45), lesions="none")
    white, fluid = phantom.share_of("white matter") > 0.9, phantom.share_of("CSF") > 0.9
    assert white.any()
    assert fluid.any()
    assert (binary_dilation(white) & fluid).sum() < 0.01 * fluid.sum()


# -- values --------------------------------------------------------------------------------------------
def test_pure_voxels_have_the_values_of_their_tissue() -> None:
    phantom = head()
    for name in ("white matter", "CSF"):
        pure = phantom.fractions[name] > 0.995
        material = phantom.materials[name]
        assert np.median(phantom.maps.t1[pure]) == pytest.approx(material.t1, rel=0.04)
        assert np.median(phantom.maps.t2[pure]) == pytest.approx(material.t2, rel=0.05)
        assert np.median(phantom.maps.m0[pure]) == pytest.approx(material.m0, rel=0.02)
    pure = phantom.fractions["white matter"] > 0.995
    spread = phantom.maps.t1[pure].std() / phantom.maps.t1[pure].mean()
    assert 0.01 < spread < 0.06, "values vary within a tissue"
    assert np.isnan(phantom.maps.t1[0, 0, -1])


def test_t1_is_that_of_the_papers_at_both_fields() -> None:
    """Wright 2008, MPRAGE: white matter 838 +- 50 ms at 3 T, 646 +- 32 at 1.5 T; grey 1607 +- 112 and 1197 +- 134."""
    people = [(materials(s, 3.0), materials(s, 1.5)) for s in range(40)]
    high, low = (np.array([p[n]["white matter"].t1 for p in people]) for n in (0, 1))
    assert abs(high.mean() - 838) < 50
    assert abs(low.mean() - 646) < 32
    grey, grey_low = (np.array([p[n]["grey matter"].t1 for p in people]) for n in (0, 1))
    assert abs(grey.mean() - 1607) < 150
    assert abs(grey_low.mean() - 1197) < 134
    assert (high < grey).all()


@pytest.mark.parametrize("kind", ["plaques", "infarct", "tumour"])
def test_lesions_have_values_of_their_own(kind: Lesions) -> None:
    phantom = brain(7, spacing=4, shape=(36, 44, 14), centre=(0, -12, 25), lesions=kind)
    share = phantom.share_of("lesion")
    assert 0.2 < float(share.sum()) * 0.064 < 150
    seen = share > 0.8
    if kind == "plaques":
        seen = share > 0.3
    assert np.nanmean(phantom.maps.t1[seen]) > 1.15 * phantom.materials["white matter"].t1
    assert np.nanmean(phantom.maps.t2[seen]) > 1.15 * phantom.materials["white matter"].t2
    assert phantom.labels.history[0].parameters["lesions"][0] in BRAIN_LABELS.values()
    assert head().share_of("lesion").sum() == 0


# -- images --------------------------------------------------------------------------------------------
def test_an_image_without_relaxation_is_the_map_of_m0() -> None:
    image = head().weighted(lambda t1, t2, m0, b1: m0, "PDw", snr=None, coil=False).array[0]
    np.testing.assert_allclose(image / GAIN, head().maps.m0, atol=1e-4)


def test_the_three_contrasts_show_what_radiologists_expect() -> None:
    phantom = head()
    scans = weighted(phantom, snr=None, coil=False, b1=False)
    masks = {n: phantom.share_of(n) > 0.95 for n in ("white matter", "grey matter", "CSF")}
    means = {c: {n: float(s.array[0][m].mean()) for n, m in masks.items()} for c, s in scans.items()}
    assert means["T1w"]["white matter"] > means["T1w"]["grey matter"] > means["T1w"]["CSF"]
    assert means["T2w"]["CSF"] > means["T2w"]["grey matter"] > means["T2w"]["white matter"]
    assert means["FLAIR"]["CSF"] < 0.3 * means["FLAIR"]["grey matter"]
    assert together(scans).names == ("T1w", "T2w", "FLAIR")
    assert scans["T1w"].acquisition.inversion_time == Protocol().mprage.inversion_time


def test_noise_has_the_ratio_asked_for() -> None:
    phantom = head()
    clean = phantom.weighted(lambda t1, t2, m0, b1: m0, "PDw", snr=None, coil=False).array[0]
    noisy = phantom.weighted(lambda t1, t2, m0, b1: m0, "PDw", snr=20, coil=False).array[0]
    pure = phantom.fractions["white matter"] > 0.995
    assert clean[pure].mean() / (noisy - clean)[pure].std() == pytest.approx(20, rel=0.1)


def test_b1_is_high_in_the_middle_and_less_so_at_a_lower_field() -> None:
    inside = head().share_of("white matter") > 0.5
    assert np.ptp(head().b1[inside]) > 0.1
    high, low = (brain(5, spacing=8, shape=(20, 24, 2), field=field) for field in (3.0, 1.5))
    assert np.ptp(low.b1) < 0.5 * np.ptp(high.b1)


@pytest.mark.parametrize(
    "wrong", [{"spacing": 0}, {"lesions": "cyst"}, {"field": 7.0}, {"shape": (0, 4, 4)}, {"shape": (999, 4, 4)}]
)
def test_what_cannot_be_made_is_refused(wrong: dict) -> None:
    with pytest.raises(BadParameter):
        brain(1, **{"spacing": 4, **wrong})

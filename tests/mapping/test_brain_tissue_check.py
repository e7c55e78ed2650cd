"""Tissues told apart by the images of a phantom, and their medians beside what papers report."""

import numpy as np
import pytest

from napari_mrsr.mapping.brain_classes import CLASSES, _brain, brain_classes
from napari_mrsr.mapping.brain_tissue_check import check_tissues, reported_range
from napari_mrsr.phantoms.brain import brain
from napari_mrsr.phantoms.brain.contrasts import weighted

SPACING = 2.0
SHARES = {"white matter": "white matter", "grey matter": "grey matter", "fluid": "CSF"}


@pytest.fixture(scope="module")
def phantom():
    """A head whose skull is so thin that its brain hardly comes loose from the scalp."""
    return brain(5, spacing=SPACING, lesions="none")


@pytest.fixture(scope="module")
def classes(phantom):
    images = [scan.array[0] for scan in weighted(phantom, snr=30).values()]
    return brain_classes(images, phantom.labels.affine)


def test_classes_hold_what_they_are_called(phantom, classes):
    for number, name in CLASSES.items():
        inside = classes == number
        assert inside.sum() > 300
        assert phantom.share_of(SHARES[name])[inside].mean() > 0.75
    head = sum(phantom.share_of(name) for name in SHARES.values())
    assert (head[classes > 0] < 0.5).mean() < 0.01  # none of it in scalp and face


def test_the_brain_of_a_real_head_comes_loose_from_face_and_scalp(real_data):
    from napari_mrsr.files import read_scan

    scan = read_scan(real_data / "brain" / "vfa" / "T1w.nii.gz")
    part = scan.array[0][::2, ::2, ::2]
    found = _brain(part.astype(np.float32), 2 * scan.affine[:3, :3])
    assert 1.2e6 < np.count_nonzero(found) * 8 * np.prod(scan.spacing) < 2.1e6


def test_their_medians_are_those_of_the_pure_tissue(phantom, classes):
    t1 = phantom.maps.t1
    for number, off in ((1, 0.05), (2, 0.16)):  # its cortex is thin: a quarter of that class is white
        pure = np.nanmedian(t1[phantom.share_of(SHARES[CLASSES[number]]) > 0.95])
        assert np.nanmedian(t1[classes == number]) == pytest.approx(pure, rel=off)


def test_air_and_noise_hold_no_brain():
    rng = np.random.default_rng(0)
    assert not brain_classes([np.zeros((20, 20, 20))] * 3, np.eye(4)).any()
    assert brain_classes([rng.rayleigh(size=(20, 20, 20)) for _ in range(3)], np.eye(4)).shape == (20, 20, 20)


def test_medians_stand_beside_their_range_with_a_verdict():
    classes = np.repeat(np.array([1, 2, 3], np.uint8), 1000).reshape(3, 10, 100)
    t1 = np.choose(classes, [0, 850, 2600, 4000]).astype(np.float32)
    t2 = np.choose(classes, [0, 75, 100, np.nan]).astype(np.float32)
    rows = {(one.tissue, one.quantity): one for one in check_tissues(classes, t1, t2, 3.0)}
    assert rows["white matter", "T1"].verdict == "within the range"
    grey = rows["grey matter", "T1"]
    assert grey.outside
    assert "2600 ms" in grey.words
    assert "disease or" in grey.words
    fluid = rows["fluid", "T2"]
    assert fluid.median is None
    assert "not determined" in fluid.verdict
    assert [one.outside for one in rows.values()].count(True) == 1


def test_without_a_range_for_the_field_nothing_is_outside():
    classes = np.ones((10, 10, 10), np.uint8)
    row = check_tissues(classes, np.full(classes.shape, 5000.0), np.full(classes.shape, 80.0), 7.0)[0]
    assert not row.outside
    assert "no range" in row.verdict


def test_ranges_hold_the_means_of_their_papers():
    low, high, source = reported_range("grey matter", "T1", 3.0)
    assert low < 1331 < 1820 < high
    assert "Wansapura" in source
    assert reported_range("white matter", "T1", 1.5)[1] < 800

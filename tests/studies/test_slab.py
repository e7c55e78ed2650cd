"""The slab lies where the cartilage is, says what is odd about labels, and is computed as in the whole volume."""

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, Stopped
from napari_mrsr.phantoms import LABELS, knee
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Subject
from napari_mrsr.studies.reconstruct import reconstruct
from napari_mrsr.studies.slab import Slab, cartilage_slab, reformat_axis, whole_volume
from napari_mrsr.superres import super_resolve

NAMES = {1: "femur", 2: "Medial femoral cartilage", 3: "patellar cartilage"}
#: Sagittal slices: i to the back, j downwards, k to the right.
SAGITTAL = np.array([[0, 0, 1.5, 0], [-0.4, 0, 0, 0], [0, -0.4, 0, 0], [0, 0, 0, 1]])


def subject(labels=None, shape=(20, 60, 10), affine=SAGITTAL):
    scan = Scan(np.ones((1, *shape), np.float32), affine, slice_axis=2)
    return Subject("one", scan, labels, NAMES)


def painted(*rows, number=2, shape=(20, 60, 10)):
    labels = np.zeros(shape, np.uint8)
    labels[5:15, slice(*rows), 3:7] = number
    return labels


def test_planes_of_sagittal_slices_are_axial_and_hold_the_femoral_cartilage():
    slab = cartilage_slab(subject(painted(33, 36)), planes=4, margin=5)
    assert slab.axis == 1
    assert slab.start <= 33
    assert slab.stop >= 36
    assert slab.planes == 4
    assert slab.voxels == 3 * 10 * 4
    assert "patellar cartilage" in slab.notes[0]


def test_a_scan_in_another_voxel_order_gets_the_same_planes():
    turned = SAGITTAL[:, [1, 2, 0, 3]]
    labels = painted(33, 36).transpose(1, 2, 0)
    scan = Scan(np.ones((1, 60, 10, 20), np.float32), turned, slice_axis=1)
    assert reformat_axis(scan) == 0
    slab = cartilage_slab(Subject("one", scan, labels, NAMES), planes=4, margin=5)
    again = cartilage_slab(subject(painted(33, 36)), planes=4, margin=5)
    assert (slab.start, slab.stop) == (again.start, again.stop)


@pytest.mark.parametrize("labels", [None, np.zeros((20, 60, 10), np.uint8), painted(3, 5, number=1)])
def test_without_cartilage_the_slab_lies_in_the_middle_and_says_so(labels):
    slab = cartilage_slab(subject(labels), planes=10)
    assert (slab.start, slab.stop) == (25, 35)
    assert any("middle" in note for note in slab.notes)


def test_a_margin_is_kept_free_unless_all_the_cartilage_lies_in_it():
    assert cartilage_slab(subject(painted(0, 30)), planes=4, margin=20).start == 20
    assert cartilage_slab(subject(painted(2, 6)), planes=4, margin=20).start == 2


def test_labels_that_touch_the_border_are_told_of():
    labels = painted(20, 24)
    labels[5:15, 20:24, 7:] = 2
    notes = cartilage_slab(subject(labels)).notes
    assert any("touches the first or last slice" in note for note in notes)


def test_a_slab_larger_than_the_scan_is_the_scan_and_an_empty_one_is_refused():
    assert cartilage_slab(subject(), planes=500).planes == 60
    assert whole_volume(subject()).where == (slice(None), slice(0, 60), slice(None))
    with pytest.raises(BadParameter, match="empty"):
        cartilage_slab(subject(), planes=0)


def test_a_cropped_scan_stays_where_it_is_in_the_patient():
    scan = subject().scan
    part = Slab(1, 7, 12).crop(scan)
    assert part.shape == (20, 5, 10)
    assert np.allclose(part.affine @ [3, 0, 2, 1], scan.affine @ [3, 7, 2, 1])


@pytest.fixture(scope="module")
def noisy():
    """A knee with noise, so that its correction by what was measured is not the same everywhere."""
    return knee(3, shape=(48, 56, 24), spacing=(0.6, 0.6, 0.7))


@pytest.mark.parametrize("method", ["tricubic", "fourier", "aplus", "lean"])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_slab_is_computed_as_in_the_whole_volume(noisy, method, axis):
    thick = degrade(noisy.scan, factor=2)
    slab = Slab(axis, 17, 25)
    part = reconstruct(thick, method, 2, 2, slab)
    whole = super_resolve(thick, method=method)
    assert part.same_grid(slab.crop(whole))
    assert np.abs(part.array - slab.cut(whole.array)).max() < 1e-4 * np.percentile(whole.array, 99.9)
    assert part.history[-1].parameters["method"] == method


def test_slices_along_another_axis_and_a_slab_at_the_border(noisy):
    array = noisy.scan.array.transpose(0, 3, 1, 2)
    scan = Scan(array, np.diag([0.7, 0.6, 0.6, 1]), axis="echo", slice_axis=0)
    thick = degrade(scan, factor=2)
    slab = Slab(2, 0, 6)
    for method in ("aplus", "lean"):
        part = reconstruct(thick, method, 2, 0, slab)
        whole = super_resolve(thick, method=method)
        assert np.abs(part.array - slab.cut(whole.array)).max() < 1e-4 * np.percentile(whole.array, 99.9)


def test_sparse_coding_gives_the_same_in_a_slab_of_a_small_part(noisy):
    part = Scan(noisy.scan.array[:, 10:26, 14:38, :12], noisy.scan.affine, axis="echo", slice_axis=2)
    thick = degrade(part, factor=2)
    slab = Slab(1, 10, 12)
    found = reconstruct(thick, "scsr", 2, 2, slab)
    whole = super_resolve(thick, method="scsr")
    assert np.abs(found.array - slab.cut(whole.array)).max() < 1e-4 * np.percentile(whole.array, 99.9)


def test_a_stop_is_heard(noisy):
    with pytest.raises(Stopped):
        reconstruct(degrade(noisy.scan, factor=2), "aplus", 2, 2, Slab(1, 10, 20), stop=lambda: True)


def test_labels_of_the_phantom_name_the_slab(noisy):
    found = Subject("knee", noisy.scan, noisy.labels.array[0], LABELS, t2=noisy.t2.array[0])
    slab = cartilage_slab(found, planes=6, margin=4)
    inside = np.isin(slab.cut(noisy.labels.array[0]), [2, 3]).sum()
    assert slab.voxels == inside > 0

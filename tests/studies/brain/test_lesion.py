"""A lesion kept, faded, or grown from a point: contrast and outline from closed forms."""

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.studies.brain.lesion import kept, seen
from napari_mrsr.studies.brain.lesion_marks import grown, read_marks
from tests.studies.brain.made import head, lesion_of


@pytest.fixture
def square():
    lesion = np.zeros((40, 40), bool)
    lesion[15:25, 15:25] = True
    return np.where(lesion, 180.0, 100.0), lesion, np.ones((40, 40), bool)


def test_an_equal_picture_keeps_everything(square):
    x, lesion, room = square
    found = kept([seen(x, x, lesion, room)])
    assert (found.true_contrast, found.contrast, found.dice, found.area) == pytest.approx((0.8, 0.8, 1, 1))


def test_a_faded_lesion_has_lost_contrast_and_then_its_outline(square):
    x, lesion, room = square
    found = kept([seen(x, 100 + 0.6 * (x - 100), lesion, room)])
    assert found.contrast == pytest.approx(0.48)
    assert found.dice == 1  # still above the middle, 140
    gone = kept([seen(x, 100 + 0.4 * (x - 100), lesion, room)])
    assert (gone.dice, gone.area) == (0, 0)


def test_a_dark_lesion_is_measured_alike(square):
    x, lesion, room = square
    found = kept([seen(200 - x, 200 - x, lesion, room)])
    assert found.true_contrast == pytest.approx(20 / 100 - 1)
    assert found.dice == 1


def test_a_shifted_outline_has_the_dice_of_shifted_squares(square):
    x, lesion, room = square
    found = kept([seen(x, np.roll(x, 2, axis=0), lesion, room)])
    assert found.dice == pytest.approx(0.8)
    assert found.area == pytest.approx(1)


def test_slices_are_pooled_by_their_pixels(square):
    x, lesion, room = square
    faded = seen(x, 100 + 0.5 * (x - 100) + 1e-9, lesion, room)
    assert kept([seen(x, x, lesion, room), faded]).contrast == pytest.approx(0.6)


def test_too_little_of_a_lesion_is_not_measured(square):
    x, lesion, room = square
    assert seen(x, x, lesion & (np.arange(40) == 20), room) is None
    assert seen(x, x, lesion, lesion) is None  # nothing around it
    assert kept([]) is None


def test_a_lesion_grows_from_a_point_to_its_border():
    scan, truth = head(0, (40, 36, 20), 1.0), lesion_of((40, 36, 20))
    point = tuple((scan.affine @ [23, 17, 10, 1])[:3])
    found = grown(scan, point)
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.85
    near = grown(scan, point, radius=4.0)
    assert 0 < near.sum() < found.sum()


def test_a_point_in_no_lesion_is_refused():
    with pytest.raises(BadParameter, match="no lesion"):
        grown(head(0, (40, 36, 20), 1.0), (200.0, 200.0, 200.0))


def test_marks_are_files_or_points(tmp_path):
    scan = head(0)
    nib.Nifti1Image(lesion_of().astype(np.uint8), scan.affine).to_filename(tmp_path / "spot.nii.gz")
    marks = read_marks([f"anna={tmp_path / 'spot.nii.gz'}", "bert=1,2,3"])
    mask, note = marks["anna"].of(scan)
    assert (mask == lesion_of()).all()
    assert "spot.nii.gz" in note
    assert marks["bert"].point == (1, 2, 3)
    for text in ("anna", "anna=1,2", "anna=nowhere.nii.gz", "=1,2,3"):
        with pytest.raises(BadParameter):
            read_marks([text])

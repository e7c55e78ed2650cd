"""Which part of a slice is enlarged, and which methods stand beside it."""

import numpy as np

from napari_mrsr.studies.brain.figures import columns, of_scan
from napari_mrsr.studies.brain.planes import stacks
from napari_mrsr.studies.brain.scan_scored import Shown, shown_slice
from napari_mrsr.studies.detail import two_regions
from tests.studies.brain.made import head, lesion_of


def test_a_region_lies_within_what_is_asked_for():
    image = np.zeros((60, 60))
    image[15:20:2, 15:20] = 9  # most detail
    image[40:45:2, 40:45] = 1
    within = np.zeros((60, 60), bool)
    within[28:, 28:] = True
    region = two_regions(image, within)[0]
    assert region.row >= 28
    assert region.column >= 28
    assert two_regions(image, np.zeros((60, 60), bool)) == two_regions(image)  # nothing fits: everywhere


def test_of_a_lesion_the_slice_with_most_of_it_is_shown_and_said():
    scan, lesion = head(1), lesion_of()
    lesion[:20, :, [0, 1, 3, 4, 5]] = False
    (stack,) = stacks(scan, np.ones(scan.shape, bool), lesion=lesion)
    at = shown_slice(stack)
    assert at == 2
    (figure,) = of_scan(Shown("anna", stack, at, {"zero-filled": scan.array[0, ..., at]}))
    assert "the lesion (red)" in figure.caption
    assert "slice 3" in figure.caption
    (plain,) = stacks(scan, np.ones(scan.shape, bool))
    assert shown_slice(plain) == 3


def test_pictures_show_two_interpolations_and_every_network():
    names = dict.fromkeys(["zero-filled", "nearest", "bilinear", "bicubic", "back-projection", "cpce-l1", "mine"])
    assert columns(names) == ["zero-filled", "bicubic", "cpce-l1", "mine"]

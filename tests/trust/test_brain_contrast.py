"""The contrast of white and grey matter is held against what the equations give."""

from dataclasses import replace

import numpy as np

from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.physics.mprage import MprageTimings, mprage_signal
from napari_mrsr.scan import Scan
from napari_mrsr.trust.brain_contrast import contrast_lines, expected_ratios

CLASSES = np.repeat(np.array([1, 2], np.uint8), 500).reshape(10, 10, 10)


def image(white, grey):
    return Scan(np.where(CLASSES == 1, white, grey).astype(np.float32), np.eye(4))


def test_only_a_contrast_unlike_the_equations_is_told():
    conditions = MapConditions()
    ratio = float(mprage_signal(838.0, conditions.mprage, m0=0.7) / mprage_signal(1500.0, conditions.mprage, m0=0.82))
    good = {"T1w": image(ratio, 1.0), "T2w": image(0.65, 1.0)}
    assert contrast_lines(good, CLASSES, conditions) == []
    (line,) = contrast_lines({**good, "T1w": image(0.9, 1.0)}, CLASSES, conditions)
    assert "white matter of T1w is 0.90 times as bright" in line


def test_a_later_inversion_leaves_less_contrast():
    late = replace(MapConditions(), mprage=replace(MprageTimings(), inversion_time=1200.0))
    assert expected_ratios(late)["T1w"][1] < expected_ratios(MapConditions())["T1w"][1]


def test_of_few_voxels_nothing_is_told():
    assert contrast_lines({"T1w": image(9, 1), "T2w": image(9, 1)}, np.zeros_like(CLASSES), MapConditions()) == []

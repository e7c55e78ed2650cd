"""One scale for all echoes, the same as in training."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.inference.scale import common_scale
from napari_mrsr.training.sources import common_scale as training_scale


def test_it_is_the_scale_of_training():
    rng = np.random.default_rng(0)
    array = rng.gamma(2.0, 100.0, (2, 40, 30, 20)).astype(np.float32)
    assert common_scale(array) == training_scale(array)
    large = rng.gamma(2.0, 100.0, (1, 150, 150, 120)).astype(np.float32)
    assert common_scale(large) == pytest.approx(training_scale(large), rel=0.02), "a sample of the voxels is enough"


def test_a_black_or_negative_image_keeps_its_values():
    assert common_scale(np.zeros((1, 4, 4, 4))) == 1.0
    assert common_scale(-np.ones((1, 4, 4, 4))) == 1.0

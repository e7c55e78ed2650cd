"""Flicker in tissue that stands still, by closed form; which voxels stand still."""

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.metrics.flicker import flicker
from napari_mrsr.phantoms.abdomen.tissues import NUMBER
from napari_mrsr.studies.dynamic.still import PROBES, spread, still_voxels
from napari_mrsr.studies.dynamic_cohort import DynamicSubject
from tests.studies.dynamic.made import body, person


def test_a_constant_error_does_not_flicker_and_noise_flickers_by_its_sd():
    assert flicker(np.tile(np.linspace(0, 1, 50), (10, 1))) == pytest.approx(0, abs=1e-12)
    noise = np.random.default_rng(0).normal(0, 0.02, (40, 2000))
    assert flicker(noise) == pytest.approx(0.02, rel=0.01)


def test_one_frame_has_no_flicker():
    assert np.isnan(flicker(np.ones((1, 9))))
    assert not len(still_voxels(person(frames=1)).index)


def test_the_spread_is_the_standard_deviation_over_time():
    scan = body(frames=5)
    assert np.allclose(spread(scan), scan.array.std(axis=0, ddof=1), atol=1e-2)


def test_without_labels_the_steadiest_of_the_body_are_still():
    scan = body(frames=6)
    still = still_voxels(DynamicSubject("anna", scan))
    assert "steadiest" in still.said
    moving = scan.array.std(axis=0).reshape(-1)[still.index]
    assert moving.max() < 1e-3
    assert still.of(scan.array[0]).max() <= 1


def test_with_labels_only_bone_and_muscle_that_keep_their_place_are_still():
    scan = body(frames=3)
    labels = np.full(scan.array.shape, NUMBER["liver"], np.uint8)
    labels[:, :, 20:] = NUMBER["muscle"]
    labels[1, :4, 20:] = NUMBER["liver"]
    still = still_voxels(DynamicSubject("anna", scan, labels=labels))
    i, j, _ = np.unravel_index(still.index, scan.shape)
    assert i.min() >= 4
    assert j.min() >= 20


def test_a_large_body_is_looked_at_in_some_voxels():
    scan = body(frames=2)
    big = replace(scan, array=np.tile(scan.array, (1, 2, 2, 4)))
    assert len(still_voxels(DynamicSubject("anna", big)).index) == PROBES

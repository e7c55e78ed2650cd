"""The person with a measured T1: of a phantom that is scanned at two flip angles, whose T1 is known."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.phantoms.brain import BrainPhantom, brain
from napari_mrsr.physics.flash import FlashSequence, flash_signal
from napari_mrsr.physics.mprage import mprage_signal
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain_maps.conditions import Condition
from napari_mrsr.studies.brain_maps.vfa_subject import FLIPS, TIMES, Measured, MeasuredScanner, scanner_of


@cache
def head() -> BrainPhantom:
    """A block of a head at 4 mm."""
    return brain(9, spacing=4, shape=(30, 36, 14), centre=(8, -14, 20), lesions="none")


@cache
def texture() -> np.ndarray:
    """By how much T1 differs from voxel to voxel."""
    return np.exp(0.08 * np.random.default_rng(3).standard_normal(head().labels.shape))


@cache
def scanner() -> MeasuredScanner:
    """The head with the T1 that two spoiled gradient echoes tell: that of the phantom times a texture."""
    t1, _, m0 = head().maps
    t1 = np.nan_to_num(t1, nan=1000.0) * texture()
    scans = []
    for flip, time in zip(FLIPS, TIMES, strict=True):
        signal = 5000 * flash_signal(t1, 1e9, FlashSequence(time, 2.0, flip), m0=m0) * head().received
        noise = np.random.default_rng(int(flip)).standard_normal((2, *signal.shape))
        scans.append(Scan(np.hypot(signal + noise[0], noise[1]).astype(np.float32), head().labels.affine))
    return scanner_of(scans, head(), noise=1.0, off=0.0, snr=1e9)


def test_the_truth_is_what_was_measured_voxel_by_voxel() -> None:
    t1, t2 = scanner().truth
    white = scanner().tissues == 1
    wanted = head().maps.t1 * texture()
    there = white & np.isfinite(t1)
    assert there.sum() > 0.95 * white.sum()
    assert np.median(np.abs(t1[there] / wanted[there] - 1)) < 0.02
    assert np.corrcoef((t1 / head().maps.t1)[there], texture()[there])[0, 1] > 0.8
    dry = there & (head().share_of("CSF") < 0.3)
    np.testing.assert_array_equal(t2[dry], head().maps.t2[dry])
    assert np.isnan(t1[scanner().tissues == 0]).all()


def test_the_coil_is_taken_apart_from_m0() -> None:
    inside = scanner().tissues == 1
    ratio = (scanner().coil / head().received)[inside]
    assert ratio.std() / ratio.mean() < 0.05
    assert head().received[inside].std() / head().received[inside].mean() > 0.08


@pytest.mark.parametrize("coil", [True, False])
def test_images_follow_from_the_maps_of_each_voxel(coil: bool) -> None:
    scans = scanner().scans(Condition("plain", b1=0.0, coil=coil))
    known = np.isfinite(scanner().truth[0])
    gain = scanner().m0 if coil else scanner().m0 / scanner().coil
    known &= scanner().m0 / scanner().coil < 1.2
    signal = np.abs(mprage_signal(scanner().t1[known], m0=gain[known]))
    image = scans.t1w.array[0][known]
    np.testing.assert_allclose(image / np.median(image / signal), signal, rtol=1e-3)


def test_its_conditions_say_that_t1_was_measured() -> None:
    subject = Measured(Path("nowhere"))
    assert subject.conditions is not None
    assert [one.name for one in subject.conditions] == ["measured T1 (VFA)", "measured T1 (VFA), coil evened"]

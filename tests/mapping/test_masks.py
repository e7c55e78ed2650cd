"""Fat and fluid are told by robust levels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.mapping.masks import brighter_second, thresholds
from napari_mrsr.mapping.noise import Noise
from napari_mrsr.physics.dess import PRESETS
from napari_mrsr.physics.epg import dess_signals
from napari_mrsr.physics.tissues import TISSUES

LOW = PRESETS["GE qDESS, low spoiler, 20 deg"]


def knee() -> tuple[np.ndarray, np.ndarray]:
    """Slabs of muscle, cartilage and fluid, and fat suppressed to a twentieth."""
    echoes = []
    for name, slabs in (("muscle", 12), ("cartilage", 4), ("synovial fluid", 2), ("subcutaneous fat", 6)):
        tissue = TISSUES[name]
        density = tissue.proton_density * (0.05 if "fat" in name else 1)
        pair = dess_signals(tissue.t1, tissue.t2, LOW, 1000 * density)
        echoes += [np.stack([np.full((16, 16), s) for s in pair])] * slabs
    first, second = np.stack(echoes, axis=1)
    return first, second


def test_fat_and_fluid_fall_and_the_rest_stays() -> None:
    first, second = knee()
    limits = thresholds(first, second, Noise(0.5))
    slab = np.arange(24)
    np.testing.assert_array_equal(first[:, 0, 0] <= limits.fat, slab >= 18)
    fluid = (first - 1.2 * second)[:, 0, 0] <= limits.fluid
    np.testing.assert_array_equal(fluid[:18], (slab >= 16)[:18])


def test_one_bright_vessel_does_not_move_the_thresholds() -> None:
    first, second = knee()
    before = thresholds(first, second, Noise(0.5))
    first[0, :3, :3] *= 20
    after = thresholds(first, second, Noise(0.5))
    assert after.fat == pytest.approx(before.fat, rel=0.05)
    assert after.fluid == pytest.approx(before.fluid, rel=0.05)


def test_thresholds_scale_with_the_image() -> None:
    first, second = knee()
    limits, tenfold = thresholds(first, second, Noise(0.5)), thresholds(10 * first, 10 * second, Noise(5))
    for name in ("air", "fat", "fluid", "low_snr"):
        assert getattr(tenfold, name) == pytest.approx(10 * getattr(limits, name), rel=1e-5)


def test_what_is_not_asked_for_is_not_masked() -> None:
    limits = thresholds(*knee(), Noise(0.5), fat=False, fluid=False)
    assert limits.fat == limits.fluid == -np.inf


def test_an_empty_image_has_thresholds_too() -> None:
    limits = thresholds(np.zeros((4, 4, 4)), np.zeros((4, 4, 4)), Noise(1.0))
    assert limits.air > 0


def test_the_second_echo_is_the_brighter_one_only_when_swapped() -> None:
    first, second = knee()
    assert brighter_second(first, second, air=0.1) == 0
    assert brighter_second(second, first, air=0.1) == 1

"""Fluid falls to nothing and cartilage stays, by the signals of the DESS equations."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import EchoesNeeded
from napari_mrsr.mapping import fluid_suppressed
from napari_mrsr.physics.dess import DessSequence, signals
from napari_mrsr.scan import Scan


def test_fluid_is_dark_and_cartilage_bright() -> None:
    sequence = DessSequence(23.0, 7.0, 20.0)
    cartilage, fluid = signals(1200.0, 36.0, sequence), signals(3600.0, 770.0, sequence)
    array = np.array([[c, f] for c, f in zip(cartilage, fluid, strict=True)], np.float32).reshape(2, 2, 1, 1)
    scan = Scan(array, np.eye(4), axis="echo", names=("S1", "S2"))
    view = fluid_suppressed(scan).array.ravel()
    np.testing.assert_allclose(view, array[0].ravel() - 1.2 * array[1].ravel(), rtol=1e-6)
    assert view[0] > 0.5 * array[0, 0, 0, 0]
    assert view[1] < 0.1 * array[0, 1, 0, 0]


@pytest.mark.parametrize("axis", ["echo", "contrast"])
def test_both_echoes_are_needed(axis: str) -> None:
    volumes = 1 if axis == "echo" else 2
    with pytest.raises(EchoesNeeded, match="needs both"):
        fluid_suppressed(Scan(np.zeros((volumes, 2, 2, 2)), np.eye(4), axis=axis))  # type: ignore[arg-type]

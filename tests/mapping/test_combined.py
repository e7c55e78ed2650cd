"""The combined image is the root of the sum of squares."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import EchoesNeeded
from napari_mrsr.mapping import combined_dess
from napari_mrsr.scan import Scan


def test_it_is_the_norm_of_the_echoes_on_their_grid() -> None:
    echoes = np.random.default_rng(0).normal(100, 20, (2, 5, 6, 7)).astype(np.float32)
    scan = Scan(echoes, np.diag([0.4, 0.4, 1.4, 1]), axis="echo", names=("S1", "S2"))
    combined = combined_dess(scan)
    np.testing.assert_allclose(combined.array[0], np.linalg.norm(echoes, axis=0), rtol=1e-6)
    assert combined.same_grid(scan)
    assert combined.array.dtype == np.float32
    assert combined.names == ("combined",)
    assert combined.history[-1].name == "combined dess"


def test_integers_do_not_overflow() -> None:
    scan = Scan(np.full((2, 2, 2, 2), 30_000, np.int16), np.eye(4), axis="echo")
    np.testing.assert_allclose(combined_dess(scan).array, 30_000 * np.sqrt(2), rtol=1e-6)


def test_one_echo_is_refused() -> None:
    with pytest.raises(EchoesNeeded):
        combined_dess(Scan(np.ones((2, 2, 2)), np.eye(4)))

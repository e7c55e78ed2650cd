"""What a wrong T1 or B1 does to a reading, against signals of tissue that has them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.mapping.sensitivity import changes
from napari_mrsr.mapping.sveinsson import t2
from napari_mrsr.physics.dess import PRESETS
from napari_mrsr.physics.epg import dess_signals

LOW = PRESETS["GE qDESS, low spoiler, 20 deg"]


@pytest.mark.parametrize("actual", [12.0, 35.0, 60.0])
@pytest.mark.parametrize(("error", "t1", "b1"), [("t1_longer", 1300.0, 1.0), ("b1_lower", 1200.0, 0.9)])
def test_tissue_with_the_error_is_read_as_much_longer(actual: float, error: str, t1: float, b1: float) -> None:
    as_assumed, with_error = (
        float(t2(second / first, LOW, t1=1200.0))
        for first, second in (dess_signals(1200.0, actual, LOW), dess_signals(t1, actual, LOW, b1=b1))
    )
    assert changes(as_assumed, LOW)[error] == pytest.approx(with_error - as_assumed, abs=0.02)


def test_the_printed_changes_at_35_ms() -> None:
    """Printed by others: B1 -10 % reads 30 ms 1.07 ms and 40 ms 1.37 ms short, with the bias of the method in it."""
    for actual, biased, printed in ((30.0, 30.4187, -1.0703), (40.0, 41.1899, -1.3714)):
        assert changes(biased, LOW)["b1_lower"] == pytest.approx(printed - (biased - actual), abs=0.01)


def test_it_grows_with_t2_keeps_its_shape_and_ends_beyond_what_can_be_read() -> None:
    found = changes(np.array([[20.0, 40.0], [80.0, 5000.0]]), LOW)["t1_longer"]
    assert found.shape == (2, 2)
    assert 0 < found[0, 0] < found[0, 1] < found[1, 0]
    assert np.isnan(found[1, 1])


def test_the_exact_method_has_changes_of_its_own() -> None:
    assert changes(35.0, LOW, method="epg")["b1_lower"] == pytest.approx(-2.0, abs=0.3)

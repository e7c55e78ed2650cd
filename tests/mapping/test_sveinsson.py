"""The analytic estimator against printed values, and as what it is: the exact steady state cut after one order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.mapping import sveinsson
from napari_mrsr.physics.dess import DessSequence
from napari_mrsr.physics.epg import dess_signals


def test_printed_estimates_are_reproduced(dess_tables: pd.DataFrame) -> None:
    for row in dess_tables[dess_tables.estimate > 0].itertuples():
        sequence = DessSequence(row.tr, row.te, row.flip, row.spoiler, row.tau, row.assumed_d)
        true = DessSequence(row.tr, row.te, row.flip, row.spoiler, row.tau, row.d)
        first, second = dess_signals(row.t1, row.t2, true, b1=row.b1)
        estimate = sveinsson.t2(second / first, sequence, t1=row.assumed_t1)
        assert estimate == pytest.approx(row.estimate, abs=1e-4), f"table {row.table}, T2 {row.t2} ms"


def test_fluid_whose_printed_estimate_is_negative_has_none(dess_tables: pd.DataFrame) -> None:
    fluid = dess_tables[dess_tables.estimate < 0]
    assert len(fluid) == 2
    sequence = DessSequence(23, 7, 20, 0.03132, 1.56)
    assert np.isnan(sveinsson.t2(fluid.s2 / fluid.s1, sequence, t1=1200)).all()


@given(
    t2=st.floats(2, 300),
    t1=st.floats(400, 3000),
    flip=st.floats(8, 60),
    b1=st.floats(0.7, 1.3),
    moment=st.floats(0, 0.15),
    tau=st.floats(0, 3),
)
@settings(max_examples=50, deadline=None)
def test_it_inverts_the_steady_state_of_one_order(
    t2: float, t1: float, flip: float, b1: float, moment: float, tau: float
) -> None:
    sequence = DessSequence(25, 7, flip, moment, tau)
    first, second = dess_signals(t1, t2, sequence, b1=b1, orders=1)
    assert sveinsson.t2(second / first, sequence, t1=t1, b1=b1) == pytest.approx(t2, rel=1e-9)


@pytest.mark.parametrize("ratio", [0.79, 1.0, 3.0, -0.1, np.nan, np.inf])
def test_ratios_that_no_t2_explains_give_nan(ratio: float) -> None:
    assert np.isnan(sveinsson.t2(ratio, DessSequence(23, 7, 20), t1=1200))

"""The table returns the T2 that the signals were made with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_mrsr.mapping import epg_table
from napari_mrsr.physics import dess
from napari_mrsr.physics.dess import PRESETS, DessSequence
from napari_mrsr.physics.epg import dess_signals

T2 = np.linspace(10, 100, 901)


@pytest.mark.parametrize("sequence", PRESETS.values(), ids=list(PRESETS))
@pytest.mark.parametrize("t1", [1000.0, 1200.0])
def test_t2_from_10_to_100_ms_is_recovered_within_10_us(sequence: DessSequence, t1: float) -> None:
    first, second = dess_signals(t1, T2, sequence)
    np.testing.assert_allclose(epg_table.t2(second / first, sequence, t1=t1), T2, atol=0.01)


@pytest.mark.parametrize("sequence", PRESETS.values(), ids=list(PRESETS))
def test_with_a_b1_map_too(sequence: DessSequence) -> None:
    b1 = np.random.default_rng(0).uniform(0.7, 1.3, T2.size)
    first, second = dess_signals(1200.0, T2, sequence, b1=b1)
    np.testing.assert_allclose(epg_table.t2(second / first, sequence, t1=1200, b1=b1), T2, atol=0.01)


def test_printed_signals_give_the_t2_they_were_printed_for(dess_tables: pd.DataFrame) -> None:
    """Where the assumptions are true: eight decimals of a signal leave 0.002 ms of T2."""
    true = dess_tables[(dess_tables.t1 == dess_tables.assumed_t1) & (dess_tables.d == dess_tables.assumed_d)]
    assert len(true) > 50
    for row in true.itertuples():
        sequence = DessSequence(row.tr, row.te, row.flip, row.spoiler, row.tau, row.d)
        found = epg_table.t2(row.s2 / row.s1, sequence, t1=row.t1, b1=row.b1)
        assert found == pytest.approx(row.t2, abs=0.005), f"table {row.table}"


def test_without_diffusion_it_inverts_the_closed_form() -> None:
    sequence = DessSequence(16.3, 4.7, 25)
    first, second = dess.signals(1200.0, T2, sequence)
    np.testing.assert_allclose(epg_table.t2(second / first, sequence, t1=1200), T2, atol=0.01)


def test_a_longer_t2_always_has_the_higher_ratio() -> None:
    table = epg_table.ratio_table(PRESETS["GE qDESS, high spoiler, 20 deg"], 1200.0)
    assert (np.diff(table.log_ratio) > 0).all()
    assert (np.diff(table.rate) < 0).all()


@pytest.mark.parametrize("ratio", [0.9, 1.0, -0.2, np.nan])
def test_ratios_that_no_t2_explains_give_nan(ratio: float) -> None:
    assert np.isnan(epg_table.t2(ratio, DessSequence(23, 7, 20), t1=1200))


@pytest.mark.parametrize("b1", [0.0, -1.0, np.nan, np.inf, 20.0])
def test_impossible_b1_gives_nan(b1: float) -> None:
    assert np.isnan(epg_table.t2(0.3, DessSequence(23, 7, 20), t1=1200, b1=b1))

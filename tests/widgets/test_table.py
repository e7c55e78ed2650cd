"""Tables show numbers as a person reads them and are copied with their headers."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication

from napari_mrsr.widgets.table import TableView, as_text


@pytest.mark.parametrize(
    ("value", "text"),
    [(38.24917, "38.25"), (12, "12"), (np.nan, "–"), (0.98231, "0.982"), (6701.2, "6701"), ("a", "a")],
)
def test_numbers_have_the_digits_that_they_deserve(value: Any, text: str) -> None:
    assert as_text(value) == text


def test_a_table_is_shown_with_its_headers_and_copied_whole(qtbot: Any) -> None:
    table = pd.DataFrame({"acquired": [38.25, np.nan], "SR": [37.5, 2.0]}, index=["mean [ms]", "SD [ms]"])
    view = TableView()
    qtbot.addWidget(view)
    view.show_table(table)
    model = view.rows
    assert (model.rowCount(), model.columnCount()) == (2, 2)
    assert model.data(model.index(0, 0)) == "38.25"
    assert model.data(model.index(1, 0)) == "–"
    assert model.headerData(1, Qt.Orientation.Horizontal) == "SR"
    assert model.headerData(0, Qt.Orientation.Vertical) == "mean [ms]"
    view.copy()
    pasted = pd.read_csv(io.StringIO(QGuiApplication.clipboard().text()), sep="\t", index_col=0)
    pd.testing.assert_frame_equal(pasted, table)
    view.show_table(None)
    assert model.rowCount() == 0

"""Standard errors, wrong T1 and B1, and T2 too short, in the tables and on the page."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_mrsr.mapping import T2Map, t2_from_dess, with_uncertainty
from napari_mrsr.report.contents import Report
from napari_mrsr.report.page import write_page
from napari_mrsr.report.tables import columns_of, write_tables
from napari_mrsr.report.wording import caveats
from napari_mrsr.roi.certainty import COLUMNS, Refinement, certainty, with_certainty
from napari_mrsr.roi.rethickened import Rethickened
from napari_mrsr.roi.statistics import COLUMNS as STATISTICS
from tests.report.conftest import small_report
from tests.report.test_page import text_of


@pytest.fixture(scope="module")
def certain() -> Report:
    """A report whose tables know their certainty; its tibial region is called too short."""
    made = small_report()
    assert made.labels is not None
    assert made.refined is not None
    found = with_uncertainty(made.scan, t2_from_dess(made.scan, method="epg"))
    measured = T2Map(made.maps["acquired"], found.reason, found.sigma)
    how = Refinement(made.refined, "tricubic", 2, made.scan.shape[2])
    tables = {}
    for role, map in made.maps.items():
        told = certainty(map, made.labels, acquired=measured, refinement=how if role == "SR" else None)
        told.loc[told["label"] == 3, ["flag", "undetermined_percent", "at_most"]] = ["too short", 81.0, 13.6]
        tables[role] = with_certainty(made.tables[role], told)
    return replace(made, tables=tables, rethickened={1: Rethickened(-0.2, 1.1, 40), 3: Rethickened(0.1, 0.9, 40)})


def test_the_csv_has_the_columns_behind_those_of_statistics_and_says_what_they_are(
    certain: Report, tmp_path: Path
) -> None:
    write_tables(certain, tmp_path)
    table = pd.read_csv(tmp_path / "stats.csv")
    assert list(table.columns) == [*STATISTICS, *COLUMNS, "map", "unit"]
    first = table[(table["label"] == 1) & (table["map"] == "T2 (SR)")].iloc[0]
    assert 0 < first["standard_error"] < 0.5
    assert first["n_effective"] < first["n"]
    short = table[table["label"] == 3]
    assert short["mean"].isna().all()
    assert (short["flag"] == "too short").all()
    assert (short["at_most"] == 13.6).all()
    meanings = columns_of(certain)["stats.csv"]
    assert all(meanings[column]["Description"] for column in COLUMNS)
    assert meanings["standard_error"]["Units"] == "ms"
    trust = pd.read_csv(tmp_path / "stats_trust.csv").set_index("label")
    assert trust.loc[1, ["t2_difference_median", "t2_difference_iqr", "t2_difference_n"]].tolist() == [-0.2, 1.1, 40]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler) is not installed")
def test_the_page_tells_errors_and_words_in_place_of_means(certain: Report, tmp_path: Path) -> None:
    write_page(certain, tmp_path / "report.pdf")
    text = text_of(tmp_path / "report.pdf")
    assert "SE" in text
    assert "T1 +100" in text
    femoral, tibial = (next(r for r in text.splitlines() if name in r) for name in ("medial femoral", "medial tibial"))
    error = certain.tables["acquired"].set_index("label").loc[1, "standard_error"]
    assert f" {error:.2f} " in femoral
    assert "too short" in tibial
    assert "±" not in tibial
    assert "at most about 14 ms" in " ".join(text.split())


def test_the_caveats_say_what_se_is_not(certain: Report) -> None:
    told = " ".join(caveats(certain))
    assert "by the noise of the echoes alone" in told
    assert "later echo is lost in noise, in: medial tibial cartilage (" in told
    assert "standard error" not in " ".join(caveats(small_report(tables={})))


def test_a_statistic_that_is_not_told_is_not_in_the_dicom_measurements(certain: Report) -> None:
    pytest.importorskip("highdicom")
    from napari_mrsr.files.dicom.measurements import Measured, _measurements

    table = certain.tables["acquired"].set_index("label", drop=False)
    one = Measured("acquired", "analytic", certain.tables["acquired"], "T2", "ms")
    told, short = (_measurements(table.loc[label].to_dict(), one) for label in (1, 3))
    assert len(told) == len(short) + 7  # mean, SD, standard error, median, IQR and two percentiles
    assert np.isfinite(table.loc[1, "standard_error"])

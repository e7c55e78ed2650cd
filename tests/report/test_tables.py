"""Tables that a spreadsheet opens, and a record that says where every figure comes from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from napari_mrsr.errors import MissingParameter
from napari_mrsr.report.contents import Report
from napari_mrsr.report.tables import provenance_of, write_tables
from napari_mrsr.roi.statistics import COLUMNS
from napari_mrsr.roi.trust_light import light_of


def test_a_row_per_region_and_map_with_the_first_columns_where_they_always_were(report: Report, tmp_path: Path) -> None:
    written = write_tables(report, tmp_path)
    assert {path.name for path in written} == {"stats.csv", "stats_acquired_sr.csv", "stats_erosion.csv"}
    table = pd.read_csv(tmp_path / "stats.csv", encoding="utf-8")
    assert tuple(table.columns) == (*COLUMNS, "map", "unit")
    assert list(table["map"]) == ["T2 (acquired)"] * 2 + ["T2 (SR)"] * 2
    assert set(table["unit"]) == {"ms"}
    assert table["mean"].tolist() == pytest.approx([30.0, 50.0, 30.0, 50.0], abs=2.0)


def test_names_in_any_script_survive(report: Report, tmp_path: Path) -> None:
    tables = {role: table.assign(name="Knorpel, medial – größer 軟骨") for role, table in report.tables.items()}
    write_tables(replace(report, tables=tables), tmp_path)
    assert pd.read_csv(tmp_path / "stats.csv", encoding="utf-8")["name"][0] == "Knorpel, medial – größer 軟骨"


def test_what_trust_says_has_a_table_of_its_own(report: Report, tmp_path: Path) -> None:
    lights = {1: light_of(900, 0.3, 0.1), 3: light_of(900, 7.0, 0.1), 9: light_of(900, 0.0, 0.0)}
    write_tables(replace(report, lights=lights), tmp_path)
    table = pd.read_csv(tmp_path / "stats_trust.csv")
    assert list(table["trust"]) == ["good", "doubt"]  # 9 is no painted region


def test_the_record_names_units_steps_and_the_hash_of_every_file(report: Report, tmp_path: Path) -> None:
    files = write_tables(report, tmp_path)
    record = json.loads(json.dumps(provenance_of(report, files, root=tmp_path)))
    assert record["Columns"]["stats.csv"]["mean"] == {"Description": "mean of the values", "Units": "ms"}
    assert record["Columns"]["stats_acquired_sr.csv"]["mean_sr"]["Description"].startswith("SR: ")
    assert [step["Name"] for step in record["Maps"]["SR"]["History"]] == ["super-resolution", "t2 from dess"]
    for file in record["Files"]:
        assert file["Sha256"] == hashlib.sha256((tmp_path / file["Name"]).read_bytes()).hexdigest()
    assert "Created" not in record
    assert '"Time"' not in json.dumps(record)


def test_an_identified_record_says_when(report: Report) -> None:
    record = provenance_of(replace(report, identified=True))
    assert record["Created"]
    assert record["Maps"]["SR"]["History"][0]["Time"]


def test_without_regions_there_is_no_table(report: Report, tmp_path: Path) -> None:
    empty = replace(report, tables={role: table.iloc[:0] for role, table in report.tables.items()})
    with pytest.raises(MissingParameter, match="nothing is painted"):
        write_tables(empty, tmp_path)
    assert list(tmp_path.iterdir()) == []

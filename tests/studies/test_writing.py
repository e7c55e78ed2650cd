import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_mrsr.errors import BadParameter, OutputNotWritable
from napari_mrsr.files.origin import sha256_of
from napari_mrsr.studies.writing import Figure, Study, StudyTable, markdown, write_study

FRAME = pd.DataFrame({"method": ["lean", "tricubic"], "n": [5, 5], "T2 [ms]": [35.2371, np.nan]})
TABLE = StudyTable("t2", FRAME, "T2 of five knees.", 1)


def a_figure(path: Path) -> None:
    path.write_bytes(b"a picture")


def test_the_page_rounds_what_the_csv_keeps(tmp_path):
    write_study(tmp_path / "dess-t2", title="T2", lead="Five knees.", tables=[TABLE])
    page = (tmp_path / "dess-t2" / "dess-t2.md").read_text()
    assert "| lean | 5 | 35.2 |" in page
    assert pd.read_csv(tmp_path / "dess-t2" / "t2.csv")["T2 [ms]"][0] == 35.2371


def test_a_value_that_is_not_there_is_a_dash_and_never_nan():
    assert "| tricubic | 5 | - |" in markdown(TABLE)


def test_a_bar_in_a_name_does_not_break_the_table():
    assert markdown(StudyTable("t", pd.DataFrame({"a": ["x|y"]}), "")).splitlines()[-1] == r"| x\|y |"


def test_decimals_may_differ_from_column_to_column():
    frame = pd.DataFrame({"CCC": [0.9321], "CV [%]": [3.081]})
    assert markdown(StudyTable("t", frame, "", {"CCC": 3, "CV [%]": 1})).splitlines()[-1] == "| 0.932 | 3.1 |"


def test_provenance_names_every_file_by_its_check_sum(tmp_path):
    figure = Figure("maps", "Maps.", a_figure)
    files = write_study(
        tmp_path / "s", title="T2", lead="", tables=[TABLE], figures=[figure], provenance={"seeds": np.arange(2)}
    )
    about = json.loads((tmp_path / "s" / "provenance.json").read_text())
    assert about["seeds"] == [0, 1]
    assert about["IntendedUse"].startswith("research use")
    written = {file.name for file in files} - {"provenance.json"}
    assert {entry["Name"] for entry in about["Files"]} == written == {"s.md", "t2.csv", "maps.png"}
    assert all(entry["Sha256"] == sha256_of(tmp_path / "s" / entry["Name"]) for entry in about["Files"])


def test_a_figure_that_fails_leaves_nothing_behind(tmp_path):
    def broken(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        write_study(tmp_path / "s", title="T2", lead="", tables=[TABLE], figures=[Figure("f", "", broken)])
    assert not list(tmp_path.iterdir())


def test_an_earlier_study_is_replaced_and_anything_else_is_left_alone(tmp_path):
    for lead in ("first", "second"):
        write_study(tmp_path / "s", title="T2", lead=lead, tables=[TABLE])
    assert "second" in (tmp_path / "s" / "s.md").read_text()
    other = tmp_path / "letters"
    other.mkdir()
    (other / "to_mother.txt").write_text("dear")
    with pytest.raises(OutputNotWritable, match="left as it is"):
        write_study(other, title="T2", lead="", tables=[TABLE])
    assert [path.name for path in other.iterdir()] == ["to_mother.txt"]


def test_two_tables_of_one_name_and_names_that_leave_the_folder_are_refused(tmp_path):
    with pytest.raises(BadParameter, match="two parts"):
        write_study(tmp_path / "s", title="", lead="", tables=[TABLE, TABLE])
    with pytest.raises(BadParameter, match="file"):
        write_study(tmp_path / "s", title="", lead="", tables=[StudyTable("../t2", FRAME, "")])


def test_a_study_names_who_was_left_out_and_keeps_long_tables_off_the_page(tmp_path):
    long = StudyTable("subjects", FRAME, "One row per subject.", on_page=False)
    study = Study("t", "T2", "Five knees.", (TABLE, long), skipped={"sub-02": "has one echo"})
    study.write(tmp_path / "out")
    page = (tmp_path / "out" / "t.md").read_text()
    assert "Left out: sub-02 (has one echo)." in page
    assert "One row per subject." not in page
    assert (tmp_path / "out" / "subjects.csv").is_file()
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["Skipped"] == {"sub-02": "has one echo"}
    assert study.table("t2") is TABLE

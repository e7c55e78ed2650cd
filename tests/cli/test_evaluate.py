"""``evaluate``: a study from the shell, its exit codes, and nothing half-written."""

import json

import numpy as np
import pandas as pd
import pytest

QUICK = ("--methods", "tricubic,fourier", "--no-figures")


@pytest.fixture
def cohort(write, smooth, oblique, dess_sidecar):
    """Three subjects of a plain folder, small enough for seconds."""
    for n, name in enumerate(("anna", "bert", "carl")):
        for echo in (1, 2):
            array = smooth((16, 14, 12), seed=10 * n + echo)
            path = write(f"cohort/{name}/echo{echo}.nii.gz", array)
            path.with_name(f"echo{echo}.json").write_text(json.dumps(dess_sidecar(echo)))
    labels = np.zeros((16, 14, 12), np.uint8)
    labels[4:12, 5:8, 3:9] = 1
    write("cohort/anna/labels.nii.gz", labels, dtype=np.uint8)
    folder = path.parent.parent
    (folder / "anna" / "labels.json").write_text('{"1": "femoral cartilage"}')
    return folder


def test_a_cohort_is_scored_and_written_whole(shell, cohort, tmp_path):
    outcome = shell("evaluate", "dess-quality", "--data", cohort, *QUICK, "-o", tmp_path / "out")
    assert outcome.code == 0, outcome
    assert "anna done (33 %)" in outcome.err
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"dess-quality.md", "table1.csv", "scores.csv", "provenance.json"} <= files
    assert {line.rsplit("/", 1)[1] for line in outcome.out.splitlines()} == files
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert set(scores.subject) == {"anna", "bert", "carl"}
    about = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert about["Cohort"]["layout"] == "plain"
    assert about["Command"].startswith("napari-mrsr")
    page = (tmp_path / "out" / "dess-quality.md").read_text()
    assert "bert" in page
    assert "no cartilage is labelled" in page


def test_a_broken_subject_is_named_and_the_exit_code_is_3(shell, cohort, tmp_path):
    (cohort / "bert" / "echo2.nii.gz").write_bytes(b"cut")
    outcome = shell("evaluate", "dess-quality", "--data", cohort, *QUICK, "-o", tmp_path / "out")
    assert outcome.code == 3, outcome
    assert "left out: bert" in outcome.err
    assert "echo2.nii.gz" in outcome.err
    page = (tmp_path / "out" / "dess-quality.md").read_text()
    assert "Left out: bert" in page
    assert set(pd.read_csv(tmp_path / "out" / "scores.csv").subject) == {"anna", "carl"}
    assert "not tested" not in page  # neither mrsr nor lean was asked for


def test_no_usable_subject_is_one_line_and_exit_2(refused, cohort, tmp_path):
    for name in ("anna", "bert", "carl"):
        (cohort / name / "echo1.nii.gz").write_bytes(b"cut")
    line = refused("evaluate", "dess-quality", "--data", cohort, *QUICK, "-o", tmp_path / "out")
    assert "none of the 3 subjects" in line


def test_an_empty_cohort_and_impossible_options_are_refused(refused, cohort, tmp_path):
    out = ("-o", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    assert "holds no subject" in refused("evaluate", "dess-quality", "--data", tmp_path / "empty", *out)
    assert "unknown" in refused("evaluate", "dess-beauty", *out)
    assert "nonsense" in refused("evaluate", "dess-quality", "--data", cohort, "--methods", "nonsense", *out)
    assert "--layout" in refused("evaluate", "dess-quality", "--data", cohort, "--layout", "zip", *out)
    assert "two cohorts" in refused("evaluate", "dess-quality", "--data", cohort, "--phantoms", 2, *out)
    assert "phantoms" in refused("evaluate", "dess-quality", "--data", cohort, "--no-noise", *out)
    assert "for dess-t2" in refused("evaluate", "dess-quality", "--published", *out)
    assert "not for dess-t2" in refused("evaluate", "dess-t2", "--whole", *out)


def test_a_folder_that_is_no_study_is_never_replaced(refused, cohort, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    line = refused("evaluate", "dess-quality", "--data", cohort, *QUICK, "-o", tmp_path / "mine")
    assert "not a study" in line


def test_ctrl_c_leaves_nothing_half_written(shell, cohort, tmp_path, monkeypatch):
    from napari_mrsr.studies import writing

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "page", interrupted)
    outcome = shell("evaluate", "dess-quality", "--data", cohort, *QUICK, "-o", tmp_path / "out")
    assert outcome.code == 130
    assert [path.name for path in tmp_path.iterdir()] == ["cohort"]


def test_figures_show_the_first_subject(shell, cohort, tmp_path):
    outcome = shell("evaluate", "dess-quality", "--data", cohort, "--methods", "tricubic", "-o", tmp_path / "out")
    assert outcome.code == 0, outcome
    for name in ("axial_reformat.png", "coronal_reformat.png"):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")


def test_t2_of_oai_is_refused_because_its_echoes_are_combined(refused, tmp_path):
    from tests.files.made_dicom import write_series

    folder = tmp_path / "oai" / "9001104" / "20050826" / "10593811"
    array = np.random.default_rng(0).integers(50, 900, (1, 8, 8, 6)).astype(np.uint16)
    write_series(folder, array, np.diag([0.4, 0.4, 0.7, 1]), echo_times=(4.7,), SeriesDescription="SAG_3D_DESS_LEFT")
    line = refused("evaluate", "dess-t2", "--data", tmp_path / "oai", "-o", tmp_path / "out")
    assert "combined into one contrast" in line
    assert "dess-quality" in line

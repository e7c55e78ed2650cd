"""``evaluate dynamic``: paper 3 from the shell, its exit codes, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest

SMALL = ("--methods", "trilinear,fourier", "--levels", "25,6.25", "--no-figures")


@pytest.fixture
def people(write):
    """Two subjects with three frames, one of them with a planning scan."""
    rng = np.random.default_rng(0)
    for name in ("anna", "bert"):
        frames = rng.uniform(10, 500, (24, 16, 5, 3)).astype(np.float32)
        path = write(f"people/{name}/dynamic.nii.gz", frames, affine=np.diag([1.2, 1.2, 4, 1]))
    write("people/anna/planning.nii.gz", frames[..., 0], affine=np.diag([1.2, 1.2, 4, 1]))
    return path.parent.parent


def test_a_folder_of_subjects_is_scored_and_written_whole(shell, people, tmp_path):
    outcome = shell("evaluate", "dynamic", "--data", people, *SMALL, "-o", tmp_path / "out")
    assert outcome.code == 0, outcome
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"dynamic.md", "table3.csv", "scores.csv", "provenance.json"} <= files
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert set(scores.subject) == {"anna", "bert"}
    assert set(scores.level) == {0.25, 0.0625}
    assert set(scores.method) == {"trilinear", "zero-padded"}
    about = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert about["Cohort"]["layout"] == "dynamic"


def test_a_broken_subject_is_named_and_the_exit_code_is_3(shell, people, tmp_path):
    (people / "bert" / "dynamic.nii.gz").write_bytes(b"cut")
    outcome = shell("evaluate", "dynamic", "--data", people, *SMALL, "--frames", 1, "-o", tmp_path / "out")
    assert outcome.code == 3, outcome
    assert "left out: bert" in outcome.err
    assert set(pd.read_csv(tmp_path / "out" / "scores.csv").subject) == {"anna"}


def test_no_usable_subject_is_one_line_and_exit_2(refused, people, tmp_path):
    for name in ("anna", "bert"):
        (people / name / "dynamic.nii.gz").write_bytes(b"cut")
    line = refused("evaluate", "dynamic", "--data", people, *SMALL, "-o", tmp_path / "out")
    assert "none of the 2 subjects" in line


def test_what_is_kept_is_taken_again(shell, people, tmp_path):
    keep = tmp_path / "keep"
    for out in ("one", "two"):
        outcome = shell("evaluate", "dynamic", "--data", people, *SMALL, "--keep", keep, "-o", tmp_path / out)
        assert outcome.code == 0, outcome
    assert len(list(keep.glob("*.json"))) == 2 * 3 * 2 * 2
    one, two = ((tmp_path / out / "scores.csv").read_text() for out in ("one", "two"))
    assert one == two


def test_impossible_options_are_refused(refused, people, tmp_path):
    out = ("-o", tmp_path / "out")
    assert "not shares" in refused("evaluate", "dynamic", "--levels", "25,200", *out)
    assert "sharpen in plane" in refused("evaluate", "dynamic", "--methods", "lean", *out)
    assert "nonsense" in refused("evaluate", "dynamic", "--methods", "nonsense", *out)
    assert "--experiment" in refused("evaluate", "dynamic", "--experiment", "magic", *out)
    assert "phantoms" in refused("evaluate", "dynamic", "--data", people, "--quick", *out)
    assert "phantoms" in refused("evaluate", "dynamic", "--data", people, "--experiment", "needle", *out)
    assert "no folder" in refused("evaluate", "dynamic", "--fine-tuned", tmp_path / "none", *out)
    assert "not for dynamic" in refused("evaluate", "dynamic", "--whole", *out)
    assert "but for dynamic" in refused("evaluate", "dess-quality", "--frames", 3, *out)
    assert "--schedule" in refused("evaluate", "dynamic", "--schedule", "slow", *out)


@pytest.mark.slow
def test_phantoms_and_the_needle_run_from_the_shell(shell, tmp_path):
    quick = ("--quick", "--frames", 1, "--phantoms", 1, "--methods", "trilinear")
    assert shell("evaluate", "dynamic", *quick, "-o", tmp_path / "out").code == 0
    assert (tmp_path / "out" / "over_time.png").is_file()
    assert shell("evaluate", "dynamic", *quick, "--experiment", "needle", "-o", tmp_path / "needle").code == 0
    assert "made up" in (tmp_path / "needle" / "dynamic-needle.md").read_text()

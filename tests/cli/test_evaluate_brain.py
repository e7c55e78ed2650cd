"""``evaluate brain-sr``: paper 2 from the shell, its exit codes, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest

from napari_mrsr.networks import registry

SMALL = ("--methods", "fourier,bicubic", "--no-figures")


@pytest.fixture
def heads(write):
    """Two heads in air, one with a lesion marked beside it."""
    rng = np.random.default_rng(0)
    i, j = np.mgrid[-16:16, -14:14]
    for name in ("anna", "bert"):
        array = (np.hypot(i, j) < 12)[..., None] * rng.uniform(50, 150, (32, 28, 4))
        array[12:18, 12:18] += 100
        path = write(f"heads/{name}.nii.gz", array.astype(np.float32), affine=np.diag([1, 1, 4, 1]))
    spot = np.zeros((32, 28, 4), np.uint8)
    spot[12:18, 12:18] = 1
    write("heads/anna_lesion.nii.gz", spot, affine=np.diag([1, 1, 4, 1]), dtype=np.uint8)
    return path.parent


@pytest.fixture
def weights(tmp_path):
    return registry.save(registry.build("cpce", {"features": 2, "shortcut": True}), tmp_path / "cpce.safetensors")


def test_a_folder_of_heads_is_scored_and_written_whole(shell, heads, weights, tmp_path):
    methods = ("--methods", f"fourier,bicubic,cpce={weights}")
    outcome = shell("evaluate", "brain-sr", "--data", heads, *methods, "-o", tmp_path / "out")
    assert outcome.code == 0, outcome
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"brain-sr.md", "table1.csv", "lesions.csv", "gain.png", "slice_anna.png", "provenance.json"} <= files
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert set(scores.subject) == {"anna", "bert"}
    assert set(scores.method) == {"zero-filled", "bicubic", "cpce"}
    assert set(pd.read_csv(tmp_path / "out" / "lesions.csv")["scan"]) == {"anna"}
    about = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert about["Methods"]["anna"]["cpce"]["sha256"]


def test_a_broken_head_is_named_and_the_exit_code_is_3(shell, heads, tmp_path):
    (heads / "bert.nii.gz").write_bytes(b"cut")
    outcome = shell("evaluate", "brain-sr", "--data", heads, *SMALL, "--slices", 2, "-o", tmp_path / "out")
    assert outcome.code == 3, outcome
    assert "left out: bert" in outcome.err
    assert len(pd.read_csv(tmp_path / "out" / "scores.csv")) == 2 * 2


def test_what_is_kept_is_taken_again(shell, heads, tmp_path):
    for out in ("one", "two"):
        outcome = shell(
            "evaluate", "brain-sr", "--data", heads, *SMALL, "--keep", tmp_path / "keep", "-o", tmp_path / out
        )
        assert outcome.code == 0, outcome
    assert len(list((tmp_path / "keep").glob("*.json"))) == 2 * 2
    one, two = ((tmp_path / out / "scores.csv").read_text() for out in ("one", "two"))
    assert one == two


def test_a_fold_scores_its_subject_alone(shell, heads, weights, tmp_path):
    options = ("--methods", "fourier,mine", "--fold", f"anna=mine={weights}", "--no-figures")
    outcome = shell("evaluate", "brain-sr", "--data", heads, *options, "-o", tmp_path / "out")
    assert outcome.code == 0, outcome
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert set(scores[scores.method == "mine"].subject) == {"anna"}
    assert "other folds alone" in (tmp_path / "out" / "brain-sr.md").read_text()


def test_a_lesion_is_grown_from_a_point(shell, heads, tmp_path):
    point = ("--lesion", "bert=14,14,8")
    outcome = shell("evaluate", "brain-sr", "--data", heads, *SMALL, *point, "-o", tmp_path / "out")
    assert outcome.code == 0, outcome
    assert "no reader's outline" in (tmp_path / "out" / "brain-sr.md").read_text()


def test_impossible_options_are_refused(refused, heads, weights, tmp_path):
    out = ("-o", tmp_path / "out")
    data = ("--data", heads)
    assert "real heads" in refused("evaluate", "brain-sr", *out)
    assert "not for brain-sr" in refused("evaluate", "brain-sr", "--phantoms", 2, *out)
    assert "not for brain-sr" in refused("evaluate", "brain-sr", *data, "--quick", *out)
    assert "but for brain-sr" in refused("evaluate", "dynamic", "--slices", 2, *out)
    assert "no plane" in refused("evaluate", "brain-sr", *data, "--planes", "oblique", *out)
    assert "in plane" in refused("evaluate", "brain-sr", *data, "--methods", "lean", *out)
    assert "no fold" in refused("evaluate", "brain-sr", *data, "--fold", "anna", *out)
    assert "holds no subject" in refused(
        "evaluate", "brain-sr", *data, "--methods", "mine", "--fold", f"carl=mine={weights}", *out
    )
    assert "no scan of" in refused("evaluate", "brain-sr", *data, *SMALL, "--lesion", "carl=1,2,3", *out)
    assert not (tmp_path / "out").exists()

"""``evaluate brain-maps``: paper 4 from the shell, its exit codes, and what is refused."""

import json

import pandas as pd
import pytest

from napari_mrsr.networks import registry
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import Mapper
from tests.studies.brain_maps.made import cohort

STUDY = ("evaluate", "brain-maps")


@pytest.fixture
def weights(tmp_path):
    mapper = Mapper(features=2, levels=2, conditions=MapConditions().written())
    return registry.save(mapper, tmp_path / "mapper.safetensors")


def test_phantoms_are_scored_and_written_whole_and_taken_again(shell, weights, tmp_path, monkeypatch):
    heads = cohort(5)
    monkeypatch.setattr("napari_mrsr.cli.evaluate_brain_maps.cohort", lambda asked: heads)
    options = (
        "--no-figures",
        "--methods",
        f"supervised={weights}",
        "--hybrid",
        weights,
        "--slices",
        3,
        "--keep",
        tmp_path / "keep",
    )
    for out in ("one", "two"):
        outcome = shell(*STUDY, *options, "-o", tmp_path / out)
        assert outcome.code == 0, outcome
    files = {path.name for path in (tmp_path / "one").iterdir()}
    assert {"brain-maps.md", "table2.csv", "tests.csv", "tissues.csv", "provenance.json"} <= files
    one, two = (pd.read_csv(tmp_path / out / "scores.csv") for out in ("one", "two"))
    assert one.equals(two)
    assert set(one["method"]) == {"supervised", "hybrid"}
    assert len(list((tmp_path / "keep").glob("*.json"))) == 1
    about = json.loads((tmp_path / "one" / "provenance.json").read_text())
    assert about["Methods"]["hybrid"]["sha256"]


def test_impossible_options_are_refused(refused, weights, tmp_path):
    out = ("-o", tmp_path / "out")
    assert "no condition" in refused(*STUDY, *out, "--conditions", "upside down")
    assert "no folder" in refused(*STUDY, *out, "--data", tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert "T1map" in refused(*STUDY, *out, "--data", tmp_path / "empty")
    assert "for phantoms" in refused(*STUDY, *out, "--data", tmp_path / "empty", "--conditions", "short")
    assert "none.safetensors" in refused(*STUDY, *out, "--hybrid", tmp_path / "none.safetensors")
    assert "not for brain-maps" in refused(*STUDY, *out, "--lesion", "anna=1,2,3")
    assert "but for brain-maps" in refused("evaluate", "brain-sr", *out, "--hybrid", weights)

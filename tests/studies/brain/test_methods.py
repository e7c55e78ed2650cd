"""Which ways there are: by name, by file, by fold, and who may not be scored by what."""

import pytest

from napari_mrsr.errors import BadParameter, UnknownMethod, WeightsMissing
from napari_mrsr.networks import registry
from napari_mrsr.sampling import degrade
from napari_mrsr.studies.brain import methods
from napari_mrsr.studies.brain.folds import Fold, read_folds
from tests.studies.brain.made import SHAPE, head


@pytest.fixture
def weights(tmp_path):
    return registry.save(registry.build("cpce", {"features": 4, "shortcut": True}), tmp_path / "cpce.safetensors")


def test_all_of_the_study_that_there_is_and_why_others_are_not(monkeypatch):
    monkeypatch.setattr(registry, "methods", lambda: registry.CLASSICAL)
    ways, left_out = methods.chosen()
    names = [way.name for way in ways]
    assert names[:4] == ["zero-filled", "nearest", "bilinear", "bicubic"]
    assert set(left_out) >= {"cpce", "circle", "cpce-l1", "circle-l1"}
    assert "no weights" in left_out["cpce"]


def test_names_of_the_tables_and_of_the_package_are_one():
    ways, _ = methods.chosen(["fourier", "bicubic"])
    assert [way.name for way in ways] == ["zero-filled", "bicubic"]
    assert [way.method for way in ways] == ["fourier", "tricubic"]


def test_a_file_of_weights_is_a_way_and_an_untrained_shortcut_gives_back_its_input(weights):
    (way, zero), _ = methods.chosen([f"mine={weights}", "fourier"])
    assert way.trained
    scan = head(0)
    coarse = degrade(scan, kspace=0.25, axis=2)
    found = way.sharpen(coarse, scan, "anna", lambda part: None, None)
    assert found.shape == SHAPE
    expected = zero.sharpen(coarse, scan, "anna", lambda part: None, None)
    assert found == pytest.approx(expected.clip(0), abs=1e-3 * float(scan.array.max()))


def test_a_fold_takes_the_place_of_shipped_weights_for_its_subject_alone(weights, tmp_path):
    other = registry.save(registry.build("cpce", {"features": 2}), tmp_path / "fold.safetensors")
    folds = read_folds([f"anna=mine={other}"])
    (way,), _ = methods.chosen([f"mine={weights}"], folds)
    assert way.file("anna") == other
    assert way.file("bert") == weights
    assert way.depends_on("anna")["sha256"] != way.depends_on("bert")["sha256"]


def test_a_folder_is_a_fold_of_each_method_in_it(weights, tmp_path):
    (tmp_path / "fold" / "circle").mkdir(parents=True)
    weights.rename(tmp_path / "fold" / "cpce.safetensors")
    (tmp_path / "fold" / "circle" / "weights.safetensors").write_bytes(b"")
    folds = read_folds([f"anna.nii.gz={tmp_path / 'fold'}"])
    assert {(one.subject, one.method) for one in folds} == {("anna", "cpce"), ("anna", "circle")}


def test_a_fold_alone_makes_a_method_for_its_subject(weights, monkeypatch):
    monkeypatch.setattr(registry, "methods", lambda: registry.CLASSICAL)
    folds = [Fold("anna", "cpce", weights)]
    ways, left_out = methods.chosen(None, folds)
    way = next(way for way in ways if way.name == "cpce")
    assert "cpce" not in left_out
    assert methods.seen_before(way, "anna", folds) == ""
    assert "other folds" in methods.seen_before(way, "bert", folds)


def test_where_a_fold_holds_a_subject_out_no_other_network_is_scored_on_it(weights):
    folds = [Fold("anna", "mine", weights)]
    (mine, other, zero), _ = methods.chosen([f"mine={weights}", f"other={weights}", "fourier"], folds)
    assert methods.seen_before(mine, "anna", folds) == ""
    assert "learned from it" in methods.seen_before(other, "anna", folds)
    assert methods.seen_before(other, "bert", folds) == ""
    assert methods.seen_before(zero, "anna", folds) == ""


def test_the_measured_centre_is_scored_beside(weights):
    ways, _ = methods.chosen([f"mine={weights}", "fourier"], centre_kept=True)
    assert [way.name for way in ways] == ["mine", "zero-filled", "mine (centre kept)"]
    assert ways[-1].consistency == "hard"


def test_what_cannot_be_is_refused_before_anything_is_computed(weights, tmp_path):
    with pytest.raises(UnknownMethod):
        methods.chosen(["nonsense"])
    with pytest.raises(BadParameter, match="twice"):
        methods.chosen(["fourier", "zero-filled"])
    with pytest.raises(BadParameter, match="in plane"):
        methods.chosen(["lean"])
    with pytest.raises(WeightsMissing):
        methods.chosen([f"mine={tmp_path / 'none.safetensors'}"])
    with pytest.raises(UnknownMethod, match="not scored"):
        methods.chosen(["fourier"], [Fold("anna", "cpce", weights)])
    lean = registry.find("lean").file
    with pytest.raises(BadParameter, match="lean"):
        methods.chosen([f"mine={lean}"])
    for text in ("anna", "a=b=c=d", "anna="):
        with pytest.raises(BadParameter):
            read_folds([text])
    with pytest.raises(WeightsMissing):
        read_folds([f"anna=cpce={tmp_path / 'none'}"])
    with pytest.raises(BadParameter, match="two folds"):
        read_folds([f"anna=cpce={weights}", f"anna=cpce={weights}"])

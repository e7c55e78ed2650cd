"""The study of paper 4: its tables from maps that are wrong in a known way."""

import json

import numpy as np
import pytest
from scipy import stats

from napari_mrsr.errors import BadParameter, NothingToRead, Stopped
from napari_mrsr.studies.brain_maps.study import Settings, run
from napari_mrsr.studies.kept import Kept
from tests.studies.brain_maps.made import Knowing, Refusing, cohort

PLAIN = Settings(figures=False)


@pytest.fixture(scope="module")
def heads():
    return cohort(1, 2, 3)


@pytest.fixture(scope="module")
def study(heads):
    ways = [Knowing("supervised", heads, 1.10, blur=1.0), Knowing("hybrid", heads, 1.05)]
    return run(heads, ways, Settings())


def test_a_map_five_per_cent_off_has_an_error_of_five_per_cent_everywhere(study):
    scores = study.table("scores").frame
    hybrid = scores[scores.method == "hybrid"]
    np.testing.assert_allclose(hybrid.mpe, 5.0, atol=1e-3)
    tissues = study.table("tissues_all").frame
    mine = tissues[tissues.method == "hybrid"]
    np.testing.assert_allclose(mine.bias, 5.0, atol=1e-3)
    np.testing.assert_allclose(mine.correlation.dropna(), 1.0, atol=1e-5)


def test_psnr_is_that_of_maps_over_three_seconds(study, heads):
    scores = study.table("scores").frame
    row = scores[(scores.method == "hybrid") & (scores["map"] == "T1")].iloc[3]
    truth = np.take(heads.entries[0].load().t1, int(row.slice), axis=0) / 3000
    known = np.isfinite(truth)
    assert row.brain_psnr == pytest.approx(-10 * np.log10(np.mean((0.05 * truth[known]) ** 2)), abs=1e-3)
    assert row.psnr == pytest.approx(-10 * np.log10(np.sum((0.05 * truth[known]) ** 2) / truth.size), abs=1e-3)
    assert row.ssim > row.brain_ssim  # air flatters


def test_tests_are_those_of_scipy_over_slices_and_over_heads(study):
    scores, tests = study.table("scores").frame, study.table("tests_all").frame
    row = tests[(tests["map"] == "T1") & (tests.column == "mpe") & (tests.method == "hybrid")].iloc[0]
    assert (row.against, row["subjects favoured"], row["smallest p of signs"]) == ("supervised", 3, 0.25)
    part = scores[scores["map"] == "T1"].set_index(["head", "slice"])
    x, y = (part[part.method == name].mpe for name in ("supervised", "hybrid"))
    assert row["p paired t"] == pytest.approx(stats.ttest_rel(y, x).pvalue)
    means = [one.groupby("head").mean() for one in (x, y)]
    assert row["p t over subjects"] == pytest.approx(stats.ttest_rel(means[1], means[0]).pvalue)


def test_people_are_followed_by_a_slope(study):
    people = study.table("people").frame
    white = people[(people["map"] == "T1") & (people.tissue == "white matter") & (people.method == "hybrid")].iloc[0]
    assert (white.heads, white.slope) == (3, pytest.approx(1.05, abs=1e-3))


def test_the_paper_stands_beside_and_what_is_not_judged_is_counted(study):
    printed = study.table("printed").frame
    assert printed["printed: hybrid"].tolist()[:2] == ["10.08 ± 2.96", "11.96 ± 6.71"]
    voxels = study.table("voxels").frame.set_index(["map", "method"])
    assert voxels.loc[("T2", "hybrid"), "brain without a true value"] > 0  # fluid
    assert voxels.loc[("T1", "hybrid"), "of these without a value"] == 0
    assert "fluid" in study.table("voxels").caption
    assert "M0 is not scored" in study.lead


def test_networks_are_judged_on_the_same_voxels(heads):
    hole = np.s_[:, 20:24, 20:30]
    ways = [Knowing("supervised", heads, 1.1), Knowing("hybrid", heads, 1.05, hole=hole)]
    ways.append(Knowing("literature", heads, 1.2, trained=False))
    voxels = run(heads, ways, PLAIN).table("voxels_all").frame
    one = voxels[(voxels["head"] == voxels["head"].iloc[0]) & (voxels["map"] == "T1")].set_index("method")
    assert one.loc["hybrid", "of these without a value"] > 0
    assert len(set(one.judged)) == 1


def test_conditions_stand_beside_the_nominal_one():
    both = cohort(1, conditions=("nominal", "noise x 2"))
    found = run(both, [Knowing("hybrid", both, 1.05), Refusing("knee", both)], Settings(slices=3))
    table = found.table("conditions").frame
    assert table.condition.tolist() == ["nominal", "noise x 2"]
    assert table["hybrid: T1 MPE [%]"].tolist() == ["5.00", "5.00 (+0.00)"]
    assert "knee" in found.lead
    assert "made for knees" in found.lead
    assert len(found.figures) == 1  # of a head without a lesion one condition is enough


def test_pages_and_pictures_are_written(study, tmp_path):
    files = {path.name for path in study.write(tmp_path / "out")}
    assert {"brain-maps.md", "table2.csv", "maps_phantom_1_nominal.png", "provenance.json"} <= files
    about = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert about["Methods"]["hybrid"] == {"factor": 1.05, "blur": 0.0}


def test_what_is_kept_is_not_mapped_again(heads, tmp_path):
    ways = [Knowing("hybrid", heads, 1.05)]
    first, again = (run(heads, ways, PLAIN, kept=Kept(tmp_path)) for _ in range(2))
    assert ways[0].made == 3
    assert first.table("scores").frame.equals(again.table("scores").frame)


def test_what_cannot_be_done_is_refused(heads):
    with pytest.raises(BadParameter, match="no way"):
        run(heads, [])
    with pytest.raises(NothingToRead, match="made for knees"):
        run(heads, [Refusing("knee", heads)])
    with pytest.raises(Stopped):
        run(heads, [Knowing("hybrid", heads)], stop=lambda: True)

"""The study of paper 2: its tables, what is kept, who is left out, and what is said of few subjects."""

import json

import numpy as np
import pytest
from scipy import stats

from napari_mrsr.errors import BadParameter, NothingToRead, Stopped
from napari_mrsr.interpolation import resize
from napari_mrsr.metrics import psnr
from napari_mrsr.sampling import degrade
from napari_mrsr.studies.brain.study import Settings, run
from napari_mrsr.studies.kept import Kept
from tests.studies.brain.made import SHAPE, ZERO, Knowing, Refusing, cohort, head

PLAIN = Settings(figures=False)


def ways():
    return [ZERO, Knowing("cpce-l1", 0.4), Knowing("cpce", 0.5)]


@pytest.fixture(scope="module")
def study():
    return run(cohort(1, 2, 3, lesion=True), ways(), Settings())


def scores_of(study):
    return study.table("scores").frame


def test_every_slice_of_every_head_is_scored_by_every_method(study):
    scores = scores_of(study)
    assert len(scores) == 3 * SHAPE[2] * 3
    assert set(scores.plane) == {"axial"}


def test_a_score_is_that_of_the_slice_degraded_and_filled_with_zeros_here(study):
    scores = scores_of(study)
    row = scores[(scores.scan == "head 2") & (scores.method == "zero-filled") & (scores.slice == 3)].iloc[0]
    scan = head(2)
    fine = resize(degrade(scan, kspace=0.25, axis=2), "fourier", scan)
    assert row.psnr == pytest.approx(psnr(scan.array[0, ..., 3], fine.array[0, ..., 3]), abs=1e-4)


def test_a_smaller_error_is_as_many_decibels_as_it_must_be(study):
    tests = study.table("tests_all").frame
    row = tests[(tests.column == "psnr") & (tests.method == "cpce-l1") & (tests.against == "zero-filled")].iloc[0]
    assert row.difference == pytest.approx(-20 * np.log10(0.4), abs=1e-3)
    assert row["subjects favoured"] == 3
    twin = tests[(tests.column == "psnr") & (tests.method == "cpce") & (tests.against == "cpce-l1")].iloc[0]
    assert twin.difference == pytest.approx(20 * np.log10(0.4 / 0.5), abs=1e-3)
    assert twin["subjects favoured"] == 0


def test_the_test_over_subjects_is_that_of_scipy_over_their_means(study):
    scores, tests = scores_of(study), study.table("tests_all").frame
    row = tests[(tests.column == "ssim") & (tests.method == "cpce") & (tests.against == "zero-filled")].iloc[0]
    means = scores.groupby(["method", "subject"]).ssim.mean()
    outcome = stats.ttest_rel(means["cpce"], means["zero-filled"])
    assert row["p t over subjects"] == pytest.approx(outcome.pvalue)
    low, high = outcome.confidence_interval(0.95)
    assert (row.low, row.high) == pytest.approx((low, high))


def test_three_subjects_are_said_to_be_few(study):
    assert "0.25" in study.table("tests").caption
    assert "few" in study.table("tests").caption


def test_the_paper_stands_beside_with_its_caveat(study):
    printed = study.table("printed")
    assert list(printed.frame["PSNR as printed [dB]"]) == ["33.2031", "32.2995"]
    assert printed.frame["PSNR here [dB]"].tolist()[1] == "-"  # no circle was scored
    assert "cannot be compared" in printed.caption


def test_what_is_left_of_a_lesion_is_a_row_per_method(study):
    lesions = study.table("lesions").frame
    assert len(lesions) == 3 * 3
    assert lesions["of the true"].between(0.8, 1.1).all()


def test_flicker_is_that_of_all_slices_and_none_where_they_are_no_neighbours(study):
    table = study.table("flicker").frame.set_index("method")
    assert table.loc["zero-filled", "stacks"] == 3
    # an error that is a part of another flickers as much between as within
    assert table["between slices over within"].to_numpy() == pytest.approx(
        table.loc["zero-filled", "between slices over within"], rel=1e-3
    )
    few = run(cohort(1), [ZERO], Settings(slices=3, figures=False))
    assert "flicker" not in {table.name for table in few.tables}


def test_of_many_subjects_the_page_shows_only_their_mean():
    study = run(cohort(*range(9)), [ZERO], Settings(slices=1))
    assert list(study.table("subjects").frame) == ["method", "subjects: SSIM", "subjects: PSNR [dB]"]
    assert "person 8: SSIM" in study.table("subjects_all").frame
    assert not study.table("scans").on_page
    assert sum(figure.name.startswith("slice_") for figure in study.figures) == 6


def test_a_study_is_written_whole_with_its_figures(study, tmp_path):
    files = {path.name for path in study.write(tmp_path / "out")}
    assert {"brain-sr.md", "table1.csv", "scores.csv", "gain.png", "slice_head_1.png", "provenance.json"} <= files
    about = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert about["Methods"]["head 1"]["cpce"] == {"knows": 0.5, "name": "cpce"}


def test_a_broken_head_is_left_out_and_named():
    study = run(cohort(1, 2, broken=(1,)), [ZERO], PLAIN)
    assert list(study.skipped) == ["head 1"]
    assert set(scores_of(study).scan) == {"head 2"}


def test_nothing_usable_is_an_error():
    with pytest.raises(NothingToRead, match="none of the 1"):
        run(cohort(1, broken=(1,)), [ZERO], PLAIN)
    with pytest.raises(BadParameter, match="no method"):
        run(cohort(1), [], PLAIN)
    with pytest.raises(BadParameter, match="no plane"):
        run(cohort(1), [ZERO], Settings(planes="oblique"))


def test_a_method_that_refuses_stops_none_of_the_others():
    study = run(cohort(1), [ZERO, Refusing("lean", 0.1)], PLAIN, left_out={"circle": "no weights"})
    assert set(scores_of(study).method) == {"zero-filled"}
    assert "made for knees" in study.lead
    assert "circle (no weights)" in study.lead


def test_what_is_kept_is_not_computed_again(tmp_path):
    one, two = Knowing("a", 0.5), Knowing("a", 0.5)
    first = run(cohort(1), [one], PLAIN, kept=Kept(tmp_path))
    second = run(cohort(1), [two], PLAIN, kept=Kept(tmp_path))
    assert (one.made, two.made) == (1, 0)
    assert scores_of(first).equals(scores_of(second))
    run(cohort(1), [two], Settings(slices=2, figures=False), kept=Kept(tmp_path))
    assert two.made == 1  # other slices


def test_it_stops_when_asked_and_keeps_what_was_done(tmp_path):
    asked = iter([False, True])
    with pytest.raises(Stopped):
        run(cohort(1), [ZERO, Knowing("a", 0.5)], PLAIN, kept=Kept(tmp_path), stop=lambda: next(asked))
    assert len(list(tmp_path.glob("*.json"))) == 1


def test_progress_reaches_the_end():
    told = []
    run(cohort(1, 2), [ZERO], PLAIN, progress=lambda part, what: told.append((part, what)))
    assert told[-1] == (1.0, "head 2 done")
    assert [part for part, _ in told] == sorted(part for part, _ in told)

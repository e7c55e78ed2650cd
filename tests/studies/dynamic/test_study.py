"""The study of paper 3: its tables, what is kept, who is left out and what is said."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from napari_mrsr.errors import BadParameter, NothingToRead, Stopped
from napari_mrsr.metrics import psnr
from napari_mrsr.phantoms.abdomen import SUBJECTS
from napari_mrsr.sampling import degrade
from napari_mrsr.studies.dynamic import frames
from napari_mrsr.studies.dynamic.interpolations import edges_aligned
from napari_mrsr.studies.dynamic.study import LEVELS, Settings, run
from napari_mrsr.studies.dynamic_cohort import DynamicCohort, DynamicEntry
from napari_mrsr.studies.kept import Kept
from tests.studies.dynamic.made import Knowing, body, cohort, person

QUICK = Settings(figures=False)
ONE_LEVEL = Settings(levels=(0.25,), figures=False)


@pytest.fixture(scope="module")
def study():
    return run(cohort(1, 2, 3, frames=3), [Knowing()], QUICK)


def scores_of(study):
    return study.table("scores").frame


def test_every_frame_of_every_level_is_scored_by_every_method(study):
    scores = scores_of(study)
    assert len(scores) == 3 * 3 * len(LEVELS) * 7
    assert list(dict.fromkeys(scores.method))[-2:] == ["swift", "swift fine-tuned"]


def test_a_score_is_that_of_the_frame_degraded_and_interpolated_here(study):
    scores = scores_of(study)
    row = scores[
        (scores.subject == "person 2") & (scores.level == 0.1) & (scores.frame == 3)
        & (scores.method == "trilinear (edges aligned)")
    ].iloc[0]  # fmt: skip
    scan = body(2, 3)
    few = degrade(scan.volume(2), kspace=0.1, axis=2).array[0]
    i, j = (edges_aligned("trilinear", n, size) for n, size in zip(few.shape, (32, 24), strict=False))
    fine = np.einsum("ai,bj,ijk->abk", i, j, few)
    assert row.psnr == pytest.approx(psnr(scan.array[2], fine), abs=1e-3)
    assert row.ssim == pytest.approx(frames.score(scan.array[2], fine.astype(np.float32))[0].ssim, abs=1e-5)


def test_knowing_more_of_the_truth_gains_as_many_decibels_as_it_must(study):
    # what is left of the error is 0.7 and 0.4 of it
    gain = study.table("tests_all").frame
    row = gain[(gain.metric == "PSNR [dB]") & (gain.against == "swift") & (gain["k-space"] == "6.25 %")].iloc[0]
    assert row.gain == pytest.approx(20 * np.log10(0.7 / 0.4), abs=1e-3)
    assert row["subjects favoured"] == 3


def test_table_3_is_mean_and_sd_over_subject_and_time(study):
    scores, table = scores_of(study), study.table("table3").frame.set_index("method")
    values = scores[(scores.method == "swift") & (scores.level == 0.25)]
    assert table.loc["swift", "25 %: PSNR [dB]"] == f"{values.psnr.mean():.2f} ± {values.psnr.std(ddof=1):.2f}"
    assert table.loc["swift", "25 %: diff SD x1000"] == f"{1e3 * values.sd.mean():.2f} ± {1e3 * values.sd.std():.2f}"


def test_the_tests_pool_all_levels_and_each_and_are_those_of_scipy(study):
    outcomes = study.table("tests_all").frame
    ours = outcomes[
        (outcomes.metric == "SSIM") & (outcomes.method == "swift fine-tuned") & (outcomes.against == "swift")
    ]
    assert list(ours["k-space"]) == ["25 %", "10 %", "6.25 %", "all"]
    assert list(ours.pairs) == [9, 9, 9, 27]
    scores = scores_of(study)
    tuned, main = (scores[scores.method == name].ssim.to_numpy() for name in ("swift fine-tuned", "swift"))
    assert ours.iloc[-1]["p paired t"] == pytest.approx(stats.ttest_rel(tuned, main).pvalue)
    assert ours.iloc[-1]["p Wilcoxon"] == pytest.approx(stats.wilcoxon(tuned, main).pvalue)
    assert "which those of one person are not" in study.table("tests").caption


def test_the_order_of_the_interpolations_is_told(study):
    first = study.table("order").frame.iloc[0]["by PSNR [dB]"]
    assert first.split(" (")[0] == "zero-padded"
    assert "trilinear (edges aligned)" in first


def test_flicker_is_less_the_more_is_known(study):
    table = study.table("flicker").frame.set_index("method")
    assert table.loc["swift fine-tuned", "10 %"] < table.loc["swift", "10 %"]
    assert table.loc["reference", "10 %"] == pytest.approx(0, abs=1e-3)


def test_table_2_is_that_of_the_paper():
    people = [replace(person(n), protocol=SUBJECTS[n]) for n in (1, 2, 3)]
    entries = tuple(DynamicEntry(one.name, lambda one=one: one) for one in people)
    table = run(DynamicCohort("three", entries), (), replace(QUICK, frames=1)).table("table2").frame
    whole = table[table["k-space"] == "whole"].iloc[0]
    assert [whole[f"person {n}: time [s]"] for n in (1, 2, 3)] == ["4.81", "9.61", "6.62"]
    voxels = table.set_index("k-space")["person 3: voxels [mm]"]
    assert list(voxels) == ["1.37 x 1.36 x 4", "2.73 x 2.73 x 4", "4.38 x 4.37 x 4", "5.47 x 5.46 x 4"]


def test_by_the_header_where_no_protocol_is_known(study):
    table = study.table("table2").frame.set_index("k-space")
    # 24 lines, 6 slices, TR 2.34 ms
    assert table.loc["whole", "person 1: time [s]"] == f"{24 * 6 * 2.34e-3:.2f}"


def test_a_stopped_study_goes_on_where_it_was(tmp_path):
    network, count = Knowing(), 0

    def stop():
        nonlocal count
        count += 1
        return count > 5

    kept = Kept(tmp_path)
    with pytest.raises(Stopped):
        run(cohort(1), [network], ONE_LEVEL, interpolations=("trilinear",), kept=kept, stop=stop)
    made = network.made
    assert 0 < made < 8
    again = run(cohort(1), [network], ONE_LEVEL, interpolations=("trilinear",), kept=kept)
    assert network.made == 8  # no frame was made twice
    fresh = run(cohort(1), [Knowing()], ONE_LEVEL, interpolations=("trilinear",))
    columns = ["method", "level", "frame", "ssim", "psnr", "sd"]
    pd.testing.assert_frame_equal(scores_of(again)[columns], scores_of(fresh)[columns])
    assert again.table("flicker").frame.equals(fresh.table("flicker").frame)
    run(cohort(1), [network], ONE_LEVEL, interpolations=("trilinear",), kept=kept)
    assert network.made == 8


def test_a_damaged_result_is_made_anew(tmp_path):
    network, kept = Knowing(), Kept(tmp_path)
    run(cohort(1), [network], ONE_LEVEL, interpolations=(), kept=kept)
    for path in tmp_path.glob("*.json"):
        path.write_text("cut")
    run(cohort(1), [network], ONE_LEVEL, interpolations=(), kept=kept)
    assert network.made == 16


def test_a_broken_subject_is_named_and_the_others_are_done(tmp_path):
    found = run(cohort(1, 2, broken=(1,)), (), QUICK, interpolations=("area",))
    assert found.skipped == {"person 1": "person1.nii.gz is truncated"}
    assert set(scores_of(found).subject) == {"person 2"}
    with pytest.raises(NothingToRead, match="none of the 1 subjects"):
        run(cohort(1, broken=(1,)), (), QUICK)


def test_without_a_planning_scan_nothing_is_fine_tuned_and_it_is_said():
    network = Knowing()
    found = run(cohort(1, planning=False), [network], ONE_LEVEL, interpolations=("trilinear",))
    assert not network.taught
    assert "swift fine-tuned" not in set(scores_of(found).method)
    assert "there is no planning scan" in found.lead


def test_the_planning_scan_of_each_subject_teaches_once(study):
    network = Knowing()
    run(cohort(1, 2), [network], replace(QUICK, levels=(0.25,)), interpolations=())
    assert len(network.taught) == len(set(network.taught)) == 2
    assert study.table("fine_tuning").frame["gain there [dB]"].tolist() == [2.0] * 3


def test_a_planning_scan_that_cannot_help_is_refused_and_one_that_differs_is_noted():
    one = person(1)
    coarse = replace(one.planning, affine=one.planning.affine @ np.diag([2, 2, 1, 1]))
    beside = np.array(one.planning.affine)
    beside[2, 3] += 4.5  # a slice and a bit of six
    shifted = replace(one.planning, affine=beside)
    for planning, said in ((coarse, "coarser"), (shifted, "covers 8")):
        again = replace(one, planning=planning)
        cohort_of_one = DynamicCohort("one", (DynamicEntry("one", lambda again=again: again),))
        found = run(cohort_of_one, [Knowing()], replace(QUICK, levels=(0.25,)), interpolations=("trilinear",))
        notes = found.table("fine_tuning").frame["notes"][0] if planning is shifted else found.lead
        assert said in notes


def test_fewer_frames_and_one_frame_are_enough():
    found = run(cohort(1, 2), [Knowing()], replace(QUICK, frames=1), interpolations=("trilinear",))
    assert set(scores_of(found).frame) == {1}
    with pytest.raises(KeyError):
        found.table("flicker")


def test_nothing_to_score_is_refused():
    with pytest.raises(BadParameter, match="no method"):
        run(cohort(1), (), QUICK, interpolations=())


def test_the_page_figures_and_provenance_are_written(tmp_path):
    progress = []
    found = run(
        cohort(1, 2, frames=2),
        [Knowing()],
        Settings((0.25, 0.1)),
        progress=lambda part, what: progress.append((part, what)),
    )
    found.write(tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"over_time.png", "levels.png", "ssim_over_time.png", "table3.csv", "scores.csv"} <= names
    about = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert about["Methods"]["swift fine-tuned"] == "fine-tuned"
    page = (tmp_path / "out" / "dynamic.md").read_text()
    assert "Research use" in page
    assert "half a coarse minus half a fine" in page
    parts = [part for part, _ in progress]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0

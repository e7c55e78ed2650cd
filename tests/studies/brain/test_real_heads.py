"""Real heads, where they are at hand: whose they are, the stroke, and zero-filling that leaves it what it is."""

import pytest

from napari_mrsr.studies.brain.lesion_marks import grown
from napari_mrsr.studies.brain.methods import chosen
from napari_mrsr.studies.brain.study import Settings, run
from napari_mrsr.studies.brain_cohort import BrainCohort
from napari_mrsr.studies.layouts.brains import find_brains, subjects_of

STROKE = (-44.0, -60.0, 26.0)


@pytest.fixture
def heads(real_data):
    return find_brains(real_data / "brain")


def test_three_contrasts_of_one_person_are_one_subject(heads):
    assert {"vfa", "t1w_0p7mm", "t2w_2d"} <= subjects_of(heads)
    assert sum(entry.subject == "vfa" for entry in heads.entries) == 3


def test_the_stroke_grows_on_the_left_and_is_kept_by_zero_filling(heads):
    (entry,) = (one for one in heads.entries if one.name == "t2w_1mm_stripped")
    one = entry.load()
    lesion = grown(one.scan, STROKE)
    assert 5 < lesion.sum() * one.scan.voxel_volume / 1000 < 25  # ml
    marked = type(one)(one.name, one.subject, one.scan, lesion)
    cohort = BrainCohort("stroke", (type(entry)(entry.name, lambda: marked, entry.subject),))
    study = run(cohort, chosen(["fourier"])[0], Settings(slices=4, figures=False))
    (row,) = study.table("lesions").frame.to_dict("records")
    assert row["true contrast"] > 0.5  # bright on T2
    assert row["of the true"] == pytest.approx(1, abs=0.05)
    assert row["outline: Dice"] > 0.85

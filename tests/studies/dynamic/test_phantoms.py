"""Phantom subjects: the protocols of the paper, seeds that taught nobody, planning scans of another contrast."""

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.abdomen import SUBJECTS
from napari_mrsr.studies.dynamic import planning_contrast
from napari_mrsr.studies.dynamic.interpolations import Way
from napari_mrsr.studies.dynamic.phantoms import Made, dynamic_cohort, planning, protocol_of, seed_of
from napari_mrsr.studies.dynamic.study import Settings, run
from napari_mrsr.studies.dynamic.subject import NOISE_FREE
from napari_mrsr.training.sources import FIRST_TRAINING_SEED
from tests.studies.dynamic.made import Knowing

SMALL = Made(frames=2, shape=(40, 32, 4))


@pytest.fixture(scope="module")
def person():
    return dynamic_cohort(1, SMALL).entries[0].load()


def test_the_three_subjects_have_the_protocols_of_the_paper_and_then_again():
    assert [protocol_of(n) for n in (1, 2, 3, 4)] == [SUBJECTS[n] for n in (1, 2, 3, 1)]
    assert seed_of(99) < FIRST_TRAINING_SEED
    with pytest.raises(BadParameter, match="0 phantoms"):
        dynamic_cohort(0)


def test_a_subject_breathes_and_its_planning_scan_lies_otherwise(person):
    assert person.dynamic.volumes == 2
    assert person.dynamic.axis == "time"
    assert person.labels.shape == person.dynamic.array.shape
    assert person.planning.volumes == 1
    both = person.planning.array[0], person.dynamic.array[0]
    assert np.corrcoef(*(a.ravel() for a in both))[0, 1] < 0.95


def test_quick_phantoms_keep_their_voxels_across_slices_and_double_them_in_plane():
    from napari_mrsr.studies.dynamic.phantoms import _grid

    shape, spacing = _grid(SUBJECTS[2], Made(quick=True))
    assert shape == (128, 96, 12)
    assert spacing == pytest.approx((2.1875, 2.1875, 4.0))


def test_a_planning_scan_of_another_contrast_shows_other_fat_and_the_same_pose(person):
    same, other = planning(1, SMALL), planning(1, SMALL, "fat")
    assert not SUBJECTS[1].fat_suppression
    assert np.array_equal(same.labels.array, other.labels.array)
    assert other.noiseless.array.max() < same.noiseless.array.max()
    assert not np.array_equal(same.noiseless.array, planning(1, SMALL, "opposed").noiseless.array)


def test_the_noise_free_truth_stands_beside_noisy_frames(person):
    cohort = dynamic_cohort(1, SMALL)
    cohort = replace(cohort, entries=(replace(cohort.entries[0], load=lambda: person),))
    study = run(cohort, (), Settings((0.25,), figures=False), interpolations=("trilinear",))
    table = study.table("table3").frame
    assert list(table["method"]) == ["trilinear", NOISE_FREE]
    assert NOISE_FREE in study.table("table3").caption


def test_another_contrast_is_scored_beside_the_same_one():
    own = planning(1, SMALL).scan.array.mean()

    class Judging(Knowing):
        """Learns less from a planning scan of another brightness."""

        def fine_tuned(self, planning, told, stop):
            way, how = super().fine_tuned(planning, told, stop)
            part = 0.9 if planning.array.mean() == own else 0.5
            return Way(way.name, way.kind, self._series(part), way.network, {"knows": part}), how

    study = planning_contrast.run([1], SMALL, [Judging()], Settings((0.25, 0.0625)))
    table = study.table("planning_contrast").frame
    assert list(table["method"]) == ["swift", "swift fine-tuned", "swift fine-tuned on another contrast"]
    assert (study.table("difference").frame["SSIM"] < 0).all()
    assert "-0.032" in study.lead

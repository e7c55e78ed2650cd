"""Truth: echoes of a known T2, made by the extended phase graph."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from napari_mrsr.errors import BadParameter, NothingToRead
from napari_mrsr.physics.dess import DessSequence
from napari_mrsr.physics.epg import dess_signals
from napari_mrsr.scan import Acquisition, Scan
from napari_mrsr.studies import dess_t2
from napari_mrsr.studies.cohort import Cohort, Entry, Subject
from napari_mrsr.studies.dess_t2 import Settings
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.t2_measured import T2Settings, t2_of_pair
from napari_mrsr.studies.t2_region import find_place

QDESS = DessSequence(23, 7, 20, spoiler_moment=0.03132, spoiler_duration=1.56)
ACQUISITION = Acquisition(23, (7, 39), 20, 0.03132, 1.56)
EXACT = Settings(t2=T2Settings("epg"), planes=4)
METHODS = ("tricubic", "fourier")
NAMES = {1: "medial femoral cartilage", 2: "muscle"}
SHAPE = (16, 12, 20)


def scan_of(t2: np.ndarray, *, slices: float = 1.6) -> Scan:
    """Echoes of a T2 map without noise; the voxels' third axis runs along the slices."""
    values, where = np.unique(t2, return_inverse=True)
    echoes = [np.asarray(echo)[where.reshape(t2.shape)] for echo in dess_signals(1200.0, values, QDESS)]
    return Scan(
        1000 * np.stack(echoes).astype(np.float32),
        np.diag([0.4, 0.4, slices, 1]),
        axis="echo",
        names=("S1", "S2"),
        slice_axis=2,
        acquisition=ACQUISITION,
    )


def made_subject(name: str = "a", *, add: float = 0.0, slope: float = 0.0, labels: bool = True) -> Subject:
    """Cartilage whose deep half has 30 ms and superficial half 42 ms, plus ``slope`` ms a slice from the middle."""
    t2 = np.full(SHAPE, 25.0)
    t2[4:8], t2[8:12] = 30.0 + add, 42.0 + add
    t2 += slope * (np.arange(SHAPE[2]) - SHAPE[2] // 2)
    painted, layers = np.full(SHAPE, 2, np.uint8), np.zeros(SHAPE, np.uint8)
    painted[4:12, 2:10, 4:16] = 1
    layers[4:8], layers[8:12] = 1, 2
    return Subject(name, scan_of(t2), painted if labels else None, NAMES, layers, t2.astype(np.float32))


def cohort_of(*subjects: Subject) -> Cohort:
    return Cohort("made", tuple(Entry(s.name, lambda s=s: s) for s in subjects), {"layout": "made"})


def row(study, table: str, **wanted):
    frame = study.table(table).frame
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0]


@pytest.fixture(scope="module")
def study():
    people = [made_subject(name, add=add) for name, add in zip("abc", (-4.0, 0.0, 5.0), strict=True)]
    people[2].labels[4:12, 2:10, 16:] = 1
    empty = replace(made_subject("e"), labels=np.zeros(SHAPE, np.uint8))
    return dess_t2.run(cohort_of(*people, made_subject("d", labels=False), empty), METHODS, EXACT)


def test_cartilage_that_is_the_same_in_all_slices_keeps_its_t2_in_every_comparison(study):
    frame = study.table("subjects").frame
    assert set(frame["comparison"]) == {"rethickened", "pair", "resolved"}
    np.testing.assert_allclose(frame["t2"], frame["true"], atol=0.02)
    np.testing.assert_allclose(frame["acquired"], frame["true"], atol=0.02)
    assert (frame["n"] == frame["of"]).all()


def test_layers_are_told_apart(study):
    for layer, t2 in (("deep", 30.0), ("superficial", 42.0), ("whole", 36.0)):
        one = row(study, "subjects", subject="b", layer=layer, comparison="pair", method="tricubic")
        assert one["t2"] == pytest.approx(t2, abs=0.02)


def test_a_broken_subject_is_named_and_the_others_are_done(study):
    assert list(study.skipped) == ["d", "e"]
    assert "no labels" in study.skipped["d"]
    assert study.skipped["e"] == "e has labels without a voxel; label the medial femoral cartilage"
    assert study.table("t2_pair").frame["Subject"].tolist()[:3] == ["a", "b", "c"]


def test_perfect_agreement_is_a_concordance_of_one(study):
    one = row(study, "t2_pair_statistics", layer="whole", method="fourier")
    assert one["CCC"] == "1.000"
    assert one["n"] == 3


def test_the_page_is_written_with_what_was_left_out(study, tmp_path):
    study.write(tmp_path / "out")
    page = (tmp_path / "out" / "dess-t2.md").read_text()
    assert "Left out: d (" in page
    assert "medial femoral cartilage (cartilage) touches the first or last slice" in page
    assert "quarter of an acquired slice (0.4 mm)" in page
    assert "Against the true T2" in page


def test_the_pair_lies_a_quarter_of_a_slice_beside_the_acquired_one_and_the_rethickened_slice_does_not():
    found = dess_t2.run(cohort_of(made_subject(slope=1.0)), ("tricubic",), EXACT).table("subjects").frame
    found = found[(found["layer"] == "deep") & (found["method"] == "tricubic")].set_index("comparison")
    difference = found["t2"] - found["acquired"]
    assert difference["pair"] == pytest.approx(0.25, abs=0.02)
    assert difference["rethickened"] == pytest.approx(0.0, abs=0.02)


def test_echoes_are_averaged_before_t2_and_the_mean_of_maps_is_another_number():
    t2 = np.full((8, 8, 8), 25.0)
    t2[..., 1::2] = 50.0
    thin = scan_of(t2, slices=0.8)
    echoes, maps = (t2_of_pair(thin, 2, 2, 0.0, T2Settings("epg", average=a)) for a in ("echoes", "maps"))
    assert maps == pytest.approx(37.5, abs=0.02)
    # both echoes averaged, then looked up in the exact signals of one T2
    times = np.linspace(25, 50, 2501)
    s1, s2 = (np.asarray(s) for s in dess_signals(1200.0, times, QDESS))
    exact = times[np.abs(s2 / s1 - (s2[0] + s2[-1]) / (s1[0] + s1[-1])).argmin()]
    assert echoes == pytest.approx(exact, abs=0.03)
    assert exact < 37.0


def test_one_subject_has_no_tests_and_is_told_why():
    found = dess_t2.run(cohort_of(made_subject()), ("tricubic",), replace(EXACT, published=True))
    table = found.table("t2_pair_statistics")
    assert "With 1 subject" in table.caption
    assert row(found, "t2_pair_statistics", layer="whole")["p Wilcoxon"] == "-"
    assert [t.name for t in found.tables] == ["t2_pair", "t2_pair_statistics", "t2_true", "places", "subjects"]


def test_an_interrupted_study_does_nothing_twice(tmp_path, monkeypatch):
    people = cohort_of(made_subject())
    first = dess_t2.run(people, ("tricubic",), EXACT, kept=Kept(tmp_path))
    monkeypatch.setattr(dess_t2, "method_values", partial(pytest.fail, "computed again"))
    again = dess_t2.run(people, ("tricubic",), EXACT, kept=Kept(tmp_path))
    assert first.table("subjects").frame.equals(again.table("subjects").frame)


def test_a_corrected_flip_angle_is_not_answered_with_the_t2_of_the_wrong_one(tmp_path):
    subject = made_subject()
    wrong = replace(subject.scan, acquisition=replace(ACQUISITION, flip_angle=28))

    def t2(one: Subject, kept: Kept | None) -> pd.DataFrame:
        found = dess_t2.run(cohort_of(one), ("tricubic",), replace(EXACT, figures=False), kept=kept)
        return found.table("subjects").frame.drop(columns="seconds")

    before, after, anew = (
        t2(replace(subject, scan=wrong), Kept(tmp_path)),
        t2(subject, Kept(tmp_path)),
        t2(subject, None),
    )
    assert after.equals(anew)
    assert not before.equals(anew)


def test_a_region_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(NothingToRead, match=r"no voxel of lateral meniscus.*medial femoral cartilage"):
        dess_t2.run(cohort_of(made_subject()), ("tricubic",), replace(EXACT, region="lateral meniscus"))


def test_muscle_has_no_layers_but_a_t2():
    found = dess_t2.run(cohort_of(replace(made_subject(), layers=None)), ("tricubic",), replace(EXACT, region="muscle"))
    frame = found.table("subjects").frame
    assert set(frame["layer"]) == {"whole"}
    np.testing.assert_allclose(frame["t2"], frame["acquired"], atol=0.1)


def test_the_central_slice_is_the_one_that_half_of_the_region_lies_before():
    place = find_place(made_subject(), planes=4)
    assert (place.middle, place.pair) == (9, (8, 9))
    assert place.inside.shape == (4, 12, 20)
    few = np.zeros(SHAPE, np.uint8)
    few[4:6, 5, 4:16] = 1
    with pytest.raises(BadParameter, match="fewer than 5 voxels"):
        find_place(replace(made_subject(), labels=few), planes=4)

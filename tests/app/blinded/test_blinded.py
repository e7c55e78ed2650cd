"""A blinded reading: nothing gives a method away, scores survive, the key stays apart."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr.app.blinded import files as blinded_files
from napari_mrsr.app.blinded.reading import CRITERIA, Reading, fingerprint
from napari_mrsr.app.blinded.showing import MEASURED, REFERENCE
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.viewing import View
from napari_mrsr.errors import BadParameter, MrsrError, NothingToRead, OutputNotWritable, UnreadableFile
from napari_mrsr.metrics import reading as statistics
from napari_mrsr.scan import Scan
from tests.app.conftest import dess

METHODS = (MEASURED, "tricubic", "trilinear")


@pytest.fixture
def ready(view: View, scan: Scan) -> View:
    """A scan with two results."""
    view.session.adopt(scan)
    for method in ("trilinear", "tricubic"):
        view.session.refine(RefineSettings(method=method, maps=False))
    return view


def score_all(view: View, best: str = "tricubic") -> None:
    """Score every picture: the best method 5, the others 2."""
    blinded = view.blinded
    assert blinded.case is not None
    for letter, method in blinded.case.methods.items():
        blinded.show(letter)
        for criterion in CRITERIA:
            blinded.give(criterion, 5 if method == best else 2)


def state(view: View) -> list[tuple[str, bool, bool]]:
    return [(la.name, bool(la.visible), bool(la.locked)) for la in view.viewer.layers]


def test_methods_at_hand_are_what_was_measured_and_every_comparable_result(ready: View) -> None:
    assert ready.blinded.candidates() == {
        MEASURED: "S1 (acquired)",
        "trilinear": "S1 SR x2 [trilinear]",
        "tricubic": "S1 SR x2 [tricubic]",
    }


def test_while_a_case_is_read_nothing_on_the_screen_names_a_method(ready: View, tmp_path: Path) -> None:
    before = state(ready)
    ready.blinded.start("AB", tmp_path, METHODS)
    layers = list(ready.viewer.layers)
    assert [la.name for la in layers] == ["A", "B", "C"]
    assert [la.visible for la in layers] == [True, False, False]
    assert len({(la.data.shape, tuple(la.scale), tuple(la.translate), str(la.dtype)) for la in layers}) == 1
    assert len({tuple(la.contrast_limits) for la in layers}) == 1
    said = json.dumps([{k: str(v) for k, v in la.metadata.items()} for la in layers])
    said += " ".join(str(o.text) for o in ready.viewer.canvas.overlays.values() if hasattr(o, "text"))
    said += " ".join(str(la.source) for la in layers) + ready.viewer.title
    said += " ".join(str(la.get_status(la.translate, world=True)) for la in layers)
    for word in ("tricubic", "trilinear", "acquired", "SR", "lean", MEASURED):
        assert word not in said
    ready.blinded.pause()
    assert state(ready) == before


def test_each_letter_shows_the_picture_of_its_method(ready: View, tmp_path: Path) -> None:
    pictures = {m: np.asarray(ready.layer(n).data) for m, n in ready.blinded.candidates().items() if m != MEASURED}
    ready.blinded.start("AB", tmp_path, METHODS)
    case = ready.blinded.case
    assert case is not None
    for letter, method in case.methods.items():
        if method != MEASURED:
            np.testing.assert_array_equal(np.asarray(ready.layer(letter).data), pictures[method])


def test_windows_of_the_letters_never_part(ready: View, tmp_path: Path) -> None:
    ready.blinded.start("AB", tmp_path, METHODS)
    ready.layer("B").contrast_limits = (3.0, 99.0)
    assert {tuple(ready.layer(letter).contrast_limits) for letter in "ABC"} == {(3.0, 99.0)}
    ready.layer("C").reset_contrast_limits()
    assert len({tuple(ready.layer(letter).contrast_limits) for letter in "ABC"}) == 1
    ready.look.windows.apply("Cartilage, up to 97 % of tissue")
    (limits,) = {tuple(ready.layer(letter).contrast_limits) for letter in "ABC"}
    assert ready.look.windows.level_width == pytest.approx((sum(limits) / 2, limits[1] - limits[0]))
    ready.blinded.pause()
    assert tuple(ready.layer("S1 (acquired)").contrast_limits) == limits  # the window that was read in stays


def test_letters_are_drawn_anew_for_every_case_and_no_order_is_preferred() -> None:
    reading = Reading("AB", seed=1)
    orders = [tuple(reading.case_of(f"scan {n}", METHODS).methods.values()) for n in range(600)]
    counts = np.array([orders.count(order) for order in set(orders)])
    assert len(counts) == 6
    assert ((counts - 100) ** 2 / 100).sum() < 20.5  # chi-squared with 5 degrees of freedom, p = 0.001
    again = Reading("CD", seed=1)
    assert [tuple(again.case_of(f"scan {n}", METHODS).methods.values()) for n in range(600)] == orders


def test_the_readers_file_alone_reveals_nothing(ready: View, tmp_path: Path) -> None:
    ready.blinded.start("A. B.", tmp_path, METHODS, seed=5)
    score_all(ready)
    scores = ready.blinded.finish()
    assert scores is not None
    text = scores.read_text()
    for word in (*METHODS, "tricubic", "seed", "small DESS", str(ready.session.scan.where)):  # type: ignore[union-attr]
        assert word not in text
    assert text.splitlines()[0] == "reading,reader,case,letter,criterion,score,time"
    assert len(text.splitlines()) == 1 + 3 * 4
    key = json.loads(scores.with_name(f"{scores.stem}_key.json").read_text())
    assert key["seed"] == 5
    assert sorted(key["cases"][0]["methods"].values()) == sorted(METHODS)


def test_a_reading_over_two_scans_ends_in_a_summary(ready: View, tmp_path: Path) -> None:
    ready.blinded.start("AB", tmp_path, METHODS)
    with pytest.raises(BadParameter, match=r"not scored yet: A: sharpness, noise, artefacts, confidence; B"):
        ready.blinded.next_case()
    score_all(ready)
    ready.blinded.next_case()
    assert ready.blinded.case is None
    assert ready.layer("S1 SR x2 [tricubic]") is not None
    ready.session.adopt(dess(seed=1))
    with pytest.raises(BadParameter, match="not at hand for this scan"):
        ready.blinded.begin_case()
    for method in ("tricubic", "trilinear"):
        ready.session.refine(RefineSettings(method=method, maps=False))
    ready.blinded.begin_case()
    assert ready.blinded.case is not None
    assert ready.blinded.case.number == 2
    score_all(ready)
    path = ready.blinded.finish()
    assert path is not None
    table = blinded_files.read(path).unblinded()
    assert table.groupby("method").score.mean().to_dict() == {MEASURED: 2.0, "tricubic": 5.0, "trilinear": 2.0}
    tests = statistics.method_tests(table)
    assert tests.note.str.startswith("too few cases").all()
    assert set(tests.n) == {2}


def test_it_can_be_interrupted_and_gone_on_with_another_day(ready: View, scan: Scan, tmp_path: Path) -> None:
    ready.blinded.start("AB", tmp_path, METHODS)
    assert ready.blinded.case is not None
    letters = dict(ready.blinded.case.methods)
    ready.blinded.show("B")
    ready.blinded.give("noise", 4)
    stored = json.loads(json.dumps(ready.blinded.as_json()))
    assert "tricubic" not in json.dumps(stored)
    ready.blinded.finish()
    ready.blinded.from_json(stored)
    assert ready.blinded.reading is not None
    ready.blinded.begin_case()
    assert ready.blinded.case is not None
    assert dict(ready.blinded.case.methods) == letters
    assert ready.blinded.reading.score(ready.blinded.case, "B", "noise") == 4
    assert len(ready.blinded.reading.missing(ready.blinded.case)) == 11


def test_a_saved_session_brings_scores_back_when_their_file_was_lost(ready: View, tmp_path: Path) -> None:
    ready.blinded.start("AB", tmp_path, METHODS)
    ready.blinded.give("noise", 4, "C")
    stored = ready.blinded.as_json()
    path = ready.blinded.finish()
    assert path is not None
    path.unlink()
    ready.blinded.from_json(stored)
    assert ready.blinded.reading is not None
    assert len(ready.blinded.reading.scores) == 1
    path.unlink()
    path.with_name(f"{path.stem}_key.json").unlink()
    with pytest.raises(NothingToRead, match="gone, with its key"):
        ready.blinded.from_json(stored)


def test_simulated_thick_slices_are_read_against_the_reference(view: View, scan: Scan, tmp_path: Path) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic", retrospective=True))
    assert set(view.blinded.candidates()) == {MEASURED, "tricubic", REFERENCE}
    view.blinded.start("AB", tmp_path, (MEASURED, "tricubic", REFERENCE), volume="S2")
    assert len({la.data.shape for la in view.viewer.layers}) == 1
    view.blinded.finish()
    assert view.layer("T2 [ms] (SR)") is not None


def test_a_picture_deleted_while_reading_comes_back(ready: View, tmp_path: Path) -> None:
    ready.blinded.start("AB", tmp_path, METHODS)
    ready.viewer.layers.remove(ready.layer("B"))
    assert "B was deleted" in ready.session.banner.text  # type: ignore[union-attr]
    ready.blinded.show("B")
    assert ready.layer("B").visible
    assert not ready.layer("A").visible
    ready.blinded.pause()
    assert len(ready.viewer.layers) == 6


def test_results_that_come_in_meanwhile_pause_the_reading(ready: View, tmp_path: Path) -> None:
    before = [name for name, *_ in state(ready)]
    ready.blinded.start("AB", tmp_path, METHODS)
    ready.session.refine(RefineSettings(method="nearest", maps=False))
    assert ready.blinded.case is None
    assert {*before, "S1 SR x2 [nearest]"} <= {name for name, *_ in state(ready)}
    assert not {"A", "B", "C"} & {name for name, *_ in state(ready)}
    assert ready.blinded.reading is not None


def test_regions_stay_while_reading(ready: View, tmp_path: Path) -> None:
    from napari_mrsr.app.roi.regions import new_roi

    new_roi(ready)
    order = [name for name, *_ in state(ready)]
    ready.blinded.start("AB", tmp_path, METHODS)
    assert ready.layer("ROI cartilage") is not None
    ready.blinded.pause()
    assert [name for name, *_ in state(ready)] == order


# -- what can go wrong ---------------------------------------------------------------------------------
def test_one_method_or_five_cannot_be_read_blinded(ready: View, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="1 method cannot"):
        ready.blinded.start("AB", tmp_path, ("tricubic",))
    with pytest.raises(BadParameter, match="5 methods"):
        Reading("AB").case_of("scan", "abcde")
    with pytest.raises(BadParameter, match="no name"):
        ready.blinded.start("  ", tmp_path, METHODS)
    assert ready.blinded.reading is None
    assert ready.layer("S1 (acquired)") is not None


@pytest.mark.skipif(
    sys.platform == "win32" or getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write anywhere"
)
def test_a_read_only_folder_is_found_before_the_first_score(ready: View, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputNotWritable):
        ready.blinded.start("AB", tmp_path, METHODS)
    tmp_path.chmod(0o700)


def test_a_folder_that_is_not_there_is_found_before_the_first_score(ready: View, tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritable):
        ready.blinded.start("AB", tmp_path / "none", METHODS)
    assert ready.blinded.case is None
    assert ready.layer("S1 (acquired)") is not None


def _table_of_another_kind(path: Path) -> None:
    path.write_text("label,name,mean\n1,femur,35.0\n")


def _key_of_another_reading(path: Path) -> None:
    key = path.with_name(f"{path.stem}_key.json")
    key.write_text(key.read_text().replace(json.loads(key.read_text())["reading"], "00000000"))


def _no_key(path: Path) -> None:
    path.with_name(f"{path.stem}_key.json").unlink()


def _score_of_seven(path: Path) -> None:
    path.write_text(path.read_text().replace(",4,", ",7,"))


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (_table_of_another_kind, UnreadableFile, "is not the scores of a blinded reading"),
        (_key_of_another_reading, BadParameter, "belongs to reading"),
        (_no_key, NothingToRead, "letters stay letters"),
        (_score_of_seven, UnreadableFile, "which its key does not know"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), UnreadableFile, "is no reading"),
        (lambda path: path.unlink(), NothingToRead, "does not exist"),
    ],
)
def test_files_of_another_study_are_refused_by_name(
    tmp_path: Path, spoil: Any, error: type[MrsrError], words: str
) -> None:
    reading = Reading("AB")
    case = reading.case_of("scan", METHODS)
    reading.give(case, "A", "noise", 4)
    path, _ = blinded_files.write(reading, tmp_path)
    spoil(path)
    with pytest.raises(error, match=words):
        blinded_files.read(path)


def test_a_scan_is_known_again_by_its_voxels_and_grid(scan: Scan) -> None:
    assert fingerprint(scan) == fingerprint(dess())
    assert fingerprint(scan) != fingerprint(dess(seed=1))
    assert fingerprint(scan) != fingerprint(dess(thick=1.6))

"""A later scan is held against an earlier review; a second reading against the first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from napari.components import ViewerModel

from napari_mrsr.app import exporting
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.roi import follow_up, readings, regions
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.errors import BadParameter, MrsrError, NothingToRead
from napari_mrsr.files import write_labels
from napari_mrsr.report.tables import write_tables
from napari_mrsr.roi.follow_up import BEYOND, ONLY_BEFORE, PUBLISHED, WITHIN, Repeatability
from napari_mrsr.scan import Scan
from tests.app.conftest import dess

TRICUBIC = RefineSettings(method="tricubic")
KEPT: list[ViewerModel] = []


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder for each test."""
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    KEPT.clear()


def reading(scan: Scan, *, shift: int = 0) -> View:
    """Return a view of a scan with T2 and two regions painted, in tissue of 30 and of 50 ms."""
    viewer = ViewerModel()
    KEPT.append(viewer)
    view = view_of(viewer, run_here)
    view.session.adopt(scan)
    view.session.refine(TRICUBIC)
    roi = regions.new_roi(view)
    native = view.frame_for(view.session.result.scan).to_voxels(roi.data)  # type: ignore[union-attr]
    native[7:11, 7 + shift : 13 + shift, 8:16] = 1
    native[13:17, 7 + shift : 13 + shift, 8:16] = 2
    regions.name_regions(roi, {1: "short", 2: "long"})
    return view


def measured(view: View) -> Any:
    return regions.measure(view, view.layer(regions.NAME))


def test_nothing_has_changed_in_the_same_tissue_scanned_twice(tmp_path: Path) -> None:
    before = reading(dess(seed=0))
    before.saving.save(tmp_path / "before")
    now = reading(dess(seed=1))
    baseline = follow_up.read_baseline(tmp_path / "before")
    found = follow_up.follow_up(now, measured(now), baseline, PUBLISHED[0])
    assert found.map == "SR"
    assert list(found.table["region"]) == ["short", "long"]
    assert set(found.table["verdict"]) == {WITHIN}
    assert found.warnings == ()
    assert baseline.when is not None
    assert "before" in baseline.title


def test_a_longer_t2_is_beyond_repeatability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = reading(dess(seed=0))
    before.saving.save(tmp_path / "before")
    monkeypatch.setattr("tests.app.conftest.T2S", (38.0, 50.0))
    now = reading(dess(seed=1))
    table = follow_up.follow_up(
        now, measured(now), follow_up.read_baseline(tmp_path / "before"), Repeatability(1.0, "sd", "own")
    ).table.set_index("region")
    assert table.loc["short", "verdict"] == BEYOND
    assert table.loc["short", "change"] == pytest.approx(8.0, abs=1.0)
    assert table.loc["long", "verdict"] == WITHIN


def test_another_knee_or_method_is_a_warning(tmp_path: Path) -> None:
    before = reading(dess(seed=0).with_acquisition(laterality="left"))
    before.saving.save(tmp_path / "before")
    now = reading(dess(seed=1).with_acquisition(laterality="right"))
    now.session.refine(RefineSettings(method="trilinear"))
    found = follow_up.follow_up(now, measured(now), follow_up.read_baseline(tmp_path / "before"), PUBLISHED[0])
    assert "the baseline is a left knee, this is a right one" in found.warnings
    assert any("tricubic x2" in line for line in found.warnings)


def test_a_table_that_was_exported_is_a_baseline_too(tmp_path: Path) -> None:
    view = reading(dess(seed=0))
    report = exporting.collect(view, view.layer(regions.NAME), settings=exporting.ExportSettings())
    write_tables(report, tmp_path)
    baseline = follow_up.read_baseline(tmp_path / "stats.csv")
    found = follow_up.follow_up(view, measured(view), baseline, PUBLISHED[0])
    assert found.table["change"].abs().max() == pytest.approx(0.0, abs=1e-9)


def test_parts_of_the_cartilage_are_followed_up_until_it_is_painted_anew(tmp_path: Path) -> None:
    def divided(seed: int) -> View:
        view = reading(dess(seed=seed))
        regions.name_regions(view.layer(regions.NAME), {1: "lateral femoral cartilage", 2: "medial tibial cartilage"})
        view.cartilage.find(view.layer(regions.NAME), side="right")
        return view

    divided(0).saving.save(tmp_path / "before")
    now = divided(1)
    baseline = follow_up.read_baseline(tmp_path / "before")
    table = follow_up.follow_up(now, measured(now), baseline, PUBLISHED[0]).table
    assert any("deep" in name for name in table["region"])
    assert set(table["verdict"]) == {WITHIN}
    roi = now.layer(regions.NAME)
    roi.data[:, :8] = 1
    found = follow_up.follow_up(now, measured(now), baseline, PUBLISHED[0])
    assert any("divided before it was last painted" in line for line in found.warnings)
    assert ONLY_BEFORE in set(found.table["verdict"])


def test_signal_is_not_held_against_t2(tmp_path: Path, scan: Scan) -> None:
    view = reading(scan)
    view.saving.save(tmp_path / "before")
    view.session.maps.clear()
    with pytest.raises(BadParameter, match=r"ms"):
        follow_up.follow_up(view, measured(view), follow_up.read_baseline(tmp_path / "before"), PUBLISHED[0])


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "name,mean\nx,far\n", "name,mean\n"])
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.csv").write_text(content)
    with pytest.raises(MrsrError) as error:
        follow_up.read_baseline(tmp_path / "bad.csv")
    assert "\n" not in error.value.line
    with pytest.raises(NothingToRead):
        follow_up.read_baseline(tmp_path)


# -- readers -------------------------------------------------------------------------------------------
def test_a_second_reading_in_a_layer_a_file_or_a_review(tmp_path: Path, scan: Scan) -> None:
    view = reading(scan)
    one = view.layer(regions.NAME)
    other = regions.new_roi(view, name="second reader")
    other.data[...] = np.roll(one.data, 1, axis=1)  # a shift of one row, 0.5 mm
    found = readings.compare_readings(view, one, other)
    assert list(found.table["name"]) == ["short", "long"]
    assert found.table["dice"].between(0.7, 0.95).all()
    assert found.table["hausdorff"].to_numpy() == pytest.approx(0.5)
    assert found.agreement is not None
    assert found.agreement.n == 2
    from napari_mrsr.app.layers import scan_of

    path = write_labels(scan_of(other), tmp_path / "second.nii.gz")
    by_file = readings.compare_readings(view, one, path)
    pd.testing.assert_frame_equal(by_file.table, found.table, check_dtype=False)
    view.saving.save(tmp_path / "review")
    assert (readings.compare_readings(view, one, tmp_path / "review").table["dice"] == 1.0).all()


def test_labels_of_another_place_do_not_raise(tmp_path: Path, scan: Scan) -> None:
    view = reading(scan)
    far = Scan(np.ones((4, 4, 4), np.uint8), np.diag([1.0, 1.0, 1.0, 1.0]) + np.eye(4, k=3) * 500, axis="label")
    path = write_labels(far, tmp_path / "far.nii.gz")
    found = readings.compare_readings(view, view.layer(regions.NAME), path)
    assert (found.table["dice"] == 0.0).all()
    assert found.agreement is None


def test_readings_of_several_subjects_give_agreement_by_region(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(38.0, 5.0, (6, 2))
    for reader in ("one", "two"):
        (tmp_path / reader).mkdir()
        for subject in range(6):
            values = truth[subject] + rng.normal(0.0, 0.8, 2)
            table = pd.DataFrame({"name": ["deep", "superficial"], "mean": values, "map": "T2 (acquired)"})
            table.to_csv(tmp_path / reader / f"subject{subject}.csv", index=False)
    found = readings.across_subjects(tmp_path / "one", tmp_path / "two").set_index("region")
    assert list(found["n"]) == [6, 6]
    assert (found["icc_agreement"] > 0.9).all()
    assert found["within_sd"].mean() == pytest.approx(0.8, abs=0.4)
    with pytest.raises(NothingToRead, match="no subject"):
        readings.across_subjects(tmp_path / "one", tmp_path)

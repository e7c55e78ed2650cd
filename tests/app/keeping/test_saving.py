"""A review is saved and reopened whole; a scan that moved or changed is noticed; a failure leaves the save before."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mrsr.app.events import RefineSettings, T2Settings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.files import write_nifti
from napari_mrsr.scan import Acquisition, Scan
from tests.app.keeping.viewers import KEPT
from tests.files.made_dicom import write_series

TRICUBIC = RefineSettings(method="tricubic", retrospective=True)


def new_view() -> View:
    """Return the view of another viewer, whose jobs run at once."""
    viewer = ViewerModel()
    view = view_of(viewer, run_here)
    KEPT.append(viewer)  # a view does not keep its viewer
    return view


def work(view: View, path: Path, *, whole: bool = False) -> None:
    """Open a scan, super-resolve, map, judge (``whole``), paint and look at it in a way of one's own."""
    view.session.open([path])
    view.session.t2 = T2Settings(t1=1100.0)
    view.session.refine(TRICUBIC if whole else RefineSettings(method="tricubic"))
    if whole:
        view.session.find_trust()
    roi = regions.new_roi(view)
    roi.data[5:8, 7:12, 8:14] = 1
    roi.data[5:8, 12:14, 8:14] = 3
    regions.name_regions(roi, {1: "my condyle", 3: "my plateau"})
    roi.opacity, roi.brush_size = 0.3, 4
    view.layer("S1 (acquired)").contrast_limits = (5.0, 321.0)
    view.layer("T2 [ms] (SR)").visible = True
    view.layer("T2 [ms] (SR)").contrast_limits = (10.0, 65.0)
    view.viewer.add_points([[1.0, 2.0, 3.0]], name="a mark", ndim=3)
    view.viewer.dims.set_point(0, view.viewer.dims.point[0] + 3.0)


def banner(view: View) -> str:
    """Return what the banner says."""
    assert view.session.banner is not None
    return view.session.banner.text


def told(layer: Any, described: bool) -> Acquisition:
    """Return how a layer was acquired, with or without the description that an operator typed."""
    acquisition = layer.metadata["mrsr_scan"].acquisition
    return acquisition if described else replace(acquisition, series_description=None)


def assert_same(one: View, other: View, *, described: bool = True) -> None:
    """Compare two viewers layer by layer, and what their sessions hold."""
    assert [la.name for la in one.viewer.layers] == [la.name for la in other.viewer.layers]
    for a, b in zip(one.viewer.layers, other.viewer.layers, strict=True):
        np.testing.assert_array_equal(a.data, b.data, err_msg=a.name)
        np.testing.assert_array_equal(a.affine.affine_matrix, b.affine.affine_matrix)
        np.testing.assert_array_equal(a.scale, b.scale)
        np.testing.assert_array_equal(a.translate, b.translate)
        assert [str(u) for u in a.units] == [str(u) for u in b.units]
        for name in ("visible", "opacity", "contrast_limits", "gamma", "locked", "brush_size", "blending"):
            assert getattr(a, name, None) == getattr(b, name, None), (a.name, name)
        if type(a).__name__ == "Image":
            assert a.colormap.name == b.colormap.name
            np.testing.assert_array_equal(a.metadata["mrsr_scan"].affine, b.metadata["mrsr_scan"].affine)
            assert told(a, described) == told(b, described)
        if type(a).__name__ == "Labels":
            assert regions.names_of(a) == regions.names_of(b)
            assert a.data.dtype == b.data.dtype
    assert one.viewer.dims.current_step == other.viewer.dims.current_step
    assert one.session.t2 == other.session.t2
    assert one.session.maps.keys() == other.session.maps.keys()
    assert one.session.results.keys() == other.session.results.keys()
    assert (one.session.comparison is None) == (other.session.comparison is None)
    assert one.look.pair == other.look.pair


# -- there and back ------------------------------------------------------------------------------------
def test_everything_comes_back(view: View, knee: Path, tmp_path: Path) -> None:
    work(view, knee, whole=True)
    view.saving.save(tmp_path / "review")
    assert "saved" in banner(view)
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert "reopened" in banner(other)
    assert_same(view, other)
    assert other.session.trust is not None
    assert other.session.trust.summary == json.loads(json.dumps(view.session.trust.summary))  # type: ignore[union-attr]
    assert other.session.result is not None
    assert other.session.result.source is not other.session.scan
    assert other.session.result.reference is other.session.scan


def test_nothing_is_computed_again(view: View, knee: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work(view, knee)
    view.saving.save(tmp_path / "review")
    for name in ("super_resolve", "stream", "trust"):
        monkeypatch.setattr(f"napari_mrsr.superres.{name}", None)
    monkeypatch.setattr("napari_mrsr.mapping.t2_from_dess", None)
    other = new_view()
    other.saving.open(tmp_path / "review" / "review.json")
    assert_same(view, other)


def test_what_a_tool_has_put_up_is_no_result_and_the_picture_behind_it_comes_back(
    view: View, knee: Path, tmp_path: Path
) -> None:
    """Swipe, wire and plane are tools in use; a distance that was measured is kept."""
    from napari_mrsr.app.measuring.calliper_layers import LAYERS
    from napari_mrsr.app.measuring.callipers import callipers_of

    work(view, knee)
    callipers = callipers_of(view)
    callipers.draw("calliper", (3.0, -5.0, -5.0), (3.0, -5.0, 7.0))
    distances = view.layer(LAYERS["calliper"])
    view.viewer.add_shapes(
        [np.array([[3.0, 1.0, 1.0], [3.0, 5.0, 5.0]])], shape_type="path", metadata={"mrsr": {"role": "preview"}}
    )
    view.viewer.add_points([[1.0, 2.0, 3.0]], name="Plane points", metadata={"mrsr": {"role": "plane"}})
    view.look.swipe.toggle_swipe()
    assert [la.metadata["mrsr"]["role"] for la in view.viewer.layers if la.visible and "mrsr" in la.metadata]
    view.autosave.tick()
    view.saving.save(tmp_path / "review")
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert banner(other).startswith("reopened")
    roles = {la.metadata.get("mrsr", {}).get("role") for la in other.viewer.layers}
    assert roles.isdisjoint({"swipe", "preview", "plane", "oblique", "blinded"})
    back = other.layer(LAYERS["calliper"])
    np.testing.assert_array_equal(back.data[0], distances.data[0])
    assert back.metadata["mrsr"]["role"] == "measure"
    lines = callipers_of(other).lines()
    assert [round(line.length, 3) for line in lines] == [12.0]  # listed and measured, not a mere shape
    assert list(back.features["length"]) == ["12.0 mm"]
    seen = [la.name for la in other.viewer.layers if la.visible and type(la).__name__ == "Image"]
    assert seen == ["S1 SR x2 [tricubic]"]


def test_a_blinded_reading_goes_on_after_reopening_and_no_letter_is_left(
    view: View, knee: Path, tmp_path: Path
) -> None:
    view.session.open([knee])
    for method in ("trilinear", "tricubic"):
        view.session.refine(RefineSettings(method=method, maps=False))
    folder = tmp_path / "scores"
    folder.mkdir()
    view.blinded.start("AB", folder, ("trilinear", "tricubic"), seed=3)
    view.blinded.give("sharpness", 4)
    letter = view.blinded.letter
    view.saving.save(tmp_path / "review")
    record = (tmp_path / "review" / "review.json").read_text()
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert banner(other).startswith("reopened")
    assert other.blinded.reading is not None
    assert other.blinded.reading.number == view.blinded.reading.number
    assert other.blinded.case is None  # shown again when the reader asks for it
    assert any(la.visible for la in other.viewer.layers)
    other.blinded.begin_case()
    assert other.blinded.reading.score(other.blinded.case, letter, "sharpness") == 4
    assert other.blinded.case.methods == view.blinded.case.methods
    assert json.dumps(view.blinded.case.methods)[1:-1] not in record  # the key stays apart
    assert letter in [la.name for la in other.viewer.layers]


def test_every_method_that_was_run_comes_back_with_its_map_and_the_layout(
    view: View, knee: Path, tmp_path: Path
) -> None:
    view.session.open([knee])
    for method in ("nearest", "tricubic"):
        view.session.refine(RefineSettings(method=method))
    assert view.layouts.choose("side")
    view.saving.save(tmp_path / "review")
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert_same(view, other)
    assert list(other.session.results) == ["nearest x2", "tricubic x2"]
    assert other.session.result is other.session.results["tricubic x2"]
    (name,), (found,) = view.method_maps.others(), other.method_maps.others().values()
    assert name == "nearest x2"
    np.testing.assert_array_equal(found.array, view.method_maps.others()[name].array)
    assert other.layouts.now == "side"
    assert other.viewer.canvas.grid.enabled


def test_a_dicom_folder_of_several_series_comes_back_as_the_one_that_was_read(view: View, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    affine = np.array([[0, 0, 3.0, 0], [-1.0, 0, 0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1]])
    for number in (3, 4):
        array = rng.integers(1, 900, (1, 6, 5, 8), dtype=np.uint16)
        write_series(tmp_path / "study" / str(number), array, affine, SeriesNumber=number,
                     SeriesInstanceUID=f"1.2.826.0.1.3680043.8.498.{number}", PatientID="4711", PatientName="Doe^Jane",
                     ScanningSequence="SE" if number == 3 else "GR", RepetitionTime=500 + number)  # fmt: skip
    view.session.open([tmp_path / "study"])
    view.session.choose("4")
    view.saving.save(tmp_path / "review")
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert_same(view, other)
    text = (tmp_path / "review" / "review.json").read_text()
    assert not any(telling in text for telling in ("4711", "Doe", "Jane"))
    number = json.loads(text)["subject"]["number"]
    assert len(number) == 16  # a keyed hash: tells patients apart, and not who they are


def test_a_scan_that_no_file_holds_is_saved_with_the_review(view: View, scan: Scan, tmp_path: Path) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    view.saving.save(tmp_path / "review")
    assert view.session.banner is not None
    assert "copy" in view.session.banner.details
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert_same(view, other, described=False)


def test_copies_of_the_scans_go_along_if_asked_for(view: View, knee: Path, tmp_path: Path) -> None:
    work(view, knee)
    view.saving.save(tmp_path / "review", copy_scans=True)
    shutil.rmtree(knee.parent)
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert_same(view, other, described=False)


def test_the_folder_is_read_by_other_programs(view: View, knee: Path, tmp_path: Path) -> None:
    work(view, knee)
    view.saving.save(tmp_path / "review")
    labels: Any = nib.load(tmp_path / "review" / "labels" / "roi_cartilage.nii.gz")
    assert np.count_nonzero(np.asarray(labels.dataobj) == 1) == 3 * 5 * 6
    table = np.genfromtxt(
        tmp_path / "review" / "statistics.csv", delimiter=",", names=True, dtype=None, encoding="utf8"
    )
    assert set(table["name"]) == {"my condyle", "my plateau"}
    assert set(table["map"]) == {"acquired", "SR"}


def test_another_part_joins_with_one_line(view: View, knee: Path, tmp_path: Path) -> None:
    class Reading:
        scores = (1, 2)

        def as_json(self) -> Any:
            return {"scores": self.scores}

        def from_json(self, content: Any) -> None:
            self.scores = tuple(content["scores"])

    def broken() -> Any:
        raise KeyError("scores")

    view.session.open([knee])
    view.reading = Reading()  # type: ignore[attr-defined]
    view.reading.scores = (4, 5)  # type: ignore[attr-defined]
    view.saving.register("note", lambda: "left knee", lambda text: None)
    view.saving.register("broken", broken, broken)
    view.saving.save(tmp_path / "review")
    assert "broken" in view.session.banner.details  # type: ignore[union-attr]
    other = new_view()
    other.reading = Reading()  # type: ignore[attr-defined]
    notes: list[str] = []
    other.saving.register("note", lambda: "", notes.append)
    other.saving.open(tmp_path / "review")
    assert other.reading.scores == (4, 5)  # type: ignore[attr-defined]
    assert notes == ["left knee"]


# -- whose it is ---------------------------------------------------------------------------------------
def test_a_review_says_not_whose_it_is_unless_it_may(view: View, knee: Path, tmp_path: Path) -> None:
    sidecar = knee.with_name("knee.json")
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), "PatientName": "Doe^Jane"}))
    work(view, knee)
    view.saving.save(tmp_path / "review")
    for file in (tmp_path / "review").rglob("*"):
        if file.is_file():
            content = file.read_bytes() if file.suffix != ".gz" else nib.load(file).header.binaryblock  # type: ignore
            assert b"DOE^JANE" not in content
            assert b"Doe^Jane" not in content
            assert b"knee.nii" not in content
    object.__setattr__(view.preferences, "deidentify", False)
    view.saving.save(tmp_path / "open")
    assert str(knee) in (tmp_path / "open" / "review.json").read_text()


def test_names_of_files_that_became_names_of_layers_stay_out_and_come_back(
    view: View, scan: Scan, tmp_path: Path
) -> None:
    paths = []
    for n, contrast in enumerate(("t1", "t2")):
        path = write_nifti(scan.volume(n), tmp_path / f"doe_jane_{contrast}.nii.gz")
        path.with_name(path.name.replace(".nii.gz", ".json")).unlink()  # without echo times files name the volumes
        paths.append(path)
    view.session.open(paths)
    assert view.session.scan is not None
    assert view.session.scan.names == ("doe_jane_t1", "doe_jane_t2")
    view.session.refine(RefineSettings(method="tricubic", retrospective=True))
    view.session.find_trust()
    view.look.choose_pair(1)
    view.saving.save(tmp_path / "review")
    for file in (tmp_path / "review").rglob("*"):
        assert "doe" not in file.name
        if file.suffix in (".json", ".csv"):
            assert "doe_jane" not in file.read_text()
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert_same(view, other)


# -- scans that moved or changed ----------------------------------------------------------------------
def test_a_scan_that_moved_is_asked_for_and_found_by_its_sha256(view: View, knee: Path, tmp_path: Path) -> None:
    work(view, knee)
    view.saving.save(tmp_path / "review")
    archive = tmp_path / "archive"
    shutil.move(knee.parent, archive)
    (archive / "knee.nii.gz").rename(archive / "0001.nii.gz")
    (archive / "knee.json").rename(archive / "0001.json")
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert other.saving.question is not None
    assert other.saving.question.kind == "missing"
    assert "Locate" in banner(other)
    assert not other.viewer.layers
    other.saving.locate(tmp_path)  # any folder above it will do
    assert other.saving.question is None
    assert_same(view, other)


def test_a_scan_that_changed_is_refused_until_a_person_goes_on(
    view: View, scan: Scan, knee: Path, tmp_path: Path
) -> None:
    work(view, knee)
    view.saving.save(tmp_path / "review")
    write_nifti(scan.after("edit", scan.array * 1.5), knee)
    other = new_view()
    other.session.adopt(scan.volume(0))
    before = list(other.viewer.layers)
    other.saving.open(tmp_path / "review")
    assert "was changed since the review was saved" in banner(other)
    assert "\n" not in banner(other)
    assert list(other.viewer.layers) == before
    other.saving.go_on()
    assert other.session.scan is not None
    np.testing.assert_allclose(other.session.scan.array, scan.array * 1.5, rtol=1e-6)
    np.testing.assert_array_equal(other.layer("ROI cartilage").data, view.layer("ROI cartilage").data)
    assert other.session.banner is not None
    assert other.session.banner.level == "warn"


def test_another_echo_time_in_the_sidecar_is_a_change(view: View, knee: Path, tmp_path: Path) -> None:
    work(view, knee)
    view.saving.save(tmp_path / "review")
    sidecar = knee.with_name("knee.json")
    record = json.loads(sidecar.read_text())
    sidecar.write_text(json.dumps({**record, "EchoTime": [0.008, 0.038]}))
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert "echo times" in banner(other)
    assert other.saving.question is not None


def test_labels_that_another_program_edited_are_read_and_said(view: View, knee: Path, tmp_path: Path) -> None:
    work(view, knee)
    view.saving.save(tmp_path / "review")
    path = tmp_path / "review" / "labels" / "roi_cartilage.nii.gz"
    image: Any = nib.load(path)
    array = np.asarray(image.dataobj).copy()
    array[0, 0, 0] = 5
    nib.save(nib.Nifti1Image(array, image.affine, image.header), path)
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert "roi_cartilage.nii.gz was changed by another program" in banner(other)
    assert 5 in other.layer("ROI cartilage").data


# -- bad input -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "review.json").unlink(), "no saved review"),
        (lambda folder: (folder / "review.json").write_text("{"), "damaged"),
        (lambda folder: (folder / "review.json").write_text('{"format": "other"}'), "not of a saved review"),
        (
            lambda folder: (folder / "review.json").write_text('{"format": "napari-mrsr review", "version": 9}'),
            "update napari-mrsr",
        ),
        (lambda folder: (folder / "labels" / "roi_cartilage.nii.gz").unlink(), "missing from the review"),
        (lambda folder: (folder / "labels" / "roi_cartilage.nii.gz").write_bytes(b"\x1f\x8b"), "damaged"),
    ],
)
def test_a_damaged_review_becomes_one_line_and_nothing_is_lost(
    view: View, knee: Path, tmp_path: Path, change: Callable[[Path], Any], said: str
) -> None:
    view.session.open([knee])
    regions.new_roi(view).data[5:8, 7:12, 8:14] = 1
    view.saving.save(tmp_path / "review")
    change(tmp_path / "review")
    before = [(la.name, la.visible) for la in view.viewer.layers]
    view.saving.open(tmp_path / "review")
    assert said in banner(view)
    assert [(la.name, la.visible) for la in view.viewer.layers] == before


def test_a_folder_with_other_files_is_not_overwritten(view: View, knee: Path, tmp_path: Path) -> None:
    view.session.open([knee])
    view.saving.save(knee.parent)
    assert "no saved review" in banner(view)
    assert knee.is_file()


def test_a_file_that_a_person_put_into_the_review_stays(view: View, knee: Path, tmp_path: Path) -> None:
    view.session.open([knee])
    view.saving.save(tmp_path / "review")
    (tmp_path / "review" / "letter.txt").write_text("dear colleague")
    view.saving.save(tmp_path / "review")
    assert (tmp_path / "review" / "letter.txt").read_text() == "dear colleague"


def test_nothing_open_nothing_saved(view: View, tmp_path: Path) -> None:
    view.saving.save(tmp_path / "review")
    assert "no scan is open" in banner(view)
    assert not (tmp_path / "review").exists()


@pytest.mark.parametrize(("number", "said"), [(28, "the disk is full"), (30, "read-only"), (13, "read-only")])
def test_a_full_disk_or_a_read_only_one_leaves_the_earlier_review(
    view: View, knee: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    work(view, knee)
    view.saving.save(tmp_path / "review")
    before = (tmp_path / "review" / "review.json").read_bytes()

    def full(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("nibabel.save", full)
    view.saving.save(tmp_path / "review")
    assert said in banner(view)
    assert (tmp_path / "review" / "review.json").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["DOE^JANE", "review", "state"]  # nothing half-written


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_said(view: View, knee: Path, tmp_path: Path) -> None:
    view.session.open([knee])
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    view.saving.save(closed / "review")
    assert "read-only" in banner(view)


def test_a_missing_folder_above_is_said(view: View, knee: Path, tmp_path: Path) -> None:
    view.session.open([knee])
    view.saving.save(tmp_path / "absent" / "review")
    assert "does not exist" in banner(view)


def test_layers_that_a_person_removed_or_resampled_do_not_stop_the_saving(
    view: View, knee: Path, tmp_path: Path
) -> None:
    work(view, knee)
    roi = view.layer("ROI cartilage")
    roi.data = np.asarray(roi.data)[:, ::2, ::2]
    view.layer("S2 (acquired)").locked = False
    view.viewer.layers.remove(view.layer("S2 (acquired)"))
    view.viewer.layers.remove(view.layer("T2 [ms] (SR)"))
    view.saving.save(tmp_path / "review")
    assert (tmp_path / "review" / "review.json").is_file()
    assert 'layer "ROI cartilage" was not' in view.session.banner.details  # type: ignore[union-attr]
    view.viewer.layers.clear()
    view.saving.save(tmp_path / "review")
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert other.session.result is not None
    assert other.session.maps.keys() == view.session.maps.keys()


@pytest.mark.slow
def test_the_sample_knee_is_made_again_from_its_seed_and_its_truth_with_it(view: View, tmp_path: Path) -> None:
    view.session.open_sample()
    regions.truth_roi(view)
    view.saving.save(tmp_path / "review")
    record = json.loads((tmp_path / "review" / "review.json").read_text())
    assert {key: scan["kind"] for key, scan in record["scans"].items()} == {"scan": "sample", "reference": "sample"}
    assert not (tmp_path / "review" / "scans").exists()
    other = new_view()
    other.saving.open(tmp_path / "review")
    assert_same(view, other)
    assert other.session.truth is not None
    record["scans"]["scan"]["voxels"] = "of another version"
    (tmp_path / "review" / "review.json").write_text(json.dumps(record))
    other.saving.open(tmp_path / "review")
    assert other.saving.question is not None
    assert "not the one that was saved" in banner(other)

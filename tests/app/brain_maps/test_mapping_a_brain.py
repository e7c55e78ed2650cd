"""Three scans on the screen become maps: as layers, in the table of regions, in a saved review, and in files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mrsr import _writer
from napari_mrsr.app import layers
from napari_mrsr.app.brain_maps import contrasts, looks
from napari_mrsr.app.brain_maps.checks import look
from napari_mrsr.app.brain_maps.choices import BrainSettings
from napari_mrsr.app.exporting import ExportSettings, collect
from napari_mrsr.app.roi import regions
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.files import write_nifti
from napari_mrsr.inference import slice_maps
from napari_mrsr.mapping import misregistration
from napari_mrsr.mapping.misregistration import Misregistration
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.report.writing import Parts, write_report
from napari_mrsr.scan import Scan
from tests.app.conftest import dess
from tests.three_contrasts import ball, small_weights, three

CONDITIONS = MapConditions(voxel=(1.5, 2.5))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small weights."""
    return small_weights(tmp_path_factory.mktemp("weights"))


def drop(view: View, *scans: Scan) -> None:
    """Add layers as napari does after a drop."""
    for scan in scans:
        for data, settings, _kind in layers.magnitude_layers(scan):
            view.viewer.add_image(data, **settings)


def mapped(view: View, weights: Path, **changes: Any) -> View:
    """Drop three scans and map them."""
    drop(view, *three().values())
    chosen = contrasts.recognised(contrasts.on_screen(view))
    view.brain_maps.run(chosen, BrainSettings(str(weights), own=True, **{"motion": False, **changes}))
    return view


def names(view: View) -> list[str]:
    return [layer.name for layer in view.viewer.layers]


# -- scans -------------------------------------------------------------------------------------------------
def test_three_contrasts_stand_side_by_side_in_whatever_order_they_come(view: View) -> None:
    found = three()
    drop(view, found["FLAIR"], found["T1w"], found["T2w"])
    assert names(view) == ["FLAIR (acquired)", "T1w (acquired)", "T2w (acquired)"]
    assert view.session.scan is found["FLAIR"]
    told = contrasts.recognised(contrasts.on_screen(view))
    assert {name: one.scan for name, one in told.items() if one} == found
    assert contrasts.is_for_maps(told)


def test_a_contrast_that_is_there_already_begins_anew_and_a_knee_replaces_all(view: View) -> None:
    drop(view, *three().values())
    again = ball("T2w", seed=9)
    drop(view, again)
    assert view.session.scan is again
    assert names(view) == ["T2w (acquired)"]
    drop(view, dess())
    assert names(view) == ["S1 (acquired)", "S2 (acquired)"]


def test_a_folder_is_opened_as_three_scans_each_with_its_own_timing(view: View, tmp_path: Path) -> None:
    for name, scan in three().items():
        write_nifti(scan, tmp_path / f"sub-1_{name}.nii.gz")
    write_nifti(dess(), tmp_path / "knee.nii.gz")
    view.session.open([tmp_path])
    assert names(view) == ["T1w (acquired)", "T2w (acquired)", "FLAIR (acquired)"]
    told = contrasts.recognised(contrasts.on_screen(view))
    assert [one.scan.acquisition.inversion_time for one in told.values() if one] == [900.0, None, 1800.0]


def test_echoes_that_are_opened_together_stay_one_scan(view: View, tmp_path: Path) -> None:
    knee = dess()
    paths = [write_nifti(knee.volume(n), tmp_path / f"echo{n}.nii.gz") for n in (0, 1)]
    view.session.open(paths)
    assert view.session.scan is not None
    assert view.session.scan.volumes == 2


# -- checks ------------------------------------------------------------------------------------------------
def test_everything_that_stands_in_the_way_is_said_at_once(view: View) -> None:
    found: dict[str, Scan | None] = dict(three())
    assert all(check.level == "good" for check in look(found, CONDITIONS).checks)
    moved = Scan(ball("T2w").array, np.diag([2, 2, 3.0, 1]), acquisition=ball("T2w").acquisition)
    looked = look({"T1w": found["FLAIR"], "T2w": moved, "FLAIR": None}, CONDITIONS)
    bad = {check.name: check.text for check in looked.checks if check.level == "bad"}
    assert "FLAIR missing" in bad["scans"]
    assert "another grid" in bad["grid"]
    assert "is FLAIR and was offered as T1w" in bad["contrast"]


def test_missing_timings_are_named_with_defaults_and_those_typed_count() -> None:
    found: dict[str, Scan | None] = dict(three(timings=False))
    looked = look(found, CONDITIONS)
    assert not looked.refused
    assert "TI of T1w (900 ms)" in next(c.text for c in looked.checks if c.name == "timings")
    typed = {(one.contrast, one.entry): 2 * one.nominal for one in looked.missing}
    again = look(found, CONDITIONS, typed=typed)
    assert again.missing == looked.missing  # the fields stay
    assert any("T1w has a TI of 1800 ms, the training 900" in check.text for check in again.checks)


# -- layers ------------------------------------------------------------------------------------------------
def test_maps_come_as_layers_in_ms_over_the_t1w(view: View, weights: Path) -> None:
    mapped(view, weights)
    assert view.session.banner is not None  # what was not trained does not say what papers report of white matter
    assert re.search(r"median T2 of white matter is \d+ ms, papers report", view.session.banner.text)
    assert {"T1 [ms]", "T2 [ms]", "M0", "T1w synthesised", "T2w synthesised", "T1 reason"} <= set(names(view))
    shown = [layer.name for layer in view.viewer.layers if layer.visible]
    assert shown == ["T1w (acquired)", "T1 [ms]"]
    t1, t2 = view.viewer.layers["T1 [ms]"], view.viewer.layers["T2 [ms]"]
    assert (t1.colormap.name, t2.colormap.name) == ("lipari", "navia")
    assert tuple(t1.contrast_limits) == looks.T1_LIMITS
    assert t1.colormap.nan_color[3] == 0
    assert t1.metadata["mrsr"]["role"] == "brain_map"
    assert t1.metadata["mrsr"]["unit"] == "ms"
    assert t1.metadata["mrsr"]["status"] == "derived, research use"
    assert np.isnan(t1.data).any()
    assert np.isfinite(t1.data).any()
    reason = view.viewer.layers["T1 reason"]
    reason.visible = True
    assert not regions.is_roi(reason)
    air = np.argwhere(np.isnan(t1.data))[0]
    assert reason.data[tuple(air)] == Reason.AIR
    there = air * np.array(t1.scale) + t1.translate
    assert t1.get_status(there, world=True)["coordinates"].endswith("none, no signal above the noise")
    assert "no signal" in str(reason.get_status(air * np.array(reason.scale) + reason.translate, world=True))


def test_a_synthesised_image_shares_the_window_of_the_acquired_one_and_makes_a_pair(view: View, weights: Path) -> None:
    mapped(view, weights)
    acquired = view.viewer.layers["T2w (acquired)"]
    acquired.contrast_limits = (0.0, 77.0)
    assert tuple(view.viewer.layers["T2w synthesised"].contrast_limits) == (0.0, 77.0)
    assert [pair.title for pair in view.look.pairs()] == ["synthesised T1w", "synthesised T2w", "synthesised FLAIR"]
    assert view.layouts.choose("four")
    shown = {layer.name for layer in view.viewer.layers if layer.visible}
    assert shown == {"T1w (acquired)", "T1w synthesised", "T1 [ms]", "T2 [ms]"}


def test_a_head_that_moved_is_a_banner_once_the_maps_are_there(
    view: View, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "T2w lies 2.1 mm and 0.4 degrees from T1w: edges of the maps are wrong there; register them (--register)"
    moved = Misregistration("T2w", 2.1, 0.4, 2.2, np.eye(4), 0.9, True, line)
    monkeypatch.setattr(misregistration, "misregistration", lambda *_args, **_more: [moved])
    mapped(view, weights, motion=True)
    assert view.session.banner is not None
    assert view.session.banner.text == line.replace("(--register)", "and run again")
    assert "T1 [ms]" in names(view)


def test_stopped_maps_stay_and_are_called_partial(view: View, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slice_maps, "BATCH_VOXELS", 1)  # a slice at a time
    grow = view.brain_maps._grow

    def grow_and_stop(*told: Any) -> None:
        grow(*told)
        view.session.stop()

    monkeypatch.setattr(view.brain_maps, "_grow", grow_and_stop)
    mapped(view, weights)
    layer = view.viewer.layers["T1 [ms] (partial)"]
    assert 0 < np.isfinite(np.asarray(layer.data)).mean() < 0.5
    assert view.session.banner is not None
    assert re.search(r"stopped: [1-9]\d*% of the brain is mapped", view.session.banner.text)


def test_stopped_before_anything_was_mapped_leaves_no_empty_layers(view: View, weights: Path) -> None:
    view.brain_maps.began.connect(lambda _result: view.session.stop())
    mapped(view, weights)
    assert names(view) == ["T1w (acquired)", "T2w (acquired)", "FLAIR (acquired)"]
    assert view.session.banner is not None
    assert "stopped before anything was mapped" in view.session.banner.text


def test_two_of_three_are_refused_in_a_banner_and_nothing_is_lost(view: View, weights: Path) -> None:
    drop(view, ball("T1w"), ball("T2w"))
    view.brain_maps.run(contrasts.recognised(contrasts.on_screen(view)), BrainSettings(str(weights), own=True))
    assert view.session.banner is not None
    assert "FLAIR missing" in view.session.banner.text
    assert names(view) == ["T1w (acquired)", "T2w (acquired)"]


# -- regions, reviews, files -------------------------------------------------------------------------------
def test_a_region_has_mean_sd_and_number_of_valid_voxels_of_t1_and_t2(
    view: View, weights: Path, tmp_path: Path
) -> None:
    mapped(view, weights)
    layer = regions.new_roi(view)
    assert layer.name == "ROI brain"
    assert regions.names_of(layer)[1] == "white matter"
    layer.data[:, 8:12, 4:12] = 1
    found = regions.measure(view, layer)
    assert list(found.statistics) == ["T1", "T2"]
    inside = np.asarray(view.viewer.layers["T1 [ms]"].data)[:, 8:12, 4:12]
    row = found.statistics["T1"].iloc[0]
    assert row["n"] == np.isfinite(inside).sum() < inside.size
    assert row["mean"] == pytest.approx(np.nanmean(inside))
    assert row["sd"] == pytest.approx(np.nanstd(inside, ddof=1), rel=1e-4)
    report = collect(view, layer, settings=ExportSettings())
    for _step in write_report(report, tmp_path / "report", Parts(dicom=False)):
        pass
    written = {path.name for path in (tmp_path / "report").rglob("*.nii.gz")}
    assert {"sub-01_desc-estimated_T1map.nii.gz", "sub-01_desc-estimated_T2map.nii.gz"} <= written


def test_a_saved_review_brings_the_maps_back_as_they_were(view: View, weights: Path, tmp_path: Path) -> None:
    mapped(view, weights)
    view.viewer.layers["T2 [ms]"].visible = True
    view.saving.save(tmp_path / "review")
    other_viewer = ViewerModel()
    again = view_of(other_viewer, run_here)
    again.saving.open(tmp_path / "review")
    assert again.session.banner is None or again.session.banner.level != "bad"
    assert names(again) == names(view)
    for one, other in zip(view.viewer.layers, again.viewer.layers, strict=True):
        np.testing.assert_allclose(np.asarray(other.data), np.asarray(one.data), rtol=1e-6, err_msg=one.name)
        assert other.visible == one.visible
    assert again.brain_maps.result is not None
    assert [pair.title for pair in again.look.pairs()] == ["synthesised T1w", "synthesised T2w", "synthesised FLAIR"]
    told = contrasts.recognised(contrasts.on_screen(again))
    assert all(told.values())  # can be mapped again
    for name in told:
        again.viewer.layers[f"{name} (acquired)"].contrast_limits = (0.0, 77.0)
        assert tuple(again.viewer.layers[f"{name} synthesised"].contrast_limits) == (0.0, 77.0)
    assert regions.measure(again, regions.new_roi(again)).maps.keys() == {"T1", "T2"}


def test_a_map_is_written_as_nifti_in_its_own_voxel_order(view: View, weights: Path, tmp_path: Path) -> None:
    mapped(view, weights)
    data, settings, _ = view.viewer.layers["T1 [ms]"].as_layer_data_tuple()
    (path,) = _writer.write_image(str(tmp_path / "T1.nii.gz"), data, settings)
    result = view.brain_maps.result
    assert result is not None
    assert result.maps is not None
    written: Any = nib.load(path)
    np.testing.assert_allclose(written.get_fdata(), result.maps.t1.array[0], rtol=1e-6)
    np.testing.assert_allclose(written.affine, result.maps.t1.affine)

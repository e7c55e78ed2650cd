"""The plugin as napari meets it: reader, writers, sample data and settings."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mrsr import _reader, _writer
from napari_mrsr.app import layers
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.preferences import Preferences
from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import View
from napari_mrsr.errors import BadParameter, GeometryMismatch, MrsrError
from napari_mrsr.files import write_nifti
from napari_mrsr.phantoms.settings import LABEL_OF
from napari_mrsr.scan import Scan


def test_the_reader_takes_scans_and_folders_and_leaves_the_rest(tmp_path: Path) -> None:
    for name in ("a.nii", "a.nii.gz", "a.dcm", "A.IMA"):
        assert _reader.get_reader(str(tmp_path / name)) is not None
    assert _reader.get_reader(str(tmp_path)) is not None
    assert _reader.get_reader(["a.nii", "b.nii.gz"]) is not None
    assert _reader.get_reader("a.tif") is None
    assert _reader.get_reader("table.gz") is None
    assert _reader.get_reader(["a.nii", "b.tif"]) is None


def test_what_the_reader_gives_the_viewer_shows_and_the_session_takes(view: View, scan: Scan, tmp_path: Path) -> None:
    path = str(write_nifti(scan, tmp_path / "knee.nii.gz"))
    read = _reader.get_reader(path)
    assert read is not None
    for data, settings, _ in read(path):
        view.viewer.add_image(data, **settings)
    assert view.session.scan is not None
    assert view.session.scan.shape == scan.shape
    assert view.session.checks


def test_a_broken_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.nii").write_bytes(b"nothing")
    with pytest.raises(MrsrError, match=r"broken\.nii|is not|NIfTI|cut short"):
        _reader.read(str(tmp_path / "broken.nii"))


def written(layer, path: Path, writer=_writer.write_image) -> nib.Nifti1Image:
    """Write a layer as napari does and load it with nibabel."""
    data, settings, _ = layer.as_layer_data_tuple()
    (name,) = writer(str(path), data, settings)
    return nib.load(name)


def test_a_layer_is_written_where_the_scan_lies_in_its_voxel_order(view: View, scan: Scan, tmp_path: Path) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    image = written(view.layer("S2 (acquired)"), tmp_path / "s2.nii.gz")
    np.testing.assert_allclose(np.asarray(image.dataobj), scan.array[1], rtol=1e-6)
    np.testing.assert_allclose(image.affine, scan.affine, atol=1e-5)
    fine = written(view.layer("T2 [ms] (SR)"), tmp_path / "t2.nii.gz")
    assert view.session.result is not None
    np.testing.assert_allclose(fine.affine, view.session.result.scan.affine, atol=1e-5)
    np.testing.assert_array_equal(np.asarray(fine.dataobj), view.session.maps["SR"].map.array[0])


def test_both_echoes_are_written_as_one_file(view: View, scan: Scan, tmp_path: Path) -> None:
    view.session.adopt(scan)
    pair = [view.layer(name).as_layer_data_tuple() for name in ("S1 (acquired)", "S2 (acquired)")]
    (name,) = _writer.write_images(str(tmp_path / "both.nii.gz"), pair)
    np.testing.assert_allclose(np.asarray(nib.load(name).dataobj), np.moveaxis(scan.array, 0, -1), rtol=1e-6)
    view.session.refine(RefineSettings(method="nearest", maps=False))
    mixed = [pair[0], view.layer("S1 SR x2 [nearest]").as_layer_data_tuple()]
    with pytest.raises(GeometryMismatch):
        _writer.write_images(str(tmp_path / "mixed.nii.gz"), mixed)


def test_labels_are_written_as_whole_numbers(viewer: ViewerModel, scan: Scan, tmp_path: Path) -> None:
    empty = scan.volume(0).after("roi", np.zeros((1, *scan.shape), np.uint8), axis="label", names=("ROI",))
    data, settings, _ = layers.labels_layer(empty, "ROI")
    layer = viewer.add_labels(data, **settings)
    layer.data[2, 3, 4] = 7
    image = written(layer, tmp_path / "roi.nii.gz", _writer.write_labels)
    stored = np.asarray(image.dataobj)
    assert stored.dtype.kind in "iu"
    assert np.argwhere(stored == 7).tolist() == [[4, 3, scan.shape[2] - 1 - 2]]
    ((again, _settings, kind),) = _reader.read(str(tmp_path / "roi.nii.gz"))
    assert kind == "labels"
    np.testing.assert_array_equal(again, layer.data)


def test_a_layer_of_someone_else_is_not_written_at_a_guessed_place(viewer: ViewerModel, tmp_path: Path) -> None:
    layer = viewer.add_image(np.random.default_rng(0).random((4, 5, 6)))
    with pytest.raises(BadParameter, match="place in the patient"):
        written(layer, tmp_path / "foreign.nii.gz")
    assert list(tmp_path.iterdir()) == []


def test_the_sample_opens_with_its_truth(viewer: ViewerModel, view: View) -> None:
    from napari_mrsr._sample_data import knee

    for data, settings, _ in knee():
        viewer.add_image(data, **settings)
    session = view.session
    assert session.truth is not None
    assert session.reference is session.truth.noiseless
    assert {la.name for la in viewer.layers} >= {"S1 (acquired)", "S2 (acquired)", "S1 (reference)", "S2 (reference)"}
    assert not [check.text for check in session.checks if check.level == "bad"]
    session.refine(RefineSettings(method="tricubic"))
    layer = regions.truth_roi(view)
    found = regions.measure(view, layer).statistics
    assert list(found) == ["acquired", "SR", "truth"]
    inside = session.truth.labels.array[0] == LABEL_OF["medial femoral cartilage"]
    truth = found["truth"].set_index("name").loc["medial femoral cartilage"]
    assert truth["n"] == np.count_nonzero(inside)
    assert truth["mean"] == pytest.approx(float(session.truth.t2.array[0][inside].mean(dtype=float)))


def test_the_defaults_of_preferences_are_those_of_the_manifest() -> None:
    import yaml

    import napari_mrsr

    manifest = yaml.safe_load((Path(napari_mrsr.__file__).parent / "napari.yaml").read_text())
    settings = manifest["contributions"]["configurations"]
    stated = {name: spec["default"] for part in settings.values() for name, spec in part["properties"].items()}
    assert stated == vars(Preferences())

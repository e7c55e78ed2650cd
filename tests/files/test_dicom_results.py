"""What DICOM results hold: values with their units, regions with their codes, numbers of the table."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pytest
from pydicom import Dataset, dcmread

from napari_mrsr.errors import OutputNotWritable
from napari_mrsr.roi import statistics
from tests.files.made_results import (
    NAMES,
    WEIGHTS,
    Made,
)


def test_a_parametric_map_says_t2_in_milliseconds_and_nan_is_no_value(made: Made, hidden: dict[str, Path]) -> None:
    image = highdicom.imread(hidden["t2_acquired_pm.dcm"])
    mapping = image.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
    assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == "ms"
    assert mapping.MeasurementUnitsCodeSequence[0].CodingSchemeDesignator == "UCUM"
    definition = mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0]
    assert (definition.CodeValue, definition.CodingSchemeDesignator, definition.CodeMeaning) == ("113065", "DCM", "T2")
    assert np.isnan(image.FloatPixelPaddingValue)
    assert np.isnan(image.FloatPixelPaddingRangeLimit)
    mapped = image.get_volume(apply_real_world_transform=True).array
    truth = made.maps["acquired"].array
    assert np.isnan(mapped).sum() == np.isnan(truth).sum()
    assert np.nanmean(mapped) == pytest.approx(np.nanmean(truth), rel=1e-6)


def test_the_same_map_for_any_viewer_is_rounded_by_less_than_it_says(made: Made, hidden: dict[str, Path]) -> None:
    truth = np.moveaxis(made.maps["acquired"].array[0], (0, 1, 2), (2, 1, 0))  # source order: column, row, slice
    for header, plane in zip(map(dcmread, sorted(hidden["t2_acquired"].iterdir())), truth, strict=True):
        stored = header.pixel_array
        values = stored * float(header.RescaleSlope) + float(header.RescaleIntercept)
        assert stored.dtype == np.int16
        np.testing.assert_array_equal(stored == header.PixelPaddingValue, np.isnan(plane))
        assert np.nanmax(np.abs(values - plane)) <= 0.005 + 1e-5  # float32 of the truth
        assert header.RescaleType == "ms"
        assert "0.005" in header.DerivationDescription
        assert list(header.ImageType) == ["DERIVED", "SECONDARY", "T2 MAP"]


def test_a_thickness_map_says_millimetres(made: Made, tmp_path: Path) -> None:
    thickness = replace(made.maps["acquired"], array=made.maps["acquired"].array / 20, quantity="thickness", unit="mm")
    paths = made.write(tmp_path / "out", maps={"acquired": thickness}, tables={}, refined=None, labels=None)
    assert set(paths) == {"thickness_acquired", "thickness_acquired_pm.dcm"}
    mapping = dcmread(paths["thickness_acquired_pm.dcm"]).SharedFunctionalGroupsSequence[0]
    assert mapping.RealWorldValueMappingSequence[0].MeasurementUnitsCodeSequence[0].CodeValue == "mm"


def test_segments_are_coded_by_the_words_of_their_names(hidden: dict[str, Path]) -> None:
    image = highdicom.seg.segread(hidden["segmentation.dcm"])
    cartilage, cyst = (image.get_segment_description(n) for n in (1, 2))
    assert (cartilage.segment_label, cartilage.segmented_property_type.value) == (NAMES[2], "309312004")
    site = cartilage.AnatomicRegionSequence[0]
    assert (site.CodeValue, site.AnatomicRegionModifierSequence[0].CodeValue) == ("71341001", "255561001")
    kind = cartilage.SegmentedPropertyTypeCodeSequence[0]
    assert kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"
    assert (cyst.segment_label, cyst.segmented_property_type.value) == (NAMES[5], "91723000")
    assert cartilage.algorithm_type.value == "SEMIAUTOMATIC"


def test_the_report_holds_the_numbers_of_the_table_with_units(made: Made, hidden: dict[str, Path]) -> None:
    report = highdicom.sr.srread(hidden["report.dcm"])
    groups = report.content.get_volumetric_roi_measurement_groups()
    rows = [(role, row) for role, table in made.tables.items() for row in table.to_dict("records")]
    assert len(groups) == len(rows) == 4
    for group, (role, row) in zip(groups, rows, strict=True):
        assert group.tracking_identifier == row["name"]
        found = {}
        for one in group.get_measurements():
            key = one.derivation.meaning if one.derivation is not None else one.name.meaning
            found[key] = (one.name.value, one.value, one.unit.value)
        for statistic, column in (("Mean", "mean"), ("Standard Deviation", "sd"), ("Median", "median")):
            assert found[statistic] == ("113065", pytest.approx(row[column], rel=1e-5), "ms")
        assert found["Volume"][1:] == (pytest.approx(row["volume_mm3"], rel=1e-5), "mm3")
        (evaluation,) = (one for one in group.get_qualitative_evaluations() if one.name.value == "map-role")
        assert evaluation.value.value == {"acquired": "acquired", "SR": "super-resolved"}[role]


def test_the_report_refers_to_segments_maps_and_the_series_painted_on(hidden: dict[str, Path]) -> None:
    report = highdicom.sr.srread(hidden["report.dcm"])
    segmentation = dcmread(hidden["segmentation.dcm"])
    painted_on = dcmread(hidden["echoes_sr"] / "0001.dcm").SeriesInstanceUID
    maps = {dcmread(hidden[f"t2_{role}_pm.dcm"]).SOPInstanceUID for role in ("acquired", "sr")}
    seen = set()
    for group in report.content.get_volumetric_roi_measurement_groups():
        items = group[0].ContentSequence
        segment = next(item for item in items if item.ConceptNameCodeSequence[0].CodeValue == "121191")
        assert segment.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == segmentation.SOPInstanceUID
        series = next(item for item in items if item.ConceptNameCodeSequence[0].CodeValue == "121232")
        assert painted_on == series.UID
        tracked = {str(one.TrackingUID) for one in segmentation.SegmentSequence}
        assert str(group.tracking_uid) in tracked
        seen |= {
            image.referenced_sop_instance_uid for one in group.get_measurements() for image in one.referenced_images
        }
    assert seen == maps
    listed = {
        item.ReferencedSOPInstanceUID
        for study in report.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    assert maps | {segmentation.SOPInstanceUID} <= listed


def test_the_algorithm_is_named_with_its_weights(named: dict[str, Path]) -> None:
    header = dcmread(named["echoes_sr"] / "0001.dcm")
    assert list(header.ImageType)[:2] == ["DERIVED", "SECONDARY"]
    assert "lean" in header.SeriesDescription
    assert WEIGHTS in header.DerivationDescription
    assert "research use" in header.DerivationDescription
    assert any(WEIGHTS in item.get("ContributionDescription", "") for item in header.ContributingEquipmentSequence)
    report = dcmread(named["report.dcm"])
    text = report.to_json()
    assert text.count(WEIGHTS) >= 2  # the regions on the super-resolved map
    assert "super-resolution (method lean" in text


def test_maps_whose_names_look_alike_are_both_written(made: Made, tmp_path: Path) -> None:
    maps = {"SR (lean)": made.maps["SR"], "SR [lean]": made.maps["SR"]}
    paths = made.write(tmp_path / "out", maps=maps, tables={}, labels=None, refined=None)
    assert set(paths) == {"t2_sr_lean", "t2_sr_lean_pm.dcm", "t2_sr_lean_2", "t2_sr_lean_2_pm.dcm"}


def test_a_region_without_a_value_is_reported_without_statistics(made: Made, tmp_path: Path) -> None:
    empty = replace(made.maps["SR"], array=np.full_like(made.maps["SR"].array, np.nan))
    tables = {"SR": statistics(empty, made.labels, names=NAMES)}
    paths = made.write(tmp_path / "out", maps={"SR": empty}, tables=tables)
    group = highdicom.sr.srread(paths["report.dcm"]).content.get_volumetric_roi_measurement_groups()[0]
    found = {one.name.value: one.value for one in group.get_measurements()}
    assert found["invalid-percent"] == 100
    assert "113065" not in found
    assert np.isnan(highdicom.imread(paths["t2_sr_pm.dcm"]).pixel_array).all()


def test_numbers_without_painted_labels_are_reported_without_a_false_segment(made: Made, tmp_path: Path) -> None:
    paths = made.write(tmp_path / "out", labels=None)
    assert "segmentation.dcm" not in paths
    content = highdicom.sr.srread(paths["report.dcm"]).content
    assert len(content.get_image_measurement_groups()) == 4


def test_a_missing_parent_and_a_file_in_the_way_are_refused(made: Made, tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritable, match="does not exist"):
        made.write(tmp_path / "a" / "b" / "out")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputNotWritable, match="is a file"):
        made.write(tmp_path / "file")


def test_a_disk_that_fills_up_leaves_nothing(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Dataset, path: Path, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("highdicom.sr.Comprehensive3DSR.save_as", full)
    with pytest.raises(OutputNotWritable, match="disk is full"):
        made.write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_export_never_mixes_with_an_earlier_one(made: Made, tmp_path: Path) -> None:
    first = made.write(tmp_path / "out")["report.dcm"]
    before = first.read_bytes()
    with pytest.raises(OutputNotWritable, match="not empty"):
        made.write(tmp_path / "out")
    assert first.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(made: Made, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(OutputNotWritable, match="read-only"):
        made.write(tmp_path / "out")

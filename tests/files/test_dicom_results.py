"""What DICOM results say: values, codes, references, patient and study; and what is refused."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage

from napari_mrsr.errors import BadParameter, MissingParameter, NothingToRead, OutputNotWritable, UnreadableFile
from napari_mrsr.files import list_series, read_scan
from napari_mrsr.roi import statistics
from napari_mrsr.scan import Scan
from tests.files.made_results import NAMES, WEIGHTS, Made, classic, enhanced, make, nifti

#: Entries of the source that tell who was scanned, where and when.
IDENTITY = {
    "PatientID": "H-123456",
    "PatientName": "Doe^Jane",
    "PatientBirthDate": "19700102",
    "PatientSex": "F",
    "PatientAge": "056Y",
    "StudyDate": "20260304",
    "StudyTime": "101112",
    "StudyID": "EX-4711",
    "StudyDescription": "Knie links MRT",
    "AccessionNumber": "A987654",
    "ReferringPhysicianName": "House^Gregory",
    "InstitutionName": "Sankt Nirgendwo",
    "InstitutionAddress": "Nowhere Lane 7",
    "StationName": "MR3SUITE",
    "OperatorsName": "Operator^Otto",
    "DeviceSerialNumber": "SN-0815-77",
    "SeriesDescription": "qDESS Doe Jane",
    "ProtocolName": "Doe protocol",
    "AcquisitionDate": "20260304",
    "SeriesDate": "20260304",
    "ContentDate": "20260304",
    "Laterality": "L",
    "SpecificCharacterSet": "ISO_IR 100",
}
#: Of these no trace may remain in de-identified results.
SECRETS = ("H-123456", "Doe", "Jane", "19700102", "056Y", "20260304", "101112", "EX-4711", "Knie links", "A987654",
           "House", "Nirgendwo", "Nowhere", "MR3SUITE", "Otto", "SN-0815")  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A scan read from classic DICOM of a named patient, and what was made of it."""
    return make(classic(tmp_path_factory.mktemp("source") / "knee", **IDENTITY))


@pytest.fixture(scope="module")
def hidden(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Its de-identified results."""
    return made.write(tmp_path_factory.mktemp("hidden") / "out")


@pytest.fixture(scope="module")
def named(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Its results in the study of the source."""
    return made.write(tmp_path_factory.mktemp("named") / "out", deidentify=False)


def files_of(paths: dict[str, Path]) -> list[Path]:
    return [file for path in paths.values() for file in ([path] if path.is_file() else sorted(path.iterdir()))]


def source_of(made: Made) -> list[Dataset]:
    return [dcmread(file) for file in sorted(Path(made.scan.sources[0].path).iterdir())]


def references(image: Dataset) -> list[set[str]]:
    """Return the instances that each frame of a multi-frame object refers to."""
    return [
        {item.ReferencedSOPInstanceUID for item in group.DerivationImageSequence[0].SourceImageSequence}
        for group in image.PerFrameFunctionalGroupsSequence
    ]


# -- values and codes ------------------------------------------------------------------------------
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
    assert report.to_json().count(WEIGHTS) >= 2  # the regions on the super-resolved map


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


# -- references ------------------------------------------------------------------------------------
def test_each_frame_refers_to_both_echoes_at_its_place(made: Made, named: dict[str, Path]) -> None:
    source = source_of(made)
    image = dcmread(named["t2_acquired_pm.dcm"])
    for group, uids in zip(image.PerFrameFunctionalGroupsSequence, references(image), strict=True):
        position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        here = {
            one.SOPInstanceUID
            for one in source
            if np.abs(np.array(one.ImagePositionPatient, float) - position).max() < 1e-3
        }
        assert uids == here
        assert len(here) == 2
    series = image.ReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == source[0].SeriesInstanceUID
    assert len(series.ReferencedInstanceSequence) == len(source)


def test_super_resolved_slices_between_two_refer_to_both_neighbours(made: Made, named: dict[str, Path]) -> None:
    headers = [dcmread(file) for file in sorted(named["echoes_sr"].iterdir())][:10]
    assert [len(header.SourceImageSequence) for header in headers] == [2, 4] * 4 + [2, 2]
    known = {one.SOPInstanceUID for one in source_of(made)}
    assert {item.ReferencedSOPInstanceUID for header in headers for item in header.SourceImageSequence} == known


def test_the_map_of_the_super_resolved_echoes_refers_to_these(hidden: dict[str, Path]) -> None:
    echoes = {dcmread(file).SOPInstanceUID for file in hidden["echoes_sr"].iterdir()}
    for name in ("t2_sr_pm.dcm", "segmentation.dcm"):
        assert set().union(*references(dcmread(hidden[name]))) <= echoes


def test_echoes_in_studies_of_their_own_are_referred_to_there(tmp_path: Path) -> None:
    """As archives leave them that anonymise each series by itself."""
    one, two = (classic(tmp_path / "knee" / name, FrameOfReferenceUID="1.2.3") for name in ("e1", "e2"))
    for n, (scan, name) in enumerate(((one, "e1"), (two, "e2"))):
        for file in sorted((tmp_path / "knee" / name).iterdir()):
            if float(dcmread(file).EchoTime) != scan.acquisition.echo_times[n]:
                file.unlink()
    made = make(read_scan(tmp_path / "knee"))
    paths = made.write(tmp_path / "out", deidentify=False)
    image = dcmread(paths["t2_acquired_pm.dcm"])
    first, second = (dcmread(next((tmp_path / "knee" / name).iterdir())) for name in ("e1", "e2"))
    assert image.StudyInstanceUID == first.StudyInstanceUID != second.StudyInstanceUID
    assert [series.SeriesInstanceUID for series in image.ReferencedSeriesSequence] == [first.SeriesInstanceUID]
    (other,) = image.StudiesContainingOtherReferencedInstancesSequence
    assert other.StudyInstanceUID == second.StudyInstanceUID
    assert other.ReferencedSeriesSequence[0].SeriesInstanceUID == second.SeriesInstanceUID
    evidence = dcmread(paths["report.dcm"]).PertinentOtherEvidenceSequence
    assert [study.StudyInstanceUID for study in evidence] == [second.StudyInstanceUID]


def test_an_enhanced_source_is_referred_to_by_frame(tmp_path: Path) -> None:
    made = make(enhanced(tmp_path / "knee.dcm", PatientID="P1"))
    paths = made.write(tmp_path / "out", deidentify=False)
    source = dcmread(tmp_path / "knee.dcm")
    image = dcmread(paths["t2_acquired_pm.dcm"])
    for group in image.PerFrameFunctionalGroupsSequence:
        (item,) = group.DerivationImageSequence[0].SourceImageSequence
        assert (item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID) == (
            EnhancedMRImageStorage,
            source.SOPInstanceUID,
        )
        for number in item.ReferencedFrameNumber:
            frame = source.PerFrameFunctionalGroupsSequence[number - 1]
            position = frame.PlanePositionSequence[0].ImagePositionPatient
            np.testing.assert_allclose(
                np.array(position, float),
                np.array(group.PlanePositionSequence[0].ImagePositionPatient, float),
                atol=1e-3,
            )


def test_a_nifti_source_is_given_a_study_of_its_own_and_no_false_references(tmp_path: Path) -> None:
    made = make(nifti(tmp_path / "knee.nii.gz", np.diag([-0.3, -0.4, 1.5, 1.0])))
    paths = made.write(tmp_path / "out", deidentify=False)
    image = dcmread(paths["t2_acquired_pm.dcm"])
    assert "ReferencedSeriesSequence" not in image
    assert not any("DerivationImageSequence" in group for group in image.PerFrameFunctionalGroupsSequence)
    assert "not DICOM" in image.DerivationDescription
    written = {dcmread(file).SOPInstanceUID for file in files_of(paths)}
    for file in files_of(paths):
        header = dcmread(file)
        assert set(re.findall(r'"00081155"[^]]*?"([\d.]+)"', header.to_json())) <= written, file.name


# -- one study -------------------------------------------------------------------------------------
@pytest.mark.parametrize("which", ["hidden", "named"])
def test_all_objects_share_patient_study_and_frame_of_reference(which: str, request: pytest.FixtureRequest) -> None:
    headers = [dcmread(file) for file in files_of(request.getfixturevalue(which))]
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "StudyDate", "AccessionNumber"):
        assert len({str(header[keyword].value) for header in headers}) == 1, keyword
    assert len({header.FrameOfReferenceUID for header in headers if header.Modality != "SR"}) == 1
    assert len({header.SOPInstanceUID for header in headers}) == len(headers)
    assert len({header.SeriesNumber for header in headers}) == len({header.SeriesInstanceUID for header in headers})
    assert all(header.BurnedInAnnotation == "NO" for header in headers if header.Modality == "MR")


def test_results_of_a_named_patient_land_in_the_study_of_the_source(made: Made, named: dict[str, Path]) -> None:
    source = source_of(made)[0]
    series = {source.SeriesInstanceUID}
    for file in files_of(named):
        header = dcmread(file)
        for keyword in ("StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "AccessionNumber"):
            assert header[keyword].value == source[keyword].value, keyword
        if header.Modality != "SR":
            assert header.FrameOfReferenceUID == source.FrameOfReferenceUID
        assert header.SeriesInstanceUID not in series


def test_names_in_any_character_set_arrive(tmp_path: Path) -> None:
    made = make(classic(tmp_path / "knee", **IDENTITY | {"PatientName": "Müller^Zoë"}))
    paths = made.write(tmp_path / "out", deidentify=False, refined=None, names={2: "Gelenkknorpel außen", 5: "x"})
    for name in ("segmentation.dcm", "t2_acquired_pm.dcm", "report.dcm"):
        assert str(dcmread(paths[name]).PatientName) == "Müller^Zoë"
    assert dcmread(paths["segmentation.dcm"]).SegmentSequence[0].SegmentLabel == "Gelenkknorpel außen"


def test_dates_and_sex_that_anonymisers_left_do_not_stop_an_export(tmp_path: Path) -> None:
    odd = {"PatientBirthDate": "00000000", "StudyDate": "20260000", "PatientSex": "X", "PatientName": "anonymous"}
    made = make(classic(tmp_path / "knee", **odd))
    header = dcmread(made.write(tmp_path / "out", deidentify=False)["t2_sr_pm.dcm"])
    assert (header.PatientBirthDate, header.StudyDate, header.PatientSex) == ("", "", "")
    assert header.PatientName == "anonymous"


def test_names_of_files_do_not_leave(made: Made, tmp_path: Path) -> None:
    """Weights and volumes are often called by the patient they are of."""
    refined = made.scan.after(
        "super-resolution", made.scan.array, parameters={"weights": "Doe_Jane.safetensors", "path": "/home/Jane/x"}
    )
    refined = replace(refined, names=("Doe_T1w", "Doe_T2w"))
    paths = made.write(tmp_path / "out", refined=refined, maps={}, tables={}, labels=None)
    for file in files_of(paths):
        assert b"Doe" not in file.read_bytes()
        assert b"Jane" not in file.read_bytes()


def test_nothing_of_the_patient_is_left_in_deidentified_results(made: Made, hidden: dict[str, Path]) -> None:
    uids = {
        str(one[keyword].value)
        for one in source_of(made)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
    }
    for file in files_of(hidden):
        raw = file.read_bytes()
        header = dcmread(file)
        if "PixelData" in header:
            raw = raw.replace(header.PixelData, b"")
        assert not [uid for uid in uids if uid.encode() in raw], file.name
        raw = re.sub(rb"[\d.]{20,}", b"", raw)  # new UIDs hold any digits by chance
        assert not [secret for secret in SECRETS if secret.encode() in raw], file.name
        assert header.PatientIdentityRemoved == "YES"
        assert header.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        assert "basic profile" in header.DeidentificationMethod


def test_no_date_of_the_export_is_left_either(hidden: dict[str, Path]) -> None:
    for file in files_of(hidden):
        dates = [element for element in dcmread(file).iterall() if element.VR in ("DA", "DT") and element.value]
        assert {str(element.value) for element in dates} <= {"19000101"}, file.name


def test_references_stay_consistent_when_uids_are_replaced(made: Made, hidden: dict[str, Path]) -> None:
    """As many instances in as many series as in the source, under other names."""
    image = dcmread(hidden["t2_acquired_pm.dcm"])
    (series,) = image.ReferencedSeriesSequence
    assert len({item.ReferencedSOPInstanceUID for item in series.ReferencedInstanceSequence}) == len(source_of(made))
    assert {item.ReferencedSOPClassUID for item in series.ReferencedInstanceSequence} == {MRImageStorage}


def test_two_exports_cannot_be_linked_by_their_identifiers(made: Made, hidden: dict[str, Path], tmp_path: Path) -> None:
    again = dcmread(made.write(tmp_path / "again")["report.dcm"])
    first = dcmread(hidden["report.dcm"])
    assert again.PatientID != first.PatientID
    assert again.StudyInstanceUID != first.StudyInstanceUID


# -- refusals --------------------------------------------------------------------------------------
def test_all_tags_that_a_source_lacks_are_named_at_once(tmp_path: Path) -> None:
    made = make(classic(tmp_path / "knee", FrameOfReferenceUID=None, StudyInstanceUID=None))
    with pytest.raises(MissingParameter) as caught:
        made.write(tmp_path / "out")
    assert "StudyInstanceUID (0020,000D), FrameOfReferenceUID (0020,0052)" in caught.value.line.replace("000d", "000D")
    assert caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_a_source_that_lost_its_pixel_spacing_is_named(tmp_path: Path) -> None:
    made = make(classic(tmp_path / "knee"))
    for file in (tmp_path / "knee").iterdir():
        header = dcmread(file)
        del header.PixelSpacing
        header.save_as(file)
    with pytest.raises(MissingParameter, match="PixelSpacing") as caught:
        made.write(tmp_path / "out")
    assert "(0028,0030)" in str(caught.value)


def test_a_source_that_changed_is_not_referred_to(tmp_path: Path) -> None:
    made = make(classic(tmp_path / "knee"))
    next(iter((tmp_path / "knee").iterdir())).unlink()
    with pytest.raises(UnreadableFile, match="open the scan again"):
        made.write(tmp_path / "out")


def test_a_source_that_is_gone_is_needed_only_to_stay_in_its_study(tmp_path: Path) -> None:
    made = make(classic(tmp_path / "knee"))
    (tmp_path / "knee").rename(tmp_path / "elsewhere")
    with pytest.raises(NothingToRead, match="is gone"):
        made.write(tmp_path / "named", deidentify=False)
    header = dcmread(made.write(tmp_path / "hidden")["t2_acquired_pm.dcm"])
    assert "no longer there" in header.DerivationDescription


def test_the_right_series_of_a_folder_with_several_is_referred_to(tmp_path: Path) -> None:
    classic(tmp_path / "both" / "one", SeriesNumber=1)
    classic(tmp_path / "both" / "two", SeriesNumber=2, RepetitionTime=30.0)
    made = make(read_scan(tmp_path / "both", series=2))
    image = dcmread(made.write(tmp_path / "out", deidentify=False)["t2_acquired_pm.dcm"])
    wanted = next(info.uid for info in list_series(tmp_path / "both") if info.number == 2)
    assert [series.SeriesInstanceUID for series in image.ReferencedSeriesSequence] == [wanted]


def test_nothing_to_write_is_said(made: Made, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="no map, region"):
        made.write(tmp_path / "out", maps={}, labels=None, refined=None, tables={})


def test_a_table_of_a_signal_needs_no_map(made: Made, tmp_path: Path) -> None:
    echo = made.scan.volume(0)
    tables = {"first echo": statistics(echo, made.labels, names=NAMES)}
    paths = made.write(tmp_path / "out", maps={}, tables=tables, refined=None)
    group = highdicom.sr.srread(paths["report.dcm"]).content.get_volumetric_roi_measurement_groups()[0]
    mean = group.get_measurements()[0]
    assert (mean.name.meaning, mean.unit.value) == ("MR signal intensity", "[arb'U]")
    assert mean.value == pytest.approx(tables["first echo"]["mean"][0], rel=1e-5)


def test_labels_without_a_painted_voxel_are_refused(made: Made, tmp_path: Path) -> None:
    blank: Scan = replace(made.labels, array=np.zeros_like(made.labels.array))
    with pytest.raises(BadParameter, match="paint"):
        made.write(tmp_path / "out", labels=blank)
    assert not (tmp_path / "out").exists()


# -- the folder ------------------------------------------------------------------------------------
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

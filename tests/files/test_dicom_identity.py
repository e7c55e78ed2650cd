"""Results are one study of one patient: the source's, or nobody's."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import MRImageStorage

from tests.files.made_results import (
    IDENTITY,
    Made,
    classic,
    files_of,
    make,
    source_of,
)

#: Of these no trace may remain in de-identified results.
SECRETS = ("H-123456", "Doe", "Jane", "19700102", "056Y", "20260304", "101112", "EX-4711", "Knie links", "A987654",
           "House", "Nirgendwo", "Nowhere", "MR3SUITE", "Otto", "SN-0815")  # fmt: skip


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


@pytest.mark.filterwarnings("ignore:Invalid value for VR")
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

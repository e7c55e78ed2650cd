"""DICOM results refer to what they were made from and to nothing else; what a source lacks for that is named."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import EnhancedMRImageStorage

from napari_mrsr.errors import BadParameter, MissingParameter, NothingToRead, UnreadableFile
from napari_mrsr.files import list_series, read_scan
from napari_mrsr.roi import statistics
from napari_mrsr.scan import Scan
from tests.files.made_results import (
    NAMES,
    Made,
    classic,
    enhanced,
    files_of,
    make,
    nifti,
    references,
    source_of,
)


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

"""Validators of others find no error in DICOM results; and the whole way on a real knee."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import highdicom
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread

from napari_mrsr.files import read_scan
from napari_mrsr.files.dicom.results import write_dicom_results
from napari_mrsr.interpolation.scans import interpolate_scan
from napari_mrsr.mapping import t2_from_dess
from napari_mrsr.roi import statistics
from napari_mrsr.scan import Scan
from tests.files.made_results import Made, classic, enhanced, make, nifti

#: What dciodvfy warns of and why it may: docs/guide/dicom.md lists the same with reasons.
TOLERATED = (
    r"needed to build DICOMDIR",  # study date, time and ID are empty where the source had none or they were removed
    r"only permitted to be empty when actually unknown",  # left or right knee, where the source does not say
    r"Unrecognized defined term = <99MRSR>",  # a private coding scheme, declared in the object
    r"Unrecognized defined term = <QUANTITY>",  # younger than the tool
    r"Rescale\w+\(0028,105\d\)",  # rescale in MR images, as scanners write it: T2 in ms needs it
)


def lines_of(files: list[Path], severity: str) -> set[str]:
    """Return what dciodvfy says of files, told once."""
    found = set()
    for file in files:
        said = subprocess.run(["dciodvfy", "-new", str(file)], capture_output=True, text=True, check=False)
        found |= {f"{file.name}: {line}" for line in (said.stdout + said.stderr).splitlines() if severity in line}
    return found


def some_files(paths: dict[str, Path]) -> list[Path]:
    """Return single objects, and the first and last slice of each series."""
    found = []
    for path in paths.values():
        slices = [path] if path.is_file() else sorted(path.iterdir())
        found += [slices[0], slices[-1]]
    return list(dict.fromkeys(found))


def made_from(kind: str, folder: Path) -> Made:
    if kind == "nifti":
        return make(nifti(folder / "knee.nii.gz", np.diag([0.3, 0.4, 1.5, 1.0])))
    if kind == "enhanced":
        return make(enhanced(folder / "knee.dcm", Laterality="R"))
    return make(classic(folder / "knee", StudyDate="20260102", Laterality="L", PatientName="Doe^Jane"))


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed (apt install dicom3tools)")
@pytest.mark.parametrize("deidentify", [True, False])
@pytest.mark.parametrize("kind", ["classic", "enhanced", "nifti"])
def test_dciodvfy_finds_no_error_and_no_warning_without_a_reason(tmp_path: Path, kind: str, deidentify: bool) -> None:
    files = some_files(made_from(kind, tmp_path).write(tmp_path / "out", deidentify=deidentify))
    assert lines_of(files, "Error") == set()
    odd = {line for line in lines_of(files, "Warning") if not any(re.search(known, line) for known in TOLERATED)}
    assert odd == set()


@pytest.mark.skipif(shutil.which("dsrdump") is None, reason="dsrdump is not installed (apt install dcmtk)")
def test_dcmtk_reads_the_report_with_its_numbers(tmp_path: Path) -> None:
    made = made_from("classic", tmp_path)
    path = made.write(tmp_path / "out")["report.dcm"]
    text = subprocess.run(["dsrdump", "-Ph", str(path)], capture_output=True, text=True, check=True).stdout
    assert "medial femoral cartilage" in text
    assert f'"{made.tables["SR"]["mean"][0]:.6g}" (ms,UCUM' in text


@pytest.mark.slow
def test_a_real_knee_goes_the_whole_way(real_data: Path, tmp_path: Path) -> None:
    """The lateral half knee: T2 of the acquired and of finer echoes, a blob as region, all written and read again."""
    scan = read_scan(real_data / "knee" / "qdess_lateral")
    refined = interpolate_scan(scan, "tricubic", 2, 2)
    maps = {"acquired": t2_from_dess(scan).map, "SR": t2_from_dess(refined).map}
    labels = _blob(maps["SR"])
    names = {1: "lateral femoral cartilage"}
    tables = {role: statistics(one, labels, names=names) for role, one in maps.items()}
    out = tmp_path / "out"
    write_dicom_results(out, scan=scan, maps=maps, labels=labels, names=names, tables=tables, refined=refined,
                        method="tricubic", deidentify=False)  # fmt: skip
    source = dcmread(next((real_data / "knee" / "qdess_lateral" / "echo1").iterdir()))
    for file in (out / "report.dcm", out / "segmentation.dcm", out / "t2_sr_pm.dcm", out / "echoes_sr" / "0001.dcm"):
        assert dcmread(file, stop_before_pixels=True).StudyInstanceUID == source.StudyInstanceUID

    again = read_scan(out / "echoes_sr")
    assert again.same_grid(refined)
    assert again.acquisition.echo_times == scan.acquisition.echo_times
    assert np.abs(again.array - refined.array).max() <= 0.51 * float(refined.array.max()) / 32767

    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(out / "t2_acquired")))
    lps = np.eye(4)
    lps[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    lps[:3, 3] = image.GetOrigin()
    assert np.abs(np.diag([-1, -1, 1, 1]) @ lps - scan.affine).max() < 1e-3
    values = sitk.GetArrayFromImage(image).transpose(2, 1, 0)
    truth = maps["acquired"].array[0]
    np.testing.assert_array_equal(values < 0, np.isnan(truth))
    assert np.nanmax(np.abs(np.where(values < 0, np.nan, values) - truth)) <= 0.00501

    pixels = highdicom.imread(out / "t2_sr_pm.dcm").get_volume().array
    assert np.nanmean(pixels) == pytest.approx(np.nanmean(maps["SR"].array), rel=1e-5)
    group = highdicom.sr.srread(out / "report.dcm").content.get_volumetric_roi_measurement_groups()[0]
    assert group.get_measurements()[0].value == pytest.approx(tables["acquired"]["mean"][0], rel=1e-5)
    segments = highdicom.seg.segread(out / "segmentation.dcm").get_volume(combine_segments=True).array
    assert int(segments.sum()) == int(labels.array.sum())
    if shutil.which("dciodvfy"):
        paths = {path.name: path for path in out.iterdir()}
        assert lines_of(some_files(paths), "Error") == set()


def _blob(t2: Scan) -> Scan:
    """Return a region in the middle of the knee where T2 is that of cartilage."""
    painted = np.zeros((1, *t2.shape), np.uint8)
    middle = tuple(slice(n // 3, 2 * n // 3) for n in t2.shape)
    painted[0][middle] = (t2.array[0][middle] > 20) & (t2.array[0][middle] < 60)
    return t2.after("painted", painted, axis="label", names=("ROI",), quantity="label", unit="")

"""Cohorts as they lie on the disk, from small files of each layout."""

import json

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from napari_mrsr.errors import GeometryMismatch, MissingDependency, MrsrError, NothingToRead, UnknownMethod
from napari_mrsr.studies import layouts
from tests.files.made_dicom import write_series

SHAPE = (10, 12, 6)
#: Sagittal DICOM: columns to the back, rows downwards, slices to the patient's right.
SAGITTAL = np.array([[0, 0, 0.7, -4], [-0.4, 0, 0, 8], [0, -0.5, 0, 9], [0, 0, 0, 1]], float)
VOLUME = np.random.default_rng(0).integers(50, 900, (2, *SHAPE)).astype(np.uint16)
#: A label in one corner, so that a flip is seen.
LABELS = np.zeros(SHAPE, np.uint8)
LABELS[1:4, 2:5, 0:2] = 2
LABELS[7, 9, 5] = 4


def nifti(path, array, affine=SAGITTAL, **sidecar):
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array, affine), path)
    if sidecar:
        path.with_name(path.name.split(".nii")[0] + ".json").write_text(json.dumps(sidecar))
    return path


def dess(folder, **header):
    header = {"SeriesDescription": "SAG_3D_DESS_RIGHT", "RepetitionTime": 23.0, "FlipAngle": 20.0, **header}
    return write_series(folder, VOLUME, SAGITTAL, echo_times=(7.0, 39.0), **header)


def combined(folder, description="SAG_3D_DESS_RIGHT", **header):
    paths = write_series(folder, VOLUME[:1], SAGITTAL, echo_times=(4.7,), SeriesDescription=description, **header)
    for path in paths:
        path.rename(path.with_suffix(""))  # as the archive names them


# -- BIDS ------------------------------------------------------------------------------------------
@pytest.fixture
def bids(tmp_path):
    for subject in ("sub-01/ses-a", "sub-02"):
        stem = subject.replace("/", "_")
        for echo, time in ((1, 0.007), (2, 0.039)):
            nifti(
                tmp_path / subject / "anat" / f"{stem}_acq-dess_echo-{echo}_MEGRE.nii.gz",
                VOLUME[echo - 1],
                EchoTime=time,
                RepetitionTime=0.023,
                FlipAngle=20,
            )
        nifti(tmp_path / "derivatives" / "readers" / subject / "anat" / f"{stem}_dseg.nii.gz", LABELS)
    (tmp_path / "derivatives" / "readers" / "dseg.tsv").write_text(
        "index\tname\n2\tFemoral_Cartilage\n4\tTibial cartilage\n"
    )
    return tmp_path


def test_bids_echoes_sessions_and_named_labels(bids):
    cohort = layouts.find_cohort(bids)
    assert cohort.origin["layout"] == "bids"
    assert [entry.name for entry in cohort.entries] == ["sub-01 ses-a", "sub-02"]
    subject = cohort.entries[0].load()
    assert subject.scan.acquisition.echo_times == (7.0, 39.0)
    assert np.array_equal(subject.scan.array, VOLUME)
    assert np.array_equal(subject.labels, LABELS)
    assert subject.regions == {2: "femoral cartilage", 4: "tibial cartilage"}


def test_bids_labels_on_a_finer_grid_are_brought_to_the_scan_and_it_is_said(bids):
    fine = SAGITTAL.copy()
    fine[:, 2] /= 2
    path = bids / "derivatives" / "readers" / "sub-02" / "anat" / "sub-02_dseg.nii.gz"
    nifti(path, np.repeat(LABELS, 2, axis=2), fine)
    subject = layouts.find_cohort(bids).entries[1].load()
    assert set(np.unique(subject.labels)) == {0, 2, 4}
    assert any("another grid" in line for line in subject.scan.warnings)


def test_a_broken_file_stops_its_subject_alone(bids):
    next((bids / "sub-02" / "anat").glob("*echo-1*.nii.gz")).write_bytes(b"no image")
    one, two = layouts.find_cohort(bids).entries
    assert one.load().scan.volumes == 2
    with pytest.raises(MrsrError, match="sub-02"):
        two.load()


# -- OAI -------------------------------------------------------------------------------------------
@pytest.fixture
def oai(tmp_path):
    root = tmp_path / "results" / "00m" / "0.C.2"
    combined(root / "9001104" / "20050826" / "10593811")
    combined(root / "9001104" / "20050826" / "10593803", "SAG_IW_TSE_RIGHT")
    combined(root / "9002430" / "20051001" / "10600001")
    combined(root / "9002430" / "20051001" / "10600002", "SAG_3D_DESS_LEFT")
    masks = tmp_path / "OAI-ZIB" / "segmentation_masks"
    masks.mkdir(parents=True)
    # axes of the masks: to the left (slices backwards), to the back, upwards
    volume = LABELS[:, ::-1, ::-1].transpose(2, 0, 1)
    for name in ("9001104", "9002430"):
        image = sitk.GetImageFromArray(np.ascontiguousarray(volume.transpose(2, 1, 0)))
        sitk.WriteImage(image, str(masks / f"{name}.segmentation_masks.mhd"))
    return tmp_path


def test_oai_takes_dess_series_with_their_side_and_lays_masks_without_a_pose_on_them(oai):
    cohort = layouts.find_cohort(oai)
    assert cohort.origin["layout"] == "oai"
    assert [entry.name for entry in cohort.entries] == ["9001104 right", "9002430 right", "9002430 left"]
    subject = cohort.entries[0].load()
    assert subject.scan.volumes == 1
    assert subject.scan.acquisition.laterality == "right"
    assert np.array_equal(subject.labels, LABELS)
    assert subject.regions[2] == "femoral cartilage"


def test_of_two_knees_the_one_in_the_list_of_oai_zib_has_the_labels(oai):
    assert all(entry.load().labels is None for entry in layouts.find_cohort(oai).entries[1:])
    doc = oai / "OAI-ZIB" / "doc"
    doc.mkdir()
    (doc / "oai_mri_paths.txt").write_text("0.C.2/9002430/20051001/10600002\n")
    right, left = layouts.find_cohort(oai).entries[1:]
    assert right.load().labels is None
    assert np.array_equal(left.load().labels, LABELS)


def test_a_mask_of_another_size_is_refused(oai):
    masks = oai / "OAI-ZIB" / "segmentation_masks"
    sitk.WriteImage(
        sitk.GetImageFromArray(np.zeros((5, 5, 5), np.uint8)), str(masks / "9001104.segmentation_masks.mhd")
    )
    with pytest.raises(GeometryMismatch, match="5x5x5"):
        layouts.find_cohort(oai).entries[0].load()


def test_segmentations_of_other_origin_are_nifti_with_names_of_their_own(oai):
    folder = oai / "imorphics"
    nifti(folder / "9001104_seg.nii.gz", LABELS)
    (folder / "labels.json").write_text('{"Quantity": "label"}')
    (oai / "OAI-ZIB" / "segmentation_masks" / "9001104.segmentation_masks.mhd").unlink()
    assert layouts.labels.names_in(folder / "labels.json") == {}  # the sidecar of this package names no label
    (folder / "labels.json").write_text('{"2": "lateral tibial cartilage"}')
    subject = layouts.find_cohort(oai).entries[0].load()
    assert np.array_equal(subject.labels, LABELS)
    assert subject.regions == {2: "lateral tibial cartilage"}


# -- SKM-TEA ---------------------------------------------------------------------------------------
@pytest.fixture
def skm_tea(tmp_path):
    dess(tmp_path / "dicoms" / "MTR_005" / "series")
    nifti(tmp_path / "segmentation_masks" / "dicom-track" / "MTR_005.nii.gz", LABELS)
    annotations = tmp_path / "annotations" / "v1.0.0"
    annotations.mkdir(parents=True)
    image = {"file_name": "MTR_006.h5", "voxel_spacing": [0.5, 0.4, 0.7], "orientation": ["SI", "AP", "LR"]}
    (annotations / "test.json").write_text(json.dumps({"images": [image]}))
    return tmp_path


def test_skm_tea_reads_dicom_with_named_labels(skm_tea):
    (entry,) = layouts.find_cohort(skm_tea).entries
    subject = entry.load()
    assert subject.scan.acquisition.echo_times == (7.0, 39.0)
    assert np.array_equal(subject.labels, LABELS)
    assert subject.regions[2] == "femoral cartilage"
    assert subject.regions[6] == "lateral meniscus"


def test_masks_in_volumes_of_their_own_and_of_the_other_track(skm_tea):
    (skm_tea / "segmentation_masks" / "dicom-track" / "MTR_005.nii.gz").unlink()
    stack = np.stack([number == LABELS for number in range(1, 7)], axis=-1).astype(np.uint8)
    nifti(skm_tea / "segmentation_masks" / "raw-data-track" / "MTR_005.nii.gz", stack)
    subject = layouts.find_cohort(skm_tea).entries[0].load()
    assert np.array_equal(subject.labels, LABELS)
    assert any("raw-data-track" in line for line in subject.scan.warnings)


def test_h5_files_without_h5py_say_what_is_needed_and_with_it_are_read(skm_tea):
    path = skm_tea / "image_files" / "MTR_006.h5"
    path.parent.mkdir()
    path.write_bytes(b"")
    entry = layouts.find_cohort(skm_tea).entries[1]
    assert entry.name == "MTR_006"
    try:
        import h5py
    except ImportError:
        with pytest.raises(MissingDependency, match="h5py"):
            entry.load()
        return
    turned = VOLUME.transpose(0, 2, 1, 3)  # rows, columns, depth
    with h5py.File(path, "w") as file:
        for n, echo in enumerate(turned, start=1):
            file[f"echo{n}"] = echo
        seg = LABELS.transpose(1, 0, 2)
        file["seg"] = np.stack([seg == number for number in range(1, 7)], axis=-1)
    subject = entry.load()
    assert np.array_equal(subject.scan.array, turned)
    assert subject.scan.spacing == (0.5, 0.4, 0.7)
    assert subject.scan.affine[2, 0] < 0
    assert np.array_equal(subject.labels, seg)


# -- plain -----------------------------------------------------------------------------------------
def test_a_folder_per_subject_with_nifti_or_dicom(tmp_path):
    nifti(tmp_path / "anna" / "echo1.nii.gz", VOLUME[0], EchoTime=0.007)
    nifti(tmp_path / "anna" / "echo2.nii.gz", VOLUME[1], EchoTime=0.039)
    nifti(tmp_path / "anna" / "labels.nii.gz", LABELS)
    (tmp_path / "anna" / "labels.tsv").write_text("index\tname\n2\tmedial femoral cartilage\n")
    dess(tmp_path / "bert" / "dicom")
    anna, bert = layouts.find_cohort(tmp_path).entries
    assert [anna.name, bert.name] == ["anna", "bert"]
    assert np.array_equal(anna.load().labels, LABELS)
    assert anna.load().regions == {2: "medial femoral cartilage"}
    assert bert.load().scan.volumes == 2
    assert bert.load().labels is None


def test_echoes_in_folders_of_their_own_are_one_subject(tmp_path):
    shared = {"FrameOfReferenceUID": "1.2.3.4", "PatientID": "one", "SeriesDescription": "DESS"}
    for n, time in ((0, 7.0), (1, 39.0)):
        write_series(tmp_path / f"echo{n + 1}", VOLUME[n : n + 1], SAGITTAL, echo_times=(time,), **shared)
    (entry,) = layouts.find_cohort(tmp_path).entries
    assert entry.load().scan.acquisition.echo_times == (7.0, 39.0)


# -- none ------------------------------------------------------------------------------------------
def test_no_cohort_is_said_in_one_line(tmp_path):
    with pytest.raises(NothingToRead, match="no subject in any layout"):
        layouts.find_cohort(tmp_path)
    with pytest.raises(NothingToRead, match="no folder"):
        layouts.find_cohort(tmp_path / "nowhere")
    with pytest.raises(UnknownMethod, match="plain"):
        layouts.find_cohort(tmp_path, "dropbox")


def test_a_layout_can_be_asked_for(bids):
    with pytest.raises(NothingToRead, match="layout oai"):
        layouts.find_cohort(bids, "oai")
    assert layouts.find_cohort(bids, "bids").origin["layout"] == "bids"

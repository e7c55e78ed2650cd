"""Which contrast a scan shows: from the timing of real protocols, from names of series, and when nothing is told."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from napari_mrsr.contrast import contrast_of, recognise
from napari_mrsr.files import read_scan
from napari_mrsr.scan import Scan, Source


def scan_of(*, file="", array=None, volumes=1, axis="contrast", others=None, te=None, **acquisition):
    """A small scan with a header; times in ms."""
    values = np.random.default_rng(0).random((volumes, 12, 12, 12), np.float32) if array is None else array
    if array is None:
        values[..., :3] = values[..., -3:] = 0  # air
    scan = Scan(values, np.eye(4), axis=axis, sources=(Source(file),) if file else ())
    times = {} if te is None else {"echo_times": (float(te),)}
    return scan.with_acquisition(**acquisition, **times, others=MappingProxyType(others or {}))


#: Contrast, ScanningSequence, SequenceVariant, TR, TE, TI, flip angle: as scanners write them.
HEADERS = {
    "Siemens MPRAGE": ("T1w", "GR\\IR", "SK\\SP\\MP", 2300, 2.98, 900, 9),
    "Siemens MPRAGE of a converter": ("T1w", "GR_IR", "SK_SP_MP", 2300, 2.98, 900, 9),
    "Siemens MPRAGE, no sequence stated": ("T1w", None, None, 2300, 2.98, 900, 9),
    "Siemens MPRAGE, no TI either": ("T1w", None, None, 2300, 2.98, None, 9),
    "GE BRAVO": ("T1w", "GR", "SS\\SP\\SK", 8.2, 3.2, 450, 12),
    "GE SPGR": ("T1w", ["GR"], ["SS", "SP"], 25, 5, None, 30),
    "Philips 3D TFE": ("T1w", "GR", "MP", 8.1, 3.7, None, 8),
    "SE T1": ("T1w", "SE", "SK", 600, 12, None, 90),
    "T1 SPACE": ("T1w", "SE", "SK\\SP", 700, 11, None, 120),
    "GE T1 FLAIR": ("T1w", ["SE", "IR"], "SK", 2200, 24, 860, 111),
    "FLASH of 20 degrees": ("T1w", "GR", "SP", 18, 3.3, None, 20),
    "FLASH of 6 degrees": ("PDw", "GR", "SP", 28, 3.3, None, 6),
    "FLASH near the Ernst angle": ("", "GR", "SP", 28, 3.3, None, 12),
    "TSE T2": ("T2w", "SE", "SK", 6000, 100, None, 150),
    "T2 SPACE": ("T2w", "SE", "SK\\SP", 3200, 563, None, 120),
    "T2, no sequence stated": ("T2w", None, None, 4000, 90, None, None),
    "PD FSE": ("PDw", "SE", "SK", 2300, 22, None, 90),
    "between PD and T2": ("", "SE", "SK", 3000, 50, None, 90),
    "between T1 and PD": ("", "SE", "SK", 1300, 15, None, 90),
    "Siemens 2D FLAIR": ("FLAIR", "SE\\IR", "SK\\SP\\MP", 9000, 91, 2500, 150),
    "Siemens SPACE FLAIR": ("FLAIR", "SE\\IR", "SK\\SP\\MP", 5000, 388, 1800, 120),
    "GE CUBE FLAIR": ("FLAIR", "SE", "SK", 6500, 120, 1950, 90),
    "STIR": ("", "SE\\IR", "SK", 5000, 60, 160, 150),
    "DIR": ("", "SE\\IR", "SK", 7500, 320, 450, 120),
    "IR without TI": ("", "SE\\IR", "SK", 9000, 100, None, 150),
    "T2* GRE": ("", "GR", "SP", 700, 25, None, 20),
    "BOLD": ("", "EP", "SK", 2000, 30, None, 90),
    "research mode": ("", "RM", "NONE", 25, 7.5, None, 30),
    "MT FLASH": ("", "GR", "SP\\MTC", 28, 3.3, None, 6),
    "no TE": ("", "SE", "SK", 6000, None, None, 90),
    "nothing": ("", None, None, None, None, None, None),
}


@pytest.mark.parametrize("protocol", HEADERS)
def test_the_timing_of_a_protocol_tells_its_contrast(protocol):
    contrast, sequence, variant, tr, te, ti, flip = HEADERS[protocol]
    stated = {"ScanningSequence": sequence, "SequenceVariant": variant}
    scan = scan_of(te=te, repetition_time=tr, inversion_time=ti, flip_angle=flip, others=stated)
    found = recognise(scan)
    assert found.name == contrast, found
    assert found.why


#: Series descriptions of public studies (PPMI, fastMRI, dHCP Zagreb, Siemens, GE and Philips defaults).
DESCRIPTIONS = {
    "T1w": (
        *("t1_mprage_sag_iso", "MPRAGE 2 ADNI", "MPRAGEadni", "sT1W_3D_FFE", "sT1W_3D_TFE", "AX T1 SE C+", "AXT1POST"),
        *("sag 3D FSPGR BRAVO straight", "Accelerated_Sag_IR-FSPGR", "SAG SPGR 3D", "t1_mpr_ns_sag_p2_iso", "T1w_MPR1"),
        *("Sag T1 FLAIR", "T1 AXIAL POST GAD", "t1_vibe_dixon_in phase"),
    ),
    "T2w": (
        *(
            "t2_space_sag_iso_edinburgh",
            "t2_qtse_cor",
            "T2W_TSE",
            "AX T2 AC-PC LINE ENTIRE BRAIN",
            "*AX FSE T2",
            "AXT2",
        ),
        *("T2w_SPC", "WIP sT2W_TSE SENSE", "COR T2 HIPPOCAMPUS", "_AX_FSE_T2", "AXT2"),
    ),
    "FLAIR": (
        *("t2_space_dark-fluid_sag_iso", "t2_tirm_tra_dark-fluid_FLAIR", "FLAIR_LongTR AX", "Cor FLAIR TI_2800ms"),
        *("AX T2 FLAIR", "AXFLAIR", "t2_blade_tra_dark-fl", "3D-T2-FLAIR_sag"),
    ),
    "PDw": ("FSE PD AXIAL OBL", "PD_FS_sag", "Ax Proton Density"),
    "": (
        *(
            "3D SAG",
            "Coronal",
            "localizer",
            "AAHead_Scout_64ch-head-coil_MPR_sag",
            "SWI_Images",
            "Ax T2* GRE",
            "T2star",
        ),
        *("ep2d_diff_4scan_trace_p2_TRACEW", "2D GRE - MT", "AX DE TSE", "sT2W/PD_TSE", "AX PD + T2", "3-pl_T2__FGRE"),
        *("T1 map", "T2 mapping", "tirm", "STIR sag T2", "t2_trufi", "TOF_3D_multi-slab", "B0 NS", "REST1 w SMS PF7-8"),
        *("Sag DESS 3132 30 HiRes thk1p5 ARCx2", "mp2rage_INV1", "t1_mp2rage_sag_T1_Images", "T1w_registered_to_T2w"),
        *("t1_phase", "t1_brain_mask", "T2star", ""),
    ),
}


@pytest.mark.parametrize(("contrast", "text"), [(c, text) for c, texts in DESCRIPTIONS.items() for text in texts])
def test_the_name_of_a_series_tells_its_contrast(contrast, text):
    assert contrast_of(scan_of(series_description=text)) == contrast


@pytest.mark.parametrize(
    ("file", "contrast"),
    [
        ("/a/sub-01/anat/sub-01_ses-2_run-1_T1w.nii.gz", "T1w"),
        ("/a/sub-01_space-T1w_desc-preproc_T2w.nii.gz", "T2w"),
        ("sub-01_acq-3D_FLAIR.nii", "FLAIR"),
        ("sub-01_inplaneT2.nii.gz", "T2w"),
        ("sub-01_T1map.nii.gz", ""),
        ("sub-01_T2starw.nii.gz", ""),
        ("sub-01_acq-T1w_dir-AP_epi.nii.gz", ""),
        ("C:\\scans\\IXI012-HH-1211-PD.nii.gz", "PDw"),
        ("BraTS20_Training_001_t1ce.nii.gz", "T1w"),
        ("BraTS20_Training_001_flair.nii.gz", "FLAIR"),
        ("/data/T2/patient7.nii.gz", ""),  # a folder holds more than one series
        ("T1.mgz", "T1w"),
    ],
)
def test_the_name_of_a_file_tells_its_contrast(file, contrast):
    assert contrast_of(scan_of(file=file)) == contrast


@pytest.mark.parametrize(
    ("sequence", "contrast"), [("*tfl3d1_16ns", "T1w"), ("*spcir_242ns", "FLAIR"), ("*spc_314ns", ""), ("mfast", "")]
)
def test_the_name_of_a_sequence_tells_only_what_it_always_is(sequence, contrast):
    assert contrast_of(scan_of(sequence=sequence)) == contrast


def test_flair_without_its_inversion_time_is_found_by_its_name():
    scan = scan_of(te=100, repetition_time=9000.0, series_description="Ax T2 FLAIR", others={"ScanningSequence": "SE"})
    assert contrast_of(scan) == "FLAIR"


def test_timing_and_name_that_contradict_each_other_tell_nothing_and_why():
    found = recognise(scan_of(te=100, repetition_time=6000.0, series_description="t1_tse"))
    assert found.name == ""
    assert "TR of 6000 ms" in found.why
    assert "t1_tse" in found.why


def test_a_name_of_another_kind_wins_over_timing():
    flash = {"te": 3.7, "repetition_time": 22.0, "flip_angle": 18.0, "others": {"ScanningSequence": "GR"}}
    assert contrast_of(scan_of(**flash)) == "T1w"
    assert contrast_of(scan_of(**flash, series_description="TOF_3D_multi-slab")) == ""


def test_the_contrast_that_an_enhanced_header_states_counts_but_not_its_t1():
    assert contrast_of(scan_of(others={"AcquisitionContrast": "FLUID_ATTENUATED"})) == "FLAIR"
    assert contrast_of(scan_of(others={"AcquisitionContrast": "T1", "EchoPulseSequence": "GRADIENT"})) == ""


def test_a_phase_image_is_none_of_them():
    assert (
        contrast_of(scan_of(series_description="t1_mprage", others={"ImageType": ["ORIGINAL", "PRIMARY", "P"]})) == ""
    )


def test_several_echoes_and_maps_are_none_of_them_and_frames_are_one():
    assert contrast_of(scan_of(volumes=2, axis="echo", series_description="t2_tse")) == ""
    assert contrast_of(scan_of(volumes=2, axis="time", series_description="t2_tse")) == "T2w"
    scan = Scan(np.ones((4, 4, 4)), np.eye(4), quantity="T1", unit="ms", sources=(Source("T1w.nii"),))
    assert contrast_of(scan) == ""


# -- MP2RAGE ---------------------------------------------------------------------------------------
def sphere():
    """A head."""
    return (np.stack(np.meshgrid(*[np.linspace(-1, 1, 40)] * 3, indexing="ij")) ** 2).sum(0) < 0.6


def uniform(signed):
    """The uniform image of MP2RAGE, S = Re(conj(I1) I2) / (|I1|^2 + |I2|^2): a head in air that is noise alone."""
    rng = np.random.default_rng(1)
    head = sphere()
    noise = rng.normal(size=(4, *head.shape)) * 0.02
    one, two = 0.4 * head + noise[0] + 1j * noise[1], 0.7 * head + noise[2] + 1j * noise[3]
    s = np.real(np.conj(one) * two) / (np.abs(one) ** 2 + np.abs(two) ** 2)
    return (s if signed else np.round((s + 0.5) * 4095)).astype(np.float32)[None]


@pytest.mark.parametrize("signed", [True, False])
def test_the_uniform_image_of_mp2rage_is_known_by_its_values(signed):
    found = recognise(scan_of(array=uniform(signed), file="t1w.nii.gz"))
    assert (found.name, found.uniform) == ("T1w", True)
    assert recognise(scan_of(array=uniform(signed), file="mp2rage.nii.gz")).uniform
    assert contrast_of(scan_of(array=uniform(signed), file="head.nii.gz")) == ""


@pytest.mark.parametrize("name", ["sub-01_UNIT1.nii.gz", "mp2rage_UNI_Images.nii", "t1_mp2rage_sag_UNI-DEN.nii"])
def test_the_uniform_image_of_mp2rage_is_known_by_its_name(name):
    found = recognise(scan_of(file=name))
    assert (found.name, found.uniform) == ("T1w", True)


def test_magnitudes_and_normalised_images_are_not_taken_for_mp2rage():
    rng = np.random.default_rng(2)
    head = sphere()
    magnitude = np.abs(100 * head + rng.normal(size=head.shape) * 5 + 5j * rng.normal(size=head.shape))
    normalised = (magnitude - magnitude.mean()) / magnitude.std()
    stripped = np.where(head, normalised, 0)
    for array in (magnitude, normalised, stripped):
        assert recognise(scan_of(array=array, file="t1w.nii.gz")).uniform is False


# -- real scans --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "contrast"),
    [
        ("brain/t1w_0p7mm.nii.gz", "T1w"),
        ("brain/flair_1mm.nii.gz", "FLAIR"),
        ("brain/t2w_1mm_stripped.nii.gz", "T2w"),
        ("brain/t2w_2d.nii.gz", "T2w"),
        ("brain/flair_2d_5p5mm.nii.gz", "FLAIR"),
        ("brain/vfa/T1w.nii.gz", "T1w"),
        ("brain/vfa/PDw.nii.gz", "PDw"),
        ("brain/vfa/MTw.nii.gz", ""),
        ("dicom/oblique_classic", "PDw"),
        ("dicom/enhanced/IM_0027_fMAP.dcm", ""),
        ("knee/qdess_lateral/echo1", ""),
        ("knee/mese_t2", ""),
        ("abdomen/t2w_sub01.nii.gz", "T2w"),
        ("abdomen/mr_3mm.nii.gz", ""),
    ],
)
def test_real_scans_are_recognised(real_data, path, contrast):
    found = recognise(read_scan(real_data / path))
    assert found.name == contrast, found
    assert not found.uniform

"""What people give a program: refused in one line that names file and remedy, nothing lost, nothing left."""

from __future__ import annotations

import json
import os
import pickle
import stat

import numpy as np
import pytest

SHAPE = (20, 16, 12)
ISOTROPIC = np.diag([1.0, 1.0, 1.0, 1.0])


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.nii.gz"


# -- reading ---------------------------------------------------------------------------------------
def test_a_path_that_does_not_exist(refused, tmp_path, out):
    line = refused("sr", tmp_path / "knee.nii.gz", "-o", out)
    assert line.startswith("NothingToRead")
    assert "knee.nii.gz" in line


def test_an_empty_folder(refused, tmp_path, out):
    (tmp_path / "empty").mkdir()
    line = refused("sr", tmp_path / "empty", "-o", out)
    assert line.startswith("NothingToRead")
    assert "empty" in line


def test_a_folder_without_dicom(refused, tmp_path, out):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "letter.txt").write_text("Dear colleague,")
    (folder / "scan.dcm").write_text("this is not DICOM")
    assert "notes" in refused("t2", folder, "-o", out)


def test_a_file_that_is_not_what_its_name_says(refused, tmp_path, out):
    path = tmp_path / "scan.nii.gz"
    path.write_text("this is not NIfTI")
    line = refused("sr", path, "-o", out)
    assert line.startswith("UnreadableFile")
    assert "scan.nii.gz" in line


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_a_truncated_nifti_file(refused, write, out, name, smooth):
    path = write(name, smooth())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    line = refused("degrade", path, "-o", out)
    assert line.startswith("UnreadableFile")
    assert name in line


def test_a_truncated_dicom_file(refused, dicom, out):
    folder = dicom()
    victim = sorted(folder.iterdir())[3]
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) - 150])
    line = refused("sr", folder, "-o", out)
    assert line.startswith("UnreadableFile")
    assert victim.name in line


def test_a_missing_slice(refused, dicom, out):
    folder = dicom()
    sorted(folder.iterdir())[3].unlink()
    assert refused("sr", folder, "-o", out).startswith("MissingSlice")


def test_two_patients_in_one_folder(refused, dicom, out):
    folder = dicom(series=1)
    dicom(series=2, PatientID="knee-2", PatientName="Other^Knee", StudyInstanceUID="1.2.826.0.1.3680043.8.498.2")
    assert refused("sr", folder, "-o", out).startswith("MixedPatients")


@pytest.mark.parametrize(
    ("shape", "thickness", "offset"),
    [((20, 16, 10), 1.5, 0.0), (SHAPE, 2.0, 0.0), (SHAPE, 1.5, 3.0)],
    ids=["shape", "spacing", "position"],
)
def test_echoes_on_different_grids(refused, write, out, shape, thickness, offset, smooth, oblique, dess_sidecar):
    affine = oblique((0.5, 0.5, thickness))
    affine[0, 3] += offset
    first = write("echo1.nii.gz", smooth(), sidecar=dess_sidecar(1))
    second = write("echo2.nii.gz", smooth(shape), affine, sidecar=dess_sidecar(2))
    line = refused("t2", first, second, "-o", out)
    assert line.startswith("GeometryMismatch")
    assert "echo2.nii.gz" in line


def test_one_echo_where_t2_is_asked(refused, dess, out):
    first, _ = dess()
    assert refused("t2", first, "-o", out).startswith("EchoesNeeded")


def test_missing_echo_time(refused, dess, out):
    line = refused("t2", *dess(sidecars=False), "-o", out, "--tr", 20, "--flip", 20)
    assert line.startswith("MissingParameter")
    assert "--te" in line


def test_non_finite_voxels_are_counted_and_the_option_is_named(refused, write, out, smooth):
    array = smooth()
    array[3, 4, 5] = np.nan
    array[7, 8, 2:4] = np.inf
    line = refused("degrade", write("scan.nii.gz", array), "-o", out)
    assert line.startswith("NonFiniteVoxels")
    assert " 3 " in line
    assert "--allow-nonfinite" in line


@pytest.mark.parametrize("command", [("degrade",), ("sr", "--method", "tricubic")])
def test_non_finite_voxels_may_be_let_pass(shell, write, load, out, command, smooth):
    array = smooth()
    array[3, 4, 5] = np.nan
    outcome = shell(*command, write("scan.nii.gz", array), "-o", out, "--allow-nonfinite")
    assert outcome.code == 0, outcome.err
    assert np.isfinite(load(out)[0]).mean() > 0.9


@pytest.mark.parametrize("value", [0.0, 7.0])
@pytest.mark.parametrize("command", ["degrade", "sr"])
def test_a_constant_image(refused, write, out, value, command):
    assert refused(command, write("scan.nii.gz", np.full(SHAPE, value)), "-o", out).startswith("ConstantImage")


@pytest.mark.parametrize("shape", [(16, 12), (6, 5, 4, 3, 2)], ids=["2-D", "5-D"])
def test_wrong_dimensions(refused, write, out, shape):
    line = refused("sr", write("scan.nii.gz", np.random.default_rng(0).random(shape)), "-o", out)
    assert line.startswith("WrongDimensions")
    assert f"{len(shape)}" in line


# -- asking ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("command", ["degrade", "sr"])
def test_a_tie_of_axes(refused, write, out, command, smooth):
    line = refused(command, write("scan.nii.gz", smooth(), ISOTROPIC), "-o", out)
    assert line.startswith("AmbiguousAxis")
    assert "--axis" in line


@pytest.mark.parametrize("factor", [0, -2])
@pytest.mark.parametrize("command", ["degrade", "sr"])
def test_an_impossible_factor(refused, write, out, command, factor, smooth):
    line = refused(command, write("scan.nii.gz", smooth()), "-o", out, "--factor", factor)
    assert line.startswith("BadParameter")
    assert f"{factor}" in line


@pytest.mark.parametrize(
    "options",
    [
        ("--kspace", 0),
        ("--kspace", 1.5),
        ("--kspace", 0.25, "--factor", 2),
        ("--axis", 3),
        ("--axis", "axial"),
        ("--profile", "triangle"),
        ("--factor", 12),
    ],
)
def test_impossible_options_of_degrade(refused, write, out, options, smooth):
    assert refused("degrade", write("scan.nii.gz", smooth()), "-o", out, *options).startswith("BadParameter")


@pytest.mark.parametrize(
    "options",
    [
        ("--axis", 3),
        ("--device", "gpu"),
        ("--consistency", "soft"),
        ("--adapt", "--method", "tricubic"),
        ("--adapt", "--method", "aplus"),
        ("--adapt", "--like", "scan.nii.gz"),
        ("--adapt", "--axis", "in-plane"),
        ("--adapt", "--adapt-minutes", 0),
        ("--adapt", "--save-adapted", "weights.pt"),
        ("--adapt",),  # the smooth little scan has too few slices
        ("--adapt-minutes", 2),
        ("--save-adapted", "weights.safetensors"),
        ("--factor", 2, "--like", "scan.nii.gz"),
        ("--axis", "in-plane", "--method", "aplus", "--trust", "trust"),
        ("--like", "scan.nii.gz", "--trust", "trust"),
        ("--consistency", "hard", "--trust", "trust"),
    ],
)
def test_impossible_options_of_sr(refused, write, out, options, smooth):
    assert refused("sr", write("scan.nii.gz", smooth()), "-o", out, *options).startswith("BadParameter")


@pytest.mark.parametrize(
    "options", [("--method", "magic"), ("--te", -5), ("--tr", 0), ("--flip", "nan"), ("--diffusivity", -1)]
)
def test_impossible_options_of_t2(refused, dess, out, options):
    assert refused("t2", *dess(), "-o", out, *options).startswith("BadParameter")


def test_an_unknown_method_is_answered_with_the_known_ones(refused, write, out, smooth):
    line = refused("sr", write("scan.nii.gz", smooth()), "-o", out, "--method", "magic")
    assert line.startswith("UnknownMethod")
    for known in ("nearest", "tricubic", "fourier"):
        assert known in line


def test_an_unknown_recipe_is_answered_with_the_known_ones(refused, tmp_path):
    (tmp_path / "run").mkdir()
    line = refused("train", "magic", "-o", tmp_path / "run", "--phantoms", 1)
    assert line.startswith("UnknownMethod")
    assert "lean" in line


def test_volumes_of_different_number_cannot_be_compared(refused, write, tmp_path, smooth):
    one, two = write("one.nii.gz", smooth()), write("two.nii.gz", np.stack([smooth(), smooth(seed=1)], axis=-1))
    assert refused("compare", one, two, "-o", tmp_path / "metrics.json").startswith("GeometryMismatch")


def test_volumes_on_different_grids_cannot_be_compared(refused, write, tmp_path, smooth, oblique):
    one, two = write("one.nii.gz", smooth()), write("two.nii.gz", smooth(), oblique((0.5, 0.5, 2.0)))
    line = refused("compare", one, two, "-o", tmp_path / "metrics.json")
    assert line.startswith("GeometryMismatch")
    assert "two.nii.gz" in line


# -- writing ---------------------------------------------------------------------------------------
def commands_that_write(write, dess, smooth, target):
    """Return a command line for every command that writes, with its output at the target."""
    scan, first, second = write("scan.nii.gz", smooth()), *dess()
    labels = write("labels.nii.gz", (smooth() > 300), dtype=np.uint8)
    return [
        ("degrade", scan, "-o", target("nii.gz")),
        ("sr", scan, "-o", target("nii.gz"), "--method", "trilinear"),
        ("t2", first, second, "-o", target("nii.gz")),
        ("compare", scan, first, "-o", target("json")),
        ("roi", "--map", scan, "--labels", labels, "-o", target("csv")),
    ]


def test_an_output_folder_that_is_missing(refused, write, dess, tmp_path, smooth):
    for command in commands_that_write(write, dess, smooth, lambda suffix: tmp_path / "nowhere" / f"out.{suffix}"):
        line = refused(*command)
        assert line.startswith("OutputNotWritable"), line
        assert "nowhere" in line


def test_an_output_folder_that_cannot_be_written_to(refused, write, dess, tmp_path, smooth):
    """/proc refuses new files even to root, who passes every permission check."""
    if not os.path.isdir("/proc/self"):
        pytest.skip("this system has no /proc")
    for command in commands_that_write(write, dess, smooth, lambda suffix: f"/proc/out.{suffix}"):
        line = refused(*command)
        assert line.startswith("OutputNotWritable"), line
        assert "/proc" in line


def test_an_output_folder_below_a_file(refused, write, tmp_path, smooth):
    scan = write("scan.nii.gz", smooth())
    assert refused("sr", scan, "-o", scan / "out.nii.gz").startswith("OutputNotWritable")
    assert refused("sr", scan, "-o", tmp_path / "out.nii.gz", "--trust", scan / "trust").startswith("OutputNotWritable")
    assert refused("train", "lean", "--phantoms", 1, "-o", scan / "run").startswith("OutputNotWritable")
    assert refused("demo", "--out", scan / "demo", "--no-window").startswith("OutputNotWritable")


def test_an_output_that_is_a_folder_or_a_device(refused, write, tmp_path, smooth):
    scan = write("scan.nii.gz", smooth())
    (tmp_path / "taken.nii.gz").mkdir()
    assert refused("sr", scan, "-o", tmp_path / "taken.nii.gz").startswith("OutputNotWritable")
    assert refused("compare", scan, scan, "-o", "/dev/full").startswith("OutputNotWritable")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_a_volume_needs_the_name_of_a_volume(refused, write, tmp_path, smooth):
    line = refused("sr", write("scan.nii.gz", smooth()), "-o", tmp_path / "out.png")
    assert line.startswith("BadParameter")
    assert ".nii.gz" in line


# -- weights ---------------------------------------------------------------------------------------
def test_what_is_read_is_not_written_over_and_two_outputs_need_two_names(refused, write, dess, tmp_path, smooth):
    scan = write("scan.nii", smooth())
    for name in ("scan.nii", "scan.nii.gz"):  # the second would take the sidecar of the first
        assert "is read by this command" in refused("degrade", scan, "-o", tmp_path / name)
    assert "two outputs" in refused("t2", dess, "-o", tmp_path / "t2.nii.gz", "--reason", tmp_path / "t2.nii")
    assert "end it in .csv" in refused("roi", "--map", scan, "--labels", scan, "-o", scan)


def test_a_folder_made_for_results_goes_again_when_there_are_none(refused, write, tmp_path, smooth):
    scan = write("scan.nii.gz", smooth())
    refused("compare", scan, tmp_path / "none.nii.gz", "-o", tmp_path / "m.json", "--maps", tmp_path / "new" / "maps")
    assert not (tmp_path / "new").exists()


def test_weights_of_another_kind_are_refused_with_where_they_belong(refused, write, out, smooth):
    from napari_mrsr.networks.registry import weights_folder

    scan = write("scan.nii.gz", smooth())
    line = refused("sr", scan, "-o", out, "--weights", weights_folder() / "brain-maps.safetensors")
    assert "give it to napari-mrsr maps --weights" in line
    line = refused("sr", scan, "-o", out, "--weights", weights_folder() / "aplus.safetensors", "--method", "lean")
    assert "holds weights of aplus, not of lean" in line


def test_weights_that_do_not_exist(refused, write, tmp_path, out, smooth):
    line = refused("sr", write("scan.nii.gz", smooth()), "-o", out, "--weights", tmp_path / "own.safetensors")
    assert "own.safetensors" in line


def test_weights_that_are_a_pickle(refused, write, tmp_path, out, smooth):
    path = tmp_path / "own.pt"
    path.write_bytes(pickle.dumps({"weight": [1.0, 2.0]}))
    line = refused("sr", write("scan.nii.gz", smooth()), "-o", out, "--method", "lean", "--weights", path)
    assert line.startswith("UnsafeWeights")


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Return a folder of shipped weights that may be damaged: a small untrained lean and its manifest."""
    import hashlib

    from napari_mrsr.networks import registry

    folder = tmp_path / "weights"
    folder.mkdir()
    file = registry.save(registry.build("lean", {"features": 4, "blocks": 1}), folder / "lean.safetensors")
    entry = {
        "summary": "untrained",
        "factors": [2],
        "axes": ["slice"],
        "anatomy": ["knee"],
        "licence": "BSD-3-Clause",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "file": file.name,
        "card": "lean.md",
    }
    (folder / "manifest.json").write_text(json.dumps({"lean": entry}))
    monkeypatch.setattr(registry, "weights_folder", lambda: folder)
    registry.methods.cache_clear()
    yield folder
    registry.methods.cache_clear()


def test_whole_weights_are_taken(shell, write, shipped, out, smooth):
    assert shell("sr", write("scan.nii.gz", smooth()), "-o", out, "--method", "lean").code == 0


def test_weights_of_a_method_that_are_not_there(refused, write, shipped, out, smooth):
    for path in shipped.rglob("lean*.safetensors"):
        path.unlink()
    line = refused("sr", write("scan.nii.gz", smooth()), "-o", out, "--method", "lean")
    assert line.startswith("WeightsMissing")


def test_weights_with_a_flipped_byte(refused, write, shipped, out, smooth):
    for path in shipped.rglob("lean*.safetensors"):
        content = bytearray(path.read_bytes())
        content[-7] ^= 0xFF
        path.write_bytes(bytes(content))
    line = refused("sr", write("scan.nii.gz", smooth()), "-o", out, "--method", "lean")
    assert line.startswith("WeightsCorrupt")
    assert "sha256" in line


def test_weights_that_are_truncated(refused, write, shipped, out, smooth):
    original = next(iter(shipped.rglob("lean*.safetensors")))
    half = shipped.parent / "half.safetensors"
    half.write_bytes(original.read_bytes()[: original.stat().st_size // 2])
    line = refused("sr", write("scan.nii.gz", smooth()), "-o", out, "--method", "lean", "--weights", half)
    assert line.startswith("WeightsCorrupt")
    assert "half.safetensors" in line


# -- asked or warned, then done ---------------------------------------------------------------------
@pytest.fixture
def two_series(dicom):
    folder = dicom(series=4, slices=8, SeriesDescription="SAG DESS")
    dicom(series=5, slices=6, SeriesDescription="SAG SCOUT")
    return folder


def test_several_series_are_listed_by_info(shell, two_series):
    outcome = shell("info", two_series)
    assert outcome.code == 0
    assert "SAG DESS" in outcome.out
    assert "SAG SCOUT" in outcome.out
    assert "--series" in outcome.out


def test_several_series_must_be_chosen_from(refused, shell, two_series, load, out):
    line = refused("degrade", two_series, "-o", out)
    assert line.startswith("SeveralSeries")
    assert "--series" in line
    assert "SAG DESS" in line
    assert "SAG SCOUT" in line
    assert shell("degrade", two_series, "-o", out, "--series", 4).code == 0
    assert min(load(out)[0].shape) == 4
    assert refused("degrade", two_series, "-o", out, "--series", 9)


def test_swapped_echoes_are_said(shell, dess, write, out, dess_sidecar):
    first, second = dess()
    swapped = [
        write("a.nii.gz", _array(second), sidecar=dess_sidecar(1)),
        write("b.nii.gz", _array(first), sidecar=dess_sidecar(2)),
    ]
    outcome = shell("t2", *swapped, "-o", out)
    assert outcome.code == 0
    assert "swap" in outcome.err.lower() or "brighter" in outcome.err.lower()


def test_isotropic_input_is_done_when_the_axis_is_given(shell, write, load, out, smooth):
    outcome = shell("sr", write("scan.nii.gz", smooth(), ISOTROPIC), "-o", out, "--axis", 2, "--method", "tricubic")
    assert outcome.code == 0
    assert load(out)[0].shape == (20, 16, 24)
    assert "isotropic" in outcome.err


def test_negative_values_are_said(shell, write, out, smooth):
    outcome = shell("sr", write("scan.nii.gz", smooth() - 200), "-o", out, "--method", "tricubic")
    assert outcome.code == 0
    assert "negative" in outcome.err


def test_labels_on_another_grid_are_taken_from_the_nearest_voxel(shell, write, tmp_path, smooth, oblique):
    values = write("map.nii.gz", smooth((20, 16, 12)))
    half = np.diag([1.0, 1.0, 2.0, 1.0])  # coarse sample k sits at fine sample 2 k
    coarse = np.zeros((20, 16, 6), np.uint8)
    coarse[4:12, 4:12, 2:4] = 1
    labels = write("labels.nii.gz", coarse, oblique() @ half, dtype=np.uint8)
    outcome = shell("roi", "--map", values, "--labels", labels, "-o", tmp_path / "stats.csv")
    assert outcome.code == 0
    assert "nearest" in outcome.err
    assert (tmp_path / "stats.csv").read_text().count("\n") == 2


# -- must simply work --------------------------------------------------------------------------------
def test_eight_bit_and_big_endian_files_work(shell, write, load, tmp_path, smooth, oblique):
    import nibabel as nib

    array = np.round(smooth() / 2.5).astype(np.uint8)
    eight = write("eight.nii.gz", array, dtype=np.uint8)
    big = tmp_path / "big.nii"
    nib.save(nib.Nifti1Image(array.astype(">i2"), oblique(), nib.Nifti1Header(endianness=">")), big)
    results = []
    for path in (eight, big):
        assert shell("sr", path, "-o", tmp_path / "out.nii.gz", "--method", "tricubic").code == 0
        results.append(load(tmp_path / "out.nii.gz")[0])
    assert results[0].dtype == np.float32
    np.testing.assert_allclose(results[0], results[1], atol=1e-4)


def test_slice_gaps_work(shell, dicom, load, out):
    folder = dicom(SliceThickness=1.2)  # 1.5 mm apart
    assert shell("sr", folder, "-o", out, "--method", "tricubic").code == 0
    array, affine = load(out)
    assert sorted(array.shape) == [12, 16, 16]
    assert np.sqrt((affine[:3, :3] ** 2).sum(axis=0)).max() == pytest.approx(0.75)


def test_errors_are_the_same_in_a_real_process(write, tmp_path):
    import subprocess
    import sys

    scan = write("scan.nii.gz", np.zeros(SHAPE))
    command = [sys.executable, "-m", "napari_mrsr", "sr", str(scan), "-o", str(tmp_path / "out.nii.gz")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 1
    assert ran.stderr.startswith("ConstantImage")


def _array(path):
    import nibabel as nib

    return np.asarray(nib.load(path).dataobj)


def test_metrics_are_json_that_every_reader_understands(shell, write, tmp_path, smooth):
    """Equal volumes have an infinite PSNR, which JSON does not know."""
    scan = write("scan.nii.gz", smooth())
    assert shell("compare", scan, scan, "-o", tmp_path / "metrics.json").code == 0

    def strict(constant):
        raise AssertionError(f"{constant} is not JSON")

    json.loads((tmp_path / "metrics.json").read_text(), parse_constant=strict)

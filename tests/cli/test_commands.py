"""Every command on small made scans: what it writes, where it lies, what it says."""

from __future__ import annotations

import csv
import json

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

SHAPE = (20, 16, 12)


def spacing_of(affine):
    return np.sqrt((affine[:3, :3] ** 2).sum(axis=0))


# -- info ------------------------------------------------------------------------------------------
def test_info_says_what_a_dess_scan_is(shell, dess):
    outcome = shell("info", *dess())
    assert outcome.code == 0
    assert "20 x 16 x 12" in outcome.out
    assert "0.5 x 0.5 x 1.5 mm" in outcome.out
    assert "5, 35 ms" in outcome.out  # TE2 = 2 TR - TE1
    assert outcome.err == ""


def test_info_reads_a_dicom_folder(shell, dicom):
    outcome = shell("info", dicom())
    assert outcome.code == 0
    assert "series 1" in outcome.out


# -- degrade ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("axis", "where"), [(None, 2), ("slice", 2), ("0", 0), ("1", 1)])
def test_thick_slices_share_the_first_voxel_and_are_further_apart(
    shell, write, load, tmp_path, smooth, oblique, axis, where
):
    scan = write("scan.nii.gz", smooth())
    options = () if axis is None else ("--axis", axis)
    outcome = shell("degrade", scan, "-o", tmp_path / "thick.nii.gz", "--factor", 2, *options)
    assert outcome.code == 0, outcome.err
    assert outcome.out == ""
    array, affine = load(tmp_path / "thick.nii.gz")
    shape, expected = list(SHAPE), oblique()
    shape[where] //= 2
    expected[:3, where] *= 2
    assert array.shape == tuple(shape)
    assert array.dtype == np.float32
    np.testing.assert_allclose(affine, expected, atol=1e-5)


def test_the_centre_of_k_space_keeps_the_field_of_view_and_the_mean(shell, write, load, tmp_path, smooth, oblique):
    scan = write("scan.nii.gz", smooth())
    assert shell("degrade", scan, "-o", tmp_path / "low.nii.gz", "--kspace", 0.25).code == 0
    array, affine = load(tmp_path / "low.nii.gz")
    assert array.shape == (10, 8, 12)
    np.testing.assert_allclose(spacing_of(affine), (1.0, 1.0, 1.5), atol=1e-5)
    np.testing.assert_allclose(affine[:3, 3], oblique()[:3, 3], atol=1e-5)
    assert array.mean() == pytest.approx(smooth().mean(), rel=0.02)


def test_several_files_become_one_file_in_the_order_given(shell, dess, load, tmp_path):
    first, second = dess()
    assert shell("degrade", first, second, "-o", tmp_path / "thick.nii.gz").code == 0
    assert shell("degrade", second, "-o", tmp_path / "second.nii.gz").code == 0
    both, _ = load(tmp_path / "thick.nii.gz")
    assert both.shape == (20, 16, 6, 2)
    np.testing.assert_allclose(both[..., 1], load(tmp_path / "second.nii.gz")[0], rtol=1e-5)


def test_the_sidecar_keeps_the_timing_in_seconds(shell, dess, tmp_path):
    assert shell("degrade", *dess(), "-o", tmp_path / "thick.nii.gz").code == 0
    sidecar = json.loads((tmp_path / "thick.json").read_text())
    assert sidecar["RepetitionTime"] == pytest.approx(0.020)
    assert sidecar["FlipAngle"] == pytest.approx(20.0)
    assert "thick slices" in json.dumps(sidecar["Provenance"])


# -- sr ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("factor", [2, 3])
def test_super_resolution_lands_on_the_grid_that_the_thick_slices_came_from(
    shell, write, load, tmp_path, smooth, oblique, factor
):
    truth = smooth()
    scan, thick, fine = write("scan.nii.gz", truth), tmp_path / "thick.nii.gz", tmp_path / "fine.nii.gz"
    assert shell("degrade", scan, "-o", thick, "--factor", factor).code == 0
    outcome = shell("sr", thick, "-o", fine, "--factor", factor, "--method", "tricubic")
    assert outcome.code == 0, outcome.err
    assert outcome.out == ""
    array, affine = load(fine)
    assert array.shape == truth.shape
    np.testing.assert_allclose(affine, oblique(), atol=1e-5)
    nearest = np.repeat(load(thick)[0], factor, axis=2)
    assert np.abs(array - truth).mean() < 0.8 * np.abs(nearest - truth).mean()


def test_an_axis_that_is_given_wins(shell, write, load, tmp_path, smooth):
    assert (
        shell(
            "sr", write("scan.nii.gz", smooth()), "-o", tmp_path / "o.nii.gz", "--axis", 0, "--method", "trilinear"
        ).code
        == 0
    )
    array, affine = load(tmp_path / "o.nii.gz")
    assert array.shape == (40, 16, 12)
    np.testing.assert_allclose(spacing_of(affine), (0.25, 0.5, 1.5), atol=1e-5)


def test_in_plane_refines_both_other_axes(shell, write, load, tmp_path, smooth):
    assert (
        shell(
            "sr",
            write("scan.nii.gz", smooth()),
            "-o",
            tmp_path / "o.nii.gz",
            "--axis",
            "in-plane",
            "--method",
            "fourier",
        ).code
        == 0
    )
    assert load(tmp_path / "o.nii.gz")[0].shape == (40, 32, 12)


def test_in_plane_no_method_for_slices_is_chosen(shell, write, tmp_path, smooth):
    outcome = shell("sr", write("scan.nii.gz", smooth()), "-o", tmp_path / "o.nii.gz", "--axis", "in-plane")
    assert outcome.code == 0, outcome.err
    assert "method swift: the best method in plane" in outcome.err


def test_like_reaches_the_grid_of_another_scan(shell, write, load, tmp_path, smooth, oblique):
    scan = write("scan.nii.gz", smooth())
    low = tmp_path / "low.nii.gz"
    assert shell("degrade", scan, "-o", low, "--kspace", 0.4).code == 0
    assert shell("sr", low, "-o", tmp_path / "o.nii.gz", "--like", scan, "--method", "fourier").code == 0
    array, affine = load(tmp_path / "o.nii.gz")
    assert array.shape == SHAPE
    np.testing.assert_allclose(affine, oblique(), atol=1e-4)
    assert np.corrcoef(array.ravel(), smooth().ravel())[0, 1] > 0.97


def test_the_default_method_is_said_in_one_line(shell, dess, load, tmp_path):
    outcome = shell("sr", *dess(), "-o", tmp_path / "o.nii.gz")
    assert outcome.code == 0, outcome.err
    assert load(tmp_path / "o.nii.gz")[0].shape == (20, 16, 24, 2)
    assert len([line for line in outcome.lines if "method" in line]) == 1, outcome.err


def test_trust_shows_what_was_added_and_where_it_disagrees(shell, dess, load, tmp_path):
    outcome = shell("sr", *dess(), "-o", tmp_path / "o.nii.gz", "--method", "tricubic", "--trust", tmp_path / "trust")
    assert outcome.code == 0, outcome.err
    assert load(tmp_path / "trust" / "added.nii.gz")[0].shape[:3] == (20, 16, 24)
    assert load(tmp_path / "trust" / "z.nii.gz")[0].shape[:3] == SHAPE
    assert json.loads((tmp_path / "trust" / "summary.json").read_text())


# -- t2 ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "bias"), [("analytic", 1.0), ("epg", 0.02)]
)  # the analytic one is known to be 2 % long
def test_t2_of_a_35_ms_phantom_is_35_ms(shell, dess, load, tmp_path, oblique, method, bias):
    outcome = shell("t2", *dess(35.0), "-o", tmp_path / "t2.nii.gz", "--method", method, "--diffusivity", 0)
    assert outcome.code == 0, outcome.err
    array, affine = load(tmp_path / "t2.nii.gz")
    assert array.shape == SHAPE
    assert array.dtype == np.float32
    np.testing.assert_allclose(affine, oblique(), atol=1e-5)
    assert np.isfinite(array).mean() > 0.9
    assert np.nanmedian(array) == pytest.approx(35.0, abs=bias)


def test_timing_may_come_from_the_command_line(shell, dess, load, tmp_path):
    files = dess(35.0, sidecars=False)
    outcome = shell("t2", *files, "-o", tmp_path / "t2.nii.gz", "--tr", 20, "--te", 5, "--flip", 20, "--method", "epg")
    assert outcome.code == 0, outcome.err
    assert np.nanmedian(load(tmp_path / "t2.nii.gz")[0]) == pytest.approx(35.0, abs=0.02)


def test_a_missing_spoiler_is_said(shell, dess, tmp_path):
    outcome = shell("t2", *dess(), "-o", tmp_path / "t2.nii.gz")
    assert outcome.code == 0
    assert "spoiler" in outcome.err


def test_reasons_are_written_when_asked(shell, dess, load, tmp_path):
    assert shell("t2", *dess(), "-o", tmp_path / "t2.nii.gz", "--reason", tmp_path / "why.nii.gz").code == 0
    values, reasons = load(tmp_path / "t2.nii.gz")[0], load(tmp_path / "why.nii.gz")[0]
    assert reasons.dtype.kind in "iu"
    assert reasons.shape == values.shape
    assert np.isfinite(values[reasons == 0]).all()


def test_t1_may_be_that_of_each_tissue(shell, dess, write, load, tmp_path):
    labels = np.zeros(SHAPE, np.uint8)
    labels[: SHAPE[0] // 2] = 5
    file, t2 = write("tissue.nii.gz", labels, dtype=np.uint8), tmp_path / "t2.nii.gz"
    assert shell("t2", *dess(), "-o", t2, "--tissue", file, "--t1-of", "5=1000").code == 0
    both = load(t2)[0]
    assert shell("t2", *dess(), "-o", t2, "--t1", 1000).code == 0
    np.testing.assert_allclose(both[labels == 5], load(t2)[0][labels == 5], rtol=1e-5)
    assert shell("t2", *dess(), "-o", t2).code == 0
    np.testing.assert_allclose(both[labels == 0], load(t2)[0][labels == 0], rtol=1e-5)
    assert np.nanmean(both[labels == 5]) > np.nanmean(load(t2)[0][labels == 5]) + 1


@pytest.mark.parametrize(
    ("options", "told"), [(["--t1-of", "5=1000"], "go together"), (["--tissue", "LABELS", "--t1-of", "5"], "5=1000")]
)
def test_t1_of_a_tissue_that_makes_no_sense_is_refused(shell, dess, write, tmp_path, options, told):
    file = write("tissue.nii.gz", np.full(SHAPE, 5, np.uint8), dtype=np.uint8)
    outcome = shell("t2", *dess(), "-o", tmp_path / "t2.nii.gz", *[file if o == "LABELS" else o for o in options])
    assert outcome.code == 2
    assert told in outcome.err


def test_uncertainty_is_written_when_asked(shell, dess, load, tmp_path):
    outcome = shell(
        "t2", *dess(), "-o", tmp_path / "t2.nii.gz", "--uncertainty", tmp_path / "sd.nii.gz", "--noise", 0.5
    )
    assert outcome.code == 0, outcome.err
    values, sigma = load(tmp_path / "t2.nii.gz")[0], load(tmp_path / "sd.nii.gz")[0]
    np.testing.assert_array_equal(np.isnan(values), np.isnan(sigma))
    assert np.nanmin(sigma) > 0
    assert json.loads((tmp_path / "sd.json").read_text())


def test_uncertainty_of_a_super_resolved_scan_is_refused_before_anything_is_written(shell, dess, tmp_path):
    sharp, t2 = tmp_path / "sharp.nii.gz", tmp_path / "t2.nii.gz"
    assert shell("sr", *dess(), "-o", sharp, "--method", "tricubic", "--factor", 2).code == 0
    outcome = shell("t2", sharp, "-o", t2, "--uncertainty", tmp_path / "sd.nii.gz")
    assert outcome.code == 2
    assert "does not tell the noise" in outcome.err
    assert not t2.exists()
    given = shell("t2", sharp, "-o", t2, "--uncertainty", tmp_path / "sd.nii.gz", "--noise", 0.5)
    assert given.code == 0, given.err


def test_three_or_more_echoes_are_fitted_as_spin_echoes(shell, write, load, tmp_path, smooth):
    files = [
        write(
            f"se_{n}.nii.gz",
            10 * smooth() * np.exp(-time / 40.0),
            sidecar={"EchoTime": time / 1000, "RepetitionTime": 2.0},
        )
        for n, time in enumerate((10.0, 20.0, 30.0, 40.0, 50.0))
    ]
    outcome = shell("t2", *files, "-o", tmp_path / "t2.nii.gz")
    assert outcome.code == 0, outcome.err
    assert np.nanmedian(load(tmp_path / "t2.nii.gz")[0]) == pytest.approx(40.0, rel=0.02)


# -- compare -----------------------------------------------------------------------------------------
FIGURES = {"psnr", "ssim", "rmse", "mse", "mae", "diff_sd", "data_range", "n"}


def test_compare_writes_the_figures_of_every_volume(shell, write, tmp_path, smooth):
    two = np.stack([smooth(), smooth(seed=1)], axis=-1)
    reference, test = write("ref.nii.gz", two), write("test.nii.gz", two + 10.0)
    outcome = shell("compare", reference, test, "-o", tmp_path / "metrics.json", "--maps", tmp_path / "maps")
    assert outcome.code == 0, outcome.err
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert len(metrics) == 2
    for figures in metrics.values():
        assert set(figures) >= FIGURES
        assert figures["rmse"] == pytest.approx(10.0, rel=1e-4)
        assert figures["mse"] == pytest.approx(100.0, rel=1e-4)
        assert figures["mae"] == pytest.approx(10.0, rel=1e-4)
        assert figures["diff_sd"] == pytest.approx(0.0, abs=1e-3)
        assert figures["psnr"] == pytest.approx(20 * np.log10(figures["data_range"] / 10.0), abs=1e-3)
        assert figures["n"] == np.prod(SHAPE)


def test_compare_writes_maps_and_keeps_to_the_mask(shell, write, load, tmp_path, smooth):
    truth, changed, mask = smooth(), smooth(), np.zeros(SHAPE)
    changed[:10] += 50.0
    mask[10:] = 1
    arguments = [write("ref.nii.gz", truth), write("test.nii.gz", changed), "-o", tmp_path / "metrics.json"]
    assert shell("compare", *arguments, "--mask", write("mask.nii.gz", mask)).code == 0
    (inside,) = json.loads((tmp_path / "metrics.json").read_text()).values()
    assert inside["rmse"] == pytest.approx(0.0, abs=1e-6)
    assert inside["n"] == mask.sum()
    assert shell("compare", *arguments, "--maps", tmp_path / "maps").code == 0
    difference = load(tmp_path / "maps" / "difference.nii.gz")[0]
    np.testing.assert_allclose(difference[:10], 50.0, rtol=1e-4)
    np.testing.assert_allclose(difference[10:], 0.0, atol=1e-4)
    assert load(tmp_path / "maps" / "ssim.nii.gz")[0].max() <= 1.0 + 1e-6


# -- roi ---------------------------------------------------------------------------------------------
COLUMNS = ["label", "name", "n", "volume_mm3", "mean", "sd", "median", "iqr", "p5", "p95", "invalid_percent"]


def test_roi_writes_a_row_per_label(shell, write, tmp_path):
    values, labels = np.full(SHAPE, 40.0), np.zeros(SHAPE, np.uint8)
    labels[2:6, 2:6, 2:6], labels[10:14, 2:6, 2:6] = 1, 2
    values[10:14, 2:6, 2:6] = 30.0
    values[10:12, 2:6, 2:6] = np.nan
    values[0, 0, 0] = 41.0
    map_file, labels_file = write("t2.nii.gz", values), write("labels.nii.gz", labels, dtype=np.uint8)
    names = tmp_path / "names.json"
    names.write_text('{"1": "femoral cartilage", "2": "tibial cartilage"}')
    outcome = shell("roi", "--map", map_file, "--labels", labels_file, "-o", tmp_path / "stats.csv", "--names", names)
    assert outcome.code == 0, outcome.err
    rows = list(csv.DictReader((tmp_path / "stats.csv").open()))
    assert list(rows[0]) == COLUMNS
    assert [row["label"] for row in rows] == ["1", "2"]
    assert [row["name"] for row in rows] == ["femoral cartilage", "tibial cartilage"]
    assert float(rows[0]["mean"]) == pytest.approx(40.0)
    assert float(rows[0]["volume_mm3"]) == pytest.approx(64 * 0.5 * 0.5 * 1.5)
    assert float(rows[1]["mean"]) == pytest.approx(30.0)
    assert float(rows[1]["invalid_percent"]) == pytest.approx(50.0)


def test_roi_tells_the_error_of_a_mean_and_where_t2_is_too_short(shell, write, tmp_path, dess_sidecar):
    random, shape = np.random.default_rng(0), (48, 48, 16)
    first, second = np.zeros(shape), np.zeros(shape)
    first[20:44, 20:44], second[20:30, 20:44] = 900.0, 290.0  # the second echo of the other half is noise
    scans = [
        write(f"knee_echo-{n}.nii.gz", np.hypot(echo + random.normal(0, 9, shape), random.normal(0, 9, shape)),
              sidecar=dess_sidecar(n))
        for n, echo in enumerate((first, second), start=1)
    ]  # fmt: skip
    t2, sigma, reason = (tmp_path / f"{name}.nii.gz" for name in ("t2", "sigma", "reason"))
    assert shell("t2", *scans, "-o", t2, "--uncertainty", sigma, "--reason", reason).code == 0
    labels = np.zeros(shape)
    labels[21:29, 22:42, 2:14], labels[31:43, 22:42, 2:14] = 1, 2
    files = ["--map", t2, "--labels", write("labels.nii.gz", labels, dtype=np.uint8)]
    names = tmp_path / "names.json"
    names.write_text('{"1": "cartilage", "2": "patellar tendon"}')
    out = tmp_path / "stats.csv"
    outcome = shell("roi", *files, "--sigma", sigma, "--reason", reason, "--names", names, "-o", out)
    assert outcome.code == 0, outcome.err
    assert "patellar tendon: T2 is too short for this TR and TE" in outcome.err
    table = pd.read_csv(out).set_index("name")
    cartilage, tendon = table.loc["cartilage"], table.loc["patellar tendon"]
    values = nib.load(t2).get_fdata()[21:29, 22:42, 2:14]
    assert cartilage["standard_error"] == pytest.approx(np.nanstd(values) / np.sqrt(cartilage["n"]), rel=0.1)
    assert cartilage["t1_longer"] > 0 > cartilage["b1_lower"]
    assert np.isnan(tendon["mean"])
    assert tendon["flag"] == "too short"
    assert shell("roi", *files, "--sigma", sigma, "--correlated", 4, "-o", out).code == 0
    four = pd.read_csv(out)["standard_error"][0]
    assert four == pytest.approx(2 * cartilage["standard_error"], rel=0.05)


def test_roi_refuses_shared_noise_without_sigma_and_sigma_of_another_grid(shell, write, tmp_path):
    files = ["--map", write("t2.nii.gz", np.arange(512.0).reshape(8, 8, 8)), "-o", tmp_path / "stats.csv"]
    files += ["--labels", write("labels.nii.gz", np.arange(512).reshape(8, 8, 8) % 2, dtype=np.uint8)]
    outcome = shell("roi", *files, "--correlated", 4)
    assert (outcome.code, "--correlated needs --sigma" in outcome.err) == (2, True)
    outcome = shell("roi", *files, "--sigma", write("sigma.nii.gz", np.arange(256.0).reshape(8, 8, 4)))
    assert outcome.code == 2
    assert "not on the grid of the map" in outcome.err


def test_roi_may_shrink_regions_first(shell, write, tmp_path):
    labels = np.zeros(SHAPE, np.uint8)
    labels[4:12, 4:12, 3:9] = 1
    files = [
        "--map",
        write("t2.nii.gz", np.random.default_rng(0).normal(40, 2, SHAPE)),
        "--labels",
        write("l.nii.gz", labels),
    ]
    counts = []
    for options in ((), ("--erode", 0.6)):
        assert shell("roi", *files, "-o", tmp_path / "stats.csv", *options).code == 0
        counts.append(int(next(csv.DictReader((tmp_path / "stats.csv").open()))["n"]))
    assert counts[0] == 8 * 8 * 6
    assert 0 < counts[1] < counts[0]


# -- methods -----------------------------------------------------------------------------------------
def test_methods_lists_what_the_registry_knows(shell):
    from napari_mrsr.networks import registry

    outcome = shell("methods")
    assert outcome.code == 0
    header, *lines = outcome.out.splitlines()
    assert header.split()[:6] == ["name", "kind", "factors", "axes", "anatomy", "licence"]
    assert [line.split()[0] for line in lines] == [method.name for method in registry.methods()]
    for method, line in zip(registry.methods(), lines, strict=True):
        assert method.sha256 is None or method.sha256 in line


# -- train -------------------------------------------------------------------------------------------
def test_a_quick_run_leaves_weights_that_sr_takes(shell, write, load, tmp_path, smooth):
    sharp = np.random.default_rng(0).normal(200, 40, (48, 40, 40))  # detail up to the last frequency on every axis
    scan = write("data/scan.nii.gz", sharp, np.diag([0.7, 0.7, 0.7, 1.0]))
    run = tmp_path / "run"
    outcome = shell("train", "lean", "--data", scan.parent, "--quick", "--steps", 2, "-o", run)
    assert outcome.code == 0, outcome.err
    weights = run / "weights.safetensors"
    assert outcome.out.strip() == str(weights)
    test = write("test.nii.gz", smooth())
    assert shell("sr", test, "-o", tmp_path / "o.nii.gz", "--weights", weights).code == 0
    assert load(tmp_path / "o.nii.gz")[0].shape == (20, 16, 24)

"""Table 1: its numbers by scikit-image and scipy, who is left out, what is said and kept."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from napari_mrsr import interpolation
from napari_mrsr.errors import BadParameter, NothingToRead, Stopped, UnknownMethod, UnreadableFile
from napari_mrsr.phantoms.noise import rician
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Acquisition, Scan
from napari_mrsr.studies.cohort import Cohort, Entry, Subject
from napari_mrsr.studies.dess_quality import Settings, run
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.running import choose
from napari_mrsr.studies.scoring import NOISE_LIMIT, noise_limit, ranges_of, score
from napari_mrsr.studies.slab import Slab

PLANES = 6
QUICK = Settings(planes=PLANES, figures=False)
SHAPE = (24, 30, 16)


def knee_like(seed, *, noise=0.0, volumes=2):
    """Return a smooth scan with structure on every axis, its noise-free self, and labels of cartilage."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    clean = np.stack([gaussian_filter(rng.normal(size=SHAPE), 1.2) for _ in range(volumes)])
    clean = (600 * (clean - clean.min()) / np.ptp(clean) + 100).astype(np.float32)
    labels = np.zeros(SHAPE, np.uint8)
    labels[6:18, 12:15] = 2
    affine = np.array([[0, 0, 0.7, 0], [-0.4, 0, 0, 0], [0, -0.4, 0, 0], [0, 0, 0, 1]])
    times = (7.0, 39.0)[:volumes]
    about = Acquisition(echo_times=times, sequence="DESS")
    scan = Scan(clean, affine, axis="echo", acquisition=about, slice_axis=2)
    noisy = replace(scan, array=rician(clean, noise, seed)) if noise else scan
    return Subject(f"knee {seed}", noisy, labels, {2: "femoral cartilage"}, noiseless=scan)


def cohort(*seeds, broken=(), **how):
    def entry(seed):
        def load():
            if seed in broken:
                raise UnreadableFile("is truncated", where=f"knee{seed}.nii.gz")
            return knee_like(seed, **how)

        return Entry(f"knee {seed}", load)

    return Cohort("made knees", tuple(entry(seed) for seed in seeds), {"layout": "made"})


@pytest.fixture(scope="module")
def study():
    return run(cohort(1, 2, 3, 4, 5), ("mrsr", "tricubic", "lean"), QUICK)


def test_the_scores_are_those_of_scikit_image(study):
    scores = study.table("scores").frame
    scan = knee_like(1).scan
    sharp = interpolation.interpolate(degrade(scan, factor=2).array, "tricubic", 2, 2)
    start = int(study.table("slabs").frame["first plane"][0])
    for n, image in enumerate(("S1", "S2")):
        row = scores[(scores.subject == "knee 1") & (scores.method == "tricubic") & (scores.image == image)].iloc[0]
        span = float(np.ptp(scan.array[n]))
        x, y = (a[n][:, start : start + PLANES].astype(float) / span for a in (scan.array, sharp))
        assert row.psnr == pytest.approx(peak_signal_noise_ratio(x, y, data_range=1), abs=1e-3)
        assert row.mse == pytest.approx(mean_squared_error(x, y), rel=1e-4)
        assert row.rmse == pytest.approx(np.sqrt(mean_squared_error(x, y)), rel=1e-4)


def test_ssim_is_the_map_of_scikit_image_averaged_over_the_slab():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 500, (1, 14, 12, 15)).astype(np.float32)
    y = x + rng.normal(0, 30, x.shape).astype(np.float32)
    found = score(Scan(x, np.eye(4)), Scan(y, np.eye(4)), (500.0,))[0]
    _, full = structural_similarity(
        x[0].astype(float), y[0].astype(float), data_range=500, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, full=True,
    )  # fmt: skip
    assert found.ssim == pytest.approx(full.mean(), abs=1e-4)


def test_the_table_is_mean_and_sd_and_stars_are_mann_whitney_against_mrsr(study):
    scores, table = study.table("scores").frame, study.table("table1").frame
    values = scores[scores.image == "S2"].pivot_table(index="subject", columns="method", values="psnr")
    row = table[(table.metric == "pSNR [dB]") & (table.image == "S2")].iloc[0]
    for method in ("tricubic", "lean"):
        p = stats.mannwhitneyu(values[method], values["mrsr"], alternative="two-sided").pvalue
        star = " *" if p < 0.05 else ""
        assert row[method] == f"{values[method].mean():.2f} ± {values[method].std(ddof=1):.2f}{star}"
    assert "*" not in row["mrsr"]
    outcomes = study.table("tests_all").frame
    one = outcomes[(outcomes.metric == "pSNR [dB]") & (outcomes.image == "S2") & (outcomes.against == "lean")]
    one = one[one.method == "tricubic"].iloc[0]
    assert one["p Mann-Whitney"] == pytest.approx(
        stats.mannwhitneyu(values["tricubic"], values["lean"], alternative="two-sided").pvalue
    )
    assert one["p Wilcoxon"] == pytest.approx(stats.wilcoxon(values["tricubic"], values["lean"]).pvalue)
    assert "0.0625 (Wilcoxon)" in study.table("tests").caption


def test_mse_times_1000_is_what_the_paper_prints_as_rmse(study):
    scores = study.table("scores").frame
    assert np.allclose(scores.mse, 10 ** (-scores.psnr / 10))
    assert np.allclose(scores.rmse**2, scores.mse)
    # the rows of the paper: 37.7 dB and 0.18, 38.7 dB and 0.13
    printed = {37.7: 0.18, 38.7: 0.13}
    assert all(abs(1e3 * 10 ** (-psnr / 10) - mse) < 0.012 for psnr, mse in printed.items())


def test_without_noise_there_is_no_noise_limit_and_with_noise_it_is_half_of_it(study):
    assert NOISE_LIMIT not in set(study.table("scores").frame.method)
    sigma = 12.0
    subject = knee_like(1, noise=sigma)
    slab = Slab(1, 0, SHAPE[1])
    limit = noise_limit(subject, slab, subject.scan, ranges_of(subject.scan), 2)
    for one, span in zip(limit, ranges_of(subject.scan), strict=True):
        assert one.mse * span**2 == pytest.approx(sigma**2 / 2, rel=0.05)


def test_nothing_made_from_the_thick_slices_beats_the_limit():
    study = run(cohort(1, noise=12.0), ("tricubic", "lean", "aplus"), QUICK)
    scores = study.table("scores").frame
    best = scores[scores.method == NOISE_LIMIT].set_index("image").psnr
    for _, row in scores[scores.method != NOISE_LIMIT].iterrows():
        assert row.psnr < best[row.image]


def test_a_broken_subject_is_named_and_the_others_are_done(tmp_path):
    study = run(cohort(1, 2, 3, broken=(2,)), ("tricubic",), QUICK)
    assert study.skipped == {"knee 2": "knee2.nii.gz is truncated"}
    assert set(study.table("scores").frame.subject) == {"knee 1", "knee 3"}
    study.write(tmp_path / "out")
    assert "Left out: knee 2" in (tmp_path / "out" / "dess-quality.md").read_text()
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["Skipped"] == dict(study.skipped)


def test_no_subject_is_one_error_that_names_the_first_reason():
    with pytest.raises(NothingToRead, match=r"none of the 2 subjects.*knee 1.*truncated"):
        run(cohort(1, 2, broken=(1, 2)), ("tricubic",), QUICK)
    with pytest.raises(NothingToRead, match="holds no subject"):
        run(cohort(), ("tricubic",), QUICK)


def test_a_network_for_two_echoes_is_not_scored_on_one_contrast_and_it_is_said():
    study = run(cohort(1, volumes=1), ("mrsr", "tricubic"), QUICK)
    assert set(study.table("scores").frame.method) == {"tricubic"}
    assert set(study.table("scores").frame.image) == {"image"}
    assert "mrsr (made for 2 echoes, not 1)" in study.lead


def test_two_subjects_are_described_but_not_tested():
    study = run(cohort(1, 2), ("tricubic", "lean"), QUICK)
    assert study.table("tests_all").frame["p Mann-Whitney"].isna().all()
    assert "not tested: p could not fall below 0.333" in study.table("tests").caption


def test_what_is_kept_is_not_computed_again_and_a_change_is(tmp_path, monkeypatch):
    kept = Kept(tmp_path / "kept")
    first = run(cohort(1), ("tricubic", "aplus"), QUICK, kept=kept)
    monkeypatch.setattr("napari_mrsr.studies.reconstruct.reconstruct", lambda *a, **k: pytest.fail("computed again"))
    again = run(cohort(1), ("tricubic", "aplus"), QUICK, kept=kept)
    pd.testing.assert_frame_equal(first.table("scores").frame, again.table("scores").frame)
    with pytest.raises(pytest.fail.Exception, match="again"):
        run(cohort(1), ("tricubic",), Settings(planes=PLANES - 1, figures=False), kept=kept)


def test_progress_ends_at_one_and_stop_ends_the_study():
    told = []
    run(cohort(1, 2), ("tricubic",), QUICK, progress=lambda done, what: told.append((done, what)))
    assert told[-1] == (1.0, "knee 2 done")
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    with pytest.raises(Stopped):
        run(cohort(1), ("aplus",), QUICK, stop=lambda: True)


def test_methods_are_those_that_are_installed_unless_named():
    assert {"mrsr", "tricubic", "fourier", "lean", "aplus"} <= {method.name for method in choose(None)}
    with pytest.raises(UnknownMethod, match="nonsense"):
        choose(["nonsense"])
    with pytest.raises(BadParameter, match="twice"):
        choose(["lean", "lean"])


def test_the_provenance_names_weights_settings_and_cohort(study):
    about = dict(study.provenance)
    assert about["Methods"]["lean"]["sha256"]
    assert about["Settings"]["planes"] == PLANES
    assert about["Settings"]["profile"] == "fir"
    assert about["Cohort"]["layout"] == "made"

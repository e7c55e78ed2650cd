"""What is measured of a slice besides fidelity, and the tables and aims that come of it."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_mrsr.metrics.invented import high_frequencies
from napari_mrsr.studies.brain import comparing
from napari_mrsr.studies.brain.measures import COLUMNS, PERCEPTUAL, measure
from napari_mrsr.studies.brain.printed import beside
from napari_mrsr.studies.brain.tables import by_subject, table

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture
def picture():
    rng = np.random.default_rng(3)
    i, j = np.mgrid[-16:16, -16:16]
    inside = np.hypot(i, j) < 13
    return (inside * rng.uniform(60, 140, i.shape)).astype(np.float32), inside


def measured(x, y, head):
    return measure(x, y, head, acquired=(16, 16), spacing=(1.0, 1.0), scale=float(x.max()))


def test_an_equal_slice_is_as_sharp_as_the_truth_and_made_up_nothing(picture):
    x, head = picture
    found = measured(x, x, head)
    assert set(found) == {column.name for column in COLUMNS}
    assert (found["sharpness"], found["towards"], found["away"]) == pytest.approx((1, 1, 0))
    assert found[PERCEPTUAL] == 0
    assert found["edges_added_share"] == found["edges_lost_share"] == 0


def test_without_what_was_not_measured_nothing_is_there_and_nothing_made_up(picture):
    x, head = picture
    blurred = (x - high_frequencies(x, (16, 16))).astype(np.float32)
    found = measured(x, blurred, np.ones_like(head))
    assert (found["sharpness"], found["away"]) == pytest.approx((0, 0), abs=1e-6)
    assert found["edges_beyond_lost_share"] == 1
    assert found[PERCEPTUAL] > 0


def test_a_slice_whose_truth_has_no_detail_has_no_share_of_it(picture):
    i, _ = np.mgrid[0:32, 0:32]
    smooth = (100 + 40 * np.cos(2 * np.pi * i / 32)).astype(np.float32)
    found = measured(smooth, smooth + 1, np.ones_like(smooth, bool))
    assert np.isnan(found["sharpness"])
    assert np.isfinite(found["psnr"])


def scores(**psnr):
    """Return scores of two subjects with two slices each, by method."""
    rows = []
    for subject, shift in (("anna", 0.0), ("bert", 1.0)):
        for number in (0, 1):
            for name, value in psnr.items():
                name = {"zero": "zero-filled"}.get(name, name.replace("_", "-"))
                row = {"subject": subject, "scan": subject, "plane": "axial", "slice": number, "method": name}
                row |= {"trained": name not in ("zero-filled", "bicubic")}
                row |= {column.name: 0.9 for column in COLUMNS}
                row |= {
                    "psnr": value + shift + 0.1 * number,
                    "ssim": value / 40,
                    PERCEPTUAL: (40 - value) / 100,
                }
                rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.filterwarnings("ignore:Precision loss")  # of tests on differences that are all the same
def test_networks_are_compared_with_interpolation_and_with_their_twins():
    frame = scores(zero=30, bicubic=29, cpce_l1=34, cpce=33)
    assert comparing.comparisons(frame) == [
        ("cpce-l1", "zero-filled"), ("cpce-l1", "bicubic"), ("cpce", "zero-filled"), ("cpce", "bicubic"),
        ("cpce", "cpce-l1"),
    ]  # fmt: skip
    outcomes = comparing.tests(frame).set_index(["column", "method", "against"])
    assert outcomes.loc[("psnr", "cpce", "cpce-l1"), "difference"] == pytest.approx(-1)
    better = outcomes.loc[(PERCEPTUAL, "cpce-l1", "zero-filled")]
    assert better["difference"] < 0
    assert better["subjects favoured"] == 2  # lower is better


def test_the_table_of_subjects_has_the_sd_of_their_means():
    row = by_subject(scores(zero=30)).iloc[0]
    assert row["anna: PSNR [dB]"] == "30.05"
    assert row["subjects: PSNR [dB]"] == "30.55 ± 0.71"
    assert row["subjects: SSIM"] == "0.7500 ± 0.0000"


def test_tables_part_what_is_near_the_truth_from_what_looks_so():
    frame = scores(zero=30)
    assert "PSNR [dB]" in table(frame, fidelity=True)
    assert "PSNR [dB]" not in table(frame, fidelity=False)
    assert table(frame, fidelity=False)["perceptual distance x1000"].iloc[0] == "100.0 ± 0.0"


def test_ours_stand_beside_what_is_printed():
    printed = beside(scores(zero=30, cpce=33))
    assert printed["PSNR here [dB]"].tolist() == ["33.55", "-"]


@pytest.fixture
def judged(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.delitem(sys.modules, "brain_aims", raising=False)
    from brain_aims import aims

    return lambda **psnr: aims(scores(**psnr)).set_index(["method", "aim"])


def test_aims_are_met_or_fall_short_by_as_much_as_they_do(judged):
    found = judged(zero=30, bicubic=29, cpce_l1=32.4, cpce=30.5).reset_index()
    verdict = dict(zip(found.aim.str.split(" ≥| ≤").str[0] + " " + found.method, found.verdict, strict=True))
    assert verdict["PSNR above zero-filled cpce"] == "met"
    assert verdict["PSNR over zero-filled cpce-l1"] == "**not met, 0.60 dB short**"
    assert verdict["PSNR below cpce-l1 cpce"] == "**not met, 0.40 dB short**"
    assert verdict["perceptual distance no larger than that of cpce-l1 cpce"].startswith("**not met")
    assert verdict["PSNR above zero-filled circle"] == "**not run**"
    assert set(found[found.verdict == "met"]["subjects that meet it"]) == {"2 of 2"}

"""Scans unlike the weights in plane, 8 bits and brains without a skull are told; others are left in peace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.files import read_scan
from napari_mrsr.networks.registry import Method
from napari_mrsr.scan import Acquisition, Scan, Source
from napari_mrsr.trust.plane_range import is_stripped, notes, outside_in_plane

CPCE = Method("cpce", "network", "", axes=("in-plane",), anatomy=("brain",), contrasts=("T2w", "FLAIR"))


def head(*, stripped: bool = False, bits: int = 16) -> Scan:
    """A brain in a skull of fading skin, with noise in air; or the brain alone, in zeros."""
    i, j, k = np.indices((48, 40, 32)) - np.array([23.5, 19.5, 15.5])[:, None, None, None]
    r = np.sqrt((i / 20) ** 2 + (j / 17) ** 2 + (k / 13) ** 2)
    rng = np.random.default_rng(0)
    noise = np.hypot(rng.normal(0, 8, r.shape), rng.normal(0, 8, r.shape))
    brain = np.where(r < 0.7, 500 + 80 * np.sin(i), 0)
    array = brain if stripped else np.hypot(brain + 300 / (1 + np.exp(12 * (r - 0.95))), noise)
    if bits == 8:
        array = np.rint(array * 255 / array.max())
    return Scan(array.astype(np.float32), np.eye(4), sources=(Source("brain/scan_T1w.nii.gz"),), slice_axis=2)


def test_a_contrast_and_an_anatomy_that_the_card_does_not_name_are_told() -> None:
    line = "T1w scan, weights of T2w and FLAIR (cpce): take weights that learned from T1w"
    assert outside_in_plane(head(), CPCE) == [line]
    knee = replace(head(), acquisition=Acquisition(body_part="KNEE"))
    assert "anatomy knee: cpce was trained on brain" in outside_in_plane(knee, CPCE)


def test_what_nobody_says_is_not_doubted() -> None:
    unknown = replace(head(), sources=())
    assert outside_in_plane(unknown, CPCE) == []
    assert outside_in_plane(head(), replace(CPCE, contrasts=())) == []
    assert outside_in_plane(head(), Method("fourier", "classical", "")) == []


def test_a_brain_cut_out_and_eight_bits_are_noted() -> None:
    assert notes(head()) == []
    (line,) = notes(head(stripped=True))
    assert line.startswith("skull-stripped")
    assert is_stripped(head(stripped=True).array[0, 10:38, 8:32, 12:20])  # slices from its middle, cut to its width
    (line,) = notes(head(bits=8))
    assert line.startswith("8 bit")


def test_air_set_to_zero_is_no_mask() -> None:
    array = head().array[0]
    assert not is_stripped(np.where(array > 20, array, 0))
    assert not is_stripped(np.zeros((8, 8, 8)))


@pytest.mark.parametrize(
    ("name", "words"),
    [("t2w_1mm_stripped", ["8 bit", "skull-stripped"]), ("flair_1mm", ["8 bit"]), ("t1w_0p7mm", []), ("t2w_2d", []),
     ("flair_2d_5p5mm", []), ("vfa/T1w", [])],
)  # fmt: skip
def test_real_brains(real_data: Path, name: str, words: list[str]) -> None:
    scan = read_scan(real_data / "brain" / f"{name}.nii.gz")
    assert [line.split(":")[0] for line in notes(scan)] == words

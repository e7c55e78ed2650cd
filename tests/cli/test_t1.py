"""``t1``: what it writes, and the one line it leaves where it cannot."""

from __future__ import annotations

import numpy as np
import pytest

FLIPS, TIMES = (6.0, 20.0), (28.0, 18.0)


@pytest.fixture
def flash(write, smooth):
    """Write two gradient echoes of a T1 that is known everywhere, and return their files."""

    def call(t1: float = 900.0, *, sidecars: bool = True):
        paths = []
        for name, flip, tr in zip(("PDw", "T1w"), FLIPS, TIMES, strict=True):
            e1, a = np.exp(-tr / t1), np.deg2rad(flip)
            signal = 50 * smooth() * np.sin(a) * (1 - e1) / (1 - e1 * np.cos(a))
            sidecar = {"FlipAngle": flip, "RepetitionTime": tr / 1000, "EchoTime": 0.0033} if sidecars else None
            paths.append(write(f"{name}.nii.gz", signal, sidecar=sidecar))
        return paths

    return call


@pytest.mark.parametrize(
    "options",
    [(), ("--flip", "6,20", "--tr", "28,18"), ("--flip", 6, "--flip", 20, "--tr", 28, "--tr", 18)],
)
def test_t1_and_all_that_belongs_to_it(shell, flash, load, tmp_path, oblique, options) -> None:
    names = {"--m0": "m0", "--reason": "why", "--uncertainty": "sigma"}
    more = [part for option, name in names.items() for part in (option, tmp_path / f"{name}.nii.gz")]
    outcome = shell("t1", *flash(sidecars=not options), "-o", tmp_path / "t1.nii.gz", *options, *more)
    assert outcome.code == 0, outcome.err
    array, affine = load(tmp_path / "t1.nii.gz")
    np.testing.assert_allclose(array, 900, rtol=1e-4)
    np.testing.assert_allclose(affine, oblique(), atol=1e-5)
    assert load(tmp_path / "m0.nii.gz")[0].min() > 1000
    assert not load(tmp_path / "why.nii.gz")[0].astype(bool).all()
    assert load(tmp_path / "sigma.nii.gz")[0].min() > 0
    assert "no B1 map" in outcome.err
    assert "isotropic" not in outcome.err


def test_a_b1_map_is_used(shell, flash, write, load, tmp_path) -> None:
    values = np.full((20, 16, 12), 0.9)
    values[0, 0, 0] = 1.0
    b1 = write("b1.nii.gz", values)
    outcome = shell("t1", *flash(), "-o", tmp_path / "t1.nii.gz", "--b1", b1)
    assert outcome.code == 0, outcome.err
    np.testing.assert_allclose(load(tmp_path / "t1.nii.gz")[0][1:], 900 / 0.81, rtol=0.02)
    assert "B1" not in outcome.err


def test_bad_input_leaves_one_line_that_says_what_to_give(refused, flash, write, smooth, tmp_path) -> None:
    out = ("-o", tmp_path / "t1.nii.gz")
    pd, t1w = flash(sidecars=False)
    assert "give --flip A,B" in refused("t1", pd, t1w, *out)
    assert "give --tr A,B" in refused("t1", pd, t1w, *out, "--flip", "6,20")
    assert "flip angle of 6 degrees" in refused("t1", pd, t1w, *out, "--flip", "6,6", "--tr", "28,18")
    assert "as in --flip 6,20" in refused("t1", pd, t1w, *out, "--flip", "6")
    assert "no list of numbers" in refused("t1", pd, t1w, *out, "--tr", "28;18")
    assert "write values with commas" in refused("t1", pd, t1w, *out, "--flip", 6, 20, "--tr", 28, 18)
    assert "single scan" in refused("t1", pd, *out)
    assert "does not exist" in refused("t1", pd, tmp_path / "gone.nii.gz", *out)
    other = write("other.nii.gz", smooth((20, 16, 8)))
    assert "is not on the grid of" in refused("t1", pd, other, *out, "--flip", "6,20", "--tr", "28,18")
    assert "is no name for a volume" in refused("t1", pd, t1w, "-o", tmp_path / "t1.txt")


def test_sigma_is_not_claimed_for_scans_that_were_interpolated(shell, refused, flash, tmp_path) -> None:
    thin = []
    for path in flash():
        thin.append(tmp_path / f"thin_{path.name}")
        assert shell("sr", path, "-o", thin[-1], "--method", "trilinear").code == 0
    out = ("-o", tmp_path / "t1.nii.gz", "--uncertainty", tmp_path / "sigma.nii.gz")
    assert "give --noise, or leave --uncertainty out" in refused("t1", *thin, *out)
    assert shell("t1", *thin, *out, "--noise", 1.5).code == 0

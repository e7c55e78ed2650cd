"""Planted failures on a small phantom: what the layers see, and what nothing computed from the data can see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.inference import consistency
from napari_mrsr.phantoms import knee
from napari_mrsr.sampling import degrade, thick_slices
from napari_mrsr.scan import Scan
from napari_mrsr.superres import super_resolve, trust
from napari_mrsr.trust import Trust, intervals

N, AT = 24, (32, 32, 12)
KNOWN = intervals.Calibration("lean", 2, "", 0.9, floor=1e-5, detail=0.025, noise=1.0, multiple=3.5, subjects=54)


@pytest.fixture(scope="module")
def thin() -> Scan:
    """Noise-free echoes of a small block of a knee, ``(2, 64, 64, 24)``."""
    return knee(7, shape=(64, 64, N), spacing=(0.5, 0.5, 0.7), centre=(-20, 10, 0), noise=False).scan


def judged(thin: Scan, thick: Scan | None = None) -> Trust:
    """Trust of tricubic interpolation, which like a network copies what was measured, with an interval of its own."""
    thick = degrade(thin, factor=2, axis=2) if thick is None else thick
    result = super_resolve(thick, method="tricubic")
    found = trust(thick, result, factor=2, axis=2, noise=10.0)
    return replace(found, interval=intervals.half_width(thick, result, KNOWN, axis=2))


def spot() -> np.ndarray:
    i, j, k = np.ogrid[:64, :64, :N]
    return ((i - AT[0]) ** 2 + (j - AT[1]) ** 2 <= 16) & (k == AT[2])


def test_a_lesion_that_left_a_trace_widens_the_interval_at_its_place(thin):
    lesion = thin.array.copy()
    lesion[1][spot()] += 0.3 * np.percentile(thin.array[1], 99.9)
    before, after = judged(thin), judged(replace(thin, array=lesion))
    assert np.median(after.interval.array[1][spot()]) > 1.1 * np.median(before.interval.array[1][spot()])
    added = [float(np.sqrt(np.mean(np.square(one.added.array[1][spot()])))) for one in (before, after)]
    assert added[1] > added[0]
    far = np.s_[1, :16, :16]
    assert np.allclose(after.interval.array[far], before.interval.array[far], rtol=0.02)


def test_a_lesion_in_the_null_space_is_seen_by_nothing(thin):
    null = np.eye(N) - consistency.gain(N, 2) @ thick_slices.matrix(N, 2)
    hidden = thin.array.copy()
    hidden[1] += 500 * spot() @ null.T.astype(np.float32)
    assert np.abs(hidden[1] - thin.array[1]).max() > 100
    before, after = judged(thin), judged(replace(thin, array=hidden))
    for name in ("added", "z", "interval"):
        one, other = (getattr(found, name).array for found in (before, after))
        assert np.allclose(one, other, atol=1e-3 * np.abs(one).max()), f"{name} cannot know"


def test_motion_of_one_echo_is_told_and_z_does_not_see_it(thin):
    thick = degrade(thin, factor=2, axis=2)
    array = thick.array.copy()
    array[1] = np.roll(array[1], 1, axis=0)
    found, still = judged(thin, replace(thick, array=array)), judged(thin)
    assert "beside echo 1" in found.summary["echoes_apart"]
    assert still.apart == ""
    array = thick.array.copy()
    array[..., 6] = np.roll(array[..., 6], 3, axis=2)
    assert judged(thin, replace(thick, array=array)).apart.startswith("slice 6 lies 1.5 mm beside its neighbours")
    large = [found.summary["volumes"]["S2"]["z_large_percent"] for found in (found, still)]
    assert large[0] == pytest.approx(large[1], abs=0.5)


@pytest.mark.parametrize(("k", "added", "wider"), [(12, 50, 2.0), (13, 8, 1.1)], ids=["on a slice", "between two"])
def test_a_focus_in_quiet_marrow_is_seen_on_a_slice_and_less_between_two(k, added, wider):
    # the middle of the medial condyle: nothing but marrow, so that nothing else is added and nothing else bends
    quiet = knee(7, shape=(48, 48, N), spacing=(0.5, 0.5, 0.7), centre=(-20, 0, 20), noise=False, diseased=False).scan
    i, j, s = np.ogrid[:48, :48, :N]
    focus = ((i - 24) ** 2 + (j - 24) ** 2 <= 9) & (s == k)
    bright = quiet.array.copy()
    bright[:, focus] = 800.0
    noise = np.random.default_rng(0).normal(0, 13, (2, 48, 48, N // 2)).astype(np.float32)

    def layers(fine: np.ndarray) -> Trust:
        thick = degrade(replace(quiet, array=fine), factor=2, axis=2)
        thick = replace(thick, array=thick.array + noise)
        result = super_resolve(thick, method="lean", factor=2, axis=2, device="cpu", precision="fp32")
        found = trust(thick, result, factor=2, axis=2)
        return replace(found, interval=intervals.half_width(thick, result, KNOWN, axis=2))

    before, after = layers(quiet.array), layers(bright)
    rms = [float(np.sqrt(np.mean(np.square(one.added.array[1][focus])))) for one in (before, after)]
    assert rms[1] > added * rms[0]
    widths = [float(np.median(one.interval.array[1][focus])) for one in (before, after)]
    scale = [np.median(one.interval.array[1][:8, :8]) for one in (before, after)]
    assert widths[1] / widths[0] > wider * scale[1] / scale[0], "the floor is a part of the brightest voxels"
    assert np.abs(after.z.array[:, 22:27, 22:27, k // 2]).max() < 6

"""A network adapted to one scan: by the scan's own sharp axes, judged on its own held-out slices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from napari_mrsr.errors import BadParameter, UnknownMethod, WeightsMissing
from napari_mrsr.networks import registry
from napari_mrsr.networks.lean import Lean
from napari_mrsr.sampling import ThickSlices
from napari_mrsr.scan import Scan
from napari_mrsr.superres import super_resolve
from napari_mrsr.training import adapt as adapting
from napari_mrsr.training.adapt import adapt, steps_of
from napari_mrsr.training.adapted import Adapted, Point
from napari_mrsr.training.learner import Learner
from napari_mrsr.training.own_slices import Patches, own_slices

SMALL = Patches(batch=2, wide=24, deep=4, slices=12)


def cells(shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    """Return bright cells with sharp walls, alike along all axes: detail that cubic interpolation cannot give back."""
    smooth = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2.0)
    return np.where(smooth > 0, 1.0, 0.3).astype(np.float32)


def sharp_in_plane(
    volumes: int = 1, *, shape: tuple[int, int, int] = (56, 48, 24), spacing: tuple[float, ...] = (0.5, 0.5, 1.0)
) -> Scan:
    """Return cells seen in slices of 1 mm with pixels of 0.5 mm."""
    fine = cells((shape[0], shape[1], shape[2] * 2))
    thick = ThickSlices(fine.shape, 2, 2)(fine).astype(np.float32)
    array = np.stack([thick * (1.0 - 0.3 * n) for n in range(volumes)])
    return Scan(100 * array, np.diag([*spacing, 1.0]), axis="echo", slice_axis=2)


@pytest.fixture
def cubic(tmp_path: Path) -> Path:
    """Weights of a tiny network that is cubic interpolation still."""
    torch.manual_seed(0)
    return registry.save(Lean(features=8, blocks=1, factors=(2, 3)), tmp_path / "tiny.safetensors")


@pytest.fixture
def learn(cubic: Path) -> Callable[..., Adapted]:
    """Adapt it, in steps that suit its size."""

    def call(scan: Scan, **options: Any) -> Adapted:
        return adapt(scan, **{"start": cubic, "steps": 150, "learning_rate": 1e-2, "patches": SMALL, **options})

    return call


def same(one: Adapted, other: Adapted) -> bool:
    pairs = zip(one.network.state_dict().values(), other.network.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_it_learns_what_the_scan_is_made_of_and_that_holds_between_the_slices(
    learn: Callable[..., Adapted], cubic: Path, tmp_path: Path
) -> None:
    scan = sharp_in_plane()
    found = learn(scan)
    assert found.gain > 0.4
    assert found.step > 0
    assert found.axes == (0, 1)
    truth = cells((56, 48, 48))
    thick = torch.from_numpy(scan.array / 100)[None]
    with torch.inference_mode():
        fine = {
            "before": registry.load(cubic)(thick, 2).numpy(),
            "after": registry.load(found.save(tmp_path / "a.safetensors"))(thick, 2).numpy(),
        }
    error = {name: float(np.mean((array - truth) ** 2)) for name, array in fine.items()}
    assert 10 * np.log10(error["before"] / error["after"]) > 0.2  # never seen in training: the slice axis


def test_both_echoes_go_through_one_set_of_weights(learn: Callable[..., Adapted]) -> None:
    found = learn(sharp_in_plane(2), steps=50)
    assert found.gain > 0.1


def test_the_same_seed_gives_the_same_weights(learn: Callable[..., Adapted]) -> None:
    scan = sharp_in_plane()
    first = learn(scan, steps=25, seed=3)
    assert same(first, learn(scan, steps=25, seed=3))
    assert not same(first, learn(scan, steps=25, seed=4))


def test_stop_keeps_the_best_so_far(learn: Callable[..., Adapted]) -> None:
    scan = sharp_in_plane()
    seen: list[Point] = []
    found = learn(scan, stop=lambda: len(seen) > 40, progress=lambda _done, point: seen.append(point))
    assert found.reason == "stopped"
    assert found.step == 25
    assert found.gain == found.history[-1].gain
    assert same(found, learn(scan, steps=25))


def test_it_ends_where_nothing_better_comes(learn: Callable[..., Adapted], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapting, "EVERY", 5)
    gains = iter([0.3, 0.5, 0.4, 0.4, 0.4, 0.4, 9.0])
    monkeypatch.setattr(Learner, "gain", lambda _self: next(gains))
    monkeypatch.setattr(Learner, "gain_along", lambda _self: 0.0)
    monkeypatch.setattr(Learner, "worst", lambda _self: 0.0)
    found = learn(sharp_in_plane())
    assert found.reason == "no better for a while"
    assert (found.step, found.gain) == (10, 0.5)
    assert len(found.history) == 7


def test_without_a_gain_the_network_stays_as_it_was(learn: Callable[..., Adapted], cubic: Path) -> None:
    found = learn(sharp_in_plane(), steps=25, learning_rate=0.5)  # such steps wreck it
    assert not found.is_better
    assert "stays as it was" in found.line
    weights = registry.load(cubic).state_dict()
    assert all(torch.equal(weights[name], value) for name, value in found.network.state_dict().items())


def test_anatomy_that_differs_along_the_slices_is_not_taught_the_wrong_thing(learn: Callable[..., Adapted]) -> None:
    """Sharp cells in plane, a slow wave along the slices: what sharpens cells is wrong there, and the slices say so."""
    plane = cells((56, 48, 1))
    wave = 1 + 0.9 * np.sin(2 * np.pi * np.arange(24) / 10)  # ten slices a period: no edge anywhere
    found = learn(Scan((100 * plane * wave)[None].astype(np.float32), np.diag([0.5, 0.5, 1.0, 1.0]), slice_axis=2))
    most = max(found.history, key=lambda point: point.gain or 0.0)
    assert (most.gain or 0.0) > 0.2
    assert most.along is not None
    assert most.along < -0.1
    assert not found.is_better


def test_a_gain_in_plane_that_is_lost_along_the_slices_is_not_kept(
    learn: Callable[..., Adapted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting, "EVERY", 5)
    gains, along = iter([0.3, 0.5, 0.6]), iter([0.1, -0.01, -0.3])
    monkeypatch.setattr(Learner, "gain", lambda _self: next(gains))
    monkeypatch.setattr(Learner, "gain_along", lambda _self: next(along))
    monkeypatch.setattr(Learner, "worst", lambda _self: 0.0)
    found = learn(sharp_in_plane(), steps=15)
    assert (found.step, found.gain, found.along) == (10, 0.5, -0.01)
    assert found.summary["gain_along_thicker_slices_db"] == -0.01
    gains, along = iter([0.3, 0.6]), iter([-0.03, -0.3])
    found = learn(sharp_in_plane(), steps=10)
    assert (found.step, found.gain, found.along) == (0, 0.0, 0.0)
    assert "+0.60 dB on held-out slices in plane, but -0.30 dB along slices made thicker" in found.line


def test_what_is_lost_in_one_echo_or_place_is_not_made_up_for_by_the_others(
    learn: Callable[..., Adapted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting, "EVERY", 5)
    gains, worst = iter([0.3, 0.5, 0.6]), iter([0.1, -0.05, -0.2])
    monkeypatch.setattr(Learner, "gain", lambda _self: next(gains))
    monkeypatch.setattr(Learner, "gain_along", lambda _self: 0.0)
    monkeypatch.setattr(Learner, "worst", lambda _self: next(worst))
    assert learn(sharp_in_plane(), steps=15).step == 10
    gains, worst = iter([0.6]), iter([-0.2])
    found = learn(sharp_in_plane(), steps=5)
    assert found.step == 0
    assert "+0.60 dB on held-out slices in plane, but -0.20 dB in a part of them" in found.line


def test_the_worst_of_quarters_and_echoes_is_found(cubic: Path) -> None:
    learner = Learner(registry.load(cubic), own_slices(sharp_in_plane(2), axis=2, factor=2), torch.device("cpu"), 1e-3)
    assert learner.worst() == pytest.approx(0.0, abs=1e-6)
    learner.held_out.errors[1, 2] /= 2  # as if the trained weights had been better by 3 dB there
    assert learner.worst() == pytest.approx(-3.01, abs=0.01)
    assert min(learner.gains(learner.held_out)) > -2


def test_too_few_slices_to_be_made_thicker_say_nothing(learn: Callable[..., Adapted]) -> None:
    scan = sharp_in_plane(shape=(96, 96, 11), spacing=(0.5, 0.5, 1.5))
    assert own_slices(scan, axis=2, factor=2).acquired is not None
    found = learn(scan, factor=3, steps=25)
    assert found.is_better
    assert found.along is None


def test_the_minutes_end_it(learn: Callable[..., Adapted]) -> None:
    assert learn(sharp_in_plane(), minutes=1e-6).reason == "1e-06 minutes were over"


def test_every_step_is_told_and_the_network_comes_last(cubic: Path) -> None:
    *points, last = steps_of(sharp_in_plane(), start=cubic, steps=3, patches=SMALL)
    assert [point.step for point in points] == [0, 1, 2, 3]
    assert isinstance(last, Adapted)


def test_no_patch_reaches_the_held_out_slices() -> None:
    scan = sharp_in_plane()
    block = slice(10, 14)  # a fifth of 24 slices, in the middle
    marked = scan.array.copy()
    marked[..., block] = -1e6
    own = own_slices(Scan(marked, scan.affine, slice_axis=2), axis=2, factor=2)
    assert all(stack.array.min() > -1e-3 * 1e6 for stack in own.stacks)
    assert all(np.allclose(case, case.min(), rtol=1e-3) for case in own.held_out)
    assert {stack.array.shape[2] for stack in own.stacks} == {9}  # nor the slice on either side: 0 to 8 and 15 to 23


def test_pairs_lie_as_far_apart_as_the_fine_slices_will() -> None:
    own = own_slices(sharp_in_plane(shape=(160, 160, 12), spacing=(0.5, 0.5, 3.0)), axis=2, factor=2)
    assert {stack.step for stack in own.stacks} == {3}
    batch = own.draw(SMALL, 0, 1)
    assert batch.thick.shape[-1] * 2 == batch.thin.shape[-1]


@pytest.mark.parametrize(("pixel", "step"), [(0.45, 3), (0.55, 3), (0.65, 2)])
def test_the_nearest_whole_step_is_taken(pixel: float, step: int) -> None:
    own = own_slices(sharp_in_plane(shape=(160, 160, 12), spacing=(pixel, pixel, 3.0)), axis=2, factor=2)
    assert {stack.step for stack in own.stacks} == {step}


def test_a_thick_patch_is_the_thin_one_made_thick_as_in_the_whole_volume() -> None:
    own = own_slices(sharp_in_plane(), axis=2, factor=2)
    batch = own.draw(Patches(batch=1, wide=16, deep=4, slices=24), 0, 1)
    whole = ThickSlices(batch.thin.shape, -1, 2)(batch.thin.numpy())
    inner = slice(12, -12)  # the filter reaches 12 thick samples
    assert batch.thick.shape == whole.shape
    if batch.thick.shape[-1] > 24:
        assert np.allclose(batch.thick.numpy()[..., inner], whole[..., inner], atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "spacing", "words"),
    [
        ((48, 48, 24), (1.0, 1.0, 1.0), "in plane it is not finer"),
        ((48, 48, 24), (1.0, 1.0, 0.5), "in plane it is not finer"),
        ((48, 48, 6), (0.5, 0.5, 1.0), "too few to hold some out"),
        ((20, 20, 24), (0.5, 0.5, 1.0), "too few to learn from"),
    ],
)
def test_scans_that_cannot_teach_are_refused(
    learn: Callable[..., Adapted], shape: tuple[int, int, int], spacing: tuple[float, ...], words: str
) -> None:
    with pytest.raises(BadParameter, match=words):
        learn(sharp_in_plane(shape=shape, spacing=spacing))


def zero_filled(scan: Scan, axes: tuple[int, ...]) -> Scan:
    """Return the scan with only the inner half of k-space along some axes."""
    spectrum = np.fft.fftshift(np.fft.fftn(scan.array, axes=(1, 2, 3)), axes=(1, 2, 3))
    for axis in axes:
        n = scan.shape[axis]
        rim = np.abs(np.arange(n) - n // 2) > n // 4
        np.moveaxis(spectrum, axis + 1, 0)[rim] = 0
    array = np.abs(np.fft.ifftn(np.fft.ifftshift(spectrum, axes=(1, 2, 3)), axes=(1, 2, 3)))
    return Scan(array.astype(np.float32), scan.affine, slice_axis=2)


def test_a_zero_filled_plane_is_refused_and_one_zero_filled_axis_left_out(learn: Callable[..., Adapted]) -> None:
    scan = sharp_in_plane()
    with pytest.raises(BadParameter, match="zero-filled"):
        learn(zero_filled(scan, (0, 1)))
    own = own_slices(zero_filled(scan, (0,)), axis=2, factor=2)
    assert own.axes == (1,)
    assert own.left_out == ("axis 0 is zero-filled or interpolated",)


def test_what_is_no_network_or_not_for_this_factor_is_refused(learn: Callable[..., Adapted], tmp_path: Path) -> None:
    scan = sharp_in_plane()
    with pytest.raises(BadParameter, match="factor 4"):
        learn(scan, factor=4)
    with pytest.raises(UnknownMethod):
        learn(scan, start="tricubic")
    with pytest.raises(WeightsMissing):
        learn(scan, start=tmp_path / "none.safetensors")


def test_the_weights_say_what_was_done_and_serve_this_factor_alone(
    learn: Callable[..., Adapted], tmp_path: Path
) -> None:
    scan = sharp_in_plane(shape=(48, 24, 12))
    found = learn(scan, steps=50)
    path = found.save(tmp_path / "mine.safetensors")
    about = registry.adaptation_of(path)
    assert about is not None
    assert (about["from"], about["steps"], about["factor"]) == ("tiny.safetensors", found.step, 2)
    result = super_resolve(scan, weights=path)
    assert result.history[-1].parameters["adapted"] == about
    with pytest.raises(BadParameter, match="factor 3"):
        super_resolve(scan, weights=path, factor=3)


@pytest.mark.parametrize("length", [1152, 1408])
def test_a_header_is_not_taken_for_a_pickle_because_of_its_length(cubic: Path, tmp_path: Path, length: int) -> None:
    network, path = registry.load(cubic), tmp_path / "long.safetensors"
    registry.save(network, path, about={"note": ""})
    shortest = int.from_bytes(path.read_bytes()[:8], "little")
    registry.save(network, path, about={"note": " " * (length - shortest)})
    assert int.from_bytes(path.read_bytes()[:8], "little") == length
    registry.load(path)


def test_voxels_that_are_not_finite_count_as_nothing(learn: Callable[..., Adapted]) -> None:
    scan = sharp_in_plane()
    array = scan.array.copy()
    array[0, 3, 4, 5] = np.nan
    assert np.isfinite(learn(Scan(array, scan.affine, slice_axis=2), steps=25).gain)

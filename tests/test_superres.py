"""The front door: which method, along which axis, and what the result says of itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr import choice
from napari_mrsr.errors import (
    AmbiguousAxis,
    BadParameter,
    ConstantImage,
    GeometryMismatch,
    Stopped,
    UnknownMethod,
    WeightsMissing,
)
from napari_mrsr.interpolation import interpolate
from napari_mrsr.networks import registry
from napari_mrsr.networks.lean import Lean
from napari_mrsr.sampling import ThickSlices
from napari_mrsr.scan import Acquisition, Scan
from napari_mrsr.superres import choose_method, finish, plan, retrospective, stream, super_resolve, whole_slices


@pytest.fixture
def knee() -> Scan:
    """Two echoes of thick sagittal slices, oblique, ``(2, 14, 12, 6)``."""
    rng = np.random.default_rng(0)
    affine = np.array([[0.1, 0.4, 2.9, -20], [0.39, -0.1, 0.4, 7], [0.02, 0.05, 0.5, 3], [0, 0, 0, 1.0]])
    return Scan(
        rng.uniform(50, 900, (2, 14, 12, 6)).astype(np.float32),
        affine,
        axis="echo",
        names=("S1", "S2"),
        acquisition=Acquisition(repetition_time=25.0, echo_times=(7.5, 42.5), flip_angle=30.0, slice_thickness=3.0),
        slice_axis=2,
    )


@pytest.fixture
def weights(tmp_path):
    """Weights of a small untrained ``lean``, which is cubic interpolation."""
    return registry.save(Lean(features=4, blocks=1), tmp_path / "own.safetensors")


# -- what comes out --------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["nearest", "trilinear", "tricubic", "area", "fourier"])
def test_a_classical_method_is_the_interpolation_and_nothing_more(knee, method):
    result = super_resolve(knee, method=method, factor=3)
    assert np.allclose(result.array, interpolate(knee.array, method, 3, 2), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_first_voxel_stays_where_it_is_and_the_spacing_shrinks(knee, axis):
    result = super_resolve(knee, method="trilinear", factor=2, axis=axis)
    assert np.allclose(result.affine[:, 3], knee.affine[:, 3])
    assert result.spacing[axis] == pytest.approx(knee.spacing[axis] / 2, abs=1e-6)
    assert result.shape[axis] == 2 * knee.shape[axis]
    assert np.allclose(np.take(result.array, np.arange(knee.shape[axis]) * 2, axis=axis + 1), knee.array, atol=1e-3)


def test_names_echo_times_and_history_come_along(knee):
    result = super_resolve(knee, method="tricubic")
    assert result.names == ("S1", "S2")
    assert result.acquisition.echo_times == (7.5, 42.5)
    assert result.acquisition.slice_thickness == pytest.approx(knee.spacing[2] / 2, abs=1e-6)
    assert result.array.dtype == np.float32
    step = result.history[-1]
    assert step.parameters["method"] == "tricubic"
    assert (step.parameters["factor"], step.parameters["axis"]) == (2, 2)
    assert "research use" in step.parameters["use"]


def test_weights_of_ones_own_are_run(knee, weights):
    # untrained, the network is Keys interpolation with the ends repeated; inside it is what interpolation gives
    result = super_resolve(knee, weights=weights, consistency="none")
    expected = interpolate(knee.array, "keys", 2, 2)
    assert np.allclose(result.array[..., 4:-4], expected[..., 4:-4], rtol=1e-5, atol=1e-3)
    assert result.history[-1].parameters["weights"] == "own.safetensors"


def test_hard_consistency_agrees_with_what_was_measured_and_none_does_not(knee, weights):
    thick = ThickSlices((2, 14, 12, 12), 3, 2)
    hard = super_resolve(knee, weights=weights, consistency="hard")
    assert np.abs(thick(hard.array) - knee.array).max() < 1e-4 * knee.array.max()
    none = super_resolve(knee, weights=weights, consistency="none")
    wiener = super_resolve(knee, weights=weights)
    distance = [np.linalg.norm(thick(scan.array) - knee.array) for scan in (hard, wiener, none)]
    assert distance == sorted(distance)
    assert distance[1] < distance[2]


def test_the_stream_gives_what_super_resolve_gives(knee, weights):
    (job,) = plan(knee, weights=weights)
    array = np.full((2, *job.shape_from(knee.shape)), np.nan, np.float32)
    tiles = list(stream(knee, weights=weights, first=(2, 5)))
    for tile in tiles:
        tile.write(array)
    assert tiles[0].preview
    assert tiles[-1].done == 1.0
    whole = super_resolve(knee, weights=weights)
    assert np.allclose(array, whole.array, rtol=1e-4, atol=0.05)
    assert finish(knee, array, job).same_grid(whole)


def test_progress_and_stop(knee, weights):
    seen: list[float] = []
    super_resolve(knee, weights=weights, progress=seen.append)
    assert seen[-1] == 1.0
    for method in ({"method": "tricubic"}, {"weights": weights}):
        with pytest.raises(Stopped) as stopped:
            super_resolve(knee, stop=lambda: True, **method)
        assert stopped.value.exit_code == 130


def test_voxels_that_are_not_finite_count_as_zero_and_it_is_said(knee, weights):
    array = knee.array.copy()
    array[0, 3, 3, 3] = np.nan
    result = super_resolve(replace(knee, array=array), weights=weights)
    assert np.isfinite(result.array).all()
    assert any("1 voxels were not finite" in line for line in result.warnings)


# -- like ------------------------------------------------------------------------------------------
def grid(scan: Scan, shape: tuple[int, int, int]) -> Scan:
    affine = np.array(scan.affine)
    affine[:3, :3] *= np.array(scan.shape) / np.array(shape)
    return Scan(np.zeros((1, *shape), np.float32), affine)


def test_like_refines_the_axes_whose_matrix_differs(knee):
    like = grid(knee, (14, 24, 18))
    result = super_resolve(knee, method="tricubic", like=like)
    assert result.same_grid(like)
    expected = interpolate(interpolate(knee.array, "tricubic", 2, 1), "tricubic", 3, 2)
    assert np.allclose(result.array, expected, atol=0.01)
    assert [step.parameters["axis"] for step in result.history] == [1, 2]


def test_like_may_ask_for_a_broken_factor_of_an_interpolation(knee):
    like = grid(knee, (21, 12, 6))
    assert super_resolve(knee, method="fourier", like=like).shape == (21, 12, 6)
    assert choice.plan(knee, like=like)[0].method.name == "tricubic", "the default falls back to it, and says so"


def test_a_network_refuses_a_broken_factor(knee, weights):
    with pytest.raises(BadParameter, match="whole factor"):
        super_resolve(knee, weights=weights, like=grid(knee, (21, 12, 6)))


def test_a_grid_that_is_coarser_equal_or_elsewhere_is_refused(knee):
    for shape in ((14, 12, 6), (7, 12, 12), (14, 12, 3)):
        with pytest.raises(GeometryMismatch):
            super_resolve(knee, method="tricubic", like=grid(knee, shape))
    moved = grid(knee, (14, 12, 12))
    affine = np.array(moved.affine)
    affine[:3, 3] += 10
    with pytest.raises(GeometryMismatch, match="first voxel"):
        super_resolve(knee, method="tricubic", like=replace(moved, affine=affine))


# -- which axis, which method ----------------------------------------------------------------------
def test_an_axis_tie_is_refused_and_an_explicit_axis_wins(knee):
    isotropic = Scan(knee.array, np.eye(4))
    with pytest.raises(AmbiguousAxis):
        super_resolve(isotropic, method="tricubic")
    result = super_resolve(isotropic, method="tricubic", axis=1)
    assert result.shape == (14, 24, 6)
    assert any("already isotropic" in line for line in result.warnings)
    assert super_resolve(knee, method="tricubic", axis=0).shape == (28, 12, 6), "even where it is not the coarsest"


def test_negative_values_are_warned_of(knee):
    negative = replace(knee, array=knee.array - 100)
    assert any("negative" in line for line in super_resolve(negative, method="tricubic").warnings)
    assert not super_resolve(knee, method="tricubic").warnings


@pytest.mark.parametrize("factor", [0, 1, -2, 2.5, True])
def test_an_impossible_factor_is_refused(knee, factor):
    with pytest.raises(BadParameter, match="factor"):
        super_resolve(knee, method="tricubic", factor=factor)


def test_what_cannot_be_is_refused(knee, tmp_path):
    with pytest.raises(UnknownMethod):
        super_resolve(knee, method="magic")
    with pytest.raises(BadParameter):
        super_resolve(knee, method="tricubic", axis=3)
    with pytest.raises(BadParameter):
        super_resolve(knee, method="tricubic", consistency="soft")
    with pytest.raises(ConstantImage):
        super_resolve(replace(knee, array=np.full_like(knee.array, 3)), method="tricubic")
    with pytest.raises(WeightsMissing):
        super_resolve(knee, weights=tmp_path / "none.safetensors")


def test_the_default_is_lean_where_its_weights_cover_the_scan_and_says_why(knee, weights, monkeypatch):
    lean = registry.Method("lean", "network", "", factors=(2, 3, 4), anatomy=("knee", "brain"), file=weights)
    monkeypatch.setattr(registry, "methods", lambda: (*registry.CLASSICAL, lean))
    method, reason = choose_method(knee, 2)
    assert method is lean
    assert "knee" in reason
    method, reason = choose_method(knee, 5)
    assert method.name == "tricubic"
    assert "2, 3, 4" in reason
    for changed, word in ((replace(lean, echoes=1), "1 volumes"), (replace(lean, file=None), "no weights")):
        monkeypatch.setattr(registry, "methods", lambda changed=changed: (*registry.CLASSICAL, changed))
        method, reason = choose_method(knee, 2)
        assert method.name == "tricubic"
        assert word in reason


def test_without_any_weights_tricubic_is_taken_and_said(knee, monkeypatch):
    monkeypatch.setattr(registry, "methods", lambda: registry.CLASSICAL)
    method, reason = choose_method(knee)
    assert method.name == "tricubic"
    assert "no network" in reason


def test_retrospective_slices_are_thick_slices(knee):
    thick = retrospective(knee, 2)
    assert thick.shape == (14, 12, 3)
    assert np.allclose(thick.array, ThickSlices(knee.array.shape, 3, 2)(knee.array), atol=1e-3)


def test_retrospective_slices_of_an_odd_number_are_compared_with_the_scan_cut_alike(knee):
    odd = knee.after("cut", knee.array[..., :5])
    result = super_resolve(retrospective(odd, 2), method="tricubic", factor=2)
    assert result.same_grid(whole_slices(odd, 2))
    assert whole_slices(knee, 2) is knee

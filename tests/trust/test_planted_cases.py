"""What is planted is what is said: fluid by the phantom's own physics, one thin slice, no trace where there is none."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from napari_mrsr.phantoms.phantom import KneePhantom
from napari_mrsr.sampling import thick_slices
from napari_mrsr.trust.echo_motion import echo_motion

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def planting() -> ModuleType:
    if not BENCHMARKS.is_dir():
        pytest.skip("the benchmarks are not at hand")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        module: ModuleType = pytest.importorskip("planted_cases")
    return module


@pytest.fixture(scope="module")
def phantom(planting: ModuleType) -> KneePhantom:
    made: KneePhantom = planting.phantom_of(7)
    return made


@pytest.fixture(scope="module")
def cases(planting: ModuleType, phantom: KneePhantom) -> dict:
    return {case.name: case for case in planting.cases(phantom, 7)}


def test_the_fluid_of_a_focus_is_as_bright_as_the_fluid_of_the_joint(planting, phantom):
    ratio = phantom.noiseless.array / planting.fluid(phantom)
    joint = ratio[:, phantom.labels.array[0] == planting.NUMBER["joint fluid"]]
    full = np.percentile(joint, 99, axis=1)  # the voxels that hold nothing else; texture of 1 %
    assert full == pytest.approx([1, 1], abs=0.05)


def test_a_focus_lies_in_one_thin_slice_of_quiet_marrow_with_nothing_else_changed(planting, phantom, cases):
    clean = phantom.noiseless.array
    for name, parity in (("focus on an acquired slice", 0), ("focus between acquired slices", 1)):
        case = cases[name]
        changed = (case.truth != clean).any(axis=0)
        assert np.array_equal(changed, case.where)
        planes = np.flatnonzero(changed.any(axis=(0, 1)))
        assert len(planes) == 1
        assert planes[0] % 2 == parity
        assert planting.marrow(phantom)[case.where].all()
        assert not (case.where & case.elsewhere).any()
        assert case.truth[1][case.where].mean() > 20 * clean[1][case.elsewhere].mean()


def test_places_drawn_at_random_are_quiet_and_the_same_each_time(planting, phantom):
    places = planting.places(phantom, 10, 7)
    assert places == planting.places(phantom, 10, 7)
    assert len(set(places)) == 10
    marrow = planting.marrow(phantom)
    for place in places:
        assert place[2] % 2 == 0
        assert marrow[planting.disc(place, planting.QUIET - 1)].all()


def test_the_hidden_pattern_leaves_no_trace_in_thick_slices(phantom, cases):
    hidden = cases["lesion in the null space"].truth - phantom.noiseless.array
    thick = hidden @ thick_slices.matrix(hidden.shape[-1], 2).T
    assert np.abs(hidden).max() > 100
    assert np.abs(thick).max() < 1e-3 * np.abs(hidden).max()


def test_what_has_moved_is_told_where_the_echoes_differ_and_not_where_both_moved(cases):
    moved = {name: echo_motion(cases[name].thick, 2).moved for name in cases if "moved" in name}
    assert moved["second echo moved"].sum() >= 10
    assert np.flatnonzero(moved["one slice of the second echo moved"]).tolist() == [7]
    assert not moved["one slice moved"].any()

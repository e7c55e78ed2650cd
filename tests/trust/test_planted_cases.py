"""What is planted is what is said: fluid by the phantom's own physics, one thin slice, no trace where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from napari_mrsr.phantoms.phantom import KneePhantom
from napari_mrsr.sampling import thick_slices
from napari_mrsr.trust.echo_motion import echo_motion

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def benchmark(name: str) -> ModuleType:
    if not BENCHMARKS.is_dir():
        pytest.skip("the benchmarks are not at hand")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        module: ModuleType = pytest.importorskip(name)
    return module


@pytest.fixture(scope="module")
def planting() -> ModuleType:
    return benchmark("planted_cases")


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


def test_a_slice_that_moved_brings_nothing_in_from_the_other_border(planting, phantom, cases):
    still = planting.thick_of(phantom, phantom.noiseless.array, 7).array[1, ..., 7]
    moved = cases["one slice of the second echo moved"].thick.array[1, ..., 7]
    assert np.array_equal(moved[3:], still[:-3])
    assert np.array_equal(moved[:3], np.repeat(still[:1], 3, axis=0))


def test_the_local_rise_is_that_of_the_widest_twentieth_over_the_usual(phantom):
    layers = benchmark("planted_layers")
    bright = phantom.noiseless.after("bright everywhere", np.full(phantom.noiseless.array.shape, 500, np.float32))
    width = np.full(bright.array.shape, 10.0, np.float32)
    width[1, 40:46, 40:46, 12:14] = 35.0
    judged = layers.Judged(bright, SimpleNamespace(interval=bright.after("interval", width)))
    region = np.zeros(width.shape[1:], bool)
    region[36:50, 36:50, 12:14] = True
    assert layers.local_rise(judged, region) == pytest.approx(3.5)
    assert layers.local_rise(judged, ~region) == pytest.approx(1.0)


def test_the_page_of_intervals_is_what_its_benchmark_makes_of_its_numbers():
    calibrate, folder = benchmark("calibrate_intervals"), BENCHMARKS.parent / "docs" / "results"
    made = calibrate.page(json.loads((folder / "intervals.json").read_text()))
    assert made == (folder / "intervals.md").read_text(), "made by hand, or by an older script"
    assert "not blind" in made

"""Breathing is a smooth, invertible deformation that leaves the spine where it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.abdomen.breathing import EXPIRED, Breathing, State, bell, held, states
from napari_mrsr.phantoms.abdomen.motion import SPINE, Motion
from napari_mrsr.phantoms.subject import rotation_matrix

DEEPEST = State(40.0, 20.0)


def grid() -> np.ndarray:
    """Return points all over the trunk."""
    axes = np.meshgrid(
        np.linspace(-150, 150, 51), np.linspace(-110, 110, 37), np.linspace(-120, 110, 20), indexing="ij"
    )
    return np.stack([a.ravel() for a in axes], axis=1)


@pytest.mark.parametrize("state", [State(14, 6), DEEPEST, State(40, 0), State(0, 20)])
def test_no_point_folds_however_deep_the_breath(state: State) -> None:
    motion, points, h = Motion(state=state, size=np.array([0.93, 0.93, 0.93])), grid(), 1e-3
    columns = []
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = h
        columns.append((motion.to_anatomy(points + step) - motion.to_anatomy(points - step)) / (2 * h))
    jacobian = np.linalg.det(np.stack(columns, axis=2)) * 0.93**3
    assert jacobian.min() > 0.3
    assert jacobian.max() < 2


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 40), st.floats(0, 20), st.lists(st.floats(-4, 4), min_size=3, max_size=3))
def test_to_the_anatomy_and_back_is_where_it_began(a: float, b: float, turn: list[float]) -> None:
    motion = Motion(np.array([1.02, 0.97, 1.0]), State(a, b), rotation_matrix(turn), np.array([5.0, -3.0, 9.0]))
    points = grid()[::397]
    np.testing.assert_allclose(motion.to_scanner(motion.to_anatomy(points)), points, atol=1e-6)


def test_the_end_of_expiration_is_the_anatomy_itself() -> None:
    np.testing.assert_array_equal(Motion().to_anatomy(grid()), grid())


def test_the_spine_stands_still_and_the_dome_of_the_liver_goes_all_the_way() -> None:
    motion = Motion(state=State(20.0, 8.0))
    spine = np.array([[x, SPINE + y, z] for x in (-20, 0, 20) for y in (-30, 0, 10) for z in (-60, 0, 60)])
    np.testing.assert_allclose(motion.to_scanner(spine), spine, atol=1e-12)
    dome, kidney, front = motion.to_scanner([[55, 5, 70], [64, -38, -30], [0, 98, -40]])
    assert dome[2] == pytest.approx(70 - 20, abs=0.5)
    assert 0.5 < (-30 - kidney[2]) / 20 < 0.9, "kidneys go some seven tenths of the way"
    assert 6 < front[1] - 98 < 8.5, "the belly comes forward"
    back = np.array([[70.0, -95.0, 0.0]])
    np.testing.assert_allclose(motion.to_scanner(back), back, atol=1e-9)


def test_breath_begins_at_rest_varies_from_cycle_to_cycle_and_is_the_same_for_a_seed() -> None:
    times = np.arange(0, 60, 0.1)
    breathing = Breathing(depth=15, wall=6, period=4, variation=0.2)
    found = states(3, breathing, times)
    a = np.array([s.diaphragm for s in found])
    assert found[0] == EXPIRED
    assert found == states(3, breathing, times)
    assert found != states(4, breathing, times)
    peaks = a[1:-1][(a[1:-1] > a[:-2]) & (a[1:-1] >= a[2:]) & (a[1:-1] > 3)]
    assert 11 <= len(peaks) <= 20
    assert peaks.mean() == pytest.approx(15, rel=0.25)
    assert peaks.std() > 1
    assert a.min() >= 0
    assert np.abs(np.diff(a)).max() < 3, "smooth in time"


def test_a_frame_does_not_depend_on_how_many_come_after_it() -> None:
    breathing = Breathing()
    assert states(1, breathing, [0, 5.5, 11.0]) == states(1, breathing, [0, 5.5, 11.0, 16.5, 22.0])[:3]


def test_the_wall_lags_so_that_a_breath_is_a_loop() -> None:
    s = np.linspace(0, 1, 201)
    down, wall = bell(s), bell(s, 0.5)
    assert (wall[1:100] < down[1:100]).all()
    assert (wall[150:200] > down[150:200]).all()
    assert abs(np.trapezoid(bell(s), down)) < 1e-9, "without lag the way down is the way up"
    assert abs(np.trapezoid(wall, down)) > 0.1


def test_no_hysteresis_means_diaphragm_and_wall_move_together() -> None:
    together = states(2, Breathing(hysteresis=0.0, variation=0.0), np.arange(0, 9, 0.3))
    ratio = {round(s.wall / s.diaphragm, 6) for s in together if s.diaphragm > 0.01}
    assert len(ratio) == 1


def test_a_planning_scan_holds_the_breath_in_inspiration() -> None:
    held_states = [held(seed, Breathing(depth=14)) for seed in range(20)]
    assert all(6 < s.diaphragm < 18 for s in held_states)
    assert held(0, Breathing(depth=0, wall=0)) == EXPIRED


@pytest.mark.parametrize("wrong", [{"depth": -1.0}, {"depth": 60.0}, {"period": 0.0}, {"hysteresis": 1.0}])
def test_breathing_that_cannot_be_simulated_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadParameter):
        Breathing(**wrong)

"""The planning scan beside the series: its own layer where it lies, and findings that do not forbid anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr.app.dynamic.fine_tuning import level_of
from napari_mrsr.app.dynamic.planning import Planning, planning_of
from napari_mrsr.app.dynamic.planning_checks import check
from napari_mrsr.app.viewing import View
from napari_mrsr.files import write_nifti
from napari_mrsr.phantoms.abdomen import SUBJECTS, abdomen
from napari_mrsr.scan import Scan, Source
from tests.app.dynamic.conftest import moving_ball

SHAPE = (32, 24, 8)


@pytest.fixture(scope="module")
def sessions() -> tuple[Scan, Scan]:
    """Series and planning scan of one phantom subject, in two poses."""
    series = abdomen(5, protocol=SUBJECTS[2], shape=SHAPE, frames=2).scan
    planning = abdomen(5, protocol=SUBJECTS[2], shape=SHAPE, pose="planning").scan
    return series, planning


def levels(planning: Scan, series: Scan | None) -> dict[str, str]:
    """Return the findings: name to level."""
    return {found.name: found.level for found in check(planning, series)}


def still(scan: Scan) -> Scan:
    """Return the first frame alone, lying 30 mm further to the right."""
    affine = np.array(scan.affine)
    affine[0, 3] += 30.0
    return replace(scan.volume(0), affine=affine, axis="contrast")


@pytest.fixture
def planning(view: View, series: Scan) -> Planning:
    """A series with a planning scan beside it."""
    view.session.adopt(series)
    found = planning_of(view)
    view.session.plan(still(series))
    return found


# -- on the screen -------------------------------------------------------------------------------------
def test_it_is_a_layer_of_its_own_where_its_own_affine_says(view: View, planning: Planning) -> None:
    layer, series = view.layer("planning"), view.layer("series (acquired)")
    assert layer.metadata["mrsr"]["role"] == "planning"
    assert layer.ndim == 3
    assert layer.locked
    assert [str(unit) for unit in layer.units] == ["millimeter"] * 3
    away = np.array(series.translate[-3:]) - np.array(layer.translate)
    assert np.linalg.norm(away) == pytest.approx(30.0)  # not moved onto the series
    assert view.session.scan.axis == "time"  # the series is what is worked on still


def test_another_series_keeps_it_and_it_can_be_let_go_of(view: View, planning: Planning) -> None:
    view.session.adopt(moving_ball(3))
    assert view.layer("planning") is not None
    assert not view.layer("planning").visible  # it does not lie over what was opened last
    planning.forget()
    assert view.layer("planning") is None
    assert planning.checks == ()


def test_a_planning_scan_that_comes_first_is_checked_when_the_series_comes(view: View, series: Scan) -> None:
    found = planning_of(view)
    view.session.plan(still(series))
    assert view.layer("planning") is not None
    assert [c.name for c in found.checks if c.level == "warn"] == ["series"]
    view.session.adopt(series)
    assert "field of view" in [c.name for c in found.checks]


def test_what_a_person_opens_is_seen_and_what_comes_with_a_sample_is_not_in_the_way(
    view: View, series: Scan, tmp_path: Path
) -> None:
    view.session.adopt(series)
    planning = planning_of(view)
    view.session.plan(still(series))
    assert not view.layer("planning").visible
    planning.open([write_nifti(still(series), tmp_path / "planning.nii.gz")])
    assert view.layer("planning").visible


def test_it_is_read_from_a_file(view: View, series: Scan, tmp_path: Path) -> None:
    view.session.adopt(series)
    path = write_nifti(still(series), tmp_path / "planning.nii.gz")
    planning_of(view).open([path])
    assert view.session.planning is not None
    assert view.session.scan is series
    np.testing.assert_allclose(view.layer("planning").metadata["mrsr_scan"].affine[0, 3], series.affine[0, 3] + 30.0)


def test_a_file_that_is_none_is_a_banner_and_the_one_before_stays(
    view: View, planning: Planning, tmp_path: Path
) -> None:
    before = planning.scan
    planning.open([tmp_path / "nothing.nii.gz"])
    assert view.session.banner.level == "bad"
    assert planning.scan is before


def test_of_a_series_the_first_frame_is_shown(view: View, series: Scan) -> None:
    view.session.adopt(series)
    planning = planning_of(view)
    view.session.plan(moving_ball(4))
    assert view.layer("planning").ndim == 3
    assert any(c.name == "static" and "4 frames" in c.text for c in planning.checks)


def test_a_saved_review_leaves_it_out(view: View, planning: Planning, tmp_path: Path) -> None:
    view.saving.save(tmp_path / "review")
    assert not list((tmp_path / "review").rglob("planning*"))


# -- checks ----------------------------------------------------------------------------------------------
def test_another_session_of_the_same_person_is_green(sessions: tuple[Scan, Scan]) -> None:
    series, planning = sessions
    found = levels(planning, series)
    names = ("session", "subject", "sequence", "grey values", "resolution", "pose")
    assert {found[name] for name in names} == {"good"}


def test_the_open_series_itself_is_red(sessions: tuple[Scan, Scan]) -> None:
    series, _ = sessions
    assert levels(series, series)["session"] == "bad"
    read = replace(series, sources=(Source("a.nii", "12ab"),))
    copy = replace(series, sources=(Source("b.nii", "12ab"),))
    assert levels(copy, read)["session"] == "bad"


def test_another_person_is_red(sessions: tuple[Scan, Scan]) -> None:
    other = abdomen(6, protocol=SUBJECTS[2], shape=SHAPE, pose="planning").scan
    assert levels(other, sessions[0])["subject"] == "bad"


def test_files_that_do_not_say_whose_they_are_are_amber(series: Scan) -> None:
    assert levels(still(series), series)["subject"] == "warn"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"repetition_time": 4.1}, "TR 4.1 and 2.34 ms"),
        ({"echo_times": (2.3,)}, "TE 2.3 and 0.93 ms"),
        ({"flip_angle": 12.0}, "flip 12 and 8°"),
        ({"others": {"FatSuppression": False}}, "fat not suppressed and fat suppressed"),
    ],
)
def test_another_sequence_is_amber_and_says_in_what(
    sessions: tuple[Scan, Scan], changes: dict[str, Any], said: str
) -> None:
    series, planning = sessions
    (found,) = [c for c in check(planning.with_acquisition(**changes), series) if c.name == "sequence"]
    assert found.level == "warn"
    assert said in found.text


def test_another_contrast_is_seen_in_the_grey_values_and_a_scale_is_not(sessions: tuple[Scan, Scan]) -> None:
    series, planning = sessions
    assert levels(replace(planning, array=7.0 * planning.array), series)["grey values"] == "good"
    inverted = planning.array.max() - planning.array
    assert levels(replace(planning, array=inverted), series)["grey values"] in ("warn", "bad")


def test_coarser_than_the_series_is_red(sessions: tuple[Scan, Scan]) -> None:
    series, _ = sessions
    coarse = abdomen(5, protocol=SUBJECTS[2], shape=(24, 18, 8), pose="planning").scan
    assert levels(coarse, series)["resolution"] == "bad"


@pytest.mark.parametrize(("part", "level"), [(8, "good"), (6, "warn"), (3, "bad")])
def test_what_the_planning_scan_does_not_show_is_measured(series: Scan, part: int, level: str) -> None:
    slices = series.shape[2] * part // 8
    cut = replace(series.volume(0), array=series.array[:1, :, :, : max(1, slices)], axis="contrast")
    (found,) = [c for c in check(cut, series) if c.name == "field of view"]
    assert found.level == level
    assert f"{max(1, slices) / series.shape[2]:.0%}" in found.text


def test_the_pose_is_told_in_mm_and_degrees() -> None:
    series = moving_ball(2)
    turned = np.array(series.affine)
    angle = np.deg2rad(10)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    turned[:3, :3] = turn @ turned[:3, :3]
    (found,) = [c for c in check(replace(series, affine=turned), series) if c.name == "pose"]
    assert "turned by 10.0°" in found.text


# -- the level of the series --------------------------------------------------------------------------
@pytest.mark.parametrize(("times", "level"), [(1.0, None), (2.0, 0.25), (3.2, 0.1), (4.0, 0.0625), (6.0, 0.0625)])
def test_the_level_is_that_by_which_the_series_is_coarser(
    series: Scan, make_coarser: Callable[[Scan, float], Scan], times: float, level: float | None
) -> None:
    assert level_of(still(series), make_coarser(series, times)) == level


@pytest.fixture
def make_coarser() -> Callable[[Scan, float], Scan]:
    """Make the voxels of a series larger in plane."""

    def coarser(series: Scan, times: float) -> Scan:
        return replace(series, affine=series.affine @ np.diag([times, times, 1.0, 1.0]))

    return coarser

"""What a person is told about a scan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.files import check_scan
from napari_mrsr.files.checks import oblique_angle
from napari_mrsr.scan import Acquisition, Scan

RANDOM = np.random.default_rng(0)
KNOWN = Acquisition(
    repetition_time=25, echo_times=(7.48, 42.52), flip_angle=30, spoiler_moment=0.03132, spoiler_duration=1.76
)


def dess() -> Scan:
    first = RANDOM.random((1, 8, 8, 6)).astype(np.float32) * 100 + 100
    return Scan(
        np.concatenate([first, first / 3]), np.diag([0.3, 0.3, 1.5, 1]), axis="echo", acquisition=KNOWN, slice_axis=2
    )


def levels(scan: Scan) -> dict[str, str]:
    return {check.name: check.level for check in check_scan(scan)}


def text(scan: Scan, name: str) -> str:
    return next(check.text for check in check_scan(scan) if check.name == name)


def test_a_proper_dess_is_green_throughout() -> None:
    assert set(levels(dess()).values()) == {"good"}
    assert {"DESS", "spoiler", "echo order", "slice axis", "TR", "TE", "flip angle", "finite"} <= levels(dess()).keys()


def test_missing_parameters_are_amber_and_name_the_option() -> None:
    bare = replace(dess(), acquisition=Acquisition())
    assert {name for name, level in levels(bare).items() if level == "warn"} == {"TR", "TE", "flip angle"}
    assert "--te" in text(bare, "TE")


def test_a_dess_without_spoiler_is_amber() -> None:
    assert levels(dess().with_acquisition(spoiler_moment=None))["spoiler"] == "warn"


def test_echo_times_that_are_no_dess_are_amber_and_say_what_was_expected() -> None:
    scan = dess().with_acquisition(echo_times=(7.48, 20.0))
    assert levels(scan)["DESS"] == "warn"
    assert "42.52" in text(scan, "DESS")


def test_swapped_echoes_are_amber() -> None:
    scan = dess()
    assert levels(replace(scan, array=scan.array[::-1]))["echo order"] == "warn"


def test_fluid_that_is_bright_in_the_second_echo_is_no_swap() -> None:
    scan = dess()
    array = scan.array.copy()
    array[1, :2] = 400
    assert levels(replace(scan, array=array))["echo order"] == "good"


def test_isotropic_voxels_are_amber_with_or_without_a_stated_axis() -> None:
    scan = replace(dess(), affine=np.diag([1.0, 1, 1, 1]))
    assert levels(scan)["isotropic"] == "warn"
    assert levels(replace(scan, slice_axis=None))["slice axis"] == "warn"


def test_a_tie_of_two_axes_is_red_and_names_the_option() -> None:
    scan = replace(dess(), affine=np.diag([0.3, 1.5, 1.5, 1]), slice_axis=None)
    assert levels(scan)["slice axis"] == "bad"
    assert "--axis" in text(scan, "slice axis")


def test_gaps_and_overlaps_are_told_apart() -> None:
    assert levels(dess().with_acquisition(slice_gap=0.3))["slice gap"] == "warn"
    assert levels(dess().with_acquisition(slice_gap=-0.5))["slice gap"] == "good"
    assert "slice gap" not in levels(dess().with_acquisition(slice_gap=0.0))


def test_non_finite_is_red_and_negative_amber() -> None:
    scan = dess()
    array = scan.array.copy()
    array[0, 0, 0, :2] = np.nan, -5
    found = levels(replace(scan, array=array))
    assert (found["finite"], found["negative"]) == ("bad", "warn")
    assert text(replace(scan, array=array), "finite").startswith("1 voxels")


def test_warnings_of_the_reader_are_passed_on() -> None:
    assert text(dess().warn("something odd"), "reader") == "something odd"


@pytest.mark.parametrize("degrees", [0, 10, 30])
def test_the_oblique_angle_is_that_of_the_rotation(degrees: float) -> None:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    affine = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]) @ np.diag([0.3, 0.4, 2, 1])
    assert oblique_angle(affine) == pytest.approx(degrees, abs=1e-4)

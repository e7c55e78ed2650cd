"""What wrong assumptions do to T2, against tables that were printed by another program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.mapping.bias import ERRORS, bias, sensitivities
from napari_mrsr.physics.dess import PRESETS

LOW, HIGH = PRESETS["GE qDESS, low spoiler, 20 deg"], PRESETS["GE qDESS, high spoiler, 20 deg"]

#: T2 and printed bias, ms, of the closed form that assumes T1 = 1200 ms and D = 1.25e-9 m2/s.
PRINTED: list[tuple[str, Any, dict[str, float], dict[float, float]]] = [
    ("A no diffusion", "none", {}, {10: 0.0018, 35: 0.6993, 80: 11.1375}),
    ("B low spoiler", LOW, {}, {10: 0.0019, 20: 0.0795, 35: 0.7407, 50: 2.5418, 80: 11.5535}),
    ("C high spoiler", HIGH, {}, {10: 0.0032, 35: 1.1363, 80: 15.2771}),
    ("D T1 1000", LOW, {"actual_t1": 1000.0}, {10: -0.1362, 20: -0.4506, 35: -0.7851, 50: -0.4663, 80: 3.7498}),
    ("E T1 800", LOW, {"actual_t1": 800.0}, {10: -0.3258, 20: -1.1549, 35: -2.7242, 50: -4.1432, 80: -5.1295}),
    ("F B1 0.9", LOW, {"actual_b1": 0.9}, {20: -0.6125, 30: -1.0703, 40: -1.3714, 60: -0.9986}),
    ("G B1 1.1", LOW, {"actual_b1": 1.1}, {20: 0.6562, 30: 1.6991, 40: 3.4580, 60: 9.8746}),
    ("H D 2.0e-9", HIGH, {"actual_diffusivity": 2.0e-9}, {20: -2.4721, 30: -5.0004, 40: -8.0747, 60: -15.4960}),
]


@pytest.mark.parametrize(("sequence", "actual", "printed"), [p[1:] for p in PRINTED], ids=[p[0] for p in PRINTED])
def test_the_bias_is_the_printed_one(sequence: Any, actual: dict[str, float], printed: dict[float, float]) -> None:
    if sequence == "none":
        sequence = type(LOW)(LOW.repetition_time, LOW.echo_time, LOW.flip_angle)
    found = bias(np.array(list(printed), dtype=float), sequence, **actual)
    np.testing.assert_allclose(found, list(printed.values()), atol=3e-4)


@pytest.mark.parametrize(
    ("sequence", "printed"),
    [(LOW, {20: 19.751, 35: 34.714, 50: 50.352}), (HIGH, {20: 15.084, 35: 22.578, 50: 28.371})],
    ids=["low", "high"],
)
def test_without_spoiler_data_t2_is_the_printed_one(sequence: Any, printed: dict[float, float]) -> None:
    t2 = np.array(list(printed), dtype=float)
    np.testing.assert_allclose(t2 + bias(t2, sequence, spoiler_known=False), list(printed.values()), atol=1e-3)


@pytest.mark.parametrize(
    ("error", "printed"),
    [("T1 -20 %", (-2.88, -3.29, -3.05, -2.28)), ("T1 +20 %", (2.83, 4.98, 7.71, 11.02))],
)
def test_20_per_cent_in_t1_are_the_printed_per_cent(error: str, printed: tuple[float, ...]) -> None:
    """Printed in per cent of 20, 30, 40 and 50 ms, the bias of the closed form with it."""
    t2 = np.array([20.0, 30.0, 40.0, 50.0])
    np.testing.assert_allclose(100 * (sensitivities(t2, LOW)[error] + bias(t2, LOW)) / t2, printed, atol=0.01)


def test_every_error_has_its_line_and_the_shape_of_t2() -> None:
    found = sensitivities(np.full((2, 3), 35.0), LOW)
    assert {name: change.shape for name, change in found.items()} == dict.fromkeys(ERRORS, (2, 3))


def test_the_exact_method_has_no_bias_but_the_assumptions() -> None:
    t2 = np.array([10.0, 20.0, 35.0, 60.0])
    np.testing.assert_allclose(bias(t2, LOW, method="epg"), 0, atol=1e-3)
    off = sensitivities(t2, LOW, method="epg")
    assert (off["T1 -20 %"] < 0).all()
    assert (off["B1 +10 %"] > 0).all()
    assert (off["no spoiler data"] < 0).all()


def test_t2_that_no_assumption_explains_is_nan() -> None:
    """Joint fluid: T1 three times the assumed one."""
    assert np.isnan(bias(770.0, LOW, actual_t1=3600.0))


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(BadParameter, match="not known"):
        bias(35.0, LOW, method="guess")  # type: ignore[arg-type]

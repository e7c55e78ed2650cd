"""Weights of one person and contrast used on another: said, measured, not forbidden."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from napari_mrsr.networks import registry
from napari_mrsr.networks.unet import Unet
from napari_mrsr.phantoms.abdomen import SUBJECTS, abdomen
from napari_mrsr.scan import Scan
from napari_mrsr.training.same_subject import described, fat_suppression_of, intensities, mismatch, shift
from tests.training.planning import planning

SMALL: dict[str, Any] = {"shape": (56, 42, 8), "noise": False}


@pytest.fixture(scope="module")
def plan() -> Scan:
    return abdomen(5, pose="planning", protocol=SUBJECTS[2], **SMALL).scan


@pytest.fixture(scope="module")
def record(plan: Scan) -> dict[str, Any]:
    return {"planning": json.loads(json.dumps(described(plan)))}


def test_another_session_of_the_same_person_fits(record) -> None:
    frames = abdomen(5, protocol=SUBJECTS[2], frames=1, **SMALL).scan
    assert mismatch(record, frames) == ()


def test_another_person_is_said(record) -> None:
    frames = abdomen(6, protocol=SUBJECTS[2], frames=1, **SMALL).scan
    assert mismatch(record, frames)[0] == "these weights were fine-tuned on the planning scan of another person"


def test_another_contrast_is_measured(record) -> None:
    frames = abdomen(5, protocol=SUBJECTS[1], frames=1, **SMALL).scan  # without fat suppression
    lines = mismatch(record, frames)
    assert any("fat was suppressed in the planning scan" in line for line in lines)
    assert any("grey values" in line for line in lines)
    unsaid = replace(frames, acquisition=replace(frames.acquisition, others=MappingProxyType({})))
    assert any("grey values" in line for line in mismatch(record, unsaid))


def test_other_parameters_are_said_with_their_size(record, plan) -> None:
    frames = abdomen(5, protocol=SUBJECTS[2], frames=1, **SMALL).scan
    other = frames.with_acquisition(repetition_time=4.0, echo_times=(1.5,), flip_angle=12.0)
    lines = " / ".join(mismatch(record, other))
    assert "TR of 2.34 ms, this scan has 4 ms" in lines
    assert "TE of 0.93 ms, this scan has 1.5 ms" in lines
    assert "flip angle of 8 degrees, this scan has 12 degrees" in lines


def test_a_scale_is_no_contrast_and_an_exponent_is() -> None:
    scan = planning()
    assert shift(intensities(scan), intensities(replace(scan, array=7 * scan.array))) == pytest.approx(0, abs=1e-6)
    squared = intensities(replace(scan, array=scan.array**2))
    above = np.abs(np.log(intensities(scan))).mean()  # the logarithm doubles, and so does each of its quantiles
    assert shift(intensities(scan), squared) == pytest.approx(above, rel=0.25)


def test_what_nobody_says_is_not_compared(record) -> None:
    scan = planning()
    record = {"planning": {**described(scan), "subject": None}}
    assert mismatch(record, replace(scan, array=2 * scan.array)) == ()


def test_weights_that_were_never_fine_tuned_fit_every_scan(tmp_path: Path) -> None:
    path = registry.save(Unet(features=2), tmp_path / "plain.safetensors")
    assert mismatch(path, planning()) == ()


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({"ScanOptions": "FS\\PFP"}, True),
        ({"ScanOptions": ["PFP"]}, False),
        ({"FatSuppression": True}, True),
        ({}, None),
    ],
)
def test_fat_suppression_as_headers_say_it(others, expected) -> None:
    scan = planning()
    scan = replace(scan, acquisition=replace(scan.acquisition, others=MappingProxyType(others)))
    assert fat_suppression_of(scan) is expected

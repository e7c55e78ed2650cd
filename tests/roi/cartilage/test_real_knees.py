"""Segmented knees of the Osteoarthritis Initiative: three right knees with bones and cartilage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.files import read_labels
from napari_mrsr.roi.cartilage import divide, find_laterality, regional_statistics

NAMES = {1: "femur", 2: "femoral cartilage", 3: "tibia", 4: "tibial cartilage", 5: "patella", 6: "patellar cartilage"}


@pytest.mark.parametrize("number", [1, 3])
def test_a_segmented_knee_has_plausible_thickness_and_is_a_right_one(real_data: Path, number: int) -> None:
    labels = read_labels(real_data / "knee" / "labels" / f"oai_dess_labels_{number}.nii.gz")
    found = find_laterality(labels.after("read as images", labels.array, axis="contrast"), labels, NAMES)
    assert {e.kind: e.side for e in found.evidence} == {"shape": "right", "position": "right"}
    divided = divide(labels, NAMES, side="right")
    assert "femoral compartments: split at the notch" in divided.notes
    assert divided.thickness is not None
    table = regional_statistics(divided.thickness, divided)
    mean = table[table["layer"] == "total"].set_index(["plate", "region"])["mean"]
    assert 1.3 < mean["femoral", "all"] < 3.0  # mm; adults by MRI
    assert mean["tibial", "lateral central"] > mean["tibial", "lateral anterior"]  # thickest where it bears the condyle
    # painted without the bones the sides of the cartilage are found as well
    alone = divide(labels, {n: NAMES[n] for n in (2, 4, 6)}, side="right")
    both = divided.labels.array > 0
    same = (divided.labels.array[both] - 1) % 6 == (alone.labels.array[both] - 1) % 6
    assert np.mean(same) > 0.93

"""Which planning scan it was, and whether it can help a dynamic scan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.files import read_scan
from napari_mrsr.files.writing import write_nifti
from napari_mrsr.phantoms.abdomen import SUBJECTS, abdomen
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.training.planning_scan import check_planning, coverage, fingerprint, is_itself
from tests.training.planning import planning


def moved(scan: Scan, mm: tuple[float, float, float]) -> Scan:
    affine = np.array(scan.affine)
    affine[:3, 3] += mm
    return replace(scan, affine=affine)


def test_a_fingerprint_survives_writing_and_reading(tmp_path) -> None:
    scan = planning()
    assert fingerprint(read_scan(write_nifti(scan, tmp_path / "plan.nii.gz"))) == fingerprint(scan)


def test_another_voxel_or_place_is_another_scan() -> None:
    scan = planning()
    other = scan.array.copy()
    other[0, 0, 0, 0] += 1
    found = {fingerprint(s) for s in (scan, replace(scan, array=other), moved(scan, (0.1, 0, 0)))}
    assert len(found) == 3


def test_the_dynamic_scan_is_no_planning_scan_of_its_own(tmp_path) -> None:
    plan, series = (write_nifti(planning(seed=n), tmp_path / f"{n}.nii.gz") for n in (0, 1))
    assert is_itself(read_scan(series), read_scan(series))
    assert not is_itself(read_scan(plan), read_scan(series))


def test_a_planning_scan_as_fine_as_the_dynamic_one_is_taken() -> None:
    scan = planning()
    assert check_planning(scan, scan) == ()
    assert check_planning(scan, degrade(scan, kspace=0.25)) == ()


def test_a_coarser_planning_scan_is_refused() -> None:
    scan = planning()
    with pytest.raises(BadParameter, match=r"3 x 3 mm, coarser than those of the dynamic scan \(1.5 x 1.5 mm\)"):
        check_planning(degrade(scan, kspace=0.25), scan)


def test_what_is_covered_is_measured() -> None:
    scan = planning((48, 40, 12))  # 72 x 60 x 48 mm
    assert coverage(scan, moved(scan, (18.0, 0, 0))) == pytest.approx(0.75)
    (warning,) = check_planning(scan, moved(scan, (0, 0, 12.0)))
    assert "covers 75%" in warning
    with pytest.raises(BadParameter, match="covers 25%"):
        check_planning(scan, moved(scan, (0, 0, 36.0)))


def test_thicker_and_turned_slices_are_said() -> None:
    scan = planning((40, 40, 12))  # 60 x 60 x 48 mm
    thick = replace(scan, affine=np.diag([1.5, 1.5, 8.0, 1.0]))
    assert "8 mm apart" in check_planning(thick, scan)[0]
    turned = replace(scan, array=np.moveaxis(scan.array, 3, 1), affine=np.diag([4.0, 1.5, 1.5, 1.0]), slice_axis=0)
    assert any("same direction" in line for line in check_planning(scan, turned))
    assert not check_planning(scan, scan)


def test_the_two_sessions_of_a_phantom_belong_together() -> None:
    size = {"protocol": SUBJECTS[1], "noise": False}
    plan = abdomen(5, pose="planning", shape=(35, 26, 10), **size).scan
    frames = abdomen(5, shape=(28, 21, 8), frames=2, **size).scan
    assert check_planning(plan, frames) == ()

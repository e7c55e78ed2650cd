"""A map of T1 or T2 is no signal, and is not super-resolved."""

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr import in_plane, superres
from napari_mrsr.errors import BadParameter
from napari_mrsr.mapping.is_map import map_of
from napari_mrsr.scan import Scan, Source

RNG = np.random.default_rng(0)
SCAN = Scan(RNG.random((8, 8, 6), np.float32), np.diag([1.0, 1, 3, 1]))
T2 = replace(SCAN, axis="map", quantity="T2", unit="ms", names=("T2",))


def called(name):
    return replace(SCAN, sources=(Source(f"/scans/{name}"),))


def test_two_tissues_in_a_voxel_do_not_decay_as_their_mean():
    together = -50 / np.log((np.exp(-50 / 40) + np.exp(-50 / 400)) / 2)
    assert round(together) == 93  # as the docstring of the module says, and far from 220


@pytest.mark.parametrize(
    "scan",
    [
        T2,
        replace(SCAN, unit="ms"),
        called("sub-01_T1map.nii.gz"),
        called("sub-01_desc-SR_T2map.nii"),
        called("M0map.nii.gz"),
        SCAN.with_acquisition(series_description="SAG T2 MAP"),
        SCAN.with_acquisition(others={"ImageType": ("DERIVED", "PRIMARY", "T1 MAP")}),
    ],
)
def test_maps_are_known_by_record_unit_name_and_description(scan):
    assert map_of(scan) is not None


@pytest.mark.parametrize("name", ["sub-01_T2w.nii.gz", "T2mapping_echo1.nii.gz", "roadmap.nii.gz"])
def test_signal_stays_signal(name):
    assert map_of(called(name)) is None


def test_echoes_that_are_called_t2_map_are_echoes():
    echoes = Scan(RNG.random((4, 8, 8, 6)), SCAN.affine, axis="echo").with_acquisition(series_description="SAG T2 MAP")
    assert map_of(echoes) is None


def test_both_ways_of_refining_refuse_a_map():
    with pytest.raises(BadParameter, match="map of T2") as refused:
        superres.plan(T2, method="tricubic")
    assert "weighted images" in (refused.value.remedy or "")
    with pytest.raises(BadParameter, match="map of T2"):
        in_plane.plan(T2, method="fourier")

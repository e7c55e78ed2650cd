"""The sample knee: thick slices of a known knee."""

from __future__ import annotations

import numpy as np

from napari_mrsr.phantoms import sample_knee
from napari_mrsr.phantoms.settings import LABEL_OF


def test_the_sample_has_thick_slices_on_the_grid_of_its_truth() -> None:
    scan, truth = sample_knee()
    assert scan.spacing == (0.6, 0.6, 1.4)
    assert truth.scan.spacing == (0.6, 0.6, 0.7)
    np.testing.assert_allclose(scan.affine[:3, 3], truth.scan.affine[:3, 3])
    assert scan.acquisition.slice_thickness == 1.4
    assert scan.find_slice_axis() == 2
    assert scan.names == ("S1", "S2")
    assert (scan.array >= 0).all()
    assert (truth.labels.array == LABEL_OF["medial femoral cartilage"]).sum() * truth.labels.voxel_volume > 2000
    assert sample_knee().scan is scan

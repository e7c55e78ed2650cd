"""The sample brain: what its header says, and that the viewer opens it as a brain."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel

from napari_mrsr.contrast import contrast_of
from napari_mrsr.phantoms.brain.sample import SHAPE, SPACING, sample_brain
from napari_mrsr.trust.anatomy import anatomy_of
from napari_mrsr.trust.plane_range import notes
from napari_mrsr.trust.zero_filled import in_words


def test_it_is_a_t2_weighted_brain_of_full_band_in_which_fluid_is_bright() -> None:
    scan = sample_brain()
    assert scan.shape == SHAPE
    np.testing.assert_allclose(scan.spacing, SPACING)
    assert (contrast_of(scan), anatomy_of(scan), scan.find_slice_axis()) == ("T2w", "brain", 2)
    assert notes(scan) == []
    assert in_words(scan, 2) is None


def test_the_sample_menu_opens_it() -> None:
    from napari_mrsr._sample_data import brain

    ((data, settings, kind),) = brain()
    assert kind == "image"
    layer = ViewerModel().add_image(data, **settings)
    assert layer.name == "T2w (acquired)"
    assert [str(unit) for unit in layer.units] == ["millimeter"] * 3

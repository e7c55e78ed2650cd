"""The standard deviation of T2 from noise as a layer: hidden, of what was measured only, and kept with a review."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.files import write_nifti
from napari_mrsr.scan import Scan

NAME = "sigma T2 [ms] (acquired)"


def test_it_lies_beside_the_map_hidden_with_its_unit_and_nan_where_t2_is(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    layer, t2 = view.layer(NAME), view.layer("T2 [ms] (acquired)")
    assert not layer.visible
    assert layer.metadata["mrsr"]["role"] == "t2_sigma"
    assert (layer.metadata["mrsr"]["quantity"], layer.metadata["mrsr"]["unit"]) == ("sigma T2", "ms")
    assert layer in view.maps.found()
    np.testing.assert_array_equal(np.isnan(layer.data), np.isnan(t2.data))
    np.testing.assert_array_equal(layer.translate, t2.translate)


def test_none_is_claimed_for_the_super_resolved_map_but_for_thick_slices_it_is(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic", retrospective=True))
    assert view.layer("sigma T2 [ms] (SR)") is None
    assert view.session.maps["SR"].sigma is None
    assert view.layer("sigma T2 [ms] (thick)") is not None


def test_it_goes_with_the_map_when_another_run_begins(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    assert view.layer(NAME) is not None
    view.session.refine(RefineSettings(method="nearest", maps=False))
    assert view.layer(NAME) is None


def test_it_is_kept_with_a_review(view: View, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    view.session.open([write_nifti(scan, tmp_path / "knee.nii.gz")])
    view.session.refine(RefineSettings(method="tricubic"))
    view.layer(NAME).visible = True
    before = np.array(view.layer(NAME).data)
    view.saving.save(tmp_path / "review")
    viewer = ViewerModel()
    again = view_of(viewer, run_here)
    again.saving.open(tmp_path / "review")
    np.testing.assert_allclose(np.array(again.layer(NAME).data), before, rtol=1e-6)
    assert again.layer(NAME).visible
    assert sum(layer.name == NAME for layer in viewer.layers) == 1

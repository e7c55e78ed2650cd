"""Saving and reopening a dynamic review."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.scan import Scan
from tests.app.dynamic.conftest import FOURIER, Steps


def test_a_saved_dynamic_review_comes_back_as_it_was(opened: View, tmp_path: Path) -> None:
    opened.dynamic.run(FOURIER)
    opened.dynamic.go_to(3)
    opened.saving.save(tmp_path / "review")
    keep = ViewerModel()  # a view does not own its viewer
    other = view_of(keep, run_here)
    other.saving.open(tmp_path / "review")
    before, after = opened.dynamic.results["fourier 25 %"], other.dynamic.results["fourier 25 %"]
    np.testing.assert_array_equal(before.scan.array, after.scan.array)
    np.testing.assert_allclose(before.figures["ssim"], after.figures["ssim"])
    assert after.flicker == pytest.approx(before.flicker)
    assert other.dynamic.frame == 3
    names = [layer.name for layer in opened.viewer.layers]
    assert [layer.name for layer in keep.layers] == names
    assert [la.visible for la in keep.layers] == [la.visible for la in opened.viewer.layers]
    assert after.settings == before.settings


def test_a_partial_series_comes_back_partial(viewer: ViewerModel, series: Scan, tmp_path: Path) -> None:
    steps = Steps()
    view = view_of(viewer, steps)
    view.session.adopt(series)
    view.dynamic.run(FOURIER)
    steps.until(lambda: bool(view.dynamic.results) and view.dynamic.results["fourier 25 %"].done.any())
    view.session.stop()
    steps.finish()
    view.saving.save(tmp_path / "review")
    steps.finish()
    other_viewer = ViewerModel()
    other = view_of(other_viewer, run_here)
    other.saving.open(tmp_path / "review")
    assert other.dynamic.results["fourier 25 %"].done.tolist() == [True, False, False, False, False]
    assert "fourier 25 % (partial)" in other_viewer.layers


def test_opening_another_scan_lets_go_of_the_results(opened: View, series: Scan) -> None:
    opened.dynamic.run(FOURIER)
    opened.session.adopt(replace(series, names=()))
    assert opened.dynamic.results == {}
    assert [layer.name for layer in opened.viewer.layers] == ["series (acquired)"]

"""One scan sharpened in plane: its layers, its window, its history, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_mrsr import in_plane, metrics
from napari_mrsr.app.in_plane.choices import PlaneSettings
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View
from napari_mrsr.planes import across
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from tests.app.dynamic.conftest import moving_ball
from tests.brains import brain


def test_auto_takes_the_twin_and_the_layer_stands_in_the_window_of_the_scan(view: View, head: Scan) -> None:
    view.viewer.layers["T2w (acquired)"].contrast_limits = (10, 400)
    view.in_plane.run(PlaneSettings())
    result = view.in_plane.results["cpce-l1 25 %"]
    layer = view.viewer.layers["cpce-l1 25 %"]
    assert tuple(layer.contrast_limits) == (10, 400)
    assert layer.visible
    assert not view.viewer.layers["T2w (25 %)"].visible
    assert result.reason.endswith("with L1 alone, which invents least")
    assert result.scan.same_grid(head)
    assert result.share == 1
    assert not result.partial


def test_what_is_shown_is_what_the_shell_makes(view: View, head: Scan) -> None:
    view.in_plane.run(PlaneSettings("cpce"))
    low = degrade(head, kspace=0.25)
    expected = in_plane.sharpen(low, method="cpce", like=head)
    result = view.in_plane.results["cpce 25 %"]
    np.testing.assert_allclose(result.scan.array, expected.array, atol=1e-4 * head.array.max())
    assert result.scan.history[-1].parameters["method"] == "cpce"


def test_figures_are_those_of_the_metrics(view: View, head: Scan) -> None:
    view.in_plane.run(PlaneSettings("fourier"))
    result = view.in_plane.results["fourier 25 %"]
    found = result.figures["T2w"]
    assert found["psnr"] == pytest.approx(metrics.psnr(head.array[0], result.scan.array[0]))
    span = float(np.ptp(head.array[0]))
    slices = [metrics.ssim(head.array[0, ..., k], result.scan.array[0, ..., k], data_range=span) for k in range(6)]
    assert found["ssim"] == pytest.approx(np.mean(slices))


def test_as_it_is_the_matrix_doubles_and_nothing_is_held_against_it(view: View, head: Scan) -> None:
    view.in_plane.run(PlaneSettings("fourier", fraction=None))
    (result,) = view.in_plane.results.values()
    assert result.scan.shape == (80, 72, 6)
    assert result.figures == {}
    assert result.reference is None


def test_isotropic_voxels_are_sharpened_in_the_plane_that_was_chosen(view: View, weights: Path) -> None:
    cube = replace(brain((24, 24, 20)), affine=np.eye(4), slice_axis=None)
    view.session.adopt(cube)
    view.in_plane.run(PlaneSettings("fourier"))
    assert view.in_plane.results["fourier 25 %"].source.shape == (12, 12, 20)
    view.in_plane.run(PlaneSettings("fourier", axis=0))
    assert view.in_plane.results["fourier 25 %"].source.shape == (24, 12, 10)


def test_three_orientations_are_those_of_the_shell(view: View, weights: Path) -> None:
    cube = replace(brain((24, 24, 20)), affine=np.eye(4), slice_axis=None)
    view.session.adopt(cube)
    view.in_plane.run(PlaneSettings("cpce", orientations=3))
    result = view.in_plane.results["cpce 25 %, 3 planes"]
    whole = across(cube)
    low = degrade(whole, kspace=0.25)
    expected = in_plane.sharpen(low, method="cpce", like=whole, orientations=3)
    np.testing.assert_allclose(result.scan.array, expected.array, atol=1e-4 * cube.array.max())


def test_of_several_volumes_the_one_on_the_screen_stays_on_it(view: View, weights: Path) -> None:
    one = brain()
    view.session.adopt(replace(one, array=np.concatenate([one.array, one.array[::-1] * 0.5]), names=("PDw", "T2w")))
    view.viewer.layers["PDw (acquired)"].visible = False
    view.viewer.layers["T2w (acquired)"].visible = True
    for method in ("fourier", "nearest"):
        view.in_plane.run(PlaneSettings(method))
        assert [layer.name for layer in view.viewer.layers if layer.visible] == [f"T2w [{method} 25 %]"]
    assert set(view.in_plane.results["fourier 25 %"].figures) == {"PDw", "T2w"}


def test_odd_matrices_come_back_odd(view: View, weights: Path) -> None:
    view.session.adopt(brain((41, 37, 5)))
    view.in_plane.run(PlaneSettings("circle"))
    assert view.in_plane.results["circle 25 %"].scan.shape == (41, 37, 5)


def test_stopped_halfway_what_is_done_stays_and_says_so(view: View, head: Scan) -> None:
    view.session.progressed.connect(lambda running: view.session.stop() if running.done > 0 else None)
    view.in_plane.run(PlaneSettings("cpce"))
    (result,) = view.in_plane.results.values()
    if result.partial:  # a small scan may be one tile
        assert "cpce 25 % (partial)" in view.viewer.layers
        assert view.session.banner is not None
        assert "stopped" in view.session.banner.text
    assert view.session.running is None


def test_nothing_open_and_a_series_are_refused_in_a_banner(view: View, weights: Path) -> None:
    view.in_plane.run(PlaneSettings())
    assert view.session.banner is not None
    assert "no scan is open" in view.session.banner.text
    view.session.adopt(moving_ball())
    view.in_plane.run(PlaneSettings())
    assert "Dynamic series" in view.session.banner.text
    assert view.in_plane.results == {}


def test_another_scan_takes_the_results_with_it(view: View, head: Scan) -> None:
    view.in_plane.run(PlaneSettings("fourier"))
    view.session.adopt(brain(seed=1))
    assert view.in_plane.results == {}
    assert [layer.name for layer in view.viewer.layers] == ["T2w (acquired)"]


def test_a_saved_review_gives_the_results_back_without_computing(view: View, head: Scan, tmp_path: Path) -> None:
    view.in_plane.twins.compare(PlaneSettings("cpce"))
    view.layouts.choose("single")
    before = {layer.name for layer in view.viewer.layers}
    array = view.in_plane.results["cpce 25 %"].scan.array.copy()
    view.saving.save(tmp_path / "review", copy_scans=True)
    from napari.components import ViewerModel

    from napari_mrsr.app.viewing import view_of

    viewer = ViewerModel()  # the view does not keep it
    again = view_of(viewer, run_here)
    again.saving.open(tmp_path / "review")
    assert {layer.name for layer in viewer.layers} == before
    np.testing.assert_array_equal(again.in_plane.results["cpce 25 %"].scan.array, array)
    assert again.in_plane.twins.added is not None
    assert again.in_plane.twins.added.real == pytest.approx(view.in_plane.twins.added.real)

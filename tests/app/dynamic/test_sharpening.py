"""Sharpening a series: the visible frame first, Stop, figures as frames come, low resolution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.components import ViewerModel
from skimage.metrics import peak_signal_noise_ratio

from napari_mrsr.app.dynamic import over_time
from napari_mrsr.app.dynamic.series import SeriesResult, SeriesSettings, as_series, matrix_like
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.errors import BadParameter
from napari_mrsr.sampling import KSpaceCentre
from napari_mrsr.scan import Scan
from tests.app.dynamic.conftest import FOURIER, FRAMES, SHAPE, Steps, moving_ball


def test_undersampling_keeps_the_centre_of_k_space_of_every_frame(opened: View, series: Scan) -> None:
    opened.dynamic.run(FOURIER)
    centre = KSpaceCentre(SHAPE, 0.25, axes=(0, 1))
    source = opened.dynamic.results["fourier 25 %"].source
    for n in range(FRAMES):
        np.testing.assert_allclose(source.array[n], np.abs(centre(series.array[n])), atol=1e-3)


def test_a_result_has_the_grid_the_times_and_the_history_of_what_was_done(opened: View, series: Scan) -> None:
    opened.dynamic.run(FOURIER)
    result = opened.dynamic.results["fourier 25 %"]
    assert result.scan.same_grid(series)
    assert result.scan.acquisition.others["VolumeTiming"] == series.acquisition.others["VolumeTiming"]
    assert next(step.name for step in result.scan.history) == "centre of k-space"
    layer = opened.viewer.layers["fourier 25 %"]
    assert layer.metadata["mrsr"]["role"] == "sr"
    assert layer.metadata["mrsr"]["fraction"] == 0.25
    assert layer.metadata["mrsr_scan"] is result.scan
    assert tuple(layer.units) == tuple(opened.viewer.layers["series (acquired)"].units)


def test_the_psnr_of_a_frame_is_that_of_scikit_image(opened: View, series: Scan) -> None:
    opened.dynamic.run(FOURIER)
    result = opened.dynamic.results["fourier 25 %"]
    x, y = series.array[2].astype(float), result.scan.array[2].astype(float)
    span = float(x.max() - x.min())
    assert result.figures["psnr"][2] == pytest.approx(peak_signal_noise_ratio(x, y, data_range=span), abs=1e-3)
    assert 0.5 < result.figures["ssim"][2] < 1.0
    # over all voxels, as in a study
    assert result.figures["ssim"][2] == pytest.approx(np.nanmean(result.ssim.array[2]), rel=1e-4)


def test_the_frame_on_the_screen_comes_first_and_the_others_in_order_from_it(viewer: ViewerModel) -> None:
    steps = Steps()
    view = view_of(viewer, steps)
    view.session.adopt(moving_ball())
    view.dynamic.go_to(3)
    view.dynamic.run(FOURIER)
    seen: list[int] = []
    for _ in steps.events:
        result = view.dynamic.results.get("fourier 25 %")
        if result is not None and len(seen) < result.done.sum():
            seen.append(int(np.flatnonzero(result.done & ~np.isin(np.arange(FRAMES), seen))[0]))
    assert seen == [3, 4, 0, 1, 2]


def test_stop_keeps_the_frames_that_are_done_and_says_so(viewer: ViewerModel, series: Scan) -> None:
    steps = Steps()
    view = view_of(viewer, steps)
    view.session.adopt(series)
    view.dynamic.run(FOURIER)
    results = view.dynamic.results
    steps.until(lambda: bool(results) and int(results["fourier 25 %"].done.sum()) == 2)
    assert np.isfinite(results["fourier 25 %"].figures["ssim"]).sum() == 2  # the plot fills in
    view.session.stop()
    steps.finish()
    result = results["fourier 25 %"]
    assert result.done.tolist() == [True, True, False, False, False]
    assert [la.name for la in viewer.layers if la.visible] == ["fourier 25 % (partial)"]
    assert view.session.banner is not None
    assert "2 of 5 frames" in view.session.banner.text
    assert result.scan.history[-1].parameters["sharp frames"] == [1, 2]
    view.dynamic.run(FOURIER)  # all of them now, in the place of the first
    steps.finish()
    assert "fourier 25 % (partial)" not in viewer.layers
    assert view.dynamic.results["fourier 25 %"].done.all()


def test_the_slider_can_be_moved_while_frames_arrive(viewer: ViewerModel, series: Scan) -> None:
    steps = Steps()
    view = view_of(viewer, steps)
    view.session.adopt(series)
    view.dynamic.run(FOURIER)
    for n, _ in enumerate(steps.events):
        view.dynamic.go_to(n % FRAMES)
        assert view.dynamic.frame == n % FRAMES
    assert view.dynamic.results["fourier 25 %"].done.all()


def test_a_series_of_low_resolution_reaches_the_voxels_of_a_planning_scan(view: View) -> None:
    low = moving_ball(shape=(16, 12, 6))
    view.session.adopt(replace(low, affine=low.affine @ np.diag([2.0, 2.0, 1.0, 1.0])))
    planning = Scan(np.zeros((64, 48, 10)), np.diag([-1.5, -1.5, 4.0, 1.0]), slice_axis=2)
    assert view.session.scan is not None
    matrix = matrix_like(view.session.scan, planning)
    assert matrix == (32, 24)
    view.dynamic.run(SeriesSettings("tricubic", None, matrix))
    result = view.dynamic.results["tricubic 32x24"]
    assert result.scan.shape == (32, 24, 6)
    assert result.scan.spacing == (1.5, 1.5, 4.0)
    assert result.reference is None
    assert result.ssim is None
    assert result.figures == {}
    np.testing.assert_allclose(result.scan.affine[:3, 3], view.session.scan.affine[:3, 3])  # first voxels together
    assert [pair.one for pair in view.dynamic.pairs()] == ["series (acquired)"]


def test_a_planning_scan_that_is_coarser_gives_no_matrix(series: Scan) -> None:
    with pytest.raises(BadParameter, match="not finer"):
        matrix_like(series, Scan(np.zeros((8, 8, 8)), np.diag([3, 3, 4.0, 1]), slice_axis=2))


def test_a_slice_that_a_frame_lacks_stays_empty_and_a_line_says_so(view: View, series: Scan) -> None:
    array = series.array.copy()
    array[2, :, :, 3] = 0.0
    view.session.adopt(replace(series, array=array))
    view.dynamic.run(FOURIER)
    made = view.dynamic.results["fourier 25 %"]
    result = made.scan.array
    assert not result[2, :, :, 3].any()
    assert result[1, :, :, 3].any()
    held = np.arange(series.shape[2]) != 3  # nothing against nothing is no perfect match
    error = np.mean((result[2][..., held] - array[2][..., held]) ** 2)
    assert made.figures["psnr"][2] == pytest.approx(10 * np.log10(np.ptp(array[2]) ** 2 / error), abs=1e-3)
    assert np.isnan(made.ssim.array[2, :, :, 3]).all()
    assert view.session.banner is not None
    assert "frame 3 slice 4" in view.session.banner.text


def test_a_method_that_is_not_there_is_refused_before_anything_is_shown(opened: View) -> None:
    opened.dynamic.run(SeriesSettings("no such method", 0.25))
    assert opened.session.banner is not None
    assert opened.session.banner.level == "bad"
    assert [layer.name for layer in opened.viewer.layers] == ["series (acquired)"]
    assert opened.session.running is None


def test_volumes_of_a_file_that_does_not_say_what_they_are_can_be_taken_for_frames(view: View, series: Scan) -> None:
    view.session.adopt(replace(series, axis="contrast", names=()))
    assert len(view.viewer.layers) == FRAMES
    assert view.session.scan is not None
    view.session.adopt(as_series(view.session.scan))
    assert [layer.name for layer in view.viewer.layers] == ["series (acquired)"]


def test_a_bias_does_not_flicker_and_an_error_that_comes_and_goes_does() -> None:
    one = moving_ball(1).array
    still = replace(moving_ball(4), array=one.repeat(4, axis=0))
    biased = SeriesResult(replace(still, array=still.array + 5.0), still, FOURIER, still, done=np.ones(4, bool))
    assert over_time.flicker_of(biased) == pytest.approx(0.0, abs=1e-3)
    shaken = still.array.copy()
    shaken[::2] += 0.03 * still.array.max()
    result = SeriesResult(replace(still, array=shaken), still, FOURIER, still, done=np.ones(4, bool))
    assert over_time.flicker_of(result) == pytest.approx(30.0 / np.sqrt(3), rel=1e-3)  # SD of 0, 30, 0, 30 with n - 1
    result.done[1:] = False
    assert np.isnan(over_time.flicker_of(result))


def test_the_summary_has_a_row_for_every_method_that_was_judged(opened: View) -> None:
    for method in ("nearest", "fourier"):
        opened.dynamic.run(SeriesSettings(method, 0.25))
    found = over_time.summary(list(opened.dynamic.results.values()))
    assert list(found) == ["nearest 25 %", "fourier 25 %"]
    assert found["fourier 25 %"]["PSNR [dB]"] > found["nearest 25 %"]["PSNR [dB]"]


def test_a_map_that_is_shown_lies_above_the_result_that_would_hide_it(opened: View) -> None:
    for method in ("nearest", "fourier"):
        opened.dynamic.run(SeriesSettings(method, 0.25))
    stack, name = opened.viewer.layers, "SSIM nearest 25 % vs acquired [0..1]"
    assert stack.index(name) < stack.index("fourier 25 %")
    opened.maps.show(name, True)
    assert stack[name].visible
    assert stack.index(name) > stack.index("fourier 25 %")
    order = [layer.name for layer in stack]
    opened.maps.show(name, False)
    assert not stack[name].visible
    assert [layer.name for layer in stack] == order

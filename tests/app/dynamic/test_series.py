"""A series in a viewer: one layer with a time slider, looked at and measured frame by frame."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.app import layers
from napari_mrsr.app.dynamic.series import SeriesSettings
from napari_mrsr.app.events import RefineSettings, T2Settings
from napari_mrsr.app.frame import frame_of
from napari_mrsr.app.measuring.callipers import Line, callipers_of
from napari_mrsr.app.measuring.profiles import line_curves
from napari_mrsr.app.roi import regions
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from tests.app.dynamic.conftest import FOURIER, FRAMES, SHAPE, moving_ball


def test_a_series_is_one_layer_whose_first_axis_is_time_in_seconds(opened: View) -> None:
    (layer,) = opened.viewer.layers
    assert layer.name == "series (acquired)"
    assert layer.data.shape == (FRAMES, SHAPE[2], SHAPE[1], SHAPE[0])
    assert [str(unit) for unit in layer.units] == ["second", *["millimeter"] * 3]
    assert opened.viewer.dims.axis_labels == ("time", "S→I", "A→P", "R→L")
    assert layer.scale[0] == 2.5
    assert opened.dynamic.frame == 0


def test_a_series_without_times_counts_frames(view: View) -> None:
    view.session.adopt(moving_ball(timed=False))
    assert str(view.viewer.layers[0].units[0]) == "pixel"
    view.dynamic.go_to(3)
    assert view.dynamic.frame == 3


def test_echoes_are_layers_of_their_own_as_before(view: View) -> None:
    array = np.ones((2, 6, 5, 4), np.float32)
    view.session.adopt(Scan(array, np.diag([1, 1, 3.0, 1]), axis="echo", names=("S1", "S2"), slice_axis=2))
    assert [layer.name for layer in view.viewer.layers] == ["S1 (acquired)", "S2 (acquired)"]
    assert view.viewer.dims.ndim == 3
    assert view.dynamic.frame is None
    assert view.dynamic.pairs() == []


def test_the_same_letters_stand_at_the_edges_whether_there_is_time_or_not(opened: View) -> None:
    overlays = opened.viewer.canvas.overlays
    assert [overlays[f"mrsr_{edge}"].text for edge in ("top", "bottom", "left", "right")] == ["A", "P", "R", "L"]


def test_one_frame_is_no_series_and_has_no_slider(view: View) -> None:
    view.session.adopt(moving_ball(1))
    assert view.viewer.dims.ndim == 3
    view.dynamic.run(FOURIER)
    assert view.session.banner is not None
    assert "at least two frames" in view.session.banner.text


def test_the_window_of_a_result_is_that_of_the_acquired_series_and_stays_so(opened: View) -> None:
    opened.dynamic.run(FOURIER)
    acquired, result = opened.viewer.layers["series (acquired)"], opened.viewer.layers["fourier 25 %"]
    assert tuple(acquired.contrast_limits) == tuple(result.contrast_limits)
    acquired.contrast_limits = (3.0, 77.0)
    assert tuple(result.contrast_limits) == (3.0, 77.0)
    assert tuple(opened.viewer.layers["series (25 %)"].contrast_limits) == (3.0, 77.0)


def test_acquired_and_sharpened_can_be_looked_at_in_turn_in_every_frame(opened: View) -> None:
    opened.dynamic.run(SeriesSettings("trilinear", 0.25))
    opened.dynamic.run(FOURIER)
    titles = [pair.title for pair in opened.look.pairs()]
    assert titles == ["series, fourier 25 %", "series, fourier 25 %, input", "series, fourier 25 %, trilinear 25 %"]
    opened.dynamic.go_to(4)
    shown = lambda: [layer.name for layer in opened.viewer.layers if layer.visible]  # noqa: E731
    assert shown() == ["fourier 25 %"]
    flicker = opened.look.flicker()
    next(flicker)
    assert shown() == ["series (acquired)"]
    next(flicker, None)
    assert shown() == ["fourier 25 %"]
    assert opened.dynamic.frame == 4


def test_a_swipe_shows_both_series_at_the_frame_of_the_slider(opened: View, series: Scan) -> None:
    opened.dynamic.run(FOURIER)
    opened.look.swipe.toggle_swipe()
    woven = opened.viewer.layers[-1].data
    result = opened.dynamic.results["fourier 25 %"].scan
    picture = np.asarray(woven[3, 2])
    one, other = (frame_of(series).to_screen(scan.array[3])[2] for scan in (series, result))
    np.testing.assert_allclose(picture[:, 0], one[:, 0], rtol=1e-5)
    np.testing.assert_allclose(picture[:, -1], other[:, -1], rtol=1e-5)


@pytest.mark.parametrize("ask", ["refine", "map_t2", "compare", "find_trust", "combined"])
def test_what_is_not_for_a_series_says_so_in_one_line(opened: View, ask: str) -> None:
    session = opened.session
    {
        "refine": lambda: session.refine(RefineSettings()),
        "map_t2": lambda: session.map_t2(T2Settings()),
        "compare": session.compare,
        "find_trust": session.find_trust,
        "combined": opened.maps.show_combined,
    }[ask]()
    assert session.banner is not None
    assert "not for a series over time" in session.banner.text
    assert len(opened.viewer.layers) == 1


def test_a_region_is_painted_once_and_measured_in_the_frame_that_is_seen(opened: View, series: Scan) -> None:
    opened.dynamic.run(FOURIER)
    roi = regions.new_roi(opened)
    assert roi.ndim == 3
    assert opened.session.banner is not None
    assert "once for all frames" in opened.session.banner.text
    roi.data[2:4, 8:16, 10:20] = 1
    inside = frame_of(series).to_voxels(roi.data) == 1
    for frame in (0, 3):
        opened.dynamic.go_to(frame)
        found = regions.measure(opened, roi)
        mean = found.statistics["acquired"]["mean"].iloc[0]
        assert mean == pytest.approx(series.array[frame][inside].mean(), rel=1e-5)
        sharp = opened.dynamic.results["fourier 25 %"].scan.array[frame][inside].mean()
        assert found.statistics["SR"]["mean"].iloc[0] == pytest.approx(sharp, rel=1e-5)
        assert found.notes[0] == f"measured in frame {frame + 1} of 5, {2.5 * frame:.1f} s"


def test_a_line_profile_holds_the_values_of_the_frame_that_is_seen(opened: View, series: Scan) -> None:
    callipers = callipers_of(opened)
    frame, scan = frame_of(series), series
    ends = []
    for column in (4, 27):
        voxel = np.array([column, 12, 3])
        patient = scan.affine[:3, :3] @ voxel + scan.affine[:3, 3]
        columns = frame.directions[:, list(frame.axes)] * np.where(frame.flips, -1.0, 1.0)
        ends.append(np.linalg.solve(columns, patient))
    line = Line("line profile", 0, ends[0], ends[1], float(np.linalg.norm(ends[1] - ends[0])))
    for n in (0, 2):
        opened.dynamic.go_to(n)
        (curve,) = line_curves(opened, callipers, line)
        assert curve.values[0] == pytest.approx(series.array[n, 4, 12, 3], abs=0.5)
        assert curve.values[-1] == pytest.approx(series.array[n, 27, 12, 3], abs=0.5)


def test_the_sample_brings_its_planning_scan(view: View, series: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_mrsr import _sample_data
    from napari_mrsr.phantoms.abdomen import sample

    planning = Scan(np.ones((40, 30, 6), np.float32), np.diag([-1.0, -1.0, 4.0, 1.0]), slice_axis=2)
    monkeypatch.setattr(sample, "sample_abdomen", lambda: sample.SampleAbdomen(series, planning))
    for data, settings, kind in _sample_data.abdomen():
        getattr(view.viewer, f"add_{kind}")(data, **settings)
    assert view.session.scan is not None
    assert view.session.scan.axis == "time"
    assert view.session.planning is not None
    assert view.session.planning.shape == (40, 30, 6)
    assert view.dynamic.frame == 0


def test_a_map_of_ssim_is_one_layer_over_time(opened: View) -> None:
    opened.dynamic.run(FOURIER)
    layer = opened.viewer.layers["SSIM fourier 25 % vs acquired [0..1]"]
    assert layer.metadata["mrsr"]["role"] == "ssim"
    assert tuple(layer.contrast_limits) == (0.0, 1.0)
    assert layer.colorbar.visible
    assert np.isfinite(layer.data).all()
    assert not layer.visible
    assert layers.has_slider(layer.metadata["mrsr_scan"])

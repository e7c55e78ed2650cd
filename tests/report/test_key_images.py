"""Pictures that can be compared: one window, one view, T2 inside the regions alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from napari_mrsr.report.contents import Report
from napari_mrsr.report.drawing import draw
from napari_mrsr.report.key_images import LARGEST, key_images


def drawn(report: Report, n: int, shape: tuple[float, float] = (60.0, 60.0)):
    axes = Figure(figsize=(shape[0] / 25.4, shape[1] / 25.4)).add_axes((0, 0, 1, 1))
    image = key_images(report)[n]
    return axes, draw(axes, image, shape=shape), image


def test_acquired_and_super_resolved_share_window_and_view(report: Report) -> None:
    (first, _, one), (second, _, two) = drawn(report, 0), drawn(report, 1)
    assert one.window == two.window
    assert first.get_xlim() == second.get_xlim()
    assert first.get_ylim() == second.get_ylim()
    assert one.title.endswith("coronal reformat")  # the scan is sagittal: this plane shows what was made finer


def test_the_slice_with_the_largest_region_is_shown_with_t2_inside_it(report: Report) -> None:
    axes, coloured, image = drawn(report, 3)
    assert image.title == "T2 super-resolved, sagittal slice"
    values = np.ma.filled(coloured.get_array(), np.nan)
    assert image.regions is not None
    inside = image.regions.values > 0
    assert inside.any()
    assert not np.isfinite(values[~inside]).any()
    front, back = values[image.regions.values == 1], values[image.regions.values == 3]
    assert np.nanmedian(front) == pytest.approx(30.0, abs=2.0)
    assert np.nanmedian(back) == pytest.approx(50.0, abs=3.0)
    # anterior is on the left: i runs to the back in this scan, and region 1 lies in front
    columns = [np.nonzero(image.regions.values == label)[1].mean() for label in (1, 3)]
    assert columns[0] < columns[1]
    assert {text.get_text() for text in axes.texts} >= {"A", "P", "S", "I"}


@pytest.mark.parametrize("shape", [(60.0, 60.0), (40.0, 70.0), (90.0, 50.0)])
def test_a_millimetre_is_as_long_along_rows_as_along_columns(report: Report, shape: tuple[float, float]) -> None:
    axes, _, image = drawn(report, 0, shape)
    wide, high = np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())
    assert wide / high == pytest.approx(shape[0] / shape[1])
    assert max(wide, high) == pytest.approx(image.field.side)
    assert image.field.side <= LARGEST


def test_of_a_brain_t1_and_t2_are_shown_whole_each_with_its_colours_and_unit(brain: Report) -> None:
    images = key_images(brain)
    assert [image.title for image in images] == [
        "S1 acquired, coronal reformat",
        "S1 acquired, sagittal slice",
        "T1 estimated, sagittal slice",
        "T2 estimated, sagittal slice",
    ]
    for n, name, limit in ((2, "lipari", 2500.0), (3, "navia", 150.0)):
        axes, coloured, image = drawn(brain, n)
        assert (coloured.get_cmap().name.removeprefix("cmc."), coloured.get_clim()) == (name, (0.0, limit))
        assert image.regions is not None
        outside = np.ma.filled(coloured.get_array(), np.nan)[image.regions.values == 0]
        assert np.isfinite(outside).any()
        whole = image.grey.extent
        assert np.ptp(axes.get_xlim()) >= whole[1] - whole[0] - 1e-6


def test_without_maps_the_regions_are_outlined_on_the_magnitude(report: Report) -> None:
    signal = replace(report, maps={"acquired": report.scan.volume(0)}, refined=None)
    images = key_images(signal)
    assert [image.map for image in images] == [None, None]
    assert images[1].regions is not None
    assert len(key_images(Report(report.scan))) == 1


def test_regions_painted_between_two_acquired_slices_are_found(make: Callable[..., Report], report: Report) -> None:
    assert report.labels is not None
    thin = np.zeros_like(report.labels.array)
    thin[0, 7:11, 7:12, 9] = 1  # an odd fine slice: no acquired one has its centre there
    only = replace(report, labels=replace(report.labels, array=thin))
    assert key_images(only)[3].regions is not None
    assert (key_images(only)[3].regions.values == 1).sum() == 4 * 5

"""What the figures show: which slice, which frames, which regions; and that they are drawn."""

import numpy as np
import pytest

from napari_mrsr.phantoms.abdomen.tissues import NUMBER
from napari_mrsr.report.planes import Picture
from napari_mrsr.studies.detail import Region, two_regions
from napari_mrsr.studies.dynamic import figures
from napari_mrsr.studies.dynamic.interpolations import INTERPOLATIONS
from napari_mrsr.studies.dynamic.over_time import interval
from napari_mrsr.studies.dynamic.pictures import shown_frames, shown_slice
from napari_mrsr.studies.dynamic.subject import Plan, score
from napari_mrsr.studies.dynamic_cohort import DynamicSubject
from napari_mrsr.studies.kept import Kept
from napari_mrsr.studies.slices import slice_picture
from tests.studies.dynamic.made import Knowing, body, person


def test_the_slice_with_most_vessels_is_shown_and_else_the_middle_one():
    scan = body()
    labels = np.zeros(scan.array.shape, np.uint8)
    labels[0, 3:9, 3:9, 4] = NUMBER["hepatic vessels"]
    assert shown_slice(DynamicSubject("anna", scan, labels=labels)) == (2, 4)
    assert shown_slice(DynamicSubject("anna", scan)) == (2, 3)


def test_three_frames_that_lie_apart_are_shown():
    assert shown_frames(10) == (0, 3, 6)
    assert shown_frames(4) == (0, 1, 2)
    assert shown_frames(1) == (0,)


def test_a_slice_is_seen_with_the_patients_right_at_the_left():
    scan = body(frames=1)  # i to the left, j to the back
    picture = slice_picture(scan.array[0, ..., 2], scan, (2, 2))
    assert picture.letters == ("A", "P", "R", "L")
    assert np.array_equal(picture.values, scan.array[0, ..., 2].T)


def test_regions_lie_where_detail_is_and_do_not_overlap():
    image = np.zeros((96, 128))
    image[30:36:2, 30:40], image[60:66:2, 80:90] = 50, 40
    first, second = two_regions(image)
    assert first.row < 33 < first.row + first.rows
    assert first.column < 35 < first.column + first.columns
    assert second.row < 63 < second.row + second.rows
    assert first.column + first.columns <= second.column or second.column + second.columns <= first.column
    assert two_regions(np.zeros((10, 10))) == ()
    part = Region(2, 3, 4, 5).cut(Picture(np.arange(100.0).reshape(10, 10), (2.0, 1.0), tuple("APRL"), (10.0, 20.0)))
    assert part.values[0, 0] == 23
    assert part.corner == (14.0, 23.0)


def test_the_interval_is_that_of_student():
    from scipy import stats

    values = np.random.default_rng(0).normal(size=10)
    mean, half = interval(values)
    low, high = stats.t.interval(0.95, 9, loc=values.mean(), scale=stats.sem(values))
    assert (mean - half, mean + half) == pytest.approx((low, high))
    assert interval([2.0]) == (2.0, 0.0)


def test_figures_are_drawn_of_a_subject(tmp_path):
    plan = Plan([INTERPOLATIONS["trilinear"]], [Knowing()], (0.25, 0.0625))
    one = person(1, shape=(64, 48, 4))
    found = score(one, plan, Kept(), told=lambda part, what: None, refused={}, pictures=True)
    drawn = figures.figures(found.pictures)
    assert [figure.name for figure in drawn] == ["levels", "ssim_over_time", "regions"]
    for figure in drawn:
        figure.draw(tmp_path / f"{figure.name}.png")
        assert (tmp_path / f"{figure.name}.png").read_bytes().startswith(b"\x89PNG")
    assert figures.columns(found.pictures) == ["trilinear", "swift", "swift fine-tuned"]

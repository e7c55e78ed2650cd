"""What the figures show is read back from their pixels."""

import numpy as np
import pytest
from matplotlib.image import imread

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.report.drawing import colours
from napari_mrsr.report.planes import Picture
from napari_mrsr.studies.bland_altman import bland_altman
from napari_mrsr.studies.figures import Row, reformats, t2_maps

LETTERS = ("A", "P", "R", "L")


def picture(values: np.ndarray) -> Picture:
    return Picture(np.asarray(values, np.float32), (0.5, 0.5), LETTERS, (0.0, 0.0))


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return np.add.outer(np.arange(40.0), np.arange(30.0))


def grey(path) -> np.ndarray:
    return np.asarray(imread(path))[..., :3].mean(axis=2)


def test_a_method_that_is_the_truth_has_an_even_grey_difference(tmp_path, truth):
    row = Row("S1", picture(truth), {"same": picture(truth)})
    reformats("f", "", [row]).draw(tmp_path / "f.png")
    image = grey(tmp_path / "f.png")
    middle = np.abs(image - 0.5) < 0.01
    assert middle.mean() > 0.1  # the whole panel


def test_a_brighter_method_is_brighter_because_all_panels_share_a_window(tmp_path, truth):
    brighter = {"same": picture(truth), "brighter": picture(truth + 20)}
    reformats("f", "", [Row("S1", picture(truth), brighter)]).draw(tmp_path / "f.png")
    image = grey(tmp_path / "f.png")
    upper = image[: image.shape[0] // 2]
    third = upper.shape[1] // 4
    # the second and third panel of the first row, away from letters and bars
    same, bright = upper[:, third : 2 * third], upper[:, 2 * third : 3 * third]
    assert np.median(bright) > np.median(same) + 0.1


def test_a_t2_map_can_be_read_without_colours():
    shades = colours("navia")(np.linspace(0, 1, 64))[:, :3] @ [0.299, 0.587, 0.114]
    assert (np.diff(shades) > 0).all()


def test_voxels_without_a_value_are_paper_and_not_black(tmp_path, truth):
    some = truth.copy()
    some[:, 10:] = np.nan
    t2_maps("f", "", Row("T2", picture(truth), {"strip": picture(some)})).draw(tmp_path / "f.png")
    image = np.asarray(imread(tmp_path / "f.png"))[..., :3]
    assert (np.abs(image - 0.93).max(axis=2) < 0.01).mean() > 0.05


def test_limits_of_agreement_are_drawn_for_every_method(tmp_path):
    pairs = {"MRSR": ([35.2, 42.6, 27.9], [35.8, 44.1, 29.1]), "TCI": ([35.2, 42.6, 27.9], [36.4, 44.4, 29.8])}
    bland_altman("f", "", pairs).draw(tmp_path / "f.png")
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert grey(tmp_path / "f.png").min() < 0.1


def test_pictures_that_cannot_be_compared_are_refused(truth):
    with pytest.raises(GeometryMismatch, match="picture of half"):
        reformats("f", "", [Row("S1", picture(truth), {"half": picture(truth[:20])})])
    with pytest.raises(BadParameter, match="different methods"):
        reformats("f", "", [Row("S1", picture(truth), {"a": picture(truth)}), Row("S2", picture(truth), {})])
    with pytest.raises(BadParameter, match="without a method"):
        t2_maps("f", "", Row("T2", picture(truth), {}))
    with pytest.raises(BadParameter):
        bland_altman("f", "", {"one": ([35.0], [36.0])})

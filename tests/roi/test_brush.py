"""The smart brush on made pictures: bone, cartilage, fluid side by side."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.roi import brush

BONE, CARTILAGE, FLUID = slice(0, 20), slice(20, 26), slice(26, 40)


@pytest.fixture
def picture() -> np.ndarray:
    """Columns of bone (10), cartilage (100) and fluid (200), SD 5."""
    image = np.empty((40, 40))
    image[:, BONE], image[:, CARTILAGE], image[:, FLUID] = 10.0, 100.0, 200.0
    return image + np.random.default_rng(0).normal(0, 5, image.shape)


def at(row: int, column: int, size: float = 11, spacing: tuple[float, float] = (1.0, 1.0)) -> brush.Disc:
    found = brush.disc((40, 40), (row, column), size, spacing)
    assert found is not None
    return found


def painted(disc: brush.Disc, mask: np.ndarray) -> np.ndarray:
    whole = np.zeros((40, 40), bool)
    whole[disc.box] = mask
    return whole


def test_a_stroke_on_cartilage_beside_bone_leaves_bone_out(picture: np.ndarray) -> None:
    disc = at(20, 21, 9)
    whole = painted(disc, brush.by_range(picture, disc, brush.learn_range(picture, disc)))
    assert whole[:, CARTILAGE].sum() >= 0.95 * painted(disc, disc.inside)[:, CARTILAGE].sum()
    assert not whole[:, BONE].any()


def test_the_stroke_stays_with_the_tissue_it_began_on_when_it_meets_fluid(picture: np.ndarray) -> None:
    begun = at(20, 21, 9)
    wanted = brush.learn_range(picture, begun)
    further = at(24, 25, 9)
    whole = painted(further, brush.by_range(picture, further, wanted))
    assert not whole[:, FLUID].any()
    assert whole[:, CARTILAGE].any()


def test_over_another_tissue_it_paints_nothing(picture: np.ndarray) -> None:
    wanted = brush.learn_range(picture, at(20, 21, 9))
    beside = at(20, 8, 9)
    assert not brush.by_range(picture, beside, wanted).any()


def test_within_one_tissue_the_whole_disc_is_painted(picture: np.ndarray) -> None:
    disc = at(20, 10, 9)
    found = brush.by_range(picture, disc, brush.learn_range(picture, disc))
    assert found.sum() >= 0.97 * disc.inside.sum()


def test_flood_paints_what_is_joined_and_alike(picture: np.ndarray) -> None:
    picture[:, 30:33] = 100.0  # alike, but across fluid
    disc = at(20, 23, 21)
    whole = painted(disc, brush.by_flood(picture, disc, 0.2))
    assert whole[20, CARTILAGE].all()
    assert not whole[:, 26:].any()
    assert not whole[:, BONE].any()


def test_the_disc_is_napari_s_also_with_unequal_pixels() -> None:
    from napari.layers import Labels

    layer = Labels(np.zeros((40, 40), np.uint8), scale=(0.5, 1.0))
    layer.brush_size = 9
    layer.paint((20, 17), 1)
    disc = at(20, 17, 9, (0.5, 1.0))
    np.testing.assert_array_equal(painted(disc, disc.inside), layer.data == 1)


def test_beside_the_picture_there_is_no_disc_and_at_its_edge_a_part() -> None:
    assert brush.disc((40, 40), (-1, 5), 9, (1.0, 1.0)) is None
    assert at(0, 0, 9).inside.shape == (5, 5)


def test_a_constant_picture_is_painted_whole() -> None:
    flat = np.full((40, 40), 7.0)
    disc = at(20, 20)
    np.testing.assert_array_equal(brush.by_range(flat, disc, brush.learn_range(flat, disc)), disc.inside)


def test_bone_cartilage_and_fluid_under_one_disc_are_told_apart(picture: np.ndarray) -> None:
    disc = at(20, 23, 21)
    whole = painted(disc, brush.by_range(picture, disc, brush.learn_range(picture, disc)))
    inside = painted(disc, disc.inside)
    assert whole[:, CARTILAGE].sum() >= 0.95 * inside[:, CARTILAGE].sum()
    assert not whole[:, BONE].any()
    assert not whole[:, FLUID].any()


def test_a_stroke_follows_the_shading_of_a_coil(picture: np.ndarray) -> None:
    shaded = picture * np.linspace(1.0, 0.35, 40)[:, None]  # at the end cartilage is darker than half of what it was
    wanted, whole = None, np.zeros((40, 40), bool)
    for row in range(4, 36, 2):
        disc = at(row, 22, 9)
        wanted = brush.learn_range(shaded, disc, wanted)
        whole |= painted(disc, brush.by_range(shaded, disc, wanted))
    assert whole[4:36, CARTILAGE].mean() > 0.93
    assert not whole[:, BONE].any()
    assert whole[:, FLUID].sum() <= 2

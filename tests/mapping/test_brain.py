"""Three weighted images of one brain: what is refused, and what is told, before anything is computed."""

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.errors import (
    BadParameter,
    ConstantImage,
    GeometryMismatch,
    MixedPatients,
    ScanMissing,
    WrongDimensions,
)
from napari_mrsr.mapping.brain import together
from napari_mrsr.scan import Scan, Source, Step

SHAPE = (40, 48, 40)


def ball(radius):
    grid = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    return sum(g**2 for g in grid) < radius**2


def picture(tissue, fluid, noise=5, seed=0):
    """A head of one tissue with fluid in its middle."""
    image = np.where(ball(0.8), tissue, 0.0)
    image[ball(0.25)] = fluid
    return np.abs(image + noise * np.random.default_rng(seed).standard_normal(SHAPE)).astype(np.float32)


def scan(name, array, **changes):
    return Scan(array, np.eye(4), **{"sources": (Source(f"/data/{name}.nii.gz"),), **changes})


@pytest.fixture
def images():
    return {
        "t1w": scan("sub-1_T1w", picture(300, 60)),
        "t2w": scan("sub-1_T2w", picture(200, 900, seed=1)),
        "flair": scan("sub-1_FLAIR", picture(300, 40, seed=2)),
    }


def test_three_images_of_one_brain_fit_together(images):
    found = together(**images)
    assert list(found.by_name) == ["T1w", "T2w", "FLAIR"]
    assert [image.shape for image in found.arrays] == [SHAPE] * 3
    assert not found.warnings


@pytest.mark.parametrize("gone", ["t1w", "t2w", "flair"])
def test_two_of_three_are_refused_with_the_remedy(images, gone):
    with pytest.raises(ScanMissing, match="missing") as told:
        together(**(images | {gone: None}))
    assert "two contrasts do not determine the maps" in told.value.remedy


def test_another_person_is_refused(images):
    with pytest.raises(MixedPatients, match="another person"):
        together(**(images | {"flair": scan("sub-2_FLAIR", picture(300, 40))}))


def test_another_phantom_is_refused(images):
    t1w, flair = (
        scan(name, images[key].array, history=(Step("brain phantom", {"seed": seed}),), sources=())
        for name, key, seed in (("T1w", "t1w", 3), ("FLAIR", "flair", 4))
    )
    named = {"T1w": t1w, "FLAIR": flair}
    t1w, flair = (one.with_acquisition(series_description=name) for name, one in named.items())
    with pytest.raises(MixedPatients):
        together(t1w, images["t2w"], flair)


def test_another_grid_is_refused(images):
    moved = Scan(images["t2w"].array, np.diag([1, 1, 1.2, 1]), sources=images["t2w"].sources)
    with pytest.raises(GeometryMismatch, match=r"T2w.*40x48x40 at 1x1x1.2 mm"):
        together(**(images | {"t2w": moved}))


def test_several_volumes_are_refused(images):
    both = scan("sub-1_T2w", np.stack([images["t2w"].array[0]] * 2))
    with pytest.raises(WrongDimensions):
        together(**(images | {"t2w": both}))


def test_negative_values_are_refused(images):
    uniform = scan("sub-1_T1w", picture(300, 60) / 600 - 0.5)
    with pytest.raises(BadParameter, match="MP2RAGE"):
        together(**(images | {"t1w": uniform}))


def test_an_image_of_nothing_is_refused(images):
    with pytest.raises(ConstantImage):
        together(**(images | {"flair": scan("sub-1_FLAIR", np.full(SHAPE, 7, np.float32))}))


def test_a_flair_offered_as_t2w_is_told_by_its_name(images):
    with pytest.raises(BadParameter, match="is FLAIR and was offered as T2w"):
        together(**(images | {"t2w": images["flair"]}))


def test_a_map_of_t1_is_no_t1w(images):
    found = replace(images["t1w"], axis="map", names=("T1",), quantity="T1", unit="ms")
    with pytest.raises(BadParameter, match="is a map of T1 and no weighted image"):
        together(**(images | {"t1w": found}))


def test_a_flair_offered_as_t2w_is_told_by_its_fluid(images):
    unnamed = scan("second", images["flair"].array)
    with pytest.raises(BadParameter, match="fluid is dark"):
        together(**(images | {"t2w": unnamed}))


def test_a_t2w_offered_as_flair_is_told_by_its_fluid(images):
    unnamed = scan("third", images["t2w"].array)
    with pytest.raises(BadParameter, match="fluid is bright"):
        together(**(images | {"flair": unnamed}))


def test_a_contrast_that_nobody_names_is_taken_on_trust(images):
    found = together(**(images | {"t2w": scan("second", images["t2w"].array)}))
    assert any("T2w is taken on trust" in line for line in found.warnings)

"""DESS on segmented knees: the bodies that were segmented stand where they were."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms import KneePhantom, dess_from_labels, knee
from napari_mrsr.phantoms.settings import LABEL_OF
from napari_mrsr.scan import Scan

#: From the phantom's own labels to those of the Osteoarthritis Initiative.
TO_OAI = {"femur": 1, "medial femoral cartilage": 2, "lateral femoral cartilage": 2, "tibia": 3}
TO_OAI |= {"medial tibial cartilage": 4, "lateral tibial cartilage": 4, "patella": 5, "patellar cartilage": 6}


@pytest.fixture(scope="module")
def segmented() -> Scan:
    """A knee reduced to the labels of a segmentation, voxel axes L, A, S."""
    phantom = knee(5, shape=(70, 50, 62), spacing=(1.4, 1.5, 1.5), side="left", diseased=False, noise=False)
    labels = np.zeros(phantom.labels.shape, np.uint8)
    for name, number in TO_OAI.items():
        labels[phantom.labels.array[0] == LABEL_OF[name]] = number
    turned = nib.as_closest_canonical(nib.Nifti1Image(labels, phantom.labels.affine))
    return Scan(
        np.asarray(turned.dataobj)[::-1],
        turned.affine @ np.array([[-1, 0, 0, 61], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]),
        axis="label",
    )


@pytest.fixture(scope="module")
def painted(segmented: Scan) -> KneePhantom:
    """DESS of that segmentation."""
    return dess_from_labels(segmented, 2, noise=False)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Return the overlap of two masks."""
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def test_the_grid_is_that_of_the_labels(segmented: Scan, painted: KneePhantom) -> None:
    assert painted.scan.same_grid(segmented)
    assert painted.scan.shape == segmented.shape
    assert painted.scan.slice_axis == 0, "slices lie side by side along the patient's left-right axis"
    assert painted.scan.acquisition.laterality == "left"


@pytest.mark.parametrize(("names", "number", "least"), [
    (("femur",), 1, 0.95), (("tibia",), 3, 0.95), (("patella",), 5, 0.9),
    (("medial femoral cartilage", "lateral femoral cartilage"), 2, 0.75),
    (("medial tibial cartilage", "lateral tibial cartilage"), 4, 0.7),
])  # fmt: skip
def test_segmented_bodies_stay_where_they_are(
    segmented: Scan, painted: KneePhantom, names: tuple[str, ...], number: int, least: float
) -> None:
    mine = np.isin(painted.labels.array[0], [LABEL_OF[n] for n in names])
    assert dice(mine, segmented.array[0] == number) > least


def test_medial_is_towards_the_other_knee(painted: KneePhantom) -> None:
    def x_of(name: str) -> float:
        index = np.argwhere(painted.labels.array[0] == LABEL_OF[name])
        return float((painted.labels.affine @ np.c_[index, np.ones(len(index))].T)[0].mean())

    assert x_of("medial femoral cartilage") > x_of("lateral femoral cartilage") + 25, (
        "a left knee: medial is to the right"
    )


def test_soft_tissue_surrounds_the_bones(painted: KneePhantom) -> None:
    found = set(np.unique(painted.labels.array))
    for name in ("muscle", "subcutaneous fat", "medial meniscus", "joint fluid", "patellar tendon", "skin"):
        assert LABEL_OF[name] in found, name


def test_labels_without_a_tibia_are_refused(segmented: Scan) -> None:
    with pytest.raises(BadParameter, match="tibia"):
        dess_from_labels(Scan(np.where(segmented.array == 3, 0, segmented.array), segmented.affine))


def test_a_real_segmentation_becomes_a_knee(real_data: Path) -> None:
    image = nib.load(real_data / "knee" / "labels" / "oai_dess_labels_1.nii.gz")
    thin = np.asarray(image.dataobj)[::4, 80:320:4, 100:300:4]
    labels = Scan(
        thin, image.affine @ np.array([[4, 0, 0, 0], [0, 4, 0, 80], [0, 0, 4, 100], [0, 0, 0, 1.0]]), axis="label"
    )
    phantom = dess_from_labels(labels, 1, noise=False)
    assert dice(phantom.labels.array[0] == LABEL_OF["femur"], thin == 1) > 0.93
    cartilage = thin == 2
    s1, s2 = phantom.noiseless.array
    assert s1[cartilage].mean() > 3 * s1[thin == 1].mean()
    assert 0.2 < s2[cartilage].mean() / s1[cartilage].mean() < 0.6

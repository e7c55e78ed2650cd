"""What networks for the brain learn from: every plane, by subject and fold; IXI as its folders are."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_mrsr.errors import BadParameter, NothingToRead
from napari_mrsr.scan import Scan
from napari_mrsr.training import ixi
from napari_mrsr.training.brain_sources import gather, held_out, of_scan, other_contrast, parse_fold
from napari_mrsr.training.in_plane import PlaneSampling, PlaneSource
from napari_mrsr.training.material import Planes
from napari_mrsr.training.subjects_in import Found

RANDOM = np.random.default_rng(6)


def noise(*shape: int) -> np.ndarray:
    """White noise: detail up to the edge of the band on every axis."""
    return RANDOM.uniform(0.2, 1.0, shape).astype(np.float32)


def write(path: Path, array: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array, np.diag([*spacing, 1.0])), path)
    return path


@pytest.fixture(scope="module")
def brains(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("brains")
    for name in ("sub-01_T1w", "sub-01_T2w", "sub-02_T1w", "sub-03_FLAIR"):
        write(folder / f"{name}.nii.gz", noise(36, 34, 33))
    return folder


@pytest.fixture(scope="module")
def ixi_t2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("IXI-T2")
    for number in (2, 12, 13, 14):
        write(folder / f"IXI{number:03d}-Guys-0{number:03d}-T2.nii.gz", noise(40, 40, 10), (0.9, 0.9, 2.5))
    return folder


def test_an_isotropic_volume_teaches_in_three_planes_slices_last() -> None:
    array = noise(40, 36, 33)
    planes = of_scan(Scan(array, np.eye(4)), "brain")
    assert [plane.array.shape for plane in planes] == [(40, 36, 33), (40, 33, 36), (36, 33, 40)]
    np.testing.assert_allclose(planes[1].array[:, :, 5], array[:, 5, :] / array.max(), rtol=1e-6)


def test_all_scans_of_a_subject_are_on_one_side(brains: Path) -> None:
    taught, judging = gather([brains], fold=(1, 3))
    assert {source.subject for source in taught} == {"sub-02", "sub-03"}
    assert {source.name.split()[0] for source in judging} == {"sub-01_T1w.nii.gz", "sub-01_T2w.nii.gz"}
    everyone = [{source.subject for source in gather([brains], fold=(k, 3))[1]} for k in (1, 2, 3)]
    assert everyone == [{"sub-01"}, {"sub-02"}, {"sub-03"}]


def test_without_a_fold_all_teach(brains: Path) -> None:
    taught, judging = gather([brains])
    assert len(taught) == 2 * 4 * 3  # every plane in two contrasts
    assert judging == []


def test_weights_say_which_contrasts_they_learned_from(brains: Path) -> None:
    taught, _ = gather([brains])
    material = Planes(taught, PlaneSampling("fourier"))
    assert material.about == {"contrasts": '["FLAIR", "T1w", "T2w"]'}
    unknown = of_scan(Scan(noise(34, 34, 34), np.eye(4)), "head")
    assert Planes([*taught, *unknown], PlaneSampling("fourier")).about == {}


def test_the_other_contrast_makes_bright_dark_and_keeps_the_air_dark() -> None:
    ramp = np.linspace(0, 1, 101, dtype=np.float32)
    source = PlaneSource("ramp", "ramp", np.tile(ramp[:, None, None], (1, 4, 4)))
    other = other_contrast(source).array[:, 0, 0]
    assert other[0] == 0
    assert other.max() == 1
    assert 0.4 < ramp[other.argmax()] < 0.7
    assert other[-1] < 0.5
    assert source.seen(0.25, "fourier").shape == source.array.shape
    assert not np.allclose(other_contrast(source).seen(0.25, "fourier"), source.seen(0.25, "fourier"))


def test_ixi_teaches_in_the_plane_it_was_acquired_in_and_holds_out_whole_subjects(ixi_t2: Path) -> None:
    taught, judging = gather([ixi_t2])
    assert {source.subject for source in taught} == {"IXI002", "IXI012", "IXI013"}
    assert [source.array.shape for source in judging] == [(40, 40, 10)]
    assert judging[0].subject == "IXI014"


def test_the_split_of_the_paper_counts_slices() -> None:
    slices = {f"IXI{n:03d}": 130 for n in range(69)}  # 8970 slices of 69 people
    apart = ixi.held_out(slices)
    assert sum(slices[one] for one in apart) == 1040  # 955 of 8955, rounded up to whole people
    assert min(apart) == "IXI061"


def test_folds_that_cannot_be_are_refused(brains: Path, tmp_path: Path) -> None:
    scans = [Found(name, name, Scan(noise(4, 4, 4), np.eye(4))) for name in "ab"]
    for fold in ((1, 3), (3, 2), (0, 2), (1, 1)):
        with pytest.raises(BadParameter, match="impossible"):
            held_out(scans, fold)
    for text in ("2", "a/b", "1/2/3", ""):
        with pytest.raises(BadParameter, match="is no fold"):
            parse_fold(text)
    coarse = np.kron(noise(5, 5, 5), np.ones((8, 8, 8), np.float32))
    flat = write(tmp_path / "coarse.nii.gz", gaussian_filter(coarse, 4))
    with pytest.raises(NothingToRead):
        gather([flat])

"""What the command maps refuses, each in one line with what to do; and the ways out that the lines name."""

import json
import re
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from napari_mrsr.files import write_nifti
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.mapping.rigid import rigid
from napari_mrsr.networks import registry
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import Mapper
from napari_mrsr.phantoms.brain import brain
from napari_mrsr.phantoms.brain.contrasts import weighted


@pytest.fixture(scope="module")
def images():
    return weighted(brain(3, spacing=6.0, lesions="none"))


@pytest.fixture
def command(images, tmp_path):
    """Return the arguments of the command for three images, some of them others."""
    conditions = MapConditions(voxel=(5.0, 7.0)).written()
    weights = registry.save(Mapper(features=2, levels=2, conditions=conditions), tmp_path / "weights.safetensors")

    def call(*more, names=("T1w", "T2w", "FLAIR"), bare=False, **others):
        given = ["maps", "--weights", weights, "-o", tmp_path / "maps"]
        for name in names:
            path = write_nifti(others.get(name, images[name]), tmp_path / f"{name}.nii.gz")
            if bare:
                path.with_name(f"{name}.json").unlink()
            given += [f"--{name.lower()}", path]
        return [*given, *more]

    return call


@pytest.mark.parametrize("gone", ["T1w", "T2w", "FLAIR"])
def test_two_of_three(command, refused, gone):
    names = [name for name in ("T1w", "T2w", "FLAIR") if name != gone]
    said = refused(*command(names=names))
    assert f"{gone} missing" in said
    assert f"give {gone} too" in said


def test_another_person(command, refused):
    other = weighted(brain(4, spacing=6.0, lesions="none"))["FLAIR"]
    assert "(FLAIR) shows another person than T1w; give three images of one person" in refused(*command(FLAIR=other))


def test_another_grid_and_its_remedy(command, refused, shell, images, tmp_path):
    motion = rigid((0, 0, 4), (5, 0, -3))
    moved = replace(images["T2w"], affine=motion @ images["T2w"].affine)
    said = refused(*command(T2w=moved))
    assert "(T2w) lies on another grid than T1w: 32x37x32 at 6x6x6 mm as there, but 6.4 mm away or turned" in said
    assert "--register" in said
    outcome = shell(*command("--register", T2w=moved))
    assert outcome.code == 0, outcome.err
    told = re.search(r"warning: T2w was registered to T1w: moved by [\d.]+ mm, ([\d.]+) degrees", outcome.err)
    assert told is not None, outcome.err
    assert float(told[1]) == pytest.approx(4, abs=0.5)
    written = json.loads((tmp_path / "maps" / "registration.json").read_text())
    np.testing.assert_allclose(written["T2w"]["transform_ras_mm"], np.linalg.inv(motion), atol=0.5)
    assert written["FLAIR"]["header_geometry_kept"]
    brought = nibabel.load(tmp_path / "maps" / "T2w_registered.nii.gz")
    np.testing.assert_allclose(brought.affine, images["T1w"].affine, atol=1e-4)
    told = json.loads((tmp_path / "maps" / "T1map.json").read_text())
    assert "registered to T1w" in json.dumps(told)


def test_a_flair_as_t2w(command, refused, images):
    assert "is FLAIR and was offered as T2w" in refused(*command(T2w=images["FLAIR"]))


def test_the_uniform_image_of_mp2rage(command, refused, images):
    array = images["T1w"].array / images["T1w"].array.max() - 0.5
    assert "as the uniform image of MP2RAGE" in refused(*command(T1w=replace(images["T1w"], array=array)))


def test_headers_without_timings(command, refused, shell):
    said = refused(*command(bare=True))
    for words in (
        "TR of T1w (1900 ms)",
        "TI of T1w (900 ms)",
        "flip angle of T1w (9 degrees)",
        "TE of T2w (93 ms)",
        "--assume",
    ):
        assert words in said, said
    some = ("--t1w-tr", 2000, "--t1w-ti", 880, "--t1w-flip", 8, "--t2w-tr", 7000, "--t2w-te", 93, "--flair-tr", 5000)
    said = refused(*command(*some, bare=True))
    assert "headers lack TI of FLAIR (" in said
    assert "T1w" not in said.split("lack")[1].split(";")[0]
    outcome = shell(*command(*some, "--flair-ti", 1800, bare=True))
    assert outcome.code == 0, outcome.err
    assert "assumed" not in outcome.err


def test_a_timing_given_is_taken_before_that_of_the_header(command, shell):
    outcome = shell(*command("--t1w-ti", 1300))
    assert outcome.code == 0
    assert "--t1w-ti 1300 is taken instead of 900 in the header of T1w" in outcome.err
    assert "T1w has a TI of 1300 ms, the training 900" in outcome.err


def test_t2_beyond_range_is_not_a_number_with_its_reason(command, shell, tmp_path, monkeypatch):
    from napari_mrsr import brain_maps

    finish = brain_maps.finish
    long = np.array([900, 2000, 0.8], np.float32)[:, None, None, None]  # as a network would say of fluid
    monkeypatch.setattr(
        brain_maps, "finish", lambda job, maps, **more: finish(job, np.where(maps > 0, long, maps), **more)
    )
    assert shell(*command()).code == 0
    t2, reason = (nibabel.load(tmp_path / "maps" / f"{name}.nii.gz").get_fdata() for name in ("T2map", "T2map_reason"))
    assert np.isnan(t2).all()
    assert np.count_nonzero(reason == Reason.OUT_OF_RANGE) > 1000


def test_a_head_that_moved_on_one_grid_is_told_and_shown(command, shell, images, tmp_path):
    from scipy.ndimage import shift

    array = shift(images["T2w"].array[0], (0, 1, 0), order=1)[None]
    outcome = shell(*command(T2w=replace(images["T2w"], array=array)))
    assert outcome.code == 0
    told = re.search(r"T2w lies ([\d.]+) mm and", outcome.err)
    assert told is not None, outcome.err
    assert float(told[1]) == pytest.approx(6, abs=0.6)
    assert "register them (--register)" in outcome.err
    assert "FLAIR lies" not in outcome.err
    assert nibabel.load(tmp_path / "maps" / "T2w_edges.nii.gz").get_fdata().any()

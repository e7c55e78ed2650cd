"""The command maps, on a small phantom written to the disk."""

import json

import nibabel
import numpy as np
import pytest

from napari_mrsr.cli.run import run
from napari_mrsr.files import write_nifti
from napari_mrsr.networks import registry
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import Mapper
from napari_mrsr.phantoms.brain import brain
from napari_mrsr.training.brain_contrasts import weighted


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("brain")
    for name, scan in weighted(brain(3, spacing=8.0, lesions="none")).items():
        write_nifti(scan, place / f"{name}.nii.gz")
    conditions = MapConditions(voxel=(7.0, 9.0)).written()
    registry.save(Mapper(features=2, levels=2, conditions=conditions), place / "weights.safetensors")
    return place


def line(folder, out, *more):
    images = [part for n in ("T1w", "T2w", "FLAIR") for part in (f"--{n.lower()}", str(folder / f"{n}.nii.gz"))]
    return ["maps", *images, "--weights", str(folder / "weights.safetensors"), "-o", str(out), *more]


def test_maps_stand_in_the_folder_with_their_unit_and_reasons(folder, tmp_path, capsys):
    assert run(line(folder, tmp_path / "maps")) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(tmp_path / "maps")
    assert "synthesised from the maps is off by" in said.err
    t1 = nibabel.load(tmp_path / "maps" / "T1map.nii.gz").get_fdata()
    reason = nibabel.load(tmp_path / "maps" / "T1map_reason.nii.gz").get_fdata()
    assert np.isfinite(t1).any()
    assert (np.isnan(t1) == (reason > 0)).all()
    sidecar = json.loads((tmp_path / "maps" / "T2map.json").read_text())
    assert sidecar["Units"] == "ms"
    assert {f"{n}_{kind}.nii.gz" for n in ("T1w", "T2w") for kind in ("synthesised", "difference")} <= {
        path.name for path in (tmp_path / "maps").iterdir()
    }


def test_two_of_three_are_refused_before_anything_is_read(folder, tmp_path, capsys):
    assert run(["maps", "--t1w", "none.nii.gz", "--flair", "none.nii.gz", "-o", str(tmp_path / "maps")]) == 2
    assert "T2w missing" in capsys.readouterr().err
    assert not (tmp_path / "maps").exists()


def test_a_swapped_pair_is_refused(folder, tmp_path, capsys):
    given = line(folder, tmp_path / "maps")
    given[given.index("--t2w") + 1], given[given.index("--flair") + 1] = (
        given[given.index("--flair") + 1],
        given[given.index("--t2w") + 1],
    )
    assert run(given) == 2
    assert "was offered as T2w" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "value"), [("--plane", "oblique"), ("--precision", "int8"), ("--method", "lean")])
def test_unknown_choices_are_refused(folder, tmp_path, capsys, option, value):
    assert run(line(folder, tmp_path / "maps", option, value)) == 2
    assert f"{option} {value} is unknown" in capsys.readouterr().err

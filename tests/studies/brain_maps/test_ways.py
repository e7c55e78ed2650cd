"""Which weights are scored, what the literature says, and a reader's own heads."""

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, NothingToRead, WeightsMissing
from napari_mrsr.files import write_nifti
from napari_mrsr.networks import registry
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import Mapper
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain_maps import own_heads, ways
from tests.studies.brain_maps.made import subject


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    return registry.save(Mapper(features=2, levels=2, conditions=MapConditions().written()), path)


@pytest.fixture(scope="module")
def head():
    from napari_mrsr.studies.brain_maps.conditions import NOMINAL, named

    return subject(4).under(named([NOMINAL])[0])


@pytest.fixture
def told(head, monkeypatch):
    """Tissues as they are, in place of those that would be told from a T1w."""
    shares = {name: np.float32(head.tissues == n) for n, name in ((1, "white matter"), (2, "grey matter"), (3, "CSF"))}
    for module in (ways, own_heads):
        monkeypatch.setattr(module, "shares_on", lambda scan: (shares, ()))
    return shares


def test_files_stand_for_shipped_weights_and_missing_ones_are_left_out(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(ways, "SHIPPED", dict.fromkeys(ways.SHIPPED, "none-such"))
    found, left_out = ways.chosen(files={"hybrid": str(weights)})
    assert [way.name for way in found] == ["literature", "hybrid"]
    assert set(left_out) == {"supervised", "hybrid as published"}
    assert found[1].depends_on()["sha256"]
    named, _ = ways.chosen([f"mine={weights}"], files={"hybrid": str(weights)})
    assert [way.name for way in named] == ["mine", "hybrid"]
    with pytest.raises(WeightsMissing):
        ways.chosen(["supervised"])
    with pytest.raises(WeightsMissing):
        ways.chosen(files={"hybrid": str(tmp_path / "none.safetensors")})
    with pytest.raises(BadParameter, match="twice"):
        ways.chosen(["literature", "literature"])


def test_a_network_maps_as_a_user_would(weights, head):
    (way,), _ = ways.chosen([f"mine={weights}"])
    done = []
    found = way.map(head.scans, done.append, None)
    assert found.t1.shape == head.t1.shape
    assert done[-1] == 1
    assert found.seconds > 0


def test_the_literature_gives_tissues_their_published_values(head, told):
    found = ways.Literature().map(head.scans, lambda part: None, None)
    assert np.unique(found.t1[head.tissues == 1]) == pytest.approx([832.0], rel=1e-3)
    assert np.unique(found.t2[head.tissues == 2]) == pytest.approx([110.0], rel=1e-3)
    assert np.isnan(found.t2[head.tissues == 3]).all()  # fluid is out of range, as for networks
    assert np.isnan(found.t1[head.tissues == 0]).all()


def test_a_readers_own_heads_are_read_with_their_maps(head, told, tmp_path):
    folder = tmp_path / "heads" / "sub-01" / "anat"
    folder.mkdir(parents=True)
    for name, scan in head.scans.by_name.items():
        write_nifti(scan, folder / f"sub-01_{name}.nii.gz")
    like = head.scans.t1w
    values = np.where(np.isfinite(head.t1), head.t1, 0)[None]
    t1 = replace(Scan(values, like.affine), axis="map", names=("T1",), quantity="T1", unit="ms")
    write_nifti(t1, folder / "sub-01_T1map.nii.gz")
    cohort = own_heads.own_cohort(tmp_path / "heads")
    own = cohort.entries[0].load()
    assert (own.name, own.condition) == ("sub-01", "as scanned")
    known = np.isfinite(own.t1)
    assert known.sum() > 0.8 * np.isfinite(head.t1).sum()
    np.testing.assert_allclose(own.t1[known], head.t1[known], rtol=1e-3)
    assert np.isnan(own.t2).all()
    (folder / "sub-01_T1map.nii.gz").unlink()
    with pytest.raises(NothingToRead, match="no map"):
        own_heads.own_cohort(tmp_path / "heads")

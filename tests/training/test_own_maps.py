"""Heads with measured maps teach: what of them counts, whose timings, and a run by the command that maps with it."""

from dataclasses import replace

import nibabel
import numpy as np
import pytest
import torch

from napari_mrsr.cli.run import run
from napari_mrsr.errors import BadParameter, NothingToRead
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import load
from napari_mrsr.phantoms.brain.contrasts import Protocol
from napari_mrsr.physics.mprage import MprageTimings
from napari_mrsr.training import map_timings, own_maps
from napari_mrsr.training.edge_loss import HybridLoss, map_loss
from napari_mrsr.training.map_material import MapSampling, draw
from napari_mrsr.training.map_signals import signals_of
from napari_mrsr.training.map_targets import unpacked
from tests import own_heads

SLOW = Protocol(mprage=MprageTimings(repetition_time=2200.0, inversion_time=1000.0))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Two heads with all maps, one with T1 alone and other timings."""
    folder = tmp_path_factory.mktemp("heads")
    own_heads.write(folder, 1)
    own_heads.write(folder, 2)
    own_heads.write(folder, 3, maps=("T1",), protocol=SLOW)
    return folder


@pytest.fixture(scope="module")
def gathered(cohort):
    lines = []
    return own_maps.gather([cohort], MapConditions(), report=lines.append), lines


def upright(volumes):
    """Return what lies as a network sees it, sagittal slices first, on the grid of the files."""
    return volumes[:, ::-1, :, ::-1].swapaxes(2, 3).astype(float)


def test_what_is_learned_is_what_was_measured(gathered):
    """Labels on the grid of the images: those of the phantom but for the thick slices, M0 at its scale, air without."""
    own, _ = gathered
    one = own.teaching[0]
    assert one.images.shape == one.labels.shape
    assert one.normals == (0,)  # sagittal, its rows along the coarse axis, head to foot
    true = own_heads.maps_of(1)
    tissue = (true.t1 > 600) & (true.t1 < 3000)
    for label, wanted in zip(upright(one.labels), true, strict=True):
        ratio = label[tissue] / wanted[tissue]
        assert np.median(np.abs(ratio / np.median(ratio) - 1)) < 0.15  # in its place; thick slices mix tissues
        assert 0.9 < np.median(ratio) < 1.15
    assert np.isnan(one.labels[:, :2, :2, :2]).all()  # air


def test_true_maps_cost_nothing_where_slices_are_averaged_as_in_the_files(gathered):
    """Maps are averaged over the slices of the files, 3.5 voxels in their places, unless labels count as published."""
    true = np.nan_to_num(np.stack(own_heads.maps_of(1)), nan=1000.0).swapaxes(2, 3)[:, ::-1, :, ::-1]
    one, loss, costs = replace(gathered[0].teaching[0], images=true), HybridLoss({}, 0.0, (1, 1, 0)), []
    for source, slabs in ((one, True), (replace(one, slabs=one.slabs.mirrored), True), (one, False)):
        batch = draw([source], MapSampling(patch=32, batch=4, vary=False, slabs=slabs), 0, 0)
        costs.append(float(loss(batch.thick, batch.thin)))
    assert costs[0] < 1e-3 < 8e-3 < min(costs[1:])


def test_timings_voxels_and_ranges_are_those_of_the_data(gathered):
    own, lines = gathered
    assert own.conditions.mprage == MprageTimings()  # the median
    assert own.conditions.spread == pytest.approx(300 / 1900, rel=1e-6)
    assert own.conditions.voxel == pytest.approx((2.8, 5.2))
    assert own.conditions.t2[1] <= 600
    assert [one.protocol for one in own.teaching] == [0, 0, 1]
    assert own.others[0].mprage.inversion_time == 1000
    assert "2 protocols: the edges of each head are synthesised with its own" in lines
    assert own.conditions.trained["own maps"]["labels"] == {"T1": 3, "T2": 2, "M0": 2}


def test_timings_too_far_apart_are_refused():
    alike = {n: {("mprage", "inversion_time"): 900.0} for n in "ab"}
    with pytest.raises(BadParameter, match="inversion time of T1w is 1200"):
        map_timings.common({**alike, "c": {("mprage", "inversion_time"): 1200.0}}, MapConditions())


def test_trains_are_assumed_that_fit_the_timings():
    found, lines = map_timings.own({("tse", "echo_time"): 450.0, ("tse", "repetition_time"): 3200.0}, MapConditions())
    assert found.tse.echo_time == 450
    assert found.tse.pulses == 51
    assert "51 echoes" in lines[0]
    short = {("mprage", "inversion_time"): 450.0, ("mprage", "repetition_time"): 1500.0}
    found, lines = map_timings.own(short, MapConditions())
    assert (found.mprage.inversion_time, found.mprage.echo_spacing) == (450, 5.6)
    assert "5.6 ms is assumed" in lines[0]


def test_a_missing_map_neither_teaches_nor_breaks_the_others():
    """T1 and M0 get the same gradient whether T2 has labels or not, T2 none; edges go on in all of them."""
    torch.manual_seed(0)
    maps = torch.rand(2, 3, 12, 12) * torch.tensor([1000.0, 100, 1]).reshape(1, 3, 1, 1) + 50
    labels = 1.1 * maps
    valid = torch.ones(2, 3, 12, 12)
    valid[:, :, :2] = 0
    without = valid.clone()
    without[:, 1] = 0
    gradients = []
    for mask in (valid, without):
        found = maps.clone().requires_grad_(True)
        map_loss(found, labels, mask).backward()
        gradients.append(found.grad)
    torch.testing.assert_close(gradients[0][:, [0, 2]], gradients[1][:, [0, 2]])
    assert (gradients[1][:, 1] == 0).all()
    assert (gradients[0][:, 1, 2:] != 0).all()


def test_edges_teach_where_t2_is_unknown_by_the_timings_of_the_head(gathered):
    own, _ = gathered
    batch = draw(own.teaching[2:], MapSampling(patch=24, batch=2, neighbours=1), 0, 0)
    target = unpacked(batch.thin)
    assert (target.protocol == 1).all()
    assert target.valid[:, 0].any()
    assert not target.valid[:, 1].any()
    contrasts = ("T1w", "T2w", "FLAIR")
    signals, others = signals_of(own.conditions, contrasts), [signals_of(one, contrasts) for one in own.others]
    maps = torch.nan_to_num(target.labels).clamp_min(100.0).requires_grad_(True)
    _, edges = HybridLoss(signals, 1.0, others=others).terms(maps, batch.thin)
    (gradient,) = torch.autograd.grad(edges, maps)
    assert (gradient[:, 1] != 0).any()
    assert torch.isfinite(gradient).all()
    made = HybridLoss(signals, 1.0, others=others).synthesised(maps[..., 0], torch.ones(2))
    torch.testing.assert_close(made[:, 0], others[0]["T1w"](*maps[..., 0].unbind(1)))


def test_incomplete_heads_are_left_out_and_none_at_all_is_refused(cohort, tmp_path):
    lines = []
    place = tmp_path / "sub-9"
    place.mkdir()
    (place / "sub-9_T1w.nii.gz").write_bytes(b"")
    with pytest.raises(NothingToRead, match="no head with"):
        own_maps.gather([tmp_path], MapConditions(), report=lines.append)
    assert lines == ["sub-9 lacks T2w and FLAIR: left out"]
    with pytest.raises(BadParameter, match="would teach and judge"):
        own_maps.gather([cohort], MapConditions(), validate=[cohort])
    with pytest.raises(BadParameter, match="fold 1/4 of 3 persons"):
        own_maps.gather([cohort], MapConditions(), fold=(1, 4))


def test_the_command_trains_on_them_and_maps_with_the_weights(cohort, tmp_path, capsys):
    out = tmp_path / "run"
    options = ["--quick", "--steps", "30", "--fold", "3/3", "--neighbours", "1", "--flair-edges"]
    assert run(["train", "brain-maps", "--maps", str(cohort), "-o", str(out), *options]) == 0
    said = capsys.readouterr().err
    assert "sub-3: T1, held out" in said
    assert "sub-3: error of T1" in said  # T2, which it has not, is not judged
    conditions = MapConditions.read(load(out / "weights.safetensors").settings["conditions"])
    assert conditions.voxel == pytest.approx((2.8, 5.2))
    images = [
        part
        for name in ("T1w", "T2w", "FLAIR")
        for part in (f"--{name.lower()}", str(cohort / f"sub-3/anat/sub-3_{name}.nii.gz"))
    ]
    line = ["maps", *images, "--weights", str(out / "weights.safetensors"), "-o", str(tmp_path / "maps")]
    assert run(line) == 0
    assert np.isfinite(nibabel.load(tmp_path / "maps" / "T1map.nii.gz").get_fdata()).any()


def test_a_map_that_nobody_has_is_not_shown(tmp_path):
    own_heads.write(tmp_path, 4, maps=("T1",))
    lines = []
    own = own_maps.gather([tmp_path], MapConditions(), report=lines.append)
    assert own.untaught == ("T2", "M0")
    assert own.conditions.t2 == (0, 0)
    assert any("no head has T2" in line for line in lines)
    # beside phantoms, which have it, it is taught
    assert own_maps.with_made(own, MapConditions()).t2 == MapConditions().t2


@pytest.mark.parametrize("options", [["--fold", "1/2"], ["--label-axis", "axial"]])
def test_what_belongs_to_maps_is_refused_without(options, tmp_path, capsys):
    assert run(["train", "brain-maps", "-o", str(tmp_path), *options]) == 2
    assert "--maps" in capsys.readouterr().err

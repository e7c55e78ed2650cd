"""Maps are averaged as thick labels were: sharp true maps cost nothing, and blurred ones do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_mrsr.physics.mixtures import Maps
from napari_mrsr.training.brain_contrasts import thick_maps, thickening
from napari_mrsr.training.edge_loss import HybridLoss
from napari_mrsr.training.label_slabs import as_labelled, where_known
from napari_mrsr.training.map_material import MapSampling, MapSource, draw

ROWS, COLUMNS = 40, 24


@pytest.fixture(scope="module")
def source() -> MapSource:
    """Strips of cortex between white matter and fluid, labelled in slabs of 3.5 mm."""
    rng = np.random.default_rng(0)
    tissues = np.array([[838.0, 74.0, 0.7], [1500.0, 100.0, 0.82], [4000.0, 1800.0, 1.0]])
    which = rng.integers(3, size=(3, ROWS, COLUMNS)).repeat(2, axis=1)[:, :ROWS]
    truth = np.moveaxis(tissues[which], -1, 0).astype(np.float32)
    labels = np.stack(thick_maps(Maps(*truth), 1.0, axis=1, offset=1.3))
    images = rng.random((3, 3, ROWS, COLUMNS)).astype(np.float32)
    return MapSource("strips", "strips", images, labels, truth=truth, slabs=thickening(ROWS, 1.0, 3.5, 1.3))


def test_what_is_averaged_here_is_what_the_label_was_made_of(source: MapSource) -> None:
    assert source.slabs is not None
    first, count = 4, 30
    mean, back = (torch.from_numpy(part)[None] for part in source.slabs.cut(first, count))
    both = (np.asarray(part)[:, 0, first : first + count] for part in (source.truth, source.labels))
    truth, labels = (torch.from_numpy(part)[None] for part in both)
    known = where_known(torch.ones_like(labels), mean, back).bool()
    assert 0.75 < float(known.float().mean()) < 1  # the slabs at both ends reach out of the patch
    torch.testing.assert_close(as_labelled(truth, mean, back)[known], labels[known], rtol=2e-4, atol=1e-3)


@pytest.mark.parametrize("step", range(3))
def test_true_maps_cost_nothing_wherever_a_patch_is_cut_and_however_mirrored(source: MapSource, step: int) -> None:
    assert source.truth is not None
    sampling = MapSampling(patch=24, batch=3, gain_spread=0.0, slabs=True)
    batch = draw([replace(source, images=source.truth)], sampling, 0, step)
    truth, labels, loss = batch.thick, batch.thin[:, :3], HybridLoss({}, 0.0)
    assert float(loss(truth, batch.thin)) < 1e-4
    assert float(loss(labels, batch.thin)) > 0.02  # labels taken for maps are blurred once more
    published = batch.thin[:, :10]  # without matrices: labels cost nothing, and true maps do
    assert float(loss(labels, published)) == 0 < 0.05 < float(loss(truth, published))

"""Slices that a mapping network is given: as they lay in training, and as good as whole without their frame of air."""

from itertools import product

import numpy as np
import torch

from napari_mrsr.inference.slice_maps import stream
from napari_mrsr.networks.brain_slices import normal_of, seen_as
from napari_mrsr.networks.mapper import Mapper
from napari_mrsr.phantoms.brain import brain
from napari_mrsr.training.brain_contrasts import sagittal_slices


def test_slices_lie_as_those_that_teach_or_are_their_mirror_image():
    head = brain(3, spacing=8.0, lesions="none")
    taught = sagittal_slices(head, "head").truth[:, 0]
    order, _ = seen_as(head.labels, normal_of(head.labels, "sagittal"))
    seen = np.nan_to_num(np.asarray(head.maps.t1, np.float32).transpose(order))
    middle = seen[:, :, seen.shape[2] // 2]
    mirrored = [middle[::up, ::front] for up, front in product((1, -1), repeat=2)]
    assert any(one.shape == part.shape and np.allclose(one, part) for one in mirrored for part in np.nan_to_num(taught))


def test_what_is_cut_off_is_seen_by_no_voxel_of_the_head():
    """Noise about a small head: its maps are those of whole slices."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = Mapper(features=3, levels=3)
    images = [rng.random((96, 88, 2), np.float32) for _ in range(3)]
    inside = np.zeros(images[0].shape, bool)
    inside[41:55, 38:49] = True
    with torch.inference_mode():
        whole = network(torch.from_numpy(np.stack(images))[None])[0].numpy()
    maps = np.full_like(whole, np.nan)
    for tile in stream(
        network, images, (1, 1, 1), order=(0, 1, 2), mirrored=(False,) * 3, inside=inside, precision="fp32"
    ):
        tile.write(maps)
    assert np.isnan(maps[:, 0]).all()  # and yet a frame is cut off
    np.testing.assert_allclose(maps[:, inside], whole[:, inside], rtol=1e-5)

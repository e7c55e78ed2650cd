"""What a planning scan teaches and what of it is held out."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.training.in_plane import PlaneSampling
from napari_mrsr.training.planning_pairs import PlanningPairs, planning_pairs
from tests.training.planning import planning

SAMPLING = PlaneSampling("trilinear", patch=(16, 16, 8), stride=(1, 1, 1), batch=8, fractions=(0.25, 0.0625))


def every_patch(pairs: PlanningPairs) -> torch.Tensor:
    return torch.cat([batch.thin for batch in pairs.epoch(0)])


def test_held_out_slices_and_their_neighbour_reach_no_patch() -> None:
    array = planning().array / 1000 + np.arange(1, 13)  # slice 1 holds values of 1 to 1.1, slice 12 of 12 to 12.1
    pairs = planning_pairs(Scan(array, planning().affine, slice_axis=2), SAMPLING)
    patches = torch.cat([pairs.anywhere(0, number).thin for number in range(40)])
    taught = {int(v) for v in np.unique(patches.numpy() * array.max() + 0.01)}
    judged = {int(v) for case in pairs.cases for v in np.unique(case.sharp[..., case.counted] * array.max() + 0.01)}
    assert pairs.held_out == len(judged) == 2
    assert len(taught) == 12 - 2 - 1
    assert not taught & judged
    assert min(abs(a - b) for a in taught for b in judged) == 2


def test_that_end_is_held_out_where_more_is_lost() -> None:
    scan = planning()
    for flat, block in ((slice(0, 4), slice(10, 12)), (slice(8, 12), slice(0, 2))):
        array = scan.array.copy()
        array[..., flat] = array[..., flat].mean()
        pairs = planning_pairs(Scan(array, scan.affine, slice_axis=2), SAMPLING)
        expected = (array[0] / array.max())[..., block]
        case = pairs.cases[0]
        low = [(n - m) // 2 // 4 * 4 for n, m in zip(expected.shape[:2], case.sharp.shape[:2], strict=True)]
        window = tuple(slice(a, a + m) for a, m in zip(low, case.sharp.shape[:2], strict=True))
        np.testing.assert_allclose(case.sharp[..., case.counted], expected[window])


def test_an_epoch_holds_every_place_once_at_every_share() -> None:
    pairs = planning_pairs(planning((20, 19, 12)), SAMPLING)
    assert pairs.patches == 2 * math.prod((20 - 15, 19 - 15, 9 - 7))
    patches = every_patch(pairs)
    assert len(patches) == pairs.patches
    corners = [tuple(patch[0, :2, 0, 0].tolist()) for patch in patches]
    assert len(set(corners)) == pairs.patches / 2
    assert sorted(corners)[::2] == sorted(corners)[1::2]


def test_without_held_out_slices_there_are_as_many_patches_as_published() -> None:
    sampling = replace(SAMPLING, patch=(24, 24, 24), fractions=(0.0625,))
    pairs = planning_pairs(planning((32, 28, 26)), sampling, hold_out=0)
    assert pairs.patches == (32 - 23) * (28 - 23) * (26 - 23)
    assert (256 - 23) * (192 - 23) * (40 - 23) == 669_409


def test_a_region_is_seen_as_in_the_whole() -> None:
    scan = planning()
    region = ((10, 34), (8, 32), (2, 12))
    pairs = planning_pairs(scan, SAMPLING, region=region, hold_out=0)
    whole = planning_pairs(scan, SAMPLING, hold_out=0)
    window = tuple(slice(*part) for part in region)
    np.testing.assert_array_equal(
        pairs.sources[0].seen(0.25, "trilinear"), whole.sources[0].seen(0.25, "trilinear")[window]
    )


def test_what_is_seen_is_the_degraded_scan() -> None:
    scan = planning((48, 40, 12))
    pairs = planning_pairs(scan, SAMPLING, hold_out=0)
    coarse = degrade(scan, kspace=0.25).array[0] / scan.array.max()
    np.testing.assert_allclose(pairs.sources[0].seen(0.25, "trilinear")[::2, ::2], coarse, atol=1e-3)


def test_the_slice_axis_is_turned_to_the_last_place() -> None:
    scan = planning()
    turned = Scan(np.moveaxis(scan.array, 3, 1), np.diag([4.0, 1.5, 1.5, 1.0]), slice_axis=0)
    one, other = planning_pairs(scan, SAMPLING), planning_pairs(turned, SAMPLING)
    np.testing.assert_array_equal(one.sources[0].array, other.sources[0].array)
    region = planning_pairs(turned, SAMPLING, region=((0, 12), (10, 34), (8, 32)))
    assert region.sources[0].array.shape == (24, 24, 9)


def test_the_same_seed_draws_the_same_patches() -> None:
    pairs = planning_pairs(planning(), SAMPLING)
    one, again, other = pairs.anywhere(1, 5), pairs.anywhere(1, 5), pairs.anywhere(2, 5)
    assert torch.equal(one.thin, again.thin)
    assert not torch.equal(one.thin, other.thin)
    assert one.thick.shape == (8, 1, 16, 16, 8)

"""Edges of synthesised images against those acquired: scale, gradient, and Sobel by another library."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from napari_mrsr.training.edge_loss import HybridLoss, edge_loss, edge_maps, map_loss, sobel
from napari_mrsr.training.map_targets import packed


def weighted(t1, t2, m0):
    """Stand-in for a T1-weighted signal: short T1 is bright."""
    return m0 * torch.exp(-t1 / 1000)


def t2_weighted(t1, t2, m0):
    """Stand-in for a T2-weighted signal: long T2 is bright."""
    return m0 * torch.exp(-90 / t2)


SIGNALS = {"T1w": weighted, "T2w": t2_weighted}


def brain(batch=2, size=24, seed=0):
    """Maps of blocks: T1 400 to 2000 ms, T2 40 to 200 ms, M0 0.6 to 1."""
    rng = np.random.default_rng(seed)
    blocks = rng.random((batch, 3, size // 4, size // 4))
    blocks = blocks.repeat(4, axis=2).repeat(4, axis=3)
    low, high = np.array([400, 40, 0.6]), np.array([2000, 200, 1.0])
    maps = low[None, :, None, None] + blocks * (high - low)[None, :, None, None]
    return torch.from_numpy(maps.astype(np.float32))


def images_of(maps):
    t1, t2, m0 = maps.unbind(1)
    return torch.stack([weighted(t1, t2, m0), t2_weighted(t1, t2, m0), m0], dim=1)


@pytest.mark.parametrize("edges", ["components", "length"])
def test_sobel_agrees_with_scipy(edges):
    image = np.random.default_rng(1).random((9, 12))
    found = edge_maps(torch.from_numpy(image), edges).numpy()
    gradient = np.stack([ndimage.sobel(image, axis=axis, mode="nearest") / 8 for axis in (0, 1)])
    wanted = gradient if edges == "components" else np.hypot(*gradient)[None]
    np.testing.assert_allclose(found, wanted, atol=2e-6)


@pytest.mark.parametrize("gain", [1e-3, 0.3, -2.0, 1e4])
@pytest.mark.parametrize("edges", ["components", "length"])
def test_the_scale_of_a_synthesised_image_does_not_matter(gain, edges):
    made, acquired = torch.rand(2, 2, 16, 20), torch.rand(2, 2, 16, 20)
    if edges == "length":
        gain = abs(gain)
    expected = edge_loss(made, acquired, edges=edges)
    torch.testing.assert_close(edge_loss(gain * made, acquired, edges=edges), expected, rtol=1e-3, atol=1e-6)


def test_every_image_and_contrast_has_a_scale_of_its_own():
    acquired = torch.rand(2, 2, 16, 16)
    gains = torch.tensor([[1.0, 20.0], [0.01, 3.0]])[:, :, None, None]
    assert edge_loss(gains * acquired, acquired) < 1e-6


def test_the_scale_is_that_of_least_squares():
    rng = np.random.default_rng(2)
    made, acquired = rng.random((1, 1, 10, 10)), rng.random((1, 1, 10, 10))
    one, other = (
        np.stack([ndimage.sobel(x[0, 0], axis=a, mode="nearest") / 8 for a in (0, 1)]).ravel() for x in (made, acquired)
    )
    scale = np.linalg.lstsq(one[:, None], other, rcond=None)[0][0]
    wanted = np.abs(scale * one - other).mean()
    found = edge_loss(torch.from_numpy(made), torch.from_numpy(acquired))
    assert float(found) == pytest.approx(wanted, rel=1e-6)


def test_maps_of_nothing_are_not_free():
    """Were the acquired edges scaled in place of the synthesised ones, flat maps would cost nothing."""
    acquired = torch.rand(1, 1, 16, 16)
    flat = edge_loss(torch.zeros_like(acquired), acquired)
    torch.testing.assert_close(flat, sobel(acquired).abs().mean())


@pytest.mark.parametrize("edges", ["components", "length"])
def test_the_gradient_agrees_with_finite_differences(edges):
    made = torch.rand(1, 2, 6, 7, dtype=torch.float64, requires_grad=True)
    acquired = torch.rand(1, 2, 6, 7, dtype=torch.float64)
    valid = torch.ones(1, 1, 6, 7, dtype=torch.float64)
    valid[..., :2, :2] = 0
    assert torch.autograd.gradcheck(lambda x: edge_loss(x, acquired, valid, edges=edges), (made,), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("edges", ["components", "length"])
def test_flat_images_give_finite_losses_and_gradients(edges):
    for value, wanted in ((0.0, torch.zeros(1, 1, 8, 8)), (0.3, torch.rand(1, 1, 8, 8)), (0.0, torch.rand(1, 1, 8, 8))):
        made = torch.full((1, 1, 8, 8), value, requires_grad=True)
        loss = edge_loss(made, wanted, edges=edges)
        loss.backward()
        assert torch.isfinite(loss)
        assert torch.isfinite(made.grad).all()


def test_what_is_not_valid_does_not_count():
    made, acquired = torch.rand(1, 1, 20, 20), torch.rand(1, 1, 20, 20)
    valid = torch.zeros(1, 1, 20, 20)
    valid[..., 4:16, 4:16] = 1
    other = torch.where(valid > 0, made, torch.full_like(made, 7.0))
    torch.testing.assert_close(edge_loss(made, acquired, valid), edge_loss(other, acquired, valid))
    assert edge_loss(made, acquired, torch.zeros_like(valid)) == 0


def test_the_truth_costs_nothing():
    maps = brain()
    target = packed(maps[..., None], torch.ones(2, 1, 24, 24, 1), 7 * images_of(maps)[..., None])
    assert HybridLoss(SIGNALS, weight=1.0)(maps[..., None], target) < 1e-6


def test_supervised_alone_is_the_error_over_three_seconds():
    maps = brain()
    off = maps + torch.tensor([30.0, 3.0, 0.01]).reshape(1, 3, 1, 1)
    target = packed(maps[..., None], torch.ones(2, 1, 24, 24, 1), images_of(maps)[..., None])
    loss = HybridLoss(SIGNALS, weight=0.0)(off[..., None], target)
    assert float(loss) == pytest.approx((30 / 3000 + 3 / 3000 + 0.01) / 3, rel=1e-4)


def test_labels_that_are_not_a_number_do_not_count():
    maps = brain()
    labels = maps.clone()
    labels[:, :, :5] = torch.nan
    valid = torch.isfinite(labels).all(1, keepdim=True).float()
    assert map_loss(maps, torch.nan_to_num(labels), valid) == 0


def test_edges_sharpen_maps_that_coarse_labels_leave_blurred():
    """Maps found by the hybrid loss from labels of 4 voxels end up nearer to the truth than those labels."""
    torch.manual_seed(0)
    truth = brain(batch=1, size=32)
    coarse = truth.reshape(1, 3, 32, 8, 4).mean(-1).repeat_interleave(4, -1)
    coarse = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(coarse, (2, 2, 0, 0), mode="replicate"), (1, 5), 1)
    target = packed(coarse[..., None], torch.ones(1, 1, 32, 32, 1), images_of(truth)[..., None])
    errors = {}
    for weight in (0.0, 1.0):
        log = torch.log(coarse).clone().requires_grad_(True)
        optimizer = torch.optim.Adam([log], lr=0.01)
        loss = HybridLoss(SIGNALS, weight)
        for _ in range(150):
            optimizer.zero_grad()
            loss(log.exp()[..., None], target).backward()
            optimizer.step()
        errors[weight] = float(((log.detach().exp() - truth)[:, :2].abs() / truth[:, :2]).mean())
    assert errors[1.0] < 0.9 * errors[0.0]

r"""What the voxels of a real T1-weighted scan are made of: shares of white matter, grey matter, fluid, and the rest.

Within the brain (:mod:`~napari_mrsr.training.brain_mask`) intensities y, freed of shading b, are taken for those of
three pure tissues and of two mixtures, fluid with grey and grey with white matter; in a mixture all shares are equally
likely. Its density is that of a normal distribution with the mean of both tissues and the variance
:math:`\sigma^2 + (\mu_2 - \mu_1)^2 / 12`. Means, variances, shading and probabilities are found in turn (expectation
maximisation); what a voxel probably is counts with what its neighbours are, as in a hidden Markov field:

.. math:: P_k(x) \propto (G * P_k)(x)^{\beta} \; N(y(x) - b(x); \mu_k, \sigma_k^2)

with y and b logarithms. The share of a tissue is its expectation: 1 in the pure class, the share that the intensity
tells in a mixture.

Known to fail: fluid next to white matter passes through the intensity of grey matter and is called so, one voxel
around the ventricles; deep nuclei of much iron are called white to some part. As anatomy with values of its own this
does no harm: what is synthesised is true of the shares, not of the person.

Source
------
Zhang Y, Brady M, Smith S. Segmentation of brain MR images through a hidden Markov random field model and the
expectation-maximization algorithm. IEEE Trans Med Imaging 2001;20:45-57.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import (
    affine_transform,
    binary_closing,
    binary_dilation,
    binary_erosion,
    binary_fill_holes,
    gaussian_filter,
    label,
    zoom,
)

from napari_mrsr.errors import BadParameter, ConstantImage
from napari_mrsr.phantoms.brain.shares import Shares
from napari_mrsr.scan import Scan
from napari_mrsr.training.brain_mask import brain_mask

Array = npt.NDArray[np.floating[Any]]
Bool = npt.NDArray[np.bool_]

#: Tissues of the brain, from dark to bright on a T1-weighted image, and of the rest of the head.
INSIDE = ("CSF", "grey matter", "white matter")
AROUND = ("cortical bone", "muscle", "fat")
#: Rounds of expectation maximisation, weight of the neighbours, their reach in voxels.
ROUNDS, NEIGHBOURS, REACH = 20, 1.0, 0.8
#: Reach of shading: at first over the whole head, then over the brain, then between tissues, mm.
SHADING_FIRST, SHADING_WITHIN, SHADING = 28.0, (40.0, 26.0, 18.0), 16.0
#: Widest voxels, mm.
COARSEST = 1.6
#: Thickness of the fluid over the brain, which the balloon leaves out, mm.
RIM = 2.0
#: Volumes of adults, ml, below and above which a result is told to be odd.
USUAL = {"white matter": (300.0, 800.0), "grey matter": (400.0, 1000.0), "CSF": (80.0, 600.0)}


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Shares of tissues on a grid whose voxels run to the left, to the back and upwards.

    Parameters
    ----------
    fractions
        By name, those of the brain and around it; what is missing to 1 is air.
    affine
        Voxels to mm, RAS+.
    spacing
        Edge of a voxel, mm.
    brain
        Which voxels are brain or fluid within.
    quality
        Volumes [ml] by tissue, ``"contrast"`` (difference of the means of grey and white matter over their SD), and
        ``"shading"`` (SD of the logarithm of the field that was removed).
    odd
        What is odd, one line each.
    """

    fractions: Shares
    affine: npt.NDArray[np.float64]
    spacing: float
    brain: Bool
    quality: dict[str, float]
    odd: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Matrix."""
        return self.fractions.shape


def brain_tissues(scan: Scan, *, spacing: float = 1.0) -> Anatomy:
    """Return the tissues of a head.

    Parameters
    ----------
    scan
        T1-weighted, one volume (the first is taken), whole brain or most of it; defaced heads are fine.
    spacing
        Edge of the voxels of the result, mm; 0.7 to 1.5 are advisable.

    Raises
    ------
    ConstantImage
        There is nothing to see.
    BadParameter
        The voxels asked for are too coarse: the dark rim between brain and scalp would be lost.
    """
    if not 0 < spacing <= COARSEST:
        raise BadParameter(f"tissues cannot be told in voxels of {spacing:g} mm", remedy=f"give {COARSEST:g} or less")
    volume, affine = isotropic(scan, spacing)
    if not volume.max() > volume.min():
        raise ConstantImage("has one value everywhere", where=scan.where)
    head, even = _evened(volume, spacing)
    brain = brain_mask(even, spacing)
    # The scalp is left out of the shading now, and the balloon blown up once more where it is even.
    even = _evened_within(even, brain, spacing)
    brain = brain_mask(even, spacing)
    even = _evened_within(even, brain, spacing)
    shares, contrast, field = classify(even, brain, spacing)
    soft = gaussian_filter(brain.astype(np.float32), 0.6)
    dense = {name: share * soft for name, share in zip(INSIDE, shares, strict=True)}
    wider = binary_dilation(brain, iterations=max(1, round(RIM / spacing)))
    rim = gaussian_filter(wider.astype(np.float32), 0.6) - soft
    around = _around(even, head, brain, 1 - soft)
    # What is dark next to the brain is fluid before it is bone.
    fluid = np.clip(rim, 0, 1) * np.minimum(1, around["cortical bone"] / np.maximum(1 - soft, 1e-3))
    fluid = np.minimum(fluid, around["cortical bone"])
    dense["CSF"] += fluid
    around["cortical bone"] = around["cortical bone"] - fluid
    dense |= around
    lists = {}
    for name, share in dense.items():
        flat = share.ravel()
        where = np.flatnonzero(flat > 1e-3).astype(np.int32)
        lists[name] = (where, flat[where].astype(np.float32))
    quality = {name: float(dense[name].sum() * spacing**3 / 1000) for name in INSIDE}
    quality |= {"contrast": contrast, "shading": field}
    odd = tuple(
        f"{name}: {quality[name]:.0f} ml, usual are {low:.0f} to {high:.0f}"
        for name, (low, high) in USUAL.items()
        if not low <= quality[name] <= high
    )
    i, j, k = volume.shape
    return Anatomy(Shares((i, j, k), lists), affine, spacing, brain, quality, odd)


def isotropic(scan: Scan, spacing: float) -> tuple[Array, npt.NDArray[np.float64]]:
    """Return a scan's first volume in cubic voxels that run to the left, to the back and upwards, and its affine."""
    from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

    turn = ornt_transform(io_orientation(scan.affine), axcodes2ornt(("L", "P", "S")))
    volume = np.asarray(apply_orientation(np.asarray(scan.array[0], np.float32), turn))
    affine = scan.affine @ inv_ornt_aff(turn, scan.shape)
    have = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    step = spacing / have
    if np.allclose(step, 1, atol=0.01):
        return np.ascontiguousarray(volume), affine
    # What the coarser grid cannot hold is smoothed away first.
    sigma = [0.5 * max(0.0, s * s - 1) ** 0.5 for s in step]
    shape = tuple(int(np.floor((n - 1) / s)) + 1 for n, s in zip(volume.shape, step, strict=True))
    coarse = affine_transform(gaussian_filter(volume, sigma), step, output_shape=shape, order=1, output=np.float32)
    return coarse, affine @ np.diag([*step, 1.0])


def _evened(volume: Array, spacing: float) -> tuple[Bool, Array]:
    """Return the head, and the volume with the slowest shading removed, its median within the head 1."""
    from skimage.filters import threshold_otsu

    seen = gaussian_filter(np.clip(volume, 0, np.percentile(volume, 99.8)), 1.0 / spacing)
    coarse = max(1, int(4 / spacing))
    part = (slice(None, None, coarse),) * 3
    reach = SHADING_FIRST / spacing / coarse
    even = seen
    # The deep brain may be darker than the scalp's noise threshold: thresholds are found again where it is even.
    for share in (0.2, 0.4, 0.5):
        bright = even > share * float(threshold_otsu(even[even > 0][::7]))
        weight = bright.astype(np.float32)[part]
        total = gaussian_filter(seen[part] * weight, reach) / (gaussian_filter(weight, reach) + 0.02)
        shading = _enlarged(total, volume.shape)
        even = seen / np.maximum(shading, 0.03 * float(np.percentile(shading, 99)))
    head = binary_closing(bright, iterations=max(1, int(4 / spacing)))
    parts, _ = label(head)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    head = binary_fill_holes(parts == int(sizes.argmax()))
    even = np.where(head, volume / np.maximum(shading, 0.03 * float(np.percentile(shading, 99))), 0)
    return np.asarray(head), np.asarray(even / np.median(even[head & bright]), np.float32)


def _evened_within(even: Array, brain: Bool, spacing: float) -> Array:
    """Return the volume with its slow shading over the brain removed; fluid does not count."""
    coarse = max(1, int(3 / spacing))
    part = (slice(None, None, coarse),) * 3
    core = binary_erosion(brain, iterations=max(1, round(3 / spacing)))
    out = even
    lowest = 0.5
    for reach in SHADING_WITHIN:
        small, inside = out[part], core[part]
        level = float(np.median(small[inside]))
        weight = (inside & (small > lowest * level) & (small < 2.5 * level)).astype(np.float32)
        sigma = reach / spacing / coarse
        total = gaussian_filter(np.log(np.maximum(small, 0.01 * level)) * weight, sigma)
        # Far from the brain the nearest of it counts, faintly.
        total /= gaussian_filter(weight, sigma) + 1e-4
        out = out * np.exp(np.log(level) - _enlarged(np.where(np.isfinite(total), total, 0), even.shape))
        # Once nearly even, what is bright is white matter, which alone counts: there is more of it here than there.
        lowest = 0.97
    return np.asarray(out, np.float32)


def _enlarged(coarse: Array, shape: tuple[int, ...]) -> Array:
    factors = [n / m for n, m in zip(shape, coarse.shape, strict=True)]
    return np.asarray(zoom(coarse, factors, order=1, mode="nearest", grid_mode=True), np.float32)


def classify(even: Array, brain: Bool, spacing: float) -> tuple[Array, float, float]:
    """Return shares of fluid, grey and white matter, the contrast, and the SD of the shading.

    Parameters
    ----------
    even
        T1-weighted, the slowest shading removed.
    brain
        Where to look; what lies outside is called fluid.
    spacing
        Mm.
    """
    box = tuple(slice(int(np.flatnonzero(brain.any(axis=a)).min()), int(np.flatnonzero(brain.any(axis=a)).max()) + 1)
                for a in ((1, 2), (0, 2), (0, 1)))  # fmt: skip
    inside = brain[box]
    y = np.log(np.maximum(even[box], 0.05 * float(np.median(even[brain])))).astype(np.float32)
    seen = y[inside]
    mu = np.array([np.percentile(seen, 4), np.percentile(seen, 40), np.percentile(seen, 82)])
    sd = np.full(3, 0.35 * (mu[2] - mu[1]) + 0.02)
    sd[0] *= 3
    core = binary_erosion(inside, iterations=max(1, round(8 / spacing)))
    shading = np.zeros_like(y)
    near = np.full((5, *y.shape), 0.2, np.float32)
    posterior = near
    for n in range(ROUNDS):
        flat = y - shading
        posterior = _posterior(flat, mu, sd, near) * inside
        near = np.stack([gaussian_filter(p, REACH) for p in posterior]) ** np.float32(NEIGHBOURS) + np.float32(1e-3)
        for k, pure in enumerate((0, 2, 4)):
            # The rim holds dura and bone that are darker than fluid: fluid is what is dark farther within.
            weight = posterior[pure] * core if pure == 0 else posterior[pure]
            total = float(weight.sum()) + 1e-6
            mu[k] = float((weight * flat).sum()) / total
            sd[k] = max(float((weight * (flat - mu[k]) ** 2).sum() / total) ** 0.5, 0.02)
        if n < ROUNDS - 3:
            shading += _shading(y - shading, posterior, mu, sd, (SHADING - 0.4 * n) / spacing, spacing)
    # The share that an intensity tells is linear in the intensity, not in its logarithm.
    level, at = np.exp(y - shading), np.exp(mu)
    grey_of = np.clip((level - at[0]) / (at[1] - at[0]), 0, 1)
    white_of = np.clip((level - at[1]) / (at[2] - at[1]), 0, 1)
    parts = np.stack([
        posterior[0] + posterior[1] * (1 - grey_of),
        posterior[1] * grey_of + posterior[2] + posterior[3] * (1 - white_of),
        posterior[3] * white_of + posterior[4],
    ])  # fmt: skip
    parts /= np.maximum(parts.sum(axis=0), 1e-6)
    whole = np.zeros((3, *even.shape), np.float32)
    whole[0] = 1.0
    whole[(slice(None), *box)] = np.where(inside, parts, whole[(slice(None), *box)])
    contrast = float((mu[2] - mu[1]) / (0.5 * (sd[1] + sd[2])))
    return whole, contrast, float(shading[inside].std())


def _posterior(flat: Array, mu: Array, sd: Array, near: Array) -> Array:
    """Return the probabilities of fluid, fluid with grey, grey, grey with white, white."""
    found = []
    for k in range(5):
        if k % 2 == 0:
            mean, spread = mu[k // 2], sd[k // 2]
        else:
            a, b = k // 2, k // 2 + 1
            mean = 0.5 * (mu[a] + mu[b])
            spread = float(np.sqrt(0.5 * (sd[a] ** 2 + sd[b] ** 2) + (mu[b] - mu[a]) ** 2 / 12))
        u = (flat - np.float32(mean)) / np.float32(spread)
        # Darker than fluid is fluid, brighter than white matter is white matter.
        if k == 0:
            u = np.maximum(u, 0)
        if k == 4:
            u = np.minimum(u, 0)
        found.append(near[k] * np.exp(np.float32(-0.5) * u * u) / np.float32(spread))
    total = np.stack(found)
    return np.asarray(total / np.maximum(total.sum(axis=0), 1e-20), np.float32)


def _shading(flat: Array, posterior: Array, mu: Array, sd: Array, reach: float, spacing: float) -> Array:
    """Return what is left of the shading: the smoothed residual of grey and white matter."""
    means = np.array([mu[0], 0.5 * (mu[0] + mu[1]), mu[1], 0.5 * (mu[1] + mu[2]), mu[2]], np.float32)
    weights = np.array([0, 0, 1 / sd[1] ** 2, 0.3 / sd[1] ** 2, 1 / sd[2] ** 2], np.float32)
    weight = np.tensordot(weights, posterior, (0, 0))
    residual = np.tensordot(weights * means, posterior, (0, 0))
    coarse = max(1, int(3 / spacing))
    part = (slice(None, None, coarse),) * 3
    reach /= coarse
    above = gaussian_filter((weight * flat - residual)[part], reach)
    total = gaussian_filter(weight[part], reach)
    return _enlarged(above / (total + 1e-3 * float(total.max())), flat.shape)


def _around(even: Array, head: Bool, brain: Bool, left: Array) -> dict[str, Array]:
    """Return shares of bone, muscle and fat in what is left of the head."""
    rest = head & ~brain
    bright = float(np.percentile(even[brain], 90))
    dark, middle, most = 0.1 * bright, 0.5 * bright, 1.3 * bright
    soft = gaussian_filter(even, 0.5)
    fat = np.clip((soft - middle) / (most - middle), 0, 1)
    muscle = np.clip((soft - dark) / (middle - dark), 0, 1) * (1 - fat)
    inside = gaussian_filter((rest | brain).astype(np.float32), 0.6) * left
    bone = np.clip(1 - fat - muscle, 0, 1)
    return dict(zip(AROUND, (bone * inside, muscle * inside, fat * inside), strict=True))

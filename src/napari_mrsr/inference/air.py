r"""Where there is any signal, and so where a network is worth its time.

In air a magnitude image holds Rayleigh noise: mean :math:`1.253\,\sigma`, standard deviation :math:`0.655\,\sigma`,
mean square :math:`2\sigma^2`. :math:`\sigma` comes from the darkest blocks of 4 x 4 voxels in plane; a block counts as
signal when its mean in any echo exceeds :math:`2.2\,\sigma`, almost six standard deviations of a block of pure noise.
Where the noise is so strong that this reaches 6 % of the image, nothing counts as air.

The mask is then grown by the network's halo, so that what is skipped has seen nothing but noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: Side of a block in plane, voxels.
BLOCK = 4
#: Mean of a block above which it is signal, standard deviations of the noise.
THRESHOLD = 2.2
#: Nothing brighter than this part of the common scale is ever air.
BRIGHTEST_AIR = 0.06


def signal_mask(array: npt.NDArray[Any], scale: float, halo: int) -> npt.NDArray[np.bool_]:
    """Tell which voxels lie within ``halo`` voxels of any signal.

    Parameters
    ----------
    array
        Shape ``(echo, i, j, k)``, the axis to be super-resolved last.
    scale
        The common scale of all echoes.
    halo
        How far the network looks.

    Returns
    -------
    ndarray of bool
        Shape ``(i, j, k)``; all True where no air can be told apart.
    """
    from scipy.ndimage import maximum_filter1d

    shape = array.shape[1:]
    bright = np.zeros((-(-shape[0] // BLOCK), -(-shape[1] // BLOCK), shape[2]), bool)
    for echo in array:
        bright |= _bright_blocks(echo, scale)
    mask = bright
    for axis, reach in enumerate((-(-halo // BLOCK), -(-halo // BLOCK), halo)):
        mask = maximum_filter1d(mask, 2 * reach + 1, axis=axis, mode="constant")
    mask = mask.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
    return np.ascontiguousarray(mask[: shape[0], : shape[1]])


def _bright_blocks(volume: npt.NDArray[Any], scale: float) -> npt.NDArray[np.bool_]:
    """Blocks of one volume that are not air."""
    mean = _blocks(np.abs(volume, dtype=np.float32))
    limit = BRIGHTEST_AIR * scale
    dark = mean < limit
    if dark.mean() < 0.01:
        return np.ones_like(dark)
    # mean = sigma sqrt(pi / 2) in air; the median ignores the tissue among the dark blocks
    sigma = float(np.median(mean[dark])) / np.sqrt(np.pi / 2)
    for _ in range(10):
        air = mean < THRESHOLD * sigma
        if not air.any():
            break
        sigma, before = float(np.median(mean[air])) / np.sqrt(np.pi / 2), sigma
        if abs(sigma - before) <= 1e-3 * before:
            break
    if THRESHOLD * sigma > limit:
        return np.ones_like(dark)
    return np.asarray(mean > max(THRESHOLD * sigma, 1e-6 * scale))


def _blocks(volume: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Means over blocks in plane; a block cut by the border takes what there is."""
    rows = np.add.reduceat(volume, np.arange(0, volume.shape[0], BLOCK), axis=0)
    sums = np.add.reduceat(rows, np.arange(0, volume.shape[1], BLOCK), axis=1)
    counts = [np.minimum(BLOCK, n - np.arange(0, n, BLOCK)) for n in volume.shape[:2]]
    return np.asarray(sums / (counts[0][:, None] * counts[1][None, :])[:, :, None], dtype=np.float32)

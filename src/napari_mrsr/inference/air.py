r"""Where there is any signal, and so where a network is worth its time.

In air a magnitude image holds Rayleigh noise of mean :math:`m = 1.253\,\sigma` and standard deviation
:math:`0.655\,\sigma`. Blocks of 4 x 4 voxels in plane are averaged; m comes from the darkest of them. A block counts as
signal

- if its mean in any echo exceeds :math:`1.75\,m`: almost six standard deviations of a block of pure noise; or
- if the mean of its 3 x 3 x 3 surrounding blocks exceeds :math:`1.15\,m`, six of that mean: tissue that is hardly
  brighter than noise, as marrow with its fat suppressed, is no air.

Where noise is so strong that m reaches 4 % of the image, nothing counts as air. The mask is then grown by the network's
halo, so that whatever is skipped has seen nothing but noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: Side of a block in plane, voxels.
BLOCK = 4
#: Brightness of a block, and of its surrounding, that is no longer noise, in means of the noise.
BLOCK_LIMIT, SURROUNDING_LIMIT = 1.75, 1.15
#: Largest mean of the noise that is believed, part of the common scale.
BRIGHTEST_AIR = 0.04


def signal_mask(array: npt.NDArray[Any], scale: float, halo: int | tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Tell which voxels lie within ``halo`` voxels of any signal.

    Parameters
    ----------
    array
        Shape ``(echo, i, j, k)``, the axis to be super-resolved last.
    scale
        The common scale of all echoes.
    halo
        How far the network looks, along all axes or along each.

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
    i, j, k = (halo, halo, halo) if isinstance(halo, int) else halo
    for axis, reach in enumerate((-(-i // BLOCK), -(-j // BLOCK), k)):
        mask = maximum_filter1d(mask, 2 * reach + 1, axis=axis, mode="constant")
    mask = mask.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
    return np.ascontiguousarray(mask[: shape[0], : shape[1]])


def _bright_blocks(volume: npt.NDArray[Any], scale: float) -> npt.NDArray[np.bool_]:
    """Blocks of one volume that are not air."""
    from scipy.ndimage import uniform_filter

    mean = _blocks(volume)
    noise = _noise_mean(mean)
    if noise > BRIGHTEST_AIR * scale:
        return np.ones(mean.shape, bool)
    least = 1e-6 * scale
    around = uniform_filter(mean, 3, mode="nearest")
    bright = (mean > max(BLOCK_LIMIT * noise, least)) | (around > max(SURROUNDING_LIMIT * noise, least))
    return np.asarray(bright)


def _noise_mean(mean: npt.NDArray[np.float32]) -> float:
    """Mean of the noise, from the darkest blocks; 0 where air was set to zero."""
    if np.count_nonzero(mean == 0) > 0.02 * mean.size:
        return 0.0
    # 5 % of the blocks of pure noise lie below 0.8 of its mean
    noise = float(np.quantile(mean, 0.02)) / 0.8
    for _ in range(5):
        air = mean[mean < 1.4 * noise]
        if air.size:
            noise = float(np.median(air))
    return noise


def _blocks(volume: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Mean magnitude of blocks in plane; a block cut by the border takes what there is."""
    edges = np.arange(0, volume.shape[1], BLOCK)
    width = np.minimum(BLOCK, volume.shape[1] - edges)[:, None]
    rows = []
    for start in range(0, volume.shape[0], BLOCK):  # one block row at a time stays in the cache
        lines = np.abs(np.asarray(volume[start : start + BLOCK], dtype=np.float32))
        rows.append(np.add.reduceat(lines.sum(axis=0), edges, axis=0) / (width * len(lines)))
    return np.stack(rows).astype(np.float32, copy=False)

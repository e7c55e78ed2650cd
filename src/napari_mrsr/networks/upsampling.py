"""The two fixed steps at the end of a super-resolver: interpolation of the input, and the one-axis pixel shuffle."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

#: Samples to either side that cubic convolution looks at.
CUBIC_REACH = 2


@lru_cache
def _cubic_taps(factor: int) -> Tensor:
    """Keys' kernel (a = -1/2) for each of the ``factor`` phases, shape ``(factor, 1, 5)``."""
    d = np.abs(np.arange(factor)[:, None] / factor - np.arange(-CUBIC_REACH, CUBIC_REACH + 1))
    near = (1.5 * d - 2.5) * d * d + 1
    far = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return torch.tensor(np.where(d < 1, near, np.where(d < 2, far, 0.0)), dtype=torch.float32)[:, None]


def cubic(x: Tensor, factor: int) -> Tensor:
    """Interpolate along the last axis by cubic convolution (Keys 1981), ends repeated.

    Parameters
    ----------
    x
        Shape ``(batch, echo, i, j, k)``.
    factor
        Fine samples for each coarse one; fine sample ``factor * k`` is coarse sample ``k``.

    Returns
    -------
    Tensor
        Shape ``(batch, echo, i, j, factor * k)``.

    Examples
    --------
    >>> ramp = torch.arange(6.0).reshape(1, 1, 1, 1, 6)
    >>> cubic(ramp, 2)[0, 0, 0, 0, 4:8]
    tensor([2.0000, 2.5000, 3.0000, 3.5000])
    """
    lines = x.reshape(-1, 1, x.shape[-1])
    padded = functional.pad(lines, (CUBIC_REACH, CUBIC_REACH), mode="replicate")
    fine = functional.conv1d(padded, _cubic_taps(factor).to(x))
    return fine.transpose(1, 2).reshape(*x.shape[:-1], x.shape[-1] * factor)


def shuffle_last_axis(x: Tensor, factor: int) -> Tensor:
    """Interleave ``factor`` channels along the last axis.

    ``(batch, echo * factor, i, j, k)`` to ``(batch, echo, i, j, factor * k)``: channel ``echo * factor + p`` becomes
    the fine samples ``factor * k + p`` (the pixel shuffle of Shi et al., CVPR 2016, along one axis).
    """
    batch, channels, i, j, k = x.shape
    x = x.reshape(batch, channels // factor, factor, i, j, k)
    return x.permute(0, 1, 3, 4, 5, 2).reshape(batch, channels // factor, i, j, k * factor)

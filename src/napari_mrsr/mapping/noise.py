r"""The noise of a magnitude image, from the image alone.

Every coil adds complex Gaussian noise of standard deviation sigma. The magnitude of one coil, or of L coils as the
root of their sum of squares, is where there is no signal a chi variable of 2 L degrees of freedom (Rayleigh for L =
1), and ::

    E(M^2) = 2 L sigma^2        Var(M^2) = 4 L sigma^4
    sigma^2 = Var / (2 E)       L = E^2 / Var

holds there for any L, combined by the scanner or not. The moments are taken within small blocks, so that a noise
level that varies over the image (parallel imaging) does not widen them. The background are the blocks hardly brighter
than the darkest ones; L in earnest, ``sigma`` is the median over them.

Where signal S is high the magnitude is Gaussian with standard deviation sigma, and noise lifts it on average by ::

    bias = (2 L - 1) sigma^2 / (2 S)

**No background.** It may have been set to zero, or lie outside the image. Blocks of zeros are left out. If what is
left is smooth tissue, its L comes out as SNR^2 / 4 whatever the coils, far above :data:`LARGEST_L`; if it is textured
tissue, it is neither dark beside the rest of the image nor as rough as noise. Then sigma is the median absolute
deviation of the finest diagonal Haar coefficients of the foreground over 0.6745 (Donoho and Johnstone 1994), and L is
taken as 1. An image interpolated by the scanner (zero-filled) has little in its finest coefficients: this estimate is
then too low.

Sources
-------
- Constantinides CD, Atalar E, McVeigh ER. Signal-to-noise measurements in magnitude images from NMR phased arrays.
  Magn Reson Med 1997;38:852-857.
- Gudbjartsson H, Patz S. The Rician distribution of noisy MRI data. Magn Reson Med 1995;34:910-914.
- Donoho DL, Johnstone IM. Ideal spatial adaptation by wavelet shrinkage. Biometrika 1994;81:425-455.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

#: Side of a block, voxels.
BLOCK = 8
#: Planes looked at: enough for a per cent, few enough to take milliseconds.
PLANES = 12
#: Blocks up to this multiple of the darkest ones count as background.
BACKGROUND_SPREAD = 1.3
#: Above this many effective coils the darkest blocks are tissue.
LARGEST_L = 32.0
#: Darkest blocks below this fraction of the bright ones are background, whatever their texture...
DARK = 0.1
#: ... and brighter ones are if their finest details carry this fraction of the deviation that white noise has there.
ROUGH = 0.5
#: Median absolute value of a standard normal variable.
NORMAL_MEDIAN = 0.6745


@dataclass(frozen=True)
class Noise:
    """The noise of a magnitude image.

    Parameters
    ----------
    sigma
        Standard deviation of the noise of the real and imaginary parts, in units of the image.
    coils
        Effective number L of coils in a sum of squares; 1 for Rician noise.
    source
        Where it comes from.
    """

    sigma: float
    coils: float = 1.0
    source: Literal["background", "foreground", "given"] = "given"

    @property
    def air(self) -> float:
        """Magnitude that noise alone exceeds in about one of a thousand voxels."""
        return self.sigma * (math.sqrt(2 * self.coils - 0.5) + 3)

    def signal_of_bias(self, bias: float) -> float:
        """Return the signal that noise lifts by this fraction of it (0.05: 5 %)."""
        return self.sigma * math.sqrt((2 * self.coils - 1) / (2 * bias))


def estimate_noise(array: npt.NDArray[Any]) -> float:
    """Return the standard deviation of the noise of one magnitude volume.

    Parameters
    ----------
    array
        One volume ``(i, j, k)``, or several ``(volume, i, j, k)``, of which the first is looked at.

    Returns
    -------
    float
        Sigma of the real and imaginary parts, in units of the image; 0 for an image without noise.
    """
    return measure_noise(array).sigma


def measure_noise(array: npt.NDArray[Any]) -> Noise:
    """Return the noise of one magnitude volume with the effective number of coils.

    Parameters
    ----------
    array
        One volume ``(i, j, k)``, or several ``(volume, i, j, k)``, of which the first is looked at.
    """
    volume = array[0] if array.ndim == 4 else array
    step = max(1, -(-volume.shape[0] // PLANES))
    planes = np.asarray(volume[step // 2 :: step], dtype=np.float64)
    planes = np.where(np.isfinite(planes), planes, 0)
    return _from_background(planes) or _from_foreground(planes)


def _from_background(planes: npt.NDArray[np.float64]) -> Noise | None:
    """Return the noise of the background, or nothing where there is none."""
    height, width = (min(BLOCK, n) for n in planes.shape[1:])
    rows, columns = planes.shape[1] // height, planes.shape[2] // width
    blocks = planes[:, : rows * height, : columns * width].reshape(-1, rows, height, columns, width)
    blocks = blocks.transpose(0, 1, 3, 2, 4).reshape(-1, height, width)
    blocks = blocks[(blocks <= 0).mean(axis=(1, 2)) < 0.05]
    if len(blocks) < 8 or height * width < 16:
        return None
    power = blocks**2
    mean = power.mean(axis=(1, 2))
    level = np.sqrt(mean)
    darkest = np.quantile(level, 0.02)
    background = level <= darkest * BACKGROUND_SPREAD
    mean, variance = mean[background], power[background].var(axis=(1, 2), ddof=1)
    sigma_squared = float(np.median(variance / (2 * mean)))
    if sigma_squared <= 0:
        return None
    coils = float(np.median(mean)) / (2 * sigma_squared)
    deviation = float(np.median(blocks[background].std(axis=(1, 2), ddof=1)))
    rough = _details(blocks[background]) > ROUGH * deviation
    dark = darkest < DARK * np.quantile(level, 0.95)
    if coils > LARGEST_L or not (rough or dark):
        return None
    return Noise(math.sqrt(sigma_squared), max(coils, 1.0), "background")


def _details(planes: npt.NDArray[np.float64], *, above: float = -math.inf) -> float:
    """Return the deviation of white noise that has the finest diagonal details of planes, where they exceed a level."""
    rows, columns = (n // 2 * 2 for n in planes.shape[1:])
    a, b = planes[:, :rows:2, :columns:2], planes[:, :rows:2, 1:columns:2]
    c, d = planes[:, 1:rows:2, :columns:2], planes[:, 1:rows:2, 1:columns:2]
    inside = np.minimum(np.minimum(a, b), np.minimum(c, d)) > above
    if inside.sum() < 16:
        return 0.0
    return float(np.median(np.abs(a - b - c + d)[inside])) / 2 / NORMAL_MEDIAN


def _from_foreground(planes: npt.NDArray[np.float64]) -> Noise:
    """Return the noise that the finest details of the foreground allow."""
    bright = float(np.quantile(planes, 0.99))
    return Noise(_details(planes, above=max(0.1 * bright, 0.0)), 1.0, "foreground")

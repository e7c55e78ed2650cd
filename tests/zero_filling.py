"""Pictures of known band: detail up to the edge of k-space, measured to a share, zero-filled, and their magnitude."""

from __future__ import annotations

import numpy as np


def detailed(shape=(160, 144, 12), seed=0):
    """An object of bright tissue with edges and texture at every scale, in air."""
    rng = np.random.default_rng(seed)
    k = np.sqrt(sum((np.fft.fftfreq(n) * n).reshape([-1 if a == axis else 1 for a in range(3)]) ** 2
                    for axis, n in enumerate(shape)))  # fmt: skip
    texture = np.fft.ifftn(np.fft.fftn(rng.normal(size=shape)) / np.maximum(k, 1) ** 1.2).real
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"))
    head = (grid[0] ** 2 + grid[1] ** 2) < 0.8
    tissue = 1.0 + 0.25 * texture / texture.std() + 0.3 * (np.abs(grid[0] - 0.2) < 0.15)
    return (head * np.maximum(tissue, 0.1)).astype(np.float32)


def filled(volume, share, axis=0, *, noise=0.01, seed=1, other=1.0):
    """A magnitude of which ``share`` of k-space along ``axis`` (``other`` along the next) was measured, with noise."""
    rng = np.random.default_rng(seed)
    i, j, _ = np.meshgrid(*[np.linspace(-1, 1, n) for n in volume.shape], indexing="ij", sparse=True)
    signal = volume * np.exp(1j * (1.3 * i - 0.8 * j + 0.7 * i * j))
    signal = signal + noise * (rng.normal(size=volume.shape) + 1j * rng.normal(size=volume.shape))
    k = np.fft.fftn(signal)
    for along, part in ((axis, share), ((axis + 1) % 3, other)):
        n = volume.shape[along]
        kept = np.abs(np.fft.fftfreq(n) * n) < part * n / 2
        k *= kept.reshape([-1 if a == along else 1 for a in range(3)]) if part < 1 else 1
    return np.abs(np.fft.ifftn(k)).astype(np.float32)

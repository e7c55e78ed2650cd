"""The resolution that a protocol really acquires: k-space cut in the phase and slice directions and filled with zeros.

A protocol with 75 per cent phase resolution measures the central three quarters of the lines of its matrix; the picture
has the full matrix, but detail and ringing of the smaller one. Noise is measured with the lines, so that it has no
detail beyond them either; its SD in the picture is kept.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_mrsr.phantoms.abdomen.protocols import Protocol
from napari_mrsr.phantoms.subject import generator

Complex = npt.NDArray[np.complex64]


def acquired_lines(n: int, per_cent: float) -> npt.NDArray[np.bool_]:
    """Return which of ``n`` lines of k-space (in the order of the FFT) are acquired at a resolution in per cent."""
    return np.asarray(np.abs(np.fft.fftfreq(n, 1 / n)) <= n * per_cent / 200)


def encode(picture: Complex, protocol: Protocol) -> Complex:
    """Return a picture ``(i, j, k)`` as the protocol acquires it: phase along j, slices along k.

    Examples
    --------
    >>> from napari_mrsr.phantoms.abdomen import SUBJECTS
    >>> flat = np.ones((2, 8, 8), np.complex64)
    >>> bool(np.allclose(encode(flat, SUBJECTS[1]), flat))
    True
    """
    k_space = fft.fftn(picture, axes=(1, 2))
    k_space[:, ~acquired_lines(picture.shape[1], protocol.phase_resolution)] = 0
    k_space[:, :, ~acquired_lines(picture.shape[2], protocol.slice_resolution)] = 0
    return np.asarray(fft.ifftn(k_space, axes=(1, 2), overwrite_x=True), np.complex64)


def encoded_noise(shape: tuple[int, int, int], sigma: float, seed: int, protocol: Protocol) -> Complex:
    """Return complex noise of SD ``sigma`` in each channel with the detail that the protocol acquires."""
    rng = generator(seed, "encoded noise")
    white = rng.standard_normal((*shape, 2), dtype=np.float32).view(np.complex64)[..., 0]
    lines = acquired_lines(shape[1], protocol.phase_resolution).mean()
    slices = acquired_lines(shape[2], protocol.slice_resolution).mean()
    return encode(white * np.float32(sigma / np.sqrt(lines * slices)), protocol)

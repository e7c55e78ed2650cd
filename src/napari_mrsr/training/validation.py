"""How much better than interpolation: PSNR on scans and parts of scans that are never trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from napari_mrsr.errors import MrsrError
from napari_mrsr.interpolation import interpolate
from napari_mrsr.networks.network import Network
from napari_mrsr.sampling import ThickSlices
from napari_mrsr.scan import Scan
from napari_mrsr.training.full_band import full_band_axes
from napari_mrsr.training.sources import common_scale

#: Largest block of a case, voxels along each axis: enough to judge, quick to run.
BLOCK = 128


@dataclass(frozen=True, eq=False)
class Case:
    """A block of a scan with its axis last, ``(echo, i, j, k)``, on a scale of 0 to about 1."""

    name: str
    thin: npt.NDArray[np.float32]
    factor: int = 2


@dataclass(frozen=True)
class Score:
    """PSNR of the network and its gain over interpolation, dB, over the volumes of a case."""

    name: str
    psnr: float
    gain: float
    over: str = "tricubic"

    def __str__(self) -> str:
        return f"{self.name}: {self.psnr:.2f} dB, {self.gain:+.2f} over {self.over}"


def cases_of(checks: Sequence[tuple[str, Scan]], factor: int = 2) -> list[Case]:
    """Make a case of every scan: the slice axis where it can be told, else the first full-resolution axis."""
    cases = []
    for name, scan in checks:
        try:
            axis = scan.find_slice_axis()
        except MrsrError:
            axes = full_band_axes(scan)
            if not axes:
                continue
            axis = axes[0]
        volume = np.moveaxis(scan.array[:2] / common_scale(scan.array), axis + 1, -1)
        block = tuple(
            slice((n - min(n, BLOCK)) // 2, (n - min(n, BLOCK)) // 2 + min(n, BLOCK)) for n in volume.shape[1:]
        )
        thin = volume[(slice(None), *block)]
        length = thin.shape[-1] // factor * factor
        if length >= 8 * factor:
            cases.append(
                Case(f"{name} axis {axis}", np.ascontiguousarray(thin[..., :length], dtype=np.float32), factor)
            )
    return cases


def score(network: Network, case: Case) -> Score:
    """Score a network on a case: thick slices, back, PSNR over the range of the block."""
    thick = ThickSlices(case.thin.shape, -1, case.factor)(case.thin)
    device = next(network.parameters()).device
    echoes = network.echoes
    x = torch.from_numpy(thick)[None].to(device)
    with torch.inference_mode():
        if echoes == 1:
            sharp = network(x.transpose(0, 1), case.factor).transpose(0, 1)
        elif echoes and x.shape[1] != echoes:
            sharp = network(x.expand(1, echoes, *x.shape[2:]), case.factor)[:, : x.shape[1]]
        else:
            sharp = network(x, case.factor)
    cubic = interpolate(thick, "tricubic", case.factor, 2)
    ours = psnr(case.thin, sharp[0].float().cpu().numpy())
    return Score(case.name, ours, ours - psnr(case.thin, cubic))


def psnr(reference: npt.NDArray[np.float32], test: npt.NDArray[np.float32]) -> float:
    """Return the mean over volumes of the PSNR, dB, over the range of each reference volume."""
    values = []
    for r, t in zip(reference, test, strict=True):
        mse = float(np.mean((r - t) ** 2, dtype=np.float64))
        values.append(10 * np.log10(float(np.ptp(r)) ** 2 / max(mse, 1e-30)))
    return float(np.mean(values))

"""A trained network that takes further careful steps: their moving average is what is judged and kept.

Adam's step rises over :data:`WARM_UP` steps; the average starts at the weights that were there before.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from napari_mrsr.networks.network import Network
from napari_mrsr.sampling import ThickSlices
from napari_mrsr.training.own_slices import OwnSlices
from napari_mrsr.training.pairs import Batch
from napari_mrsr.training.precision import mixed_precision, placed

#: Steps over which Adam's step rises.
WARM_UP = 20
#: Decay of the moving average of the weights.
AVERAGING = 0.97


@dataclass(frozen=True, eq=False)
class Judged:
    """Thick and fine blocks ``(1, echo, i, j, k)``, and the error of the trained weights there.

    ``errors`` holds for each echo of each block the summed square error of its four quarters, halves along i and k.
    """

    cases: Sequence[tuple[Tensor, Tensor]]
    errors: npt.NDArray[np.float64]


class Learner:
    """The network that takes steps, its average, and how that does on held-out slices."""

    def __init__(self, network: Network, own: OwnSlices, place: torch.device, learning_rate: float) -> None:
        self.place, self.precision, self.learning_rate = place, mixed_precision(place), learning_rate
        placed(network, place)
        self.network = network.train()
        self.average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGING))  # type: ignore[no-untyped-call]
        self.average.update_parameters(network)
        self.optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
        self.factor = own.factor
        self.held_out = self._judged(own.held_out)
        self.acquired = self._judged(() if own.acquired is None else (own.acquired,))

    def _judged(self, blocks: Sequence[npt.NDArray[np.float32]]) -> Judged:
        cases = []
        for thin in blocks:
            thick = ThickSlices(thin.shape, -1, self.factor)(thin).astype(np.float32)
            cases.append((torch.from_numpy(thick)[None].to(self.place), torch.from_numpy(thin)[None].to(self.place)))
        return Judged(cases, self._errors(cases))

    def step(self, batch: Batch, number: int) -> float:
        """Learn from a batch; return its loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate * min(1.0, number / WARM_UP)
        thick, thin = batch.thick.to(self.place), batch.thin.to(self.place)
        loss = functional.l1_loss(self._run(self.network, thick), thin)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        return float(loss.detach())

    def mean_error(self) -> float:
        """Return the mean square error of the trained weights on held-out slices in plane."""
        return float(self.held_out.errors.sum() / sum(thin.numel() for _, thin in self.held_out.cases))

    def gain(self) -> float:
        """Return the gain of the average over the trained weights on held-out slices in plane, dB."""
        return float(np.mean(self.gains(self.held_out)))

    def gain_along(self) -> float | None:
        """Return the gain on the acquired slices made thicker and found again, dB; None where there are too few."""
        return float(np.mean(self.gains(self.acquired))) if self.acquired.cases else None

    def worst(self) -> float:
        """Return the least gain of any echo in any quarter of the held-out blocks in plane, dB."""
        return float(_decibels(self._errors(self.held_out.cases), self.held_out.errors).min())

    def gains(self, judged: Judged) -> list[float]:
        """Return the gain of each echo of each block, dB."""
        now = self._errors(judged.cases).sum(axis=1)
        return [float(gain) for gain in _decibels(now, judged.errors.sum(axis=1))]

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the averaged weights."""
        return copy.deepcopy(self.average.module.state_dict())

    def _errors(self, cases: Sequence[tuple[Tensor, Tensor]]) -> npt.NDArray[np.float64]:
        rows = []
        with torch.inference_mode():
            for thick, thin in cases:
                error = ((self._run(self.average.module, thick) - thin) ** 2)[0].double().sum(dim=2)
                parts = [part for half in error.tensor_split(2, dim=1) for part in half.tensor_split(2, dim=2)]
                rows.append(torch.stack([part.sum(dim=(1, 2)) for part in parts], dim=1).cpu().numpy())
        return np.concatenate(rows) if rows else np.empty((0, 4))

    def _run(self, network: nn.Module, thick: Tensor) -> Tensor:
        with torch.autocast(self.place.type, dtype=self.precision, enabled=self.precision is not None):
            sharp: Tensor = network(thick, self.factor)
        return sharp.float()


def _decibels(now: npt.NDArray[np.float64], before: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return by how much errors have become smaller, dB; 0 where there were none and are none."""
    return np.asarray(10 * np.log10(np.maximum(before, 1e-30) / np.maximum(now, 1e-30)))

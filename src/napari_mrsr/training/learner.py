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
    """Thick and fine blocks ``(1, echo, i, j, k)``, and the error of the trained weights there, each echo by itself."""

    cases: Sequence[tuple[Tensor, Tensor]]
    errors: Sequence[float]


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

    def gain(self) -> float:
        """Return the gain of the average over the trained weights on held-out slices in plane, dB."""
        return float(np.mean(self.gains(self.held_out)))

    def gain_along(self) -> float | None:
        """Return the gain on the acquired slices made thicker and found again, dB; None where there are too few."""
        return float(np.mean(self.gains(self.acquired))) if self.acquired.cases else None

    def gains(self, judged: Judged) -> list[float]:
        """Return the gain of each echo of each block, dB."""
        now = self._errors(judged.cases)
        return [float(10 * np.log10(b / max(a, 1e-30))) for a, b in zip(now, judged.errors, strict=True)]

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the averaged weights."""
        return copy.deepcopy(self.average.module.state_dict())

    def _errors(self, cases: Sequence[tuple[Tensor, Tensor]]) -> Sequence[float]:
        errors: list[float] = []
        with torch.inference_mode():
            for thick, thin in cases:
                sharp = self._run(self.average.module, thick)
                errors += ((sharp - thin) ** 2).mean(dim=(0, 2, 3, 4)).tolist()
        return errors

    def _run(self, network: nn.Module, thick: Tensor) -> Tensor:
        with torch.autocast(self.place.type, dtype=self.precision, enabled=self.precision is not None):
            sharp: Tensor = network(thick, self.factor)
        return sharp.float()

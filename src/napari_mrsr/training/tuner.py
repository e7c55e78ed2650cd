"""A trained network that is fine-tuned: a step, and how the weights do on what was held out.

A step is that of training (:mod:`.loop`): loss, gradient clipped to a norm of 1, Adam. What is judged and kept is the
moving average of the weights, where the schedule asks for one.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from napari_mrsr.metrics.ssim import ssim
from napari_mrsr.networks.network import Network
from napari_mrsr.training.losses import Loss
from napari_mrsr.training.pairs import Batch
from napari_mrsr.training.planning_pairs import Case
from napari_mrsr.training.precision import mixed_precision, placed

#: Values are 0 to about 1: what wrecked weights give beyond this is as bad as this.
LARGEST = 10.0


class Tuner:
    """The network that takes steps, and its average; ``judging`` is how long a judgement takes, s."""

    def __init__(
        self, network: Network, cases: Sequence[Case], place: torch.device, loss: Loss, averaging: float
    ) -> None:
        self.place, self.precision, self.loss, self.cases = place, mixed_precision(place), loss, cases
        placed(network, place)
        self.network = network.train()
        self.average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(averaging))  # type: ignore[no-untyped-call]
        self.average.update_parameters(network)
        self.optimizer = torch.optim.Adam(network.parameters())
        began = time.monotonic()
        self.errors, self.similarity = self._measure()
        self.judging = time.monotonic() - began

    def step(self, batch: Batch, rate: float) -> float:
        """Learn from a batch; at a rate of 0 only the moments of Adam change. Return the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = self._loss(batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        if rate:
            self.average.update_parameters(self.network)
        return float(loss.detach())

    def seconds_of(self, batch: Batch) -> float:
        """Return how long a step takes with such a batch, without taking one."""
        for _ in range(2):  # the first also chooses how convolutions are computed
            began = time.monotonic()
            self._loss(batch).backward()  # type: ignore[no-untyped-call]
            if self.place.type == "cuda":
                torch.cuda.synchronize(self.place)
            seconds = time.monotonic() - began
        self.optimizer.zero_grad(set_to_none=True)
        return seconds

    def judge(self) -> tuple[float, float]:
        """Return the gain over the weights before, dB, and the SSIM, each the mean over all cases."""
        errors, similarity = self._measure()
        gains = [10 * np.log10(max(b, 1e-30) / max(a, 1e-30)) for a, b in zip(errors, self.errors, strict=True)]
        return float(np.mean(gains)), similarity

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the averaged weights."""
        return copy.deepcopy(self.average.module.state_dict())

    def _measure(self) -> tuple[list[float], float]:
        """Return the mean squared error of each case, and the mean SSIM, of the averaged weights."""
        errors, similarities = [], []
        with torch.inference_mode():
            for case in self.cases:
                seen = torch.from_numpy(case.seen)[None, None].to(self.place)
                sharp = self._run(self.average.module, seen)[0, 0].cpu().numpy()[..., case.counted]
                sharp = np.clip(np.nan_to_num(sharp), -LARGEST, LARGEST)
                truth = case.sharp[..., case.counted]
                errors.append(float(np.mean((sharp - truth) ** 2, dtype=np.float64)))
                similarities.append(ssim(truth, sharp, data_range=1.0))
        return errors, float(np.mean(similarities)) if similarities else float("nan")

    def _loss(self, batch: Batch) -> Tensor:
        seen, sharp = batch.thick.to(self.place), batch.thin.to(self.place)
        return self.loss(self._run(self.network, seen), sharp)

    def _run(self, network: nn.Module, seen: Tensor) -> Tensor:
        with torch.autocast(self.place.type, dtype=self.precision, enabled=self.precision is not None):
            sharp: Tensor = network(seen, 1)
        return sharp.float()

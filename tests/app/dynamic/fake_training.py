"""A process that learns nothing: it tells a curve, and writes small weights with the header of fine-tuned ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from napari_mrsr.networks import registry
from napari_mrsr.networks.swift import Swift
from napari_mrsr.scan import Scan
from napari_mrsr.training.fine_tuned import Point
from napari_mrsr.training.planning_scan import fingerprint

EVERY = 10


class Fake:
    """Tells some points each time it is asked; gains up to the last but one judgement.

    Parameters
    ----------
    keep
        Where the best weights are written.
    steps
        After so many it ends.
    dies_at
        Killed after this step.
    gain
        Of the best weights, dB; without a gain nothing is written.
    refused
        Why it does not even begin.
    """

    def __init__(
        self,
        keep: Path,
        *,
        steps: int = 40,
        dies_at: int | None = None,
        gain: float = 2.0,
        kspace: tuple[float, ...] = (0.0625,),
        planning: Scan | None = None,
        refused: str | None = None,
    ) -> None:
        self.keep, self.steps, self.dies_at, self.gain = keep, steps, dies_at, gain
        self.kspace, self.planning, self.refused = kspace, planning, refused
        self.step, self.stopped, self.closed = 0, False, False

    @property
    def is_running(self) -> bool:
        return not (self.refused or self.stopped or self.closed or self._dead or self.step >= self.steps)

    @property
    def _dead(self) -> bool:
        return self.dies_at is not None and self.step >= self.dies_at

    @property
    def state(self) -> str:
        if self.is_running:
            return "running"
        return "refused" if self.refused else "died" if self._dead else "done"

    @property
    def line(self) -> str:
        if self.refused:
            return self.refused
        if self._dead:
            return "the process that fine-tuned was killed (SIGKILL)"
        return f"fine-tuned on the planning scan: {self.gain:+.2f} dB" if self.gain > 0 else "not fine-tuned: no gain"

    def poll(self) -> list[Point]:
        if not self.is_running:
            return []
        told = []
        for _ in range(EVERY):
            self.step += 1
            judged = self.step % EVERY == 0
            gain = self.gain * self.step / self.steps if judged else None
            kept = judged and self.gain > 0
            ssim = 0.93 + 0.02 * self.step / self.steps if judged else None
            part = self.step / self.steps
            told.append(Point(self.step, 0.05 / (1 + part), 0.1 * self.step, gain, ssim, part, kept))
            if kept:
                self._write(gain or 0.0)
        return told

    def _write(self, gain: float) -> None:
        torch.manual_seed(0)
        planning: dict[str, Any] = {} if self.planning is None else {"sha256": fingerprint(self.planning)}
        record = {
            "from": "swift", "planning": planning, "kspace": self.kspace, "schedule": "quick", "steps": self.step,
            "seconds": 0.1 * self.step, "gain_db": gain, "ssim_before": 0.93, "ssim_after": 0.95, "reason": "fake",
        }  # fmt: skip
        registry.save(Swift(features=4), self.keep, about={registry.FINE_TUNED: json.dumps(record)})

    def stop(self) -> None:
        self.stopped = True

    def close(self, patience: float = 0.0) -> None:
        self.closed = True

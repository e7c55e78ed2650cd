"""The folder of a run: its log, its checkpoint, and the time it has taken in all."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from napari_mrsr.training import checkpoint

#: Minutes between checkpoints.
CHECKPOINT_MINUTES = 2.0


class Record:
    """What every training loop keeps while it runs, so that it can be stopped at any step and go on there.

    Parameters
    ----------
    out
        Folder of the run, for ``training.csv`` and ``checkpoint/``; made if need be.
    columns
        Of the log.
    minutes
        After how long the run stops.
    """

    def __init__(self, out: Path, columns: Sequence[str], minutes: float | None = None) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.out, self.columns, self.minutes = out, columns, minutes
        self.checkpoint = out / "checkpoint"
        self._before = 0.0
        self._began = self._saved = time.monotonic()

    def resume(self, restore: Callable[[Mapping[str, Tensor]], None]) -> int:
        """Hand the tensors of the checkpoint, if there is one, to a function; return the step the run goes on at."""
        if not checkpoint.exists(self.checkpoint):
            return 0
        tensors, state = checkpoint.load(self.checkpoint)
        restore(tensors)
        self._before = float(state["hours"])
        return int(state["step"])

    @property
    def hours(self) -> float:
        """How long the run has taken, with what it took before it was resumed."""
        return self._before + (time.monotonic() - self._began) / 3600

    @property
    def is_over(self) -> bool:
        """Whether its minutes have passed."""
        return self.minutes is not None and time.monotonic() - self._began > 60 * self.minutes

    @property
    def is_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return self.is_over or time.monotonic() - self._saved > 60 * CHECKPOINT_MINUTES

    def save(self, tensors: Mapping[str, Tensor], step: int, **about: Any) -> None:
        """Write the checkpoint: tensors, step, hours, and what else is to be known (JSON-able)."""
        checkpoint.save(self.checkpoint, tensors, {"step": step, "hours": self.hours, **about})
        self._saved = time.monotonic()

    def log(self, step: int, *fields: Any) -> None:
        """Append a line: step, minutes, and what the other columns say."""
        path = self.out / "training.csv"
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(["step", "minutes", *self.columns])
            writer.writerow([step, round(60 * self.hours, 3), *fields])

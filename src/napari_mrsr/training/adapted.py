"""What comes of adapting a network to one scan: the weights, and what was seen on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_mrsr.networks import registry
from napari_mrsr.networks.network import Network

#: Least gain on held-out slices for which the trained weights are given up, and what may be lost along the slices, dB.
LEAST_GAIN, MOST_LOST = 0.02, 0.02
#: What any echo may lose in any quarter of the held-out slices, dB: more scatter there, as they are smaller.
MOST_LOST_SOMEWHERE = 0.1


@dataclass(frozen=True)
class Point:
    """One step.

    Parameters
    ----------
    step, loss
        Its number and its loss.
    gain, along
        Where it was judged: the gain on held-out slices in plane, and along the slices (:mod:`.along_slices`; None
        where there are too few of them), dB.
    seconds
        So far.
    worst
        The least gain of any echo in any quarter of the held-out slices, dB; None where that was not judged.
    """

    step: int
    loss: float
    gain: float | None = None
    seconds: float = 0.0
    along: float | None = None
    worst: float | None = None

    @property
    def lost(self) -> str:
        """What was lost, along the slices or somewhere in plane, in words; empty where nothing was."""
        if self.along is not None and self.along < -MOST_LOST:
            return f"{self.along:+.2f} dB along slices made thicker"
        if self.worst is not None and self.worst < -MOST_LOST_SOMEWHERE:
            return f"{self.worst:+.2f} dB in a part of them"
        return ""


@dataclass(frozen=True, eq=False)
class Adapted:
    """A network adapted to one scan, or as it was where that was no better.

    Parameters
    ----------
    network
        Ready for inference, for this factor alone.
    start
        What it was before: the name of a method or of a file.
    axis, factor, seed
        What it was adapted for.
    history
        The judged steps.
    step, gain
        The best of them, dB; 0 and 0 where the trained weights were kept.
    seconds
        How long it took.
    reason
        Why it ended, in words.
    axes, left_out
        The axes that taught, and why others did not.
    """

    network: Network
    start: str
    axis: int
    factor: int
    seed: int
    history: tuple[Point, ...]
    step: int
    gain: float
    seconds: float
    reason: str
    axes: tuple[int, ...]
    left_out: tuple[str, ...] = ()

    @property
    def along(self) -> float | None:
        """Gain along the slices of the weights that were kept, dB; None where that was not judged."""
        return next((point.along for point in self.history if point.step == self.step), None)

    @property
    def is_better(self) -> bool:
        """Whether the weights are others than before."""
        return self.step > 0

    @property
    def line(self) -> str:
        """What came of it, in one line."""
        tail = "; ".join([self.reason, *self.left_out, f"{self.seconds:.0f} s"])
        if not self.is_better:
            return f"not adapted: {self._why_not}, {self.start} stays as it was ({tail})"
        return f"adapted to this scan: {self.gain:+.2f} dB on held-out slices in plane after {self.step} steps ({tail})"

    @property
    def _why_not(self) -> str:
        most = max(self.history, key=lambda point: point.gain or 0.0)
        if (most.gain or 0.0) < LEAST_GAIN or not most.lost:
            return "no gain on held-out slices of this scan"
        return f"{most.gain:+.2f} dB on held-out slices in plane, but {most.lost}"

    @property
    def summary(self) -> dict[str, Any]:
        """What belongs into the history of a result, JSON-able."""
        return {
            "from": self.start,
            "factor": self.factor,
            "axis": self.axis,
            "taught_by_axes": list(self.axes),
            "steps": self.step,
            "gain_on_held_out_slices_db": round(self.gain, 3),
            "gain_along_thicker_slices_db": None if self.along is None else round(self.along, 3),
            "seed": self.seed,
        }

    def save(self, path: Path) -> Path:
        """Write the weights as safetensors, with the summary in the header."""
        return registry.save(self.network, path, about={registry.ADAPTED: json.dumps(self.summary)})

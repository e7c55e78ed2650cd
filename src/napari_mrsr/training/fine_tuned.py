"""What comes of fine-tuning: the weights, and the account of it that stands in their file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mrsr import __version__
from napari_mrsr.networks import registry

if TYPE_CHECKING:
    from napari_mrsr.networks.network import Network


@dataclass(frozen=True)
class Point:
    """One step.

    Parameters
    ----------
    step, loss, seconds
        Its number, its loss, and the time since the beginning.
    gain, ssim
        On held-out slices where it was judged: dB over the weights before, and structural similarity.
    part
        How much of everything is done, 0 to 1.
    is_kept
        Whether these are the best weights so far, written where they are kept.
    note
        What will be done, at the first step.
    """

    step: int
    loss: float
    seconds: float
    gain: float | None = None
    ssim: float | None = None
    part: float = 0.0
    is_kept: bool = False
    note: str = ""


@dataclass(frozen=True)
class Account:
    """How weights were fine-tuned, and what that brought; JSON-able, without anything that says who it was.

    Parameters
    ----------
    start, start_sha256
        What they were before: the name of a method or of a file, and the sha256 of that file.
    planning
        The planning scan: its fingerprint, and what tells it from others (:mod:`.same_subject`).
    kspace
        Shares of k-space that were learned.
    schedule
        Its name; what was asked for in other ways; how Adam's moments began.
    patches, batch
        Patches of one epoch, and of a step.
    steps, gain_db, ssim_before, ssim_after
        Of the best weights, on held-out slices; 0 steps and 0 dB where the weights stayed as they were.
    seconds, reason
        How long it took and why it ended.
    held_out
        Slices that were held out; 0 where it was judged on what taught.
    features
        File of the feature network that a perceptual loss looked through, if it was not the shipped one.
    """

    start: str
    start_sha256: str | None
    planning: Mapping[str, Any]
    kspace: tuple[float, ...]
    schedule: str
    learning_rate: float
    loss: str
    moments: str
    patches: int
    batch: int
    seed: int
    steps: int
    seconds: float
    gain_db: float
    ssim_before: float
    ssim_after: float
    reason: str
    held_out: int
    region: tuple[tuple[int, int], ...] | None = None
    features: str | None = None
    history: tuple[Point, ...] = field(default=(), repr=False)

    @property
    def is_better(self) -> bool:
        """Whether the weights are others than before."""
        return self.steps > 0

    @property
    def line(self) -> str:
        """What came of it, in one line."""
        tail = f"({self.reason}; {self.seconds:.0f} s)"
        where = "held-out slices" if self.held_out else "the slices that taught it"
        if not self.is_better:
            return f"not fine-tuned: no gain on {where} of the planning scan, {self.start} stays as it was {tail}"
        return (
            f"fine-tuned on the planning scan: {self.gain_db:+.2f} dB, SSIM {self.ssim_before:.4f} to "
            f"{self.ssim_after:.4f} on {where} after {self.steps} steps {tail}"
        )

    @property
    def record(self) -> dict[str, Any]:
        """What stands in the header of the weights."""
        plain = asdict(self)
        for name in ("history", "start"):
            plain.pop(name)
        for name in ("seconds", "gain_db", "ssim_before", "ssim_after"):
            plain[name] = round(plain[name], 5)
        return {"from": self.start, **plain, "version": __version__}


@dataclass(frozen=True, eq=False)
class FineTuned:
    """A network fine-tuned on a planning scan, or as it was where that was no better."""

    network: Network
    account: Account

    @property
    def line(self) -> str:
        """What came of it, in one line."""
        return self.account.line

    @property
    def is_better(self) -> bool:
        """Whether the weights are others than before."""
        return self.account.is_better

    def save(self, path: Path) -> Path:
        """Write the weights as safetensors, with the account in the header."""
        return registry.save(self.network, path, about={registry.FINE_TUNED: json.dumps(self.account.record)})

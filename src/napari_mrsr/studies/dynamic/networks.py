"""The networks of the study: after the main training, and fine-tuned on the planning scan of each subject.

Weights that were fine-tuned are bound to their planning scan by its sha256. Those found in a folder that was given, or
kept from an earlier run, are taken; else the planning scan teaches anew, and what comes of it is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from napari_mrsr.errors import Stopped
from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan
from napari_mrsr.studies.dynamic.interpolations import Floats, Series, Way

#: Networks that sharpen in plane, in the order of the tables, as far as they are installed.
NAMES = ("swift", "unet")
#: What the tables call a network that was fine-tuned.
FINE_TUNED = "{} fine-tuned"
#: And one whose result keeps the measured centre of k-space.
CENTRE_KEPT = "{} (centre kept)"

Told = Callable[[float], None]
Stop = Callable[[], bool] | None


@dataclass(frozen=True)
class HowFineTuned:
    """How the planning scan teaches.

    Parameters
    ----------
    schedule
        ``"quick"`` or ``"published"``.
    minutes, steps
        At most so long and so many; None for as long as the schedule says.
    fractions
        Shares of k-space it is taught on; empty for those of the paper.
    """

    schedule: str = "quick"
    minutes: float | None = 10.0
    steps: int | None = None
    fractions: tuple[float, ...] = ()


class Trainable(Protocol):
    """A network that a planning scan can teach further."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def main(self) -> Way:
        """Return it as the main training left it."""

    def fine_tuned(self, planning: Scan, told: Told, stop: Stop) -> tuple[Way, dict[str, Any]]:
        """Return it fine-tuned, and what is known of how."""


@dataclass(frozen=True)
class Installed:
    """A network of the registry.

    Parameters
    ----------
    method
        Name of the network in the registry.
    folder
        Where weights that are fine-tuned are kept.
    how
        How it is fine-tuned.
    device
        Where it runs.
    consistency
        How its result is held to what was measured: ``"none"`` as published, or ``"hard"``.
    given
        Folder with weights that were fine-tuned before; those of the same planning scan are taken.
    """

    method: str
    folder: Path
    how: HowFineTuned = HowFineTuned()
    device: str = "auto"
    consistency: str = "none"
    given: Path | None = None

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.method if self.consistency == "none" else CENTRE_KEPT.format(self.method)

    def main(self) -> Way:
        """Return the network as shipped."""
        sha256 = registry.find(self.method).sha256
        return Way(self.name, "main training", self._run(None), self.name, self._about(sha256))

    def fine_tuned(self, planning: Scan, told: Told, stop: Stop = None) -> tuple[Way, dict[str, Any]]:
        """Return the network fine-tuned on a planning scan, from a file where there is one for it."""
        path = self._find(planning)
        if path is None:
            path = self._teach(planning, told, stop)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        way = Way(FINE_TUNED.format(self.name), "fine-tuned", self._run(path), self.name, self._about(sha256))
        return way, {**(registry.fine_tuning_of(path) or {}), "file": path.name, "sha256": sha256}

    def _run(self, weights: Path | None) -> Series:
        return partial(_sharpened, self.method, weights, self.device, self.consistency)

    def _about(self, sha256: str | None) -> dict[str, Any]:
        return {"sha256": sha256, "device": self.device, "consistency": self.consistency}

    def _find(self, planning: Scan) -> Path | None:
        """Return weights that were fine-tuned on this planning scan: given ones, else kept ones made alike."""
        from napari_mrsr.training.planning_scan import fingerprint

        mine = fingerprint(planning)
        for path in sorted(self.given.glob("*.safetensors")) if self.given is not None else ():
            told = registry.fine_tuning_of(path) or {}
            its_own = registry.read_header(path).get("architecture") == self.method
            if its_own and told.get("planning", {}).get("sha256") == mine:
                return path
        place = self._place(mine)
        return place if place.is_file() else None

    def _teach(self, planning: Scan, told: Told, stop: Stop) -> Path:
        """Fine-tune on a planning scan, and return the file of the weights."""
        from napari_mrsr.training.fine_tuning import fine_tune
        from napari_mrsr.training.planning_scan import fingerprint

        how: dict[str, Any] = {"schedule": self.how.schedule, "minutes": self.how.minutes, "steps": self.how.steps}
        if self.how.fractions:
            how["kspace"] = self.how.fractions
        found = fine_tune(
            planning, method=self.method, device=self.device, stop=stop, progress=lambda point: told(point.part), **how
        )
        if stop is not None and stop():
            raise Stopped("was stopped before the end")
        place = self._place(fingerprint(planning))
        place.parent.mkdir(parents=True, exist_ok=True)
        return found.save(place)

    def _place(self, planning: str) -> Path:
        """Return where weights fine-tuned on a planning scan are kept."""
        text = json.dumps([self.method, registry.find(self.method).sha256, planning, asdict(self.how)])
        return self.folder / f"{self.method}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.safetensors"


def installed(
    names: Sequence[str] | None = None, *, folder: Path, how: HowFineTuned | None = None, **options: Any
) -> list[Installed]:
    """Return the networks of some names, or all that sharpen in plane and are installed; none where there is none.

    Raises
    ------
    UnknownMethod
        No network of a name.
    """
    known = {method.name for method in registry.methods()}
    wanted = [name for name in NAMES if name in known] if names is None else names
    return [Installed(registry.find(name).name, folder, how or HowFineTuned(), **options) for name in wanted]


def _sharpened(
    name: str, weights: Path | None, device: str, consistency: str, coarse: Scan, like: Scan, first: int
) -> Iterator[tuple[int, Floats]]:
    """Sharpen frame by frame, all on the scale of the series."""
    from napari_mrsr import in_plane

    where = None if first == 0 else (first, coarse.shape[coarse.find_slice_axis()] // 2)
    frame, array, filled = first, np.empty((1, *like.shape), np.float32), 0
    for number, tile in in_plane.stream(
        coarse, method=name, like=like, weights=weights, device=device, consistency=consistency, first=where
    ):
        if number < first:
            return
        if tile.preview:
            continue
        if number != frame:
            frame, filled = number, 0
        tile.write(array)
        filled += tile.array.size
        if filled == array.size:
            yield frame, array[0].copy()

"""Small moving bodies with a part that stands still, and networks that know the truth to some degree."""

from __future__ import annotations

import numpy as np

from napari_mrsr.errors import UnreadableFile
from napari_mrsr.interpolation import resize
from napari_mrsr.scan import Acquisition, Scan
from napari_mrsr.studies.dynamic.interpolations import Way
from napari_mrsr.studies.dynamic.networks import FINE_TUNED
from napari_mrsr.studies.dynamic_cohort import DynamicCohort, DynamicEntry, DynamicSubject

SHAPE = (32, 24, 6)


def body(seed=0, frames=4, shape=SHAPE, shift=0.0):
    """Return frames of a disc that moves beside a bar that does not."""
    rng = np.random.default_rng(seed)
    grain = 15 * rng.normal(size=shape)
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    volumes = []
    for n in range(frames):
        disc = np.hypot(i - 0.25 * np.sin(n), j + shift) < 0.45
        bar = np.abs(j - 0.8) < 0.15
        volumes.append(100 + 500 * disc * (1 + 0.2 * k) + 300 * bar + grain)
    affine = np.array([[-1.25, 0, 0, 20], [0, -1.25, 0, 15], [0, 0, 4, -10], [0, 0, 0, 1]])
    about = Acquisition(repetition_time=2.34)
    return Scan(
        np.stack(volumes).astype(np.float32).clip(0), affine, axis="time", acquisition=about, slice_axis=2,
        names=tuple(f"frame {n + 1}" for n in range(frames)),
    )  # fmt: skip


def person(seed=0, *, planning=True, **how):
    dynamic = body(seed, **how)
    other = body(seed, 1, how.get("shape", SHAPE), shift=0.1)
    return DynamicSubject(f"person {seed}", dynamic, other if planning else None)


def cohort(*seeds, broken=(), **how):
    def entry(seed):
        def load():
            if seed in broken:
                raise UnreadableFile("is truncated", where=f"person{seed}.nii.gz")
            return person(seed, **how)

        return DynamicEntry(f"person {seed}", load)

    return DynamicCohort("made bodies", tuple(entry(seed) for seed in seeds), {"layout": "made"})


class Knowing:
    """A network that knows a part of the truth, and more of it once it saw the planning scan."""

    name = "swift"

    def __init__(self, before=0.3, after=0.6):
        self.before, self.after, self.taught, self.made = before, after, [], 0

    def main(self):
        return Way("swift", "main training", self._series(self.before), "swift", {"knows": self.before})

    def fine_tuned(self, planning, told, stop):
        self.taught.append(float(planning.array.sum()))
        told(1.0)
        way = Way(FINE_TUNED.format("swift"), "fine-tuned", self._series(self.after), "swift", {"knows": self.after})
        return way, {"schedule": "quick", "steps": 7, "seconds": 1.5, "gain_db": 2.0}

    def _series(self, part):
        def series(coarse, like, first):
            for n in range(first, coarse.volumes):
                self.made += 1
                blurred = resize(coarse.volume(n), "fourier", like).array[0]
                yield n, ((1 - part) * blurred + part * like.array[n]).astype(np.float32)

        return series

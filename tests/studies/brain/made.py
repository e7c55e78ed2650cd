"""Small heads with a bright spot, and ways that know the truth to some degree."""

from __future__ import annotations

import numpy as np

from napari_mrsr.errors import BadParameter, UnreadableFile
from napari_mrsr.interpolation import resize
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain_cohort import BrainScan
from napari_mrsr.studies.cohort import CohortOf
from napari_mrsr.studies.layouts.brains import HeadEntry

SHAPE = (40, 36, 6)


def head(seed=0, shape=SHAPE, thick=4.0):
    """Return an ellipsoid of grainy tissue with a bright spot in it, in air."""
    rng = np.random.default_rng(seed)
    i, j, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    inside = np.hypot(i, j) < 0.8
    values = inside * (100 + 20 * rng.normal(size=shape)) + 120 * lesion_of(shape)
    affine = np.array([[-1.0, 0, 0, 20], [0, -1.0, 0, 18], [0, 0, thick, -10], [0, 0, 0, 1]])
    return Scan(values.astype(np.float32).clip(0)[None], affine, slice_axis=2)


def lesion_of(shape=SHAPE):
    """Return where the bright spot is."""
    i, j, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    return np.hypot(i - 0.2, j) < 0.25


def person(seed, *, lesion=False):
    return BrainScan(f"head {seed}", f"person {seed}", head(seed), lesion_of() if lesion else None)


def cohort(*seeds, broken=(), lesion=False):
    def entry(seed):
        def load():
            if seed in broken:
                raise UnreadableFile("is truncated", where=f"head{seed}.nii.gz")
            return person(seed, lesion=lesion)

        return HeadEntry(f"head {seed}", load, f"person {seed}")

    return CohortOf("made heads", tuple(entry(seed) for seed in seeds), {"layout": "made"})


class Knowing:
    """A way whose error is a part of that of zero-filling."""

    def __init__(self, name, part, trained=True):
        self.name, self.part, self.trained, self.made = name, part, trained, 0

    def sharpen(self, coarse, like, subject, told, stop):
        self.made += 1
        told(1.0)
        blurred = resize(coarse, "fourier", like).array[0]
        return (self.part * blurred + (1 - self.part) * like.array[0]).astype(np.float32)

    def depends_on(self, subject):
        return {"knows": self.part, "name": self.name}


class Refusing(Knowing):
    """A way that cannot be run."""

    def sharpen(self, coarse, like, subject, told, stop):
        raise BadParameter("was made for knees", remedy="take another")


ZERO = Knowing("zero-filled", 1.0, trained=False)

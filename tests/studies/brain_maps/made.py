"""Small heads of coarse voxels, and ways that know the truth to some degree."""

from __future__ import annotations

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.studies.brain_maps.conditions import CONDITIONS, named
from napari_mrsr.studies.brain_maps.heads import Phantom
from napari_mrsr.studies.brain_maps.ways import Mapped
from napari_mrsr.studies.cohort import CohortOf, EntryOf

#: The middle of a head in voxels of 4 mm.
SPACING, SHAPE, CENTRE = 4.0, (8, 44, 36), (14.0, -14.0, 14.0)


def subject(seed):
    return Phantom(seed, spacing=SPACING, shape=SHAPE, centre=CENTRE)


def cohort(*seeds, conditions=("nominal",)):
    """Return heads that are made once, whatever how often they are asked for."""
    made = {}

    def entry(seed, condition):
        def load():
            if (seed, condition.name) not in made:
                made[seed, condition.name] = subject(seed).under(condition)
            return made[seed, condition.name]

        return EntryOf(f"phantom {seed}, {condition.name}", load)

    entries = tuple(entry(seed, condition) for seed in seeds for condition in named(conditions))
    assert set(conditions) <= {one.name for one in CONDITIONS}
    return CohortOf("made heads", entries, {"layout": "made"})


class Knowing:
    """A way whose maps are the true ones of a cohort, off by a factor, smoothed, and with holes where asked."""

    def __init__(self, name, heads, factor=1.0, blur=0.0, hole=None, trained=True):
        self.name, self.factor, self.blur, self.hole, self.trained = name, factor, blur, hole, trained
        self.heads, self.made = heads, 0

    def map(self, scans, told, stop):
        from scipy.ndimage import gaussian_filter1d

        self.made += 1
        told(1.0)
        head = next(one for one in (entry.load() for entry in self.heads.entries) if one.scans is scans)
        maps = []
        for values in (head.t1, head.t2):
            known = np.isfinite(values)
            one = np.where(known, values, 900.0).astype(np.float32)
            if self.blur:
                one = gaussian_filter1d(one, self.blur, axis=2)
            one = self.factor * one
            if self.hole is not None:
                one[self.hole] = np.nan
            maps.append(one)
        return Mapped(maps[0], maps[1], 0.1)

    def depends_on(self):
        return {"factor": self.factor, "blur": self.blur}


class Refusing(Knowing):
    """A way that gives no maps."""

    def map(self, scans, told, stop):
        raise BadParameter("was made for knees", remedy="take another")

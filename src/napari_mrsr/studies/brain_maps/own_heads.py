"""A reader's own heads: three weighted images and the maps that were measured of them, in folders.

How they lie stands in :mod:`napari_mrsr.files.own_layout`. Measured maps are brought onto the grid of the images, and
count within the brain and the range that networks give values in; what a voxel is made of is told from the T1w image
(:mod:`napari_mrsr.training.brain_tissues`). A measured map is a truth with errors of its own, and often coarser than
the images: what is as sharp as the images then differs from it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from napari_mrsr.errors import NothingToRead
from napari_mrsr.files import own_layout, own_maps
from napari_mrsr.interpolation.onto_grid import onto_grid
from napari_mrsr.mapping.brain import together
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain_maps.heads import TISSUES, Head
from napari_mrsr.studies.brain_maps.ways import Floats, shares_on
from napari_mrsr.studies.cohort import CohortOf, EntryOf

#: The condition of heads that were scanned, not made.
SCANNED = "as scanned"
#: Tissues that are told apart, in the order of their numbers.
TOLD = tuple(TISSUES[number] for number in (1, 2, 3))
#: Share of a voxel that must be brain or fluid.
LEAST_SHARE = 0.5


def own_cohort(folder: Path) -> CohortOf[Head]:
    """Return the heads of a folder; they are read one at a time.

    Raises
    ------
    NothingToRead
        There is none with images and maps.
    """
    found = own_layout.find(folder)
    if all(one.missing for one in found):
        raise NothingToRead(
            f"holds no head with all images and a map: {found[0].name} {found[0].missing}",
            where=folder,
            remedy="give T1w, T2w and FLAIR beside T1map or T2map for each head",
        )
    entries = tuple(EntryOf(one.name, partial(load, one)) for one in found)
    return CohortOf(folder.resolve().name, entries, {"layout": "own maps"})


def load(files: own_layout.OwnFiles) -> Head:
    """Read one head.

    Raises
    ------
    MrsrError
        Something of it cannot be read, or does not fit together.
    """
    own = own_maps.read(files)
    scans = together(*(own.images[name] for name in own_layout.CONTRASTS))
    like = scans.t1w
    found, _ = shares_on(like)
    shares = np.stack([found[name] for name in TOLD])
    brain = shares.sum(axis=0) >= LEAST_SHARE
    tissues = np.where(brain, 1 + shares.argmax(axis=0), 0).astype(np.int8)
    within = MapConditions()
    t1, t2 = (_true(own.maps.get(of), like, brain, reach) for of, reach in (("T1", within.t1), ("T2", within.t2)))
    if not (np.isfinite(t1).any() or np.isfinite(t2).any()):
        raise NothingToRead(f"{files.name} has no measured value in the brain", remedy="look at its maps")
    return Head(own.name, own.subject, SCANNED, scans, t1, t2, tissues)


def _true(scan: Scan | None, like: Scan, brain: np.ndarray, within: tuple[float, float]) -> Floats:
    """Return a measured map on the grid of the images, NaN where it is not judged."""
    if scan is None:
        return np.full(like.shape, np.nan, np.float32)
    values = np.asarray(onto_grid(scan, like).array[0], np.float32)
    with np.errstate(invalid="ignore"):
        good = brain & (values >= within[0]) & (values <= within[1])
    return np.where(good, values, np.float32(np.nan)).astype(np.float32)

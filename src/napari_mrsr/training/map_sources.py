"""Heads that teach to map: procedural ones and real anatomy, imaged and labelled by :mod:`.brain_contrasts`.

Many slabs of different heads teach more than a few whole ones, since T1 and T2 differ from person to person; of a real
T1-weighted scan the anatomy serves several heads with values of their own. Some heads have lost their skull, as a
user's scans may have: other voxels then set the scale of the images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.phantoms.brain import brain
from napari_mrsr.phantoms.brain.brain import CENTRE
from napari_mrsr.phantoms.brain.contrasts import Protocol
from napari_mrsr.training.brain_contrasts import BrainSlices, sagittal_slices
from napari_mrsr.training.map_material import MapSource

#: Matrix of a slab of sagittal slices at 1 mm, and how far its middle may lie from the middle of the head, mm.
SLAB, ASIDE = (12, 224, 192), 55.0
#: Voxels of the whole head whose images set the scale of those of a slab, mm.
COARSE = 4.0
#: Every so many heads one is without its skull.
STRIPPED = 4
#: Heads that are made of one real anatomy, and neighbouring slices that are taken of each.
HEADS, SLICES = 36, 24


def of_slices(slices: BrainSlices, conditions: MapConditions, *, stripped: bool = False) -> MapSource:
    """Return the slices of a head as something to learn from, or to be judged by: where T2 is within the range of maps.

    Parameters
    ----------
    slices
        Sagittal slices of one head.
    conditions
        The range of T2.
    stripped
        Leave out what is not brain.
    """
    images, labels, truth = (part.swapaxes(0, 1) for part in (slices.images, slices.labels, slices.truth))
    if stripped:
        images, labels = images * slices.brain, np.where(slices.brain, labels, np.nan)
    judged = slices.brain & (truth[1] <= conditions.t2[1])
    labels = np.where(np.isfinite(labels).all(axis=0), labels, np.nan)  # air has an M0, which is none to learn from
    scaled = images / slices.scales[int(stripped), :, None, None, None]
    # half precision: 0.05 %, and a run holds many heads
    parts = [scaled, labels, np.where(judged, truth, np.nan)]
    one, two, three = (np.ascontiguousarray(part, dtype=np.float16) for part in parts)
    return MapSource(slices.name, slices.name, one, two, truth=three, slabs=slices.slabs)


def slab(number: int, conditions: MapConditions, *, shape: tuple[int, int, int] = SLAB) -> MapSource:
    """Make a slab of the phantom of a seed, somewhere in its head, as something to learn from."""
    x, y, z = CENTRE
    aside = float(np.random.default_rng([number, 44]).uniform(-ASIDE, ASIDE))
    head = brain(number, shape=shape, centre=(x + aside, y, z))
    whole = brain(number, spacing=COARSE)
    nominal = _protocol(conditions)
    slices = sagittal_slices(head, f"phantom {number}", off=conditions.spread, nominal=nominal, whole=whole)
    return of_slices(slices, conditions, stripped=number % STRIPPED == STRIPPED - 1)


def of_anatomy(
    places: Sequence[Path], first: int, conditions: MapConditions, report: Callable[[str], None]
) -> Iterator[MapSource]:
    """Make heads of the anatomy of T1-weighted scans in files and folders, with values of their own.

    Parameters
    ----------
    places
        Files and folders of T1-weighted scans; others are left out, and it is said.
    first
        Seed of the first head.

    Raises
    ------
    NothingToRead
        A place holds no scan.
    """
    from napari_mrsr.contrast import contrast_of
    from napari_mrsr.training.brain_heads import head_of
    from napari_mrsr.training.brain_tissues import brain_tissues
    from napari_mrsr.training.subjects_in import subjects_in

    seed = first
    for found in subjects_in(places, report):
        if contrast_of(found.scan) not in ("T1w", ""):
            report(f"{found.name} is no T1-weighted scan: left out")
            continue
        anatomy = brain_tissues(found.scan)
        for line in anatomy.odd:
            report(f"{found.name}: {line}")
        for _ in range(HEADS):
            report(f"{found.name}, values {seed}")
            head, nominal = head_of(anatomy, seed), _protocol(conditions)
            slices = sagittal_slices(head, f"{found.name} {seed}", off=conditions.spread, nominal=nominal)
            whole = of_slices(slices, conditions, stripped=seed % STRIPPED == STRIPPED - 1)
            first = int(np.random.default_rng([seed, 44]).integers(max(1, len(slices) - SLICES)))
            yield _part(whole, slice(first, first + SLICES))
            seed += 1


def _part(source: MapSource, slices: slice) -> MapSource:
    """Return some slices of a source, without holding on to the others."""
    assert source.truth is not None
    images, labels, truth = (part[:, slices].copy() for part in (source.images, source.labels, source.truth))
    return replace(source, images=images, labels=labels, truth=truth)


def _protocol(conditions: MapConditions) -> Protocol:
    return Protocol(conditions.mprage, conditions.tse, conditions.flair)

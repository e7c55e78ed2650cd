"""Whether T1w and T2w show the contrast between white and grey matter that their equations give healthy heads.

A network has only contrast to go by. An image that was acquired otherwise than its header says, filtered or normalised,
contrast-enhanced, or of an infant, shows another ratio of white to grey matter, whatever its timings. The ratio of each
of :data:`PEOPLE` heads of the training kind is known from the equations; a scan should lie among them, with
:data:`MARGIN` to spare for B1 and for mixtures. FLAIR is left out: what weighs its T2 is not in the header.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.phantoms.brain.tissues import materials
from napari_mrsr.physics.mprage import mprage_signal
from napari_mrsr.physics.tse import tse_signal
from napari_mrsr.scan import Scan

#: Heads whose ratios are computed, and how much farther than they a scan may lie, as a factor.
PEOPLE, MARGIN = 40, 1.25
#: Numbers of the classes, and the fewest voxels of each.
WHITE, GREY, FEWEST = 1, 2, 200


def expected_ratios(conditions: MapConditions) -> dict[str, tuple[float, float]]:
    """Return the least and the largest ratio of white to grey matter of each image, by contrast.

    Examples
    --------
    >>> ratios = expected_ratios(MapConditions())
    >>> ratios["T1w"][0] > 1 > ratios["T2w"][1]
    True
    """
    people = [materials(seed, conditions.field_strength) for seed in range(PEOPLE)]
    white, grey = ([one[name] for one in people] for name in ("white matter", "grey matter"))
    found = {}
    for name in ("T1w", "T2w"):
        parts = []
        for tissue in (white, grey):
            t1, t2, m0 = (np.array([getattr(one, what) for one in tissue]) for what in ("t1", "t2", "m0"))
            signal = (
                mprage_signal(t1, conditions.mprage, m0=m0)
                if name == "T1w"
                else tse_signal(t1, t2, conditions.tse, m0=m0)
            )
            parts.append(np.abs(signal))
        ratio = parts[0] / parts[1]
        found[name] = (float(ratio.min()), float(ratio.max()))
    return found


def contrast_lines(images: Mapping[str, Scan], classes: npt.NDArray[Any], conditions: MapConditions) -> list[str]:
    """Return a line for each image whose white matter is much brighter or darker than its grey matter should let it be.

    Parameters
    ----------
    images
        By contrast.
    classes
        Of :func:`~napari_mrsr.mapping.brain_classes.brain_classes`.
    conditions
        Of the training.
    """
    white, grey = classes == WHITE, classes == GREY
    if min(np.count_nonzero(white), np.count_nonzero(grey)) < FEWEST:
        return []
    lines = []
    for name, (low, high) in expected_ratios(conditions).items():
        values = images[name].array[0]
        ratio = float(np.median(values[white])) / max(float(np.median(values[grey])), 1e-12)
        if not low / MARGIN <= ratio <= high * MARGIN:
            told = f"{ratio:.2f} times as bright as grey matter, the training {low:.2f} to {high:.2f}"
            lines.append(f"white matter of {name} is {told}: its contrast is another, and maps may be wrong")
    return lines

"""DOSMA's published definition of femoral regions as plain loops over pixels: the witness of the vectorised one.

Rows run downwards, columns backwards, slices from medial to lateral, as DOSMA wants them. Written from its description:
circle fit to the projection, 72 bins of 5 degrees, half of the range of radii, centre of mass.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize


def regions(mask: np.ndarray, values: np.ndarray) -> dict[tuple[int, int, int], tuple[str, str, set[str]]]:
    """Return of every voxel its compartment, its part and its layers."""
    weight = np.where(mask, np.nan_to_num(values), 0.0)
    rows, columns = np.nonzero(weight.max(axis=2))

    def misfit(c: np.ndarray) -> np.ndarray:
        r = np.sqrt((columns - c[0]) ** 2 + (rows - c[1]) ** 2)
        return r - r.mean()

    (xc, yc), _ = optimize.leastsq(misfit, (columns.mean(), rows.mean()))
    cells: dict[tuple[int, int], list[tuple[float, tuple[int, int, int]]]] = {}
    where: dict[tuple[int, int, int], float] = {}
    moment = total = 0.0
    for r, c, s in zip(*np.nonzero(weight > 0), strict=True):
        rho = math.hypot(c - xc, yc - r)
        theta = math.degrees(math.atan2(yc - r, c - xc))
        theta = theta - 360 if theta >= 90 else theta
        cells.setdefault((math.floor((theta + 270) / 5), int(s)), []).append((rho, (int(r), int(c), int(s))))
        where[int(r), int(c), int(s)] = theta
        moment += weight[r, c, s] * s
        total += weight[r, c, s]
    first_lateral = math.ceil(moment / total)
    found = {}
    for members in cells.values():
        radii = [rho for rho, _ in members]
        threshold = 0.5 * (max(radii) - min(radii)) + min(radii)
        for rho, voxel in members:
            layers = ({"deep"} if rho <= threshold else set()) | ({"superficial"} if rho >= threshold else set())
            theta = where[voxel]
            part = "anterior" if theta < -105 else "central" if theta < -75 else "posterior"
            found[voxel] = ("medial" if voxel[2] < first_lateral else "lateral", part, layers)
    return found

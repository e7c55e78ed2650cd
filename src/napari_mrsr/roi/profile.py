r"""Values by place: from the bone to the joint through cartilage, along a line, and how they are distributed.

From deep to superficial: each voxel of a region has a normalised depth :math:`\delta = d_b / (d_b + d_a)` from its
distances to the bone and to the joint (:mod:`napari_mrsr.roi.cartilage.depth`), 0 at the bone. The profile is mean and
SD (ddof 1) of the map in equal shares of :math:`\delta`. T2 of healthy cartilage rises towards the joint.

Along a line: values at points evenly spaced in mm, trilinear between voxel centres, NaN beyond the volume and wherever
one of the neighbours has no value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.grid import resample_labels
from napari_mrsr.roi.region import around
from napari_mrsr.scan import Scan

Values = npt.NDArray[np.float64]

#: Shares of the depth of a profile.
SHARES = 10


@dataclass(frozen=True, eq=False)
class DepthProfile:
    """A map by depth.

    Attributes
    ----------
    depth
        Middle of each share, 0 at the bone and 1 at the joint.
    mean, sd
        Of the map there, NaN where there is no voxel (or only one, for the SD).
    n
        Voxels with a value.
    """

    depth: Values
    mean: Values
    sd: Values
    n: npt.NDArray[np.int64]


def shares_of_depth(region: Scan, name: str, shares: int = SHARES) -> Scan:
    """Return the share of the depth in which each voxel of a region of cartilage lies, as labels.

    Parameters
    ----------
    region
        One label, from :func:`napari_mrsr.roi.region.regions_of`.
    name
        Of the region; says on which side the bone is: ``"medial femoral cartilage"``.
    shares
        How many.

    Returns
    -------
    Scan
        1 at the bone to ``shares`` at the joint, 0 outside, uint8.

    Raises
    ------
    BadParameter
        The name is not that of cartilage of femur, tibia or patella, or its two sides cannot be told.
    """
    from napari_mrsr.roi.cartilage import divide
    from napari_mrsr.roi.cartilage.layering import layers_of
    from napari_mrsr.roi.cartilage.naming import cartilage_of

    if not cartilage_of({1: name}):
        raise BadParameter(
            f'"{name}" does not say on which side the bone is',
            remedy="a profile of depth needs a name like medial femoral cartilage",
        )
    inside = np.pad(region.array[0] > 0, 2)  # a surface must close around it
    affine = region.affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ np.full(3, 2.0)
    alone = Scan(inside.astype(np.uint8), affine, axis="label", quantity="label", unit="")
    depth = divide(alone, {1: name}).depth
    if depth is None:
        raise BadParameter(f'"{name}" has no depth', remedy="paint the full depth of the cartilage")
    return replace(alone, array=layers_of(np.where(inside, depth.array[0], np.nan), shares)[None])


def depth_profile(map: Scan, shares: Scan, count: int = SHARES) -> DepthProfile:
    """Return a map by depth.

    Parameters
    ----------
    map
        One volume, on the grid of the region or another.
    shares
        From :func:`shares_of_depth`; taken to the map's grid, nearest neighbour.
    count
        How many shares there are.
    """
    middle = (np.arange(count) + 0.5) / count
    mean, sd = np.full(count, np.nan), np.full(count, np.nan)
    n = np.zeros(count, np.int64)
    part = around(map, shares)
    if part is not None:
        where = resample_labels(shares, part).array[0]
        for share in range(count):
            values = part.array[0][where == share + 1].astype(np.float64)
            values = values[np.isfinite(values)]
            n[share] = values.size
            if values.size:
                mean[share] = values.mean()
            if values.size > 1:
                sd[share] = values.std(ddof=1)
    return DepthProfile(middle, mean, sd, n)


def along_line(
    scan: Scan, start: npt.ArrayLike, end: npt.ArrayLike, *, volume: int = 0, step: float | None = None
) -> tuple[Values, Values]:
    """Return the values of a scan along a straight line.

    Parameters
    ----------
    scan
        Any scan.
    start, end
        Points of the patient, RAS+, mm.
    volume
        Which volume.
    step
        Distance of the points, mm; half of the smallest spacing where not given.

    Returns
    -------
    distance, values
        mm from the start, and what the scan holds there.

    Raises
    ------
    BadParameter
        The line has no length.

    Examples
    --------
    >>> ramp = Scan(np.arange(8.0)[:, None, None] * np.ones((8, 4, 4)), np.diag([2.0, 1.0, 1.0, 1.0]))
    >>> distance, values = along_line(ramp, (2, 1, 1), (10, 1, 1), step=2.0)
    >>> distance.tolist(), values.tolist()
    ([0.0, 2.0, 4.0, 6.0, 8.0], [1.0, 2.0, 3.0, 4.0, 5.0])
    """
    from scipy import ndimage

    one, other = np.asarray(start, float), np.asarray(end, float)
    length = float(np.linalg.norm(other - one))
    if length <= 0:
        raise BadParameter("the line has no length", remedy="drag from one side to the other")
    wanted = step or 0.5 * min(scan.spacing)
    distance = np.linspace(0.0, length, max(2, round(length / wanted) + 1))
    points = one + (distance / length)[:, None] * (other - one)
    voxels = np.linalg.solve(scan.affine[:3, :3], (points - scan.affine[:3, 3]).T)
    voxels = np.where(np.abs(voxels - np.rint(voxels)) < 1e-6, np.rint(voxels), voxels)  # on an edge is inside
    low = np.clip(np.floor(voxels.min(axis=1)).astype(int) - 1, 0, np.array(scan.shape) - 1)
    high = np.clip(np.ceil(voxels.max(axis=1)).astype(int) + 2, 1, scan.shape)
    high = np.maximum(high, low + 1)
    box = scan.array[volume][tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    values = ndimage.map_coordinates(box.astype(np.float64), voxels - low[:, None], order=1, mode="nearest")
    outside = (voxels < -0.5).any(axis=0) | (voxels > np.array(scan.shape)[:, None] - 0.5).any(axis=0)
    values[outside] = np.nan
    return distance, values


def common_bins(samples: list[Values], most: int = 60) -> Values:
    """Return edges of bins that suit several samples together, so that their histograms can be laid over each other.

    Freedman and Diaconis' width of the largest sample over the 0.5th to 99.5th percentile of all of them.

    Parameters
    ----------
    samples
        Finite values.
    most
        How many bins at most.
    """
    filled = [one for one in samples if one.size]
    if not filled:
        return np.array([0.0, 1.0])
    low = min(float(np.percentile(one, 0.5)) for one in filled)
    high = max(float(np.percentile(one, 99.5)) for one in filled)
    if not high > low:
        return np.array([low - 0.5, low + 0.5])
    largest = max(filled, key=len)
    q1, q3 = np.percentile(largest, (25, 75))
    width = 2 * (q3 - q1) / np.cbrt(largest.size)
    count = most if width <= 0 else int(np.clip(np.ceil((high - low) / width), 5, most))
    return np.linspace(low, high, count + 1)

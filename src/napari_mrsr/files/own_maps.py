"""Heads with measured maps, read: images of one grid, maps in ms, and the axis along which maps are coarse.

Whatever :mod:`~napari_mrsr.files.own_layout` finds. Zero and less than zero in a map is no value, nor is what no tissue
has, where a fit ran to its end: NaN. Units are recognised (:mod:`~napari_mrsr.files.map_units`). Maps stay on their own
grid; :func:`napari_mrsr.interpolation.onto_grid.onto_grid` brings them to that of the images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_mrsr.contrast import recognise
from napari_mrsr.errors import BadParameter, GeometryMismatch, NothingToRead, WrongDimensions
from napari_mrsr.files.map_units import UNITS, unit_of
from napari_mrsr.files.own_layout import CONTRASTS, MAPS, OwnFiles
from napari_mrsr.files.time_points import is_nifti
from napari_mrsr.planes import NEARLY_CUBES, across
from napari_mrsr.scan import Scan

#: Values that a measurement can have, ms: beyond them a fit found nothing.
POSSIBLE = {"T1": (20.0, 8000.0), "T2": (2.0, 4000.0)}
#: Share of the mean signal of T1w above which a voxel is of the head.
HEAD = 0.5
#: Part of a magnitude image that may lie below zero.
NEGATIVE = 0.002


@dataclass(frozen=True, eq=False)
class OwnMaps:
    """A head that was read.

    Parameters
    ----------
    name, subject
        As of its files.
    images
        T1w, T2w and FLAIR, on one grid.
    maps
        Those there are of T1 and T2 (ms) and M0 (its own unit), each on a grid of its own; NaN where there is no value.
    coarse
        Axis of the images' grid along which the maps are coarse; None where they are not.
    lines
        What a person should know, one line each.
    """

    name: str
    subject: str
    images: Mapping[str, Scan]
    maps: Mapping[str, Scan]
    coarse: int | None = None
    lines: tuple[str, ...] = ()


def read(files: OwnFiles, *, label_axis: str | int | None = None) -> OwnMaps:
    """Read a head.

    Parameters
    ----------
    files
        One of :func:`napari_mrsr.files.own_layout.find` that lacks nothing.
    label_axis
        Axis along which maps were acquired coarse, where they were interpolated since: of their grid, 0, 1 or 2, or the
        plane of the slices they were acquired in, ``"axial"`` say. What sidecars and voxels say where not given.

    Raises
    ------
    GeometryMismatch
        The images lie on different grids, or a map lies elsewhere.
    BadParameter
        An image is of another contrast than its name says, or is no magnitude; values of a map are of no unit.
    NothingToRead
        It lacks something.
    MrsrError
        A file cannot be read.
    """
    from napari_mrsr.files.reading import read_scan

    if files.missing:
        raise NothingToRead(f"{files.name} {files.missing}", remedy="give T1w, T2w, FLAIR, and T1map or T2map")
    images = {name: _image(read_scan(files.images[name]), name) for name in CONTRASTS}
    for name in ("T2w", "FLAIR"):
        if not images["T1w"].same_grid(images[name]):
            raise GeometryMismatch(
                f"({name}) lies on another grid than T1w",
                where=images[name].where,
                remedy="bring the three to one grid first, by napari-mrsr maps --register",
            )
    maps: dict[str, Scan] = {}
    lines = [line for scan in images.values() for line in scan.warnings]
    for kind in MAPS:
        if kind in files.maps:
            maps[kind], more = _map(files.maps[kind], kind, images["T1w"])
            lines += more
    axes = [coarse_axis(scan, images["T1w"], label_axis) for scan in maps.values()]
    coarse = next((axis for axis in axes if axis is not None), None)
    return OwnMaps(files.name, files.subject, images, maps, coarse, tuple(dict.fromkeys(lines)))


def coarse_axis(scan: Scan, like: Scan, label_axis: str | int | None = None) -> int | None:
    """Return the axis of another grid along which a map is coarse; None where its voxels are nearly cubes.

    What is given goes first, then the sidecar's ``AcquisitionVoxelSize`` and ``SliceThickness``, then the voxels.

    Raises
    ------
    BadParameter
        There is no such axis.

    Examples
    --------
    >>> thick = Scan(np.zeros((8, 8, 3)), np.diag([1.0, 1.0, 3.5, 1.0]))
    >>> fine = Scan(np.zeros((8, 8, 8)), np.array([[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]))
    >>> coarse_axis(thick, fine)
    1
    """
    if label_axis is not None:
        axis = across(scan, int(label_axis) if str(label_axis) in ("0", "1", "2") else label_axis).slice_axis
        assert axis is not None
    else:
        size = acquired(scan)
        if size.max() <= NEARLY_CUBES * size.min():
            return None
        axis = int(size.argmax())
    return axis_along(scan, like, axis)


def acquired(scan: Scan) -> npt.NDArray[np.float64]:
    """Return the sides of a voxel as it was acquired, mm: what the sidecar says, else that of the voxels."""
    size = np.array(scan.spacing, float)
    stated = scan.acquisition.others.get("AcquisitionVoxelSize")
    thick = scan.acquisition.slice_thickness
    if isinstance(stated, (list, tuple)) and len(stated) == 3:
        return np.asarray(np.maximum(size, np.array(stated, float)))
    if thick is not None and scan.slice_axis is not None:
        size[scan.slice_axis] = max(size[scan.slice_axis], thick)
    return size


def axis_along(scan: Scan, like: Scan, axis: int) -> int:
    """Return the axis of another grid that is most nearly along an axis of a scan."""
    there, here = (grid.affine[:3, :3] / np.linalg.norm(grid.affine[:3, :3], axis=0) for grid in (scan, like))
    return int(np.abs(here.T @ there[:, axis]).argmax())


def _image(scan: Scan, name: str) -> Scan:
    _one_volume(scan)
    found = recognise(scan)
    if found.uniform:
        raise BadParameter(
            f"({name}) is the uniform image of MP2RAGE: {found.why}",
            where=scan.where,
            remedy="give an MPRAGE, or the second inversion of the MP2RAGE",
        )
    if found.name and found.name != name:
        raise BadParameter(f"is called {name} and is {found.name}: {found.why}", where=scan.where, remedy="rename it")
    if float(np.mean(scan.array < 0)) > NEGATIVE:
        raise BadParameter(f"({name}) has negative values", where=scan.where, remedy="give the magnitude image")
    return scan


def _map(path: Path, kind: str, t1w: Scan) -> tuple[Scan, list[str]]:
    """Return a map in ms, NaN where it has no value, and what is to be said of it."""
    from napari_mrsr.files.reading import read_map, read_scan

    scan = read_map(path) if is_nifti(path) else read_scan(path)
    _one_volume(scan)
    values = scan.array[0].astype(np.float32)
    with np.errstate(invalid="ignore"):
        values = np.where(np.isfinite(values) & (values > 0), values, np.float32(np.nan))
    head = _head(scan, t1w)
    if not head.any():
        raise GeometryMismatch(
            "does not lie where the head of T1w lies", where=path, remedy="give maps and images of one scanner frame"
        )
    lines, unit = [], scan.unit
    if kind in POSSIBLE:
        try:
            unit, line = unit_of(scan.unit, kind, values[head & np.isfinite(values)])
        except BadParameter as error:
            raise BadParameter(error.what, where=path, remedy=error.remedy) from error
        lines = [f"{path.name}: {line}"] if line else []
        values = values * np.float32(UNITS[unit])
        low, high = POSSIBLE[kind]
        with np.errstate(invalid="ignore"):
            values = np.where((values >= low) & (values <= high), values, np.float32(np.nan))
        unit = "ms"
    elif not np.isfinite(values[head]).any():
        raise BadParameter(f"has no {kind} in the head", where=path, remedy="give a map of the same person")
    return replace(scan, array=values[None], axis="map", names=(kind,), quantity=kind, unit=unit), lines


def _head(scan: Scan, t1w: Scan) -> npt.NDArray[np.bool_]:
    """Return which voxels of a map lie in the head that T1w shows, by its nearest voxel."""
    image = np.nan_to_num(t1w.array[0])
    positive = image[image > 0]
    if not positive.size:
        return np.zeros(scan.shape, bool)
    bright = image > HEAD * float(positive.mean())
    to_image = np.linalg.inv(t1w.affine) @ scan.affine
    i, j, k = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in scan.shape), indexing="ij", sparse=True)
    inside = np.ones(scan.shape, bool)
    where = []
    for row, n in zip(to_image[:3].astype(np.float32), t1w.shape, strict=True):
        at = np.rint(row[0] * i + row[1] * j + row[2] * k + row[3]).astype(np.int32)
        inside &= (at >= 0) & (at < n)
        where.append(np.clip(at, 0, n - 1))
    return np.asarray(inside & bright[where[0], where[1], where[2]])


def _one_volume(scan: Scan) -> None:
    if scan.volumes != 1:
        raise WrongDimensions(f"has {scan.volumes} volumes", where=scan.where, remedy="give one volume of it")

r"""Within what a super-resolved value is right: a half-width for every voxel, calibrated on subjects with known truth.

A scan with thin slices, had it been acquired with the noise of this one, would have shown a value in
:math:`x \pm q\,u` in 90 % of the voxels of the object. u is how large the error is expected to be, from the result and
the acquired slices alone:

.. math:: u^2 = w_0\, c^2 + w_d\, \overline{(x_{k+1} - 2 x_k + x_{k-1})^2} + w_n\, \sigma_f^2

c
    the common intensity scale of the scan;
the second term
    how sharply the result bends along the axis that was refined, in the mean over a block of :data:`BLOCK` voxels
    each way, carried on smoothly between blocks. What thick slices blur is what bends; whatever the network adds
    bends too;
:math:`\sigma_f`
    the noise floor: the diagonal detail of the acquired slices in plane (Donoho and Johnstone's finest Haar
    coefficients), its mean square in the quietest tenth of the blocks. Taken from tissue, it needs no background.

The weights w are fitted to phantoms (Laplace quasi-likelihood, never negative, so that u grows with each of the three),
q is found on other subjects (:mod:`napari_mrsr.trust.conformal`); ``benchmarks/calibrate_intervals.py`` does both and
writes ``weights/intervals.json``. What an interval holds, and for whom, stands in the docstring of that module and,
with the coverage that was reached, in ``docs/results/intervals.md``. Air is not counted. The precision that the network
ran in is not asked for: float32, bfloat16 and int8 have the same coverage to a tenth of a per cent (same page).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import GeometryMismatch, NotCalibrated, WeightsCorrupt
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.networks import registry
from napari_mrsr.sampling import along
from napari_mrsr.scan import Scan
from napari_mrsr.trust.calibration_file import read_rows, write_rows

#: Voxels along each side of a block over which errors are expected to be alike.
BLOCK = 4
#: The noise floor is that of this part of the blocks, per cent.
QUIETEST = 10.0
#: Below this part of the common scale the mean of a block counts as air.
AIR = 0.05
#: Slices at either end that are not counted: they are continued, not enclosed by acquired ones.
ENDS = 2
#: Name of the file beside the weights.
FILE = "intervals.json"

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Calibration:
    """What was found for one method and factor.

    Parameters
    ----------
    method, factor
        Of which results.
    weights_sha256
        Of the weights that made them.
    coverage
        Part of the voxels that the interval is to hold.
    floor, detail, noise
        Weights of the predicted error, see the module.
    multiple
        q.
    subjects
        How many it was found on.
    """

    method: str
    factor: int
    weights_sha256: str
    coverage: float
    floor: float
    detail: float
    noise: float
    multiple: float
    subjects: int


# -- the file --------------------------------------------------------------------------------------
def save(calibrations: list[Calibration], path: Path) -> Path:
    """Write calibrations with a checksum of their own."""
    return write_rows([asdict(one) for one in calibrations], path)


def read(path: Path) -> tuple[Calibration, ...]:
    """Return the calibrations of a file; none where there is no file.

    Raises
    ------
    WeightsCorrupt
        The file was changed, or is no such file.
    """
    try:
        return tuple(Calibration(**row) for row in read_rows(path))
    except TypeError as error:
        what = f"is not a file of calibrations ({error})"
        raise WeightsCorrupt(what, where=path, remedy="reinstall napari-mrsr") from error


def calibration_of(step: Mapping[str, Any], folder: Path | None = None) -> Calibration:
    """Return the calibration that holds for a result.

    Parameters
    ----------
    step
        Parameters of its super-resolution, from its history.
    folder
        Where the weights are; those that are shipped where not given.

    Raises
    ------
    NotCalibrated
        There is none; the line says why.
    """
    known = read((folder or registry.weights_folder()) / FILE)
    method, factor = step.get("method"), step.get("factor")
    if not method:
        raise NotCalibrated("no interval: it is not said which method made the result")
    fitting = [one for one in known if (one.method, one.factor) == (method, factor)]
    if not fitting:
        those = " and ".join(f"{one.method} x{one.factor}" for one in known) or "nothing"
        raise NotCalibrated(f"no interval for {method} x{factor}: only {those} was calibrated")
    if step.get("sha256") != fitting[0].weights_sha256:
        raise NotCalibrated(f"no interval: {method} was calibrated with other weights")
    if step.get("consistency") != "wiener":
        raise NotCalibrated(f"no interval: {method} was calibrated with wiener consistency alone")
    return fitting[0]


# -- what predicts the error -------------------------------------------------------------------------
def half_width(acquired: Scan, result: Scan, calibration: Calibration, *, axis: int) -> Scan:
    """Return the half-width of the interval of every voxel, in units of the image.

    Parameters
    ----------
    acquired, result
        Thick slices and what was made of them along ``axis``.
    calibration
        Of the method that made it.

    Raises
    ------
    GeometryMismatch
        The result is not on the acquired grid refined by the calibrated factor.
    """
    expected = list(acquired.shape)
    expected[axis] *= calibration.factor
    if result.volumes != acquired.volumes or result.shape != tuple(expected):
        raise GeometryMismatch("is not on the acquired grid refined", where=result.where)
    scale = common_scale(np.nan_to_num(acquired.array))
    width = np.empty(result.array.shape, np.float32)
    for v in range(result.volumes):
        detail = bending(result.array[v], axis)
        rest = calibration.floor * scale**2 + calibration.noise * noise_floor(acquired.array[v], axis, scale)
        u = np.sqrt(calibration.detail * detail + rest)
        spread(calibration.multiple * u, result.shape, out=width[v])
    parameters = {"coverage": calibration.coverage, "method": calibration.method, "subjects": calibration.subjects}
    return result.after("interval", width, parameters=parameters, quantity="half-width of the interval")


def bending(volume: npt.NDArray[Any], axis: int) -> Array:
    """Return the mean square of the second difference along the axis, per block of :data:`BLOCK` voxels each way.

    Examples
    --------
    A ramp does not bend; one peak of height 1 gives 1 + 4 + 1 along its line.

    >>> line = np.zeros((4, 4, 8), np.float32)
    >>> line[0, 0, 2] = 1
    >>> (bending(line, 2) * 64).round(3)
    array([[[6., 0.]]], dtype=float32)
    """
    x = np.asarray(volume, np.float32)
    first = 1 if axis == 0 else 0  # worked through in slabs across another axis than the bending one
    rows = []
    for begin in range(0, x.shape[first], 8 * BLOCK):
        part = x[:, begin : begin + 8 * BLOCK] if first else x[begin : begin + 8 * BLOCK]
        bend = np.zeros(part.shape, np.float32)
        if part.shape[axis] > 2:
            low, mid, high = (_along(axis, s) for s in (slice(None, -2), slice(1, -1), slice(2, None)))
            inner = bend[mid]
            np.add(part[low], part[high], out=inner)
            inner -= 2 * part[mid]
            np.multiply(inner, inner, out=inner)
        for a in (2, 1, 0):
            bend = along.apply(_pool(bend.shape[a]), bend, a)
        rows.append(bend)
    return np.concatenate(rows, axis=first)


def noise_floor(acquired: npt.NDArray[Any], axis: int, scale: float) -> float:
    """Return the mean square of the diagonal detail in plane in the quietest blocks of the object, 0 where none is."""
    y = np.moveaxis(acquired, axis, 0)
    y = np.nan_to_num(np.asarray(y[:: max(1, y.shape[0] // 24)], np.float32))
    rows, columns = ((n - 1) // BLOCK * BLOCK for n in y.shape[1:])
    if rows < BLOCK or columns < BLOCK:
        return 0.0
    diagonal = (y[:, 1:, 1:] - y[:, 1:, :-1] - y[:, :-1, 1:] + y[:, :-1, :-1])[:, :rows, :columns] / 2
    energy, mean = (_blocks(one) for one in (np.square(diagonal), y[:, :rows, :columns]))
    inside = energy[mean > AIR * scale]
    return float(np.percentile(inside, QUIETEST)) if inside.size else 0.0


def _blocks(planes: Array) -> Array:
    n, rows, columns = planes.shape
    return np.asarray(planes.reshape(n, rows // BLOCK, BLOCK, columns // BLOCK, BLOCK).mean(axis=(2, 4)))


def spread(blocks: Array, shape: tuple[int, int, int], out: Array | None = None) -> Array:
    """Carry values of blocks on to all voxels, straight lines between the middles of blocks."""
    values = np.asarray(blocks, np.float32)
    for a in range(2):
        values = along.apply(_lines(shape[a]), values, a)
    return np.matmul(values, _lines(shape[2]).T, out=out)


def in_object(result: npt.NDArray[Any], axis: int, scale: float) -> npt.NDArray[np.bool_]:
    """Return which voxels of one volume are counted: brighter than air, and not at an end of the axis."""
    smooth = np.asarray(result, np.float32)
    for a in (2, 1, 0):
        smooth = along.apply(_pool(smooth.shape[a]), smooth, a)
    inside: npt.NDArray[np.bool_] = spread(smooth, result.shape) > AIR * scale
    for end in (slice(None, ENDS), slice(-ENDS, None)):
        inside[_along(axis, end)] = False
    return inside


def _along(axis: int, where: slice) -> tuple[slice, ...]:
    return tuple(where if a == axis else slice(None) for a in range(3))


@lru_cache(maxsize=16)
def _pool(n: int) -> Array:
    """Means of blocks along a line of ``n``, shape ``(blocks, n)``; the last block may be shorter."""
    block = np.arange(n) // BLOCK
    matrix = (block == np.arange(block[-1] + 1)[:, None]).astype(np.float32)
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))


@lru_cache(maxsize=16)
def _lines(n: int) -> Array:
    """Straight lines between the middles of blocks, shape ``(n, blocks)``."""
    middles = _pool(n) @ np.arange(n)
    return np.stack([np.interp(np.arange(n), middles, e) for e in np.eye(len(middles))], axis=1).astype(np.float32)

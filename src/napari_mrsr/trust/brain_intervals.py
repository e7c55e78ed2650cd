r"""Within what T1 and T2 of a mapped brain are right: a half-width for every voxel, calibrated on known heads.

The truth is meant to lie in :math:`T \pm q\,u\,T` in 90 % of the voxels of the brain. u is how large the relative error
is expected to be, from what can be seen without the truth:

.. math:: u^2 = w_0 + w_a\, \overline{(\ln T' - \ln T)^2} + w_g\, \overline{|\nabla \ln T|^2} + w_m\, \overline{m^2}

:math:`T'`
    the maps of a second look: the network sees the same head in slices of another plane (of thick slices: mirrored),
    with the measured noise of each image added once more. What depends on noise or on the direction of looking differs;
gradient
    per voxel: at borders a voxel holds two tissues, and the maps blur;
m
    what the images synthesised from the maps are above the acquired T1w and T2w, parts of their scales: where the maps
    do not explain the images they are wrong, or shading is there that no map holds.

Bars are means over a cube of :data:`REACH` voxels. A second look costs as much as the first. The weights w are fitted
to phantoms, never negative (:mod:`napari_mrsr.trust.fitting`), q is found on others
(:mod:`napari_mrsr.trust.conformal`); ``benchmarks/brain_map_intervals.py`` does both, for T1 and for T2, and measures
how often the interval holds.

**What it does not cover.** Errors that all calibration heads lack: physics unlike the equations (magnetisation
transfer, motion, real refocusing trains), disease unlike their lesions, timings farther off than theirs, images that do
not fit together. A network that is sure and wrong twice in the same way is not found out by a second look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from napari_mrsr.errors import NotCalibrated, WeightsCorrupt
from napari_mrsr.networks import registry
from napari_mrsr.trust.calibration_file import read_rows, write_rows

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan

#: Side of the cube that predictors are averaged over, voxels.
REACH = 3
#: Name of the file beside the weights.
FILE = "brain_map_intervals.json"
#: Names of the predictors, in their order.
PREDICTORS = ("floor", "second look", "gradient", "misfit")
#: Least value that logarithms are taken of, ms.
LEAST = 1.0
#: No predictor is larger: a voxel of air beside the head must not reach into it.
LARGEST = 4.0

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class MapCalibration:
    """What was found for one map of one network.

    Parameters
    ----------
    quantity
        ``"T1"`` or ``"T2"``.
    weights_sha256
        Of the weights that made the maps.
    coverage
        Part of the voxels that the interval is to hold.
    weights
        Of :data:`PREDICTORS`.
    multiple
        q.
    subjects
        How many it was found on.
    """

    quantity: str
    weights_sha256: str
    coverage: float
    weights: tuple[float, ...]
    multiple: float
    subjects: int


def save(calibrations: Sequence[MapCalibration], path: Path) -> Path:
    """Write calibrations, those of other weights that are there kept."""
    new = {one.weights_sha256 for one in calibrations}
    kept = [one for one in read(path) if one.weights_sha256 not in new]
    rows = [asdict(one) | {"weights": list(one.weights)} for one in (*kept, *calibrations)]
    read_rows.cache_clear()
    return write_rows(rows, path)


def read(path: Path) -> tuple[MapCalibration, ...]:
    """Return the calibrations of a file; none where there is no file.

    Raises
    ------
    WeightsCorrupt
        The file was changed, or is no such file.
    """
    try:
        return tuple(MapCalibration(**{**row, "weights": tuple(row["weights"])}) for row in read_rows(path))
    except (TypeError, KeyError) as error:
        what = f"is not a file of calibrations ({error})"
        raise WeightsCorrupt(what, where=path, remedy="reinstall napari-mrsr") from error


def sha256_of(which: str | Path) -> str:
    """Return the checksum of shipped weights of a name, or of a file."""
    return registry.shipped(which)[1] if isinstance(which, str) else hashlib.sha256(which.read_bytes()).hexdigest()


def calibrations_of(which: str | Path, folder: Path | None = None) -> Mapping[str, MapCalibration]:
    """Return the calibrations of T1 and T2 for weights: beside a file of one's own, else beside those that are shipped.

    Raises
    ------
    NotCalibrated
        There are none.
    """
    sha256 = sha256_of(which)
    places = [folder or registry.weights_folder(), *([which.parent] if isinstance(which, Path) else [])]
    found = {one.quantity: one for place in places for one in read(place / FILE) if one.weights_sha256 == sha256}
    if set(found) != {"T1", "T2"}:
        name = which.name if isinstance(which, Path) else which
        raise NotCalibrated(
            f"no uncertainty of maps by {name}: it was calibrated with other weights",
            remedy="calibrate it with benchmarks/brain_map_intervals.py, or leave --uncertainty out",
        )
    return found


# -- what predicts the error ---------------------------------------------------------------------------
def predictors(
    values: npt.NDArray[Any], again: npt.NDArray[Any], misfit: npt.NDArray[Any], inside: npt.NDArray[np.bool_]
) -> Iterator[Array]:
    """Yield the predictors of the squared relative error of a map, one by one, ``(i, j, k)`` each.

    Parameters
    ----------
    values, again
        T1 or T2 by the first and by the second look, ms, NaN in air.
    misfit
        Mean square of what synthesised T1w and T2w are above the acquired ones, parts of their scales.
    inside
        Where the head is.
    """
    logs = [np.log(np.maximum(np.nan_to_num(one, nan=LEAST), LEAST)).astype(np.float32) for one in (values, again)]
    known = inside & np.isfinite(values) & np.isfinite(again)
    share = np.maximum(uniform_filter(known.astype(np.float32), REACH), 1e-3)

    def mean(square: Array) -> Array:
        inner = np.where(known, np.minimum(square, LARGEST), np.float32(0))
        return np.asarray(uniform_filter(inner, REACH) / share, np.float32)

    yield np.ones(values.shape, np.float32)
    yield mean((logs[1] - logs[0]) ** 2)
    steep = np.zeros(values.shape, np.float32)
    for axis in range(3):
        there = np.diff(logs[0], axis=axis) ** 2
        before, after = (
            tuple(part if a == axis else slice(None) for a in range(3)) for part in (slice(None, -1), slice(1, None))
        )
        there[~(known[before] & known[after])] = 0
        for side in (before, after):
            steep[side] += there / 2
    yield mean(steep)
    yield mean(misfit.astype(np.float32))


def relative_width(parts: Iterator[Array], weights: Sequence[float], multiple: float) -> Array:
    """Return q u of every voxel from its predictors."""
    square = sum(np.float32(w) * part for w, part in zip(weights, parts, strict=True))
    return np.asarray(multiple * np.sqrt(np.asarray(square)), np.float32)


def misfit_of(difference: Mapping[str, Scan], scales: Mapping[str, float]) -> Array:
    """Return the mean square of what T1w and T2w synthesised are above the acquired ones, parts of their scales."""
    parts = [(difference[name].array[0] / np.float32(scales[name])) ** 2 for name in ("T1w", "T2w")]
    return np.asarray((parts[0] + parts[1]) / 2, np.float32)


def noisier(image: npt.NDArray[Any], seed: int) -> Array:
    """Return an image with its own measured noise once more; without any where none can be measured."""
    from napari_mrsr.mapping.noise import measure_noise

    clean = np.nan_to_num(np.asarray(image, np.float32), posinf=0.0)
    sigma = np.float32(measure_noise(clean).sigma)
    rng = np.random.default_rng(seed)
    real = clean + sigma * rng.standard_normal(clean.shape, dtype=np.float32)
    imaginary = sigma * rng.standard_normal(clean.shape, dtype=np.float32)
    return np.asarray(np.hypot(real, imaginary), np.float32)

"""A second look at a mapped brain, and the half-widths of T1 and T2 that follow (:mod:`.brain_intervals`).

The same network sees the head again, in slices of another plane and with the noise of each image added once more. Where
slices are thick there is no other plane, and they are seen mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import Stopped
from napari_mrsr.mapping.brain import CONTRASTS, BrainMaps
from napari_mrsr.networks.brain_slices import seen_as
from napari_mrsr.planes import NEARLY_CUBES, planes_of
from napari_mrsr.trust import brain_intervals as intervals

if TYPE_CHECKING:
    from napari_mrsr.brain_maps import BrainJob
    from napari_mrsr.inference.engine import Tile
    from napari_mrsr.scan import Scan

#: Name of the step in the history of a half-width.
STEP = "interval of a map"

Array = npt.NDArray[np.float32]


def with_uncertainty(
    job: BrainJob,
    maps: Array,
    found: BrainMaps,
    calibrations: Mapping[str, intervals.MapCalibration],
    *,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> BrainMaps:
    """Return maps with the half-widths of T1 and T2 beside them, ms; NaN where the map is.

    Parameters
    ----------
    job, maps, found
        What was planned, what the network said, ``(3, i, j, k)``, and the maps that were made of it.
    calibrations
        Of T1 and T2 (:func:`~napari_mrsr.trust.brain_intervals.calibrations_of`).
    device, precision, threads, progress, stop
        As in :func:`napari_mrsr.brain_maps.map_brain`.

    Raises
    ------
    Stopped
        ``stop`` answered True.
    """
    again, done = np.full(maps.shape, np.nan, np.float32), 0.0
    for tile in second_look(job, device=device, precision=precision, threads=threads, stop=stop):
        tile.write(again)
        done = tile.done
        if progress is not None:
            progress(done)
    if done < 1 and job.inside.any():
        raise Stopped("was stopped before the end", where=job.scans.t1w.where)
    misfit = intervals.misfit_of(found.difference, dict(zip(CONTRASTS, job.scales, strict=True)))

    def width(n: int, quantity: str, map: Scan) -> Scan:
        one = calibrations[quantity]
        parts = intervals.predictors(maps[n], again[n], misfit, job.inside)
        values = intervals.relative_width(parts, one.weights, one.multiple) * map.array[0]
        told: dict[str, Any] = {"coverage": one.coverage, "subjects": one.subjects, "weights": list(one.weights)}
        names = {"names": (f"{quantity} uncertainty",), "quantity": f"half-width of {quantity}", "unit": "ms"}
        return map.after(STEP, values.astype(np.float32), parameters=told, **names)

    return replace(found, t1_uncertainty=width(0, "T1", found.t1), t2_uncertainty=width(1, "T2", found.t2))


def second_look(
    job: BrainJob,
    *,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Tile]:
    """See the head again; tiles as of :func:`napari_mrsr.brain_maps.run`."""
    from napari_mrsr.inference.slice_maps import stream

    order, mirrored = _seen_again(job.scans.t1w, job.normal)
    yield from stream(
        job.network,
        [intervals.noisier(image, n) for n, image in enumerate(job.scans.arrays)],
        job.scales,
        order=order,
        mirrored=mirrored,
        inside=job.inside,
        device=device,
        precision=precision,
        threads=threads,
        stop=stop,
    )


def _seen_again(scan: Scan, normal: int) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Return how the head is seen the second time.

    Examples
    --------
    >>> from napari_mrsr.scan import Scan
    >>> _seen_again(Scan(np.zeros((8, 9, 10)), np.eye(4)), 0)
    ((2, 0, 1), (False, False, False))
    >>> _seen_again(Scan(np.zeros((8, 9, 10)), np.diag([1, 1, 5, 1])), 2)
    ((1, 0, 2), (False, True, False))
    """
    spacing = scan.spacing
    if max(spacing) > NEARLY_CUBES * min(spacing):
        order, (first, second, third) = seen_as(scan, normal)
        return order, (first, not second, third)
    across = planes_of(scan)
    return seen_as(scan, across["sagittal"] if normal != across["sagittal"] else across["coronal"])

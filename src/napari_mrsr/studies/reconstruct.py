"""One method on one slab: what the whole volume would give there, at the cost of the slab and its surrounding.

Intensity scale, noise and so the strength of data consistency are those of the whole thick scan. A network or a
dictionary sees the slab with the surrounding that its values depend on; interpolation along the slices needs none.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from napari_mrsr.errors import Stopped
from napari_mrsr.scan import Scan
from napari_mrsr.studies.slab import Slab


def reconstruct(
    thick: Scan,
    method: str,
    factor: int,
    axis: int,
    where: Slab,
    *,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
    device: str = "auto",
) -> Scan:
    """Super-resolve a slab of a scan with thick slices.

    Parameters
    ----------
    thick
        The whole scan with thick slices.
    method
        Name of a method.
    factor
        Fine slices for each thick one.
    axis
        The slice axis.
    where
        Across another axis.
    progress
        Told the part that is done, 0 to 1.
    stop
        Asked whether to stop.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.

    Returns
    -------
    Scan
        The slab on the fine grid, where it lies in the patient.

    Raises
    ------
    BadParameter, UnknownMethod, WeightsMissing, ConstantImage
        As :func:`napari_mrsr.superres.super_resolve` says.
    Stopped
        ``stop`` answered True.
    """
    from napari_mrsr import superres

    (job,) = superres.plan(thick, method=method, factor=factor, axis=axis)
    part = where.crop(thick)
    array = np.full((thick.volumes, *job.shape_from(part.shape)), np.nan, np.float32)
    done = 0.0
    for tile in superres.stream(
        thick, method=method, factor=factor, axis=axis, device=device, stop=stop, within=where.where
    ):
        there = list(tile.where)
        shift = where.start
        there[where.axis] = slice(there[where.axis].start - shift, there[where.axis].stop - shift)
        array[(slice(None), *there)] = tile.array
        done = tile.done
        if progress is not None:
            progress(done)
    if done < 1:
        raise Stopped("was stopped before the end", where=thick.where)
    return superres.finish(part, array, job, device)

"""A scan against its reference: numbers per volume, and maps as scans.

The data range of a volume, which PSNR and SSIM need, is the maximum minus the minimum of the whole reference volume
(also with a mask, so that figures inside and outside a region can be compared), unless it is given. Voxels that are
NaN or infinite in either scan are left out and do not count in ``n``.
"""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.metrics.fidelity import data_range_of, errors
from napari_mrsr.metrics.ssim import mean_similarity, similarity
from napari_mrsr.scan import Scan

Mask = Scan | npt.NDArray[Any]


class Comparison(TypedDict):
    """Figures of one volume: ``psnr`` in dB (infinite for equal images), ``mse`` in the scan's unit squared.

    ``rmse``, ``mae``, ``diff_sd`` (SD of test minus reference, ddof 1) and ``data_range`` are in the scan's unit;
    ``n`` is the number of voxels.
    """

    psnr: float
    ssim: float
    rmse: float
    mse: float
    mae: float
    diff_sd: float
    data_range: float
    n: int


def compare(
    reference: Scan, test: Scan, mask: Mask | None = None, *, data_range: float | None = None
) -> dict[str, Comparison]:
    """Return the figures of every volume, by the name that it has in the reference.

    Parameters
    ----------
    reference, test
        Scans on one grid with equally many volumes, compared in their order.
    mask
        Count these voxels only: a scan of one volume on the same grid, or an array ``(i, j, k)``; not 0 is inside.
        Without a mask SSIM is averaged as :func:`~napari_mrsr.metrics.ssim` does, the other figures over the whole
        volume.
    data_range
        Of all volumes; each reference volume's own where not given.

    Raises
    ------
    GeometryMismatch
        The grids or the numbers of volumes differ.
    ConstantImage
        A reference volume is constant and no data range is given.
    BadParameter
        No voxel is left to count.
    """
    inside = _check(reference, test, mask)
    figures: dict[str, Comparison] = {}
    for n, (x, y) in enumerate(zip(reference.array, test.array, strict=True)):
        span = data_range_of(x) if data_range is None else float(data_range)
        found = errors(x, y, inside)
        if not found.n:
            raise BadParameter(
                "has no voxel to compare: none is finite in both scans and inside the mask",
                where=test.where,
                remedy="look at the mask, and whether the two scans overlap",
            )
        name = reference.names[n]
        figures[name if name not in figures else f"{name} ({n + 1})"] = Comparison(
            psnr=found.psnr(span),
            ssim=mean_similarity(similarity(x, y, data_range=span), inside),
            rmse=found.rmse,
            mse=found.mse,
            mae=found.mae,
            diff_sd=found.sd,
            data_range=span,
            n=found.n,
        )
    return figures


def difference_map(reference: Scan, test: Scan, mask: Mask | None = None) -> Scan:
    """Return ``test - reference`` as a scan in the same unit, NaN where either is not finite and outside the mask.

    Raises
    ------
    GeometryMismatch
        The grids or the numbers of volumes differ.
    """
    inside = _check(reference, test, mask)
    values = np.subtract(test.array, reference.array, dtype=np.float32)
    values[~np.isfinite(values)] = np.nan
    if inside is not None:
        values[:, ~inside] = np.nan
    return _map(reference, test, values, "difference", f"{reference.quantity} difference", reference.unit)


def ssim_map(reference: Scan, test: Scan, mask: Mask | None = None, *, data_range: float | None = None) -> Scan:
    """Return the structural similarity of every voxel as a scan, NaN where either is not finite and outside the mask.

    Parameters
    ----------
    reference, test, mask, data_range
        As for :func:`compare`. For arrays there is :func:`~napari_mrsr.metrics.ssim.similarity`.

    Raises
    ------
    GeometryMismatch
        The grids or the numbers of volumes differ.
    ConstantImage
        A reference volume is constant and no data range is given.
    """
    inside = _check(reference, test, mask)
    values = np.empty(reference.array.shape, np.float32)
    for x, y, out in zip(reference.array, test.array, values, strict=True):
        out[:] = similarity(x, y, data_range=data_range)
    if inside is not None:
        values[:, ~inside] = np.nan
    return _map(reference, test, values, "ssim map", "SSIM", "", data_range=data_range)


def _map(
    reference: Scan, test: Scan, values: npt.NDArray[np.float32], step: str, quantity: str, unit: str, **more: Any
) -> Scan:
    parameters = {"reference": reference.where, **more}
    return test.after(step, values, parameters=parameters, quantity=quantity, unit=unit, names=reference.names)


def _check(reference: Scan, test: Scan, mask: Mask | None) -> npt.NDArray[np.bool_] | None:
    """Return the mask as an array; refuse what does not share the reference's grid."""
    if reference.volumes != test.volumes:
        raise GeometryMismatch(
            f"has {test.volumes} volumes, the reference {reference.volumes}",
            where=test.where,
            remedy="compare the same echoes",
        )
    _same_grid(reference, test, "")
    if mask is None:
        return None
    if isinstance(mask, Scan):
        _same_grid(reference, mask, "the mask ")
        if mask.volumes != 1:
            raise GeometryMismatch(
                f"has {mask.volumes} volumes: a mask has one", where=mask.where, remedy="choose one volume of it"
            )
        array = mask.array[0]
    else:
        array = np.asarray(mask)
        if array.shape != reference.shape:
            raise GeometryMismatch(
                f"the mask has shape {array.shape}, the reference {reference.shape}",
                remedy="give a mask on the grid of the reference",
            )
    inside: npt.NDArray[np.bool_] = (array != 0) & (array == array)  # NaN is outside
    return inside


def _same_grid(reference: Scan, other: Scan, what: str) -> None:
    if reference.same_grid(other):
        return
    grids = [f"{'x'.join(map(str, s.shape))} at {'x'.join(f'{v:g}' for v in s.spacing)} mm" for s in (other, reference)]
    place = ", and lies elsewhere in the patient" if grids[0] == grids[1] else ""
    raise GeometryMismatch(
        f"{what}is {grids[0]}, the reference {grids[1]}{place}",
        where=other.where,
        remedy="compare scans on one grid",
    )

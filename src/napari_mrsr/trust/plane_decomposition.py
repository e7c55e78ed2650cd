r"""What sharpening in plane added, and where it disagrees with the centre of k-space that was measured.

With D what the centre of k-space shows of a fine picture (:mod:`napari_mrsr.inference.measured_centre`; along both axes
in plane), y the acquired picture and x the result,

added
    :math:`N = (I - D^+ D)\,x`: the frequencies that were not measured, which nothing acquired can confirm or refute.
    Of the zero-filled picture it is 0.
z
    :math:`z = (y - D x) / \sigma` on the acquired grid: how far the result left what was measured, in standard
    deviations of the noise (NaN where the scan has none).

Magnitude images are not linear in k-space: where parts of opposite phase cancel, z is not exactly 0 even for the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.inference import measured_centre
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.mapping import estimate_noise
from napari_mrsr.sampling import along
from napari_mrsr.scan import Scan
from napari_mrsr.trust.decomposition import EXPECTED_PERCENT, LARGE_Z


@dataclass(frozen=True, eq=False)
class PlaneTrust:
    """What can be said of a sharpened scan without knowing the truth.

    Parameters
    ----------
    added
        What no measured frequency holds, on the fine grid, in units of the image.
    z
        Disagreement on the acquired grid, standard deviations.
    summary
        For each volume ``noise``, ``z_sd``, ``z_large_percent`` (expected of noise alone: ``z_expected_percent``) and
        ``added_percent`` (root mean square of what was added, per cent of the common scale).
    """

    added: Scan
    z: Scan
    summary: dict[str, Any]


def trust_in_plane(acquired: Scan, result: Scan, *, noise: float | None = None) -> PlaneTrust:
    """Compare a scan sharpened in plane with the acquired one.

    Parameters
    ----------
    acquired
        What was measured, the centre of k-space.
    result
        What :func:`napari_mrsr.in_plane.sharpen` made of it, every volume.
    noise
        Standard deviation of the noise; measured in each volume where not given.

    Raises
    ------
    GeometryMismatch
        The result is no finer grid over the same field of view, or has other volumes.
    BadParameter
        The measured centre was put back into the result, which hides what is asked.

    Examples
    --------
    >>> from napari_mrsr import in_plane
    >>> scan = Scan(np.random.default_rng(0).random((1, 16, 16, 4), np.float32), np.diag([1, 1, 4, 1]), slice_axis=2)
    >>> found = trust_in_plane(scan, in_plane.sharpen(scan, method="fourier", matrix=(32, 32)))
    >>> bool(np.abs(found.added.array).max() < 1e-5)
    True
    """
    axes = _finer(acquired, result)
    if any(step.parameters.get("consistency") == "hard" for step in result.history):
        raise BadParameter(
            "the measured centre was put back, which hides the disagreement",
            where=result.where,
            remedy="sharpen without hard consistency",
        )
    added, z = np.empty(result.array.shape, np.float32), np.empty(acquired.array.shape, np.float32)
    scale = common_scale(np.nan_to_num(acquired.array))
    rows: dict[str, dict[str, float]] = {}
    for v, (y, x) in enumerate(zip(acquired.array, result.array, strict=True)):
        seen = x
        for axis in axes:
            seen = along.apply(measured_centre.centre(x.shape[axis], y.shape[axis]), seen, axis)
        confirmed = seen
        for axis in axes:
            confirmed = along.apply(measured_centre.back(x.shape[axis], y.shape[axis]), confirmed, axis)
        added[v] = x - confirmed
        sigma = estimate_noise(np.moveaxis(y, _slices(axes), 0)) if noise is None else noise
        z[v] = (y - seen) / sigma if sigma > 0 else np.nan
        rows[result.names[v]] = {
            "noise": float(sigma),
            "z_sd": float(np.std(z[v])),
            "z_large_percent": float(100 * np.mean(np.abs(z[v]) > LARGE_Z)) if sigma > 0 else float("nan"),
            "z_expected_percent": EXPECTED_PERCENT,
            "added_percent": float(100 * np.sqrt(np.mean(np.square(added[v], dtype=np.float64))) / scale),
        }
    parameters = {"axes": [axis + 3 for axis in axes]}
    return PlaneTrust(
        result.after("added by sharpening in plane", added, parameters=parameters, quantity="added signal"),
        acquired.after("disagreement with the centre", z, parameters=parameters, quantity="z", unit="sigma"),
        {"volumes": rows},
    )


def _finer(acquired: Scan, result: Scan) -> tuple[int, ...]:
    """Return the axes, counted from the end, along which the result is finer over the same field of view."""
    steps = np.array(acquired.shape) / np.array(result.shape)
    place = np.array(acquired.affine)
    place[:3, :3] *= steps
    alike = np.allclose(place, result.affine, atol=0.05 * min(result.spacing))
    if result.volumes != acquired.volumes or (steps > 1).any() or (steps == 1).all() or not alike:
        raise GeometryMismatch(
            f"has {result.volumes} volumes of {'x'.join(map(str, result.shape))}, no finer grid over the "
            f"{acquired.volumes} of {'x'.join(map(str, acquired.shape))} that were acquired",
            where=result.where,
            remedy="give what was sharpened of this scan",
        )
    return tuple(int(axis) - 3 for axis in np.flatnonzero(steps < 1))


def _slices(axes: tuple[int, ...]) -> int:
    return next((axis for axis in (-1, -2, -3) if axis not in axes), -1)

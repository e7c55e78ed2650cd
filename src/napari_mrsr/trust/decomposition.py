r"""What a super-resolved scan added, and where it disagrees with what was measured.

With A the thick slices, y the acquired scan, x the network's output **before** any consistency, and
:math:`A^+ = A^T (A A^T)^{-1}`:

added
    :math:`N = (I - A^+ A)\,x`, the null-space part: what no acquired slice can confirm or refute (the range-null
    decomposition of Wang, Yu and Zhang, DDNM, arXiv 2212.00490). Consistency never changes it.
z
    :math:`z = (y - A x) / \sigma`: the disagreement in standard deviations of the noise (NaN where the scan has none).
    Noise alone gives :math:`|z| > 3` in 0.27 % of the voxels.
T2 difference
    T2 of the re-thickened echoes :math:`A x` minus T2 of the acquired ones, ms: a check that every patient brings
    along.
interval
    Half-width within which 90 % of the values are right, where the method was calibrated
    (:mod:`napari_mrsr.trust.intervals`).

After a hard projection z and the T2 difference are zero by construction and say nothing; after the Wiener correction
they are recovered as they were before it (:func:`napari_mrsr.inference.consistency.residual_before`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch, MrsrError, NotCalibrated
from napari_mrsr.inference import consistency
from napari_mrsr.inference.scale import common_scale
from napari_mrsr.sampling import along, thick_slices
from napari_mrsr.scan import Scan
from napari_mrsr.trust import intervals
from napari_mrsr.trust.echo_motion import echo_motion
from napari_mrsr.trust.slice_motion import slice_motion

#: Absolute z that counts as a disagreement, and how often noise alone reaches it.
LARGE_Z, EXPECTED_PERCENT = 3.0, 0.27


@dataclass(frozen=True, eq=False)
class Trust:
    """What can be said of a result without knowing the truth.

    Parameters
    ----------
    added
        Null-space part on the fine grid, in units of the image.
    z
        Disagreement on the acquired grid, standard deviations.
    t2_difference
        T2 of the re-thickened echoes minus T2 of the acquired ones, ms, NaN where either is; None without a T2 map.
    summary
        Numbers for a table, see :func:`trust`.
    interval
        Half-width of the calibrated interval on the fine grid, in units of the image; None where the method was not
        calibrated (``summary["interval_missing"]`` says why).
    """

    added: Scan
    z: Scan
    t2_difference: Scan | None
    summary: dict[str, Any]
    interval: Scan | None = None

    @property
    def apart(self) -> str:
        """What has moved in the acquired scan, echoes or slices; empty where nothing is seen to have moved."""
        return "; ".join(filter(None, (self.summary.get(f"{what}_apart", "") for what in ("echoes", "slices"))))


def trust(acquired: Scan, result: Scan, *, factor: int, axis: int, noise: float | None = None) -> Trust:
    """Compare a super-resolved scan with the acquired one.

    Parameters
    ----------
    acquired
        Thick slices y.
    result
        What :func:`napari_mrsr.superres.super_resolve` made of them along one axis.
    factor, axis
        Fine slices for each thick one, and along which axis.
    noise
        Standard deviation of the noise; measured in each volume where not given.

    Returns
    -------
    Trust
        Its ``summary`` holds for each volume ``noise``, ``z_sd``, ``z_large_percent`` (expected:
        ``z_expected_percent``), ``added_percent`` (root mean square of what was added, per cent of the common scale),
        ``interval_percent`` (half-width in the median over the object, per cent of that scale); for T2
        ``t2_median_difference``, ``t2_iqr`` (ms) and ``t2_n``, or ``t2_missing``, why there is none; and
        ``interval_coverage``, or ``interval_missing``, why there is none. Of echoes, ``echoes_apart`` says where they
        have moved against each other, empty where they have not (:mod:`napari_mrsr.trust.echo_motion`);
        ``slices_apart`` says which slices lie beside their neighbours (:mod:`napari_mrsr.trust.slice_motion`).

    Raises
    ------
    GeometryMismatch
        The result is not on the acquired grid refined by the factor.
    BadParameter
        The result was projected hard onto the acquired slices, which hides what is asked.
    """
    _check_grids(acquired, result, factor, axis)
    penalties = _penalties_of(result, axis)
    y = acquired.array.astype(np.float32, copy=False)
    n = result.shape[axis]
    a = thick_slices.matrix(n, factor)
    null = np.eye(n) - consistency.gain(n, factor) @ a
    added = np.empty(result.array.shape, np.float32)
    z = np.empty(y.shape, np.float32)
    thick = np.empty(y.shape, np.float32)
    scale = common_scale(np.nan_to_num(y))
    rows: dict[str, dict[str, float]] = {}
    for v in range(result.volumes):
        x = result.array[v].astype(np.float32, copy=False)
        added[v] = along.apply(null, x, axis)
        residual = consistency.residual_before(x, y[v], axis=axis, factor=factor, penalty=penalties[v])
        sigma = _noise(y[v], axis) if noise is None else noise
        np.subtract(y[v], residual, out=thick[v])
        if sigma > 0:
            np.multiply(residual, np.float32(1 / sigma), out=z[v])
        else:
            z[v] = np.nan
        rows[result.names[v]] = {
            "noise": float(sigma),
            "z_sd": float(np.std(z[v])),
            "z_large_percent": float(100 * np.mean(np.abs(z[v]) > LARGE_Z)) if sigma > 0 else float("nan"),
            "z_expected_percent": EXPECTED_PERCENT,
            "added_percent": float(100 * np.sqrt(np.mean([np.vdot(p, p) / p.size for p in added[v]])) / scale),
        }
    summary: dict[str, Any] = {"volumes": rows}
    interval = _interval(acquired, result, axis, scale, summary)
    motion = echo_motion(acquired, axis)
    if motion is not None:
        summary["echoes_apart"] = motion.line
    slices = slice_motion(acquired, axis)
    if slices is not None:
        summary["slices_apart"] = slices.line
    parameters = {"factor": factor, "axis": axis}
    difference, t2_summary = _t2_difference(acquired, thick, parameters)
    return Trust(
        added=result.after("added by super-resolution", added, parameters=parameters, quantity="added signal"),
        z=acquired.after("disagreement with the acquired slices", z, parameters=parameters, quantity="z", unit="sigma"),
        t2_difference=difference,
        summary=summary | t2_summary,
        interval=interval,
    )


def _interval(acquired: Scan, result: Scan, axis: int, scale: float, summary: dict[str, Any]) -> Scan | None:
    """Return the half-widths where the method was calibrated; tell the summary what they are, or why there are none."""
    try:
        calibration = intervals.calibration_of(_step_of(result, axis))
    except NotCalibrated as error:
        summary["interval_missing"] = error.line
        return None
    found = intervals.half_width(acquired, result, calibration, axis=axis)
    summary["interval_coverage"] = calibration.coverage
    for v, row in enumerate(summary["volumes"].values()):
        few = (slice(None, None, 2),) * 3
        widths = found.array[v][few][result.array[v][few] > intervals.AIR * scale]
        row["interval_percent"] = float(100 * np.median(widths) / scale) if widths.size else float("nan")
    return found


def _t2_difference(
    acquired: Scan, thick: npt.NDArray[np.float32], parameters: dict[str, Any]
) -> tuple[Scan | None, dict[str, Any]]:
    """T2 of the re-thickened echoes minus T2 of the acquired ones, on the acquired grid."""
    from napari_mrsr.mapping import t2_from_dess

    if acquired.volumes != 2:
        return None, {"t2_missing": f"{acquired.volumes} volumes are not the two echoes of a DESS scan"}
    try:
        before = t2_from_dess(acquired).map
        after = t2_from_dess(acquired.after("thick slices of the result", thick)).map
    except MrsrError as error:
        return None, {"t2_missing": error.line}
    values = (after.array - before.array).astype(np.float32)
    known = values[np.isfinite(values)]
    low, median, high = np.percentile(known, (25, 50, 75)) if known.size else (np.nan,) * 3
    scan = after.after("T2 difference", values, parameters=parameters, quantity="T2 difference", unit="ms")
    return scan, {"t2_median_difference": float(median), "t2_iqr": float(high - low), "t2_n": int(known.size)}


def _noise(volume: npt.NDArray[np.float32], axis: int) -> float:
    from napari_mrsr.mapping import estimate_noise

    return estimate_noise(np.moveaxis(volume, axis, 0))


def _step_of(result: Scan, axis: int) -> dict[str, Any]:
    """Return the parameters of the super-resolution along the axis, from the history; nothing where there was none."""
    for step in reversed(result.history):
        if step.name == "super-resolution" and step.parameters.get("axis") == axis:
            return dict(step.parameters)
    return {}


def _penalties_of(result: Scan, axis: int) -> list[float | None]:
    """Penalty with which each volume was corrected; None where none was."""
    step = _step_of(result, axis)
    if step.get("consistency") == "hard":
        raise BadParameter(
            "was projected hard onto what was measured, which hides its disagreement",
            where=result.where,
            remedy="use wiener consistency or none",
        )
    return list(step.get("penalties") or []) or [None] * result.volumes


def _check_grids(acquired: Scan, result: Scan, factor: int, axis: int) -> None:
    expected = list(acquired.shape)
    if axis not in (0, 1, 2) or factor < 1:
        raise BadParameter(f"factor {factor} along axis {axis} is impossible")
    expected[axis] *= factor
    if result.volumes != acquired.volumes or result.shape != tuple(expected):
        raise GeometryMismatch(
            f"has {result.volumes} volumes of {'x'.join(map(str, result.shape))}, "
            f"not {acquired.volumes} of {'x'.join(map(str, expected))}",
            where=result.where,
            remedy=f"give what was super-resolved {factor}-fold along axis {axis}",
        )

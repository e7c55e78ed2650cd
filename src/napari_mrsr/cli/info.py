"""``napari-mrsr info``: what a scan is, and whether it is fit for use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_mrsr.cli import console
from napari_mrsr.cli.options import AllowNonfinite, Scans, Series
from napari_mrsr.cli.read import read
from napari_mrsr.errors import SeveralSeries

if TYPE_CHECKING:
    from napari_mrsr.scan import Scan

MARKS = {"good": "ok  ", "warn": "warn", "bad": "BAD "}


def info(scans: Scans, series: Series = None, allow_nonfinite: AllowNonfinite = False) -> None:
    """Print what a scan is: geometry, acquisition, and the checks of the Study dock.

    A folder with several series is listed, so that one can be chosen with --series.
    """
    try:
        scan = read(scans, series=series, allow_nonfinite=allow_nonfinite, say=False)
    except SeveralSeries as several:
        print_series(scans, several)
        return
    print_scan(scan)
    warn_outside(scan)
    warn_zero_filled(scan)


def warn_outside(scan: Scan) -> None:
    """Say where the scan is unlike what the method that would be chosen was trained on."""
    from napari_mrsr.errors import AmbiguousAxis
    from napari_mrsr.superres import choose_method
    from napari_mrsr.trust.range import outside

    try:
        method, _ = choose_method(scan)
        console.warn(f"outside the training: {line}" for line in outside(scan, method, 2))
    except AmbiguousAxis:  # the checks say so already
        return


def warn_zero_filled(scan: Scan) -> None:
    """Say along which axes k-space was filled up with zeros, so that there is nothing to recover beyond."""
    from napari_mrsr.planes import across
    from napari_mrsr.trust.zero_filled import along_slices_in_words, in_words

    axis = across(scan).find_slice_axis()
    console.warn(line for line in (in_words(scan, axis), along_slices_in_words(scan, axis)) if line)


def print_series(paths: list[Path], several: SeveralSeries) -> None:
    """Print one line per series."""
    print(f"{several.where or paths[0]}: {len(several.choices)} series; choose one with --series N")
    for choice in several.choices:
        print(f"  {choice}")


def print_scan(scan: Scan) -> None:
    """Print a scan and its checks."""
    from napari_mrsr.files.checks import check_scan

    for name, value in describe(scan):
        print(f"{name:<12} {value}")
    print()
    for check in check_scan(scan):
        print(f"{MARKS[check.level]} {check.name}: {check.text}")


def describe(scan: Scan) -> list[tuple[str, str]]:
    """Return names and values of what a scan is, in reading order."""
    import nibabel as nib
    import numpy as np

    from napari_mrsr.contrast import contrast_of

    acquisition = scan.acquisition
    rows = [
        ("file", f"{scan.where} and {len(scan.sources) - 1} more" if len(scan.sources) > 1 else str(scan.where)),
        ("volumes", f"{scan.volumes} ({scan.axis}): {', '.join(scan.names)}"),
        ("matrix", " x ".join(str(n) for n in scan.shape)),
        ("spacing", " x ".join(f"{s:g}" for s in scan.spacing) + " mm"),
        ("orientation", "".join(nib.orientations.aff2axcodes(scan.affine)) + " (voxel axes point to)"),
    ]
    finite = scan.array[np.isfinite(scan.array)]
    if finite.size:
        rows.append(("values", f"{finite.min():g} to {finite.max():g}, {scan.quantity} [{scan.unit}]"))
    settings = (
        ("TR", acquisition.repetition_time, "ms"),
        ("TE", ", ".join(f"{t:g}" for t in acquisition.echo_times) or None, "ms"),
        ("flip angle", acquisition.flip_angle, "degrees"),
        ("spoiler", acquisition.spoiler_moment, "mT s/m"),
        ("lasting", acquisition.spoiler_duration, "ms"),
        ("slice", acquisition.slice_thickness, "mm thick"),
        ("gap", acquisition.slice_gap, "mm"),
        ("field", acquisition.field_strength, "T"),
        ("scanner", " ".join(filter(None, (acquisition.manufacturer, acquisition.model))) or None, ""),
        ("series", acquisition.series_description, ""),
        ("contrast", contrast_of(scan) or None, ""),
        ("side", acquisition.laterality, ""),
    )
    for name, value, unit in settings:
        if value is not None:
            rows.append((name, f"{value:g} {unit}" if isinstance(value, float) else f"{value} {unit}".rstrip()))
    return rows

"""What stands beside the maps of a brain in files: medians of tissues, and half-widths of intervals."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_mrsr.mapping.brain import BrainMaps

#: Name of the table of tissues, and its columns.
TISSUES = "tissues.csv"
COLUMNS = ("tissue", "quantity", "voxels", "median [ms]", "low [ms]", "high [ms]", "source", "verdict")


def write_checks(found: BrainMaps, folder: Path) -> None:
    """Write the table of tissues, and the uncertainty of T1 and T2 where it is known, into a folder that exists."""
    from napari_mrsr.files import write_nifti
    from napari_mrsr.files.atomic import atomic_path

    if found.tissues:
        with atomic_path(folder / TISSUES) as path, path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(
                ["tissue", "quantity", "voxels", "median [ms]", "low [ms]", "high [ms]", "source", "verdict"]
            )
            for one in found.tissues:
                numbers = ["" if value is None else value for value in (one.median, one.low, one.high)]
                table.writerow([one.tissue, one.quantity, one.n, *numbers, one.source, one.verdict])
    for name, scan in {"T1": found.t1_uncertainty, "T2": found.t2_uncertainty}.items():
        if scan is not None:
            write_nifti(scan, folder / f"{name}_uncertainty.nii.gz")

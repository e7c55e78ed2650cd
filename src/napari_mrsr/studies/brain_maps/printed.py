"""Table 2 of paper 4 as printed, to stand beside what is measured here; its data are not these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.studies.brain_maps.measures import PUBLISHED
from napari_mrsr.studies.brain_maps.ways import AS_PUBLISHED, HYBRID, SUPERVISED
from napari_mrsr.studies.quality_tables import mean_sd

if TYPE_CHECKING:
    import pandas as pd

#: Supervised alone, hybrid, and p, by map and measure.
TABLE_2 = {
    ("T1", "mpe"): ("10.36 ± 3.64", "10.08 ± 2.96", "0.002"),
    ("T2", "mpe"): ("12.33 ± 7.00", "11.96 ± 6.71", "0.002"),
    ("T1", "hfen"): ("1.66 ± 0.48", "1.58 ± 0.46", "<0.001"),
    ("T2", "hfen"): ("0.44 ± 0.13", "0.44 ± 0.13", "0.176"),
    ("T1", "psnr"): ("30.43 ± 2.61", "30.79 ± 2.64", "<0.001"),
    ("T2", "psnr"): ("37.52 ± 1.79", "37.51 ± 1.78", "0.115"),
    ("T1", "ssim"): ("0.962 ± 0.019", "0.965 ± 0.017", "<0.001"),
    ("T2", "ssim"): ("0.977 ± 0.010", "0.977 ± 0.009", "<0.001"),
}
#: What a reader must know when both stand side by side.
CAVEAT = (
    "As printed: 133 sagittal slices of one volunteer, maps measured by MR Multitasking as the truth, which slices and "
    "voxels were scored is not printed. Other heads and another truth: the columns cannot be compared, but the sign of "
    "hybrid less supervised can."
)


def beside(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the paper's Table 2 with what was measured here beside it, mean ± SD over slices.

    Parameters
    ----------
    frame
        Scores with ``method``, ``map`` and the published measures.
    """
    import pandas as pd

    columns = {column.name: column for column in PUBLISHED}
    rows = []
    for (of, name), (supervised, hybrid, chance) in TABLE_2.items():
        part = frame[frame["map"] == of]
        row = {"measure": columns[name].title, "map": of}
        row |= {"printed: supervised": supervised, "printed: hybrid": hybrid, "printed: p": chance}
        for method in (SUPERVISED, AS_PUBLISHED, HYBRID):
            values = part[part["method"] == method][name].dropna().to_numpy()
            row[f"here: {method}"] = mean_sd(values, columns[name].digits)
        rows.append(row)
    return pd.DataFrame(rows)

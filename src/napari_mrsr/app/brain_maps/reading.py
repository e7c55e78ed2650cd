"""What a person reads of the maps of a brain: tissues beside what papers report, and how far images are explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari_mrsr.app.brain_maps.choices import BrainResult
from napari_mrsr.files.checks import Check
from napari_mrsr.mapping.brain_tissue_check import TissueValue

if TYPE_CHECKING:
    import pandas as pd


def in_short(checks: Sequence[Check]) -> list[Check]:
    """Return checks with all that is well in one line, the first: what is not well is seen at once.

    Examples
    --------
    >>> [check.text for check in in_short([Check("grid", "good", "one"), Check("values", "good", "magnitudes")])]
    ['grid, values']
    """
    well = [check for check in checks if check.level == "good"]
    if len(well) < 2:
        return list(checks)
    names = ", ".join(check.name for check in well)
    return [Check("in order", "good", names), *(check for check in checks if check.level != "good")]


def tissue_table(tissues: Sequence[TissueValue]) -> pd.DataFrame | None:
    """Return a row for each tissue: medians of T1 and T2 in ms, each beside the range of the papers.

    A value outside its range bears an exclamation mark; ``attrs["cell_help"]`` holds who reports the range.
    """
    import pandas as pd

    rows = list(dict.fromkeys(one.tissue for one in tissues))
    columns = [title for name in ("T1", "T2") for title in (f"{name} [ms]", f"{name} in papers")]
    table = pd.DataFrame("–", index=rows, columns=columns)
    helps: dict[tuple[int, str], str] = {}
    for one in tissues:
        value, papers = f"{one.quantity} [ms]", f"{one.quantity} in papers"
        if one.median is not None:
            table.loc[one.tissue, value] = f"{one.median:.0f}{' !' if one.outside else ''}"
        if one.low is not None and one.high is not None:
            table.loc[one.tissue, papers] = f"{one.low:.0f} to {one.high:.0f}"
        key = rows.index(one.tissue)
        helps[key, value] = f"{one.verdict}; {one.n} voxels"
        helps[key, papers] = one.source
    table.attrs.update(keys=list(range(len(rows))), cell_help=helps)
    return table if len(rows) else None


def summary(result: BrainResult) -> str:
    """Return how long it took, and how far the images that the maps explain are off."""
    if result.maps is None:
        return ""
    lines = [f"stopped at {result.share:.0%}" if result.partial else f"took {result.seconds:.1f} s"]
    off = ", ".join(f"{name} {percent:.1f} %" for name, percent in result.maps.misfit.items())
    if off:
        lines.append(f"Images synthesised from the maps are off by {off} of their scale (median over the head).")
    return "\n".join([*lines, *result.moved])

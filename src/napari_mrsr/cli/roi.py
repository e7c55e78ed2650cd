"""``napari-mrsr roi``: the statistics of a map in each region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.output import check_file
from napari_mrsr.cli.read import read_labels, read_map
from napari_mrsr.errors import BadParameter, GeometryMismatch, UnreadableFile

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.scan import Scan


def roi(
    map_file: Annotated[
        Path, typer.Option("--map", metavar="FILE", help="The map, T2 in ms for instance.", show_default=False)
    ],
    labels_file: Annotated[
        Path, typer.Option("--labels", metavar="FILE", help="Regions: 0 is background.", show_default=False)
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="stats.csv to write.", show_default=False)
    ],
    sigma: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What t2 --uncertainty wrote: adds the standard error of the means by noise.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What t2 --reason wrote: says where T2 is too short.", show_default=False),
    ] = None,
    correlated: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            min=1.0,
            help="Voxels that share their noise (zero-filling 2 x 2: 4); as measured with --sigma where not given.",
            show_default=False,
        ),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='JSON with names, {"2": "femoral cartilage"}.', show_default=False),
    ] = None,
    erode: Annotated[
        float, typer.Option(metavar="MM", min=0.0, help="Shrink regions first: fluid at their edge.")
    ] = 0.0,
) -> None:
    """Write a row per label: count, volume, mean, SD, median, IQR, percentiles and the invalid part.

    Of a T2 map from DESS also by how much T2 is read too long if T1 is 100 ms longer, or B1 10 % low. With --sigma or
    --reason, regions whose T2 is too short for the sequence are told as such, without a mean.
    """
    if correlated is not None and sigma is None:
        raise BadParameter("--correlated needs --sigma", remedy="give the file that t2 --uncertainty wrote too")
    check_file(output)
    if output.suffix.lower() != ".csv":
        raise BadParameter("is no name for a table", where=output, remedy="end it in .csv")
    naming = None if names is None else read_names(names)
    values, labels = read_map(map_file), read_labels(labels_file)

    from napari_mrsr import roi as regions

    if erode > 0:
        labels = regions.erode(labels, erode)
    table = regions.statistics(values, labels, names=naming)
    if table.empty:
        raise BadParameter("has no region on the map", where=labels_file, remedy="paint one, or give this map's labels")
    if values.quantity == "T2" or sigma is not None or reason is not None:
        table = _with_certainty(table, values, labels, sigma, reason, correlated, naming)
    console.warn((*labels.warnings, *table.attrs["warnings"], *_flags(table)))
    _write_table(table, output)


def _with_certainty(
    table: pd.DataFrame,
    values: Scan,
    labels: Scan,
    sigma_file: Path | None,
    reason_file: Path | None,
    correlated: float | None,
    names: dict[int, str] | None,
) -> pd.DataFrame:
    """Return the table with what is known of the certainty of its means."""
    from napari_mrsr.mapping import T2Map
    from napari_mrsr.roi.certainty import certainty, with_certainty

    sigma = None if sigma_file is None else _beside(read_map(sigma_file), values)
    if sigma is not None and correlated is not None:
        sigma = sigma.after("correlated noise", sigma.array, parameters={"correlated": correlated})
    reason = _all_valid(values) if reason_file is None else _beside(read_labels(reason_file), values)
    measured = None if sigma is None and reason_file is None else T2Map(values, reason, sigma)
    return with_certainty(table, certainty(values, labels, acquired=measured, names=names))


def _beside(scan: Scan, map: Scan) -> Scan:
    if scan.shape != map.shape or not scan.same_grid(map):
        raise GeometryMismatch("is not on the grid of the map", where=scan.where, remedy="write both with one t2 call")
    return scan


def _all_valid(map: Scan) -> Scan:
    """Return reasons where none are known: valid where the map has a value, out of range elsewhere."""
    import numpy as np

    from napari_mrsr.mapping import Reason

    codes = np.where(np.isfinite(map.array), Reason.OK, Reason.OUT_OF_RANGE).astype(np.uint8)
    return map.after("reasons", codes, axis="label", names=("reason",), quantity="reason", unit="")


def _flags(table: pd.DataFrame) -> list[str]:
    """Return a line for each region whose T2 is not told, or told of its brighter part only."""
    from napari_mrsr.roi.certainty import brighter_part, flag_words

    if "flag" not in table:
        return []
    rows = table.to_dict("records")
    return [f"{row['name']}: {words}" for row in rows if (words := flag_words(row) or brighter_part(row))]


def _write_table(table: pd.DataFrame, path: Path) -> None:
    from napari_mrsr.files.atomic import atomic_path

    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False)


def read_names(path: Path) -> dict[int, str]:
    """Read the names of labels.

    Raises
    ------
    UnreadableFile
        The file is no JSON object of label names.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {int(label): str(name) for label, name in content.items()}
    except (OSError, ValueError, AttributeError) as error:
        remedy = 'write it like {"2": "femoral cartilage"}'
        raise UnreadableFile("is no JSON file of label names", where=path, remedy=remedy) from error

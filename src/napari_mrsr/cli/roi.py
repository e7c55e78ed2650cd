"""``napari-mrsr roi``: the statistics of a map in each region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.output import check_file
from napari_mrsr.cli.read import read_labels, read_map
from napari_mrsr.errors import UnreadableFile

if TYPE_CHECKING:
    import pandas as pd


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
    names: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='JSON with names, {"2": "femoral cartilage"}.', show_default=False),
    ] = None,
    erode: Annotated[
        float, typer.Option(metavar="MM", min=0.0, help="Shrink regions first: fluid at their edge.")
    ] = 0.0,
) -> None:
    """Write a row per label: count, volume, mean, SD, median, IQR, percentiles and the invalid part."""
    check_file(output)
    naming = None if names is None else read_names(names)
    values, labels = read_map(map_file), read_labels(labels_file)

    from napari_mrsr import roi as regions

    if erode > 0:
        labels = regions.erode(labels, erode)
    table = regions.statistics(values, labels, names=naming)
    console.warn((*labels.warnings, *table.attrs["warnings"]))
    _write_table(table, output)


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

"""Results as DICOM objects that go back to the PACS.

In the folder afterwards (maps and labels that were not given are not there):

- ``<quantity>_<role>_pm.dcm``: Parametric Map, float32, for each map;
- ``<quantity>_<role>/``: the same map as MR Image Storage with rescale, one file a slice;
- ``echoes_sr/``: the super-resolved echoes as a derived MR series;
- ``segmentation.dcm``: the painted regions; ``report.dcm``: their measurements, TID 1500.

All objects share one study, patient and frame of reference. An object refers to what it was made from: the map of
super-resolved echoes to these, the map of acquired echoes to the instances of the source, regions to the series on
whose grid they were painted.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from warnings import catch_warnings, filterwarnings

from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd
    from pydicom.dataset import Dataset

    from napari_mrsr.files.dicom.references import Instance, Study

_ACQUIRED = "acquired"
#: Results of series 5 are series 501 and on; some archives number series with ten digits.
_LARGEST_NUMBER = 10_000_000


def write_dicom_results(
    folder: Path,
    *,
    scan: Scan,
    maps: Mapping[str, Scan],
    labels: Scan | None,
    names: Mapping[int, str],
    tables: Mapping[str, pd.DataFrame],
    refined: Scan | None,
    method: str,
    deidentify: bool = True,
) -> list[Path]:
    """Write results as DICOM objects.

    Parameters
    ----------
    folder
        Missing or empty; the folder above it must exist. It appears whole or not at all.
    scan
        The acquired scan as it was read: patient, study, frame of reference and source instances are its source's.
    maps
        Maps by role (``"acquired"``, ``"SR"``, another method), one volume each, NaN is "no value".
    labels
        Painted regions on any grid, 0 is none; ``None`` if nothing is painted.
    names
        Of the labels.
    tables
        Per role the table of :func:`napari_mrsr.roi.statistics`. Of a role without a map, quantity and unit are taken
        from ``attrs`` of the table.
    refined
        The super-resolved echoes.
    method
        Name of the algorithm that made them.
    deidentify
        Remove patient, dates and institution and replace every UID, the same in all objects; else results join the
        study of the source.

    Returns
    -------
    list of pathlib.Path
        Every file.

    Raises
    ------
    MissingParameter
        The DICOM source lacks attributes that results must carry; all of them are named.
    BadParameter
        There is nothing to write, a map has several volumes, or no region is painted in the labels.
    OutputNotWritable
        The folder holds something, cannot be made or written, or the disk is full. Nothing is left half-written.
    GeometryMismatch, NothingToRead, UnreadableFile
        A grid is sheared in the plane; the source is gone or changed.
    """
    from napari_mrsr.files.dicom.references import study_of
    from napari_mrsr.files.dicom.whole_set import check_free, write_set

    if not maps and labels is None and refined is None:
        raise BadParameter("there is no map, region or super-resolved scan to write", remedy="compute one first")
    check_free(Path(folder))
    study = study_of(scan, deidentify=deidentify)
    with catch_warnings():
        filterwarnings(
            "ignore", category=UserWarning, module="highdicom"
        )  # its remarks on names as the source has them
        objects = _objects(study, scan, maps, labels, names, tables, refined, method)
    return write_set(Path(folder), objects)


def _objects(
    study: Study,
    scan: Scan,
    maps: Mapping[str, Scan],
    labels: Scan | None,
    names: Mapping[int, str],
    tables: Mapping[str, pd.DataFrame],
    refined: Scan | None,
    method: str,
) -> dict[str, Dataset | list[Dataset]]:
    """Return every object by its file name; a list is a series, which becomes a folder."""
    from napari_mrsr.files.dicom.derived_series import echo_series, map_series
    from napari_mrsr.files.dicom.measurements import Measured, report
    from napari_mrsr.files.dicom.parametric_map import parametric_map
    from napari_mrsr.files.dicom.referring import instances_of
    from napari_mrsr.files.dicom.segmentation import Segments, segmentation

    made: dict[str, Dataset | list[Dataset]] = {}
    first = 100 * (study.series_number if 0 < study.series_number < _LARGEST_NUMBER else 9)
    grids: list[tuple[Scan, Sequence[Instance]]] = []
    if refined is not None:
        series = echo_series(refined, study, method=method, number=first + 1)
        made["echoes_sr"] = series
        grids.append((refined, instances_of(series)))
    if study.instances:
        grids.append((scan, study.instances))
    measured = []
    for n, (role, one) in enumerate(maps.items()):
        sources: Sequence[Instance] = study.instances
        if refined is not None and role != _ACQUIRED and one.same_grid(refined):
            sources = grids[0][1]
        name = _file_name(one.quantity, role, made)
        way = _way(one, method if role != _ACQUIRED else "")
        series = map_series(one, role, study, method=way, number=first + 11 + n, sources=sources)
        made[name] = series
        image = parametric_map(one, role, study, method=way, number=first + 31 + n, sources=sources)
        made[f"{name}_pm.dcm"] = image
        grids.append((one, instances_of(series)))
        if role in tables:
            measured.append(Measured(role, way, tables[role], one.quantity, one.unit, one, image))
    for role in [role for role in tables if role not in maps]:
        table = tables[role]
        told = str(table.attrs.get("quantity", "signal")), str(table.attrs.get("unit", "a.u."))
        measured.append(Measured(role, method, table, *told))
    segments: Segments | None = None
    painted_on: Sequence[Instance] = ()
    side = scan.acquisition.laterality
    if labels is not None:
        painted_on = next((found for grid, found in grids if found and grid.same_grid(labels)), study.instances)
        segments = segmentation(labels, names, study, laterality=side, number=first + 51, sources=painted_on)
        made["segmentation.dcm"] = segments.dataset
    if any(len(one.table) for one in measured):
        made["report.dcm"] = report(measured, segments, study, sources=painted_on, laterality=side, number=first + 52)
    return made


def _way(scan: Scan, method: str) -> str:
    """Return how a map was made, from its last step."""
    last = scan.history[-1].name if scan.history else scan.quantity
    return f"{method}, {last}" if method else last


def _file_name(quantity: str, role: str, taken: Container[str] = ()) -> str:
    """Return a plain file name that is still free.

    Examples
    --------
    >>> _file_name("T2", "SR (lean)"), _file_name("T2", "SR [lean]", {"t2_sr_lean"})
    ('t2_sr_lean', 't2_sr_lean_2')
    >>> _file_name("thickness", "thickness")
    'thickness'
    """
    words = quantity if role.lower() == quantity.lower() else f"{quantity}_{role}"
    name = base = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    n = 2
    while name in taken:
        name, n = f"{base}_{n}", n + 1
    return name

"""``napari-mrsr report``: tables, a page, BIDS derivatives and DICOM results of maps and regions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_mrsr.cli import console
from napari_mrsr.cli.certain import with_certainty_of
from napari_mrsr.cli.options import AllowNonfinite, Scans, Series, check_choice
from napari_mrsr.cli.output import check_folder
from napari_mrsr.cli.read import read, read_labels, read_map
from napari_mrsr.cli.roi import read_names
from napari_mrsr.errors import BadParameter, UnreadableFile

if TYPE_CHECKING:
    from napari_mrsr.report.contents import Report
    from napari_mrsr.scan import Scan


def report(
    scans: Scans,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder to write; it must not hold anything yet.", show_default=False
        ),
    ],
    map_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--map", metavar="FILE", help="T2 map in ms; twice for acquired and super-resolved.", show_default=False
        ),
    ] = None,
    labels_file: Annotated[
        Path | None, typer.Option("--labels", metavar="FILE", help="Regions: 0 is background.", show_default=False)
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='JSON with names, {"2": "femoral cartilage"}.', show_default=False),
    ] = None,
    sr: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="The super-resolved scan (each of its files).", show_default=False),
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", help="summary.json of sr --trust.", show_default=False)
    ] = None,
    erode: Annotated[float, typer.Option(metavar="MM", min=0.0, help="How wide a rim the check leaves out.")] = 0.0,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="The page.")] = True,
    bids: Annotated[bool, typer.Option("--bids", help="Also NIfTI derivatives; T2 in seconds.")] = False,
    dicom: Annotated[bool, typer.Option("--dicom", help="Also DICOM objects for the PACS.")] = False,
    paper: Annotated[str, typer.Option(metavar="A4|letter", help="Of the page.")] = "A4",
    identified: Annotated[
        bool, typer.Option("--identified", help="Keep names, dates and paths; DICOM stays in the patient's study.")
    ] = False,
    patient: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A line on the page; with --identified.", show_default=False)
    ] = None,
    subject: Annotated[str, typer.Option(metavar="LABEL", help="Of the subject in BIDS names.")] = "01",
    series: Series = None,
    allow_nonfinite: AllowNonfinite = False,
) -> None:
    """Write what leaves: CSV tables with their provenance, a page as PDF and, if asked, BIDS derivatives and DICOM.

    De-identified unless --identified is given.
    """
    check_choice("--paper", paper, ("A4", "letter"))
    if patient is not None and not identified:
        raise BadParameter("--patient names the patient in a de-identified report", remedy="give --identified too")

    from napari_mrsr.report.writing import Parts, check, check_free

    parts = Parts(tables=labels_file is not None, page=pdf, bids=bids, dicom=dicom, paper=paper)
    check_folder(output.absolute().parent)
    check_free(output)
    scan = read(scans, series=series, allow_nonfinite=allow_nonfinite)
    gathered = _gather(scan, map_files or (), labels_file, names, sr, trust, erode, patient, identified, subject)
    check(gathered, parts)
    with console.progress("report") as told:
        files = _write(gathered, output, parts, told)
    for path in files:
        if path.suffix != ".dcm":
            typer.echo(path)


def _write(gathered: Report, output: Path, parts: Any, told: Any) -> list[Path]:
    from napari_mrsr.report.writing import write_report

    work = write_report(gathered, output, parts)
    try:
        while True:
            told(next(work)[0])
    except StopIteration as done:
        files: list[Path] = done.value
        return files
    finally:
        work.close()


def _gather(
    scan: Scan,
    map_files: Sequence[Path],
    labels_file: Path | None,
    names_file: Path | None,
    sr: Sequence[Path] | None,
    trust: Path | None,
    erode: float,
    patient: str | None,
    identified: bool,
    subject: str,
) -> Report:
    """Read everything and measure the regions."""
    from napari_mrsr import roi
    from napari_mrsr.networks.made_by import model_facts
    from napari_mrsr.report.contents import Report

    refined = None if not sr else read(sr)
    labels = None if labels_file is None else read_labels(labels_file)
    naming = {} if names_file is None else read_names(names_file)
    maps = _roles(scan, [read_map(path) for path in map_files])
    if not maps and labels is not None:
        maps = {"acquired": scan.volume(0)} | ({} if refined is None else {"SR": refined.volume(0)})
    tables = {} if labels is None else {role: roi.statistics(one, labels, names=naming) for role, one in maps.items()}
    if labels is not None:
        tables = with_certainty_of(scan, refined, maps, tables, labels, naming)
    compared = erosion = None
    if labels is not None and {"acquired", "SR"} <= maps.keys():
        compared = roi.compare_tables(tables["acquired"], tables["SR"])
    finest = maps.get("SR", next(iter(maps.values()), None))
    if labels is not None and finest is not None and erode > 0:
        erosion = roi.erosion_check(finest, labels, erode, names=naming)
    notes = dict.fromkeys(line for table in tables.values() for line in table.attrs["warnings"])
    return Report(
        scan=scan,
        refined=refined,
        maps=maps,
        labels=labels,
        names=naming or _names(tables),
        tables=tables,
        compared=compared,
        erosion=erosion,
        trust={} if trust is None else _read_trust(trust),
        notes=tuple(notes),
        model=model_facts(refined if refined is not None else maps.get("SR")),
        settings={"erosion_mm": erode} if erode > 0 else {},
        patient=patient,
        identified=identified,
        subject=subject,
    )


def _roles(scan: Scan, maps: Sequence[Scan]) -> dict[str, Scan]:
    """Return maps by role: one that was super-resolved, as its history or its finer grid says, is SR."""
    found: dict[str, Scan] = {}
    for one in maps:
        finer = one.voxel_volume < 0.99 * scan.voxel_volume
        role = "SR" if finer or any(step.name == "super-resolution" for step in one.history) else "acquired"
        if role in found:
            said = "super-resolved" if role == "SR" else "of the acquired scan"
            raise BadParameter(f"is {said} like the map before it", where=one.where, remedy="give one map of each")
        found[role] = one
    return dict(sorted(found.items(), key=lambda item: item[0] == "SR"))


def _names(tables: dict[str, Any]) -> dict[int, str]:
    return {int(k): str(n) for table in tables.values() for k, n in zip(table["label"], table["name"], strict=True)}


def _read_trust(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        for row in content["volumes"].values():
            row["added_percent"], row["z_large_percent"], row["z_expected_percent"]
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise UnreadableFile(
            "is no summary of trust", where=path, remedy="give the one that sr --trust wrote"
        ) from error
    found: dict[str, Any] = content
    return found

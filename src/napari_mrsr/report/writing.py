"""A report goes into one folder, whole or not at all.

Everything is written into a hidden folder beside the one that was asked for, which takes its name in one step at the
end (:mod:`napari_mrsr.files.atomic_folder`). A full disk or a read-only folder leaves nothing behind, and what stood
there before is never overwritten: a folder that holds something is refused, and :func:`free_folder` finds a free name.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from napari_mrsr.errors import BadParameter, MissingParameter, OutputNotWritable
from napari_mrsr.files.atomic_folder import atomic_folder
from napari_mrsr.report.contents import Report
from napari_mrsr.report.identity import without_identity
from napari_mrsr.report.wording import sr_name

FOLDER = "mrsr-report"

#: How far the work is, 0 to 1, and what is done.
Told = tuple[float, str]


@dataclass(frozen=True)
class Parts:
    """What is written, and the paper of the page.

    Examples
    --------
    >>> Parts(dicom=False).count
    3
    """

    tables: bool = True
    page: bool = True
    bids: bool = True
    dicom: bool = True
    paper: str = "A4"

    @property
    def count(self) -> int:
        """How many parts are asked for."""
        return self.tables + self.page + self.bids + self.dicom


def write_report(report: Report, folder: Path, parts: Parts | None = None) -> Generator[Told, None, list[Path]]:
    """Write a report, telling before each part how far it is; the generator returns every file.

    Parameters
    ----------
    report
        Everything that leaves. Where it is not identified, who the patient is stays behind
        (:mod:`napari_mrsr.report.identity`).
    folder
        Becomes the report. It must not exist, or be empty; the folder above it must exist.
    parts
        What to write: ``stats*.csv`` and ``roi.nii.gz``; ``report.pdf``; ``bids/``; ``dicom/``. ``provenance.json`` is
        always there. All where not given.

    Raises
    ------
    BadParameter
        Nothing is asked for.
    MissingParameter
        Nothing is painted, or nothing was derived, which a part that is asked for needs.
    OutputNotWritable
        The folder holds something, or cannot be written.
    """
    parts = parts or Parts()
    check(report, parts)
    check_free(folder)
    clean = without_identity(report)
    done, share = 0, 1.0 / (parts.count + 1)
    with _whole(folder) as hidden:
        files: list[Path] = []
        if parts.tables:
            yield 0.0, "tables"
            files += _tables(clean, hidden)
            done += 1
        if parts.page:
            from napari_mrsr.report.page import write_page

            yield done * share, "page"
            files.append(write_page(clean, hidden / "report.pdf", paper=parts.paper))
            done += 1
        if parts.bids:
            from napari_mrsr.report.bids import write_bids

            yield done * share, "BIDS derivatives"
            files += write_bids(clean, hidden / "bids")
            done += 1
        if parts.dicom:
            yield done * share, "DICOM results"
            files += _dicom(report, hidden / "dicom")
            done += 1
        yield done * share, "provenance"
        files.append(_provenance(clean, files, hidden))
        names = [path.relative_to(hidden) for path in files]
    return [folder / name for name in names]


def check(report: Report, parts: Parts) -> None:
    """Refuse, before anything is written, what cannot be: see :func:`write_report`."""
    if not parts.count:
        raise BadParameter("nothing is chosen to be written", remedy="choose tables, page, BIDS or DICOM")
    if parts.tables:
        report.check_painted()
    if (parts.bids or parts.dicom) and not (report.mapped or report.refined is not None or report.painted):
        raise MissingParameter(
            "nothing is derived yet: no map, no super-resolved scan, no region", remedy="map T2 or paint a region first"
        )


def check_free(folder: Path) -> None:
    """Refuse a folder that holds something, and one whose folder above is missing."""
    if not folder.parent.is_dir():
        raise OutputNotWritable("cannot be written: the folder above it does not exist", where=folder,
                                remedy="make that folder first")  # fmt: skip
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputNotWritable("holds something already, which is not overwritten", where=folder,
                                remedy="choose another folder")  # fmt: skip


def free_folder(parent: Path, name: str = FOLDER) -> Path:
    """Return the first of ``name``, ``name-2``, ``name-3`` ... that does not stand in a folder."""
    folder, n = parent / name, 2
    while folder.exists():
        folder, n = parent / f"{name}-{n}", n + 1
    return folder


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a hidden folder that becomes ``folder``; errors tell of the folder that was asked for."""
    try:
        with atomic_folder(folder) as hidden:
            hidden.chmod(folder.parent.stat().st_mode & 0o777)  # readable for whom the folder above is
            yield hidden
    except OutputNotWritable as refused:
        raise OutputNotWritable(refused.what, where=folder, remedy=refused.remedy) from refused


def _tables(report: Report, folder: Path) -> list[Path]:
    from napari_mrsr.files import write_labels
    from napari_mrsr.files.sidecar import sidecar_path
    from napari_mrsr.report.tables import write_tables

    files = write_tables(report, folder)
    if report.labels is not None:
        image = write_labels(report.labels, folder / "roi.nii.gz")
        files += [image, sidecar_path(image)]
    return files


def _dicom(report: Report, folder: Path) -> list[Path]:
    """Write DICOM results. Their writer needs the files that the scan came from, and leaves the patient out itself."""
    from napari_mrsr.files.dicom.results import write_dicom_results

    maps = {role: one for role, one in report.maps.items() if one.quantity != "signal"}
    made = write_dicom_results(
        folder,
        scan=report.scan,
        maps=maps,
        labels=report.labels,
        names=report.names,
        tables={role: table for role, table in report.tables.items() if role in maps},
        refined=report.refined,
        method=sr_name(report),
        deidentify=not report.identified,
    )
    return [file for path in made for file in (sorted(path.rglob("*.dcm")) if path.is_dir() else [path])]


def _provenance(report: Report, files: list[Path], root: Path) -> Path:
    from napari_mrsr.files.json_file import write_json
    from napari_mrsr.report.tables import provenance_of

    return write_json(provenance_of(report, files, root=root), root / "provenance.json")

"""A report without who the patient is.

The scan never holds a patient's name: the readers do not take it up. It can still stand in the path of a file, in a
series description, in a sidecar entry that was kept, or in a line that quotes one of these. So what leaves is chosen,
not searched for: parameters of the acquisition by name (:data:`KEPT`), volumes called as this package calls them, files
by their sha256 alone, no dates (processing is often done on the day of the examination). Notes and warnings are cleared
of every word of the paths and descriptions left out. Names of regions are what the person typed, and stay.

The list follows the Basic Application Level Confidentiality Profile of DICOM PS3.15, annex E, without its options:
descriptions, dates, identifiers and device serial numbers go; physics stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath, PureWindowsPath
from typing import Any

from napari_mrsr.report.contents import Report
from napari_mrsr.scan import Acquisition, Scan, Source

#: Entries of ``Acquisition.others`` that say how the scanner worked, by their BIDS name.
KEPT = frozenset(
    {
        *("MRAcquisitionType", "ScanningSequence", "SequenceVariant", "ScanOptions", "ImageType"),
        *("PixelBandwidth", "NumberOfAverages", "AcquisitionMatrix", "InPlanePhaseEncodingDirectionDICOM"),
        *("PatientPosition", "PhaseEncodingDirection", "DwellTime", "ParallelReductionFactorInPlane"),
        *("MTState", "SpoilingState", "SpoilingType", "SpoilingRFPhaseIncrement", "NonlinearGradientCorrection"),
    }
)

#: Names that this package gives to volumes; any other name may have come from a file.
_OWN_NAMES = re.compile(r"S[12]|TE [\d.]+ ms|T[12]|M0|combined|reason|ROI cartilage|(echo|contrast|time|map|label) \d+")

#: Words shorter than this are not searched for in free text ("e1").
_SHORTEST = 3

#: Words of paths and descriptions that name no patient.
_COMMON = frozenset(
    {
        "home",
        "users",
        "user",
        "data",
        "scans",
        "scan",
        "dicom",
        "nii",
        "dcm",
        "tmp",
        "work",
        "map",
        "maps",
        "roi",
        "file",
    }
    | {"knee", "brain", "echo", "echoes", "series", "dess", "left", "right", "sagittal", "coronal", "axial", "thick"}
    | {
        "thin",
        "slice",
        "slices",
        "label",
        "labels",
        "region",
        "regions",
        "volume",
        "first",
        "second",
        "the",
        "and",
        "not",
    }
    | {"cartilage", "femoral", "tibial", "patellar", "medial", "lateral"}
)

#: Parameters of a step whose text is one of our own words.
_OWN_WORDS = frozenset({"method", "consistency", "device", "precision", "use"})

LEFT_OUT = "…"


def without_identity(report: Report) -> Report:
    """Return the report without who the patient is; an identified one is returned unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> scan = Scan(np.zeros((2, 2, 2)), np.eye(4), sources=(Source("/data/Doe_Jane/e1.nii.gz", "12ab"),))
    >>> report = without_identity(Report(scan.warn("Doe_Jane has no echo time")))
    >>> report.scan.sources[0], report.scan.warnings
    (Source(path='source 1', sha256='12ab'), ('… has no echo time',))
    """
    if report.identified:
        return report
    scans = [s for s in (report.scan, report.refined, report.labels, *report.maps.values()) if s is not None]
    words = _words(scans)

    def clear(scan: Scan | None) -> Scan | None:
        return None if scan is None else _scan(scan, words)

    return replace(
        report,
        scan=_scan(report.scan, words),
        refined=clear(report.refined),
        labels=clear(report.labels),
        maps={role: _scan(one, words) for role, one in report.maps.items()},
        notes=tuple(_text(line, words) for line in report.notes),
        patient=None,
    )


def _scan(scan: Scan, words: re.Pattern[str] | None) -> Scan:
    own = all(_OWN_NAMES.fullmatch(name) for name in scan.names)
    return replace(
        scan,
        names=scan.names if own else tuple(f"{scan.axis} {n + 1}" for n in range(scan.volumes)),
        acquisition=_acquisition(scan.acquisition),
        sources=tuple(Source(f"source {n + 1}", source.sha256) for n, source in enumerate(scan.sources)),
        history=tuple(replace(s, parameters=_plain(s.parameters, words), time="") for s in scan.history),
        warnings=tuple(_text(line, words) for line in scan.warnings),
    )


def _acquisition(acquisition: Acquisition) -> Acquisition:
    kept = {name: value for name, value in acquisition.others.items() if name in KEPT}
    sequence = acquisition.sequence
    if sequence is not None:  # GE stores the path of the sequence's file
        sequence = re.split(r"[\\/]", sequence)[-1]
    return replace(acquisition, series_description=None, sequence=sequence, others=kept)


def _plain(value: Any, words: re.Pattern[str] | None) -> Any:
    """Return parameters of a step without paths, and their text cleared."""
    if isinstance(value, Mapping):
        own = {key: inner for key, inner in value.items() if key in _OWN_WORDS and isinstance(inner, str)}
        if value.get("weights") and not value.get("sha256"):  # a file of one's own, which may be called after a patient
            own["weights"] = "weights of one's own"
        return {str(key): own.get(key, _plain(inner, words)) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, words) for inner in value]
    if isinstance(value, PurePath) or (isinstance(value, str) and re.search(r"[\\/]|\.nii|\.dcm", value)):
        return LEFT_OUT
    return _text(value, words) if isinstance(value, str) else value


def _words(scans: Iterable[Scan]) -> re.Pattern[str] | None:
    """Return what finds any part of the paths and descriptions of some scans, longest first."""
    texts: set[str] = set()
    for scan in scans:
        for source in scan.sources:
            for part in PureWindowsPath(source.path).parts:  # understands both kinds of slashes
                texts |= {part, part.split(".")[0]}
        texts |= {scan.acquisition.series_description or ""}
    pieces = {piece for text in texts for piece in re.split(r"[\s_,;^=.\\/:-]+", text)}
    found = {t.strip() for t in texts | pieces}
    wanted = sorted((t for t in found if len(t) >= _SHORTEST and t.lower() not in _COMMON), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, wanted))})(?!\w)", re.IGNORECASE) if wanted else None


def _text(line: str, words: re.Pattern[str] | None) -> str:
    return line if words is None else words.sub(LEFT_OUT, line)

"""A scan without what says whose it is.

A scan never holds a patient's name itself, but its surroundings can: the path of its file, warnings that quote the
path, names of volumes that were taken from names of files, the description of the series, which an operator types
freely, and what a sidecar added (:attr:`Acquisition.others`). Here paths become ``scan 1``, ``scan 2`` ... with their
sha256 kept, which still tells one scan from another; the description, and sidecar entries about persons, places and
dates, are left out. Whoever has the scan can put its names back
(:func:`volume_aliases`, :func:`renamed`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from types import MappingProxyType
from typing import Any

from napari_mrsr.files.atomic import suffix_of
from napari_mrsr.scan import Scan, Source, Step

#: Words in the name of a sidecar entry that may say who, where or when.
TELLING = (
    *("patient", "institution", "physician", "operator", "performed", "accession", "study", "station", "address"),
    *("birth", "name", "date", "time", "uid", "comment", "ethnic", "hospital", "subject", "path", "file"),
)

#: Entries that hold such a word but say nothing about a person.
HARMLESS = ("PatientPosition", "ReceiveCoilName", "PulseSequenceName", "SequenceName")

#: Entries that an operator types freely, so that anything may stand in them.
TYPED = ("ProtocolName", "SeriesDescription", "ImageComments")


def without_names(scan: Scan) -> Scan:
    """Return the scan with neutral names for its files and without telling sidecar entries.

    Examples
    --------
    >>> import numpy as np
    >>> scan = Scan(np.zeros((2, 2, 2)), np.eye(4), sources=(Source("/data/DOE^JANE/e1.nii", "12ab"),))
    >>> without_names(scan.warn("/data/DOE^JANE/e1.nii is odd")).warnings
    ('scan 1 is odd',)
    """
    aliases = aliases_of(scan)
    others = {
        key: cleaned(value, aliases)
        for key, value in scan.acquisition.others.items()
        if key in HARMLESS or (key not in TYPED and not any(word in key.lower() for word in TELLING))
    }
    sequence = scan.acquisition.sequence
    if sequence is not None:  # GE stores the path of the sequence's file
        sequence = PureWindowsPath(sequence).name  # understands both kinds of slashes
    return replace(
        scan,
        names=tuple(renamed(list(scan.names), volume_aliases(scan))),
        acquisition=replace(
            scan.acquisition, series_description=None, sequence=sequence, others=MappingProxyType(others)
        ),
        sources=tuple(Source(aliases.get(s.path, "scan"), s.sha256) for s in scan.sources),
        history=tuple(Step(s.name, cleaned(s.parameters, aliases), s.version, s.time) for s in scan.history),
        warnings=tuple(cleaned(line, aliases) for line in scan.warnings),
    )


def aliases_of(scan: Scan) -> dict[str, str]:
    """Return what to write for each path that the scan knows, longest first; also for its name and its folder."""
    found: dict[str, str] = {}
    for n, source in enumerate(scan.sources, 1):
        path = Path(source.path)
        for text in (source.path, str(path.absolute()), path.name):
            found.setdefault(text, f"scan {n}")
        if len(path.parent.parts) > 1:
            found.setdefault(str(path.parent), "folder of the scan")
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def volume_aliases(scan: Scan) -> dict[str, str]:
    """Return what to write for each name of a volume that is the name of a file.

    Examples
    --------
    >>> import numpy as np
    >>> files = (Source("/data/doe_t1.nii.gz"), Source("/data/doe_t2.nii.gz"))
    >>> scan = Scan(np.zeros((2, 2, 2, 2)), np.eye(4), names=("doe_t1", "doe_t2"), sources=files)
    >>> renamed(["doe_t2 SR x2 [lean]", "T2 [ms] (SR)"], volume_aliases(scan))
    ['scan 2 SR x2 [lean]', 'T2 [ms] (SR)']
    """
    stems = [Path(s.path).name.removesuffix(suffix_of(s.path)) for s in scan.sources]
    return {stem: f"scan {n}" for n, stem in enumerate(stems, 1) if stem in scan.names}


def renamed(value: Any, aliases: Mapping[str, str]) -> Any:
    """Return a value in which every text (and key) that is a name, or begins with one as a word, has its alias."""
    if isinstance(value, Mapping):
        return {renamed(key, aliases): renamed(inner, aliases) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [renamed(inner, aliases) for inner in value]
    if isinstance(value, str):
        for name, alias in aliases.items():
            if value == name or value.startswith((f"{name} ", f"{name}, ")):
                return alias + value[len(name) :]
    return value


def cleaned(value: Any, aliases: Mapping[str, str]) -> Any:
    """Return a value with every path in it replaced."""
    if isinstance(value, Mapping):
        return {key: cleaned(inner, aliases) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(cleaned(inner, aliases) for inner in value)
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        for path, alias in aliases.items():
            value = value.replace(path, alias) if path else value
    return value

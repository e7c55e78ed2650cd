"""Results as a BIDS derivative dataset.

Names follow the Brain Imaging Data Structure 1.10, "Derivatives"; T2 maps are in SECONDS, as BIDS wants quantitative
maps, and the sidecar says so (``"Units": "s"``). This file is the only place where the milliseconds of this package
become seconds. ``desc`` tells which scan a map comes from::

    dataset_description.json
    sub-01/anat/sub-01_desc-acquired_T2map.nii.gz     T2 of the acquired echoes, s
    sub-01/anat/sub-01_desc-SR_T2map.nii.gz           T2 of the super-resolved echoes, s
    sub-01/anat/sub-01_desc-roi_dseg.nii.gz, .tsv     painted regions, and their names
    sub-01/anat/sub-01_acq-dess_rec-SR_echo-1_desc-SR_MEGRE.nii.gz   super-resolved echoes, a file each

BIDS has no suffix for DESS. Its echoes are gradient echoes read at two times, so they are written as ``MEGRE`` with
``acq-dess``; a decay fitted to them would mean nothing, and the sidecar says that too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr import __version__
from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.report.contents import BRAIN_ROLES, Report
from napari_mrsr.report.wording import DESS_STEP, MULTI_ECHO_STEP, RESEARCH, method_line, step_of
from napari_mrsr.scan import Scan

VERSION = "1.10.0"
HOME = "https://pypi.org/project/napari-mrsr"

#: Contrasts that BIDS knows by name.
SUFFIXES = ("T1w", "T2w", "PDw", "FLAIR", "T2starw")

REFERENCES = {
    DESS_STEP: "https://doi.org/10.1016/j.mri.2016.12.018",
}


def write_bids(report: Report, folder: Path) -> list[Path]:
    """Write the derivatives of a report.

    Parameters
    ----------
    report
        Without identity, unless it is an identified one.
    folder
        Becomes the dataset; made if it is not there.

    Returns
    -------
    list of Path
        Every file.

    Raises
    ------
    MissingParameter
        Nothing was derived: no T2 map, no super-resolved scan, no regions.
    BadParameter
        The subject's label holds more than letters and digits.
    """
    if not re.fullmatch(r"[0-9A-Za-z]+", report.subject):
        raise BadParameter(f"{report.subject!r} is no label of a subject", remedy="use letters and digits only")
    if not report.mapped and report.refined is None and report.labels is None:
        raise MissingParameter("nothing is derived yet, so there is nothing to write", remedy="map T2 or paint first")
    anat = folder / f"sub-{report.subject}" / "anat"
    anat.mkdir(parents=True, exist_ok=True)
    stem = anat / f"sub-{report.subject}"
    written = [_json(folder / "dataset_description.json", _description(report))]
    written.append(_text(folder / "README.md", f"# napari-mrsr derivatives\n\n{RESEARCH}\n\n{method_line(report)}.\n"))
    for role, one in report.maps.items():
        if one.quantity in ("T1", "T2"):
            said = "estimated" if role in BRAIN_ROLES else _label(role)
            written += _image(seconds(one), f"{stem}_desc-{said}_{one.quantity}map.nii.gz")
    if report.refined is not None:
        for n, name in enumerate(echo_names(report.refined)):
            written += _image(_echo(report.refined, n), f"{stem}_{name}.nii.gz")
    if report.labels is not None:
        written += _regions(report, report.labels, f"{stem}_desc-roi_dseg")
    return written


def seconds(map: Scan) -> Scan:
    """Return a map of T1 or T2 in seconds.

    Raises
    ------
    BadParameter
        It is not in milliseconds.

    Examples
    --------
    >>> in_s = seconds(Scan(np.full((2, 2, 2), 35.0), np.eye(4), axis="map", quantity="T2", unit="ms"))
    >>> in_s.unit, round(float(in_s.array.max()), 6)
    ('s', 0.035)
    """
    if map.unit != "ms":
        raise BadParameter(f"the map is in {map.unit or 'no unit'}, not in ms", where=map.where, remedy="give T2 in ms")
    array = np.asarray(map.array, np.float64) / 1000.0
    how = {DESS_STEP: "dual-echo steady state (DESS)", MULTI_ECHO_STEP: "mono-exponential fit of spin echoes"}
    step = next((name for name in how if step_of(map, name) is not None), None)
    about: dict[str, Any] = {
        "SkullStripped": False,
        "Description": f"{map.quantity} in seconds; voxels without a value are NaN",
    }
    if step is not None:
        about["EstimationAlgorithm"] = how[step]
    if step in REFERENCES:
        about["EstimationReference"] = REFERENCES[step]
    return _said(map.after("ms to s", array.astype(np.float32), unit="s"), about)


def echo_names(scan: Scan) -> list[str]:
    """Return what follows ``sub-01_`` in the file name of each super-resolved volume.

    Volumes whose contrast BIDS has no name for are echoes of a gradient echo to it.

    Examples
    --------
    >>> from napari_mrsr.scan import Acquisition
    >>> dess = Acquisition(repetition_time=23.0, echo_times=(7.0, 39.0))
    >>> echo_names(Scan(np.zeros((2, 2, 2, 2)), np.eye(4), axis="echo", names=("S1", "S2"), acquisition=dess))[1]
    'acq-dess_rec-SR_echo-2_desc-SR_MEGRE'
    """
    from napari_mrsr.files.naming import is_dess

    dess = is_dess(scan.acquisition.echo_times, scan.acquisition.repetition_time)
    names = []
    for n, name in enumerate(scan.names, 1):
        suffix = next((s for s in SUFFIXES if s.lower() in name.lower()), None)
        if suffix is not None and scan.names.count(name) == 1:
            names.append(f"rec-SR_desc-SR_{suffix}")
        elif dess:
            names.append(f"acq-dess_rec-SR_echo-{n}_desc-SR_MEGRE")
        else:
            names.append(f"rec-SR_echo-{n}_desc-SR_{'MESE' if scan.volumes > 2 else 'MEGRE'}")
    if len(set(names)) < len(names):  # two volumes of one contrast
        names = [f"rec-SR_echo-{n}_desc-SR_MEGRE" for n in range(1, scan.volumes + 1)]
    return names


def _echo(scan: Scan, n: int) -> Scan:
    text = "super-resolved; what lies between acquired slices is inferred"
    if scan.names[n] in ("S1", "S2"):
        text += f"; {scan.names[n]} of a DESS, not a point of a T2* decay"
    return _said(scan.volume(n), {"SkullStripped": False, "Description": text})


def _regions(report: Report, labels: Scan, stem: str) -> list[Path]:
    """Write the labels and the table of what they stand for; only those that are there."""
    from napari_mrsr.files import write_labels

    named = {**{int(k): f"label {k}" for k in np.unique(labels.array) if k > 0}, **dict(report.regions)}
    rows = ["index\tname", *(f"{k}\t{report.names.get(k, name)}" for k, name in sorted(named.items()))]
    table = _text(Path(f"{stem}.tsv"), "\n".join(rows) + "\n")
    path = write_labels(_said(labels, {"Description": "painted regions"}), f"{stem}.nii.gz")
    return [path, Path(f"{stem}.json"), table]


def _image(scan: Scan, path: str) -> list[Path]:
    from napari_mrsr.files import write_nifti
    from napari_mrsr.files.sidecar import sidecar_path

    image = write_nifti(scan, path)
    return [image, sidecar_path(image)]


def _said(scan: Scan, about: Mapping[str, Any]) -> Scan:
    """Return the scan with further entries for its sidecar."""
    return replace(scan, acquisition=replace(scan.acquisition, others={**scan.acquisition.others, **about}))


def _description(report: Report) -> dict[str, Any]:
    return {
        "Name": "napari-mrsr derivatives",
        "BIDSVersion": VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [
            {
                "Name": "napari-mrsr",
                "Version": __version__,
                "Description": f"{RESEARCH} {method_line(report)}",
                "CodeURL": HOME,
            }
        ],
    }


def _label(role: str) -> str:
    """Return a role as BIDS writes the value of an entity: letters and digits."""
    return re.sub(r"[^0-9A-Za-z]", "", role)


def _json(path: Path, content: Mapping[str, Any]) -> Path:
    return _text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path

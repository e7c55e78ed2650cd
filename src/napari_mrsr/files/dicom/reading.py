"""A DICOM series as a scan."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from warnings import catch_warnings, simplefilter

import numpy as np

from napari_mrsr.errors import BadParameter, MrsrError, NothingToRead, SeveralSeries
from napari_mrsr.files.dicom.finding import find_frames
from napari_mrsr.files.dicom.frames import Frame
from napari_mrsr.files.dicom.parameters import acquisition_of
from napari_mrsr.files.dicom.pixels import load
from napari_mrsr.files.dicom.series import Series, group, repeats
from napari_mrsr.files.dicom.slices import count_slices
from napari_mrsr.files.dicom.timing import volume_timing
from napari_mrsr.files.dicom.volumes import Volume, magnitude, split
from napari_mrsr.files.naming import volume_names
from napari_mrsr.files.origin import sha256_of_all
from napari_mrsr.files.series_info import SeriesInfo
from napari_mrsr.files.voxels import check_values
from napari_mrsr.scan import Scan, Source, VolumeAxis

#: What to give as ``series`` for all series of one grid and sequence, as time points.
ALL = "all"
PathLike = str | os.PathLike[str]
T = TypeVar("T")
R = TypeVar("R")


def read_dicom(
    paths: Sequence[Path],
    *,
    series: str | int | None = None,
    allow_nonfinite: bool = False,
    time_points: bool = False,
) -> Scan:
    """Read one series from DICOM files and folders (searched with their subfolders).

    Parameters
    ----------
    paths
        Files and folders; what they hold is taken together.
    series
        Number, UID or key of the series, where there are several; ``"all"`` as for ``time_points``.
    allow_nonfinite
        Set NaN and infinite voxels to 0, with a warning.
    time_points
        Several series of one grid and sequence are the time points of one scan.

    Returns
    -------
    Scan
        Axes column, row, slice; the slice axis is 2. Time points say when they began (``VolumeTiming``, s), where the
        headers do.

    Raises
    ------
    SeveralSeries
        There are several series and none, or none of these, was chosen.
    NothingToRead, UnreadableFile, MixedPatients, MissingSlice, WrongDimensions, GeometryMismatch,
    NonFiniteVoxels, ConstantImage
        As their names say.
    """
    frames, warnings = _quietly(find_frames, paths)
    found = group(frames)
    repeated = repeats(found) if len(found) > 1 and series in (None, ALL) else None
    if repeated is not None and (time_points or series == ALL):
        chosen = repeated
    else:
        chosen = _choose(found, None if series == ALL else series, paths[0], joinable=repeated is not None)
    kept, left = magnitude(chosen.frames)
    warnings += left
    if chosen.repeated:
        warnings.append(f"{chosen.joined} series of one grid and sequence are read as the time points of one scan")
    elif chosen.joined > 1:
        warnings.append(f"{chosen.joined} series of one grid, TR and flip angle are read as echoes of one scan")
    volumes, axis = split(kept)
    affine = volumes[0].affine
    spacing = float(np.linalg.norm(affine[:3, 2]))
    acquisition = acquisition_of([volume.frames[0] for volume in volumes], slice_spacing=spacing)
    if len(volumes) == 1 and acquisition.echo_times:
        axis = "echo"
    timing = volume_timing([volume.frames for volume in volumes]) if axis == "time" else None
    if timing is not None:
        acquisition = replace(acquisition, others=MappingProxyType({**acquisition.others, "VolumeTiming": timing}))
    names = _names(volumes, axis, acquisition.echo_times, acquisition.repetition_time)
    warnings += _spacing_notes(kept, spacing) + _scale_notes(volumes)
    array = _quietly(load, [volume.frames for volume in volumes])
    array, notes = check_values(array, where=paths[0], names=names, allow_nonfinite=allow_nonfinite)
    return Scan(
        array,
        affine,
        axis=axis,
        names=names,
        acquisition=acquisition,
        slice_axis=2,
        sources=_sources(paths, kept),
        warnings=(*warnings, *notes),
    )


def list_series(folder: PathLike | Sequence[PathLike]) -> list[SeriesInfo]:
    """Return the series of a folder and its subfolders, each as :func:`read_dicom` would read it.

    Raises
    ------
    NothingToRead, UnreadableFile, MixedPatients
        As for :func:`read_dicom`.
    """
    paths = [Path(folder)] if isinstance(folder, (str, os.PathLike)) else [Path(path) for path in folder]
    for path in paths:
        if not path.exists():
            raise NothingToRead("does not exist", where=path, remedy="check the spelling")
    return _describe(group(_quietly(find_frames, paths)[0]))


def _quietly(function: Callable[[T], R], argument: T, /) -> R:
    """Call without pydicom's remarks on values that do not follow the standard: what matters is checked here."""
    with catch_warnings():
        simplefilter("ignore", UserWarning)
        return function(argument)


def _describe(found: Sequence[Series]) -> list[SeriesInfo]:
    numbers = Counter(series.number for series in found)
    met: Counter[int | None] = Counter()
    described = []
    for series in found:
        met[series.number] += 1
        key = "?" if series.number is None else str(series.number)
        if numbers[series.number] > 1:
            key += f".{met[series.number]}"
        kept, _ = magnitude(series.frames)
        files = len({frame.path for frame in series.frames})
        shape = (*kept[0].size, count_slices(kept))
        described.append(SeriesInfo(key, series.uid, series.number, series.description, files, shape, _what(kept)))
    return described


def _what(frames: Sequence[Frame]) -> str:
    """Return the volumes of a series in words, or why it cannot be read."""
    try:
        volumes, axis = split(frames)
    except MrsrError as error:
        return error.what
    if len(volumes) == 1:
        return "1 volume"
    times = [volume.frames[0].number_of("EchoTime") for volume in volumes]
    if axis == "echo" and None not in times:
        return f"{len(volumes)} echoes, TE {', '.join(f'{time:g}' for time in times)} ms"
    return f"{len(volumes)} {axis}s"


def _choose(found: Sequence[Series], wanted: str | int | None, where: Path, *, joinable: bool = False) -> Series:
    described = _describe(found)
    lines = tuple(info.line for info in described)
    if wanted is None:
        if len(found) == 1:
            return found[0]
        text = f"holds {len(found)} series ({'; '.join(lines[:6])}{'; ...' if len(lines) > 6 else ''})"
        remedy = f"choose one, as in --series {described[0].key}"
        if joinable:
            remedy += f", or --series {ALL} if they are time points"
        raise SeveralSeries(text, where=where, remedy=remedy, choices=lines)
    chosen = [
        series
        for series, info in zip(found, described, strict=True)
        if str(wanted) in (info.key, str(info.number)) or str(wanted) in series.uids
    ]
    exact = [series for series, info in zip(found, described, strict=True) if str(wanted) == info.key]
    if len(exact) == 1 or len(chosen) == 1:
        return (exact or chosen)[0]
    if chosen:
        remedy = "choose one by its key or UID"
        raise SeveralSeries(
            f"holds {len(chosen)} series {wanted} ({'; '.join(lines)})", where=where, remedy=remedy, choices=lines
        )
    raise BadParameter(f"holds no series {wanted} ({'; '.join(lines)})", where=where, remedy="choose one of these")


def _names(
    volumes: Sequence[Volume], axis: VolumeAxis, echo_times: Sequence[float], repetition_time: float | None
) -> tuple[str, ...]:
    if axis == "contrast" and len(volumes) > 1:
        return tuple(volume.text for volume in volumes)
    return volume_names(axis, len(volumes), echo_times=echo_times, repetition_time=repetition_time)


def _sources(paths: Sequence[Path], used: Sequence[Frame]) -> tuple[Source, ...]:
    """Return the given paths, each with the sha256 of the files that were used from it."""
    files = sorted({frame.path for frame in used})
    given = {path: [file for file in files if file == path or path in file.parents] for path in paths}
    return tuple(Source(str(path), sha256_of_all(some)) for path, some in given.items() if some)


def _spacing_notes(frames: Sequence[Frame], spacing: float) -> list[str]:
    """Say so where every second slice may be absent: no gap between the others would show it."""
    stated = frames[0].number_of("SpacingBetweenSlices") or 0.0
    thickness = frames[0].number_of("SliceThickness") or 0.0
    times = spacing / stated if stated >= 0.99 * thickness > 0 else 0.0
    if times > 1.5 and abs(times - round(times)) < 0.02 * times:
        return [f"the slices are {spacing:g} mm apart, the header says {stated:g} mm: some may be missing"]
    return []


def _scale_notes(volumes: Sequence[Volume]) -> list[str]:
    """Philips scales volumes apart: values compare only if slope times private scale (2005,100E) is one number."""
    manufacturer = str(volumes[0].frames[0].value("Manufacturer") or "")
    if not manufacturer.startswith("Philips") or len(volumes) < 2:
        return []
    scales = []
    for volume in volumes:
        frame = volume.frames[0]
        element: Any = frame.dataset.get((0x2005, 0x100E))
        slope = frame.number_of("RescaleSlope")
        if element is None or slope is None or not isinstance(element.value, (int, float)):
            return []
        scales.append(slope * float(element.value))
    if max(scales) > 1.001 * min(scales):
        return ["the scanner scaled the volumes apart: their ratio, which T2 needs, cannot be trusted"]
    return []

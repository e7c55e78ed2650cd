"""One head under one condition, mapped by every way, and its maps judged slice by slice and tissue by tissue.

All networks are judged on the same voxels: those with a true value for which every network has one. Where a network has
none, out of range or air, its reason stands beside its map and the voxel is counted as lost; the literature is judged
on those of the same voxels that its segmentation reached.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, MrsrError, NothingToRead, Stopped
from napari_mrsr.planes import planes_of
from napari_mrsr.report.planes import Picture
from napari_mrsr.studies.brain_maps import borders
from napari_mrsr.studies.brain_maps.heads import TISSUES, Head
from napari_mrsr.studies.brain_maps.measures import COLUMNS, MAPS, measure
from napari_mrsr.studies.brain_maps.regions import by_tissue
from napari_mrsr.studies.brain_maps.ways import Floats, Mapped, Stop, Way
from napari_mrsr.studies.kept import Kept, fingerprint
from napari_mrsr.studies.packed import pack, unpack
from napari_mrsr.studies.running import Progress
from napari_mrsr.studies.slices import slice_picture

Mask = npt.NDArray[np.bool_]

#: Area with a true value, mm², below which a slice is not scored.
LEAST_AREA = 1000.0
#: Numbers of the tissue that figures are to show, and of that which is counted apart.
LESION, FLUID = (next(number for number, name in TISSUES.items() if name == of) for of in ("lesion", "CSF"))


@dataclass(frozen=True, eq=False)
class Scored:
    """What came of one head under one condition.

    Parameters
    ----------
    rows
        Scores: ``subject``, ``head``, ``condition``, ``slice``, ``map``, ``method`` and the measures.
    tissues, widths, voxels
        Rows by tissue (:mod:`.regions`), of borders (:mod:`.borders`), and of voxels with and without a value.
    about
        Row of the table of heads.
    using
        By method, all that its maps depend on.
    shown
        Pictures of one slice: ``("acquired", "T1w")``, ``("true", "T1")``, ``("hybrid", "T1")`` and so on.
    """

    rows: list[dict[str, Any]]
    tissues: list[dict[str, Any]]
    widths: list[dict[str, Any]]
    voxels: list[dict[str, Any]]
    about: dict[str, Any]
    using: dict[str, dict[str, Any]] = field(default_factory=dict)
    shown: dict[tuple[str, str], Picture] = field(default_factory=dict)


def score(
    head: Head,
    ways: Sequence[Way],
    kept: Kept,
    *,
    slices: int | None = None,
    told: Progress,
    refused: dict[str, str],
    stop: Stop = None,
) -> Scored:
    """Judge all ways on one head.

    Parameters
    ----------
    head
        Which.
    ways
        What maps it.
    kept
        Where scores are kept: of a head by all ways together, since they are judged on the same voxels.
    slices
        So many sagittal slices at most, evenly spaced; None for all.
    told
        Told the part that is done, 0 to 1, and what is done next.
    refused
        Takes down why a way gave no maps, by head and way.
    stop
        Asked before every way.

    Raises
    ------
    BadParameter
        No slice of it holds enough brain.
    NothingToRead
        No way gave maps.
    Stopped
        ``stop`` answered True.
    """
    axis = planes_of(head.scans.t1w)["sagittal"]
    chosen = chosen_slices(head, axis, slices)
    what = {
        "study": "brain-maps",
        "images": [fingerprint(scan) for scan in head.scans.by_name.values()],
        "truth": _digest(head),
        "ways": [{"name": way.name, **way.depends_on()} for way in ways],
        "slices": chosen,
        "columns": [column.name for column in COLUMNS],
    }
    content = kept.get(what, lambda: _judged(head, ways, axis, chosen, told, stop))
    refused.update({f"{head.name}: {name}": why for name, why in content["refused"].items()})
    if not content["rows"]:
        name, why = next(iter(content["refused"].items()))
        raise NothingToRead(f"no way gives maps: {name}: {why}")
    same = {"subject": head.subject, "head": head.name, "condition": head.condition}
    at = axis, int(content["shown at"])
    pictures = {
        tuple(name.split("|")): slice_picture(unpack(values), head.scans.t1w, at)
        for name, values in content["pictures"].items()
    }
    rows, tissues, widths, voxels = (
        [same | row for row in content[part]] for part in ("rows", "tissues", "widths", "voxels")
    )
    return Scored(
        rows,
        tissues,
        widths,
        voxels,
        about=same | content["about"],
        using={way.name: way.depends_on() for way in ways},
        shown={(name[0], name[1]): picture for name, picture in pictures.items()},
    )


def chosen_slices(head: Head, axis: int, most: int | None = None) -> list[int]:
    """Return the slices that are scored: those with enough brain, evenly spaced where not all are wanted.

    Raises
    ------
    BadParameter
        There is none.
    """
    across = tuple(a for a in range(3) if a != axis)
    area = float(np.prod([head.scans.t1w.spacing[a] for a in across]))
    enough = np.flatnonzero(np.isfinite(head.t1).sum(axis=across) * area >= LEAST_AREA)
    if not enough.size:
        raise BadParameter(f"no sagittal slice has true values over {LEAST_AREA / 100:g} cm² or more")
    if most is not None and most < enough.size:
        enough = enough[np.linspace(0, enough.size - 1, most).round().astype(int)]
    return [int(n) for n in enough]


def _judged(
    head: Head, ways: Sequence[Way], axis: int, chosen: Sequence[int], told: Progress, stop: Stop
) -> dict[str, Any]:
    """Map a head by all ways and judge the maps, as JSON can hold it."""
    maps: dict[str, Mapped] = {}
    trained: set[str] = set()
    refused: dict[str, str] = {}
    for n, way in enumerate(ways):
        if stop is not None and stop():
            raise Stopped("was stopped before the end")
        label = f"{head.name}: {way.name}"

        def share(part: float, n: int = n, label: str = label) -> None:
            told((n + part) / (len(ways) + 1), label)

        share(0.0)
        try:
            maps[way.name] = way.map(head.scans, share, stop)
        except Stopped:
            raise
        except MrsrError as error:
            refused[way.name] = error.line
            continue
        if way.trained:
            trained.add(way.name)
    told(len(ways) / (len(ways) + 1), f"{head.name}: scores")
    found: dict[str, list[dict[str, Any]]] = {"rows": [], "tissues": [], "widths": [], "voxels": []}
    for of in MAPS:
        counts = counted(head, maps, of, trained)
        for name, own in counts.items():
            truth, values = _of(head, of), _of(maps[name], of)
            same = {"map": of, "method": name}
            found["rows"] += _rows(truth, values, own, head.tissues == FLUID, axis, chosen, same)
            found["tissues"] += [same | row for row in by_tissue(truth, values, own, head.tissues)]
            found["voxels"].append(same | _voxels(head, of, values, own))
    if maps:
        found["widths"] = borders.widths(head, maps)
    at = shown_slice(head, axis, chosen)
    return {
        **found,
        "refused": refused,
        "about": _about(head, maps, chosen),
        "shown at": at,
        "pictures": {"|".join(name): pack(np.take(v, at, axis=axis)) for name, v in _pictures(head, maps).items()},
    }


def counted(head: Head, maps: Mapping[str, Mapped], of: str, trained: set[str]) -> dict[str, Mask]:
    """Return the voxels on which each way is judged: the same for all networks."""
    same = np.isfinite(_of(head, of))
    for name in trained:
        same = same & np.isfinite(_of(maps[name], of))
    return {name: same if name in trained else same & np.isfinite(_of(one, of)) for name, one in maps.items()}


def shown_slice(head: Head, axis: int, chosen: Sequence[int]) -> int:
    """Return the slice that figures show: that with most of a lesion, else one between the middle and the side."""
    lesion = (head.tissues == LESION).sum(axis=tuple(a for a in range(3) if a != axis))[list(chosen)]
    return int(chosen[int(lesion.argmax())] if lesion.any() else chosen[round(0.38 * (len(chosen) - 1))])


def _rows(
    truth: Floats,
    values: Floats,
    counts: Mask,
    fluid: Mask,
    axis: int,
    chosen: Sequence[int],
    same: Mapping[str, Any],
) -> list[dict[str, Any]]:
    rows = []
    for n in chosen:
        x, y, own, wet = (np.take(array, n, axis=axis) for array in (truth, values, counts, fluid))
        if own.any():
            rows.append({"slice": n, **same, **measure(x, y, own, wet)})
    return rows


def _voxels(head: Head, of: str, values: Floats, counts: Mask) -> dict[str, Any]:
    """Return how many voxels are judged, how many a way has no value for, and how many have no true value."""
    truth = np.isfinite(_of(head, of))
    brain = head.tissues > 0
    return {
        "true value": int(np.count_nonzero(truth)),
        "of these without a value": int(np.count_nonzero(truth & ~np.isfinite(values))),
        "judged": int(np.count_nonzero(counts)),
        "brain without a true value": int(np.count_nonzero(brain & ~truth)),
    }


def _about(head: Head, maps: Mapping[str, Mapped], chosen: Sequence[int]) -> dict[str, Any]:
    scan = head.scans.t1w
    told = dict.fromkeys(line for one in maps.values() for line in one.warnings)
    return {
        "matrix": "x".join(map(str, scan.shape)),
        "voxels [mm]": "x".join(f"{s:.3g}" for s in scan.spacing),
        "slices": len(chosen),
        **{f"{name} [s]": one.seconds for name, one in maps.items()},
        "warnings": "; ".join(told),
    }


def _pictures(head: Head, maps: Mapping[str, Mapped]) -> dict[tuple[str, str], Floats]:
    found = {(borders.ACQUIRED, name): scan.array[0] for name, scan in head.scans.by_name.items()}
    found |= {(borders.TRUE, of): _of(head, of) for of in MAPS}
    return found | {(name, of): _of(one, of) for of in MAPS for name, one in maps.items()}


def _of(one: Head | Mapped, of: str) -> Floats:
    return one.t1 if of == "T1" else one.t2


def _digest(head: Head) -> str:
    found = hashlib.sha256()
    for array in (head.t1, head.t2, head.tissues):
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()

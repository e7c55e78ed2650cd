"""What a viewer exports: everything gathered from its view, and the writing of it in the background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app.events import Event, Progress
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.app.roi import regions
from napari_mrsr.app.roi.measured import maps_of
from napari_mrsr.app.roi.roi_placement import placed_labels
from napari_mrsr.app.tissue import as_plain
from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.networks.made_by import model_facts
from napari_mrsr.report.contents import Flat, Report
from napari_mrsr.report.writing import Parts, check, free_folder, write_report
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mrsr.app.roi.cartilage import CartilageResult
    from napari_mrsr.app.viewing import View


@dataclass(frozen=True)
class ExportSettings:
    """What a person chose: the parts, and whether it says who the patient is (``patient`` is a line for the page)."""

    parts: Parts = field(default_factory=Parts)
    deidentify: bool = True
    patient: str = ""
    subject: str = "01"


def collect(view: View, layer: Labels | None, *, erosion_mm: float = 0.0, settings: ExportSettings) -> Report:
    """Return everything that leaves, as it is now: what is painted later does not enter.

    Parameters
    ----------
    view
        Whose session and layers.
    layer
        The painted regions; None leaves the tables out.
    erosion_mm
        As for :func:`napari_mrsr.app.roi.regions.measure`.
    settings
        What was chosen.

    Raises
    ------
    MissingParameter
        No scan is open.
    GeometryMismatch, BadParameter
        The labels cannot be measured.
    """
    session = view.session
    if session.scan is None:
        raise MissingParameter("no scan is open, so there is nothing to export", remedy="open one in the Study dock")
    found = None if layer is None else regions.measure(view, layer, erosion_mm=erosion_mm)
    painted = found is not None and any(len(table) for table in found.statistics.values())
    labels = None
    if layer is not None and painted:
        labels = placed_labels(view, layer)
        labels = replace(labels, array=np.array(labels.array))  # painting goes on while it is written
    more = _cartilage(view, layer, labels)
    result = session.result
    refined = result.scan if result is not None and result.done >= 1.0 and not result.partial else None
    return Report(
        scan=session.scan,
        refined=refined,
        maps=maps_of(view),
        labels=labels,
        names={} if layer is None else regions.names_of(layer),
        tables=found.statistics if found is not None else {},
        titles=found.titles if found is not None else {},
        compared=found.compared if found is not None else None,
        erosion=found.erosion if found is not None else None,
        lights=found.lights if found is not None else {},
        rethickened=found.rethickened if found is not None else {},
        trust={} if session.trust is None else session.trust.summary,
        model=model_facts(refined),
        settings=_settings(view, erosion_mm),
        t2_max_ms=view.preferences.t2_max_ms,
        t2_colormap=view.preferences.t2_colormap,
        patient=settings.patient or None,
        identified=not settings.deidentify,
        subject=settings.subject,
        **{**more, "notes": (*(found.notes if found is not None else ()), *more.get("notes", ()))},
    )


def export(view: View, report: Report, folder: Path, settings: ExportSettings) -> None:
    """Write a report into a new folder under ``folder``, in the background; a banner says what was written."""
    session = view.session
    if session.running is not None:
        session.say("warn", f"{session.running.name} is still running; stop it or wait for it")
        return
    written: list[Path] = []
    target = free_folder(folder)

    def ended(running: Any) -> None:
        if running is not None:
            return
        session.job_changed.disconnect(ended)
        if written:
            parts = Counter(path.relative_to(target).parts[0] for path in written)
            told = [f"{name}/ ({n} files)" if (target / name).is_dir() else name for name, n in parts.items()]
            session.say("info", f"wrote {len(written)} files into {target.name}", "\n".join([str(target), *told]))
        elif session.banner is None:
            session.say("info", "export stopped; nothing was written")

    session.job_changed.connect(ended)
    session._start("Export", job(report, target, settings.parts, written))


def job(report: Report, target: Path, parts: Parts, written: list[Path]) -> Job:
    """Return the job that writes a report; ``written`` is filled when all of it is there."""

    def run(stop: Stop) -> Iterator[Event]:
        work = write_report(report, target, parts)
        try:
            while True:
                done, text = next(work)
                yield Progress(done, text)
                if stop():
                    return
        except StopIteration as finished:
            written.extend(finished.value)
        finally:
            work.close()

    return run


def _settings(view: View, erosion_mm: float) -> dict[str, Any]:
    """Return the choices that shaped the figures."""
    wanted = view.preferences
    return {
        "erosion_mm": erosion_mm,
        "t2": as_plain(view.session.t2),
        "t2_max_ms": wanted.t2_max_ms,
        "t2_colormap": wanted.t2_colormap,
    }


def _cartilage(view: View, layer: Labels | None, labels: Scan | None) -> dict[str, Any]:
    """Return what was found in the regions of the cartilage of this layer; nothing where they were not divided."""
    found = view.cartilage.result
    if found is None or layer is None or labels is None or found.roi != layer.name:
        return {}
    notes = found.notes
    if _painted_since(found.regions.labels, labels):
        notes = (*notes, "the cartilage was divided before it was last painted; divide it again to renew its regions")
    return {
        "regional": dict(found.tables),
        "thickness": found.thickness,
        "flats": _flats(found),
        "notes": notes,
    }


def _painted_since(divided: Scan, labels: Scan) -> bool:
    """Tell whether more than a hundredth of the voxels that were divided have come or gone since."""
    if not divided.same_grid(labels):
        return True
    inside = divided.array[0] > 0
    plates = np.unique(labels.array[0][inside])
    now = np.isin(labels.array[0], plates[plates > 0])
    return int(np.count_nonzero(now != inside)) > 0.01 * int(np.count_nonzero(inside))


def _flats(found: CartilageResult) -> tuple[Flat, ...]:
    """Return the finest map unrolled, all layers together and each of them; nothing without femoral cartilage."""
    try:
        unrolled = found.unrolled()
    except (BadParameter, MissingParameter):
        return ()
    there = np.isfinite(unrolled.values["total"])
    if unrolled.quantity != "T2" or not there.any():
        return ()
    along = np.flatnonzero(there.any(axis=1))
    part = slice(along[0], along[-1] + 1)
    steps = np.diff(unrolled.across)
    mm = unrolled.along == "mm"
    spacing = (float(steps.mean()) if len(steps) else 1.0, float(np.diff(unrolled.edges).mean())) if mm else None
    ends = "medial → lateral" if unrolled.side_known else "left → right"
    return tuple(
        Flat(
            f"Femoral T2 unrolled, {name}",
            values[part].T,
            unrolled.unit,
            rows=ends,
            columns="anterior → posterior",
            spacing=spacing,
        )
        for name, values in unrolled.values.items()
    )


__all__ = ["ExportSettings", "Parts", "check", "collect", "export", "job"]

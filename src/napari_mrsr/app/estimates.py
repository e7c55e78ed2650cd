"""How long super-resolution will take on this machine, found out before it is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from napari_mrsr.app import jobs
from napari_mrsr.app.events import Estimated, Event, RefineSettings
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.errors import MrsrError
from napari_mrsr.scan import Scan


def estimate(scan: Scan, settings: RefineSettings) -> Job:
    """Choose the method and time a probe of it; torch is imported here, in the worker, while the checks are read."""

    def job(_stop: Stop) -> Iterator[Event]:
        try:
            axis = scan.find_slice_axis() if settings.axis is None else settings.axis
            name, reason = jobs.method_of(scan, settings, axis)
            seconds, device = _seconds(scan, name, settings, axis)
        except MrsrError as error:
            yield Estimated(settings, None, error.line, ok=False)
            return
        why = reason if reason.startswith(name) else f"{name}: {reason}"
        text = f"{in_words(seconds)}{device} · {why}"
        yield Estimated(settings, seconds, text, method=name, outside=_outside(scan, name, settings, axis))

    return job


def _outside(scan: Scan, name: str, settings: RefineSettings, axis: int) -> tuple[str, ...]:
    """Return where the scan is unlike what the method was trained on; of weights of one's own nothing is known."""
    from napari_mrsr.superres import retrospective
    from napari_mrsr.trust.range import outside

    if settings.weights is not None:
        return ()
    thick = retrospective(scan, settings.factor, axis) if settings.retrospective else scan
    return tuple(outside(thick, name, settings.factor, axis))


def _seconds(scan: Scan, name: str, settings: RefineSettings, axis: int) -> tuple[float | None, str]:
    """Return the seconds, None for a classical method, and where they will be spent."""
    from napari_mrsr.networks import dictionary_files, registry

    if settings.weights is None and registry.find(name).kind == "classical":
        return None, ""
    weights = Path(settings.weights) if settings.weights is not None else None
    if dictionary_files.is_dictionary(weights or name):
        from napari_mrsr.inference import dictionary

        look_up = dictionary_files.load(weights or name)
        return dictionary.estimate_seconds(look_up, scan.array, axis=axis, threads=threads()), " on CPU"
    from napari_mrsr.inference import devices, engine

    where = devices.choose(settings.device)
    model = registry.load(weights or name)
    options = {"factor": settings.factor, "axis": axis, "device": settings.device, "threads": threads()}
    return float(engine.estimate_seconds(model, scan.array, **options)), f" on {str(where).upper()}"


def threads() -> int:
    """Return how many cores a job may use: one stays free for the viewer."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)) - 1)
    return max(1, (os.cpu_count() or 2) - 1)


def in_words(seconds: float | None) -> str:
    """Return a duration as a person says it.

    Examples
    --------
    >>> in_words(4.2), in_words(95), in_words(400), in_words(9000), in_words(None)
    ('about 5 s', 'about 1.5 min', 'about 7 min', 'about 2.5 h', 'a few seconds')
    """
    if seconds is None:
        return "a few seconds"
    if seconds < 60:
        return f"about {max(5, round(seconds / 5) * 5)} s"
    if seconds < 300:
        return f"about {round(seconds / 30) / 2:g} min"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 1800) / 2:g} h"

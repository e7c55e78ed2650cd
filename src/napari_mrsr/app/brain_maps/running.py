"""Mapping a brain in the background: registered first where that is wanted, the slice on the screen first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app.brain_maps.choices import BrainResult, BrainSettings, with_typed
from napari_mrsr.app.events import Event, Progress, Told
from napari_mrsr.app.frame import frame_of
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.app.memory_order import for_the_screen, ordered
from napari_mrsr.errors import MrsrError
from napari_mrsr.mapping.brain import prepare
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.mapping.brain import BrainMaps, BrainScans
    from napari_mrsr.mapping.misregistration import Misregistration

#: What happened: the maps began, slices were written, they ended; it is known how uncertain they are, and whether the
#: head moved.
BEGAN, GREW, ENDED, UNCERTAIN, MOVED = "began", "grew", "ended", "uncertain", "moved"

Tell = Callable[[tuple[str, BrainResult, Any]], None]


def map_images(
    images: Mapping[str, Scan | None],
    settings: BrainSettings,
    tell: Tell,
    *,
    first: int | None = None,
    threads: int | None = None,
) -> Job:
    """Map a brain.

    Parameters
    ----------
    images
        T1w, T2w and FLAIR by contrast; None where there is none, which is refused.
    settings
        What a person chose.
    tell
        Called in the main thread with what happened, the result, and for :data:`GREW` the place.
    first
        The slice on the screen, across the slices that the network sees.
    threads
        Processor cores to use.
    """

    def job(stop: Stop) -> Iterator[Event]:
        from napari_mrsr import brain_maps
        from napari_mrsr.trust.brain_intervals import calibrations_of

        calibrations = calibrations_of(settings.which) if settings.uncertainty else None
        yield Progress(0.0, "registering T2w and FLAIR to T1w" if settings.register else "looking at the scans")
        given = with_typed(images, settings.typed)
        scans = prepare(given["T1w"], given["T2w"], given["FLAIR"], register=settings.register, stop=stop)
        yield Progress(0.0, "looking at the scans")
        plan = brain_maps.plan(
            scans.t1w, scans.t2w, scans.flair, weights=settings.which, plane=settings.plane, assume=True
        )
        array = ordered(brain_maps.empty(plan), frame_of(plan.scans.t1w).axes)
        on_grid = [name for name, scan in given.items() if scan is not None and scan.same_grid(scans.t1w)]
        registered = {
            name: for_the_screen(one.scan)
            for name, one in scans.registered.items()
            if not (one.resampled_only and name in on_grid)  # else it is what was acquired
        }
        result = BrainResult(plan.scans.t1w, array, settings, registered=registered)
        yield Told(tell, (BEGAN, result, None))
        began = time.perf_counter()
        for tile in brain_maps.run(plan, device=settings.device, threads=threads, first=first, stop=stop):
            tile.write(array)
            array[(slice(None), *tile.where)][:, ~plan.inside[tile.where]] = np.nan  # air stays transparent
            result.share = tile.done
            yield Told(tell, (GREW, result, tile.where))
            yield Progress(tile.done, "T1, T2 and M0")
            if stop():
                break
        result.partial = result.share < 1 and bool(plan.inside.any())
        yield Progress(result.share, "synthesising T1w and T2w")
        result.maps = on_screen(brain_maps.finish(plan, array))
        result.seconds = time.perf_counter() - began
        yield Told(tell, (ENDED, result, None))
        if calibrations is not None and not result.partial:
            yield Progress(1.0, "a second look, for the uncertainty")
            found = brain_maps.with_uncertainty(
                plan, array, result.maps, calibrations, device=settings.device, threads=threads, stop=stop
            )
            result.maps = on_screen(found)
            yield Told(tell, (UNCERTAIN, result, None))
        if settings.motion and not settings.register and not result.partial:
            yield Progress(1.0, "looking whether the head moved between the scans")
            yield Told(tell, (MOVED, result, motion(scans, stop)))

    return job


def motion(scans: BrainScans, stop: Stop) -> list[Misregistration]:
    """Return how T2w and FLAIR lie to T1w; nothing where it cannot be told, which the maps do not suffer from."""
    from napari_mrsr.mapping.misregistration import misregistration

    try:
        return misregistration(scans, stop=stop)
    except MrsrError:
        return []


def on_screen(maps: BrainMaps) -> BrainMaps:
    """Return maps whose voxels are stored as the screen shows them."""

    def stored(value: Any) -> Any:
        if isinstance(value, Scan):
            return for_the_screen(value)
        return {key: stored(one) for key, one in value.items()} if isinstance(value, Mapping) else value

    return replace(maps, **{one.name: stored(getattr(maps, one.name)) for one in fields(maps)})

"""Sharpening one scan in plane in the background, by one method or by several that are to be held side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app.events import Event, Progress, Told
from napari_mrsr.app.frame import frame_of
from napari_mrsr.app.in_plane.choices import PlaneResult, PlaneSettings
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.app.memory_order import for_the_screen, ordered
from napari_mrsr.choice import finite
from napari_mrsr.errors import Stopped
from napari_mrsr.planes import across
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.in_plane import PlaneJob

#: What happened: a result began, a part was written, it ended; what the first has more than the second is known.
BEGAN, GREW, ENDED, ADDED = "began", "grew", "ended", "added"

#: SSIM is the mean of so many slices at most, evenly spaced: more would not change what a person sees.
SLICES = 40

Tell = Callable[[tuple[str, Any, Any]], None]


def sharpen(
    scan: Scan,
    wanted: Sequence[PlaneSettings],
    tell: Tell,
    *,
    done: Sequence[PlaneResult] = (),
    twins: bool = False,
    first: tuple[int, int] | None = None,
    threads: int | None = None,
) -> Job:
    """Sharpen a scan in plane by each of some methods.

    Parameters
    ----------
    scan
        The open scan.
    wanted
        What a person chose; all have the same input.
    tell
        Called in the main thread with what happened, the result, and for :data:`GREW` the place.
    done
        Results that are there already and need not be made again.
    twins
        Say at the end what the first of two has more than the second.
    first
        Volume on the screen and its slice.
    threads
        Processor cores to use.
    """

    def job(stop: Stop) -> Iterator[Event]:
        known = {result.settings: result for result in done}
        missing = [settings for settings in wanted if settings not in known]
        if missing:
            yield Progress(0.0, "undersampling" if missing[0].fraction is not None else "preparing")
            source, like = inputs(scan, missing[0])
        for number, settings in enumerate(missing):
            yield from _one(source, like, settings, (number, len(missing)), tell, stop, known, first, threads)
            if stop():
                return
        if twins:
            yield Progress(1.0, "comparing")
            yield Told(tell, (ADDED, _added(known, wanted), [known[settings] for settings in wanted]))

    return job


def inputs(scan: Scan, settings: PlaneSettings) -> tuple[Scan, Scan | None]:
    """Return what is sharpened, and the scan that it is to become like where it was simulated."""
    from napari_mrsr.sampling import degrade

    whole = across(scan, settings.axis)
    if settings.fraction is None:
        return whole, None
    low = degrade(whole, kspace=settings.fraction, axis=whole.slice_axis)
    return for_the_screen(low), whole


def _one(
    source: Scan,
    like: Scan | None,
    settings: PlaneSettings,
    place: tuple[int, int],
    tell: Tell,
    stop: Stop,
    known: dict[PlaneSettings, PlaneResult],
    first: tuple[int, int] | None,
    threads: int | None,
) -> Iterator[Event]:
    """Sharpen by one method; ``place`` is its number among how many."""
    from napari_mrsr import in_plane

    weights = None if settings.weights is None else Path(settings.weights)
    plan = in_plane.plan(
        source,
        method=settings.method,
        matrix=settings.matrix,
        like=like,
        weights=weights,
        orientations=settings.orientations,
    )
    named = settings if weights is not None else replace(settings, method=plan.method.name)
    result = start(source, like, named, plan)
    known[settings] = known[named] = result
    yield Told(tell, (BEGAN, result, None))
    began = time.perf_counter()
    try:
        for n, tile in in_plane.run(source, plan, device=settings.device, threads=threads, stop=stop, first=first):
            tile.write(result.scan.array[n : n + 1])
            result.share = tile.done
            yield Told(tell, (GREW, result, (n, tile.where)))
            yield Progress((place[0] + tile.done) / place[1], result.key)
            if stop():
                break
    except Stopped:
        pass
    result.seconds = time.perf_counter() - began
    result.partial = result.share < 1
    finished = in_plane.finish(source, result.scan.array, plan, device=settings.device)
    result.scan = finished if like is None else replace(finished, affine=like.affine)
    if like is not None and not result.partial:
        yield Progress((place[0] + 1) / place[1], f"{result.key}: comparing")
        result.figures = figures_of(result)
    yield Told(tell, (ENDED, result, None))


def start(source: Scan, like: Scan | None, settings: PlaneSettings, plan: PlaneJob) -> PlaneResult:
    """Return the result before the first tile: straight lines between the samples."""
    from napari_mrsr import in_plane

    begin = in_plane.finish(source, in_plane.to_grid(finite(source.array), plan, "trilinear"), plan)
    array = ordered(np.array(begin.array, dtype=np.float32), frame_of(begin).axes)
    scan = replace(begin, array=array, axis=source.axis, names=source.names)
    return PlaneResult(scan, source, settings, plan.reason, plan.outside, reference=like)


def figures_of(result: PlaneResult) -> dict[str, dict[str, float]]:
    """Return PSNR (dB) of each volume against the acquired one, and the mean SSIM of its slices."""
    from napari_mrsr import metrics

    found: dict[str, dict[str, float]] = {}
    if result.reference is None:
        return found
    axis = result.source.find_slice_axis()
    count = result.scan.shape[axis]
    at = np.unique(np.linspace(0, count - 1, min(count, SLICES)).round().astype(int))
    for n, name in enumerate(result.scan.names):
        truth, test = result.reference.array[n], result.scan.array[n]
        span = float(np.ptp(truth))
        each = [metrics.ssim(truth.take(k, axis), test.take(k, axis), data_range=span) for k in at]
        found[name] = {"psnr": metrics.psnr(truth, test), "ssim": float(np.nanmean(each))}
    return found


def _added(known: dict[PlaneSettings, PlaneResult], wanted: Sequence[PlaneSettings]) -> Any:
    from napari_mrsr.trust.twins import added_by_adversary

    one, other = (known[settings] for settings in wanted)
    return added_by_adversary(one.scan, other.scan, one.reference)

"""Sharpening a series frame by frame in the background, and judging each frame that is done.

The frame on the screen comes first, then the others in order. Every frame begins as straight lines between the samples,
so that the slider always shows something; ``done`` says which frames are more than that. Where the input was simulated
from the open series, that series is the reference, and a frame is judged as soon as it is complete.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app.dynamic.over_time import flicker_of
from napari_mrsr.app.dynamic.series import SeriesResult, SeriesSettings, needed
from napari_mrsr.app.events import Event, Progress, Told
from napari_mrsr.app.frame import frame_of
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.app.memory_order import for_the_screen, ordered
from napari_mrsr.choice import finite
from napari_mrsr.errors import Stopped
from napari_mrsr.scan import Scan, stack

if TYPE_CHECKING:
    from napari_mrsr.in_plane import PlaneJob

#: What happened to a result: it began, a part of a frame was written, a frame was judged, it ended.
BEGAN, GREW, JUDGED, ENDED = "began", "grew", "judged", "ended"

Tell = Callable[[tuple[str, SeriesResult, Any]], None]


def sharpen(
    scan: Scan | None,
    settings: SeriesSettings,
    tell: Tell,
    *,
    first: tuple[int, int] | None = None,
    threads: int | None = None,
) -> Job:
    """Sharpen a series in plane.

    Parameters
    ----------
    scan
        The open series.
    settings
        What a person chose.
    tell
        Called in the main thread with what happened, the result, and for :data:`GREW` the frame and the place.
    first
        Frame on the screen and its slice.
    threads
        Processor cores to use.
    """

    def job(stop: Stop) -> Iterator[Event]:
        from napari_mrsr import in_plane

        series = needed(scan)
        source, like = series, None
        if settings.fraction is not None:
            yield Progress(0.0, "undersampling")
            source, like = undersample(series, settings.fraction), series
        plan = in_plane.plan(
            source, method=settings.method, matrix=settings.matrix, like=like, weights=settings.weights
        )
        yield Progress(0.0, "preparing")
        result = start(source, series, settings, plan)
        yield Told(tell, (BEGAN, result, None))
        began, whole = time.perf_counter(), int(np.prod(result.scan.shape))
        written = np.zeros(result.scan.volumes, np.int64)
        try:
            for n, tile in in_plane.run(source, plan, device=settings.device, threads=threads, stop=stop, first=first):
                tile.write(result.scan.array[n : n + 1])
                result.share = tile.done
                yield Told(tell, (GREW, result, (n, tile.where)))
                yield Progress(tile.done, f"{result.key}, frame {n + 1}")
                written[n] += 0 if tile.preview else tile.array[0].size
                if written[n] >= whole and not result.done[n]:
                    result.done[n] = True
                    judge(result, n)
                    yield Told(tell, (JUDGED, result, n))
                if stop():
                    break
        except Stopped:
            pass
        result.seconds = time.perf_counter() - began
        result.partial = not bool(result.done.all())
        finished = in_plane.finish(source, result.scan.array, plan, device=settings.device)
        if result.partial:
            frames = {"sharp frames": (np.flatnonzero(result.done) + 1).tolist()}
            finished = finished.after("stopped before the end", finished.array, parameters=frames)
        result.scan = finished if like is None else replace(finished, affine=like.affine)
        result.flicker = flicker_of(result)
        yield Told(tell, (ENDED, result, None))

    return job


def undersample(series: Scan, fraction: float) -> Scan:
    """Return a series as it would be if only the centre of k-space had been acquired in plane, one frame at a time."""
    from napari_mrsr.sampling import degrade

    axis = series.find_slice_axis()
    frames = [degrade(series.volume(n), kspace=fraction, axis=axis) for n in range(series.volumes)]
    low = stack(frames, axis="time", names=series.names)
    return for_the_screen(replace(low, acquisition=series.acquisition, sources=series.sources))


def start(source: Scan, series: Scan, settings: SeriesSettings, plan: PlaneJob) -> SeriesResult:
    """Return the result before the first tile: straight lines between the samples, nothing done, nothing judged."""
    from napari_mrsr import in_plane

    begin = in_plane.finish(source, in_plane.to_grid(finite(source.array), plan, "trilinear"), plan)
    array = ordered(np.array(begin.array, dtype=np.float32), frame_of(begin).axes)
    scan = replace(begin, array=array, axis="time", names=source.names, acquisition=source.acquisition)
    result = SeriesResult(scan, source, settings, done=np.zeros(source.volumes, bool))
    if settings.fraction is not None:
        result.reference = series
        unknown = np.full_like(array, np.nan)  # in the memory order of the result
        result.ssim = scan.after("ssim map", unknown, quantity="SSIM", unit="", names=source.names)
        result.figures = {name: np.full(source.volumes, np.nan) for name in ("ssim", "psnr")}
    return result


def judge(result: SeriesResult, n: int) -> None:
    """Hold a frame that is done against the reference, by the score that ``evaluate dynamic`` gives it."""
    from napari_mrsr.studies.dynamic.frames import score

    if result.reference is None or result.ssim is None:
        return
    axis = result.reference.find_slice_axis()
    found, result.ssim.array[n] = score(result.reference.array[n], result.scan.array[n], axis)
    result.figures["ssim"][n], result.figures["psnr"][n] = found.ssim, found.psnr

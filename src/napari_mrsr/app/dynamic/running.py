"""Sharpening a series frame by frame in the background, and judging each frame that is done.

The frame on the screen comes first, then the others in order. Every frame begins as straight lines between the samples,
so that the slider always shows something; ``done`` says which frames are more than that. Where the input was simulated
from the open series, that series is the reference, and a frame is judged as soon as it is complete.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from napari_mrsr.app.dynamic.over_time import flicker_of
from napari_mrsr.app.dynamic.series import SeriesResult, SeriesSettings, needed
from napari_mrsr.app.events import Event, Progress, Told
from napari_mrsr.app.frame import frame_of
from napari_mrsr.app.jobs import Job, Stop
from napari_mrsr.app.memory_order import for_the_screen, ordered
from napari_mrsr.errors import Stopped
from napari_mrsr.scan import Scan, stack

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
        grid: dict[str, Any] = {"like": like} if like is not None else {"matrix": settings.matrix}
        yield Progress(0.0, "preparing")
        result = start(source, series, settings, in_plane.sharpen(source, method="trilinear", **grid, stop=stop))
        yield Told(tell, (BEGAN, result, None))
        began, sharp = time.perf_counter(), int(np.prod(result.scan.shape))
        written = np.zeros(result.scan.volumes, np.int64)
        options: dict[str, Any] = {"device": settings.device, "weights": settings.weights, "threads": threads}
        try:
            for n, tile in in_plane.stream(source, method=settings.method, first=first, stop=stop, **grid, **options):
                tile.write(result.scan.array[n : n + 1])
                if not tile.preview:
                    written[n] += tile.array[0].size
                result.share = float(written.sum()) / (sharp * result.scan.volumes)
                yield Told(tell, (GREW, result, (n, tile.where)))
                yield Progress(result.share, f"{result.key}, frame {n + 1}")
                if written[n] >= sharp and not result.done[n]:
                    result.done[n] = True
                    judge(result, n)
                    yield Told(tell, (JUDGED, result, n))
                if stop():
                    break
        except Stopped:
            pass
        result.seconds = time.perf_counter() - began
        result.partial = not bool(result.done.all())
        if not result.partial:
            result.share = 1.0
        result.scan, result.flicker = named(result), flicker_of(result)
        yield Told(tell, (ENDED, result, None))

    return job


def undersample(series: Scan, fraction: float) -> Scan:
    """Return a series as it would be if only the centre of k-space had been acquired in plane, one frame at a time."""
    from napari_mrsr.sampling import degrade

    axis = series.find_slice_axis()
    frames = [degrade(series.volume(n), kspace=fraction, axis=axis) for n in range(series.volumes)]
    low = stack(frames, axis="time", names=series.names)
    return for_the_screen(replace(low, acquisition=series.acquisition, sources=series.sources))


def start(source: Scan, series: Scan, settings: SeriesSettings, begin: Scan) -> SeriesResult:
    """Return the result before the first tile: interpolated, nothing done, nothing judged."""
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
    """Hold a frame that is done against the reference."""
    from napari_mrsr import metrics
    from napari_mrsr.metrics.ssim import mean_similarity

    if result.reference is None or result.ssim is None:
        return
    truth, test = result.reference.array[n], result.scan.array[n]
    values = metrics.similarity(truth, test)
    result.ssim.array[n] = values
    result.figures["ssim"][n] = mean_similarity(values)
    result.figures["psnr"][n] = metrics.psnr(truth, test)


def named(result: SeriesResult) -> Scan:
    """Return the scan of a result that has ended, with what was done to it."""
    from napari_mrsr import in_plane

    settings = result.settings
    parameters: dict[str, Any] = {
        "method": settings.method,
        "plane": list(result.scan.shape),
        "frames": np.flatnonzero(result.done).tolist() if result.partial else "all",
        "device": settings.device,
    }
    if settings.weights is not None:
        parameters["weights"] = settings.weights
    return result.source.after(
        getattr(in_plane, "STEP", "in-plane super-resolution"),
        result.scan.array,
        parameters=parameters,
        affine=result.scan.affine,
        names=result.source.names,
    )

"""The long steps of a session, as generators of events that run in a worker thread.

A job touches no layer, no widget and no session. It writes tiles into the result's own array, of which the layers on
the screen are views, and yields what happened; the worker hands each event to the main thread, and only there are
layers made and refreshed. Every job goes through :func:`guarded`, which turns whatever
is raised into a :class:`Failed` event: superqt's generator worker takes a ``RuntimeError`` (torch's base error) for a
deleted worker and would end without a word.

Jobs are told to stop by a ``stop()`` that they ask between tiles; what was done stays.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.app.events import (
    Began,
    Choices,
    Compared,
    Event,
    Failed,
    Mapped,
    Opened,
    OpenRole,
    Piece,
    Progress,
    Refined,
    RefineSettings,
    Result,
    Role,
    T2Settings,
    Trusted,
)
from napari_mrsr.app.frame import frame_of
from napari_mrsr.app.memory_order import for_the_screen, ordered
from napari_mrsr.errors import BadParameter, EchoesNeeded, MrsrError, SeveralSeries, Stopped
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.mapping import T2Map

Stop = Callable[[], bool]


Job = Callable[[Stop], Iterator[Event]]


def guarded(job: Job, stop: Stop) -> Iterator[Event]:
    """Run a job; whatever it raises becomes its last event."""
    try:
        yield from job(stop)
    except Stopped:
        return
    except MrsrError as error:
        yield Failed(error.line, str(error))
    except MemoryError:
        yield Failed("the memory of this machine is not enough; close other programs or choose a smaller scan")
    except Exception as error:  # a bug: shown with its traceback, and the session goes on
        yield Failed(f"{type(error).__name__}: {error}", traceback.format_exc(), bug=True)


# -- the jobs --------------------------------------------------------------------------------------
def open_scan(
    paths: Sequence[str | PathLike[str]],
    *,
    series: str | int | None = None,
    allow_nonfinite: bool = False,
    role: OpenRole = "acquired",
) -> Job:
    """Read files or a folder; where it holds several series, say which.

    T1w, T2w and FLAIR stay scans of their own: the first is opened, the others stand beside it.
    """

    def job(_stop: Stop) -> Iterator[Event]:
        from napari_mrsr.app.brain_maps.opening import read_all
        from napari_mrsr.files import check_scan, list_series, read_scan

        yield Progress(0.0, "reading")
        chosen = [str(path) for path in paths]
        try:
            if series is None and role in ("acquired", "beside"):
                scans = read_all(chosen, allow_nonfinite=allow_nonfinite, apart=role == "beside")
            else:
                scans = [read_scan(chosen, series=series, allow_nonfinite=allow_nonfinite)]
        except SeveralSeries:
            yield Choices(tuple(chosen), tuple(list_series(chosen[0])), role)
            return
        for n, scan in enumerate(scans):
            yield Opened(for_the_screen(scan), role if n == 0 else "beside", checks=tuple(check_scan(scan)))

    return job


def open_sample() -> Job:
    """Make the sample knee: two DESS echoes with thick slices, simulated, with known truth."""

    def job(_stop: Stop) -> Iterator[Event]:
        from napari_mrsr.app.sample import load
        from napari_mrsr.files import check_scan

        yield Progress(0.0, "simulating the sample knee")
        scan, truth = load()
        yield Opened(scan, truth=truth, checks=tuple(check_scan(scan)))

    return job


def refine(
    scan: Scan,
    settings: RefineSettings,
    *,
    t2: T2Settings | None = None,
    reference: Scan | None = None,
    first: tuple[int, int] | None = None,
    threads: int | None = None,
) -> Job:
    """Super-resolve, then map T2 and compare where that is possible.

    Parameters
    ----------
    scan
        What was acquired.
    settings, t2
        Choices; without ``t2`` no maps are made.
    reference
        A scan to compare with; in retrospective mode the scan itself is.
    first
        ``(axis, index)`` on the fine grid of the slice on the screen: it is made first.
    threads
        Processor cores to use.
    """

    def job(stop: Stop) -> Iterator[Event]:
        from napari_mrsr import superres

        if settings.factor < 2:
            raise BadParameter(f"factor {settings.factor} makes nothing finer", remedy="choose 2, 3 or 4")
        axis = scan.find_slice_axis() if settings.axis is None else settings.axis
        source, target = scan, reference
        if settings.retrospective:
            yield Progress(0.0, "simulating thick slices")
            source, target = superres.retrospective(scan, settings.factor, axis), scan
        name, reason = method_of(source, settings, axis)
        result = start(source, name, settings.factor, axis)
        result.reason, result.reference, result.retrospective = reason, target, settings.retrospective
        yield Began(result)
        yield from _tiles(result, settings, first, threads, stop)
        if result.partial:
            return
        two = scan.volumes >= 2 and scan.axis == "echo"
        if t2 is not None and settings.maps and two and not stop():
            yield from maps(scan, result, t2)(stop)
        if target is not None and not stop():
            yield from compare(result, target)(stop)

    return job


def start(source: Scan, method: str, factor: int, axis: int) -> Result:
    """Return the picture from which super-resolution starts: straight lines between the acquired slices."""
    from napari_mrsr.interpolation import interpolate_scan
    from napari_mrsr.superres import STEP

    begin = interpolate_scan(source, "trilinear", factor, axis)
    array = ordered(np.asarray(begin.array, dtype=np.float32), frame_of(source).axes)
    step = {"method": method, "factor": factor, "axis": axis}
    scan = source.after(STEP, array, parameters=step, affine=begin.affine)
    return Result(scan, source, method, factor, axis, reached=np.zeros(scan.shape, dtype=bool))


def method_of(scan: Scan, settings: RefineSettings, axis: int) -> tuple[str, str]:
    """Return the method to use, and why in one line; weights that cannot be read are refused here."""
    from napari_mrsr import superres
    from napari_mrsr.choice import adaptation_in_words
    from napari_mrsr.networks import registry

    if settings.weights is not None:
        registry.read_weights(Path(settings.weights))
        adapted = adaptation_in_words(Path(settings.weights))
        return Path(settings.weights).stem, adapted or "weights of your own"
    if settings.method != "auto":
        return registry.find(settings.method).name, "chosen by you"
    chosen, reason = superres.choose_method(scan, settings.factor, axis)
    return chosen.name, reason


def _tiles(
    result: Result, settings: RefineSettings, first: tuple[int, int] | None, threads: int | None, stop: Stop
) -> Iterator[Event]:
    from napari_mrsr import superres

    began = time.perf_counter()
    text = f"{result.method} x{result.factor}"
    method = result.method if settings.weights is None else "auto"
    try:
        for tile in superres.stream(
            result.source,
            method=method,
            weights=settings.weights,
            factor=result.factor,
            axis=result.axis,
            consistency=settings.consistency,
            device=settings.device,
            first=first,
            stop=stop,
            threads=threads,
        ):
            tile.write(result.scan.array)
            if result.reached is not None:
                result.reached[tile.where] |= not tile.preview
            result.done = tile.done
            yield Piece(result, tile.where, tile.done)
            yield Progress(tile.done, text)
            if stop():
                break
    except Stopped:
        pass
    result.seconds = time.perf_counter() - began
    result.partial = stop() and result.done < 1.0
    if not result.partial:
        result.done, result.reached = 1.0, None
        (plan,) = superres.plan(
            result.source,
            method=method,
            weights=settings.weights,
            factor=result.factor,
            axis=result.axis,
            consistency=settings.consistency,
        )
        result.scan = superres.finish(result.source, result.scan.array, plan, settings.device)
    yield Refined(result)


def maps(scan: Scan, result: Result | None, t2: T2Settings) -> Job:
    """Map T2 of the acquired scan and, where there are such, of its simulated thick slices and of the SR scan."""

    def job(stop: Stop) -> Iterator[Event]:
        if scan.volumes < 2:
            raise EchoesNeeded(
                "has one echo, but T2 needs two or more", where=scan.where, remedy="open both echoes together"
            )
        wanted: list[tuple[Role, Scan]] = [("acquired", scan)]
        if result is not None and result.retrospective:
            wanted.append(("thick", result.source))
        if result is not None:
            wanted.append(("SR", result.scan))
        for n, (role, one) in enumerate(wanted):
            yield Progress(n / len(wanted), f"T2 ({role})")
            found = t2_map(one, t2)
            if role == "SR" and result is not None and result.reached is not None:
                found = unreached(found, result.reached)
            yield Mapped(role, found.mapped(for_the_screen))
            if stop():
                return

    return job


def t2_map(scan: Scan, t2: T2Settings) -> T2Map:
    """Return the T2 map by the method that fits the number of echoes: two are DESS, more are spin echoes.

    Its sigma is with it unless the scan was super-resolved.
    """
    from napari_mrsr.mapping import t2_from_dess, t2_from_multi_echo, with_uncertainty
    from napari_mrsr.mapping.t2_map import noise_is_measured

    if scan.volumes == 2:
        t1 = t2.t1 if t2.tissue is None else t2.tissue.t1_on(scan, t2.t1)
        options: dict[str, Any] = {"t1": t1, "diffusivity": t2.diffusivity, "fat": t2.fat, "fluid": t2.fluid}
        found = t2_from_dess(scan, method=t2.method, **options, **t2.overrides)  # type: ignore[arg-type]
        return with_uncertainty(scan, found) if noise_is_measured(scan) else found
    return t2_from_multi_echo(scan)


def unreached(found: T2Map, reached: npt.NDArray[np.bool_]) -> T2Map:
    """Return the map with NaN where super-resolution was stopped before it came there."""
    array = np.where(reached, found.map.array, np.nan).astype(np.float32)
    return replace(found, map=found.map.after("left out what was not super-resolved", array))


def compare(result: Result, reference: Scan) -> Job:
    """Difference and SSIM maps of a result against a reference."""

    def job(_stop: Stop) -> Iterator[Event]:
        from napari_mrsr.app.compare.comparing import against

        yield Progress(0.0, "comparing")
        yield Compared(against(reference, result.scan))

    return job


def trust(result: Result) -> Job:
    """Find what the method added to the measurement, and where it disagrees with it."""

    def job(_stop: Stop) -> Iterator[Event]:
        from napari_mrsr import superres

        yield Progress(0.0, "trust")
        yield Trusted(superres.trust(result.source, result.scan, factor=result.factor, axis=result.axis))

    return job

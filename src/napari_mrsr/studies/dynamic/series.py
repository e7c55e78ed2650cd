"""Every frame of a subject from a share of its k-space, found again by one method and compared with itself.

In memory are the frames and one result at a time. What is found is kept frame by frame, so that a study that was
stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from napari_mrsr.errors import Stopped
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan, stack
from napari_mrsr.studies.dynamic import frames
from napari_mrsr.studies.dynamic.frames import Found
from napari_mrsr.studies.dynamic.interpolations import Floats, Way
from napari_mrsr.studies.dynamic.still import Still
from napari_mrsr.studies.dynamic_cohort import DynamicSubject
from napari_mrsr.studies.kept import Kept, fingerprint


def fewer(scan: Scan, level: float) -> Scan:
    """Return frames from the centre of their k-space, transformed one at a time."""
    axis = scan.find_slice_axis()
    frames_of = (degrade(scan.volume(n), kspace=level, axis=axis) for n in range(scan.volumes))
    return stack(list(frames_of), axis="time", names=scan.names)


class Missing(Exception):
    """A result is not kept."""


class SeriesFound:
    """All frames of a subject found again: from what is kept, and anew from the first that is not.

    Parameters
    ----------
    subject
        Whose frames.
    still
        Voxels whose error is remembered.
    at, seen
        Slice axis and index of the slice that is remembered, and of which frames.
    kept
        Where results are kept.
    stop
        Asked after every frame whether to stop.
    """

    def __init__(
        self,
        subject: DynamicSubject,
        still: Still,
        at: tuple[int, int] | None,
        seen: Sequence[int],
        kept: Kept,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self.subject, self.still, self.at, self.seen, self.kept, self.stop = subject, still, at, seen, kept, stop
        self.probes = [len(still.index), hashlib.sha256(still.index.tobytes()).hexdigest(), still.scale]
        self.identities = [fingerprint(subject.dynamic.volume(n)) for n in range(subject.dynamic.volumes)]
        self._coarse: tuple[float, Scan] | None = None

    def found(self, way: Way, level: float, share: Callable[[float], None]) -> list[Found]:
        """Return every frame of a share of k-space, found again by a method.

        Raises
        ------
        Stopped
            ``stop`` answered True.
        """
        count = self.subject.dynamic.volumes
        share(0.0)
        done: list[Found] = []
        try:
            while len(done) < count:
                done.append(self._get(way, level, len(done), None))
        except Missing:
            pass
        else:
            return done
        results = way.series(self.coarse(level), self.subject.dynamic, len(done))
        began = time.perf_counter()
        for number, test in results:
            seconds = time.perf_counter() - began
            done.append(self._get(way, level, number, (test, seconds)))
            share(len(done) / count)
            if self.stop is not None and self.stop():
                raise Stopped("was stopped before the end")
            began = time.perf_counter()
        if len(done) < count:
            raise Stopped("was stopped before the end")
        return done

    def coarse(self, level: float) -> Scan:
        """Return all frames from the centre of their k-space; those of the last level are remembered."""
        if self._coarse is None or self._coarse[0] != level:
            self._coarse = level, fewer(self.subject.dynamic, level)
        return self._coarse[1]

    def _get(self, way: Way, level: float, number: int, fresh: tuple[Floats, float] | None) -> Found:
        """Return what is kept of a frame, else what is new."""

        def make() -> dict[str, Any]:
            if fresh is None:
                raise Missing
            return frames.as_json(self._judged(number, *fresh))

        return frames.from_json(self.kept.get(self._what(way, level, number), make))

    def _judged(self, number: int, test: Floats, seconds: float) -> Found:
        x = np.asarray(self.subject.dynamic.array[number], np.float32)
        scored, similarity = frames.score(x, test, self.subject.dynamic.find_slice_axis())
        probes = self.still.of(test) - self.still.of(x)
        if self.at is None or number not in self.seen:
            return Found(scored, seconds, probes)
        axis, index = self.at
        return Found(scored, seconds, probes, np.take(test, index, axis), np.take(similarity, index, axis))

    def _what(self, way: Way, level: float, number: int) -> dict[str, Any]:
        """Return all that a result depends on."""
        return {
            "study": "dynamic",
            "frame": self.identities[number],
            # A network sees all frames on one scale.
            "scale": self.still.scale if way.network else None,
            "level": None if way.kind == "limit" else level,
            "method": way.name,
            **way.depends_on,
            "still": self.probes,
            "slice": self.at if number in self.seen else None,
        }

"""A stack of slices taken to the centre of its k-space, found again by one method, and measured slice by slice."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import numpy as np

from napari_mrsr import in_plane
from napari_mrsr.errors import Stopped
from napari_mrsr.metrics.flicker import between_slices
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.studies.brain.found import Floats, Found, as_json, from_json
from napari_mrsr.studies.brain.lesion import Seen, seen
from napari_mrsr.studies.brain.measures import COLUMNS, measure
from napari_mrsr.studies.brain.methods import Stop, Told, Way
from napari_mrsr.studies.brain.planes import Stack
from napari_mrsr.studies.kept import Kept, fingerprint

#: Fewest neighbouring slices of which flicker is told.
FEWEST = 4


class StackFound:
    """A stack found again by one method after the other, or taken from what is kept.

    Parameters
    ----------
    subject
        Whose slices: a fold may be for this one alone.
    stack
        The slices.
    kspace
        Share of k-space that is kept.
    at
        Number of the slice that is remembered as a picture.
    kept
        Where results are kept.
    stop
        Asked before every method whether to stop.
    """

    def __init__(self, subject: str, stack: Stack, kspace: float, at: int, kept: Kept, stop: Stop) -> None:
        self.subject, self.stack, self.kspace, self.at, self.kept, self.stop = subject, stack, kspace, at, kept, stop
        self.identity = fingerprint(stack.scan)
        self.marked = None if stack.lesion is None else hashlib.sha256(np.packbits(stack.lesion).tobytes()).hexdigest()
        self._coarse: Scan | None = None

    def found(self, way: Way, share: Told) -> Found:
        """Return the stack as a method finds it.

        Raises
        ------
        MrsrError
            The method cannot be run on it.
        Stopped
            ``stop`` answered True.
        """
        what = {
            "study": "brain-sr",
            "stack": self.identity,
            "axis": self.stack.axis,
            "kspace": self.kspace,
            "way": way.depends_on(self.subject),
            "columns": [column.name for column in COLUMNS],
            "lesion": self.marked,
            "shown": self.at,
        }
        return from_json(self.kept.get(what, lambda: as_json(self._judged(way, share))))

    def _judged(self, way: Way, share: Told) -> Found:
        if self.stop is not None and self.stop():
            raise Stopped("was stopped before the end")
        if self._coarse is None:
            self._coarse = degrade(self.stack.scan, kspace=self.kspace, axis=self.stack.axis)
            in_plane.plan(self._coarse, method="fourier", like=self.stack.scan)  # looked at once: in no method's time
        one, other = self.stack.in_plane
        acquired = self._coarse.shape[one], self._coarse.shape[other]
        spacing = self.stack.scan.spacing[one], self.stack.scan.spacing[other]
        scale = float(self.stack.scan.array.max())
        began = time.perf_counter()
        test = way.sharpen(self._coarse, self.stack.scan, self.subject, share, self.stop)
        took = time.perf_counter() - began
        scores: dict[str, list[float]] = {}
        lesion: list[Seen | None] = []
        for number in range(len(self.stack.indices)):
            x, y, head = (self._slice(one, number) for one in (self.stack.scan.array[0], test, self.stack.head))
            for name, value in measure(x, y, head, acquired=acquired, spacing=spacing, scale=scale).items():
                scores.setdefault(name, []).append(value)
            mark = None if self.stack.lesion is None else self._slice(self.stack.lesion, number)
            lesion.append(None if mark is None else seen(x, y, mark, head))
        return Found(scores, took, lesion, self._flicker(test), np.asarray(self._slice(test, self.at), np.float32))

    def _flicker(self, test: Floats) -> tuple[float, float]:
        indices = self.stack.indices
        if len(indices) < FEWEST or indices[-1] - indices[0] >= len(indices):
            return np.nan, np.nan
        found = between_slices(self.stack.scan.array[0], test, self.stack.axis, self.stack.head)
        return found.ratio, found.change

    def _slice(self, values: Any, number: int) -> Any:
        return np.take(values, number, axis=self.stack.axis)

"""What is remembered of one subject for the figures, and which slice and frames they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from napari_mrsr.phantoms.abdomen.tissues import NUMBER
from napari_mrsr.report.planes import Picture, cut, patient_axes
from napari_mrsr.sampling import degrade
from napari_mrsr.studies.dynamic.frames import Found
from napari_mrsr.studies.dynamic.interpolations import Way
from napari_mrsr.studies.dynamic_cohort import DynamicSubject
from napari_mrsr.studies.slices import slice_picture, thin

#: Tissue that the slice of a phantom must show.
WORTH_SEEING = ("lesion", "hepatic vessels")
#: How many frames are shown.
SHOWN = 3


@dataclass(frozen=True, eq=False)
class Pictures:
    """Slices of one subject.

    Parameters
    ----------
    subject
        Who is shown.
    at
        Slice axis and index of the slice.
    levels, frames, ways
        What there is: shares of k-space, numbers of frames, methods.
    found
        By level, method and frame.
    """

    subject: DynamicSubject
    at: tuple[int, int]
    levels: tuple[float, ...]
    frames: tuple[int, ...]
    ways: tuple[Way, ...]
    found: Mapping[tuple[float, str, int], Found]

    def truth(self, frame: int) -> Picture:
        """Return the slice as acquired."""
        reference = self.subject.dynamic.volume(frame)
        return slice_picture(np.take(reference.array[0], self.at[1], self.at[0]), reference, self.at)

    def coarse(self, level: float, frame: int) -> Picture:
        """Return the slice as the centre of k-space shows it."""
        reference = self.subject.dynamic.volume(frame)
        few = degrade(thin(reference, self.at), kspace=level, axis=self.at[0])
        return cut(few, patient_axes(few)[0].index(self.at[0]), few.affine[:3, 3])

    def seen(self, level: float, method: str, frame: int) -> Picture:
        """Return the slice as a method found it."""
        values = self.found[level, method, frame].picture
        assert values is not None
        return slice_picture(values, self.subject.dynamic, self.at)

    def map(self, level: float, method: str, frame: int) -> Picture:
        """Return the SSIM of the slice."""
        values = self.found[level, method, frame].map
        assert values is not None
        return slice_picture(values, self.subject.dynamic, self.at)

    def network(self, kind: str) -> str | None:
        """Return the name of the first method of a kind; None where there is none."""
        return next((way.name for way in self.ways if way.kind == kind), None)


def shown_slice(subject: DynamicSubject) -> tuple[int, int]:
    """Return slice axis and index of the slice that figures show: that with most vessels and lesions, or the middle."""
    axis = subject.dynamic.find_slice_axis()
    if subject.labels is None:
        return axis, subject.dynamic.shape[axis] // 2
    worth = np.isin(subject.labels[0], [NUMBER[name] for name in WORTH_SEEING])
    counts = worth.sum(axis=tuple(a for a in range(3) if a != axis))
    return axis, int(counts.argmax()) if counts.any() else subject.dynamic.shape[axis] // 2


def shown_frames(count: int) -> tuple[int, ...]:
    """Return which of so many frames are shown: some that lie apart.

    Examples
    --------
    >>> shown_frames(10), shown_frames(2)
    ((0, 3, 6), (0, 1))
    """
    step = max(1, count // SHOWN)
    return tuple(range(0, count, step))[:SHOWN]

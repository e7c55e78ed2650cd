"""One series split into volumes.

Slices that share a position belong to different volumes; what tells them apart is looked for in the order of
:data:`_ATTRIBUTES`. Magnitude images are kept; phase, real and imaginary images and field maps are left out, and said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import MissingSlice
from napari_mrsr.files.dicom.frames import Frame
from napari_mrsr.files.dicom.slices import SAME_SLICE, count_slices, heights, stack
from napari_mrsr.files.dicom.timing import clock, in_turn
from napari_mrsr.scan import VolumeAxis


@dataclass(frozen=True)
class Attribute:
    """Something that differs between the volumes of a series."""

    label: str
    axis: VolumeAxis
    of: Callable[[Frame], object]


def _number(keyword: str, digits: int = 3) -> Callable[[Frame], object]:
    def value(frame: Frame) -> object:
        number = frame.number_of(keyword)
        return None if number is None else round(number, digits)

    return value


def _type(frame: Frame) -> object:
    return "\\".join(str(word) for word in frame.value("ImageType") or ())


_ATTRIBUTES = (
    Attribute("TE", "echo", _number("EchoTime")),
    Attribute("echo", "echo", _number("EchoNumbers")),
    Attribute("TI", "contrast", _number("InversionTime")),
    Attribute("flip", "contrast", _number("FlipAngle")),
    Attribute("TR", "contrast", _number("RepetitionTime")),
    Attribute("b", "contrast", _number("DiffusionBValue")),
    Attribute("time", "time", _number("TemporalPositionIdentifier")),
    Attribute("trigger", "time", _number("TriggerTime")),
    Attribute("type", "contrast", _type),
    Attribute("acquisition", "time", _number("AcquisitionNumber")),
    Attribute("acquisition time", "time", lambda frame: str(frame.value("AcquisitionTime"))),
    Attribute("series", "time", _number("SeriesNumber")),
)
#: Of slices that only the order of their acquisition tells apart.
_TURN = Attribute("turn", "time", clock)


@dataclass(frozen=True, eq=False)
class Volume:
    """The slices of one volume, in order along the normal, and what tells it from the others."""

    frames: Sequence[Frame]
    differs: tuple[tuple[Attribute, object], ...] = ()
    affine: npt.NDArray[np.float64] = field(default_factory=lambda: np.eye(4))

    @property
    def text(self) -> str:
        """What tells it from the others, in words."""
        parts = [
            f"{a.label} {value:g}" if isinstance(value, float) else f"{a.label} {value}" for a, value in self.differs
        ]
        return ", ".join(parts)


def magnitude(frames: Sequence[Frame]) -> tuple[list[Frame], list[str]]:
    """Return the magnitude images, and what was left out; where there are none, all images of the commonest kind."""
    counts = Counter(frame.component for frame in frames)
    if len(counts) == 1:
        (kind,) = counts
        return list(frames), [] if kind == "magnitude" else [f"the series holds {kind} images, no magnitude images"]
    kept = "magnitude" if "magnitude" in counts else counts.most_common(1)[0][0]
    left = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()) if kind != kept)
    return [frame for frame in frames if frame.component == kept], [f"{left} images are left out, the {kept} is kept"]


def split(frames: Sequence[Frame]) -> tuple[list[Volume], VolumeAxis]:
    """Return the volumes of a series, each stacked and on one grid, and what their axis counts.

    Raises
    ------
    MissingSlice
        A slice is absent, also from one of the volumes only, or stands twice.
    WrongDimensions, GeometryMismatch
        The slices make no volume.
    """
    parts = _split(Volume(list(frames)))
    volumes = []
    for part in parts:
        ordered, affine = stack(part.frames, volume=f" of {part.text}" if part.differs else "")
        volumes.append(replace(part, frames=ordered, affine=affine))
    _check_alike(volumes)
    axes = {attribute.axis for volume in volumes for attribute, _ in volume.differs}
    return volumes, next(iter(axes)) if len(axes) == 1 else "contrast"


def _split(part: Volume) -> list[Volume]:
    """Split by the first attribute that tells slices at one position apart; again within the parts."""
    slices = count_slices(part.frames)
    for attribute in _ATTRIBUTES:
        groups: dict[object, list[Frame]] = {}
        for frame in part.frames:
            groups.setdefault(attribute.of(frame), []).append(frame)
        if (
            len(groups) == 1
            or None in groups
            or not _separates(list(groups.values()), slices, len(part.frames), attribute)
        ):
            continue
        found: list[Volume] = []
        for value in sorted(groups, key=lambda value: (isinstance(value, str), value)):
            found.extend(_split(Volume(groups[value], (*part.differs, (attribute, value)))))
        return found
    turns = in_turn(part.frames)
    if len(turns) == 1:
        return [part]
    return [Volume(frames, (*part.differs, (_TURN, n + 1))) for n, frames in enumerate(turns)]


def _separates(groups: Sequence[Sequence[Frame]], slices: int, frames: int, attribute: Attribute) -> bool:
    """Tell whether an attribute splits frames into volumes: each covers most positions.

    What differs from slice to slice, as acquisition times do, covers few.
    """
    if frames <= slices and attribute.axis != "echo":
        return False
    return all(2 * count_slices(group) > slices for group in groups)


def _check_alike(volumes: Sequence[Volume]) -> None:
    """Refuse volumes that lack slices which others have."""
    fullest = max(volumes, key=lambda volume: len(volume.frames))
    wanted = heights(fullest.frames)
    for volume in volumes:
        have = heights(volume.frames)
        lacking = [h for h in wanted if np.abs(have - h).min() > SAME_SLICE]
        if lacking:
            number = "1 slice" if len(lacking) == 1 else f"{len(lacking)} slices"
            raise MissingSlice(
                f"lacks {number} of {volume.text}, the first at {lacking[0]:.2f} mm",
                where=volume.frames[0].path.parent,
                remedy="copy or export the series again",
            )
        if len(have) != len(wanted) or np.abs(volume.affine - fullest.affine).max() > 0.05:
            raise MissingSlice(
                f"has volumes on different grids ({volume.text} and {fullest.text})",
                where=volume.frames[0].path.parent,
                remedy="give one of them",
            )

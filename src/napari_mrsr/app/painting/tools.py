"""Painting by the picture: propagate, fill in between, fill holes, and the two tools of the mouse.

Every action is one step of napari's undo. What a person painted stays: propagation does not touch a slice that holds
the region, and filling in between writes only into slices that were empty, or that it filled before and nobody has
touched since.
"""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr import roi
from napari_mrsr.app import keys
from napari_mrsr.app.painting.guide import Guide, find_guide
from napari_mrsr.app.painting.livewire_tool import LivewireTool
from napari_mrsr.app.painting.painted import Plane, plane_of
from napari_mrsr.app.painting.smart_brush import SmartBrush
from napari_mrsr.app.roi import regions
from napari_mrsr.errors import BadParameter, MissingParameter, MrsrError
from napari_mrsr.roi.outline import box_around

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Between:
    """Slices that are to be filled in: where, from which painted ones, and what they held."""

    plane: Plane
    region: Mask
    keys: list[int]
    guide: Guide | None

    @property
    def gaps(self) -> list[int]:
        """The slices between the painted ones."""
        return [z for z in range(self.keys[0], self.keys[-1]) if z not in set(self.keys)]


class Painting:
    """The painting tools of a view.

    Parameters
    ----------
    view
        The view whose labels are painted.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.brush = SmartBrush(view)
        self.wire = LivewireTool(view)
        self.busy = False
        self._filled: weakref.WeakKeyDictionary[Labels, dict[tuple[int, int, int], int]] = weakref.WeakKeyDictionary()
        keys.bind(view.viewer, self._keys())

    def _keys(self) -> dict[str, Any]:
        return {"u": self.propagate_next, "Shift-U": self.propagate_previous, "q": self.interpolate}

    def close(self) -> None:
        """Let go of the keys and the mouse."""
        self.brush.stop()
        self.wire.stop()
        keys.unbind(self.view.viewer, self._keys())

    # -- the tools of the mouse ----------------------------------------------------------------------
    def use_brush(self, on: bool) -> None:
        """Turn the smart brush on or off; the livewire gives way."""
        if on:
            self.wire.stop()
            self.brush.start()
        else:
            self.brush.stop()

    def use_wire(self, on: bool) -> None:
        """Turn the livewire on or off; the smart brush gives way."""
        if on:
            self.brush.stop()
            self.wire.start()
        else:
            self.wire.stop()

    # -- slice by slice -----------------------------------------------------------------------------
    def propagate_next(self, viewer: Any = None) -> None:
        """Take the region to the next slice and go there."""
        self.view.session.attempt(lambda: self._propagate(1))

    def propagate_previous(self, viewer: Any = None) -> None:
        """Take the region to the previous slice and go there."""
        self.view.session.attempt(lambda: self._propagate(-1))

    def _propagate(self, step: int) -> None:
        plane = plane_of(self.view)
        slices = plane.slices()
        mask = slices[plane.index] == plane.label
        target = plane.index + step
        if not mask.any():
            raise BadParameter(
                f"{_region(plane)} is not painted in this slice", remedy="paint it here, or scroll to where it is"
            )
        if not 0 <= target < plane.count:
            raise BadParameter("this is the last slice", remedy="propagate the other way")
        if (slices[target] == plane.label).any():
            self._go(plane, target)
            self.view.session.say("info", f"{_region(plane)} is painted in this slice already; it was left as it is")
            return
        guide = find_guide(self.view, plane.layer)
        low, high = sorted((plane.index, target))
        seen = np.moveaxis(guide.channels(plane.box(low, high + 1)), plane.axis + 1, 1)
        found = roi.propagate(mask, seen if step > 0 else seen[:, ::-1], plane.pixel)
        if not found.any():
            raise BadParameter(
                f"the picture shows no {_region(plane)} in the next slice", remedy="paint it there by hand"
            )
        plane.write({target: found})
        self._go(plane, target)
        self.view.session.quiet()

    def _go(self, plane: Plane, index: int) -> None:
        """Move the slider to a slice of the labels."""
        viewer, at = self.view.viewer, np.zeros(3)
        at[plane.axis] = index
        axis = plane.axis + viewer.dims.ndim - 3
        viewer.dims.set_point(axis, float(plane.layer.data_to_world(at)[plane.axis]))

    def fill_holes(self, viewer: Any = None) -> None:
        """Fill what the region surrounds in the slice on the screen."""
        self.view.session.attempt(self._fill_holes)

    def _fill_holes(self) -> None:
        plane = plane_of(self.view)
        mask = plane.slices()[plane.index] == plane.label
        if not mask.any():
            raise BadParameter(f"{_region(plane)} is not painted in this slice", remedy="paint its outline first")
        changed = plane.write({plane.index: roi.fill_holes(mask)})
        if changed:
            self.view.session.quiet()
        else:
            self.view.session.say("info", f"{_region(plane)} has no holes in this slice")

    # -- between painted slices -----------------------------------------------------------------------
    def interpolate(self, viewer: Any = None) -> None:
        """Fill in the slices between those painted, beside whatever runs; again after a slice was corrected."""
        session = self.view.session
        if self.busy:
            session.say("info", "the slices are being filled in; wait a moment")
            return
        between = session.attempt(self._between)
        if between is None:
            return
        self.busy = True
        session.say("info", f"filling in {len(between.gaps)} slices between {len(between.keys)} painted ones")

        def compute() -> Iterator[Any]:  # not a job's event: the slices, or what went wrong
            try:
                yield _compute(between)
            except MrsrError as error:
                yield error

        session._runner(compute, lambda event: self._receive(between, event), self._ended)

    def _between(self) -> Between:
        plane = plane_of(self.view)
        region = plane.region()
        filled = self._filled.get(plane.layer, {})
        painted = [
            int(z)
            for z in np.flatnonzero(region.any(axis=(1, 2)))
            if filled.get((plane.label, plane.axis, int(z))) != _mark(region[z])
        ]
        if len(painted) < 2:
            where = "is painted in one slice only" if painted else "is not painted yet"
            raise BadParameter(f"{_region(plane)} {where}", remedy="paint it in two slices or more, then fill in")
        guide: Guide | None = None
        try:
            guide = find_guide(self.view, plane.layer)
        except MissingParameter:
            self.view.session.say("warn", "there is no image to guide: the shapes alone are interpolated")
        between = Between(plane, region, painted, guide)
        if not between.gaps:
            raise BadParameter("no slice lies between the painted ones", remedy="leave some slices out, then fill in")
        return between

    def _receive(self, between: Between, event: Any) -> None:
        session = self.view.session
        if session.is_shut or between.plane.layer not in self.view.viewer.layers:
            return
        if isinstance(event, MrsrError):
            session.say("bad", event.line)
            return
        plane, now = between.plane, between.plane.slices()
        touched = {z for z in between.gaps if not np.array_equal(now[z] == plane.label, between.region[z])}
        found = {z: event[z] for z in between.gaps if z not in touched}
        changed = plane.write(found, replace=True)
        marks = self._filled.setdefault(plane.layer, {})
        for z in found:
            marks[plane.label, plane.axis, z] = _mark(plane.slices()[z] == plane.label)
        done = f"{len(found)} slices between {len(between.keys)} painted ones are filled in"
        if not changed:
            session.say("info", "nothing changed: no slice was painted or corrected since")
        elif between.guide is None:
            session.say("warn", f"{done}, by shape alone: there is no image to guide; Ctrl+Z takes it back")
        else:
            session.say(
                "info",
                f"{done} by {between.guide.name}; look through them, correct one and fill in again, or take it back "
                "with Ctrl+Z",
            )

    def _ended(self) -> None:
        self.busy = False


def _compute(between: Between) -> Mask:
    """Return the region filled in; runs beside the viewer."""
    plane, seen = between.plane, None
    if between.guide is not None:
        box = list(plane.box(between.keys[0], between.keys[-1] + 1))
        wide = box_around(np.logical_or.reduce(between.region[between.keys]), plane.pixel)
        for axis, part in zip((a for a in range(3) if a != plane.axis), wide, strict=True):
            box[axis] = part
        seen = np.moveaxis(between.guide.channels((box[0], box[1], box[2])), plane.axis + 1, 1)
    else:
        wide = (slice(None), slice(None))
    where = (slice(between.keys[0], between.keys[-1] + 1), *wide)
    result = np.zeros_like(between.region)
    local = [k - between.keys[0] for k in between.keys]
    result[where] = roi.interpolate(between.region[where], local, plane.spacing, guide=seen)
    return result


def _mark(mask: Mask) -> int:
    """Return a number that tells whether a slice was touched."""
    return zlib.crc32(np.packbits(mask).tobytes())


def _region(plane: Plane) -> str:
    return regions.names_of(plane.layer).get(plane.label, f"label {plane.label}")

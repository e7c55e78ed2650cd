"""How far T2w and FLAIR lie from T1w although their grids are the same: a head that moved between two scans.

The rigid motion between the images is searched for as in registration, at 3 mm (:mod:`~.registration_estimate`), and
told in mm and degrees. It is a warning where the root mean square over the head is above what the search finds in
images that lie together (:func:`~.registration_estimate.told_from`; ``benchmarks/brain_registration.py`` measures false
alarms and misses).

To look at it, edges of one image are laid over another, or fields of both by turns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.mapping.registration_estimate import estimate, told_from
from napari_mrsr.mapping.rigid import angle, displacement, shift_of
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.mapping.brain import BrainScans

#: Smoothing before edges are looked for (SD, mm), and the percentile of the head's gradients above which one is shown.
SMOOTH, STRONG = 0.7, 80.0


@dataclass(frozen=True, eq=False)
class Misregistration:
    """How far one image lies from T1w.

    Parameters
    ----------
    name
        ``"T2w"`` or ``"FLAIR"``.
    translation, rotation, displacement
        Shift of the head's middle (mm), angle (degrees), root mean square of the shift over the head (mm).
    transform
        Takes a point of the image (RAS mm) to where it lies in T1w.
    agreement
        How alike the directions of edges are once the motion is undone: 1 the same, 1/3 by chance.
    apart
        Whether that is more than what is told from none.
    line
        One line for a person: a warning where ``apart``, else that they lie together.
    """

    name: str
    translation: float
    rotation: float
    displacement: float
    transform: npt.NDArray[np.float64]
    agreement: float
    apart: bool
    line: str


def misregistration(
    scans: BrainScans,
    *,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Misregistration]:
    """Return how far T2w and FLAIR lie from T1w, in this order.

    Parameters
    ----------
    scans
        Three images on one grid.
    progress
        Told the part that is done, 0 to 1.
    stop
        Asked whether to stop.

    Raises
    ------
    MissingDependency
        SimpleITK is not installed.
    Stopped
        ``stop`` answered True.
    """
    found = []
    names = [name for name in scans.by_name if name != "T1w"]
    for n, name in enumerate(names):

        def tell(done: float, first: int = n) -> None:
            if progress is not None:
                progress((first + done) / len(names))

        found.append(apart(scans.by_name[name], scans.t1w, name, progress=tell, stop=stop))
    return found


def apart(
    moving: Scan,
    fixed: Scan,
    name: str = "image",
    *,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Misregistration:
    """Return how far an image lies from T1w; parameters and errors as for :func:`misregistration`."""
    one = estimate(moving, fixed, progress=progress, stop=stop)
    shift, turn = shift_of(one.motion, one.middle), angle(one.motion)
    size = displacement(one.motion, one.middle)
    told = f"{shift:.1f} mm and {turn:.1f} degrees"
    least = told_from(moving, fixed)
    if size <= least:
        line = f"{name} lies on T1w (found: {told}; told from none above {least:.1f} mm over the head)"
    else:
        line = f"{name} lies {told} from T1w: edges of the maps are wrong there; register them (--register)"
    return Misregistration(name, shift, turn, size, one.motion, one.agreement, size > least, line)


# -- to look at it -------------------------------------------------------------------------------------
def edges(scan: Scan) -> Scan:
    """Return the edges of an image as labels on its grid, 1 on an edge, to be laid over another image.

    An edge is where the gradient is strong and largest along its own direction, so that lines are one voxel wide.

    Parameters
    ----------
    scan
        One volume.
    """
    from scipy.ndimage import gaussian_filter, map_coordinates

    spacing = np.array(scan.spacing)
    image = gaussian_filter(np.nan_to_num(np.asarray(scan.array[0], np.float32)), SMOOTH / spacing)
    slope = np.stack([g / np.float32(s) for g, s in zip(np.gradient(image), spacing, strict=True)])
    strength = np.linalg.norm(slope, axis=0)
    head = image > 0.25 * float(np.median(image[image > image.mean()])) if image.any() else image > 0
    enough = float(np.percentile(strength[head], STRONG)) if head.any() else np.inf
    where = np.argwhere(strength >= enough)
    largest = np.zeros(scan.shape, np.uint8)
    if len(where):
        steps = (slope[:, strength >= enough] / strength[strength >= enough]).T * (spacing.min() / spacing)
        ahead, behind = (
            map_coordinates(strength, (where + sign * steps).T, order=1, mode="nearest") for sign in (1, -1)
        )
        own = strength[strength >= enough]
        largest[tuple(where[(own >= ahead) & (own > behind)].T)] = 1
    return scan.after("edges", largest, axis="label", names=("edges",), quantity="label", unit="")


def checkerboard(one: Scan, other: Scan, *, side: float = 25.0) -> Scan:
    """Return fields of one image and another by turns, both from 0 to 1 at the 99th percentile of what is positive.

    Parameters
    ----------
    one, other
        One volume each, on one grid.
    side
        Of a field, mm.

    Raises
    ------
    GeometryMismatch
        They lie on different grids.
    """
    if not one.same_grid(other):
        raise GeometryMismatch("lies on another grid", where=other.where, remedy="register it first")
    parity = np.zeros(one.shape, np.uint8)
    for axis, step in enumerate(one.spacing):
        field = (np.arange(one.shape[axis]) * step // side).astype(np.uint8)
        parity += field.reshape([-1 if a == axis else 1 for a in range(3)])
    scaled = [np.nan_to_num(np.asarray(scan.array[0], np.float32)) for scan in (one, other)]
    scaled = [a / max(float(np.percentile(a[a > 0], 99)) if (a > 0).any() else 1.0, 1e-30) for a in scaled]
    return one.after("checkerboard", np.where(parity % 2, scaled[1], scaled[0]), parameters={"side": side}, names=("",))

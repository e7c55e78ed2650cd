"""What benchmarks/planted.py plants: foci in marrow, lesions in cartilage, a pattern nothing can see, and motion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.inference import consistency
from napari_mrsr.phantoms import LABELS, knee
from napari_mrsr.phantoms.coil import gain
from napari_mrsr.phantoms.knee import FROM_MIDLINE
from napari_mrsr.phantoms.phantom import KneePhantom
from napari_mrsr.phantoms.sample import thick_scan
from napari_mrsr.phantoms.settings import load
from napari_mrsr.phantoms.signal import table
from napari_mrsr.sampling import thick_slices
from napari_mrsr.scan import Scan

FACTOR, AXIS = 2, 2
SHAPE, SPACING, CENTRE = (88, 88, 28), (0.5, 0.5, 0.7), (-20.0, 14.0, 8.0)
#: Radius of the lesion in cartilage, voxels (4 mm across), and its T2 over that of the tissue.
RADIUS, LONGER = 4, 4.0
#: Radius of the focus in marrow, voxels (3.5 mm across), and how far it stays from anything that is not marrow.
FOCUS, QUIET = 3, 8
#: A region drawn around it, radius in voxels (10 mm across), and slices on either side.
DRAWN, SLICES = 10, 2
NUMBER = {name: number for number, name in LABELS.items()}
REGION = NUMBER["medial femoral cartilage"]
MARROW = (NUMBER["femur"], NUMBER["tibia"])

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Place = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Case:
    """What was planted, where (fine grid), the truth and thick slices that hold it.

    ``elsewhere`` is what it is compared with, in the words of ``beside``; ``region`` is what a reader may have outlined.
    """

    name: str
    text: str
    truth: Array
    thick: Scan
    where: Mask
    elsewhere: Mask
    region: Mask
    beside: str = "cartilage elsewhere"


def phantom_of(seed: int) -> KneePhantom:
    """Return the knee that all is planted in."""
    return knee(seed, shape=SHAPE, spacing=SPACING, centre=CENTRE, diseased=False)


def thick_of(phantom: KneePhantom, echoes: Array, seed: int) -> Scan:
    """Return what a scanner with thick slices would have shown, with its own noise."""
    return thick_scan(replace(phantom, noiseless=replace(phantom.noiseless, array=echoes)), seed=seed)


def cases(phantom: KneePhantom, seed: int) -> list[Case]:
    """Return all that is planted on the page."""
    place = quietest(phantom)
    found = [
        focus_case(phantom, place, seed, "focus on an acquired slice", FOCUS_TEXT),
        focus_case(phantom, after(place), seed, "focus between acquired slices", FOCUS_BETWEEN),
    ]
    cartilage = phantom.labels.array[0] == REGION
    for name, parity, text in (
        ("lesion in a thick slice", 0, LESION_TEXT),
        ("lesion between slices", 1, "the same in a thin slice that lies between two thick ones"),
    ):
        where = disc(site(phantom, parity), RADIUS) & cartilage
        echoes = lesion(phantom, where)
        found.append(Case(name, text, echoes, thick_of(phantom, echoes, seed), where, cartilage & ~where, cartilage))
    hidden, where = in_the_null_space(phantom, disc(site(phantom, 0), RADIUS) & cartilage)
    thick, text = (
        thick_of(phantom, hidden, seed),
        "a pattern along the slices that thick slices cannot see, as strong as that lesion",
    )
    found.append(Case("lesion in the null space", text, hidden, thick, where, cartilage & ~where, cartilage))
    return [*found, *motion(phantom, seed)]


FOCUS_TEXT = (
    "a cyst of joint fluid in marrow, 3.5 mm across and one thin slice (0.7 mm) thick, in the middle of a thick slice"
)
FOCUS_BETWEEN = "the same cyst one thin slice further, half-way between the middles of two thick slices"
LESION_TEXT = (
    "T2 four times as long, as of fluid, in a disc of 4 mm, one thin slice thick, in the middle of a thick slice"
)


# -- in marrow -------------------------------------------------------------------------------------
def focus_case(phantom: KneePhantom, place: Place, seed: int, name: str = "", text: str = "") -> Case:
    """Return a focus of fluid in one thin slice of marrow; a ring of marrow around it is what it is compared with."""
    where = disc(place, FOCUS)
    echoes = phantom.noiseless.array.copy()
    echoes[:, where] = fluid(phantom)[:, where]
    ring = disc(place, QUIET + FOCUS) & ~disc(place, 2 * FOCUS) & marrow(phantom)
    region = np.zeros(SHAPE, bool)
    region[..., place[2] - SLICES : place[2] + SLICES + 1] = disc(place, DRAWN)[..., place[2], None]
    return Case(
        name, text, echoes, thick_of(phantom, echoes, seed), where, ring, region & marrow(phantom), "marrow around"
    )


def fluid(phantom: KneePhantom) -> Array:
    """Return what joint fluid would show in every voxel: its T1, T2 and diffusion, and the coil there."""
    settings = load()
    echoes = table("fluid")(np.array([phantom.subject.t2["fluid"]], np.float32))
    m0, a = settings.tissues["fluid"].m0, np.asarray(phantom.scan.affine)
    right = 1.0 if phantom.subject.side == "right" else -1.0
    i, j, k = (np.arange(n) for n in phantom.scan.shape)
    axes = (a[1, 3] + a[1, 0] * i, a[2, 3] + a[2, 1] * j, right * (a[0, 3] + a[0, 2] * k) - FROM_MIDLINE)
    coil = gain(phantom.subject.seed, axes, settings.coil)
    return np.stack([m0 * float(echo[0]) * coil for echo in echoes]).astype(np.float32)


def marrow(phantom: KneePhantom) -> Mask:
    """Return the bones of femur and tibia."""
    return np.isin(phantom.labels.array[0], MARROW)


def quietest(phantom: KneePhantom) -> Place:
    """Return the voxel of marrow furthest from all else in plane, in the middle of a thick slice."""
    depth = depth_in_plane(marrow(phantom))
    depth[..., 1::2] = 0
    return at(int(depth.argmax()))


def places(phantom: KneePhantom, n: int, seed: int) -> list[Place]:
    """Return voxels of marrow drawn at random, quiet around, in middles of thick slices."""
    enough = depth_in_plane(marrow(phantom)) >= QUIET
    enough[..., 1::2] = False
    return [at(int(one)) for one in np.random.default_rng(seed).choice(np.flatnonzero(enough), n, replace=False)]


def after(place: Place) -> Place:
    """Return the place in the next thin slice."""
    return place[0], place[1], place[2] + 1


def at(flat: int) -> Place:
    """Return a place from its number in the block."""
    i, j, k = np.unravel_index(flat, SHAPE)
    return int(i), int(j), int(k)


def depth_in_plane(mask: Mask) -> Array:
    """Return the distance to what is not in a mask, voxels in plane; 0 near the borders of the block."""
    from scipy.ndimage import distance_transform_edt

    depth = np.stack([distance_transform_edt(mask[:, :, k]) for k in range(SHAPE[2])], axis=2)
    inside = np.zeros(SHAPE, bool)
    inside[16:-16, 16:-16, 8:-8] = True
    depth[~inside] = 0
    return np.asarray(depth)


def disc(centre: Place, radius: int) -> Mask:
    """Return a disc one slice thick."""
    i, j = np.ogrid[: SHAPE[0], : SHAPE[1]]
    found = np.zeros(SHAPE, bool)
    found[:, :, centre[2]] = (i - centre[0]) ** 2 + (j - centre[1]) ** 2 <= radius**2
    return found


# -- in cartilage ----------------------------------------------------------------------------------
def site(phantom: KneePhantom, parity: int) -> Place:
    """Return the voxel deepest in the medial femoral cartilage, in a thin slice of that parity away from the ends."""
    depth = depth_in_plane(phantom.labels.array[0] == REGION)
    depth[:, :, (1 - parity) :: 2] = 0
    return at(int(depth.argmax()))


def lesion(phantom: KneePhantom, where: Mask) -> Array:
    """Return the noise-free echoes with T2 longer in the region: S2 / S1 follows exp(-2 (TR - TE) / T2)."""
    a = phantom.scan.acquisition
    echoes = phantom.noiseless.array.copy()
    assert a.repetition_time is not None
    t2 = phantom.t2.array[0][where]
    rise = np.exp(-2 * (a.repetition_time - a.echo_times[0]) * (1 / (LONGER * t2) - 1 / t2))
    echoes[1][where] *= rise
    return np.asarray(echoes)


def in_the_null_space(phantom: KneePhantom, where: Mask) -> tuple[Array, Mask]:
    """Return echoes with a pattern of which the thick slices hold nothing, and where it is strong."""
    n = SHAPE[2]
    null = np.eye(n) - consistency.gain(n, FACTOR) @ thick_slices.matrix(n, FACTOR)
    change = lesion(phantom, where)[1] - phantom.noiseless.array[1]
    pattern = change @ null.T
    pattern *= change.max() / max(float(pattern.max()), 1e-9)
    echoes = phantom.noiseless.array.copy()
    echoes[1] += pattern
    return echoes, pattern > 0.5 * pattern.max()


# -- motion ----------------------------------------------------------------------------------------
def motion(phantom: KneePhantom, seed: int) -> Iterator[Case]:
    """Yield thick slices of which one echo, or one slice, has moved."""
    truth = phantom.noiseless.array
    still = thick_of(phantom, truth, seed)
    cartilage = phantom.labels.array[0] == REGION
    body = np.zeros(SHAPE, bool)
    body[8:-8, 8:-8, 4:-4] = phantom.labels.array[0][8:-8, 8:-8, 4:-4] > 0
    k = SHAPE[2] // FACTOR // 2
    one = np.zeros(SHAPE, bool)
    one[..., FACTOR * k] = body[..., FACTOR * k]
    for name, text, echoes, slices, by, where in (
        ("second echo moved", "echo 2 moved by one pixel (0.5 mm) against echo 1", [1], slice(None), 1, body),
        ("one slice of the second echo moved", "one thick slice of echo 2 moved by three pixels (1.5 mm), echo 1 not", [1], k, 3, one),
        ("one slice moved", "one thick slice of both echoes moved by three pixels (1.5 mm)", [0, 1], k, 3, one),
    ):  # fmt: skip
        array = still.array.copy()
        for echo in echoes:
            part = array[echo][..., slices]
            part[:] = np.concatenate([np.repeat(part[:1], by, axis=0), part[:-by]])  # a view: the border is continued
        thick = replace(still, array=array)
        if where is body:
            yield Case(name, text, truth, thick, where, cartilage, cartilage, "cartilage alone")
        else:
            yield Case(name, text, truth, thick, where, cartilage & ~where, cartilage)

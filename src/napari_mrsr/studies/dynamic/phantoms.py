"""The three subjects of the paper as phantoms: their protocols, ten time points, and a planning scan in another pose.

Seeds from 300 are used; none below 1000 taught a network. The planning scan is that of another session: the body lies
turned and shifted, holds its breath, on its own finer matrix, and was not registered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.abdomen import SUBJECTS, AbdomenPhantom, Protocol, abdomen
from napari_mrsr.physics.flash import Phase
from napari_mrsr.studies.dynamic_cohort import DynamicCohort, DynamicEntry, DynamicSubject

#: Seed of the first subject; those from 1000 teach.
FIRST_SEED, FIRST_TEACHING_SEED = 300, 1000
#: Time points of the paper.
FRAMES = 10
#: Small phantoms: the matrix in plane divided by this, and so many slices.
QUICK_DIVISOR, QUICK_SLICES = 2, 12
#: Largest number of subjects that is made.
MOST = 99

Contrast = Literal["same", "fat", "opposed"]


@dataclass(frozen=True)
class Made:
    """How phantoms are made.

    Parameters
    ----------
    frames
        Time points.
    quick
        Half the matrix in plane and twelve slices of the middle.
    noise
        Whether they have the noise of a scan.
    shape
        Matrix ``(i, j, k)`` in place of all that, for tests.
    encoded
        Only the detail that the protocol acquires: the paper's scans had 50 to 75 % of the phase-encoding lines and
        about 65 % of the slices of their matrix, the rest filled with zeros.
    """

    frames: int = FRAMES
    quick: bool = False
    noise: bool = True
    shape: tuple[int, int, int] | None = None
    encoded: bool = True


def dynamic_cohort(n: int = 3, how: Made | None = None) -> DynamicCohort:
    """Return phantoms with the protocols of the paper's three subjects, and of them again where more are asked for.

    Raises
    ------
    BadParameter
        None is asked for, or too many; fewer than one frame.
    """
    how = how or Made()
    if not 1 <= n <= MOST:
        raise BadParameter(f"a cohort of {n} phantoms cannot be made", remedy=f"give 1 to {MOST}")
    if how.frames < 1:
        raise BadParameter(f"{how.frames} frames cannot be made", remedy="give at least 1, better 2 and more")
    numbers = range(1, n + 1)
    entries = tuple(DynamicEntry(f"subject {number}", partial(subject, number, how)) for number in numbers)
    origin = {
        "layout": "phantoms",
        "seeds": [seed_of(number) for number in numbers],
        "frames": how.frames,
        "noise": how.noise,
        "detail": "as acquired by the protocol" if how.encoded else "that of the matrix",
        "matrix": list(how.shape) if how.shape else "half in plane, 12 slices" if how.quick else "that of the paper",
    }
    people = f"{n} abdomen phantom{'s' * (n != 1)}"
    return DynamicCohort(f"{people}, {'with' if how.noise else 'without'} noise", entries, origin)


def seed_of(number: int) -> int:
    """Return the seed of subject 1, 2, 3 ..."""
    return FIRST_SEED + number - 1


def protocol_of(number: int) -> Protocol:
    """Return the protocol of subject 1, 2, 3 ...: that of the paper, over and over."""
    return SUBJECTS[(number - 1) % len(SUBJECTS) + 1]


def subject(number: int, how: Made) -> DynamicSubject:
    """Return a subject: breathing frames and a planning scan."""
    made = frames(number, how)
    return DynamicSubject(
        f"subject {number}",
        made.scan,
        planning(number, how).scan,
        protocol_of(number),
        made.labels.array,
        made.noiseless,
    )


def frames(number: int, how: Made, *, needle: bool = False) -> AbdomenPhantom:
    """Return the breathing frames of a subject."""
    protocol = protocol_of(number)
    shape, spacing = _grid(protocol, how)
    return abdomen(
        seed_of(number),
        protocol=protocol,
        shape=shape,
        spacing=spacing,
        frames=how.frames,
        noise=how.noise,
        needle=needle,
        encoded=how.encoded,
    )


def planning(number: int, how: Made, contrast: Contrast = "same") -> AbdomenPhantom:
    """Return the planning scan of a subject.

    Parameters
    ----------
    number
        Of the subject.
    how
        As its frames.
    contrast
        ``"same"`` as the frames; ``"fat"``: fat suppressed where it is not in the frames and the other way round;
        ``"opposed"``: fat and water exactly opposed.
    """
    protocol = protocol_of(number)
    shape, spacing = _grid(protocol, how)
    if contrast == "fat":
        protocol = replace(protocol, fat_suppression=not protocol.fat_suppression)
    phase: Phase | None = "opposed" if contrast == "opposed" else None
    return abdomen(
        seed_of(number),
        protocol=protocol,
        shape=shape,
        spacing=spacing,
        pose="planning",
        noise=how.noise,
        phase=phase,
        encoded=how.encoded,
    )


def _grid(protocol: Protocol, how: Made) -> tuple[tuple[int, int, int] | None, tuple[float, float, float] | None]:
    """Return matrix and voxels; None twice for those of the protocol."""
    if how.shape is not None:
        return how.shape, None
    if not how.quick:
        return None, None
    x, y, z = protocol.spacing
    i, j, _ = protocol.matrix
    return (
        (i // QUICK_DIVISOR, j // QUICK_DIVISOR, QUICK_SLICES),
        (x * QUICK_DIVISOR, y * QUICK_DIVISOR, z),
    )

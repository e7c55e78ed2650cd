"""One person's knee, drawn from a seed: size, pose, side, cartilage, disease.

Canonical coordinates of the phantom, mm: x lateral (whatever the side), y anterior, z superior, origin in the middle
of the joint line. A left knee is the mirror image of a right one: only the sign of the patient's x differs.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.settings import Settings

Side = Literal["left", "right"]
Compartment = Literal["medial", "lateral"]


def generator(seed: int, *what: str | int) -> np.random.Generator:
    """Return the random numbers of one purpose, independent of all other purposes of the same seed."""
    words = [zlib.crc32(w.encode()) if isinstance(w, str) else int(w) for w in what]
    return np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=tuple(words)))


@dataclass(frozen=True)
class Lesion:
    """A focal cartilage lesion on a femoral condyle."""

    compartment: Compartment
    angle: float
    offset: float
    radius: float
    remaining: float
    t2_factor: float


@dataclass(frozen=True, eq=False)
class Subject:
    """Everything that differs from knee to knee.

    Parameters
    ----------
    size
        Factors along x, y, z.
    rotation, shift
        Pose in the scanner: 3 x 3 and mm.
    flexion
        Degrees.
    t2
        T2 of each tissue of this person before its smooth field, ms.
    thinning
        Factor on the cartilage thickness of the compartments.
    """

    seed: int
    side: Side
    size: npt.NDArray[np.float64]
    rotation: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]
    flexion: float
    subcutaneous: float
    thickness: dict[str, float]
    t2: dict[str, float]
    diseased: bool
    thinning: dict[str, float] = field(default_factory=lambda: {"medial": 1.0, "lateral": 1.0})
    lesion: Lesion | None = None
    effusion: float = 2.0
    osteophyte: float = 0.0
    tear: float = 0.0
    torn: Compartment = "medial"

    @property
    def signs(self) -> tuple[str, ...]:
        """What is wrong with this knee, in words."""
        found = []
        if min(self.thinning.values()) < 1:
            found.append("cartilage thinning")
        if self.lesion is not None:
            found.append(f"{self.lesion.compartment} femoral cartilage lesion")
        if self.effusion > 4:
            found.append("effusion")
        if self.osteophyte > 0:
            found.append("osteophytes")
        if self.tear > 0:
            found.append(f"{self.torn} meniscal tear")
        return tuple(found)


def rotation_matrix(degrees: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the rotation about x, then y, then z."""
    a, b, c = np.deg2rad(np.asarray(degrees, dtype=np.float64))
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(rz @ ry @ rx)


def draw(seed: int, settings: Settings, *, side: Side | None = None, diseased: bool | None = None) -> Subject:
    """Return the knee of a seed; ``side`` and ``diseased`` override what the seed says, and change nothing else."""
    body = settings.subject
    rng = generator(seed, "subject")
    drawn_side: Side = "left" if rng.random() < 0.5 else "right"
    drawn_disease = bool(rng.random() < body["diseased"])
    scale = 1 + np.clip(body["scale_sd"] * rng.standard_normal(), -body["scale_clip"], body["scale_clip"])
    size = scale * (1 + np.clip(body["aspect_sd"] * rng.standard_normal(3), -0.05, 0.05))
    rotation = rotation_matrix(np.clip(rng.standard_normal(3), -2.5, 2.5) * body["rotation_sd"])
    shift = np.clip(rng.standard_normal(3), -2.5, 2.5) * body["shift_sd"]
    flexion = float(rng.uniform(*body["flexion"]))
    fat = float(rng.uniform(*body["subcutaneous"]))
    mm = settings.cartilage_thickness
    regions = [name for name in mm if name not in ("sd", "field")]
    thickness = {r: float(mm[r] * scale + mm["sd"] * np.clip(rng.standard_normal(), -2, 2)) for r in regions}
    t2 = {n: float(t.t2 + t.t2_sd * np.clip(rng.standard_normal(), -2.5, 2.5)) for n, t in settings.tissues.items()}
    sick = drawn_disease if diseased is None else diseased
    changes: dict[str, Any] = _disease(generator(seed, "disease"), settings) if sick else {}
    return Subject(
        seed=seed,
        side=side or drawn_side,
        size=size,
        rotation=rotation,
        shift=shift,
        flexion=flexion,
        subcutaneous=fat,
        thickness=thickness,
        t2=t2,
        diseased=sick,
        **changes,
    )


def _disease(rng: np.random.Generator, settings: Settings) -> dict[str, Any]:
    """Return the signs of disease; at least a lesion where chance gave none."""
    d = settings.disease
    present = {
        name: bool(rng.random() < d[name]["chance"])
        for name in ("thinning", "lesion", "effusion", "osteophyte", "tear")
    }
    if not any(present.values()):
        present["lesion"] = True
    where: Compartment = "medial" if rng.random() < 0.7 else "lateral"
    values = {
        "factor": rng.uniform(*d["thinning"]["factor"]),
        "angle": rng.uniform(-35, 25),
        "offset": rng.uniform(-5, 5),
        "remaining": rng.uniform(*d["lesion"]["remaining"]),
        "radius": rng.uniform(*d["lesion"]["radius"]),
        "t2_factor": rng.uniform(*d["lesion"]["t2_factor"]),
        "effusion": rng.uniform(*d["effusion"]["thickness"]),
        "osteophyte": rng.uniform(*d["osteophyte"]["radius"]),
        "tear": rng.uniform(*d["tear"]["width"]),
    }
    changes: dict[str, Any] = {"torn": where}
    if present["thinning"]:
        changes["thinning"] = {"medial": 1.0, "lateral": 1.0, where: float(values["factor"])}
    if present["lesion"]:
        names = ("angle", "offset", "radius", "remaining", "t2_factor")
        changes["lesion"] = Lesion(where, *(float(values[n]) for n in names))
    for name in ("effusion", "osteophyte", "tear"):
        if present[name]:
            changes[name] = float(values[name])
    return changes

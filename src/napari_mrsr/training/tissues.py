r"""Patches that show what tissue a voxel is: phantoms with their labels, real scans without.

What two anatomies call alike is one class: :data:`CLASSES` groups the labels of the abdomen and of the knee by what
they look like and where they lie. Volumes are divided by their common maximum, as in super-resolution in plane.

The contrast of a patch is drawn anew. With labels :math:`c`, each class gets a gain; then the whole a power, a level
and the slope of a coil; at last noise:

.. math:: y = a\, e^{s \cdot r} (g_c\, x)^\gamma, \qquad \tilde y = |y + \sigma n|

The network is asked for c and for y, given :math:`\tilde y`. Nothing is ever blurred: the features shall tell a sharp
border from a soft one, which is what a perceptual loss is for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_mrsr.physics.flash import Phase
from napari_mrsr.training.sources import FIRST_TRAINING_SEED

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]

#: Classes by name, and the labels of both phantoms that belong to them.
CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "air": ("air", "needle"),
        "lung": ("lung",),
        "fat": ("subcutaneous fat", "visceral fat", "infrapatellar fat pad", "intermuscular fat"),
        "muscle": ("muscle", "diaphragm", "heart", "stomach wall", "bowel wall"),
        "bone": ("vertebra", "cortical bone", "rib", "femur", "tibia", "patella", "fibula"),
        "cartilage": (
            "disc", "medial femoral cartilage", "lateral femoral cartilage", "medial tibial cartilage",
            "lateral tibial cartilage", "patellar cartilage",
        ),
        "fibrous": (
            "medial meniscus", "lateral meniscus", "anterior cruciate ligament", "posterior cruciate ligament",
            "medial collateral ligament", "lateral collateral ligament", "patellar tendon", "quadriceps tendon",
            "fascia", "synovium",
        ),
        "fluid": ("joint fluid", "gallbladder", "stomach fluid", "cerebrospinal fluid"),
        "vessel": ("hepatic vessels", "aorta", "vena cava", "other vessels", "popliteal vessels"),
        "liver": ("liver",),
        "lesion": ("lesion",),
        "spleen": ("spleen",),
        "kidney": ("kidney cortex", "kidney medulla"),
        "bowel": ("bowel content", "pancreas"),
        "nerve and skin": ("spinal cord", "tibial nerve", "skin"),
    }
)  # fmt: skip
#: Where no label is known.
UNKNOWN = 255
#: Of three phantoms one is a knee.
KNEE_EVERY = 3
#: Blocks of phantoms, voxels, and voxels of the knee, mm.
ABDOMEN_BLOCK, KNEE_BLOCK = (144, 112, 32), (112, 112, 64)
KNEE_SPACING = (0.5, 0.5, 0.7)
#: Phantoms that never teach: seeds of what is scored.
HELD_OUT_SEEDS = (11, 12, 13, 14, 15, 16)
#: Largest SD of noise, of the maximum of a volume, and how often there is none.
NOISE, CLEAN = 0.06, 0.2
#: Mean of a patch below which it is mostly air, and patches that are looked at before one with air is taken.
AIR, TRIES = 0.02, 2


@dataclass(frozen=True, eq=False)
class Labelled:
    """Volumes ``(volume, i, j, k)`` on one scale up to 1, and the class of each voxel where it is known."""

    name: str
    array: Array
    labels: Labels | None = None


def classes_of(labels: Labels, names: Mapping[int, str]) -> Labels:
    """Return the class of each label.

    Examples
    --------
    >>> classes_of(np.array([0, 1, 2], np.uint8), {0: "air", 1: "liver", 2: "subcutaneous fat"})
    array([0, 9, 2], dtype=uint8)
    """
    table = np.zeros(256, np.uint8)
    number = {label: n for n, members in enumerate(CLASSES.values()) for label in members}
    for label, name in names.items():
        table[label] = number[name]
    return table[labels]


def phantoms(
    seeds: Sequence[int], report: Callable[[str], None] = lambda _: None, *, scale: float = 1.0
) -> list[Labelled]:
    """Make a labelled block for each seed: abdomens of all protocols and phases, every third a knee.

    ``scale`` multiplies the sides of the blocks.
    """
    made = []
    for n, seed in enumerate(seeds):
        made.append(_knee(seed, scale) if n % KNEE_EVERY == KNEE_EVERY - 1 else _abdomen(seed, n, scale))
        report(made[-1].name)
    return made


def training_seeds(count: int) -> range:
    """Return the seeds of the phantoms that teach."""
    return range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + count)


def _abdomen(seed: int, n: int, scale: float) -> Labelled:
    from napari_mrsr.phantoms.abdomen import ABDOMEN_LABELS, CHAOS, SUBJECTS, abdomen

    rng = np.random.default_rng(seed)
    protocol = (*SUBJECTS.values(), CHAOS)[(n - n // KNEE_EVERY) % (len(SUBJECTS) + 1)]
    phases: tuple[Phase | None, ...] = (None, "in", "opposed")
    phase = phases[int(rng.integers(3))] if protocol is CHAOS else None
    window = []
    for have, side in zip(protocol.matrix, ABDOMEN_BLOCK, strict=True):
        size = min(have, max(8, round(side * scale)))
        start = (have - size) // 2 + int(rng.integers(-(have - size) // 4, (have - size) // 4 + 1))
        window.append(slice(start, start + size))
    made = abdomen(
        seed, protocol=protocol, phase=phase, frames=1, window=(window[0], window[1], window[2]), noise=False
    )
    return labelled(f"abdomen {seed}", made.scan.array, classes_of(made.labels.array[0], ABDOMEN_LABELS))


def _knee(seed: int, scale: float) -> Labelled:
    from napari_mrsr.phantoms import LABELS, knee

    rng = np.random.default_rng(seed)
    i, j, k = (max(8, round(side * scale)) for side in KNEE_BLOCK)
    at = [float(c) for c in rng.uniform(-12, 12, 3)]
    made = knee(seed, shape=(i, j, k), spacing=KNEE_SPACING, centre=(at[0], at[1], at[2]), noise=False)
    return labelled(f"knee {seed}", made.scan.array, classes_of(made.labels.array[0], LABELS))


def labelled(name: str, array: npt.NDArray[Any], labels: Labels | None = None) -> Labelled:
    """Return volumes from 0 to 1 of any numbers; what interpolation left below 0 is 0."""
    positive = np.clip(array, 0, None).astype(np.float32)
    return Labelled(name, positive / max(float(positive.max()), np.finfo(np.float32).tiny), labels)


@dataclass(frozen=True)
class Batch:
    """What is shown and what is asked for: images ``(patch, 1, i, j, k)``, the same without noise, and classes."""

    shown: Tensor
    clean: Tensor
    classes: Tensor


def draw(sources: Sequence[Labelled], patch: int, batch: int, seed: int, step: int) -> Batch:
    """Return the patches of a step, half of them with labels where there are both kinds; follows from seed and step."""
    rng = np.random.default_rng([seed, step])
    kinds = [[s for s in sources if (s.labels is not None) == known] for known in (True, False)]
    kinds = [kind for kind in kinds if kind]
    clean, classes = [], []
    for n in range(batch):
        kind = kinds[n % len(kinds)]
        image, labels = _patch(kind[int(rng.integers(len(kind)))], patch, rng)
        clean.append(_other_contrast(image, labels, rng))
        classes.append(labels)
    wanted = torch.from_numpy(np.stack(clean)[:, None])
    sigma = rng.uniform(0, NOISE, (batch, 1, 1, 1, 1)) * (rng.random((batch, 1, 1, 1, 1)) > CLEAN)
    noise = torch.from_numpy((rng.standard_normal(wanted.shape, dtype=np.float32) * sigma).astype(np.float32))
    return Batch((wanted + noise).abs(), wanted, torch.from_numpy(np.stack(classes).astype(np.int64)))


def _patch(source: Labelled, side: int, rng: np.random.Generator) -> tuple[Array, Labels]:
    """Cut a cube of one volume, mirrored at the borders where the volume is thinner; flipped and turned at random."""
    volume = source.array[int(rng.integers(len(source.array)))]
    for _ in range(TRIES):
        starts = [int(rng.integers(max(1, n - side + 1))) for n in volume.shape]
        where = tuple(slice(start, start + side) for start in starts)
        image = volume[where]
        if image.mean() > AIR:
            break
    labels = source.labels[where] if source.labels is not None else np.full(image.shape, UNKNOWN, np.uint8)
    missing = [(0, side - n) for n in image.shape]
    if any(after for _, after in missing):
        image, labels = np.pad(image, missing, mode="symmetric"), np.pad(labels, missing, mode="symmetric")
    turn = tuple(int(a) for a in rng.permutation(3))
    flips = tuple(a for a in range(3) if rng.random() < 0.5)
    return np.flip(image.transpose(turn), flips), np.flip(labels.transpose(turn), flips)


def _other_contrast(image: Array, labels: Labels, rng: np.random.Generator) -> Array:
    """Change the gain of each class (half of the time), the whole by a power and a level, and shade it."""
    if labels.flat[0] != UNKNOWN and rng.random() < 0.5:
        image = image * np.exp(rng.normal(0, 0.3, 256)).astype(np.float32)[labels]
    image = np.float32(rng.uniform(0.6, 1.3)) * image ** np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    exponent = np.zeros(image.shape, np.float32)
    for axis, n in enumerate(image.shape):
        line = np.linspace(-1, 1, n, dtype=np.float32) * np.float32(rng.uniform(-0.3, 0.3))
        exponent += line.reshape([-1 if a == axis else 1 for a in range(3)])
    return np.asarray(image * np.exp(exponent), np.float32)

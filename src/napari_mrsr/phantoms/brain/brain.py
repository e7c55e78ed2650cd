"""A head with known truth.

Voxel axes are those of an axial DICOM series: i from the patient's right to the left, j from front to back, k from foot
to head (LPS). The affine is in mm, RAS+, its origin near the anterior commissure.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.brain import cerebrum, deep, head, lesions
from napari_mrsr.phantoms.brain.palette import Palette
from napari_mrsr.phantoms.brain.person import draw
from napari_mrsr.phantoms.brain.phantom import BrainPhantom, label_scan
from napari_mrsr.phantoms.brain.shares import Gathering
from napari_mrsr.phantoms.brain.space import REACH, Axes, Space
from napari_mrsr.phantoms.brain.tissues import NUMBER, materials
from napari_mrsr.phantoms.lattice import RandomField
from napari_mrsr.phantoms.shapes import Array, without

Vector = tuple[float, float, float]

#: Grid of a whole head at 1 mm.
SHAPE = (192, 224, 192)
#: Where the middle of the grid lies in the head, mm.
CENTRE = (0.0, -10.0, -2.0)
#: Voxels are cut into smaller ones until these are at most so wide, mm.
FINEST = 2.0
#: Voxels of a slab worked on at once; bounds the memory.
SLAB_VOXELS = 700_000
#: Thickness of the cortex of the cerebellum, mm.
CEREBELLAR_CORTEX = 1.9


def brain(
    seed: int = 0,
    *,
    spacing: float | Vector = 1.0,
    shape: tuple[int, int, int] | None = None,
    centre: Vector = CENTRE,
    lesions: lesions.Lesions | None = None,
    field: float = 3.0,
) -> BrainPhantom:
    """Return the head of a seed.

    Parameters
    ----------
    seed
        Draws the person, its tissues and its lesions. Below 1000: tests, samples and results; from 1000: training.
    spacing
        Voxels, mm.
    shape
        Matrix; by default the whole head (192 x 224 x 192 mm).
    centre
        Where the middle of the grid lies, RAS mm.
    lesions
        ``"none"``, ``"plaques"``, ``"infarct"`` or ``"tumour"`` instead of what the seed draws (half have none).
    field
        Field strength, T: T1 and T2 depend on it.

    Returns
    -------
    BrainPhantom
        Shares of tissues, maps, and weighted images on demand.

    Raises
    ------
    BadParameter
        The grid, the field or the lesions are impossible.

    Examples
    --------
    >>> phantom = brain(3, spacing=8, lesions="none")
    >>> phantom.labels.shape, phantom.labels.spacing
    ((24, 28, 24), (8.0, 8.0, 8.0))
    """
    steps = (float(spacing),) * 3 if isinstance(spacing, int | float) else spacing
    if min(steps) <= 0:
        raise BadParameter(f"voxels of {steps} mm cannot be made")
    if shape is None:
        shape = (round(SHAPE[0] / steps[0]), round(SHAPE[1] / steps[1]), round(SHAPE[2] / steps[2]))
    if min(shape) < 1:
        raise BadParameter(f"a grid of {shape} voxels is empty")
    if lesions is not None and lesions not in get_args(lesion_kinds):
        raise BadParameter(f"lesions {lesions!r} are not known", remedy=f"give one of {get_args(lesion_kinds)}")
    values = dict(materials(seed, field))
    axes = _positions(shape, steps, centre)
    if max(np.abs(axis).max() for axis in axes) > REACH - 10:
        raise BadParameter("the grid reaches farther than the head", remedy="give fewer or smaller voxels")
    painter = _Painter(seed, axes, steps, lesions)
    gathered, labels = Gathering(shape), np.zeros(shape, np.uint8)
    thick = max(1, SLAB_VOXELS // (shape[0] * shape[1] * int(np.prod(painter.sub))))
    for first in range(0, shape[2], thick):
        part = painter.slab(first, min(first + thick, shape[2]))
        most = np.full(part["air"].shape if "air" in part else labels[:, :, first : first + thick].shape, 0, np.float32)
        here = labels[:, :, first : first + thick]
        for name, share in part.items():
            won = share > most
            here[won] = NUMBER[name]
            np.maximum(most, share, out=most)
            if name != "air":
                gathered.add(name, share, first)
    told = {"seed": seed, "field": field, "lesions": [lesion.name for lesion in painter.lesions]}
    return BrainPhantom(
        gathered.shares(), label_scan(labels, axes, told, field), painter.person, values, axes, painter.lesions, field
    )


lesion_kinds = lesions.Lesions


class _Painter:
    """Paints slabs of one head."""

    def __init__(self, seed: int, axes: Axes, spacing: Vector, kind: lesions.Lesions | None):
        self.person = draw(seed)
        self.lesions = lesions.draw(seed, kind)
        self.sub = tuple(max(1, int(np.ceil(s / FINEST - 1e-6))) for s in spacing)
        self._fine: Axes = tuple(  # type: ignore[assignment]
            np.sort(((np.arange(n) + 0.5) / n - 0.5)[None] * s + np.sort(axis)[:, None], axis=None)
            for axis, n, s in zip(axes, self.sub, spacing, strict=True)
        )
        self._edges: Vector = tuple(s / n for s, n in zip(spacing, self.sub, strict=True))  # type: ignore[assignment]
        self._space = space = Space(self.person, self._fine)
        cerebrum.know(space)
        space.know("cerebellum", deep.cerebellum)
        space.know("stem", deep.stem)
        space.known["cerebellum"] = np.asarray(
            without(space.known["cerebellum"], space.known["hull"] - np.float32(1.5)), np.float32
        )
        head.know(space)
        space.known["wavy"] = RandomField.draw(seed, "wavy", 30.0, REACH).on(space.lattice)
        space.known["rough"] = RandomField.draw(seed, "rough", 5.0, REACH).on(space.lattice)

    def slab(self, first: int, last: int) -> dict[str, Array]:
        """Return shares of the slices from ``first`` to ``last`` in the order of the picture."""
        sub = self.sub[2]
        block = self._space.on((self._fine[0], self._fine[1], self._fine[2][first * sub : last * sub]))
        palette = Palette(block.shape, self._edges)
        person = self.person
        head.air(block, palette)
        pial = cerebrum.pial(block, person.sulcus)
        white = pial + np.float32(person.cortex) * (np.float32(1) + np.float32(0.1) * block["wavy"])
        deep.arteries(block, palette)
        deep.ventricles(block, palette, person)
        lesions.paint(block, palette, self.lesions, pial, white)
        deep.white(block, palette)
        deep.nuclei(block, palette)
        palette.paint("brainstem", block["stem"])
        folia = deep.folia(block)
        palette.paint("white matter", folia + np.float32(CEREBELLAR_CORTEX))
        palette.paint("cerebellar cortex", folia)
        palette.paint("white matter", white)
        palette.paint("grey matter", pial)
        head.fluid(block, palette)
        head.around(block, palette, person, block["wavy"])
        return {name: _mean(share, self.sub)[::-1, ::-1] for name, share in palette.parts.items()}


def _mean(fine: Array, sub: tuple[int, ...]) -> Array:
    """Return the mean of the parts of each voxel."""
    if max(sub) == 1:
        return fine
    a, b, c = sub
    i, j, k = (n // s for n, s in zip(fine.shape, sub, strict=True))
    return np.asarray(fine.reshape(i, a, j, b, k, c).mean(axis=(1, 3, 5)), np.float32)


def _positions(shape: tuple[int, int, int], spacing: Vector, centre: Vector) -> Axes:
    """Return the positions of the voxels along i, j, k: x and y falling, z rising, mm."""
    found: list[npt.NDArray[np.float64]] = [
        c + sign * (np.arange(n, dtype=np.float64) - (n - 1) / 2) * s
        for n, s, c, sign in zip(shape, spacing, centre, (-1, -1, 1), strict=True)
    ]
    return found[0], found[1], found[2]

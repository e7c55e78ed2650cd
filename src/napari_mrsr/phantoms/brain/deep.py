"""What lies deep: ventricles, nuclei, brainstem and cerebellum, arteries.

Positions are those of a stereotaxic atlas, mm: x to the side, y anterior, z superior of the anterior commissure.
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.phantoms.brain.cerebrum import callosum
from napari_mrsr.phantoms.brain.palette import Palette
from napari_mrsr.phantoms.brain.person import Person
from napari_mrsr.phantoms.brain.space import Block
from napari_mrsr.phantoms.shapes import Array, Points, ellipsoid, tube, union

#: Nuclei of one side: tissue, centre and radii.
NUCLEI = (
    ("pallidum", (19.0, -4.0, -1.0), (5.0, 8.5, 6.0)),
    ("putamen", (25.5, 1.0, 1.0), (6.0, 16.0, 10.5)),
    ("caudate", (13.5, 15.0, 6.0), (5.5, 10.0, 9.0)),
    ("thalamus", (11.5, -18.0, 7.0), (9.0, 14.5, 9.5)),
    ("grey matter", (24.0, -5.0, -20.0), (7.0, 7.0, 7.0)),
    ("red and dentate nuclei", (5.0, -20.0, -9.0), (2.8, 3.2, 4.0)),
    ("red and dentate nuclei", (10.5, -15.0, -11.0), (5.0, 2.2, 3.5)),
    ("red and dentate nuclei", (15.0, -57.0, -36.0), (6.0, 7.0, 4.5)),
)  # fmt: skip
#: Tail of the caudate, hippocampus.
TAIL = ((14.0, 12.0, 12.0), (16.5, -5.0, 20.0), (20.0, -20.0, 22.5), (27.0, -33.0, 15.0))
HIPPOCAMPUS = ((25.0, -9.0, -21.0), (29.0, -20.0, -16.0), (28.0, -31.0, -8.0), (20.0, -38.0, 0.0))
#: Lateral ventricle: frontal horn to occipital horn, and the temporal horn; radii of each knot.
HORN = ((6.0, 30.0, 4.0), (8.0, 20.0, 10.0), (9.0, 2.0, 18.0), (12.0, -18.0, 22.0), (18.0, -34.0, 19.0),
        (25.0, -45.0, 11.0), (26.0, -60.0, 7.0), (24.0, -72.0, 5.0))  # fmt: skip
HORN_RADII = (2.0, 3.8, 4.2, 4.2, 4.8, 5.6, 2.8, 1.0)
TEMPORAL_HORN = ((25.0, -44.0, 9.0), (32.0, -36.0, -2.0), (34.0, -24.0, -12.0), (31.0, -12.0, -19.0))
TEMPORAL_RADII = (4.6, 2.4, 1.7, 1.3)
#: Brainstem from the midbrain to the cord.
STEM = ((0.0, -20.0, -4.0), (0.0, -25.0, -13.0), (0.0, -27.0, -30.0), (0.0, -36.0, -50.0), (0.0, -42.0, -75.0),
        (0.0, -44.0, -140.0))  # fmt: skip
STEM_RADII = (13.0, 13.5, 14.5, 8.5, 6.5, 6.0)
#: Arteries at the base, one side: carotid and middle cerebral artery; and basilar.
CAROTID = ((17.0, 0.0, -70.0), (16.0, -5.0, -45.0), (11.0, 3.0, -26.0), (11.0, 8.0, -14.0))
MIDDLE = ((11.0, 8.0, -14.0), (22.0, 8.0, -12.0), (34.0, 6.0, -8.0), (37.0, -4.0, 2.0))
BASILAR = ((0.0, -9.0, -18.0), (0.5, -9.5, -30.0), (1.0, -18.0, -48.0), (6.0, -26.0, -62.0))


def cerebellum(p: Points) -> Array:
    """Return the hull of the cerebellum."""
    x, y, z = p
    halves = ellipsoid((np.abs(x), y, z), (23, -64, -37), (28, 26, 21))
    vermis = ellipsoid((x, y, z), (0, -64, -30), (15, 25, 21))
    return union(halves, vermis, 9.0)


def stem(p: Points) -> Array:
    """Return the brainstem and the cord."""
    return tube(p, STEM, STEM_RADII)


def folia(block: Block) -> Array:
    """Return the distance to the surface of the cerebellum, whose folia fan out from the fourth ventricle."""
    y, z, hull = block["y"], block["z"], block["cerebellum"]
    back, up = np.float32(-46) - y, z + np.float32(36)
    reach = np.hypot(back, up) + np.float32(1)
    turns = np.arctan2(up, back) * np.float32(15 / np.pi) + np.float32(0.35) * block["depth"]
    sheet = np.abs(turns - np.round(turns)) * reach * np.float32(np.pi / 15) - np.float32(0.35)
    return np.asarray(np.maximum(hull, -np.maximum(sheet, -hull - np.float32(9))))


def ventricles(block: Block, palette: Palette, person: Person) -> None:
    """Paint the ventricles."""
    wide = person.ventricles
    for side in (1, -1):
        for knots, radii in ((HORN, HORN_RADII), (TEMPORAL_HORN, TEMPORAL_RADII)):
            line = np.array(knots)
            reach = np.array(radii).max() * wide + 1
            low, high = line.min(axis=0) - reach, line.max(axis=0) + reach
            box = block.box(*_mirrored(low, high, side))
            if box is None:
                continue
            x, y, z = block.at(box)
            distance = tube((np.float32(side) * x, y, z), line, [r * wide for r in radii])
            # Between the frontal horns the septum stands.
            palette.paint("CSF", np.maximum(distance, np.float32(0.8) - side * x), box)
    third = ((0.0, -12.0, 0.0), (1.6 * wide, 13.0, 10.0))
    fourth = ((0.0, -44.0, -33.0), (5.5 * wide, 4.5, 10.0))
    for centre, half in (third, fourth):
        box = block.box(np.array(centre) - half, np.array(centre) + half)
        if box is not None:
            palette.paint("CSF", ellipsoid(block.at(box), centre, half), box)
    aqueduct = ((0.0, -24.0, -3.0), (0.0, -32.0, -14.0), (0.0, -40.0, -26.0))
    _cord("CSF", block, palette, aqueduct, 1.0)


def nuclei(block: Block, palette: Palette) -> None:
    """Paint the deep grey matter."""
    for side in (1, -1):
        for name, centre, radii in NUCLEI:
            box = block.box(*_mirrored(np.array(centre) - radii, np.array(centre) + radii, side))
            if box is None:
                continue
            x, y, z = block.at(box)
            palette.paint(name, ellipsoid((np.float32(side) * x, y, z), centre, radii), box)
        _cord("caudate", block, palette, TAIL, (4.0, 3.0, 2.4, 1.6), side)
        _cord("grey matter", block, palette, HIPPOCAMPUS, (5.0, 5.0, 4.0, 2.5), side)


def white(block: Block, palette: Palette) -> None:
    """Paint the corpus callosum."""
    box = block.box((-18, -46, -6), (18, 36, 30))
    if box is not None:
        palette.paint("white matter", callosum(block.at(box)), box)


def arteries(block: Block, palette: Palette) -> None:
    """Paint the larger arteries at the base."""
    for side in (1, -1):
        _cord("vessels", block, palette, CAROTID, (2.6, 2.6, 2.4, 2.0), side)
        _cord("vessels", block, palette, MIDDLE, (1.8, 1.5, 1.3, 1.0), side)
    _cord("vessels", block, palette, BASILAR, (1.7, 1.8, 1.8, 1.6))


def _cord(
    name: str,
    block: Block,
    palette: Palette,
    knots: tuple[tuple[float, float, float], ...],
    radii: float | tuple[float, ...],
    side: int = 1,
) -> None:
    line, thick = np.array(knots), np.max(radii) + 1
    box = block.box(*_mirrored(line.min(axis=0) - thick, line.max(axis=0) + thick, side))
    if box is not None:
        x, y, z = block.at(box)
        palette.paint(name, tube((np.float32(side) * x, y, z), line, radii), box)


def _mirrored(low: np.ndarray, high: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a box on the given side."""
    if side > 0:
        return low, high
    return np.array([-high[0], low[1], low[2]]), np.array([-low[0], high[1], high[2]])

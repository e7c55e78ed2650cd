"""The bodies of a knee in the order in which they are laid: what comes first wins where two overlap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.compose import Canvas
from napari_mrsr.phantoms.lattice import Array
from napari_mrsr.phantoms.settings import LABEL_OF, Settings
from napari_mrsr.phantoms.shapes import strap


def paint(canvas: Canvas, settings: Settings, lines: dict[str, npt.NDArray[np.float64]], scale: float) -> None:
    """Lay all bodies of a knee, from the top."""
    slab = canvas.slab
    skin = slab.at("skin", slab.whole)
    canvas.air(1 - slab.inside(skin))
    slab.left[:] = slab.inside(skin)
    _bones(canvas)
    _cartilage(canvas, settings)
    _menisci(canvas)
    for name, label, tissue in (
        ("acl", "anterior cruciate ligament", "ligament"),
        ("pcl", "posterior cruciate ligament", "ligament"),
        ("patellar", "patellar tendon", "tendon"),
        ("quadriceps", "quadriceps tendon", "tendon"),
        ("artery", "popliteal vessels", "blood"),
        ("vein", "popliteal vessels", "blood"),
        ("nerve", "tibial nerve", "nerve"),
    ):
        box = slab.near(slab.coarse[name], 1.5)
        if box is not None:
            canvas.lay(label, tissue, box, slab.inside(slab.at(name, box)))
    _collaterals(canvas, lines, scale)
    _fluid(canvas)
    _around(canvas, skin)


def _bones(canvas: Canvas) -> None:
    slab = canvas.slab
    for name in ("femur", "tibia", "fibula", "patella"):
        box = slab.near(slab.coarse[name], 1.5)
        if box is None:
            continue
        distance = slab.at(name, box)
        z = slab.points(box)[2]
        # Cortex: a thin subchondral plate, thick along the shafts.
        if name == "femur":
            cortex = 0.8 + 2.6 * np.clip((z - 46) / 30, 0, 1)
        elif name == "tibia":
            cortex = 0.8 + 2.6 * np.clip((-28 - z) / 30, 0, 1)
        else:
            cortex = np.full_like(z, 1.0)
        marrow = slab.inside(distance + cortex.astype(np.float32))
        whole = slab.inside(distance)
        left = slab.left[box].copy()
        canvas.lay(name, "marrow", box, marrow)
        # What is laid next is a part of what is left, but the cortex is a part of the whole bone.
        slab.left[box] = left * (1 - marrow)
        canvas.lay(
            name, "cortex", box, np.divide(whole - marrow, 1 - marrow, out=np.zeros_like(whole), where=marrow < 1)
        )


def _cartilage(canvas: Canvas, settings: Settings) -> None:
    slab, layers = canvas.slab, settings.layers
    for bone, kind in (("femur", "femoral"), ("tibia", "tibial"), ("patella", "patellar")):
        thick = slab.coarse[f"{kind} thickness"]
        box = slab.near(np.where(thick > 0, slab.coarse[bone] - thick, 99.0), 1.5)
        if box is None:
            continue
        depth = slab.at(bone, box)
        thickness = np.maximum(slab.at(f"{kind} thickness", box), 0)
        present = np.clip(thickness / np.float32(0.5), 0, 1)
        fraction = slab.inside(depth - thickness) * present
        relative = slab.mean(np.clip(depth / np.maximum(thickness, np.float32(0.2)), 0, 1))
        rise = 1 / (1 + np.exp(-(relative - np.float32(layers["border"])) / np.float32(layers["width"] / 4)))
        factor = np.float32(layers["deep"]) + np.float32(layers["superficial"] - layers["deep"]) * rise
        layer = np.where(relative < layers["border"], np.uint8(1), np.uint8(2))
        label: str | Array = "patellar cartilage"
        if kind != "patellar":
            side = slab.mean(slab.at(f"{kind} side", box))
            first = LABEL_OF[f"medial {kind} cartilage"]
            label = np.where(side < 0, np.uint8(first), np.uint8(first + 1))
        if kind == "femoral":
            factor = factor * (1 + np.float32(canvas.materials.wound_t2 - 1) * slab.mean(slab.at("wound", box)))
        canvas.lay(label, "cartilage", box, fraction, t2_factor=factor, layer=layer)


def _menisci(canvas: Canvas) -> None:
    slab = canvas.slab
    for side in ("medial", "lateral"):
        box = slab.near(slab.coarse[f"{side} meniscus"], 1.0)
        if box is None:
            continue
        above = slab.at("femur", box) - np.maximum(slab.at("femoral thickness", box), 0)
        below = slab.at("tibia", box) - np.maximum(slab.at("tibial thickness", box), 0)
        band = slab.at(f"{side} meniscus", box)
        # The wedge is what the round condyle and the flat plateau leave between them.
        distance = np.maximum(np.maximum(band, np.float32(0.25) - above), np.float32(0.2) - below)
        fraction = slab.inside(distance)
        if "tear" in slab.coarse and canvas.materials.subject.torn == side:
            canvas.lay("joint fluid", "fluid", box, fraction * slab.inside(slab.at("tear", box)))
        canvas.lay(f"{side} meniscus", "meniscus", box, fraction)


def _collaterals(canvas: Canvas, lines: dict[str, npt.NDArray[np.float64]], scale: float) -> None:
    slab = canvas.slab
    for name, label, thickness, width in (
        ("mcl", "medial collateral ligament", 1.1, 10.0),
        ("lcl", "lateral collateral ligament", 1.4, 4.5),
    ):
        line = lines[name]
        low, high = line.min(axis=0) - width, line.max(axis=0) + width
        order = (1, 2, 0)
        box = []
        for axis, c in enumerate(order):
            inside = np.flatnonzero((slab.fine[axis] >= low[c]) & (slab.fine[axis] <= high[c]))
            if not len(inside):
                break
            start, stop = int(inside[0]), int(inside[-1]) + 1
            if axis == 2:
                start, stop = start // slab.sub * slab.sub, -(-stop // slab.sub) * slab.sub
            box.append(slice(start, stop))
        if len(box) == 3:
            where = (box[0], box[1], box[2])
            canvas.lay(
                label,
                "collateral",
                where,
                slab.inside(strap(slab.points(where), line, thickness * scale, width * scale)),
            )


def _fluid(canvas: Canvas) -> None:
    slab = canvas.slab
    coarse = slab.coarse
    closest = coarse["pouch"] - 2
    for bone, kind in (("femur", "femoral"), ("tibia", "tibial"), ("patella", "patellar")):
        closest = np.minimum(
            closest, np.where(coarse[f"{kind} cover"] > -2, coarse[bone] - coarse[f"{kind} thickness"] - 2, 99)
        )
    # Synovium reaches 4.2 mm from the surface, and a ramp beyond.
    box = slab.near(closest, 3.5)
    if box is None:
        return
    film = slab.at("film", box)
    nearest = None
    gap = None
    for bone, kind in (("femur", "femoral"), ("tibia", "tibial"), ("patella", "patellar")):
        surface = slab.at(bone, box) - np.maximum(slab.at(f"{kind} thickness", box), 0)
        off = np.maximum(np.float32(0.3) - slab.at(f"{kind} cover", box), 0)
        distance = surface + np.float32(0.8) * off
        if kind == "femoral":
            gap, reach = distance, distance
        else:
            assert gap is not None
            # Between two cartilages that face each other the narrow gap holds fluid.
            facing = np.maximum(gap + distance - np.float32(1.8), np.maximum(gap, distance) - np.float32(1.8))
            nearest = facing if nearest is None else np.minimum(nearest, facing)
            reach = np.minimum(reach, distance)
    assert nearest is not None
    distance = np.minimum(np.minimum(reach - film, nearest), slab.at("pouch", box))
    canvas.lay("joint fluid", "fluid", box, slab.inside(distance))
    canvas.lay(
        "synovium",
        "synovium",
        box,
        np.float32(0.8) * slab.inside(np.minimum(reach, slab.at("pouch", box)) - slab.at("capsule", box)),
    )


def _around(canvas: Canvas, skin: Array) -> None:
    slab = canvas.slab
    whole = slab.whole
    fascia = slab.at("fascia", whole)
    canvas.lay("skin", "skin", whole, 1 - slab.inside(skin + np.float32(1.5)))
    box = slab.near(slab.coarse["muscle"], 1.5)
    if box is not None:
        canvas.lay("muscle", "muscle", box, slab.inside(slab.at("muscle", box)))
    canvas.lay("fascia", "fascia", whole, slab.inside(np.abs(fascia) - np.float32(0.35)))
    box = slab.near(slab.coarse["fat pad"], 1.5)
    if box is not None:
        canvas.lay("infrapatellar fat pad", "fat", box, slab.inside(slab.at("fat pad", box)))
    canvas.lay("subcutaneous fat", "fat", whole, 1 - slab.inside(fascia))
    canvas.lay("intermuscular fat", "fat", whole, np.ones(slab.shape, dtype=np.float32))

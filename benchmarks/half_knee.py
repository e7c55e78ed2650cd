"""The public half knee as a subject of the studies, its lateral femoral cartilage painted by the strokes that are kept.

`docs/strokes_half_knee.json` holds four strokes of the smart brush, drawn by eye, three slices apart; the slices between
them are filled in by the picture. It is a region to compare T2 in, not a reference segmentation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.app.frame import frame_of
from napari_mrsr.files import read_scan
from napari_mrsr.roi import brush
from napari_mrsr.roi.between import interpolate
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Cohort, Entry, Subject

STROKES = Path(__file__).resolve().parents[1] / "docs" / "strokes_half_knee.json"
REGION = "lateral femoral cartilage"
#: Steps of the hand along a stroke, and tissue that the filling in looks at around the strokes, mm.
STEP, AROUND = 0.5, 10.0


def cohort(data: Path) -> Cohort:
    """Return a cohort of one, its cartilage painted."""

    def load() -> Subject:
        scan = read_scan(data / "knee" / "qdess_lateral")
        return Subject("half knee", scan, painted(scan), {1: REGION})

    return Cohort("one real half knee", (Entry("half knee", load),), {"layout": "plain", "strokes": STROKES.name})


def painted(scan: Scan) -> np.ndarray:
    """Return 1 in the region that the strokes give, else 0, on the grid of the scan."""
    kept = json.loads(STROKES.read_text())
    frame = frame_of(scan)
    echoes = np.ascontiguousarray(frame.to_screen(scan.array)).astype(np.float32)
    mask = np.zeros(echoes.shape[1:], bool)
    for stroke in kept["strokes"]:
        index = round((stroke["slice_mm"] - frame.translate[0]) / frame.scale[0])
        _follow(mask[index], echoes[0, index], np.array(stroke["points_mm"], float), frame, kept["brush_mm"])
    keys = np.flatnonzero(mask.any(axis=(1, 2))).tolist()
    margin = [round(AROUND / s) for s in frame.scale[1:]]
    held = [np.flatnonzero(mask.any(axis=axes)) for axes in ((0, 2), (0, 1))]
    box = [slice(max(0, int(h[0]) - m), int(h[-1]) + m + 1) for h, m in zip(held, margin, strict=True)]
    where = (slice(keys[0], keys[-1] + 1), *box)
    local = [k - keys[0] for k in keys]
    mask[where] = interpolate(mask[where], local, frame.scale, guide=echoes[(slice(None), *where)])
    return np.ascontiguousarray(frame.to_voxels(mask)).astype(np.uint8)


def _follow(mask: np.ndarray, image: np.ndarray, points: np.ndarray, frame: Any, brush_mm: float) -> None:
    """Paint along a stroke, as the smart brush does."""
    pixel = (float(frame.scale[1]), float(frame.scale[2]))
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.linspace(0.0, way[-1], int(np.ceil(way[-1] / STEP)) + 1)
    learned = None
    for row, column in zip(np.interp(at, way, points[:, 0]), np.interp(at, way, points[:, 1]), strict=True):
        centre = (round((row - frame.translate[1]) / pixel[0]), round((column - frame.translate[2]) / pixel[1]))
        disc = brush.disc((image.shape[0], image.shape[1]), centre, round(brush_mm / min(pixel)), pixel)
        if disc is None:
            continue
        learned = brush.learn_range(image, disc, learned)
        mask[disc.box] |= brush.by_range(image, disc, learned)

"""Where painted labels lie: in the grid that they were made on, or where a person has moved them to on the screen.

A labels layer of this plugin remembers its scan, and its voxels are that scan's. napari lets a person move, scale or
turn a layer; then what is seen and what would be measured part. Moved and scaled labels are measured where they are
seen, and the table says so; turned ones are refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app import layers
from napari_mrsr.app.frame import LABELS, frame_of
from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View

#: A move of less than this is rounding, mm.
TOLERANCE = 1e-3


def placed_labels(view: View, layer: Labels) -> Scan:
    """Return painted labels as a scan that lies where they are seen; ``warnings`` say if they were moved.

    Parameters
    ----------
    view
        The viewer's view.
    layer
        Labels, 3-D.

    Raises
    ------
    GeometryMismatch
        The layer is turned or sheared on the screen, is not 3-D, or no longer has the voxels of its scan.
    """
    if not _is_straight(layer):
        raise GeometryMismatch(
            f'layer "{layer.name}" is turned on the screen, so what is seen is not what would be measured',
            remedy="reset its transform, or make a new ROI",
        )
    scan = layers.scan_of(layer, view.frame)
    scan = replace(scan, array=np.asarray(scan.array), axis="label", quantity="label", unit="", warnings=())
    known = layer.metadata.get("mrsr_scan")
    if not isinstance(known, Scan):
        return scan
    plane = next((p for p, label in LABELS.items() if label == layer.axis_labels[-3]), None)
    own = frame_of(known, plane)
    scale, translate = np.asarray(layer.scale[-3:]), np.asarray(layer.translate[-3:])
    moved = translate - own.translate
    stretched = np.abs(scale / own.scale - 1).max() * max(layer.data.shape) * max(own.scale)
    if np.abs(moved).max() <= TOLERANCE and stretched <= TOLERANCE:
        return scan
    # the array goes back to the screen's order, whose affine follows from where napari shows it
    array = own.to_screen(scan.array[0])
    said = ", ".join(f"{mm:+.1f} mm {axis}" for mm, axis in zip(moved, own.labels, strict=True) if abs(mm) > TOLERANCE)
    note = f'"{layer.name}" was moved on the screen ({said or "scaled"}) and is measured where it is seen'
    return replace(scan, array=array[None], affine=own.affine(scale, translate), slice_axis=None, warnings=(note,))


def _is_straight(layer: Any) -> bool:
    """Tell whether a layer is only moved and scaled, without rotation, shear or an affine of its own."""
    turned = layer.affine.affine_matrix
    return (
        np.allclose(turned, np.eye(turned.shape[0]), atol=1e-6)
        and np.allclose(layer.rotate, np.eye(len(layer.rotate)), atol=1e-6)
        and np.allclose(layer.shear, 0.0, atol=1e-6)
    )

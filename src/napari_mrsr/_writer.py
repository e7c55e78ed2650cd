"""napari's writers: layers become NIfTI in their native voxel order, with the true affine and a sidecar."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.scan import Scan, stack


def write_image(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write one image layer."""
    from napari_mrsr.files import write_nifti

    return [str(write_nifti(_scan(data, attributes), path))]


def write_labels(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write one labels layer as whole numbers."""
    from napari_mrsr import files

    return [str(files.write_labels(_scan(data, attributes), path))]


def write_images(path: str, layer_data: list[tuple[Any, dict[str, Any], str]]) -> list[str]:
    """Write several image layers of one grid as one 4-D file, in the order of the layers."""
    from napari_mrsr.files import write_nifti

    scans = [_scan(data, attributes) for data, attributes, _kind in layer_data]
    if not all(scans[0].same_grid(scan) for scan in scans[1:]):
        raise GeometryMismatch("the layers lie on different grids", remedy="save them one by one")
    return [str(write_nifti(stack(scans, axis=scans[0].axis), path))]


def _scan(data: Any, attributes: dict[str, Any]) -> Scan:
    """Return a layer's data in the voxel order of the scan that it shows."""
    from napari_mrsr.app.layers import placed

    array = np.asarray(data)
    metadata = attributes.get("metadata", {})
    if not isinstance(metadata.get("mrsr_scan"), Scan):
        raise BadParameter(
            f'layer "{attributes.get("name", "")}" is not of this plugin, so its place in the patient is not known',
            remedy="save it with napari's own writer",
        )
    return placed(array, metadata, tuple(attributes["axis_labels"]), str(attributes.get("name", "layer")))

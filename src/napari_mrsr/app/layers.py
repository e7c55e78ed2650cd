"""Scans become layers, and layers become scans.

A layer's data is a view of the scan's array (:mod:`.frame`): nothing is copied, and what the engine writes into the
array is seen after a refresh. Every layer carries ``units="mm"``, axis labels, and in ``layer.metadata["mrsr"]`` what
it is: role, quantity, unit, the true affine, and how it came to be. ``layer.metadata["mrsr_scan"]`` is the scan itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_mrsr import __version__
from napari_mrsr.app import display
from napari_mrsr.app.dynamic.timing import time_axis
from napari_mrsr.app.frame import LABELS, Frame, frame_of
from napari_mrsr.errors import GeometryMismatch
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Layer

Role = Literal[
    "acquired", "thick", "undersampled", "reference", "sr", "t2", "t2_sigma", "difference", "ssim", "trust", "reason",
    "combined", "roi", "regions", "thickness", "fluid_suppressed", "oblique", "planning",
    "brain_map", "brain_reason", "brain_uncertainty", "synthesised", "synthesis_difference", "registered",
]  # fmt: skip
LayerData = tuple[Any, dict[str, Any], str]

UNITS = ("mm", "mm", "mm")

#: With more volumes than this a scan is shown as one layer with a slider, not as a layer per volume.
LAYERS_AT_MOST = 12


def metadata(scan: Scan, role: Role, **more: Any) -> dict[str, Any]:
    """Return what a layer says about itself: JSON-able under ``"mrsr"``, the scan under ``"mrsr_scan"``."""
    from napari_mrsr.files import provenance

    about = {
        "role": role,
        "quantity": scan.quantity,
        "unit": scan.unit,
        "affine_ras": scan.affine.tolist(),
        "shape": list(scan.shape),
        "plugin": f"napari-mrsr {__version__}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "status": "measured" if role in ("acquired", "reference", "planning") else "derived, research use",
        "provenance": provenance(scan),
        **more,
    }
    return {"mrsr": about, "mrsr_scan": scan}


def _place(frame: Frame) -> dict[str, Any]:
    return {"scale": frame.scale, "translate": frame.translate, "units": UNITS, "axis_labels": frame.labels}


def magnitude_layers(
    scan: Scan,
    *,
    role: Role = "acquired",
    names: Iterable[str] | None = None,
    frame: Frame | None = None,
    windows: Iterable[tuple[float, float]] | None = None,
    **more: Any,
) -> list[LayerData]:
    """Return one image layer per volume (or one with a slider for a time series), the first one visible.

    Parameters
    ----------
    scan
        The scan.
    role
        What the layers are.
    names
        Layer names; the volumes' own with "(acquired)" where not given.
    frame
        Where to show them (default: the scan's own frame).
    windows
        Black and white point per volume; percentiles of this scan where not given.
    more
        Further entries of the metadata.
    """
    frame = frame or frame_of(scan)
    if has_slider(scan):
        title = next(iter(names), None) if names is not None else None
        limit = next(iter(windows), None) if windows is not None else None
        return [series_layer(scan, title, role=role, frame=frame, window=limit, **more)]
    about = metadata(scan, role, **more)
    titles = list(names) if names is not None else [display.acquired(n) for n in scan.names]
    limits = list(windows) if windows is not None else [display.window(v) for v in scan.array]
    made = []
    for n, (title, window) in enumerate(zip(titles, limits, strict=True)):
        settings = {
            "name": title,
            "colormap": "gray",
            "contrast_limits": window,
            "visible": n == 0,
            "blending": "translucent",
            "metadata": {**about, "mrsr": {**about["mrsr"], "volume": n, "volume_name": scan.names[n]}},
            **_place(frame),
        }
        made.append((frame.to_screen(scan.array[n]), settings, "image"))
    return made


def has_slider(scan: Scan) -> bool:
    """Tell whether a scan is one layer with a slider: frames over time, or more volumes than a list has room for."""
    return (scan.axis == "time" and scan.volumes > 1) or scan.volumes > LAYERS_AT_MOST


def titles_of(scan: Scan) -> tuple[str, ...]:
    """Return what the layers of a scan are called before the parenthesis: its volumes, or the series they are."""
    return (display.series(scan.axis),) if has_slider(scan) else scan.names


def series_layer(
    scan: Scan,
    name: str | None = None,
    *,
    role: Role = "acquired",
    frame: Frame | None = None,
    window: tuple[float, float] | None = None,
    **more: Any,
) -> LayerData:
    """Return one 4-D layer, volumes first; over time its slider counts seconds, where the header says when."""
    frame = frame or frame_of(scan)
    axis, title = time_axis(scan), display.series(scan.axis)
    settings = {
        "name": display.acquired(title) if name is None else name,
        "colormap": display.colormap("gray") if role == "ssim" else "gray",
        "contrast_limits": display.window(scan.array) if window is None else window,
        "blending": "translucent",
        "scale": (axis.scale, *frame.scale),
        "translate": (axis.translate, *frame.translate),
        "axis_labels": (scan.axis, *frame.labels),
        "units": (axis.unit, *UNITS),
        "metadata": metadata(scan, role, volume_name=title, **more),
    }
    return frame.to_screen(scan.array), settings, "image"


def map_layer(
    scan: Scan,
    name: str,
    *,
    role: Role,
    colormap: str,
    limits: tuple[float, float],
    frame: Frame | None = None,
    **more: Any,
) -> LayerData:
    """Return the image layer of a map (T2, difference, SSIM): coloured, NaN transparent."""
    frame = frame or frame_of(scan)
    settings = {
        "name": name,
        "colormap": display.colormap(colormap),
        "contrast_limits": limits,
        "blending": "translucent",
        "interpolation2d": "nearest",
        "metadata": metadata(scan, role, **more),
        **_place(frame),
    }
    return frame.to_screen(scan.array[0]), settings, "image"


def labels_layer(scan: Scan, name: str, *, frame: Frame | None = None, opacity: float = 0.5) -> LayerData:
    """Return the labels layer of a label scan."""
    frame = frame or frame_of(scan)
    settings = {
        "name": name,
        "opacity": opacity,
        "colormap": display.region_colours(),
        "metadata": metadata(scan, "roi"),
        **_place(frame),
    }
    return frame.to_screen(scan.array[0]), settings, "labels"


def reason_layer(scan: Scan, name: str, texts: Mapping[int, str], *, frame: Frame | None = None) -> LayerData:
    """Return the labels layer that says, under the mouse, why a voxel of a map has no value or one to doubt.

    Parameters
    ----------
    scan
        One volume of codes; 0 means that nothing is wrong and stays transparent.
    name
        Name of the layer.
    texts
        What each code means.
    frame
        Where to show it (default: the scan's own frame).
    """
    import pandas as pd

    frame = frame or frame_of(scan)
    settings = {
        "name": name,
        "opacity": 0.5,
        "features": pd.DataFrame({"index": list(texts), "reason": list(texts.values())}),
        "metadata": metadata(scan, "reason"),
        **_place(frame),
    }
    return frame.to_screen(scan.array[0]), settings, "labels"


def scan_of(layer: Layer, frame: Frame | None = None) -> Scan:
    """Return what a layer shows as a scan; a layer of this plugin in its native voxel order.

    Parameters
    ----------
    layer
        An image or labels layer, 3-D.
    frame
        The frame of the viewer, for layers that this plugin did not make: their scale and translate are read in it.

    Raises
    ------
    GeometryMismatch
        The layer is not 3-D, or nothing tells where it lies in the patient.
    """
    data = np.asarray(layer.data)
    if data.ndim == 3 and isinstance(layer.metadata.get("mrsr_scan"), Scan):
        return placed(data, layer.metadata, tuple(layer.axis_labels), layer.name)
    if data.ndim != 3 or frame is None:
        raise GeometryMismatch(
            f'layer "{layer.name}" cannot be placed in the patient',
            remedy="make the ROI with the New ROI button, or open a scan in the Study dock first",
        )
    affine = frame.affine(layer.scale[-3:], layer.translate[-3:])
    return Scan(data, affine, axis="label", names=(layer.name,), quantity="label", unit="")


def placed(data: np.ndarray, metadata: dict[str, Any], labels: tuple[str, ...], name: str) -> Scan:
    """Return the data of a layer of this plugin as a scan in native voxel order.

    Raises
    ------
    GeometryMismatch
        The data no longer have the size of the scan that the layer was made from.
    """
    known: Scan = metadata["mrsr_scan"]
    plane = next((p for p, label in LABELS.items() if label == labels[-3]), None)
    own = frame_of(known, plane)
    if data.shape[-3:] != own.to_screen(known.array[0]).shape:
        raise GeometryMismatch(
            f'layer "{name}" has {"x".join(map(str, data.shape))} voxels, not those of its scan',
            remedy="save it before resampling it",
        )
    about = metadata.get("mrsr", {})
    array = own.to_voxels(data)
    if array.ndim == 4:
        return known.after("shown in napari", array)
    volume = int(about.get("volume", 0))
    base = known.volume(volume) if volume < known.volumes else known
    return base.after("shown in napari", array[None], names=(about.get("volume_name", name),))

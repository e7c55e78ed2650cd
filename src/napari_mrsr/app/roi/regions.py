"""Painted regions of a viewer: making the labels layer, naming it, and measuring it while it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app import layers
from napari_mrsr.app.frame import frame_of
from napari_mrsr.app.roi.measured import Measurement, measuring_of
from napari_mrsr.errors import MissingParameter
from napari_mrsr.scan import Scan
from napari_mrsr.trust.anatomy import anatomy_of

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View

#: What the labels of a new ROI stand for; a person can write other names over them.
REGIONS = {
    1: "medial femoral cartilage",
    2: "lateral femoral cartilage",
    3: "medial tibial cartilage",
    4: "lateral tibial cartilage",
    5: "patellar cartilage",
    6: "trochlear cartilage",
}

NAME = "ROI cartilage"

#: Those of a brain, whose maps are painted on.
BRAIN_REGIONS = {
    1: "white matter",
    2: "cortex",
    3: "deep grey matter",
    4: "lesion",
    5: "fluid",
    6: "other",
}
BRAIN_NAME = "ROI brain"


def is_roi(layer: Any) -> bool:
    """Tell whether a layer holds labels that can be measured: not the reasons beside a map, nor sub-regions."""
    made_as = layer.metadata.get("mrsr", {}).get("role")
    return type(layer).__name__ == "Labels" and layer.ndim == 3 and made_as not in ("reason", "brain_reason", "regions")


def new_roi(view: View, *, truth: Scan | None = None, name: str | None = None) -> Labels:
    """Add an empty labels layer on the finest grid (the super-resolved one, if there is one), ready for the brush.

    Where the open scan is a brain its regions are called by tissues.

    Raises
    ------
    MissingParameter
        No scan is open.
    """
    session = view.session
    mapped = view.brain_maps.measured()
    like = session.result.scan if session.result is not None else mapped.get("T1", session.scan)
    if like is None:
        raise MissingParameter("no scan is open", remedy="open one in the Study dock first")
    brain = truth is None and is_brain(view)
    name = name or (BRAIN_NAME if brain else NAME)
    if truth is None:
        array = np.zeros((1, *like.shape), dtype=np.uint8)
        scan = like.after("new ROI", array, axis="label", names=(name,), quantity="label", unit="")
    else:
        scan = truth
    title, n = name, 2
    while view.layer(title) is not None:
        title, n = f"{name} {n}", n + 1
    frame = frame_of(scan, None if view.frame is None else view.frame.plane)
    layer = view.put(layers.labels_layer(scan, title, frame=frame))
    layer.brush_size = 6
    layer.selected_label = 1
    name_regions(layer, BRAIN_REGIONS if brain else REGIONS)
    if truth is None:
        layer.mode = "paint"
    view.viewer.layers.selection.active = layer
    return layer


def is_brain(view: View) -> bool:
    """Tell whether what is open is a brain: it was mapped as one, or header or names say so."""
    scan = view.session.scan
    return bool(view.brain_maps.measured()) or (scan is not None and anatomy_of(scan) == "brain")


def truth_roi(view: View) -> Labels:
    """Add the cartilage that the sample was simulated with as an ROI, one label per region.

    Raises
    ------
    MissingParameter
        The open scan is no simulation.
    """
    from napari_mrsr.phantoms import LABELS

    phantom = view.session.truth
    if phantom is None:
        raise MissingParameter("the truth of this scan is not known", remedy="open the sample knee")
    numbers = {name: number for number, name in LABELS.items()}
    array = np.zeros_like(phantom.labels.array, dtype=np.uint8)
    for label, name in REGIONS.items():
        if name in numbers:
            array[phantom.labels.array == numbers[name]] = label
    return new_roi(view, truth=phantom.labels.after("cartilage of the phantom", array, names=(NAME,)), name="ROI truth")


def painted_voxels(layer: Labels) -> int:
    """Return how many voxels are painted; quick, also on a large grid."""
    data = np.asarray(layer.data)
    base = data.base if isinstance(data.base, np.ndarray) and data.base.size == data.size else data
    return int(np.count_nonzero(base))


def name_regions(layer: Labels, names: dict[int, str]) -> None:
    """Give labels names, which the status bar shows under the cursor."""
    import pandas as pd

    layer.features = pd.DataFrame({"index": [0, *names], "name": ["background", *names.values()]})


def names_of(layer: Labels) -> dict[int, str]:
    """Return the names of the labels of a layer."""
    features = layer.features
    if "name" not in features or "index" not in features:
        return dict(REGIONS)
    return {int(i): str(n) for i, n in zip(features["index"], features["name"], strict=True) if int(i) > 0}


def measure(view: View, layer: Labels, *, erosion_mm: float = 0.0) -> Measurement:
    """Return the statistics of the T2 maps in a labels layer; without maps, of the signal.

    Regions that have not changed since the last call are not read again.

    Parameters
    ----------
    view
        The viewer's view.
    layer
        Labels on any grid; taken to each map's grid, nearest neighbour.
    erosion_mm
        How far to erode for the check of fluid partial volume, mm; 0 leaves it out.

    Raises
    ------
    GeometryMismatch
        The layer is turned on the screen, or no longer has the voxels of its scan.
    BadParameter
        The layer holds values that are not labels.
    """
    return measuring_of(view).measure(layer, names_of(layer), erosion_mm)

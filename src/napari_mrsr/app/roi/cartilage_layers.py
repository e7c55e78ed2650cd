"""Sub-regions and thickness of cartilage as layers.

Each part of a compartment has a colour, its layers are shades of it: dark at the bone, light at the joint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mrsr.app import layers
from napari_mrsr.app.roi.cartilage import CartilageResult
from napari_mrsr.errors import MissingParameter
from napari_mrsr.roi.cartilage.regions import BOTH, Regions, region_of

if TYPE_CHECKING:
    from napari.layers import Image, Labels
    from napari.utils import DirectLabelColormap

    from napari_mrsr.app.viewing import View
    from napari_mrsr.roi.cartilage import Unrolled
    from napari_mrsr.scan import Scan

#: Colours by part (whole, anterior, central, posterior) of each compartment (whole, medial, lateral).
COLOURS = (
    ("#eeca3b", "#9ecae9", "#88d27a", "#ffbf79"),
    ("#4c78a8", "#4c78a8", "#54a24b", "#f58518"),
    ("#b279a2", "#b279a2", "#72b7b2", "#e45756"),
)

THICKNESS = "Thickness [mm]"
#: Thickness shown by the colours, mm: femoral cartilage has 1 to 4, patellar up to 6.
THICKNESS_LIMITS = (0.0, 5.0)


def regions_name(result: CartilageResult) -> str:
    """Return the name of the layer of the regions of an ROI."""
    return f"{result.roi}: regions"


def colours(regions: Regions) -> DirectLabelColormap:
    """Return the colour of each sub-region."""
    from napari.utils import DirectLabelColormap
    from napari.utils.colormaps.standardize_color import transform_color

    table: dict[int | None, np.ndarray] = {None: np.zeros(4, np.float32), 0: np.zeros(4, np.float32)}
    for number in regions.numbers:
        region = region_of(number)
        base = transform_color(COLOURS[region.compartment][region.part])[0]
        place = 0.5 if region.layer == BOTH or regions.layers == 1 else region.layer / (regions.layers - 1)
        shade = base[:3] * (0.55 + 0.45 * min(1.0, 2 * place))
        shade = shade + (1 - shade) * 0.45 * max(0.0, 2 * place - 1)
        table[number] = np.array([*shade, 1.0], np.float32)
    return DirectLabelColormap(color_dict=table)


def show_regions(view: View, result: CartilageResult) -> Labels:
    """Show the sub-regions; their names stand under the mouse."""
    import pandas as pd

    scan = result.regions.labels
    data, settings, kind = layers.labels_layer(scan, regions_name(result), frame=view.frame_for(scan), opacity=0.7)
    names = result.regions.names
    settings |= {
        "metadata": layers.metadata(scan, "regions", definition=result.regions.definition, roi=result.roi),
        "features": pd.DataFrame({"index": list(names), "name": list(names.values())}),
        "colormap": colours(result.regions),
    }
    layer = view.put((data, settings, kind))
    layer.locked = True
    return layer


def show_thickness(view: View, result: CartilageResult) -> Image:
    """Show the thickness of the cartilage in mm, with a colour bar.

    Raises
    ------
    MissingParameter
        The regions are those of DOSMA, which has no thickness.
    """
    scan = result.regions.thickness
    if scan is None:
        raise MissingParameter(
            "DOSMA does not measure thickness", remedy="choose true depth and find the regions again"
        )
    layer = view.put(
        layers.map_layer(
            scan,
            THICKNESS,
            role="thickness",
            colormap="viridis",
            limits=THICKNESS_LIMITS,
            frame=view.frame_for(scan),
            roi=result.roi,
        )
    )
    layer.colorbar.visible = True
    return layer


def go_to_slice(view: View, found: Scan, unrolled: Unrolled, across: float) -> None:
    """Show the slice of a map that lies at a position (mm) across the unrolled one."""
    frame = view.frame_for(found)
    index = int(unrolled.slices[np.abs(unrolled.across - across).argmin()])
    dimension = frame.axes.index(unrolled.slice_axis)
    shown = found.shape[unrolled.slice_axis] - 1 - index if frame.flips[dimension] else index
    view.viewer.dims.set_point(
        view.viewer.dims.ndim - 3 + dimension, frame.translate[dimension] + shown * frame.scale[dimension]
    )

"""Cartilage of the knee in regions: compartments, parts and layers, thickness, the unrolled map.

:func:`divide` finds the regions of painted cartilage, :func:`regional_statistics` measures a map in them,
:func:`unroll` lays it flat, :func:`find_laterality` says which knee it is and why.
"""

from napari_mrsr.roi.cartilage.dividing import divide
from napari_mrsr.roi.cartilage.laterality import Laterality, find_laterality
from napari_mrsr.roi.cartilage.regions import Definition, Region, Regions, region_of
from napari_mrsr.roi.cartilage.table import regional_statistics
from napari_mrsr.roi.cartilage.two_knees import gap_between_knees
from napari_mrsr.roi.cartilage.unrolled import Unrolled, unroll
from napari_mrsr.roi.cartilage.unrolled_figure import draw_unrolled, save_unrolled, unrolled_table

__all__ = [
    "Definition",
    "Laterality",
    "Region",
    "Regions",
    "Unrolled",
    "divide",
    "draw_unrolled",
    "find_laterality",
    "gap_between_knees",
    "region_of",
    "regional_statistics",
    "save_unrolled",
    "unroll",
    "unrolled_table",
]

"""Painted regions and the numbers in them.

- :mod:`~napari_mrsr.roi.statistics`: the table, and acquired against super-resolved;
- :mod:`~napari_mrsr.roi.between`, :mod:`~napari_mrsr.roi.propagate`: painted slices taken to others;
- :mod:`~napari_mrsr.roi.brush`, :mod:`~napari_mrsr.roi.livewire`, :mod:`~napari_mrsr.roi.fill`: by the picture;
- :mod:`~napari_mrsr.roi.erosion`: labels without their rim, a check for fluid partial volume;
- :mod:`~napari_mrsr.roi.grid`: labels on another grid;
- :mod:`~napari_mrsr.roi.region`, :mod:`~napari_mrsr.roi.profile`: one region at a time, by depth, along a line;
- :mod:`~napari_mrsr.roi.uncertainty`: what noise alone does to the mean of a region;
- :mod:`~napari_mrsr.roi.certainty`, :mod:`~napari_mrsr.roi.carried_noise`, :mod:`~napari_mrsr.roi.rethickened`: how
  certain its T2 is, after super-resolution too;
- :mod:`~napari_mrsr.roi.trust_light`, :mod:`~napari_mrsr.roi.reference_ranges`: how far to believe it; published T2.
"""

from napari_mrsr.roi.between import interpolate
from napari_mrsr.roi.erosion import erode, erosion_check
from napari_mrsr.roi.fill import fill_holes
from napari_mrsr.roi.grid import resample_labels
from napari_mrsr.roi.propagate import propagate
from napari_mrsr.roi.statistics import compare_statistics, compare_tables, statistics
from napari_mrsr.roi.uncertainty import uncertainty

__all__ = [
    "compare_statistics",
    "compare_tables",
    "erode",
    "erosion_check",
    "fill_holes",
    "interpolate",
    "propagate",
    "resample_labels",
    "statistics",
    "uncertainty",
]

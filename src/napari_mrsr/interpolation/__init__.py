"""The classical methods, on the exact grid: sample k of the coarse grid is sample ``factor * k`` of the fine one."""

from napari_mrsr.interpolation.one_axis import METHODS, Interpolation, interpolate, matrix
from napari_mrsr.interpolation.scans import interpolate_scan, resize

__all__ = ["METHODS", "Interpolation", "interpolate", "interpolate_scan", "matrix", "resize"]

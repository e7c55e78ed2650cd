"""What the scanner did not measure: thick slices and the centre of k-space, as linear operators with an adjoint."""

from napari_mrsr.sampling.degrade import degrade
from napari_mrsr.sampling.k_space_centre import KSpaceCentre
from napari_mrsr.sampling.operator import Operator
from napari_mrsr.sampling.thick_slices import ThickSlices

__all__ = ["KSpaceCentre", "Operator", "ThickSlices", "degrade"]

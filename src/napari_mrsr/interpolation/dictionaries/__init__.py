"""Super-resolution by learned dictionaries, without a network: planes through the slice axis, patch by patch.

The parameters come from ``napari-mrsr train``; this room only applies them, with numpy.
"""

from napari_mrsr.interpolation.dictionaries.anchored import FACTOR, AnchoredRegression
from napari_mrsr.interpolation.dictionaries.reformats import Planes, refine
from napari_mrsr.interpolation.dictionaries.sparse_coding import SparseCoding

__all__ = ["FACTOR", "AnchoredRegression", "Planes", "SparseCoding", "refine"]

"""A head with known truth: tissues by their shares, T1, T2 and M0, and weighted images by any signal model."""

from napari_mrsr.phantoms.brain.brain import brain
from napari_mrsr.phantoms.brain.phantom import BrainPhantom
from napari_mrsr.phantoms.brain.tissues import BRAIN_LABELS, CLASSES

__all__ = ["BRAIN_LABELS", "CLASSES", "BrainPhantom", "brain"]

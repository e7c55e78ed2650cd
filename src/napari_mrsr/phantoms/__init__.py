"""Sample data with known truth."""

from napari_mrsr.phantoms.knee import KneePhantom, knee
from napari_mrsr.phantoms.settings import LABELS

__all__ = ["LABELS", "KneePhantom", "knee"]

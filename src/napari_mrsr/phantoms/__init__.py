"""Sample data with known truth: a simulated knee, DESS signals on segmented ones; `abdomen` is a room of its own."""

from napari_mrsr.phantoms.from_labels import OAI, PYMSKT, dess_from_labels
from napari_mrsr.phantoms.knee import knee
from napari_mrsr.phantoms.phantom import KneePhantom
from napari_mrsr.phantoms.sample import SampleKnee, sample_knee, thick_scan
from napari_mrsr.phantoms.settings import LABELS

__all__ = [
    "LABELS",
    "OAI",
    "PYMSKT",
    "KneePhantom",
    "SampleKnee",
    "dess_from_labels",
    "knee",
    "sample_knee",
    "thick_scan",
]

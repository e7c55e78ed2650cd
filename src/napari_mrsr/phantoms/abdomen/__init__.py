"""A breathing abdomen with known truth, imaged with T1-weighted FLASH."""

from napari_mrsr.phantoms.abdomen.breathing import Breathing, State
from napari_mrsr.phantoms.abdomen.phantom import AbdomenPhantom, Setup
from napari_mrsr.phantoms.abdomen.protocols import CHAOS, SUBJECTS, Protocol
from napari_mrsr.phantoms.abdomen.series import abdomen
from napari_mrsr.phantoms.abdomen.tissues import ABDOMEN_LABELS

__all__ = [
    "ABDOMEN_LABELS",
    "CHAOS",
    "SUBJECTS",
    "AbdomenPhantom",
    "Breathing",
    "Protocol",
    "Setup",
    "State",
    "abdomen",
]

"""Maps of tissue parameters from images. A map is NaN where it has no value, and says why beside it."""

from napari_mrsr.mapping.combined import combined_dess
from napari_mrsr.mapping.fluid_suppressed import fluid_suppressed
from napari_mrsr.mapping.noise import Noise, estimate_noise, measure_noise
from napari_mrsr.mapping.reasons import REASON_TEXTS, Reason
from napari_mrsr.mapping.t1_flash import t1_from_flash
from napari_mrsr.mapping.t1_m0 import T1Map
from napari_mrsr.mapping.t1_map import t1_by_label
from napari_mrsr.mapping.t2_dess import t2_from_dess
from napari_mrsr.mapping.t2_map import T2Map
from napari_mrsr.mapping.t2_multi_echo import t2_from_multi_echo
from napari_mrsr.mapping.uncertainty import undetermined, with_uncertainty

__all__ = [
    "REASON_TEXTS",
    "Noise",
    "Reason",
    "T1Map",
    "T2Map",
    "combined_dess",
    "estimate_noise",
    "fluid_suppressed",
    "measure_noise",
    "t1_by_label",
    "t1_from_flash",
    "t2_from_dess",
    "t2_from_multi_echo",
    "undetermined",
    "with_uncertainty",
]

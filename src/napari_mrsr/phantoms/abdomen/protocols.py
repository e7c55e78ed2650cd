"""How the abdomen is scanned: Table 1 of Sarasaen et al., the three subjects and the data that was trained on.

Source
------
Sarasaen C, Chatterjee S, Breitkopf M, Rose G, Nürnberger A, Speck O. Fine-tuning deep learning model parameters for
improved super-resolution of dynamic MRI with prior-knowledge. Artif Intell Med 2021;121:102196, Table 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from napari_mrsr.physics.flash import FlashSequence, Phase


@dataclass(frozen=True)
class Protocol:
    """One column of the table.

    Parameters
    ----------
    repetition_time, echo_time
        TR and TE, ms. Of a dual-echo protocol: TE in phase.
    flip_angle
        Degrees.
    matrix
        Readout, phase encoding (anterior to posterior) and slices.
    field_of_view
        Of the same axes, mm.
    resolution
        As printed, mm, rounded there.
    field_strength
        T.
    opposed_echo_time
        TE of the opposed-phase echo of a dual-echo protocol, ms.
    bandwidth
        Hz per pixel.
    phase_oversampling, slice_oversampling
        Per cent of the encoding steps acquired outside the field of view.
    phase_resolution, slice_resolution
        Per cent of the matrix that is acquired.
    grappa
        Acceleration of parallel imaging, 1 for none.
    fat_suppression
        Whether fat is saturated.
    time_per_volume
        As printed, s; a frame is taken every so often.
    """

    name: str
    repetition_time: float
    echo_time: float
    flip_angle: float
    matrix: tuple[int, int, int]
    field_of_view: tuple[float, float, float]
    resolution: tuple[float, float, float]
    field_strength: float = 3.0
    opposed_echo_time: float | None = None
    bandwidth: float | None = None
    phase_oversampling: float = 0.0
    slice_oversampling: float = 0.0
    phase_resolution: float = 100.0
    slice_resolution: float = 100.0
    grappa: int = 1
    fat_suppression: bool = False
    time_per_volume: float | None = None

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxels, mm: field of view over matrix."""
        x, y, z = (f / n for f, n in zip(self.field_of_view, self.matrix, strict=True))
        return x, y, z

    def sequence(self, phase: Phase | None = None) -> FlashSequence:
        """Return the sequence; the opposed phase has an echo time of its own where the protocol is a dual-echo one."""
        te = self.echo_time
        if phase == "opposed" and self.opposed_echo_time is not None:
            te = self.opposed_echo_time
        return FlashSequence(self.repetition_time, te, self.flip_angle, self.field_strength)


#: The three subjects of Table 1 (T1w FLASH 3D, 3 T). Their static and dynamic scans share these parameters.
SUBJECTS: Mapping[int, Protocol] = MappingProxyType(
    {
        1: Protocol(
            "subject 1", 2.34, 0.93, 8.0, matrix=(256, 192, 40), field_of_view=(280.0, 210.0, 160.0),
            resolution=(1.09, 1.09, 4.0), phase_resolution=75.0, slice_resolution=65.0, grappa=2,
            fat_suppression=False, time_per_volume=5.53, bandwidth=975.0, phase_oversampling=10.0,
        ),
        2: Protocol(
            "subject 2", 2.34, 0.93, 8.0, matrix=(256, 192, 40), field_of_view=(280.0, 210.0, 160.0),
            resolution=(1.09, 1.09, 4.0), phase_resolution=75.0, slice_resolution=65.0,
            fat_suppression=True, time_per_volume=11.76, bandwidth=975.0, phase_oversampling=10.0,
        ),
        3: Protocol(
            "subject 3", 2.23, 0.93, 8.0, matrix=(256, 192, 44), field_of_view=(350.0, 262.0, 176.0),
            resolution=(1.36, 1.36, 4.0), phase_resolution=50.0, slice_resolution=64.0,
            fat_suppression=True, time_per_volume=8.01, bandwidth=975.0, phase_oversampling=10.0,
        ),
    }
)  # fmt: skip

#: The data of the main training (CHAOS, T1-DUAL) within the printed ranges. Printed are TR 110.17 to 255.54 ms, TE 4.60
#: to 4.64 in phase and 2.30 opposed, 80 degrees, 1.44 x 1.44 x 5 to 2.03 x 2.03 x 8 mm. The echo times are those of
#: 1.5 T (the table does not print the field strength). Matrix and field of view are one choice among the printed ones.
CHAOS = Protocol(
    "T1-DUAL", 150.0, 4.6, 80.0, matrix=(256, 200, 30), field_of_view=(400.0, 312.5, 180.0),
    resolution=(1.56, 1.56, 6.0), field_strength=1.5, opposed_echo_time=2.3,
)  # fmt: skip

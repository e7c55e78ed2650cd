"""The sample brain: axial T2-weighted turbo spin echo of a head with plaques."""

from __future__ import annotations

from functools import cache
from typing import Any

from napari_mrsr.phantoms.brain.brain import brain
from napari_mrsr.physics.tse import TseTimings, tse_signal
from napari_mrsr.scan import Acquisition, Scan

SEED = 21
#: Voxels, mm, matrix, and its middle in the head, RAS mm: from the temporal lobes to the vertex.
SPACING, SHAPE, CENTRE = (0.9, 0.9, 3.0), (208, 248, 28), (0.0, -10.0, 26.0)
#: Ratio of white matter to the SD of the noise.
SNR = 30.0


@cache
def sample_brain() -> Scan:
    """Return the sample; computed once per session, some five seconds on one core."""
    timings = TseTimings()
    header = Acquisition(
        repetition_time=timings.repetition_time,
        echo_times=(timings.echo_time,),
        flip_angle=timings.excitation_angle,
        echo_spacing=timings.echo_spacing,
        echo_train_length=timings.pulses,
        field_strength=3.0,
        slice_thickness=SPACING[2],
        slice_gap=0.0,
        sequence="TSE",
        series_description="T2w axial (made)",
        body_part="HEAD",
    )

    def signal(t1: Any, t2: Any, m0: Any, b1: Any) -> Any:
        return tse_signal(t1, t2, timings, m0=m0, b1=b1)

    head = brain(SEED, spacing=SPACING, shape=SHAPE, centre=CENTRE, lesions="plaques")
    return head.weighted(signal, "T2w", snr=SNR, acquisition=header)

"""The three weighted images that everyone has: T1w MPRAGE, T2w turbo spin echo and FLAIR of a head.

A header does not tell what a long FLAIR train of varying angles does. Its T2 weighting is that of an equivalent TE, and
what it leaves along the field decides at which TI fluid is nulled. The model's train leaves nothing, and would show
fluid bright at the TI of a header; every real FLAIR is set up to null it. So the model's TI is the one at which *its*
fluid is nulled, times a factor near 1 by which a scanner may miss it. At this shorter TI grey matter has recovered
less than at that of the header: with an equivalent TE of 105 ms the model shows it 14 % darker than white matter, at
145 ms as bright, where scanners show it brighter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from napari_mrsr.phantoms.brain.phantom import BrainPhantom, Signal
from napari_mrsr.physics.flair import FlairTimings, flair_signal, nulling_time
from napari_mrsr.physics.mprage import MprageTimings, mprage_signal
from napari_mrsr.physics.tse import TseTimings, tse_signal
from napari_mrsr.scan import Acquisition, Scan, stack

CONTRASTS = ("T1w", "T2w", "FLAIR")


@dataclass(frozen=True)
class Protocol:
    """Timings of the three images; by default those of paper 4.

    Parameters
    ----------
    mprage, tse, flair
        As a header says them, and FLAIR's equivalent TE.
    flair_off
        TI of the FLAIR over the one that nulls fluid.
    """

    mprage: MprageTimings = field(default_factory=MprageTimings)
    tse: TseTimings = field(default_factory=TseTimings)
    flair: FlairTimings = field(default_factory=FlairTimings)
    flair_off: float = 1.0

    def signals(self) -> dict[str, Signal]:
        """Return the signal of each contrast from T1, T2, M0 and B1."""
        really = replace(self.flair, inversion_time=self.flair_off * nulling_time(self.flair))
        return {
            "T1w": lambda t1, t2, m0, b1: mprage_signal(t1, self.mprage, m0=m0, b1=b1),
            "T2w": lambda t1, t2, m0, b1: tse_signal(t1, t2, self.tse, m0=m0, b1=b1),
            "FLAIR": lambda t1, t2, m0, b1: flair_signal(t1, t2, really, m0=m0, b1=b1),
        }

    def headers(self, strength: float = 3.0) -> dict[str, Acquisition]:
        """Return what the header of each image says."""
        m, t, f = self.mprage, self.tse, self.flair
        common: dict[str, Any] = {"field_strength": strength, "body_part": "BRAIN"}
        return {
            "T1w": Acquisition(
                repetition_time=m.repetition_time, inversion_time=m.inversion_time, echo_times=(m.echo_time,),
                flip_angle=m.flip_angle, echo_spacing=m.echo_spacing, echo_train_length=m.echoes,
                sequence="MPRAGE", series_description="T1w MPRAGE", **common,
            ),
            "T2w": Acquisition(
                repetition_time=t.repetition_time, echo_times=(t.echo_time,), flip_angle=t.refocusing_angle,
                echo_spacing=t.echo_spacing, echo_train_length=t.pulses, sequence="TSE",
                series_description="T2w TSE", **common,
            ),
            "FLAIR": Acquisition(
                repetition_time=f.repetition_time, inversion_time=f.inversion_time, echo_times=(f.echo_time,),
                echo_spacing=f.echo_spacing, echo_train_length=f.pulses, sequence="SPACE",
                series_description="T2w FLAIR", **common,
            ),
        }  # fmt: skip


def weighted(
    head: BrainPhantom,
    protocol: Protocol | None = None,
    *,
    header: Protocol | None = None,
    snr: float | None = 40.0,
    gains: Sequence[float] = (1.0, 1.0, 1.0),
    b1: bool = True,
    coil: bool = True,
    seed: int = 0,
) -> dict[str, Scan]:
    """Return the three images of a head, by contrast.

    Parameters
    ----------
    head
        A phantom, or real anatomy with values of its own.
    protocol, header
        What the scanner did, and what the header says (the same where not given).
    snr
        White matter over the SD of the noise in each channel; ``None`` for no noise.
    gains
        Of each image.
    b1, coil
        Whether the transmit field and the coil are uneven.
    seed
        Of the noise.
    """
    protocol = protocol or Protocol()
    headers = (header or protocol).headers(head.field)
    found = {}
    for n, (name, signal) in enumerate(protocol.signals().items()):
        scan = head.weighted(signal, name, snr=snr, b1=b1, coil=coil, acquisition=headers[name], seed=3 * seed + n)
        found[name] = replace(scan, array=scan.array * np.float32(gains[n])) if gains[n] != 1 else scan
    return found


def together(images: dict[str, Scan]) -> Scan:
    """Return the images as one scan of three contrasts."""
    return stack(list(images.values()), axis="contrast", names=list(images))

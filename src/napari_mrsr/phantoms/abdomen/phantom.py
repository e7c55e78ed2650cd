"""What the abdomen gives: a series of frames and what is true about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.abdomen.breathing import Breathing, Pose, State
from napari_mrsr.phantoms.abdomen.motion import Motion
from napari_mrsr.phantoms.abdomen.protocols import Protocol
from napari_mrsr.phantoms.abdomen.subject import Person
from napari_mrsr.physics.flash import FlashSequence, Phase
from napari_mrsr.scan import Acquisition, Scan, Step


@dataclass(frozen=True)
class Setup:
    """What was asked for.

    Parameters
    ----------
    seed, protocol, sequence, phase, pose, breathing
        The person, how it was scanned, and how it lay and breathed; ``phase`` is what was forced, if anything.
    angle
        How far fat lags behind water, rad.
    times
        When each frame begins, s.
    states
        Where diaphragm and belly wall stand in each frame.
    sigma
        SD of the noise in each channel; 0 without noise.
    needle, encoded
        Whether there is a needle; whether k-space was cut to what the protocol acquires.
    """

    seed: int
    protocol: Protocol
    sequence: FlashSequence
    phase: Phase | None
    angle: float
    pose: Pose
    breathing: Breathing
    times: tuple[float, ...]
    states: tuple[State, ...]
    sigma: float
    needle: bool
    encoded: bool


@dataclass(frozen=True, eq=False)
class AbdomenPhantom:
    """Frames of a moving abdomen, all on one grid.

    Parameters
    ----------
    scan
        The frames with noise (``noiseless`` where none was asked for), axis ``"time"``.
    noiseless
        The frames without noise.
    labels
        The tissue with the largest share of each voxel of each frame (``ABDOMEN_LABELS``).
    person
        Who was drawn from the seed.
    motions
        Pose and breath of each frame: where a point of the scanner lies in the anatomy, and back.
    settings
        How it was scanned.
    """

    scan: Scan
    noiseless: Scan
    labels: Scan
    person: Person
    motions: tuple[Motion, ...]
    settings: Setup


def assemble(
    signal: npt.NDArray[np.float32],
    noisy: npt.NDArray[np.float32],
    labels: npt.NDArray[np.uint8],
    affine: npt.NDArray[np.float64],
    person: Person,
    motions: tuple[Motion, ...],
    setup: Setup,
) -> AbdomenPhantom:
    """Return arrays ``(frame, i, j, k)`` as scans."""
    protocol, frames = setup.protocol, len(setup.times)
    others: dict[str, Any] = {
        "PixelBandwidth": protocol.bandwidth,
        "ParallelReductionFactorInPlane": protocol.grappa,
        "PhaseResolution": protocol.phase_resolution / 100,
        "PhaseOversampling": protocol.phase_oversampling / 100,
        "SliceResolution": protocol.slice_resolution / 100,
        "SliceOversampling": protocol.slice_oversampling / 100,
        "FatSuppression": protocol.fat_suppression,
        "VolumeTiming": list(setup.times),
    }
    acquisition = Acquisition(
        repetition_time=setup.sequence.repetition_time,
        echo_times=(setup.sequence.echo_time,) * frames,
        flip_angle=setup.sequence.flip_angle,
        slice_thickness=float(np.linalg.norm(affine[:3, 2])),
        field_strength=setup.sequence.field_strength,
        sequence="FLASH",
        series_description=f"abdomen phantom, {setup.pose}",
        body_part="ABDOMEN",
        others=MappingProxyType({name: value for name, value in others.items() if value is not None}),
    )
    told: Mapping[str, Any] = {
        "seed": setup.seed, "protocol": protocol.name, "phase": setup.phase, "pose": setup.pose,
        "sigma": setup.sigma, "needle": setup.needle, "encoded": setup.encoded,
        "diaphragm": [round(s.diaphragm, 3) for s in setup.states], "wall": [round(s.wall, 3) for s in setup.states],
    }  # fmt: skip
    clean = Scan(
        signal,
        affine,
        axis="time",
        names=tuple(f"frame {n + 1}" for n in range(frames)),
        acquisition=acquisition,
        slice_axis=2,
        history=(Step("abdomen phantom", told),),
    )
    scan = clean if noisy is signal else clean.after("Rician noise", noisy, parameters={"sigma": setup.sigma})
    truth = Scan(
        labels, affine, axis="time", names=clean.names, acquisition=acquisition, quantity="label", unit="",
        slice_axis=2, history=clean.history,
    )  # fmt: skip
    return AbdomenPhantom(scan, clean, truth, person, motions, setup)

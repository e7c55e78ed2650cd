"""What the open series encoded, and how long a frame takes when only the centre of k-space is acquired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari_mrsr.app.dynamic.series import FRACTIONS, plane_axes
from napari_mrsr.errors import MissingParameter
from napari_mrsr.physics.acquisition_time import Encoding, acquisition_time, effective_resolution, encoding_of
from napari_mrsr.scan import Scan

#: TR where the header does not say it, ms: that of the paper's first two subjects.
USUAL_TR = 2.34


@dataclass(frozen=True)
class Protocol:
    """What is encoded, the voxel of the whole k-space (readout, phase, slice; mm), and what had to be assumed."""

    encoding: Encoding
    voxel: tuple[float, float, float]
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """Time of a frame, s, and its voxel, mm, where a share of in-plane k-space is acquired.

    ``seconds`` is in proportion to the share, as published; ``seconds_of_lines`` saves lines alone.
    """

    share: float
    seconds: float
    seconds_of_lines: float
    voxel: tuple[float, float, float]


def protocol_of(scan: Scan) -> Protocol:
    """Return what a scan encoded, as far as its header says.

    Raises
    ------
    AmbiguousAxis
        The slice axis cannot be told.
    BadParameter
        A number of the header is not possible.
    """
    try:
        encoding, assumed = encoding_of(scan)
    except MissingParameter:
        encoding, assumed = encoding_of(scan.with_acquisition(repetition_time=USUAL_TR))
        assumed = (f"TR: {USUAL_TR:g} ms is assumed, the header does not say it", *assumed)
    across = scan.find_slice_axis()
    one, other = plane_axes(scan)
    readout, phase = (one, other) if (scan.shape[one], scan.shape[other]) == encoding.matrix[:2] else (other, one)
    return Protocol(encoding, (scan.spacing[readout], scan.spacing[phase], scan.spacing[across]), assumed)


def rows(protocol: Protocol, shares: Sequence[float] = (1.0, *FRACTIONS)) -> list[Row]:
    """Return time and voxel for shares of in-plane k-space.

    Raises
    ------
    BadParameter
        A share is not possible.

    Examples
    --------
    >>> subject = Encoding(
    ...     2.34, (256, 192, 40), phase_oversampling=10, phase_resolution=75, slice_resolution=65, grappa=2
    ... )
    >>> [(row.share, round(row.seconds, 2)) for row in rows(Protocol(subject, (1.09, 1.09, 4.0)), (1.0,))]
    [(1.0, 4.81)]
    """
    matrix = protocol.encoding.matrix[:2]
    across = protocol.voxel[2]
    view = protocol.voxel[0] * matrix[0], protocol.voxel[1] * matrix[1]
    found = []
    for share in shares:
        time = acquisition_time(protocol.encoding, share)
        along, phase = effective_resolution(view, matrix, share)
        found.append(Row(share, time.seconds, time.seconds_of_lines, (along, phase, across)))
    return found

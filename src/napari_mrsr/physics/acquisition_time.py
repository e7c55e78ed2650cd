r"""How long a volume takes, and how fine it is when only the centre of k-space is acquired.

A three-dimensional gradient echo measures one line of k-space each repetition, so that a volume takes (Sarasaen et al.,
equation 3)

    :math:`T = PE_n \cdot TR \cdot S_m`,

with the lines and the slices that are really encoded,

    :math:`PE_n = [N_p \, (1 + o_p) \, r_p] / R`,   :math:`S_m = [N_s \, (1 + o_s) \, r_s]`,

N the matrix, o the oversampling, r the phase or slice resolution (the part of the matrix that is encoded), R the
GRAPPA factor and [ ] the nearest whole number. Partial Fourier, as a part of lines or slices, is one more factor in
the brackets. Reference lines of GRAPPA, preparation pulses and pauses are not in the equation: the times per volume
that Table 1 prints are 15 to 22 % longer than these.

**Of the centre of k-space** :math:`n_r \times n_p` of :math:`N_r \times N_p` samples are kept, a share
:math:`\kappa = n_r n_p / N_r N_p` (9.77 %, where 10 % was asked for). Table 2 takes time as proportional to this share,
:math:`\kappa T`. A line read half as far takes no less of TR than a whole one unless TR is shortened with it, so the
time that is saved for certain is that of the lines, :math:`T n_p / N_p`. Both are given. A voxel grows with the
matrix: :math:`\Delta x \, N / n`.

**Against the print.** The brackets are needed for the high-resolution row: 158.4 lines and 28.16 slices give 9.64 and
6.63 s, 158 and 28 give the 9.61 and 6.62 s of the table, and so 4.81 s with GRAPPA. No one rule of rounding that was
tried (down, up, nearest, even; before or after the share, the resolution and GRAPPA) gives all nine times below it.
What stands here gives three of them to the last digit and the others within 0.05 s: 2.40 for 2.43, 0.60 for 0.56,
1.20 for 1.22, 0.30 for 0.28, 0.65 for 0.66 and 0.41 for 0.42 s. 2.43 and 1.22 s are a whole number of lines, 40 and
20, instead of 39.5 and 19.75.

Source
------
Sarasaen C, Chatterjee S, Breitkopf M, Rose G, Nürnberger A, Speck O. Fine-tuning deep learning model parameters for
improved super-resolution of dynamic MRI with prior-knowledge. Artif Intell Med 2021;121:102196, section 2.1, Tables
1, 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.sampling.k_space_centre import centre_size
from napari_mrsr.scan import Scan

_MS = 1000.0  # ms in a second


class Encoded(Protocol):
    """Anything that says what is encoded, as the protocols of the abdomen phantom do; see :class:`Encoding`."""

    @property
    def repetition_time(self) -> float:
        """TR, ms."""
        ...

    @property
    def matrix(self) -> tuple[int, int, int]:
        """Readout, phase encoding and slices."""
        ...

    @property
    def phase_oversampling(self) -> float:
        """Per cent."""
        ...

    @property
    def slice_oversampling(self) -> float:
        """Per cent."""
        ...

    @property
    def phase_resolution(self) -> float:
        """Per cent."""
        ...

    @property
    def slice_resolution(self) -> float:
        """Per cent."""
        ...

    @property
    def grappa(self) -> float:
        """Acceleration."""
        ...


@dataclass(frozen=True)
class Encoding:
    """What is encoded, in the terms of a protocol.

    Parameters
    ----------
    repetition_time
        TR, ms.
    matrix
        Readout, phase encoding and slices.
    phase_oversampling, slice_oversampling
        Per cent of the matrix that is encoded besides.
    phase_resolution, slice_resolution
        Per cent of the matrix that is encoded.
    grappa
        Acceleration by parallel imaging, 1 for none.
    phase_partial, slice_partial
        Partial Fourier as a part of 1.

    Raises
    ------
    BadParameter
        A number is not possible.
    """

    repetition_time: float
    matrix: tuple[int, int, int]
    phase_oversampling: float = 0.0
    slice_oversampling: float = 0.0
    phase_resolution: float = 100.0
    slice_resolution: float = 100.0
    grappa: float = 1.0
    phase_partial: float = 1.0
    slice_partial: float = 1.0

    def __post_init__(self) -> None:
        self._check("repetition time", self.repetition_time, self.repetition_time > 0, "more than 0 ms")
        self._check("matrix", self.matrix, min(self.matrix) >= 1, "at least 1 along each axis")
        for name in ("phase", "slice"):
            over = getattr(self, f"{name}_oversampling")
            self._check(f"{name} oversampling", over, over >= 0, "0 % or more")
            part = getattr(self, f"{name}_resolution")
            self._check(f"{name} resolution", part, 0 < part <= 100, "more than 0 and at most 100 %")
            share = getattr(self, f"{name}_partial")
            self._check(f"{name} partial Fourier", share, 0 < share <= 1, "more than 0 and at most 1")
        self._check("GRAPPA factor", self.grappa, self.grappa >= 1, "1 or more")

    @staticmethod
    def _check(name: str, value: object, possible: bool, wanted: str) -> None:
        if not possible:
            raise BadParameter(f"a {name} of {value} is not possible", remedy=f"give {wanted}")

    @classmethod
    def of(cls, protocol: Encoded) -> Encoding:
        """Return what a protocol encodes."""
        return cls(
            protocol.repetition_time,
            protocol.matrix,
            protocol.phase_oversampling,
            protocol.slice_oversampling,
            protocol.phase_resolution,
            protocol.slice_resolution,
            protocol.grappa,
        )

    @property
    def lines(self) -> float:
        """Lines of each slice encoding that are measured, :math:`PE_n`."""
        wide = self.matrix[1] * (1 + self.phase_oversampling / 100) * self.phase_resolution / 100
        return nearest(wide * self.phase_partial) / self.grappa

    @property
    def slices(self) -> int:
        """Slice encodings that are measured, :math:`S_m`."""
        deep = self.matrix[2] * (1 + self.slice_oversampling / 100) * self.slice_resolution / 100
        return nearest(deep * self.slice_partial)


@dataclass(frozen=True)
class AcquisitionTime:
    """How long a volume takes.

    Parameters
    ----------
    seconds
        As published, in proportion to the share of k-space, s.
    seconds_of_lines
        With fewer lines, each as long as before, s; ``seconds`` of the whole k-space.
    lines, slices
        Encodings of the whole k-space.
    size
        Readout and phase encoding that are kept.
    share
        Part of the samples of k-space that is kept.
    """

    seconds: float
    seconds_of_lines: float
    lines: float
    slices: int
    size: tuple[int, int]
    share: float


def nearest(number: float) -> int:
    """Return the nearest whole number, at least 1, halves up.

    Examples
    --------
    >>> nearest(158.4), nearest(105.6), nearest(2.5), nearest(0.2)
    (158, 106, 3, 1)
    """
    return max(1, math.floor(number + 0.5 + 1e-9))


def acquisition_time(encoding: Encoding, kspace: float = 1.0) -> AcquisitionTime:
    """Return how long a volume takes (equation 3), whole or from the centre of k-space.

    Parameters
    ----------
    encoding
        What is encoded.
    kspace
        Fraction of in-plane k-space that is acquired, in (0, 1].

    Raises
    ------
    BadParameter
        The fraction is not possible.

    Examples
    --------
    >>> subject = Encoding(2.34, (256, 192, 40), phase_oversampling=10, phase_resolution=75, slice_resolution=65)
    >>> [round(acquisition_time(subject, part).seconds, 2) for part in (1, 0.25, 0.1)]
    [9.61, 2.4, 0.94]
    """
    readout, phase, _ = encoding.matrix
    size = centre_size((readout, phase), kspace)
    whole = encoding.lines * encoding.slices * encoding.repetition_time / _MS
    share = size[0] * size[1] / (readout * phase)
    return AcquisitionTime(whole * share, whole * size[1] / phase, encoding.lines, encoding.slices, size, share)


def effective_resolution(
    field_of_view: tuple[float, float], matrix: tuple[int, int], kspace: float
) -> tuple[float, float]:
    """Return the voxel in plane, mm, of the centre of k-space.

    Parameters
    ----------
    field_of_view
        Of the two axes of the plane, mm.
    matrix
        Of the same axes.
    kspace
        Fraction of the plane's k-space that is acquired, in (0, 1].

    Examples
    --------
    >>> [round(effective_resolution((280, 210), (256, 192), part)[0], 2) for part in (1, 0.25, 0.1)]
    [1.09, 2.19, 3.5]
    """
    size = centre_size(matrix, kspace)
    return field_of_view[0] / size[0], field_of_view[1] / size[1]


def encoding_of(scan: Scan) -> tuple[Encoding, tuple[str, ...]]:
    """Return what a scan encoded, as far as its header says, and what had to be assumed, one line each.

    The header's names are those of ``Acquisition.others``: ``PhaseResolution``, ``SliceResolution``,
    ``PhaseOversampling``, ``SliceOversampling`` (parts of 1), or DICOM's ``PercentSampling`` for the first,
    ``PartialFourier``, ``ParallelReductionFactorInPlane``,
    and ``PhaseEncodingDirection`` (``"i"``, ``"j"``) or ``InPlanePhaseEncodingDirectionDICOM`` (``"ROW"``, ``"COL"``).

    Raises
    ------
    MissingParameter
        The repetition time is not known.
    AmbiguousAxis
        The slice axis cannot be told.
    BadParameter
        A number of the header is not possible.
    """
    time = scan.acquisition.repetition_time
    if time is None:
        raise MissingParameter(
            "has no repetition time", where=scan.where, remedy='give TR, or a JSON sidecar with "RepetitionTime"'
        )
    slices = scan.find_slice_axis()
    others = scan.acquisition.others
    phase, assumed = _phase_axis(scan, slices)
    readout = 3 - slices - phase
    found: dict[str, float] = {}
    for name, key, neutral, factor in _HEADER:
        value = _number(others, key)
        if value is None and key == "PhaseResolution":
            percent = _number(others, "PercentSampling")
            value = None if percent is None or not 0 < percent <= 100 else percent / 100
        found[name] = neutral if value is None else value * factor
        if value is None:
            assumed = (*assumed, f"{name.replace('_', ' ')}: {neutral:g} is assumed, the header does not say it")
    matrix = (scan.shape[readout], scan.shape[phase], scan.shape[slices])
    return Encoding(time, matrix, **found), assumed


#: Field of :class:`Encoding`, name in the header, value where the header is silent, factor.
_HEADER = (
    ("phase_oversampling", "PhaseOversampling", 0.0, 100.0),
    ("slice_oversampling", "SliceOversampling", 0.0, 100.0),
    ("phase_resolution", "PhaseResolution", 100.0, 100.0),
    ("slice_resolution", "SliceResolution", 100.0, 100.0),
    ("grappa", "ParallelReductionFactorInPlane", 1.0, 1.0),
    ("phase_partial", "PartialFourier", 1.0, 1.0),
)


def _phase_axis(scan: Scan, slices: int) -> tuple[int, tuple[str, ...]]:
    """Return the voxel axis of phase encoding: as stated, else the shorter one of the plane."""
    plane = [axis for axis in range(3) if axis != slices]
    stated = str(scan.acquisition.others.get("PhaseEncodingDirection", ""))[:1]
    dicom = str(scan.acquisition.others.get("InPlanePhaseEncodingDirectionDICOM", "")).upper()
    named = {"i": 0, "j": 1, "k": 2}.get(stated)
    if named is None and slices == 2:
        # ROW: the phase changes along a row, with the column index, which is voxel axis 0.
        named = {"ROW": 0, "COL": 1, "COLUMN": 1}.get(dicom)
    if named in plane:
        return int(named), ()
    shorter = min(plane, key=lambda axis: (scan.shape[axis], -axis))
    return shorter, (f"phase encoding is taken to be along axis {shorter}, the header does not say it",)


def _number(others: Mapping[str, Any], key: str) -> float | None:
    value = others.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

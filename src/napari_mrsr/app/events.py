"""What a person chooses for a job, what a job makes, and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.compare.comparing import Comparison
    from napari_mrsr.app.tissue import TissueT1
    from napari_mrsr.files import Check, SeriesInfo
    from napari_mrsr.mapping import T2Map
    from napari_mrsr.superres import Trust

Role = Literal["acquired", "thick", "SR"]

#: What a scan is opened as: what is worked on, what its results are held against, what its network is fine-tuned on, or
#: another contrast of the same brain, shown beside it.
OpenRole = Literal["acquired", "reference", "planning", "beside"]


# -- what a person chooses -------------------------------------------------------------------------
@dataclass(frozen=True)
class RefineSettings:
    """How to super-resolve; ``axis`` None is the slice axis, ``weights`` one's own file in place of the shipped."""

    method: str = "auto"
    factor: int = 2
    axis: int | None = None
    device: str = "auto"
    consistency: str = "wiener"
    retrospective: bool = False
    maps: bool = True
    weights: str | None = None


@dataclass(frozen=True)
class T2Settings:
    """How to map T2; ``None`` takes what the header says. Times in ms, degrees, mT s/m, m2/s.

    ``tissue`` holds regions with a T1 of their own; ``t1`` is that of everything else.
    """

    method: str = "analytic"
    t1: float = 1200.0
    diffusivity: float = 1.25e-9
    fat: bool = True
    fluid: bool = True
    repetition_time: float | None = None
    echo_time: float | None = None
    flip_angle: float | None = None
    spoiler_moment: float | None = None
    spoiler_duration: float | None = None
    tissue: TissueT1 | None = None

    @property
    def overrides(self) -> dict[str, float]:
        """The sequence parameters that were typed in."""
        names = ("repetition_time", "echo_time", "flip_angle", "spoiler_moment", "spoiler_duration")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


# -- what happens ----------------------------------------------------------------------------------
@dataclass(eq=False)
class Result:
    """A super-resolved scan, growing while its job runs.

    Attributes
    ----------
    scan
        The fine grid; its array is interpolated where no tile has arrived yet.
    source
        What was super-resolved: the acquired scan, or the simulated thick slices of it.
    reference
        The scan that the result can be held against, if there is one.
    reached
        Where tiles have arrived, shape ``(i, j, k)``; None once all have.
    partial
        Whether it was stopped before the end.
    """

    scan: Scan
    source: Scan
    method: str
    factor: int
    axis: int
    reason: str = ""
    reference: Scan | None = None
    retrospective: bool = False
    done: float = 0.0
    seconds: float = 0.0
    reached: npt.NDArray[np.bool_] | None = None
    partial: bool = False


@dataclass(frozen=True, eq=False)
class Progress:
    """How far the job is, 0 to 1, and what it does."""

    done: float
    text: str


@dataclass(frozen=True, eq=False)
class Opened:
    """A scan was read and checked; ``truth`` is the phantom behind a simulated one."""

    scan: Scan
    role: OpenRole = "acquired"
    truth: Any = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, eq=False)
class Choices:
    """The folder holds several series: one must be chosen."""

    paths: tuple[str, ...]
    series: tuple[SeriesInfo, ...]
    role: OpenRole = "acquired"


@dataclass(frozen=True, eq=False)
class Began:
    """Super-resolution starts from this interpolated picture."""

    result: Result


@dataclass(frozen=True, eq=False)
class Piece:
    """A tile of the result was written, in the voxel order of the scan."""

    result: Result
    where: tuple[slice, ...]
    done: float


@dataclass(frozen=True, eq=False)
class Refined:
    """Super-resolution ended, or was stopped: then the result is partial."""

    result: Result


@dataclass(frozen=True, eq=False)
class Mapped:
    """A T2 map is ready."""

    role: Role
    map: T2Map


@dataclass(frozen=True, eq=False)
class Compared:
    """The result was held against the reference."""

    comparison: Comparison


@dataclass(frozen=True, eq=False)
class Trusted:
    """What the method added, and where it disagrees with the measurement."""

    trust: Trust


@dataclass(frozen=True, eq=False)
class Estimated:
    """How long super-resolution would take, s, by which method, and where the scan is unlike its training."""

    settings: RefineSettings
    seconds: float | None
    text: str
    ok: bool = True
    method: str = ""
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Failed:
    """Something was raised: one line, and the traceback if it is a bug."""

    line: str
    details: str = ""
    bug: bool = False


@dataclass(frozen=True, eq=False)
class Told:
    """Something for the part of the app that asked: ``tell`` is called with it in the main thread."""

    tell: Callable[[Any], None]
    what: Any


Event = Progress | Told | Opened | Choices | Began | Piece | Refined | Mapped | Compared | Trusted | Estimated | Failed

r"""Three weighted images of one brain, T1w, T2w and FLAIR: whether they fit together, and the maps made of them.

Before anything is computed it is asked whether all three are there, show one person on one grid, are what they are
offered as, and hold magnitudes (:mod:`napari_mrsr.mapping.brain_checks`). On request those that lie elsewhere are
brought onto the grid of T1w first (:mod:`napari_mrsr.mapping.registration`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy.typing as npt

from napari_mrsr.errors import ScanMissing
from napari_mrsr.mapping import registration
from napari_mrsr.mapping.brain_checks import CONTRASTS, QUESTIONS
from napari_mrsr.mapping.brain_tissue_check import TissueValue
from napari_mrsr.mapping.registration import Registered
from napari_mrsr.scan import Scan

__all__ = ["CONTRASTS", "QUESTIONS", "BrainMaps", "BrainScans", "check_given", "prepare", "together"]


@dataclass(frozen=True, eq=False)
class BrainScans:
    """Three images that fit together, and what a person should know of them, one line each.

    ``registered`` tells, by contrast, what was brought onto the grid of T1w, and how.
    """

    t1w: Scan
    t2w: Scan
    flair: Scan
    warnings: tuple[str, ...] = ()
    registered: Mapping[str, Registered] = field(default_factory=dict)

    @property
    def by_name(self) -> dict[str, Scan]:
        """The images by their contrast."""
        return dict(zip(CONTRASTS, (self.t1w, self.t2w, self.flair), strict=True))

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The images as acquired, each ``(i, j, k)``."""
        return tuple(scan.array[0] for scan in self.by_name.values())


@dataclass(frozen=True, eq=False)
class BrainMaps:
    """T1, T2 and M0 of a brain, why voxels have none, and what the maps say the images should look like.

    Parameters
    ----------
    t1, t2, m0
        One volume each: ms, ms, and relative (no proton density); NaN where there is no value.
    t1_reason, t2_reason
        :class:`~napari_mrsr.mapping.reasons.Reason` codes on the same grid. M0 has a value where T1 has one.
    synthesised, difference
        Images that the maps explain, in the unit of the acquired ones, and what they are above those.
    misfit
        Median modulus of that difference over the head, % of the image's scale.
    warnings
        What a reader must know, one line each.
    tissues
        Median T1 and T2 of each tissue beside the range that papers report.
    t1_uncertainty, t2_uncertainty
        Half-width of the interval of each voxel, ms (:mod:`napari_mrsr.trust.brain_intervals`); None where it was not
        asked for.
    """

    t1: Scan
    t2: Scan
    m0: Scan
    t1_reason: Scan
    t2_reason: Scan
    synthesised: Mapping[str, Scan] = field(default_factory=dict)
    difference: Mapping[str, Scan] = field(default_factory=dict)
    misfit: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    tissues: tuple[TissueValue, ...] = ()
    t1_uncertainty: Scan | None = None
    t2_uncertainty: Scan | None = None


def together(t1w: Scan | None, t2w: Scan | None, flair: Scan | None) -> BrainScans:
    """Return three images that fit together.

    Parameters
    ----------
    t1w, t2w, flair
        One volume each; None where there is none.

    Raises
    ------
    ScanMissing
        Not all three are there.
    WrongDimensions
        One has several volumes.
    MixedPatients
        They show different people.
    GeometryMismatch
        They lie on different grids, or in different frames of reference.
    ConstantImage
        One shows nothing.
    BadParameter
        One is of another contrast than it is offered as, or is no magnitude image.
    """
    given = dict(zip(CONTRASTS, (t1w, t2w, flair), strict=True))
    check_given(given)
    scans: dict[str, Scan] = {name: scan for name, scan in given.items() if scan is not None}
    warnings = [line for scan in scans.values() for line in scan.warnings]
    warnings += [line for ask in QUESTIONS.values() for line in ask(scans)]
    return BrainScans(scans["T1w"], scans["T2w"], scans["FLAIR"], tuple(dict.fromkeys(warnings)))


def prepare(
    t1w: Scan | None,
    t2w: Scan | None,
    flair: Scan | None,
    *,
    register: bool = False,
    progress: Callable[[float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> BrainScans:
    """Return three images that fit together, brought onto the grid of T1w where that is asked for.

    Parameters
    ----------
    t1w, t2w, flair
        One volume each; None where there is none.
    register
        Find how T2w and FLAIR lie to T1w, and bring them onto its grid. What moved is said in the warnings.
    progress
        Told the part that is done, 0 to 1.
    stop
        Asked whether to stop.

    Raises
    ------
    MissingDependency
        SimpleITK is needed and not installed.
    Stopped
        ``stop`` answered True.
    MrsrError
        As :func:`together` and :func:`napari_mrsr.mapping.registration.register` raise.
    """
    if not register:
        return together(t1w, t2w, flair)
    given = dict(zip(CONTRASTS, (t1w, t2w, flair), strict=True))
    check_given(given)
    scans = {name: scan for name, scan in given.items() if scan is not None}
    registration.require()
    for question in ("volumes", "person", "values"):
        QUESTIONS[question](scans)
    for name, scan in scans.items():  # headers and names; fluid is asked for when all lie on one grid
        QUESTIONS["contrasts"]({name: scan})
    fixed, found = scans.pop("T1w"), {}
    for n, (name, scan) in enumerate(scans.items()):

        def tell(done: float, first: float = n / len(scans)) -> None:
            if progress is not None:
                progress(first + done / len(scans))

        found[name] = registration.register(scan, fixed, name=name, progress=tell, stop=stop)
    return replace(together(fixed, found["T2w"].scan, found["FLAIR"].scan), registered=found)


def check_given(given: Mapping[str, Any]) -> None:
    """Raise ScanMissing unless there is something for each contrast."""
    missing = " and ".join(name for name in CONTRASTS if given.get(name) is None)
    if missing:
        raise ScanMissing(
            f"{missing} missing: T1, T2 and M0 come from T1w, T2w and FLAIR together",
            remedy=f"give {missing} too; two contrasts do not determine the maps",
        )

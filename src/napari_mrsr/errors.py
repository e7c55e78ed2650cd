"""What can go wrong that a person can put right.

Each error says in one line what is wrong, in which file, and what to do about it. The shell prints that line and
exits with :attr:`MrsrError.exit_code`; the docks show it as a banner. Anything that is not an :class:`MrsrError` is a
bug.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path


class MrsrError(Exception):
    """Something the person at the screen can put right.

    Parameters
    ----------
    what
        What is wrong, in a few words, lower case: ``"has no echo time"``.
    where
        The file, folder or layer that it was found in.
    remedy
        What to do about it: ``'give --te or a JSON sidecar with "EchoTime"'``.

    Examples
    --------
    >>> print(MissingParameter("has no echo time", where="knee_e2.nii.gz", remedy="give --te"))
    MissingParameter: knee_e2.nii.gz has no echo time; give --te
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str | PathLike[str] | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else Path(where)
        self.remedy = remedy
        super().__init__(what)

    @property
    def line(self) -> str:
        """The message without the name of the error."""
        place = f"{self.where} " if self.where is not None else ""
        cure = f"; {self.remedy}" if self.remedy else ""
        return " ".join(f"{place}{self.what}{cure}".split())

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.line}"


# -- reading ---------------------------------------------------------------------------------------
class NothingToRead(MrsrError):
    """The path does not exist, or the folder holds no scan."""


class UnreadableFile(MrsrError):
    """The file is not what its name says, is truncated or damaged."""


class MissingSlice(MrsrError):
    """A slice of the series is absent or stands twice."""


class MixedPatients(MrsrError):
    """One folder holds more than one patient."""


class SeveralSeries(MrsrError):
    """The folder holds several series; ``choices`` lists them as one line each."""

    def __init__(
        self,
        what: str,
        *,
        where: str | PathLike[str] | None = None,
        remedy: str | None = None,
        choices: tuple[str, ...] = (),
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.choices = choices


class WrongDimensions(MrsrError):
    """The image is not three- or four-dimensional."""


class NonFiniteVoxels(MrsrError):
    """Some voxels are NaN or infinite."""


class ConstantImage(MrsrError):
    """All voxels have the same value: there is nothing to see."""


class ScanMissing(MrsrError):
    """A scan that a saved review needs does not lie where it lay."""


class ScanChanged(MrsrError):
    """A scan is no longer what it was when the review was saved."""


# -- asking ----------------------------------------------------------------------------------------
class GeometryMismatch(MrsrError):
    """Two volumes that must share a grid do not."""


class MissingParameter(MrsrError):
    """An acquisition parameter that the computation needs is not known."""


class EchoesNeeded(MrsrError):
    """The map needs more echoes than the scan has."""


class AmbiguousAxis(MrsrError):
    """The slice axis cannot be told from the header or the spacing."""


class BadParameter(MrsrError):
    """A parameter lies outside what is possible."""


class UnknownMethod(MrsrError):
    """No method or recipe of that name."""


# -- weights ---------------------------------------------------------------------------------------
class WeightsMissing(MrsrError):
    """The weights of a method are not there."""


class WeightsCorrupt(MrsrError):
    """The weights do not match their sha256, or cannot be read."""


class UnsafeWeights(MrsrError):
    """The weights are a pickle, which can run code; only safetensors are read."""


# -- running and writing ---------------------------------------------------------------------------
class NotCalibrated(MrsrError):
    """Nothing is known of how far such a result may be off."""


class OutOfMemory(MrsrError):
    """Even the smallest tile does not fit."""


class OutputNotWritable(MrsrError):
    """The output folder is missing, read-only or full."""


class MissingDependency(MrsrError):
    """An optional library is not installed."""


class Stopped(MrsrError):
    """The person asked to stop."""

    exit_code = 130

"""Weights that were fine-tuned here: named files in the user's own folder, each bound to the planning scan it saw.

They lie in ``weights`` of :func:`napari_mrsr.files.user_state.state_folder`, one safetensors file each, whose name is
what the person called them. All else stands in the header that fine-tuning wrote: from which network, on which planning
scan (its fingerprint, nothing that names anybody), for which shares of k-space, and what it gained.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app.dynamic.series import percent
from napari_mrsr.errors import BadParameter, MrsrError, WeightsMissing
from napari_mrsr.files.atomic import not_writable
from napari_mrsr.files.user_state import state_folder
from napari_mrsr.networks import registry

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View

SUFFIX = ".safetensors"
#: What a name may consist of on every file system.
_ALLOWED = re.compile(r"[\w][\w .,()+-]{0,79}")


@dataclass(frozen=True)
class Own:
    """One file of fine-tuned weights.

    Parameters
    ----------
    path, architecture, made
        The file, the network it is for, and when it was made.
    record
        What its header says of the fine-tuning.
    """

    path: Path
    architecture: str
    made: datetime
    record: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the person called it."""
        return self.path.stem

    @property
    def fingerprint(self) -> str:
        """Of the planning scan: the same for the same voxels in the same place."""
        planning = self.record.get("planning", {})
        return str(planning.get("sha256", "")) if isinstance(planning, Mapping) else ""

    @property
    def levels(self) -> str:
        """The shares of k-space that it was fine-tuned for."""
        return ", ".join(percent(float(share)) for share in self.record.get("kspace", ()))

    @property
    def facts(self) -> dict[str, str]:
        """What a list shows of it: subject, date, gain."""
        return {
            "subject": self.fingerprint[:8] or "–",
            "date": f"{self.made:%d %b %H:%M}",
            "gain": f"{float(self.record.get('gain_db', 0.0)):+.2f} dB",
        }

    @property
    def line(self) -> str:
        """All of it in words."""
        facts = self.facts
        steps, seconds = int(self.record.get("steps", 0)), float(self.record.get("seconds", 0.0))
        before, after = (float(self.record.get(f"ssim_{when}", 0.0)) for when in ("before", "after"))
        return (
            f"{self.architecture} for {self.levels} of k-space, fine-tuned on planning scan {facts['subject']} on "
            f"{facts['date']}: {facts['gain']} and SSIM {before:.4f} to {after:.4f} on held-out slices after {steps} "
            f"steps in {seconds:.0f} s"
        )


class OwnWeights:
    """The list of fine-tuned weights, and which of them Run uses.

    Attributes
    ----------
    chosen
        The file that a series is sharpened with; None for the shipped weights.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.chosen: Path | None = None

    @property
    def folder(self) -> Path:
        """Where they lie; made where it is not there yet."""
        folder = state_folder() / "weights"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def all(self) -> list[Own]:
        """Return all, the latest first; a file that is none of these is passed over."""
        found = [read(path) for path in sorted(self.folder.glob(f"*{SUFFIX}")) if not path.name.startswith(".")]
        return sorted((own for own in found if own is not None), key=lambda own: own.made, reverse=True)

    def free_name(self, wanted: str) -> str:
        """Return a name that nothing is called yet.

        Raises
        ------
        BadParameter
            No file can be called so.
        """
        name = allowed(wanted)
        n = 2
        while self.path_of(name).exists():
            name, n = f"{allowed(wanted)} ({n})", n + 1
        return name

    def path_of(self, name: str) -> Path:
        """Return where weights of a name lie, or would."""
        return self.folder / f"{name}{SUFFIX}"

    def choose(self, path: Path | None) -> None:
        """Use these weights when a series is sharpened; None: the shipped ones."""
        if path is not None and not path.is_file():
            raise WeightsMissing("has no such file of weights", where=path, remedy="fine-tune again")
        self.chosen = path
        self.changed.emit()

    def rename(self, own: Own, name: str) -> Own:
        """Give weights another name.

        Raises
        ------
        BadParameter
            The name is taken, or no file can be called so.
        OutputNotWritable
            The folder does not allow it.
        """
        name = allowed(name)
        if name == own.name:
            return own
        path = self.path_of(name)
        if path.exists():
            raise BadParameter(f'weights called "{name}" are there already', remedy="choose another name")
        try:
            own.path.rename(path)
        except OSError as error:
            raise not_writable(path, error) from error
        if self.chosen == own.path:
            self.chosen = path
        self.changed.emit()
        return Own(path, own.architecture, own.made, own.record)

    def remove(self, own: Own) -> None:
        """Delete weights; results that were made with them stay.

        Raises
        ------
        OutputNotWritable
            The folder does not allow it.
        """
        try:
            own.path.unlink(missing_ok=True)
        except OSError as error:
            raise not_writable(own.path, error) from error
        if self.chosen == own.path:
            self.chosen = None
        self.changed.emit()


def allowed(name: str) -> str:
    """Return a name without blanks around it.

    Raises
    ------
    BadParameter
        No file can be called so.

    Examples
    --------
    >>> allowed(" liver, monday ")
    'liver, monday'
    """
    name = name.strip()
    if not _ALLOWED.fullmatch(name) or name.endswith("."):
        raise BadParameter(f'weights cannot be called "{name}"', remedy="use letters, digits, blanks and . , ( ) + - _")
    return name


def read(path: Path) -> Own | None:
    """Return what a file of fine-tuned weights says of itself; None where it is none, or is damaged."""
    try:
        header = registry.read_header(path)
        record = registry.fine_tuning_of(path)
        made = datetime.fromtimestamp(path.stat().st_mtime)
    except (MrsrError, OSError):
        return None
    return None if record is None else Own(path, header.get("architecture", ""), made, record)


_OWN: weakref.WeakKeyDictionary[View, OwnWeights] = weakref.WeakKeyDictionary()


def own_weights_of(view: View) -> OwnWeights:
    """Return the list of a view, made at the first call."""
    if view not in _OWN:
        _OWN[view] = OwnWeights()
    return _OWN[view]

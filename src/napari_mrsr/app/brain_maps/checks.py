"""Whether three pictures are fit to be mapped, in green, amber and red, before anything is computed.

Each question of :data:`napari_mrsr.mapping.brain_checks.QUESTIONS` is asked of what is there, so that a person sees all
that stands in the way at once and not one refusal after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_mrsr.app.brain_maps.choices import with_typed
from napari_mrsr.errors import GeometryMismatch, MrsrError
from napari_mrsr.files.checks import Check
from napari_mrsr.mapping.brain_checks import CONTRASTS, QUESTIONS
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.networks.map_conditions import MapConditions
    from napari_mrsr.trust.brain_range import Timing

#: What each answer is called, and what it says where nothing stands in the way.
TITLES = {
    "volumes": ("volumes", "one each"),
    "person": ("person", "nothing says that these are different people"),
    "grid": ("grid", "one for all"),
    "values": ("values", "magnitudes"),
    "contrasts": ("contrast", "as header and names tell it"),
}


@dataclass(frozen=True)
class Looked:
    """What was found.

    Parameters
    ----------
    checks
        A line each.
    missing
        Timings that no header tells.
    apart
        Whether the images lie on different grids, or apart, and nothing else: registration can help.
    """

    checks: tuple[Check, ...] = ()
    missing: tuple[Timing, ...] = ()
    apart: bool = False

    @property
    def refused(self) -> bool:
        """Whether maps cannot be made of these images."""
        return any(check.level == "bad" for check in self.checks)


def look(
    images: Mapping[str, Scan | None],
    conditions: MapConditions,
    *,
    typed: Mapping[tuple[str, str], float] | None = None,
    register: bool = False,
) -> Looked:
    """Look at the images that were chosen.

    Parameters
    ----------
    images
        By contrast; None where none was chosen.
    conditions
        What the weights hold good for.
    typed
        Timings that a person typed.
    register
        Whether they will be brought to one grid first, so that different ones are no obstacle.
    """
    from napari_mrsr.trust.brain_range import header_timings, out_of_range

    there = {name: scan for name in CONTRASTS if (scan := images.get(name)) is not None}
    checks = [_all_there(there)]
    apart = False
    for key, (title, good) in TITLES.items():
        if not there:
            break
        try:
            lines = QUESTIONS[key](there)
        except GeometryMismatch as error:
            apart = True
            text = f"{error.what[0].upper()}{error.what[1:]}" if not error.what.startswith("(") else error.what
            checks.append(Check(title, "warn" if register else "bad", _grid_line(text, register=register)))
        except MrsrError as error:
            checks.append(Check(title, "bad", _words(error)))
        else:
            checks += [Check(title, "warn", line) for line in lines] or [Check(title, "good", good)]
    missing = tuple(one for one in header_timings(there, conditions) if one.found is None)
    complete = {name: scan for name, scan in with_typed(there, typed or {}).items() if scan is not None}
    checks += _timings([one for one in header_timings(complete, conditions) if one.found is None], complete)
    checks += [Check("training", "warn", line) for line in out_of_range(complete, conditions)]
    return Looked(tuple(checks), missing, apart and len(there) == len(CONTRASTS))


def _all_there(there: Mapping[str, Scan]) -> Check:
    missing = [name for name in CONTRASTS if name not in there]
    if missing:
        return Check("scans", "bad", f"{' and '.join(missing)} missing: maps need T1w, T2w and FLAIR together")
    return Check("scans", "good", "T1w, T2w and FLAIR are there")


def _grid_line(text: str, *, register: bool) -> str:
    return f"{text}; {'will be registered to T1w' if register else 'tick register above'}"


def _words(error: MrsrError) -> str:
    return f"{error.what}; {error.remedy}" if error.remedy else error.what


def _timings(missing: Sequence[Timing], there: Mapping[str, Scan]) -> Iterator[Check]:
    if missing:
        told = ", ".join(one.words for one in missing)
        yield Check("timings", "warn", f"not in the headers: {told}. Type them below; else those of the training count")
    elif there:
        yield Check("timings", "good", "known")

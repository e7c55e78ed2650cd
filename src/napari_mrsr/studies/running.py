"""What every study does alike: go through a cohort one subject at a time, and on each through the methods.

A subject that cannot be used is named and left out, with nothing of it in the tables; a method that was not made for
its volumes is named and left out.

Beside its cohort and its settings every study takes

==============  ===============================================================================================
``kept``        where what is computed is kept, so that an interrupted study goes on where it was
``progress``    told the part that is done, 0 to 1, and what is done next
``stop``        asked whether to stop; the study ends with ``Stopped`` where it answers True
``provenance``  what else is to be written down: the command
==============  ===============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from napari_mrsr.errors import BadParameter, MrsrError, NothingToRead, Stopped
from napari_mrsr.studies.cohort import CohortOf, Subject

if TYPE_CHECKING:
    from napari_mrsr.networks.registry import Method

#: The methods of the tables, in their order, as far as they are installed; the first four are published.
METHODS = ("mrsr", "tricubic", "fourier", "scsr", "lean", "aplus")

#: Told the part done, 0 to 1, and what is being done.
Progress = Callable[[float, str], None]

T = TypeVar("T")
S = TypeVar("S")


def over_subjects(
    cohort: CohortOf[S], use: Callable[[S, str, Progress], T], progress: Progress | None = None
) -> tuple[list[T], dict[str, str]]:
    """Read the subjects of a cohort one after the other and use each.

    Parameters
    ----------
    cohort
        Whose scans.
    use
        Called with a subject, its name, and whom to tell of the progress with it, 0 to 1.
    progress
        Told the part of the cohort that is done, and what is done next.

    Returns
    -------
    list
        What ``use`` gave, in order.
    dict
        Why a subject was left out, by name.

    Raises
    ------
    NothingToRead
        The cohort is empty, or no subject of it could be used.
    Stopped
        Reading or using was stopped.
    """
    count = len(cohort.entries)
    if not count:
        raise NothingToRead(f"the cohort {cohort.name!r} holds no subject", remedy="give a folder with subjects")
    used: list[T] = []
    skipped: dict[str, str] = {}
    for number, entry in enumerate(cohort.entries):

        def told(part: float, what: str, number: int = number) -> None:
            if progress is not None:
                progress((number + part) / count, what)

        told(0.0, entry.name)
        try:
            used.append(use(entry.load(), entry.name, told))
        except Stopped:
            raise
        except (MrsrError, OSError) as error:
            skipped[entry.name] = error.line if isinstance(error, MrsrError) else str(error)
        else:
            told(1.0, f"{entry.name} done")
    if not used:
        name, why = next(iter(skipped.items()))
        raise NothingToRead(f"none of the {count} subjects of {cohort.name} can be used: {name}: {why}")
    return used, skipped


def over_methods(
    methods: Sequence[Method],
    subject: Subject,
    name: str,
    make: Callable[[Method, Callable[[float], None]], T],
    *,
    told: Progress,
    refused: dict[str, str],
) -> dict[str, T]:
    """Run methods on a subject, each of which is told with its share of the progress.

    Parameters
    ----------
    methods
        Which.
    subject, name
        On whom.
    make
        Called with a method and whom to tell the part of it that is done, 0 to 1.
    told
        Whom to tell the part of the subject.
    refused
        Takes down why a method was not run, by name.

    Returns
    -------
    dict
        What ``make`` gave, by method.
    """
    found: dict[str, T] = {}
    for number, method in enumerate(methods):
        label = f"{name}: {method.name}"
        told(number / len(methods), label)
        if method.echoes not in (None, subject.scan.volumes):
            refused[method.name] = f"made for {method.echoes} echoes, not {subject.scan.volumes}"
            continue

        def share(done: float, number: int = number, label: str = label) -> None:
            told((number + done) / len(methods), label)

        found[method.name] = make(method, share)
    return found


def choose(names: Sequence[str] | None) -> list[Method]:
    """Return the methods of some names, or those of the tables that are installed.

    Raises
    ------
    UnknownMethod
        No method of a name.
    BadParameter
        A name stands twice, or there is none.
    """
    from napari_mrsr.networks import registry

    if names is None:
        known = {method.name for method in registry.methods()}
        names = [name for name in METHODS if name in known]
    if not names or len(set(names)) < len(names):
        raise BadParameter("a method stands twice" if names else "no method is to be scored", remedy="name each once")
    return [registry.find(name) for name in names]


def told_of(
    cohort: CohortOf[S],
    used: Mapping[str, int],
    settings: Mapping[str, Any],
    methods: Mapping[str, Any],
    refused: Mapping[str, str],
    given: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what the provenance of every study tells.

    Parameters
    ----------
    cohort
        Whose scans.
    used
        How many of what were used, by what they are called.
    settings, methods
        How it was done, and what was scored.
    refused
        What was not run, and why.
    given
        What else is to be written down: the command.
    """
    return {
        **(given or {}),
        "Cohort": {"Name": cohort.name, **used, **cohort.origin},
        "Settings": dict(settings),
        "Methods": dict(methods),
        "Refused": dict(refused),
    }


def about(method: Method) -> dict[str, Any]:
    """Return what the provenance says of a method."""
    return {"kind": method.kind, "weights": method.file.name if method.file else None, "sha256": method.sha256}

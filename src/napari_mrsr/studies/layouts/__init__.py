"""How cohorts lie on the disk: one file a layout, each giving a cohort whose subjects are read one at a time.

Every layout has a ``find(folder)`` that returns the entries it sees, none where the folder is not laid out its way. The
layouts are asked in the order of :data:`LAYOUTS`, the most particular first.
"""

from __future__ import annotations

from pathlib import Path

from napari_mrsr.errors import NothingToRead, UnknownMethod
from napari_mrsr.studies.cohort import Cohort
from napari_mrsr.studies.layouts import bids, oai, phantoms, plain, skm_tea

#: By the name that ``--layout`` takes.
LAYOUTS = {"oai": oai, "skm-tea": skm_tea, "bids": bids, "plain": plain}

__all__ = ["LAYOUTS", "find_cohort", "oai", "phantoms"]


def find_cohort(folder: Path, layout: str | None = None) -> Cohort:
    """Return the cohort of a folder.

    Parameters
    ----------
    folder
        Where the scans lie.
    layout
        A name of :data:`LAYOUTS`; by default the first that sees a subject there.

    Raises
    ------
    NothingToRead
        There is no such folder, or no layout sees a subject in it.
    UnknownMethod
        No layout of that name.
    """
    if not folder.is_dir():
        raise NothingToRead("is no folder", where=folder, remedy="give the folder of a cohort")
    if layout is not None and layout not in LAYOUTS:
        raise UnknownMethod(f"no layout {layout!r}", remedy=f"choose one of {', '.join(LAYOUTS)}")
    for name in LAYOUTS if layout is None else (layout,):
        entries = LAYOUTS[name].find(folder)
        if entries:
            return Cohort(folder.resolve().name, tuple(entries), {"layout": name})
    tried = "any layout that is known" if layout is None else f"the layout {layout}"
    raise NothingToRead(
        f"holds no subject in {tried} ({', '.join(LAYOUTS)})",
        where=folder,
        remedy="see the guide, Studies, or give --layout",
    )

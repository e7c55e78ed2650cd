"""How certain the T2 of each painted region is, kept up to date with the table; see ``roi.certainty``.

Of a map of what was acquired the noise is that of its echoes. A super-resolved map has the noise of the scan that it
was made of, carried through; what cannot be determined in the acquired echoes cannot be in it either.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from napari_mrsr.roi.certainty import Refinement, certainty, with_certainty
from napari_mrsr.roi.rethickened import Rethickened, rethickened
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.app.events import Result
    from napari_mrsr.app.roi.region_cache import RegionCache
    from napari_mrsr.app.session import Session
    from napari_mrsr.trust import Trust


def certain_tables(
    session: Session,
    cache: RegionCache,
    tables: Mapping[str, pd.DataFrame],
    maps: Mapping[str, Scan],
    names: Mapping[int, str],
) -> dict[str, pd.DataFrame]:
    """Return the tables with the columns of :func:`napari_mrsr.roi.certainty.certainty`; those of no T2 as they are.

    Parameters
    ----------
    session
        Whose maps and results are behind the tables.
    cache
        Of the regions.
    tables, maps
        By role.
    names
        Of the labels.
    """
    import pandas as pd

    found = dict(tables)
    for role, table in tables.items():
        map = maps[role]
        result = _result_of(session, role)
        acquired = session.maps.get(_acquired_role(role, result))
        if map.quantity != "T2" or role == "truth" or acquired is None or table.empty:
            continue
        refinement = None if result is None else _refinement(result)
        judge = partial(certainty, map, acquired=acquired, refinement=refinement, names=names)
        of = (map, acquired, result)
        rows = [cache.row(label, f"certainty {role} {names.get(label, '')}", of, judge) for label in cache.regions]
        found[role] = with_certainty(table, pd.concat(rows, ignore_index=True))
    return found


def all_rethickened(cache: RegionCache, trust: Trust | None) -> dict[int, Rethickened]:
    """Return for each region how far re-thickened and acquired T2 lie apart; nothing without the layers of trust."""
    difference = None if trust is None else trust.t2_difference
    if difference is None:
        return {}
    return {
        label: cache.row(label, "re-thickened", (trust,), lambda region: rethickened(difference, region))
        for label in cache.regions
    }


def _result_of(session: Session, role: str) -> Result | None:
    """Return the super-resolved scan behind the map of a role; None where it is a map of what was acquired."""
    return session.result if role == "SR" else session.results.get(role)


def _acquired_role(role: str, result: Result | None) -> str:
    """Return the map of the scan that a map comes from."""
    if result is None:
        return role
    return "thick" if result.retrospective else "acquired"


def _refinement(result: Result) -> Refinement:
    return Refinement(result.scan, result.method, result.axis, result.source.shape[result.axis])

"""T2 maps of every super-resolution that was run on the open scan, so that methods stand side by side in the table.

The session keeps the maps of the latest result only; this remembers the super-resolved map of each, by method and
factor. Maps made with other T2 settings than the present ones are left out: their difference would not be that of the
methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.app.events import T2Settings
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View
    from napari_mrsr.mapping import T2Map


class MethodMaps:
    """Remembers super-resolved T2 maps while a scan is open.

    Parameters
    ----------
    view
        The view whose session makes the maps.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self._made: dict[str, tuple[Scan, T2Settings]] = {}
        view.session.opened.connect(self._forget)
        view.session.mapped.connect(self._remember)

    def others(self) -> dict[str, Scan]:
        """Return the maps of the methods before the latest one, by ``"method xfactor"``, in the order of running."""
        session = self.view.session
        now = None if session.result is None else key_of(session.result.method, session.result.factor)
        return {key: found for key, (found, made_with) in self._made.items() if key != now and made_with == session.t2}

    def all(self) -> dict[str, tuple[Scan, T2Settings]]:
        """Return every map that was made, with its settings, by ``"method xfactor"``."""
        return dict(self._made)

    def give_back(self, key: str, found: Scan, made_with: T2Settings) -> None:
        """Take a map of a saved review."""
        self._made[key] = (found, made_with)

    def _forget(self, _scan: Scan) -> None:
        self._made.clear()

    def _remember(self, role: str, found: T2Map) -> None:
        result = self.view.session.result
        if role == "SR" and result is not None and not result.partial:
            self._made[key_of(result.method, result.factor)] = (found.map, self.view.session.t2)


def key_of(method: str, factor: int) -> str:
    """Return what a result is called, as in ``session.results``.

    Examples
    --------
    >>> key_of("lean", 2)
    'lean x2'
    """
    return f"{method} x{factor}"

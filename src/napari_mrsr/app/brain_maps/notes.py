"""Whether the chosen images are fit to be mapped: found beside any running job, anew for every other choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app.brain_maps.checks import Looked, look
from napari_mrsr.app.brain_maps.choices import BrainSettings
from napari_mrsr.app.events import Event, Told
from napari_mrsr.app.jobs import Stop
from napari_mrsr.errors import MrsrError
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.session import Session
    from napari_mrsr.networks.map_conditions import MapConditions


class Notes:
    """What was found out about three images.

    Parameters
    ----------
    session
        Whose worker looks at them.

    Attributes
    ----------
    found
        What was found.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        self.session = session
        self.found = Looked()
        self._wanted: Any = None

    def ask(self, images: Mapping[str, Scan | None], settings: BrainSettings) -> None:
        """Look at images in the background, unless that was done."""
        asked = tuple(images.values()), settings.weights, settings.register, tuple(settings.typed.items())
        if self._wanted is not None and _same(asked, self._wanted):
            return
        self._wanted = asked

        def job(_stop: Stop) -> Iterator[Event]:
            conditions = conditions_for(settings)
            found = look(images, conditions, typed=settings.typed, register=settings.register)
            yield Told(self._take, (asked, found))

        self.session._run_beside(job)

    def forget(self) -> None:
        """Let go of the images: another scan was opened."""
        self.found, self._wanted = Looked(), None
        self.changed.emit()

    def _take(self, told: tuple[Any, Looked]) -> None:
        asked, found = told
        if asked is self._wanted:
            self.found = found
            self.changed.emit()


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return one[1:] == other[1:] and all(a is b for a, b in zip(one[0], other[0], strict=True))


def conditions_for(settings: BrainSettings) -> MapConditions:
    """Return what the chosen weights hold good for; the published conditions where they cannot be read."""
    from napari_mrsr.networks.map_conditions import MapConditions
    from napari_mrsr.networks.mapper import load
    from napari_mrsr.trust.brain_range import conditions_of

    try:
        return conditions_of(load(settings.which).settings, settings.which)
    except MrsrError:  # Run says what is the matter with them
        return MapConditions()

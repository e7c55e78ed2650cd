"""The tour: four steps on the sample knee, each in the dock where it happens; a step ends when it was done.

It is offered once, at the first start without a scan; whether it was is a preference, so that it can be had again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app.roi import regions

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View


@dataclass(frozen=True)
class Step:
    """A step of the tour.

    Attributes
    ----------
    title, text
        What to do, and what will be seen.
    dock
        Name of the dock where it is done.
    target
        Attribute of that dock: the button to press.
    """

    title: str
    text: str
    dock: str
    target: str


STEPS = (
    Step(
        "Open a scan",
        "Press Sample knee: a simulated dual-echo DESS knee with thick slices, whose truth is known. Later, drop your "
        "own DICOM folder here. The checks below say what a scan lacks.",
        "Study",
        "sample_button",
    ),
    Step(
        "Make it sharp",
        "Press Run. The slice on the screen comes first; scroll meanwhile. Stop keeps what is done. T2 maps follow.",
        "Process",
        "run_button",
    ),
    Step(
        "Look at both",
        "Hold K over the picture: it flicks between acquired and super-resolved, in one window. Trust maps show what "
        "the method added and where it disagrees with the measurement. F1 lists all keys.",
        "Review",
        "trust_button",
    ),
    Step(
        "Paint and measure",
        "Press New ROI and paint cartilage, or take the truth of the sample. The table follows the brush; Report at "
        "the bottom writes CSV, PDF and DICOM.",
        "ROI",
        "new_button",
    ),
)


class Tour:
    """Where a person is in the tour.

    Parameters
    ----------
    view
        The view whose session is toured.
    """

    changed = Signal()

    def __init__(self, view: View) -> None:
        self._view = view
        self._index: int | None = None
        self._offered = False
        session = view.session
        session.opened.connect(lambda _scan: self._did(0))
        session.refined.connect(lambda result: None if result.partial else self._did(1))
        view.look.looked.connect(lambda: self._did(2))
        view.viewer.layers.events.inserted.connect(self._inserted)

    @property
    def step(self) -> Step | None:
        """The step to do now; None while there is no tour."""
        return None if self._index is None else STEPS[self._index]

    @property
    def number(self) -> int:
        """Its number, from 1; 0 while there is no tour."""
        return 0 if self._index is None else self._index + 1

    def offer(self) -> None:
        """Begin at a first start: the tour was never had and nothing is open."""
        if not self._offered and self._view.preferences.show_tour and self._view.session.scan is None:
            self.begin()

    def begin(self) -> None:
        """Begin at the first step."""
        self._offered = True
        self._go(0)

    def forward(self) -> None:
        """Go to the next step, done or not; after the last the tour ends."""
        if self._index is not None:
            self._go(self._index + 1)

    def back(self) -> None:
        """Go to the step before."""
        if self._index:
            self._go(self._index - 1)

    def end(self, *, remember: bool = True) -> None:
        """End the tour; ``remember`` that it need not be offered again."""
        self._index, self._offered = None, True
        if remember:
            self._view.preferences.store("help", "show_tour", False)
        self.changed.emit()

    def _did(self, index: int) -> None:
        if self._index == index:
            self._go(index + 1)

    def _inserted(self, event: Any) -> None:
        if self._index == len(STEPS) - 1 and regions.is_roi(event.value):
            self.end()

    def _go(self, index: int) -> None:
        if index >= len(STEPS):
            self.end()
            return
        self._index = index
        self.changed.emit()

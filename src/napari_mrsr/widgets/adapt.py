"""One button that adapts the network to the open scan, and the curve of what it gains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app.adapting import adapting_of
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.dropping import push_button
from napari_mrsr.widgets.runs import run_and_stop
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.chart import Chart
    from napari_mrsr.widgets.process import ProcessDock

ABOUT = (
    "The slices of this scan are sharp in plane. Made thick, they teach the network for at most three minutes. What it "
    "learned is kept only if it does better on slices held out. What lies between the slices nobody measured."
)


class AdaptSection(Section):
    """Adapt the network to the open scan: button, Stop, curve, and what came of it."""

    dock: ProcessDock

    def __init__(self, dock: ProcessDock) -> None:
        super().__init__(dock, "Adapt to this scan")
        self.adapting = adapting_of(self.view)
        self.chart: Chart | None = None
        self.column.addWidget(note(ABOUT))
        about = "In the background, at most 3 minutes; for the method, factor and axis chosen above"
        self.button, self.stop_button, line = run_and_stop(
            "Adapt to this scan", about, self.adapt, self.session.stop, "Stop and keep the best so far"
        )
        self.column.addLayout(line)
        self.said = note()
        self.column.addWidget(self.said)
        self.forget_button = push_button("Use the network as it was", "Let go of the adapted network")
        self.forget_button.clicked.connect(lambda: self.adapting.forget())
        self.column.addWidget(self.forget_button)
        self.listen(self.adapting.changed, self.show_all)
        self.listen(self.session.job_changed, self.show_all)
        self.listen(self.session.opened, self.show_all)
        self.show_all()

    def adapt(self) -> None:
        """Adapt for what is chosen in the dock."""
        self.adapting.begin(self.dock.settings())

    def show_all(self, _event: Any = None) -> None:
        """Show the curve and what came of it; the card above follows."""
        running = self.session.running
        self.button.setEnabled(running is None and self.session.scan is not None)
        self.stop_button.setEnabled(running is not None and running.name == "Adaptation" and not running.stopping)
        found = self.adapting.found
        self.said.setText("" if found is None else _sentence(found.line))
        self.said.setVisible(found is not None)
        self.forget_button.setVisible(found is not None and found.is_better)
        self._draw()
        self.dock.show_card()

    def _draw(self) -> None:
        points = self.adapting.history
        if self.chart is None:
            if not points:
                return
            from napari_mrsr.widgets.chart import Chart

            self.chart = Chart(self.view, "step", "gain on held-out slices [dB]", legend_left=True)
            self.chart.plot.getAxis("left").enableAutoSIPrefix(False)  # thousandths of a decibel help nobody
            self.listen(self.view.viewer.events.theme, self.chart.dress)
            self.column.insertWidget(2, self.chart)
        self.chart.setVisible(bool(points))
        self.chart.clear()
        if points:
            steps, gains = np.array([p.step for p in points]), np.array([p.gain for p in points], float)
            self.chart.add_line("adapted", steps, gains)
            self.chart.add_line("as it was", steps[[0, -1]], np.zeros(2))


def _sentence(line: str) -> str:
    return line[:1].upper() + line[1:] + "."

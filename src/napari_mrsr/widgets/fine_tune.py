"""Fine-tuning on the planning scan: what to learn and how long, the curve while it learns, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from magicgui import widgets as mg
from qtpy.QtCore import QTimer

from napari_mrsr.app.dynamic.fine_tuning import METHODS, FineTuneSettings, fine_tuning_of, level_of
from napari_mrsr.app.dynamic.fitting import fit_of
from napari_mrsr.app.dynamic.planning import planning_of
from napari_mrsr.app.dynamic.series import FRACTIONS, is_series, percent
from napari_mrsr.app.estimates import in_words
from napari_mrsr.app.session import Banner
from napari_mrsr.widgets.banner import BannerBar
from napari_mrsr.widgets.dock import form_of, heading, note
from napari_mrsr.widgets.own_weights import OwnWeightsList
from napari_mrsr.widgets.runs import Runs
from napari_mrsr.widgets.section import Section

if TYPE_CHECKING:
    from napari_mrsr.widgets.chart import Chart
    from napari_mrsr.widgets.process import ProcessDock

ALL = "all three"
SHARES: dict[str, tuple[float, ...]] = {ALL: FRACTIONS, **{percent(share): (share,) for share in FRACTIONS}}
#: Least time between two drawings of the curve, ms.
PACE = 500
#: Losses are shown as the mean of this many steps: a single step says how hard its patches were.
SMOOTH = 20


class FineTuneSection(Runs, Section):
    """Fine-tune a network on the planning scan, watch it, and choose among the weights that came of it."""

    dock: ProcessDock

    def __init__(self, dock: ProcessDock) -> None:
        super().__init__(dock, "Fine-tune on the planning scan")
        self.planning = planning_of(self.view)
        self.tuning = fine_tuning_of(self.view)
        self.chart: Chart | None = None
        self._proposed = ALL
        self.which = note()
        self.column.addWidget(self.which)
        self.options = _options(self.view.preferences.device)
        self.column.addWidget(form_of(self.options))
        about = "In a process of its own; the series can be opened and sharpened meanwhile"
        keeps = "Stop and keep the best weights so far"
        self.buttons = self._run_part(about, self.begin, self.tuning.stop, text="Fine-tune", keeps=keeps)
        self.button = self.run_button
        self.column.addWidget(self.buttons)
        self.column.addWidget(heading("Fine-tuned weights"))
        self.weights = OwnWeightsList(self.view)
        self.column.addWidget(self.weights)
        self.fit = fit_of(self.view)
        self.unlike = BannerBar()
        self.column.addWidget(self.unlike)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PACE)
        self._soon.timeout.connect(self.show_progress)
        self.listen(self.planning.changed, self.show_planning)
        self.listen(self.session.opened, self.show_planning)
        for box in (dock.dynamic.input, dock.dynamic.fraction):
            box.currentIndexChanged.connect(self.show_planning)
        self.listen(self.tuning.changed, self.show_all)
        self.listen(self.tuning.went_on, self._later)
        self.listen(self.tuning.own.changed, self.weights.show_all)
        self.listen(self.fit.changed, self.show_fit)
        self.show_planning()
        self.weights.show_all()
        self.show_fit()

    def settings(self) -> FineTuneSettings:
        """Return what is chosen in the form."""
        o = self.options
        return FineTuneSettings(
            method=o.method.value,
            kspace=SHARES[o.level.value],
            minutes=float(o.minutes.value),
            name=o.weights_name.value.strip(),
            device=o.device.value,
        )

    def begin(self) -> None:
        """Fine-tune as chosen."""
        self.tuning.begin(self.settings())

    # -- showing ------------------------------------------------------------------------------------
    def show_planning(self, _event: Any = None) -> None:
        """Say which planning scan teaches, and propose the level of the series unless a person chose another."""
        scan = self.planning.scan
        if scan is None:
            self.which.setText("No planning scan is open: open one in the Study dock.")
        else:
            worst = [c for c in self.planning.checks if c.level != "good" and c.name != "series"]
            red = sum(c.level == "bad" for c in worst)
            words = "one check is not green" if len(worst) == 1 else f"{len(worst)} checks are not green"
            words += f", {red} red" if red else ""
            size = " x ".join(map(str, scan.shape))
            self.which.setText(
                f"Planning scan of {size} voxels" + (f"; {words}: see the Study dock." if worst else ".")
            )
            self.which.setToolTip("\n".join(f"{c.name}: {c.text}" for c in worst))
        level = level_of(scan, self.session.scan) or self._simulated()
        wanted = ALL if level is None else percent(level)
        if wanted != self._proposed and self.options.level.value == self._proposed:
            self.options.level.value = wanted
        self._proposed = wanted
        self.show_all()

    def _simulated(self) -> float | None:
        """Return the share of k-space to which the open series will be undersampled; None where it will not be."""
        return self.dock.dynamic.settings().fraction if is_series(self.session.scan) else None

    def show_all(self, _event: Any = None) -> None:
        """Show whether it learns, how far it is, and what came of it."""
        tuning = self.tuning
        self.button.setEnabled(not tuning.is_running and self.planning.scan is not None)
        self.stop_button.setEnabled(tuning.is_running and not tuning.is_stopping)
        self.progress.setVisible(tuning.is_running)
        self.show_progress()

    def show_fit(self) -> None:
        """Say in what the open series is not what the chosen weights are for."""
        lines = self.fit.lines
        text = "Not fine-tuned for this series. " + ". ".join(line[:1].upper() + line[1:] for line in lines) + "."
        self.unlike.show_banner(Banner("warn", text) if lines else None)

    def _later(self) -> None:
        """Draw soon: many points may come at once."""
        if not self._soon.isActive():
            self._soon.start()

    def show_progress(self) -> None:
        """Show curve, bar and what is said of it."""
        if not self.view.is_open:  # the timer may ring after the viewer is closed
            return
        tuning = self.tuning
        self.progress.setValue(round(1000 * tuning.part))
        text = tuning.said
        if tuning.is_running:
            latest = tuning.history[-1] if tuning.history else None
            text = "stopping…" if tuning.is_stopping else tuning.said or "starting the process…"
            if latest is not None and latest.part > 0.02 and not tuning.is_stopping:
                text += f", {in_words(latest.seconds * (1 - latest.part) / latest.part)} left"
            if tuning.best is not None:
                text += f". Best so far {tuning.best.gain:+.2f} dB, SSIM {tuning.best.ssim:.4f}"
        self.status.setText(text)
        self.status.setVisible(bool(text))
        self._draw()

    def _draw(self) -> None:
        points = self.tuning.history
        if self.chart is None:
            if not points:
                return
            from napari_mrsr.widgets.chart import Chart

            self.chart = Chart(self.view, "step", "loss", legend_left=False)
            for side in ("left", "right", "bottom"):
                self.chart.plot.getAxis(side).enableAutoSIPrefix(False)
            self.chart.legend.setOffset((-4, 60))  # the loss falls below it, SSIM rises above it
            self.listen(self.view.viewer.events.theme, self.chart.dress)
            self.buttons.layout().insertWidget(1, self.chart)
        self.chart.setVisible(bool(points))
        self.chart.clear()
        if not points:
            return
        learned = [p for p in points if p.step > 0 and np.isfinite(p.loss)]
        if learned:
            steps, losses = np.array([p.step for p in learned]), np.array([p.loss for p in learned])
            self.chart.add_line("loss", steps, smoothed(losses))
        judged = [p for p in points if p.ssim is not None]
        if judged:
            self.chart.name_axis("right", "SSIM, held out")
            values = np.array([p.ssim for p in judged], float)
            self.chart.add_line("SSIM", np.array([p.step for p in judged]), values, right=True)


def smoothed(losses: np.ndarray, width: int = SMOOTH) -> np.ndarray:
    """Return the mean of each loss and those before it, as many as are there up to a width.

    Examples
    --------
    >>> smoothed(np.array([4.0, 2.0, 0.0]), width=2)
    array([4., 3., 1.])
    """
    total = np.concatenate([[0.0], np.cumsum(losses)])
    first = np.maximum(np.arange(1, len(total)) - width, 0)
    last = np.arange(1, len(total))
    return np.asarray((total[last] - total[first]) / (last - first))


def _options(device: str) -> mg.Container:
    """Return the form, made from a typed function."""
    from magicgui import magicgui

    @magicgui(
        call_button=False,
        method={"choices": list(METHODS), "tooltip": "swift: for a CPU; unet: as published, for a GPU"},
        level={
            "choices": list(SHARES),
            "label": "k-space",
            "tooltip": "Shares of k-space that it learns to fill up; that of the series learns fastest",
        },
        minutes={"min": 0.5, "max": 600.0, "step": 1.0, "tooltip": "It ends after so long at most, judging included"},
        weights_name={
            "label": "name",
            "tooltip": "What the weights shall be called; empty: method and tuned",
        },
        device={"choices": ["auto", "cpu", "cuda"], "tooltip": "auto: the GPU if there is one"},
    )
    def options(
        method: str = "swift", level: str = ALL, minutes: float = 10.0, weights_name: str = "", device: str = device
    ) -> None: ...

    return options

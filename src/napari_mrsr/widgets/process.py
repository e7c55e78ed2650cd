"""The Process dock: choose a method and read its card, run it, stop it, map T2."""

from __future__ import annotations

import pathlib
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from magicgui import widgets as mg
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QPushButton, QWidget

from napari_mrsr.app import cards
from napari_mrsr.app.adapting import adapting_of
from napari_mrsr.app.dynamic.series import is_series
from napari_mrsr.app.events import Estimated, RefineSettings, T2Settings
from napari_mrsr.app.session import Running
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.acquisition_time import AcquisitionTimeSection
from napari_mrsr.widgets.adapt import AdaptSection
from napari_mrsr.widgets.banner import BannerBar
from napari_mrsr.widgets.brain_maps import BrainMapsSection
from napari_mrsr.widgets.dock import Dock, card_note, form_of, heading, note
from napari_mrsr.widgets.dynamic import DynamicSection
from napari_mrsr.widgets.fine_tune import FineTuneSection
from napari_mrsr.widgets.in_plane import InPlaneSection
from napari_mrsr.widgets.runs import Runs
from napari_mrsr.widgets.twin import TwinSection

AXES = {"slice axis": None, "axis i": 0, "axis j": 1, "axis k": 2}

#: Wait so long after the last change of a choice before estimating the time, ms.
SETTLE = 400


class ProcessDock(Runs, Dock):
    """Run super-resolution and T2 mapping in the background."""

    name = "Process"

    def __init__(self, napari_viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        self.slices_heading = heading("Super-resolution")
        self.body.addWidget(self.slices_heading)
        self.options = _refine_options(self.view.preferences.device)
        self.slices_form = form_of(self.options)
        self.body.addWidget(self.slices_form)
        self.card = card_note()
        self.body.addWidget(self.card)
        self.outside = BannerBar()
        self.body.addWidget(self.outside)
        self.estimate = note()
        self.body.addWidget(self.estimate)
        about = "Super-resolve in the background; the slice on the screen comes first"
        self.buttons = self._run_part(about, self.run, self.session.stop)
        self.body.addWidget(self.buttons)
        self.adapt = AdaptSection(self)
        self.body.addWidget(self.adapt)
        self.brain_maps = BrainMapsSection(self)
        self.body.addWidget(self.brain_maps)
        self.in_plane = InPlaneSection(self)
        self.body.addWidget(self.in_plane)
        self.twin = TwinSection(self, self.in_plane)
        self.body.addWidget(self.twin)
        self.dynamic = DynamicSection(self)
        self.body.addWidget(self.dynamic)
        self.fine_tune = FineTuneSection(self)
        self.body.addWidget(self.fine_tune)
        self.acquisition_time = AcquisitionTimeSection(self)
        self.body.addWidget(self.acquisition_time)
        self.t2_heading = heading("T2 map")
        self.body.addWidget(self.t2_heading)
        self.t2_options = _t2_options(self.session.t2)
        self.t2_form = form_of(self.t2_options)
        self.body.addWidget(self.t2_form)
        self.t2_button = QPushButton("Map T2")
        self.t2_button.setToolTip("T2 of the acquired echoes, and of the super-resolved ones if there are any")
        self.t2_button.clicked.connect(self.map_t2)
        self.body.addWidget(self.t2_button)
        self.body.addStretch(1)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE)
        self._settle.timeout.connect(self.ask_estimate)
        self.options.changed.connect(self._changed)
        self.t2_options.changed.connect(self._t2_changed)
        self.listen(self.session.opened, self.show_scan)
        self.listen(self.session.job_changed, self.show_job)
        self.listen(self.session.progressed, self.show_job)
        self.listen(self.session.estimated, self.show_estimate)
        self.show_scan(self.session.scan)
        self.show_job(self.session.running)
        self.view.saving.register("process", self.as_json, self.from_json)

    # -- choices ------------------------------------------------------------------------------------
    def settings(self) -> RefineSettings:
        """Return what is chosen in the form; weights adapted to the scan stand in for those they came from."""
        o = self.options
        chosen = RefineSettings(
            method=o.method.value,
            factor=int(o.factor.value),
            axis=AXES[o.axis.value],
            device=o.device.value,
            consistency=o.consistency.value,
            retrospective=o.simulate.value,
            maps=o.maps.value,
            weights=_path(o.weights.value),
        )
        return adapting_of(self.view).applied(chosen)

    def t2_settings(self) -> T2Settings:
        """Return what is chosen in the T2 form; a sequence parameter equal to the header's is not an override."""
        o = self.t2_options
        values = {name: getattr(o, name).value for name in _SEQUENCE}
        header = _from_header(self.session.scan)
        chosen = {name: v for name, v in values.items() if v > 0 and v != header.get(name)}
        return T2Settings(
            method=o.method.value,
            t1=o.t1.value,
            diffusivity=o.diffusivity.value * 1e-9,
            fat=o.leave_out_fat.value,
            fluid=o.leave_out_fluid.value,
            tissue=self.session.t2.tissue,
            **chosen,
        )

    def as_json(self) -> dict[str, Any]:
        """Return what is chosen in both forms, to be saved with a review; paths can tell whose it is and stay out."""
        forms = {"options": self.options, "t2": self.t2_options}
        return {name: {w.name: w.value for w in form if w.name != "weights"} for name, form in forms.items()}

    def from_json(self, content: dict[str, Any]) -> None:
        """Choose again what a review was saved with; what is not offered here is passed over."""
        for name, form in (("options", self.options), ("t2", self.t2_options)):
            for widget in form:
                with suppress(ValueError, KeyError, TypeError):
                    widget.value = content[name][widget.name]

    def _changed(self) -> None:
        self.show_card()
        self.estimate.setText("")
        self.outside.show_banner(None)
        if self.session.scan is not None and not is_series(self.session.scan):
            self._settle.start()

    def _t2_changed(self) -> None:
        self.session.t2 = self.t2_settings()

    # -- showing ------------------------------------------------------------------------------------
    def show_scan(self, scan: Scan | None) -> None:
        """Fill the form with what the header says."""
        header = _from_header(scan)
        with self.t2_options.changed.blocked():
            for name in _SEQUENCE:
                getattr(self.t2_options, name).value = header.get(name, 0.0)
        self.session.t2 = self.t2_settings()
        self._show_parts()
        self._changed()
        self.t2_button.setEnabled(scan is not None and self.session.running is None)
        self.run_button.setEnabled(scan is not None and self.session.running is None)
        if scan is None:
            self.status.setText("Open a scan in the Study dock first.")

    def _show_parts(self) -> None:
        """Show of a series what is for a series; slices made thinner and T2 are for other scans."""
        for widget in (
            self.slices_heading, self.slices_form, self.card, self.estimate, self.buttons,
            self.adapt, self.t2_heading, self.t2_form, self.t2_button,
        ):  # fmt: skip
            widget.setVisible(not is_series(self.session.scan))

    def show_card(self) -> None:
        """Show the card of what Run will use."""
        settings = self.settings()
        self.card.setText(cards.html(settings.method, settings.weights))

    def show_estimate(self, found: Estimated) -> None:
        """Show how long it will take, if that is still what is chosen."""
        if found.settings == self.settings():
            self.estimate.setText(found.text)
            self.outside.show_banner(cards.unlike(found.outside))
            if found.ok and found.settings.weights is None:
                self.card.setText(cards.html(found.method))

    def show_job(self, running: Running | None) -> None:
        """Show progress and time left."""
        ready = self.session.scan is not None
        self._show_running(running, None, ready=ready)
        self.t2_button.setEnabled(running is None and ready)
        if running is None:
            result = self.session.result
            done = result is not None and not result.partial and result.done >= 1.0
            self.status.setText(
                f"{result.method} x{result.factor} took {result.seconds:.1f} s" if done and result is not None else ""
            )

    # -- asking -------------------------------------------------------------------------------------
    def run(self) -> None:
        """Super-resolve as chosen."""
        self.session.refine(self.settings())

    def ask_estimate(self) -> None:
        """Find out how long it would take as chosen."""
        self.session.estimate(self.settings())

    def map_t2(self) -> None:
        """Map T2 as chosen."""
        self.session.map_t2(self.t2_settings())


_SEQUENCE = ("repetition_time", "echo_time", "flip_angle", "spoiler_moment", "spoiler_duration")


def _from_header(scan: Scan | None) -> dict[str, float]:
    """Return the sequence parameters that the header gives, rounded as the form shows them."""
    if scan is None:
        return {}
    a = scan.acquisition
    times = {"repetition_time": a.repetition_time, "echo_time": a.echo_times[0] if a.echo_times else None}
    known = {
        **times,
        "flip_angle": a.flip_angle,
        "spoiler_moment": a.spoiler_moment,
        "spoiler_duration": a.spoiler_duration,
    }
    return {name: round(float(value), _DECIMALS[name]) for name, value in known.items() if value is not None}


_DECIMALS = {"repetition_time": 3, "echo_time": 3, "flip_angle": 2, "spoiler_moment": 5, "spoiler_duration": 3}


def _path(chosen: Path | None) -> str | None:
    """Return a chosen file; None where the field is empty."""
    return None if chosen is None or str(chosen) in ("", ".") else str(chosen)


def _refine_options(device: str) -> mg.Container:
    """Return the form of super-resolution, made from a typed function."""
    from magicgui import magicgui

    @magicgui(
        call_button=False,
        labels=True,
        method={"choices": lambda _widget: cards.choices(), "tooltip": "auto: the best whose card covers the scan"},
        factor={"choices": [2, 3, 4], "tooltip": "So many fine slices from one"},
        axis={"choices": list(AXES), "tooltip": "Which voxel axis gets finer"},
        device={"choices": ["auto", "cpu", "cuda"], "tooltip": "auto: the GPU if there is one"},
        consistency={
            "choices": ["wiener", "hard", "none"],
            "tooltip": "How the result is held to what was measured; hard adds the noise of the measurement",
        },
        simulate={
            "text": "simulate thick slices from this scan",
            "tooltip": "Retrospective: thick slices are simulated, super-resolved and held against the open scan",
        },
        maps={"text": "map T2 afterwards", "tooltip": "Map T2 of both afterwards, where there are two echoes"},
        weights={
            "widget_type": "FileEdit",
            "filter": "Weights (*.safetensors)",
            "label": "own weights",
            "nullable": True,
            "tooltip": "A .safetensors file that `napari-mrsr train` wrote, in place of the shipped ones; empty: none",
        },
    )
    def options(
        method: str = "auto",
        factor: int = 2,
        axis: str = "slice axis",
        device: str = device,
        consistency: str = "wiener",
        simulate: bool = False,
        maps: bool = True,
        weights: "pathlib.Path | None" = None,  # noqa: UP037 - magicgui looks the type up by its full name
    ) -> None: ...

    return options


def _t2_options(t2: T2Settings) -> mg.Container:
    """Return the form of T2 mapping, made from a typed function."""
    from magicgui import magicgui

    header = {"tooltip": "From the header; 0: not known", "min": 0.0}

    @magicgui(
        call_button=False,
        method={
            "tooltip": "analytic: closed form without diffusion higher orders; epg: table inversion of the full model"
        },
        t1={"label": "T1 [ms]", "min": 1.0, "max": 10000.0, "step": 50.0, "tooltip": "T1 taken for the tissue"},
        diffusivity={"label": "D [10⁻⁹ m²/s]", "min": 0.0, "max": 5.0, "step": 0.05, "tooltip": "Cartilage: 1.25"},
        leave_out_fat={"text": "leave out fat"},
        leave_out_fluid={"text": "leave out fluid"},
        repetition_time={"label": "TR [ms]", "max": 20000.0, "step": 0.1, **header},
        echo_time={"label": "TE [ms]", "max": 1000.0, "step": 0.01, **header},
        flip_angle={"label": "flip [°]", "max": 180.0, "step": 1.0, **header},
        spoiler_moment={"label": "spoiler [mT s/m]", "max": 1.0, "step": 0.00001, **header},
        spoiler_duration={"label": "its duration [ms]", "max": 100.0, "step": 0.01, **header},
    )
    def options(
        method: Literal["analytic", "epg"] = t2.method,  # type: ignore[assignment]
        t1: float = t2.t1,
        diffusivity: float = t2.diffusivity * 1e9,
        leave_out_fat: bool = t2.fat,
        leave_out_fluid: bool = t2.fluid,
        repetition_time: float = 0.0,
        echo_time: float = 0.0,
        flip_angle: float = 0.0,
        spoiler_moment: float = 0.0,
        spoiler_duration: float = 0.0,
    ) -> None: ...

    return options

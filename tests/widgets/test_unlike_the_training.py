"""The Process dock says in amber, before Run, where the scan is unlike what the method was trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from napari_mrsr.app import cards
from napari_mrsr.app.events import Estimated
from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from napari_mrsr.trust import Trust, intervals, trust
from napari_mrsr.widgets.process import ProcessDock


def test_the_banner_comes_with_the_estimate_and_goes_with_the_next_choice(view: View, scan: Scan, qtbot: Any) -> None:
    dock = ProcessDock(view.viewer)
    qtbot.addWidget(dock)
    view.session.adopt(scan, None, ())
    far = ("slices of 6 mm: lean was trained for 0.62 to 3 mm at x2",)
    dock.show_estimate(Estimated(dock.settings(), 10.0, "about 10 s", method="lean", outside=far))
    assert not dock.outside.isHidden()
    assert "slices of 6 mm" in dock.outside.text.text()
    dock.options.factor.value = 3
    assert dock.outside.isHidden()


def test_the_card_says_what_a_method_was_trained_for() -> None:
    text = cards.html("lean")
    assert "in plane" in text
    assert "signal to noise" in text
    assert cards.unlike(()) is None


def test_the_interval_is_a_layer_in_units_of_the_image(view: View, scan: Scan) -> None:
    view.session.adopt(scan, None, ())
    fine = replace(scan, array=np.repeat(scan.array, 2, axis=3), affine=scan.affine @ np.diag([1, 1, 0.5, 1]))
    known = intervals.Calibration("lean", 2, "", 0.9, 1e-5, 0.03, 1.0, 2.3, 54)
    found: Trust = trust(scan, fine, factor=2, axis=2)
    width = intervals.half_width(scan, fine, known, axis=2)
    summary = found.summary | {"interval_coverage": 0.9}
    view.session.trusted.emit(replace(found, interval=width, summary=summary))
    layer = view.layer("S1 interval (90%) half-width [a.u.]")
    assert layer is not None
    assert not layer.visible
    assert layer.metadata["mrsr"]["role"] == "trust"
    assert np.nanmax(layer.data) == np.float32(width.array[0].max())

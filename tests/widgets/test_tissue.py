"""T1 by region in the ROI dock: tissue from names, other values, and T2 mapped again by a press."""

from __future__ import annotations

from typing import Any

import pytest

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.roi.region_names import add_region
from napari_mrsr.app.viewing import View
from napari_mrsr.physics.tissues import TISSUES
from napari_mrsr.scan import Scan
from napari_mrsr.widgets.roi import RoiDock
from napari_mrsr.widgets.tissue import AS_ALL, OWN


@pytest.fixture
def dock(qtbot: Any, view: View, scan: Scan) -> RoiDock:
    """An ROI dock with cartilage and a meniscus painted, its section open."""
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    made = RoiDock(view.viewer)
    qtbot.addWidget(made)
    made.new_roi()
    made.layer.data[8:14, 7:12, 5:9] = 1
    made.layer.data[8:14, 7:12, 14:18] = add_region(made.layer, "medial meniscus")
    made.measure()
    made.tissue.expand(animate=False)
    return made


def mean(dock: RoiDock, label: int) -> float:
    assert dock.measurement is not None
    return float(dock.measurement.statistics["acquired"].set_index("label")["mean"][label])


def test_names_tell_the_tissue_and_its_source_and_cartilage_stays_with_the_process_dock(dock: RoiDock) -> None:
    rows = dock.tissue.rows
    assert rows[1][0].currentText() == AS_ALL
    assert not rows[1][1].isEnabled()
    meniscus, t1 = rows[7]
    assert (meniscus.currentText(), t1.value()) == ("meniscus", TISSUES["meniscus"].t1)
    assert "Rauscher 2008" in meniscus.toolTip()
    assert dock.tissue.chosen() == {7: 1000.0}


def test_a_press_maps_t2_again_says_so_and_another_takes_it_back(dock: RoiDock) -> None:
    before = mean(dock, 7), mean(dock, 1)
    dock.tissue.apply_button.click()
    dock.measure()
    assert mean(dock, 7) > before[0]
    assert mean(dock, 1) == pytest.approx(before[1])
    assert "medial meniscus 1000 ms; 1200 ms elsewhere" in dock.tissue.told.text()
    dock.tissue.reset_button.click()
    dock.measure()
    assert mean(dock, 7) == pytest.approx(before[0])
    assert "1200 ms everywhere" in dock.tissue.told.text()
    assert not dock.tissue.reset_button.isEnabled()


def test_a_typed_number_is_a_value_of_ones_own_and_stays_when_more_is_painted(dock: RoiDock) -> None:
    dock.tissue.rows[7][1].setValue(870.0)
    assert dock.tissue.rows[7][0].currentText() == OWN
    dock.layer.data[8:14, 7:12, 10:12] = 3
    dock.tissue.renew()
    assert dock.tissue.chosen() == {7: 870.0}
    assert sorted(dock.tissue.rows) == [1, 3, 7]

"""The part of the Process dock that maps a brain from three scans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from qtpy.QtWidgets import QLabel

from napari_mrsr.app.viewing import View
from napari_mrsr.files import write_nifti
from napari_mrsr.widgets import brain_maps
from napari_mrsr.widgets.brain_maps import BrainMapsSection
from napari_mrsr.widgets.method_chooser import FILE
from napari_mrsr.widgets.process import ProcessDock
from napari_mrsr.widgets.roi import RoiDock
from tests.app.conftest import dess
from tests.three_contrasts import ball, small_weights, three


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small weights."""
    return small_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def section(qtbot: Any, view: View, weights: Path, monkeypatch: pytest.MonkeyPatch) -> BrainMapsSection:
    """The section; nothing is shipped, a file of one's own is chosen."""
    monkeypatch.setattr(brain_maps, "shipped", list)
    dock = ProcessDock(view.viewer)
    qtbot.addWidget(dock)
    dock.brain_maps.weights.take(str(weights))
    dock.brain_maps.motion.setChecked(False)  # a ball cannot be seen to turn
    return dock.brain_maps


def put(view: View, *scans: Any) -> None:
    view.session.adopt(scans[0])
    for scan in scans[1:]:
        view.brain_maps.put_beside(scan)


def said(section: BrainMapsSection) -> str:
    return "\n".join(label.text() for label in section.checks.findChildren(QLabel))


def test_a_knee_leaves_it_folded_and_three_contrasts_unfold_it_chosen(view: View, section: BrainMapsSection) -> None:
    put(view, dess())
    assert not section.isExpanded()
    found = three()
    put(view, found["T2w"], found["FLAIR"], found["T1w"])
    assert section.isExpanded()
    assert {name: box.currentText() for name, box in section.choosers.items()} == {
        "T1w": "T1w (acquired)",
        "T2w": "T2w (acquired)",
        "FLAIR": "FLAIR (acquired)",
    }
    assert "✗" not in said(section)


def test_a_choice_by_hand_stays_and_is_checked_at_once(view: View, section: BrainMapsSection) -> None:
    put(view, *three().values())
    box = section.choosers["T1w"]
    box.setCurrentText("FLAIR (acquired)")
    box.activated.emit(box.currentIndex())
    assert "is FLAIR and was offered as T1w" in said(section)
    view.brain_maps.put_beside(ball("T2w", seed=5))
    assert box.currentText() == "FLAIR (acquired)"


def test_without_shipped_weights_it_says_so_calmly_and_offers_a_file(view: View, section: BrainMapsSection) -> None:
    section.weights.files.clear()
    section.weights.take(None)
    put(view, *three().values())
    assert section.weights.currentText() == FILE
    assert section.no_weights.text.text().startswith("i  This version ships no weights")
    assert not section.run_button.isEnabled()


def test_fields_for_missing_timings_name_the_default_and_stay_when_filled(
    view: View, section: BrainMapsSection
) -> None:
    put(view, *three(timings=False).values())
    field = section.fields["T1w", "inversion_time"]
    assert field.text() == "900, as in the training"
    assert "TI of T1w (900 ms)" in said(section)
    field.setValue(1100.0)
    assert "TI of T1w" not in next(line for line in said(section).split("\n") if "not in the headers" in line)
    assert "T1w has a TI of 1100 ms" in said(section)
    assert section.fields["T1w", "inversion_time"] is field
    section.run_button.click()
    result = view.brain_maps.result
    assert result is not None
    assert result.maps is not None
    assert any("TR of T2w" in line and "assumed" in line for line in result.maps.warnings)


def test_run_maps_and_tells_and_the_roi_dock_measures(qtbot: Any, view: View, section: BrainMapsSection) -> None:
    roi = RoiDock(view.viewer)
    qtbot.addWidget(roi)
    put(view, *three().values())
    section.run_button.click()
    assert "Images synthesised from the maps are off by T1w" in section.status.text()
    assert not section.tissues.isHidden()
    roi.new_button.click()
    roi.layer.data[:, 8:12, 4:12] = 1
    roi.measure()
    assert roi.measurement is not None
    assert roi.tables.all_heading.text() == "All regions, mean T1 and T2 [ms]"
    assert roi.measurement.statistics.keys() == {"T1", "T2"}
    assert roi.tables.one.isHidden() is False


def test_a_folder_that_is_dropped_here_joins_what_is_open(
    view: View, section: BrainMapsSection, tmp_path: Path
) -> None:
    found = three()
    put(view, found["T1w"])
    for name in ("T2w", "FLAIR"):
        write_nifti(found[name], tmp_path / f"{name}.nii.gz")
    section.open([tmp_path])
    assert view.session.scan is found["T1w"]
    assert all(one is not None for one in section.chosen().values())


def test_what_cannot_be_mapped_is_a_banner_and_nothing_is_lost(view: View, section: BrainMapsSection) -> None:
    put(view, ball("T1w"), ball("T2w"))
    section.run_button.click()
    assert view.session.banner is not None
    assert view.session.banner.level == "bad"
    assert "FLAIR missing" in section.dock.banner.text.text()
    assert [layer.name for layer in view.viewer.layers] == ["T1w (acquired)", "T2w (acquired)"]

"""Edges carry the letters of the patient, also when the axes are turned."""

from __future__ import annotations

from napari.components import ViewerModel

from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan


def edges(viewer: ViewerModel) -> dict[str, str]:
    """Return the letters that are seen."""
    shown = {edge: viewer.canvas.overlays[f"mrsr_{edge}"] for edge in ("top", "bottom", "left", "right")}
    return {edge: overlay.text for edge, overlay in shown.items() if overlay.visible}


def test_a_sagittal_slice_has_anterior_on_the_left_and_superior_on_top(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    assert edges(view.viewer) == {"top": "S", "bottom": "I", "left": "A", "right": "P"}


def test_turned_to_an_axial_slice_the_right_of_the_patient_is_on_the_left(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.viewer.dims.order = (1, 2, 0)  # rows from front to back, columns from right to left
    assert edges(view.viewer) == {"top": "A", "bottom": "P", "left": "R", "right": "L"}


def test_there_are_no_letters_in_three_dimensions(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.viewer.dims.ndisplay = 3
    assert edges(view.viewer) == {}


def test_the_title_names_what_is_seen_from_the_top_down(view: View, scan: Scan) -> None:
    from napari_mrsr.app.events import RefineSettings

    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))
    title = view.viewer.canvas.overlays["mrsr_title"]
    assert title.text == "S1 SR x2 [tricubic]"
    view.layer("T2 [ms] (SR)").visible = True
    assert title.text == "T2 [ms] (SR)\nS1 SR x2 [tricubic]"

"""The ROI of a viewer is divided, measured on every map, and shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.app.events import T2Settings
from napari_mrsr.app.roi import cartilage_layers, regions
from napari_mrsr.app.roi.cartilage import disagreement, regions_for_reading
from napari_mrsr.app.viewing import View
from napari_mrsr.errors import MissingParameter
from napari_mrsr.roi.cartilage import region_of
from tests.app.condyles import two_condyles


@pytest.fixture
def painted(view: View):  # type: ignore[no-untyped-def]
    """A view with a T2 map and an ROI of the cartilage of two condyles, named without a side."""
    scan, inside = two_condyles()
    view.session.adopt(scan)
    view.session.map_t2(T2Settings(method="epg"))
    layer = regions.new_roi(view)
    regions.name_regions(layer, {1: "femoral cartilage"})
    assert view.frame is not None
    layer.data[view.frame.to_screen(inside)] = 1
    return layer


def test_regions_of_the_roi_have_the_t2_of_their_layer(view: View, painted) -> None:  # type: ignore[no-untyped-def]
    result = view.cartilage.find(painted, side="right")
    assert view.cartilage.result is result
    assert list(result.tables) == ["acquired"]
    wide = regions_for_reading(result, "acquired")
    assert list(wide.columns) == ["deep", "superficial", "total", "mm", "voxels"]
    assert list(wide.index) == [
        "medial anterior", "medial central", "medial posterior", "medial",
        "lateral anterior", "lateral central", "lateral posterior", "lateral", "all",
    ]  # fmt: skip
    assert (wide["deep"] < 36).all()
    assert (wide["superficial"] > 44).all()
    np.testing.assert_allclose(wide["mm"], 4.0, atol=0.4)
    assert wide.loc["all", "voxels"] == wide.loc[["medial", "lateral"], "voxels"].sum()


def test_sub_regions_and_thickness_are_layers_in_place_with_names(view: View, painted) -> None:  # type: ignore[no-untyped-def]
    result = view.cartilage.find(painted, side="right", layers=3)
    layer = cartilage_layers.show_regions(view, result)
    assert layer.metadata["mrsr"]["role"] == "regions"
    assert not regions.is_roi(layer)
    assert tuple(layer.units) == tuple(painted.units)
    np.testing.assert_array_equal(layer.data > 0, painted.data > 0)
    names = dict(zip(layer.features["index"], layer.features["name"], strict=True))
    assert {int(n) for n in np.unique(layer.data)} <= {0, *names}
    for number in np.unique(layer.data[layer.data > 0]):
        assert "medial" in names[int(number)] or region_of(int(number)).compartment == 2
    # medial of a right knee is towards the patient's left: later slices on the screen run there
    first = names[int(layer.data[layer.data.any(axis=(1, 2))][0].max())]
    assert "lateral" in first
    shades = [layer.colormap.color_dict[n] for n in sorted(names)[:3]]
    assert shades[0][:3].sum() < shades[1][:3].sum() < shades[2][:3].sum()
    thickness = cartilage_layers.show_thickness(view, result)
    assert thickness.name == "Thickness [mm]"
    assert thickness.colorbar.visible
    assert np.nanmedian(thickness.data) == pytest.approx(4.0, abs=0.3)
    assert thickness in view.maps.found()


def test_dosma_has_no_thickness_and_says_so(view: View, painted) -> None:  # type: ignore[no-untyped-def]
    result = view.cartilage.find(painted, side="right", definition="dosma")
    assert result.thickness is None
    assert result.unrolled().along == "degrees"
    with pytest.raises(MissingParameter, match="true depth"):
        cartilage_layers.show_thickness(view, result)


def test_a_side_that_does_not_fit_is_said(view: View, painted) -> None:  # type: ignore[no-untyped-def]
    assert view.session.scan is not None
    right = view.cartilage.find(painted, side="right")
    assert right.laterality.side == "right"
    assert disagreement(right) is None
    left = view.cartilage.find(painted, side="left")
    assert disagreement(left) == "left knee was chosen, but " + right.laterality.reason
    unsure = view.cartilage.find(painted, side=None)
    assert any("left half and right half" in note for note in unsure.notes)


def test_the_unrolled_map_is_written(view: View, painted, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MissingParameter, match="Regions of this ROI"):
        view.cartilage.save_unrolled(tmp_path / "flat.png")
    view.cartilage.find(painted, side="right")
    assert {p.name for p in view.cartilage.save_unrolled(tmp_path / "flat.png")} == {"flat.png", "flat.csv"}


def test_another_scan_forgets_the_regions_of_this_one(view: View, painted) -> None:  # type: ignore[no-untyped-def]
    view.cartilage.find(painted, side="right")
    view.session.adopt(two_condyles()[0])
    assert view.cartilage.result is None


def test_without_an_roi_or_a_scan_the_remedy_is_said(view: View) -> None:
    with pytest.raises(MissingParameter, match="New ROI"):
        view.cartilage.find(None, side=None)
    assert view.cartilage.laterality().side is None

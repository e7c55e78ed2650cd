"""The real dual-echo DESS knee, from its DICOM folder to layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_mrsr.app.events import T2Settings
from napari_mrsr.app.viewing import View


def test_the_real_knee_stands_upright_with_its_patella_in_front_and_its_t2_is_that_of_cartilage(
    view: View, real_data: Path
) -> None:
    session = view.session
    session.open([real_data / "knee" / "qdess_lateral"])
    assert session.scan is not None
    assert session.scan.names == ("S1", "S2")
    assert not [check.text for check in session.checks if check.level == "bad"]
    layer = view.layer("S1 (acquired)")
    assert layer.data.shape == (38, 512, 512)
    np.testing.assert_allclose(layer.scale, (1.5, 0.3125, 0.3125), rtol=1e-4)
    assert layer.axis_labels == ("R→L", "S→I", "A→P")
    middle = layer.data[19]
    front, back = middle[:, :60].mean(), middle[:, -60:].mean()
    assert front < back  # air in front of the knee cap, muscle behind
    session.map_t2(T2Settings())
    t2 = session.maps["acquired"].map.array
    assert 25 < float(np.nanmedian(t2)) < 50

"""The table of regions: totals, empty regions, other plates, and the phantom's own layers as truth."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms import LABELS, knee
from napari_mrsr.phantoms.phantom import KneePhantom
from napari_mrsr.roi import statistics
from napari_mrsr.roi.cartilage import divide, regional_statistics
from napari_mrsr.roi.cartilage.table import COLUMNS
from napari_mrsr.scan import Scan
from tests.roi.cartilage.shapes import NAMES, affine_of, condyle


@pytest.fixture(scope="module")
def phantom() -> KneePhantom:
    """The joint of a healthy right knee."""
    return knee(
        4,
        shape=(120, 110, 52),
        spacing=(0.6, 0.6, 1.4),
        centre=(0.0, 4.0, 8.0),
        noise=False,
        diseased=False,
        side="right",
    )


def rows(table, layer: str = "total"):  # type: ignore[no-untyped-def]
    return table[table["layer"] == layer].set_index("region")


def test_totals_are_those_of_the_labels(phantom: KneePhantom) -> None:
    names = {2: LABELS[2], 3: LABELS[3]}
    table = regional_statistics(phantom.t2, divide(phantom.labels, names, side="right"))
    assert tuple(table.columns) == COLUMNS
    only = phantom.labels.after("femoral", np.isin(phantom.labels.array, (2, 3)) * phantom.labels.array)
    plain = statistics(phantom.t2, only).set_index("label")
    for label, place in ((2, "medial"), (3, "lateral")):
        for column in ("n", "volume_mm3", "mean", "sd", "median", "p5", "p95"):
            assert rows(table).loc[place, column] == pytest.approx(plain.loc[label, column])
    assert table.attrs["unit"] == "ms"
    parts = table[
        table["region"].isin([f"{c} {p}" for c in ("medial", "lateral") for p in ("anterior", "central", "posterior")])
    ]
    for layer in ("deep", "superficial", "total"):
        assert rows(parts, layer)["n"].sum() == rows(table, layer).loc["all", "n"]


def test_true_depth_finds_the_layers_that_the_knee_was_simulated_with(phantom: KneePhantom) -> None:
    agreement = {}
    names = {n: name for n, name in LABELS.items() if n in (2, 3)}
    truth = phantom.layers.array[0]
    for definition in ("thickness", "dosma"):
        found = divide(phantom.labels, names, side="right", definition=definition)  # type: ignore[arg-type]
        number = found.labels.array[0]
        inside = (number > 0) & (truth > 0)
        agreement[definition] = float((np.clip((number[inside] - 1) % 6, 0, 1) + 1 == truth[inside]).mean())
    assert agreement["thickness"] > 0.90
    assert agreement["thickness"] > agreement["dosma"] + 0.02


def test_the_notch_is_where_the_phantom_changes_from_medial_to_lateral(phantom: KneePhantom) -> None:
    merged = phantom.labels.after("one plate", np.isin(phantom.labels.array, (2, 3)).astype(np.uint8))
    found = divide(merged, NAMES, side="right")
    said = (found.labels.array[0] - 1) // 24
    truth = phantom.labels.array[0] - 1
    inside = merged.array[0] > 0
    assert (said[inside] == truth[inside]).mean() > 0.97


def test_thickness_is_near_that_of_the_anatomy(phantom: KneePhantom) -> None:
    from napari_mrsr.phantoms.anatomy import Anatomy
    from napari_mrsr.phantoms.settings import load

    found = divide(phantom.labels, {2: LABELS[2], 3: LABELS[3]}, side="right")
    assert found.thickness is not None
    affine = phantom.labels.affine
    y, z, x = (
        affine[r, 3] + affine[r, a] * np.arange(n)
        for r, a, n in zip((1, 2, 0), range(3), phantom.labels.shape, strict=True)
    )
    fields = Anatomy(phantom.subject, load()).fields((y, z, x - 85.0))  # 85 mm from the mid-line
    truth = fields["femoral thickness"] * phantom.subject.size.mean()
    middle = np.isfinite(found.thickness.array[0]) & (fields["femoral cover"] > 6)  # away from the rim
    error = found.thickness.array[0][middle] - truth[middle]
    assert abs(np.median(error)) < 0.25
    assert np.percentile(np.abs(error), 90) < 0.8


def test_other_plates_have_their_own_parts(phantom: KneePhantom) -> None:
    names = {n: name for n, name in LABELS.items() if "cartilage" in name}
    table = regional_statistics(phantom.t2, divide(phantom.labels, names, side="right"))
    assert list(table["plate"].unique()) == ["femoral", "tibial", "patellar"]
    assert set(table[table["plate"] == "patellar"]["region"]) == {"all"}
    tibial = rows(table[table["plate"] == "tibial"])
    thirds = tibial.loc[["medial anterior", "medial central", "medial posterior"], "n"]
    assert thirds["medial central"] > thirds["medial anterior"] > 0  # an oval plateau is widest in the middle
    for plate in ("femoral", "tibial", "patellar"):
        own = table[(table["plate"] == plate) & (table["region"] == "all")].set_index("layer")["mean"]
        assert own["superficial"] > own["deep"] + 8  # ms: 1.22 against 0.78 of some 36 ms


def test_dosma_halves_each_column_of_tibial_cartilage() -> None:
    array = np.zeros((20, 20, 12), np.uint8)
    array[4:16, 8:12, 3:9] = 1  # four voxels from above (j rises downwards) to below
    found = divide(Scan(array, affine_of((1.0, 1.0, 2.0))), {1: "lateral tibial cartilage"}, definition="dosma")
    layer = (found.labels.array[0, 10, 8:12, 5] - 1) % 6
    np.testing.assert_array_equal(layer, [1, 1, 0, 0])  # superficial is above


def test_an_empty_region_has_a_row_and_is_named() -> None:
    labels, _ = condyle((0.6, 0.6, 1.5))
    array = labels.array[0].copy()
    array[: array.shape[0] // 2 + 6] = 0  # nothing in front
    found = divide(Scan(array, labels.affine), {1: "medial femoral cartilage"})
    t2 = Scan(np.full(array.shape, np.nan), labels.affine, unit="ms")
    t2.array[0, ..., ::2] = 30.0
    table = regional_statistics(t2, found)
    empty = rows(table).loc["medial anterior"]
    assert (empty["n"], empty["volume_mm3"]) == (0, 0.0)
    assert np.isnan(empty["mean"])
    assert "medial anterior femoral cartilage, deep: no voxel" in table.attrs["warnings"]
    assert 40 < rows(table).loc["medial posterior", "invalid_percent"] < 60


def test_bad_input_is_refused_with_a_remedy() -> None:
    nothing = Scan(np.zeros((8, 8, 8), np.uint8), np.eye(4))
    with pytest.raises(BadParameter, match="nothing is painted"):
        divide(nothing, NAMES)
    one = Scan(np.ones((8, 8, 8), np.uint8), np.eye(4))
    with pytest.raises(BadParameter, match=r"no label is named as cartilage \(1 lateral meniscus\)"):
        divide(one, {1: "lateral meniscus"})
    dot = np.zeros((8, 8, 8), np.uint8)
    dot[4, 4, 4] = 1
    with pytest.raises(BadParameter, match="too small"):
        divide(Scan(dot, np.eye(4)), NAMES)


def test_maps_on_another_grid_are_measured_and_it_is_said() -> None:
    labels, _ = condyle((0.6, 0.6, 1.0))
    affine = labels.affine.copy()
    affine[:3, 2] *= 2
    coarse = Scan(np.full((*labels.shape[:2], labels.shape[2] // 2), 33.0), affine, unit="ms")
    table = regional_statistics(coarse, divide(labels, NAMES, side="right"))
    assert any("nearest neighbour" in line for line in table.attrs["warnings"])
    np.testing.assert_allclose(table["mean"].dropna(), 33.0)
    with pytest.raises(BadParameter, match="2 volumes"):
        regional_statistics(Scan(np.ones((2, *labels.shape)), labels.affine), divide(labels, NAMES))

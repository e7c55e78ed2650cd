"""Femoral regions by DOSMA, against its definition written as plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.roi.cartilage import divide, regional_statistics, unroll
from napari_mrsr.scan import Scan
from tests.roi.cartilage.dosma_loops import regions as witness
from tests.roi.cartilage.shapes import NAMES, condyle, reordered


@pytest.fixture(scope="module")
def knee() -> tuple[Scan, Scan]:
    """Two condyles of a right knee, a rough surface, and a T2 map with holes."""
    labels, _ = condyle((0.8, 0.8, 1.5), width=50.0, notch=16.0)
    rng = np.random.default_rng(3)
    array = labels.array[0].copy()
    array[rng.random(array.shape) < 0.02] = 0  # ragged
    t2 = 35 + 10 * rng.random(array.shape) + np.linspace(0, 20, array.shape[2])
    t2[rng.random(array.shape) < 0.03] = np.nan
    t2[rng.random(array.shape) < 0.03] = 0.0
    return (
        Scan(array, labels.affine, axis="label", quantity="label", unit=""),
        Scan(t2, labels.affine, axis="map", quantity="T2", unit="ms"),
    )


def test_every_voxel_lies_where_the_definition_says(knee: tuple[Scan, Scan]) -> None:
    labels, t2 = knee
    found = divide(labels, NAMES, side="right", definition="dosma", values=t2)
    # DOSMA's rows are j (downwards), its columns i (backwards), its slices k: to the right, lateral in a right knee
    kept = found.labels.array[0] > 0
    said = witness(labels.array[0].transpose(1, 0, 2) > 0, t2.array[0].transpose(1, 0, 2))
    largest = {v for v in said if kept[v[1], v[0], v[2]]}
    assert len(said) - len(largest) <= 5  # specks that do not hang together with the rest
    assert kept.sum() == len(largest)
    wrong = 0
    for r, c, s in largest:
        name = found.name(int(found.labels.array[0, c, r, s]))
        compartment, part, layers = said[r, c, s]
        told = {"deep", "superficial"} if "border" in name else {name.split(", ")[1]}
        wrong += not (name.startswith(f"{compartment} {part} femoral") and told == layers)
    assert wrong == 0


def test_the_table_has_18_regions_and_totals_with_the_means_of_the_definition(knee: tuple[Scan, Scan]) -> None:
    labels, t2 = knee
    found = divide(labels, NAMES, side="right", definition="dosma", values=t2)
    table = regional_statistics(t2, found)
    places = table[~table["region"].isin(["medial", "lateral", "all"])]
    assert len(places) == 18
    assert len(table) == 18 + 6 + 3
    said = witness(labels.array[0].transpose(1, 0, 2) > 0, t2.array[0].transpose(1, 0, 2))
    for _, row in places.iterrows():
        compartment, part = row["region"].split()
        own = [
            t2.array[0, c, r, s]
            for (r, c, s), (m, p, layers) in said.items()
            if m == compartment and p == part and (row["layer"] == "total" or row["layer"] in layers)
        ]
        assert row["n"] == len(own), row["name"]
        assert row["mean"] == pytest.approx(np.mean(own), rel=1e-6)
        assert row["median"] == pytest.approx(np.median(own))
    assert table.attrs["warnings"] == ()


def test_a_voxel_alone_in_its_bin_counts_in_both_layers_as_in_dosma() -> None:
    labels, _ = condyle((0.8, 0.8, 1.5), thickness=0.9)  # about one voxel thick
    table = regional_statistics(
        Scan(labels.array * 30.0, labels.affine), divide(labels, NAMES, side="right", definition="dosma")
    )
    medial = table[table["region"] == "medial"].set_index("layer")["n"]
    assert medial["deep"] + medial["superficial"] > medial["total"]


def test_the_order_in_which_a_file_stores_its_voxels_does_not_matter(knee: tuple[Scan, Scan]) -> None:
    labels, t2 = knee
    straight = regional_statistics(t2, divide(labels, NAMES, side="right", definition="dosma", values=t2))
    axes, flips = (2, 0, 1), (True, False, True)
    other, its_t2 = reordered(labels, axes, flips), reordered(t2, axes, flips)
    turned = regional_statistics(its_t2, divide(other, NAMES, side="right", definition="dosma", values=its_t2))
    np.testing.assert_array_equal(straight["n"], turned["n"])
    np.testing.assert_allclose(straight["mean"], turned["mean"])


def test_the_unrolled_map_has_a_row_for_each_of_72_bins_and_the_mean_of_its_voxels(knee: tuple[Scan, Scan]) -> None:
    labels, t2 = knee
    found = divide(labels, NAMES, side="right", definition="dosma", values=t2)
    flat = unroll(t2, found, along="degrees")
    assert list(flat.values) == ["total", "deep", "superficial"]
    assert flat.values["total"].shape == (72, len(flat.across))
    total, deep, superficial = flat.values.values()
    both = np.isfinite(deep) & np.isfinite(superficial)
    low, high = np.minimum(deep, superficial)[both], np.maximum(deep, superficial)[both]
    assert ((low <= total[both] + 1e-9) & (total[both] <= high + 1e-9)).all()
    # the whole plate weighs its bins by their voxels: its mean is that of the table
    table = regional_statistics(t2, found)
    mean = table[(table["region"] == "all") & (table["layer"] == "total")]["mean"].iloc[0]
    assert np.nanmean(total) == pytest.approx(mean, rel=0.02)

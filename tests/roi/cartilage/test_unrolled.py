"""The unrolled map: lengths against closed forms, values against what was put in, files that can be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ellipeinc

from napari_mrsr.errors import BadParameter, OutputNotWritable
from napari_mrsr.roi.cartilage import divide, save_unrolled, unroll, unrolled_table
from napari_mrsr.scan import Scan
from tests.roi.cartilage.shapes import NAMES, affine_of, condyle, points


def test_a_cylinder_is_as_long_as_its_arc() -> None:
    labels, _ = condyle((0.4, 0.4, 1.0), radius=20.0, thickness=3.0)
    flat = unroll(Scan(labels.array * 40.0, labels.affine, unit="ms"), divide(labels, NAMES, side="right"))
    covered = np.flatnonzero(np.isfinite(flat.values["total"]).any(axis=1))
    length = flat.edges[covered[-1] + 1] - flat.edges[covered[0]]
    assert length == pytest.approx(np.radians(260.0) * 21.5, rel=0.02)  # 230 + 30 degrees at the middle
    np.testing.assert_allclose(flat.parts.mean(axis=1), np.radians([-15.0, 15.0]) * 21.5, atol=0.6)
    np.testing.assert_allclose(flat.values["total"][np.isfinite(flat.values["total"])], 40.0)
    assert np.ptp(flat.across) == pytest.approx(23.0, abs=1.1)


def test_an_ellipse_is_as_long_as_its_elliptic_integral() -> None:
    spacing = (0.4, 0.4, 1.5)
    back, down, right = points((150, 110, 14), spacing)
    a, b = 26.0, 18.0  # of the middle: backwards, downwards
    f = np.hypot(back[:, None] / a, down[None, :] / b)[:, :, None]
    shell = (np.abs(f - 1) < 0.06) & (down[None, :, None] > 0) & (np.abs(right) < 8)
    labels = Scan(shell.astype(np.uint8), affine_of(spacing), axis="label")
    flat = unroll(Scan(shell * 1.0, labels.affine), divide(labels, NAMES, side="right"))
    covered = np.flatnonzero(np.isfinite(flat.values["total"]).any(axis=1))
    length = flat.edges[covered[-1] + 1] - flat.edges[covered[0]]
    half = 2 * a * ellipeinc(np.pi / 2, 1 - (b / a) ** 2)
    assert length == pytest.approx(half, abs=2.5)  # a bin of 1 mm at each end


def test_what_lies_in_front_comes_first_and_medial_is_on_the_left() -> None:
    labels, _ = condyle((0.6, 0.6, 1.0), width=50.0, notch=16.0)
    i, _, k = np.indices(labels.shape)
    for side, sign in (("right", 1), ("left", -1)):
        found = divide(labels, NAMES, side=side)  # type: ignore[arg-type]
        back = unroll(Scan(i.astype(float), labels.affine), found).values["total"]
        rows = np.flatnonzero(np.isfinite(back).any(axis=1))
        assert np.nanmean(back[rows[0] + 20]) < np.nanmean(back[rows[-1] - 20])
        across = unroll(Scan(k.astype(float), labels.affine), found)
        assert np.sign(np.nanmean(np.diff(across.values["total"], axis=1))) == sign
        np.testing.assert_array_equal(np.nanmedian(across.values["total"], axis=0), across.slices)


def test_the_layers_of_a_two_layer_condyle_come_apart() -> None:
    labels, depth = condyle((0.4, 0.4, 1.0), thickness=3.0)
    t2 = Scan(np.where(depth < 0.5, 30.0, 50.0), labels.affine, quantity="T2", unit="ms")
    flat = unroll(t2, divide(labels, NAMES, side="right"))
    assert np.nanmedian(flat.values["deep"]) == pytest.approx(30.0, abs=0.5)
    assert np.nanmedian(flat.values["superficial"]) == pytest.approx(50.0, abs=0.5)


def test_the_map_may_lie_on_another_grid() -> None:
    labels, _ = condyle((0.4, 0.4, 1.0))
    affine = labels.affine.copy()
    affine[:3, 2] *= 2
    coarse = Scan(np.full((*labels.shape[:2], labels.shape[2] // 2), 33.0), affine, unit="ms")
    fine = unroll(Scan(np.full(labels.shape, 33.0), labels.affine), divide(labels, NAMES, side="right"))
    flat = unroll(coarse, divide(labels, NAMES, side="right"))
    assert len(flat.across) == pytest.approx(len(fine.across) / 2, abs=1)
    assert abs(flat.edges[0] - fine.edges[0]) <= 1.0


def test_picture_and_table_are_written_together(tmp_path: Path) -> None:
    from PIL import Image

    labels, _ = condyle((0.6, 0.6, 1.5))
    flat = unroll(
        Scan(labels.array * 40.0, labels.affine, quantity="T2", unit="ms"), divide(labels, NAMES, side="right")
    )
    written = save_unrolled(flat, tmp_path / "left_knee.png")
    assert [p.name for p in written] == ["left_knee.png", "left_knee.csv"]
    assert np.asarray(Image.open(written[0])).shape[1] == 2100
    table = pd.read_csv(written[1])
    assert list(table.columns) == ["along [mm]", "across [mm]", "slice", "total [ms]", "deep [ms]", "superficial [ms]"]
    assert len(table) == len(unrolled_table(flat)) == np.isfinite(flat.values["total"]).sum()
    with pytest.raises(OutputNotWritable):
        save_unrolled(flat, tmp_path / "absent" / "x.png")


def test_without_femoral_cartilage_there_is_nothing_to_unroll() -> None:
    array = np.zeros((20, 20, 20), np.uint8)
    array[4:16, 8:12, 4:16] = 1
    found = divide(Scan(array, affine_of((1.0, 1.0, 1.0))), {1: "medial tibial cartilage"})
    with pytest.raises(BadParameter, match="no femoral cartilage"):
        unroll(Scan(np.ones(array.shape), affine_of((1.0, 1.0, 1.0))), found)

"""The demonstration on a coarse knee: what it makes is true to what it says."""

from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr import demo


@pytest.fixture(scope="module")
def made():
    return demo.make(demo.sample(coarse=8), method="tricubic")


def test_the_refined_echoes_lie_on_the_grid_of_the_truth(made):
    assert made.refined.same_grid(made.knee.scan)
    assert made.acquired.shape[2] * demo.FACTOR == made.knee.scan.shape[2]
    assert made.acquired.spacing[2] == pytest.approx(1.4)


def test_refined_echoes_are_nearer_to_the_truth_than_repeated_slices(made):
    repeated = np.repeat(made.acquired.array, demo.FACTOR, axis=3)
    truth, body = made.knee.noiseless.array, made.knee.labels.array[0] > 0
    for echo, figures in enumerate(made.metrics["tricubic"].values()):
        assert figures["rmse"] < np.sqrt(np.mean((repeated[echo] - truth[echo])[body] ** 2))


def test_the_table_has_the_region_in_three_maps(made):
    assert list(made.table["map"]) == ["acquired", "SR", "truth"]
    assert set(made.table["name"]) == {demo.REGION}
    volume = made.table.set_index("map")["volume_mm3"]
    assert volume["SR"] == pytest.approx(volume["truth"])
    inside = made.knee.labels.array == 2
    assert made.table.set_index("map").loc["truth", "mean"] == pytest.approx(
        made.knee.t2.array[inside].mean(), rel=1e-4
    )


def test_the_whole_medial_condyle_is_in_the_sample(made):
    """No voxel of its cartilage touches the first or the last slice."""
    region = made.knee.labels.array[0] == 2
    assert region.any()
    assert not region[:, :, 0].any()
    assert not region[:, :, -1].any()


def test_files_lie_flat_and_are_whole(made, tmp_path):
    names = [name for name, _ in demo.write(made, tmp_path)]
    assert {"knee_sr.nii.gz", "t2_acquired.nii.gz", "t2_sr.nii.gz", "trust_added.nii.gz", "trust_z.nii.gz"} <= set(
        names
    )
    assert {"report.pdf", "stats.csv", "metrics.json", "difference.nii.gz", "ssim.nii.gz"} <= set(names)
    assert all((tmp_path / name).is_file() for name in names)
    assert not [path for path in tmp_path.iterdir() if path.is_dir() or path.name.startswith(".")]
    echoes = nib.load(tmp_path / "knee_sr.nii.gz")
    np.testing.assert_allclose(np.moveaxis(np.asarray(echoes.dataobj), -1, 0), made.refined.array, rtol=1e-6)
    assert json.loads((tmp_path / "metrics.json").read_text())["method"] == "tricubic"

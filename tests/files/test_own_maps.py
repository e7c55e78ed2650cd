"""Heads with measured maps as users have them: layouts, units, coarse axes, and what is refused."""

import json

import nibabel as nib
import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, GeometryMismatch, NothingToRead
from napari_mrsr.files.own_layout import find
from napari_mrsr.files.own_maps import coarse_axis, read
from napari_mrsr.interpolation.onto_grid import onto_grid
from napari_mrsr.scan import Scan

SHAPE = (12, 14, 14)


def put(path, array, affine=None, **record):
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.asarray(array, np.float32), np.eye(4) if affine is None else affine), path)
    if record:
        path.with_name(path.name.split(".")[0] + ".json").write_text(json.dumps(record))


def head(folder, stem, *, unit="ms", factor=1.0, thick=True, maps=("T1", "T2", "M0"), shift=0.0):
    """Images of a ball, and maps of it: thick along k."""
    i, j, k = np.indices(SHAPE) - (np.array(SHAPE).reshape(3, 1, 1, 1) - 1) / 2
    ball = i**2 + j**2 + k**2 < 30
    rng = np.random.default_rng(0)
    for name in ("T1w", "T2w", "FLAIR"):
        put(folder / f"{stem}{name}.nii.gz", 400 * ball + rng.random(SHAPE))
    affine = np.diag([1.0, 1.0, 3.5, 1.0]) if thick else np.eye(4)
    affine[2, 3] = (1.25 if thick else 0) + shift
    values = {"T1": 1200 * ball * factor, "T2": 80 * ball * factor, "M0": 500.0 * ball}
    record = {"Units": unit} if unit else {}
    for name in maps:
        array = values[name][:, :, ::3][:, :, :4] if thick else values[name]
        put(folder / f"{stem}{name}map.nii.gz", array, affine, **record)


def test_people_are_told_apart_by_name_or_by_folder(tmp_path):
    head(tmp_path / "sub-01" / "ses-a" / "anat", "sub-01_ses-a_", maps=())
    head(tmp_path / "derivatives" / "fits" / "sub-01" / "ses-a", "sub-01_ses-a_")
    for file in (tmp_path / "derivatives").rglob("*w.nii.gz"):
        file.unlink()
    (tmp_path / "derivatives/fits/sub-01/ses-a/sub-01_ses-a_FLAIR.nii.gz").unlink()
    head(tmp_path / "anna", "", maps=("T1",))
    put(tmp_path / "bert" / "T1w.nii.gz", np.ones(SHAPE))
    (tmp_path / "bert" / "T1map").mkdir()
    (tmp_path / "bert" / "T1map" / "0001.dcm").write_bytes(b"")
    found = {one.name: one for one in find(tmp_path)}
    assert list(found) == ["anna", "bert", "sub-01 ses-a"]
    assert found["sub-01 ses-a"].subject == "sub-01"
    assert list(found["sub-01 ses-a"].maps) == ["M0", "T1", "T2"]
    assert found["anna"].missing == ""
    assert found["bert"].missing == "lacks T2w and FLAIR"
    assert found["bert"].maps["T1"].is_dir()
    put(tmp_path / "anna" / "again_T1w.nii.gz", np.ones(SHAPE))
    assert find(tmp_path)[0].missing == "has T1w twice"
    with pytest.raises(NothingToRead, match="lacks T2w"):
        read(found["bert"])


def test_one_folder_is_one_person(tmp_path):
    head(tmp_path / "carl", "", maps=())
    head(tmp_path / "carl" / "maps", "")
    for name in ("T1w", "T2w", "FLAIR"):
        (tmp_path / "carl" / "maps" / f"{name}.nii.gz").unlink()
    (one,) = find(tmp_path / "carl")
    assert (one.name, one.missing, len(one.maps)) == ("carl", "", 3)


@pytest.mark.parametrize(("unit", "factor"), [("ms", 1), ("s", 1e-3), ("", 1e-3), ("", 1e3), ("us", 1e3), ("", 1)])
def test_units_are_recognised(tmp_path, unit, factor):
    head(tmp_path, "", unit=unit, factor=factor)
    found = read(find(tmp_path)[0])
    assert np.nanmedian(found.maps["T1"].array) == pytest.approx(1200, rel=1e-4)
    assert np.nanmedian(found.maps["T2"].array) == pytest.approx(80, rel=1e-4)
    assert found.maps["T1"].unit == "ms"
    assert any("no unit is stated" in line for line in found.lines) == (unit == "")
    assert np.isnan(found.maps["M0"].array).any()  # zero is no value
    assert found.coarse == 2


@pytest.mark.parametrize(
    ("unit", "factor", "said"), [("s", 1, "in ms it would be one"), ("", 30, "no T1 in ms, s or us")]
)
def test_values_of_no_head_are_refused(tmp_path, unit, factor, said):
    head(tmp_path, "", unit=unit, factor=factor)
    with pytest.raises(BadParameter, match=said):
        read(find(tmp_path)[0])


def test_what_lies_elsewhere_is_refused(tmp_path):
    head(tmp_path / "a", "", shift=100)
    with pytest.raises(GeometryMismatch, match="where the head"):
        read(find(tmp_path)[0])
    head(tmp_path / "b", "")
    put(tmp_path / "b" / "T2w.nii.gz", np.random.default_rng(0).random(SHAPE), np.diag([1.0, 1, 1.1, 1]))
    with pytest.raises(GeometryMismatch, match="--register") as raised:
        read(find(tmp_path)[1])
    assert "register" in raised.value.remedy


def test_the_coarse_axis_follows_the_voxels_the_sidecar_or_what_is_said():
    fine = Scan(np.zeros(SHAPE), np.array([[0, 0, 1, 0], [1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1.0]]))
    cube, thick = Scan(np.zeros((8, 8, 8)), np.eye(4)), Scan(np.zeros((8, 8, 3)), np.diag([1, 1, 3.5, 1.0]))
    assert coarse_axis(cube, fine) is None
    assert coarse_axis(thick, fine) == 1
    stated = cube.with_acquisition(others={"AcquisitionVoxelSize": [3.5, 1.0, 1.0]})
    assert coarse_axis(stated, fine) == 2
    assert coarse_axis(cube, fine, "axial") == coarse_axis(cube, fine, 2) == coarse_axis(cube, fine, "2") == 1
    with pytest.raises(BadParameter, match="plane 'up'"):
        coarse_axis(cube, fine, "up")


def test_maps_come_onto_a_grid_by_their_affines_and_keep_their_holes():
    """A linear ramp in the scanner is the same ramp on any grid, and no value is made up where there is none."""
    affine = np.array([[0, 0, -3.5, 20], [1.1, 0, 0, -3], [0, 0.9, 0, 2], [0, 0, 0, 1.0]])
    i, j, k = np.indices((16, 15, 9))
    x, y, z = (affine[row, 0] * i + affine[row, 1] * j + affine[row, 2] * k + affine[row, 3] for row in range(3))
    ramp = (1000 + 10 * x - 7 * y + 3 * z).astype(np.float32)
    ramp[:, :, 4] = np.nan
    like = Scan(np.zeros((30, 12, 10)), np.array([[1.0, 0, 0, -10], [0, 1, 0, -1], [0, 0, 1, 3], [0, 0, 0, 1]]))
    found = onto_grid(Scan(ramp, affine, axis="map"), like)
    a, b, c = np.indices(like.shape)
    wanted = 1000 + 10 * (a - 10.0) - 7 * (b - 1.0) + 3 * (c + 3.0)
    known = np.isfinite(found.array[0])
    # x of the hole's slice is 6: places nearer to it than to its neighbours have no value
    assert not known[np.abs(a - 10 - 6) < 1.7].any()
    clear = (np.abs(a - 16) > 3.5) & (a - 10 >= -8) & known
    np.testing.assert_allclose(found.array[0][clear], wanted[clear], rtol=1e-4)
    assert clear.sum() > 2000
    assert found.same_grid(like)
    far = affine.copy()
    far[0, 3] += 500
    with pytest.raises(GeometryMismatch, match="overlap"):
        onto_grid(Scan(ramp, far), like)

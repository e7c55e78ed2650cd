"""MetaImage files as SimpleITK writes them."""

import numpy as np
import pytest
import SimpleITK as sitk

from napari_mrsr.errors import UnreadableFile
from napari_mrsr.files.metaimage import read_metaimage

VOXELS = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)


def written(path, *, placed=False, compressed=False):
    image = sitk.GetImageFromArray(VOXELS.transpose(2, 1, 0))
    image.SetSpacing((0.7, 0.4, 0.5))
    if placed:
        image.SetOrigin((10, -20, 30))
        image.SetDirection((0, 0, 1, 1, 0, 0, 0, 1, 0))
    sitk.WriteImage(image, str(path), compressed)
    return path, image


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("suffix", ["mhd", "mha"])
def test_voxels_are_those_that_were_written(tmp_path, suffix, compressed):
    found = read_metaimage(written(tmp_path / f"mask.{suffix}", compressed=compressed)[0])
    assert np.array_equal(found.array, VOXELS)
    assert not found.placed
    assert np.allclose(np.diag(found.affine), [-0.7, -0.4, 0.5, 1])


def test_a_placed_volume_lies_where_simpleitk_says(tmp_path):
    path, image = written(tmp_path / "mask.mha", placed=True)
    found = read_metaimage(path)
    assert found.placed
    for index in ((0, 0, 0), (3, 1, 4)):
        x, y, z = image.TransformIndexToPhysicalPoint(index)
        assert np.allclose((found.affine @ [*index, 1])[:3], (-x, -y, z))


def test_what_is_cut_short_or_nothing_of_the_kind_is_refused(tmp_path):
    path, _ = written(tmp_path / "mask.mhd")
    (tmp_path / "mask.raw").write_bytes(b"abc")
    with pytest.raises(UnreadableFile, match=r"mask\.mhd"):
        read_metaimage(path)
    (tmp_path / "other.mhd").write_text("hello")
    with pytest.raises(UnreadableFile):
        read_metaimage(tmp_path / "other.mhd")
